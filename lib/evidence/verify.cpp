#include "evidence/verify.h"

#include <algorithm>
#include <memory>
#include <set>

#include "base/encode.h"
#include "evidence/leaf.h"
#include "evidence/replay.h"
#include "evidence/shard.h"
#include "evidence/score.h"
#include "evidence/stamp.h"
#include "evidence/tile.h"
#include "evidence/verify_log.h"

namespace fengsui::evidence {

namespace {
using base::Errc;
constexpr std::size_t kMaxStatement = 16u << 20;
constexpr JsonLimits kStatementLimits = {.max_bytes = kMaxStatement, .max_depth = 32, .one_line = false};
constexpr std::uint64_t kMaxLeaves = kMaxVerifiedLeaves;

const model::Text kTitles[] = {
    {"策略与证据包", "policy and bundle"},
    {"证明签名与内容", "statement signature"},
    {"证明已入日志", "statement is in the log"},
    {"检查点签名", "checkpoint signatures"},
    {"见证与时间戳", "witness and timestamp times"},
    {"检查点一致、每日封存", "consistency and seals"},
    {"逐条重算默克尔树", "every leaf rehashed"},
    {"接收时间", "receipt times"},
    {"操作签名与角色", "signatures and roles"},
    {"监测代理记录链", "agents' chains"},
    {"检查点信标", "beacons"},
    {"每一秒都有状态", "every second has a state"},
    {"覆盖率重算", "coverage recomputed"},
    {"发现与事件重算", "findings and incidents recounted"},
    {"诱饵检验", "canaries"},
    {"评分重算", "score recomputed"},
    {"结论", "verdict"},
};

// A tree that was hashed here, and behind it the hashes of a part that was verified before.
class WithTiles : public HashReader {
 public:
  WithTiles(const MemoryTree& tree, TileFiles tiles) : tree_(tree), tiles_(std::move(tiles)) {}
  base::Result<Digest> node(unsigned level, std::uint64_t index) const override {
    auto own = tree_.node(level, index);
    return own ? own : tiles_.node(level, index);
  }

 private:
  const MemoryTree& tree_;
  TileFiles tiles_;
};

// What VerifyResult::state holds.
struct Saved {
  std::string checkpoint, reader;
};
base::Result<Saved> parse_saved(std::string_view text) {
  auto json = Json::parse(text, {.max_bytes = 512u << 20, .max_depth = 4, .one_line = false});
  if (!json) return std::unexpected(json.error());
  Fields f(*json, "state file");
  if (f.integer("v", 0, kMaxInteger) != 1) return base::fail(Errc::unsupported, "state file: a version other than 1");
  Saved out{f.text("checkpoint", kMaxNoteBytes), f.text("reader", 512u << 20)};
  if (auto s = f.status(); !s) return std::unexpected(s.error());
  return out;
}

struct ByName {
  bool operator()(const Vkey& a, const Vkey& b) const { return a.name < b.name; }
};

class Verifier {
 public:
  Verifier(const Files& files, const Policy& policy, const VerifyOptions& options) : files_(files), policy_(policy), options_(options) {
    for (int i = 0; i <= 16; ++i) out_.steps.push_back({i, kTitles[i], StepState::skipped, {}, -1, ""});
  }

  VerifyResult run() {
    step0();
    step1();
    step3();
    read_logs();
    if (have_statement_ && have_log_) replay();
    step2();
    step4();
    step5();
    if (have_statement_ && have_log_) {
      steps_from_replay();
      step11();
      steps12and13();
      step15();
    }
    if (have_statement_) step14();
    finish();
    return std::move(out_);
  }

  VerifyResult refuse_bundle(const base::Error& error) {
    fail(0, "证据包无法读取：" + error.what, "the bundle cannot be read: " + error.what);
    finish();
    return std::move(out_);
  }

 private:
  Step& step(int n) { return out_.steps[static_cast<std::size_t>(n)]; }
  void set(int n, StepState state, std::string zh, std::string en) {
    if (step(n).state == StepState::failed) return;
    step(n).state = state;
    step(n).detail = {std::move(zh), std::move(en)};
  }
  void pass(int n, std::string zh = "", std::string en = "") { set(n, StepState::passed, std::move(zh), std::move(en)); }
  // The first failure of a step is the one that is shown; the first broken position is the smallest of all.
  void fail(int n, std::string zh, std::string en, std::int64_t leaf = -1, std::string day = "") {
    auto& s = step(n);
    if (s.state != StepState::failed || (leaf >= 0 && (s.leaf < 0 || leaf < s.leaf))) {
      s.state = StepState::failed;
      s.detail = {std::move(zh), std::move(en)};
      s.leaf = leaf;
      s.day = day;
    }
    if (leaf >= 0 && (out_.first_broken < 0 || leaf < out_.first_broken)) {
      out_.first_broken = leaf;
      out_.first_broken_day = std::move(day);
    }
  }
  const base::Bytes* file(std::string_view path) const {
    auto it = files_.find(std::string(path));
    return it == files_.end() ? nullptr : &it->second;
  }
  std::string_view text(std::string_view path) const {
    auto f = file(path);
    return f ? base::text(*f) : std::string_view();
  }

  void step0() {
    auto manifest = Json::parse(text("manifest.json"), kStatementLimits);
    if (!manifest) return fail(0, "缺少清单或清单有误", "manifest.json is missing or wrong: " + manifest.error().what);
    auto list = manifest->find("files");
    if (!list || !list->members()) return fail(0, "清单没有文件表", "manifest.json lists no files");
    std::set<std::string_view> listed = {"manifest.json"};
    for (const auto& [path, digest] : *list->members()) {
      auto f = file(path);
      if (!f) return fail(0, "缺少文件 " + path, "a listed file is missing: " + path);
      if (!digest.string() || *digest.string() != base::hex(crypto::sha256(base::View(*f)))) return fail(0, "文件与清单不符：" + path, "a file differs from the manifest: " + path);
      listed.insert(path);
    }
    for (const auto& [path, content] : files_)
      if (!listed.contains(path)) return fail(0, "清单之外的文件 " + path, "a file that the manifest does not list: " + path);
    pass(0, std::to_string(files_.size()) + " 个文件", std::to_string(files_.size()) + " files");
  }

  void step1() {
    auto envelope = parse_envelope(text("attestation.dsse.json"));
    if (!envelope) return fail(1, "证明缺失或不合格式", "attestation.dsse.json: " + envelope.error().what);
    for (const auto& key : policy_.attesters)
      if (verify_envelope(*envelope, key.key)) attester_ = &key;
    if (!attester_) return fail(1, "不是策略所列证明人的签名", "not signed by an attester of the policy");
    if (envelope->signatures.size() != 1) return fail(1, "签名不止一个", "more than one signature");
    if (envelope->payload_type != kPayloadType) return fail(1, "载荷类型不符", "another payload type");
    auto statement = Json::parse(envelope->payload, kStatementLimits);
    if (!statement) return fail(1, "证明内容不合格式", "the statement: " + statement.error().what);
    if (statement->text("_type") != kStatementType || statement->text("predicateType") != kPredicateType) return fail(1, "证明类型不符", "another statement or predicate type");
    auto predicate = statement->find("predicate");
    auto scope = predicate ? predicate->find("scope") : nullptr;
    auto log = predicate ? predicate->find("log") : nullptr;
    auto decision = predicate ? predicate->find("decision") : nullptr;
    if (!scope || !log || !decision) return fail(1, "证明缺少范围、日志或结论", "the statement lacks scope, log or decision");
    if (!states_limits(*predicate)) return fail(1, "证明没有写明其假设或适用范围", "the statement leaves out an assumption or the sentence about its scope");
    period_.dept = scope->text("department");
    period_.from = scope->number("from", -1);
    period_.to = scope->number("to", -1);
    period_.as_of = static_cast<std::uint64_t>(std::max<std::int64_t>(0, log->number("asOf", 0)));
    period_.min_covered_ppm = static_cast<std::uint64_t>(std::max<std::int64_t>(0, decision->number("minCoveredPpm", 0)));
    origin_ = log->text("origin");
    as_of_ = period_.as_of;
    if (!read_shards(*log)) return fail(1, "证明中的历年日志有误", "the logs of earlier years in the statement are wrong");
    period_.as_of += first_;
    if (!is_word(period_.dept) || period_.from < 0 || period_.to <= period_.from || period_.from % 1000 != 0 || period_.to % 1000 != 0 ||
        period_.to - period_.from > 400LL * 86'400'000)
      return fail(1, "时段或单位不合格式", "a unit or period that is not one (at most 400 days)");
    if (!options_.dept.empty() && options_.dept != period_.dept) fail(1, "是另一个单位的证明", "a statement about another unit");
    if (options_.from && *options_.from != period_.from) fail(1, "是另一个时段的证明", "a statement about another period");
    if (options_.to && *options_.to != period_.to) fail(1, "是另一个时段的证明", "a statement about another period");
    if (origin_.find("/" + period_.dept + "/") == origin_.npos) fail(1, "日志不属于该单位", "the log's origin does not name the unit");
    statement_ = std::move(*statement);
    envelope_ = std::move(*envelope);
    have_statement_ = true;
    read_claims();
    pass(1, "证明人 " + attester_->name, "attester " + attester_->name);
  }

  // Logs that ended before the newest, as the statement names them.
  bool read_shards(const Json& log) {
    first_ = static_cast<std::uint64_t>(std::clamp<std::int64_t>(log.number("first", 0), 0, kMaxInteger));
    std::uint64_t sum = 0;
    for (const auto& item : log.list("shards")) {
      auto root = parse_digest(item.text("root"));
      auto size = item.number("size", -1);
      std::string origin(item.text("origin"));
      auto later = shards_.empty() || succeeds(shards_.back().origin, origin);
      if (!root || size <= 0 || shards_.size() == kMaxShards || !later || !succeeds(origin, origin_)) return false;
      shards_.push_back({origin, static_cast<std::uint64_t>(size), *root});
      sum += static_cast<std::uint64_t>(size);
    }
    return sum == first_;
  }

  // A log's key goes on under the name of later years.
  const Vkey* log_key(std::string_view origin) {
    if (auto key = policy_.log(origin)) return key;
    for (const auto& pinned : policy_.logs)
      if (succeeds(pinned.name, origin)) return &*renamed_.insert(make_vkey(std::string(origin), pinned.key)).first;
    return nullptr;
  }

  const Json& predicate() const { return *statement_.find("predicate"); }
  const Json& part(std::string_view key) const {
    static const Json none;
    auto v = predicate().find(key);
    return v ? *v : none;
  }

  void read_claims() {
    out_.dept = period_.dept;
    out_.from = period_.from;
    out_.to = period_.to;
    out_.as_of = period_.as_of;
    out_.outcome = part("decision").text("outcome");
    out_.provisional = predicate().flag("provisional");
    out_.incident_free = part("incidents").flag("incidentFree");
    for (const auto& a : predicate().list("assumptions"))
      if (a.string() && out_.assumptions.size() < 64) out_.assumptions.push_back(*a.string());
  }

  void step3() {
    auto note = parse_note(text("checkpoint"));
    if (!note) return fail(3, "检查点缺失或不合格式", "checkpoint: " + note.error().what);
    auto plain = parse_checkpoint_text(note->text);
    if (!plain) return fail(3, "检查点不合格式", plain.error().what);
    log_key_ = log_key(have_statement_ ? origin_ : plain->origin);
    if (!log_key_) return fail(3, "策略中没有这个日志的密钥", "the policy has no key for this log");
    auto opened = open_checkpoint(text("checkpoint"), *log_key_);
    if (!opened) return fail(3, "检查点签名错误", opened.error().what);
    at_ = *opened;
    have_checkpoint_ = true;
    std::set<std::string> good;
    for (const auto& w : policy_.witnesses) {
      auto v = verify_note(*note, w.key);
      if (v.state == SignatureState::bad) return fail(3, "见证签名错误：" + w.name, "a wrong signature of witness " + w.name);
      if (v.state == SignatureState::good) {
        good.insert(w.name);
        witness_times_.push_back(v.unix_seconds);
      }
    }
    if (!policy_.quorum_met(good)) return fail(3, "见证数量不足", "the witnesses' quorum is not met");
    if (have_statement_) {
      auto own = open_checkpoint(part("log").text("checkpoint"), *log_key_);
      auto subject = statement_.list("subject");
      auto digest = subject.size() == 1 ? subject[0].find("digest") : nullptr;
      if (!own || own->size != as_of_) return fail(3, "证明内的检查点有误", "the checkpoint inside the statement is wrong");
      if (!digest || digest->text("sha256") != base::hex(own->root) || subject[0].text("name") != origin_ + "@" + std::to_string(own->size))
        return fail(3, "证明主体与检查点不符", "the statement's subject is another tree than its checkpoint");
      if (own->size >= at_.size) return fail(3, "检查点没有超过证明", "the checkpoint is not newer than the statement");
      stated_ = *own;
    }
    pass(3, std::to_string(at_.size) + " 条" + (policy_.quorum == "none" ? "；策略不要求见证" : ""),
         std::to_string(at_.size) + " leaves" + (policy_.quorum == "none" ? "; the policy asks for no witness" : ""));
  }

  BundleLog& newest() { return *logs_.back(); }
  void broken(int n, const BundleLog& log, std::uint64_t index, std::string zh, std::string en) {
    fail(n, std::move(zh), std::move(en), static_cast<std::int64_t>(log.first + index), log.day_of(index));
  }
  void broken_number(int n, std::uint64_t number, std::string zh, std::string en) {
    for (const auto& log : logs_)
      if (number >= log->first && number - log->first < log->at.size) return broken(n, *log, number - log->first, std::move(zh), std::move(en));
    fail(n, std::move(zh), std::move(en), static_cast<std::int64_t>(number));
  }

  // Which logs are read, and from which leaf: all that the statement names, or what follows a state.
  bool plan() {
    std::uint64_t first = 0;
    for (const auto& shard : shards_) {
      logs_.push_back(std::make_unique<BundleLog>(BundleLog{"shards/" + std::to_string(year_of_origin(shard.origin)) + "/", shard, first, 0, {}, {}, {}}));
      first += shard.size;
    }
    logs_.push_back(std::make_unique<BundleLog>(BundleLog{"", at_, first, 0, {}, {}, {}}));
    if (!options_.state.empty()) return plan_from_visit();
    if (!file("state.json")) return true;
    auto carried = Replay::restore(policy_, text("state.json"), keep_from(), keep_to(), {"", 0, {}});
    if (!carried) return fail(5, "交接状态有误", "state.json: " + carried.error().what), false;
    return start_at(std::move(*carried), 0);
  }

  bool plan_from_visit() {
    auto saved = parse_saved(options_.state);
    if (!saved) return fail(0, "上次核验保存的状态无法读取", saved.error().what), false;
    auto note = parse_note(saved->checkpoint);
    auto plain = note ? parse_checkpoint_text(note->text) : base::Result<Checkpoint>(std::unexpected(note.error()));
    auto key = plain ? log_key(plain->origin) : nullptr;
    auto seen = key ? open_checkpoint(saved->checkpoint, *key) : base::Result<Checkpoint>(base::fail(Errc::mismatch, "another log"));
    if (!seen) return fail(0, "上次核验保存的状态属于另一个日志", "the state of the earlier visit is of another log"), false;
    auto reader = Replay::restore(policy_, saved->reader, keep_from(), keep_to(), *seen);
    if (!reader) return fail(0, "上次核验保存的状态无法读取", reader.error().what), false;
    return start_at(std::move(*reader), seen->size, &*seen);
  }

  bool start_at(Replay reader, std::uint64_t from, const Checkpoint* seen = nullptr) {
    const auto& facts = reader.facts();
    if (have_statement_ && reader.state_cut() > period_.from)
      return set(5, StepState::incomplete, "状态只适用于更晚的时段", "the state speaks for later periods only"), false;
    if (have_statement_ && facts.leaves > period_.as_of) return set(5, StepState::incomplete, "状态晚于本证明", "the state is newer than this statement"), false;
    for (std::size_t i = 0; i < facts.logs.size(); ++i)
      if (i >= shards_.size() || facts.logs[i] != shards_[i]) return fail(5, "历年日志与状态不符", "the logs of earlier years are others than in the state"), false;
    auto log = std::find_if(logs_.begin(), logs_.end(), [&](const auto& l) { return l->first == facts.first; });
    if (log == logs_.end() || facts.leaves != facts.first + from || (seen && seen->origin != (*log)->at.origin) || from > (*log)->at.size)
      return fail(5, "日志没有接上上次所见", "the log does not continue where the state ends"), false;
    (*log)->from = from;
    if (seen) (*log)->seen = seen->root;
    if (log != logs_.begin()) before_ = std::make_unique<TileFiles>(files_, (*std::prev(log))->folder, (*std::prev(log))->at.size);
    reader.give_nodes(before_.get());
    logs_.erase(logs_.begin(), log);
    replay_.emplace(std::move(reader));
    if (!seen) out_.notes.push_back({"从历年交接时由汇聚端签名的状态开始核验，更早的日志不在包内", "read from the state that the collector signed at the hand-over; the logs before are not in the bundle"});
    return true;
  }

  base::UnixMs keep_from() const { return period_.from - 40LL * 86'400'000; }
  base::UnixMs keep_to() const { return period_.to + 400LL * 86'400'000; }

  // V6.
  void read_logs() {
    if (!have_checkpoint_ || !plan()) return;
    bool whole = true;
    for (auto& log : logs_) {
      if (log != logs_.back() && !check_ended(*log)) return;
      LogFault fault = [&](std::int64_t index, std::string zh, std::string en) {
        if (index >= 0) broken(6, *log, static_cast<std::uint64_t>(index), std::move(zh), std::move(en));
        else fail(6, std::move(zh), std::move(en));
      };
      if (!read_bundle_log(files_, *log, fault)) locate(*log);
      readers_.push_back(std::make_unique<WithTiles>(log->tree, TileFiles(files_, log->folder, log->at.size)));
      out_.leaves = log->first + log->read();
      whole = whole && log->read() == log->at.size;
      if (!whole) break;
    }
    logs_.resize(readers_.size());
    have_log_ = !logs_.empty() && logs_.back()->folder.empty();
    if (step(6).state == StepState::skipped) pass(6, std::to_string(out_.leaves) + " 条", std::to_string(out_.leaves) + " leaves");
  }

  // A log that ended: signed by the log's key, and the one that the statement names.
  bool check_ended(const BundleLog& log) {
    auto key = log_key(log.at.origin);
    if (!key) return fail(3, "策略中没有这个日志的密钥", "the policy has no key for the log " + log.at.origin), false;
    auto opened = open_checkpoint(text(log.folder + "checkpoint"), *key);
    if (!opened) return fail(3, "历年日志的检查点有误", log.folder + "checkpoint: " + opened.error().what), false;
    if (*opened != log.at) return fail(3, "历年日志与证明所述不符", "the log " + log.at.origin + " is another than the statement names"), false;
    return true;
  }

  // The root is wrong though the tiles fit: the stored checkpoints say up to where the log was still as it was.
  void locate(const BundleLog& log) {
    std::uint64_t good = log.from;
    for (const auto& [size, root] : log.folder.empty() ? older() : std::vector<std::pair<std::uint64_t, Digest>>{})
      if (size <= log.read() && size > good) {
        auto own = log.tree.root(size);
        if (own && *own == root) good = size;
      }
    auto named = out_.first_broken;
    auto day = out_.first_broken_day;
    broken(6, log, std::min<std::uint64_t>(good, log.at.size - 1), "根不符；此前的检查点仍然一致",
           "the root is another; checkpoints up to " + std::to_string(good) + " still hold");
    // Only a lower bound: a record that is itself broken says it better.
    bound_ = out_.first_broken;
    bound_day_ = out_.first_broken_day;
    out_.first_broken = named;
    out_.first_broken_day = day;
  }

  std::vector<std::pair<std::uint64_t, Digest>> older() {
    std::vector<std::pair<std::uint64_t, Digest>> out;
    if (!log_key_) return out;
    for (auto it = files_.lower_bound("checkpoints/"); it != files_.end() && it->first.starts_with("checkpoints/"); ++it) {
      auto c = open_checkpoint(base::text(it->second), *log_key_);
      if (!c) {
        fail(5, "旧检查点签名错误", it->first + ": " + c.error().what);
        continue;
      }
      out.emplace_back(c->size, c->root);
    }
    return out;
  }

  void step2() {
    if (!have_statement_ || !have_log_) return;
    auto want = entry_leaf(rekor_entry(envelope_, attester_->key));
    auto payload = payload_digest(envelope_.payload);
    bool found = false;
    std::uint64_t index = 0;
    auto& log = newest();
    for (std::uint64_t i = std::max(as_of_, log.from); i < log.read() && want && !found; ++i)
      if (log.leaves[i - log.from] == want->bytes) {
        found = true;
        index = i;
      }
    if (!found) return fail(2, "日志中没有这份证明", "the log does not hold this statement after its checkpoint");
    auto proof = inclusion_proof(*readers_.back(), index, std::min<std::uint64_t>(at_.size, log.tree.size()));
    if (!proof) return fail(2, "无法求得包含证明", proof.error().what);
    if (auto s = verify_inclusion(index, at_.size, want->hash, *proof, at_.root); !s) return fail(2, "证明不在检查点之内", s.error().what);
    auto bundle = sigstore_bundle(envelope_, attester_->key, base::text(want->bytes), index, *proof, at_, text("checkpoint"), *log_key_);
    if (text("attestation.sigstore.json") != bundle) return fail(2, "Sigstore 包与证明不符", "attestation.sigstore.json does not say the same");
    pass(2, "第 " + std::to_string(index) + " 条", "leaf " + std::to_string(index));
  }

  void step4() {
    if (!have_checkpoint_) return;
    const auto stamps = check_stamps();
    if (witness_times_.empty()) {
      if (policy_.quorum != "none") return fail(4, "没有见证时间", "no witness time");
      if (stamps.good == 0) return set(4, StepState::not_required, "没有见证或时间戳；策略不要求" + stamps.zh(), "no witness or timestamp; the policy asks for none" + stamps.en());
    }
    for (auto t : witness_times_)
      if (have_statement_ && t * 1000 < period_.to) return fail(4, "见证时间早于时段结束", "a witness signed before the period ended");
    if (stamps.en().empty()) return pass(4);
    pass(4, "见证时间 " + std::to_string(witness_times_.size()) + " 个" + stamps.zh(), "witness times: " + std::to_string(witness_times_.size()) + stamps.en());
  }

  StampCounts check_stamps() {
    StampCounts out;
    for (std::size_t i = 0; i < logs_.size(); ++i) {
      const auto& log = *logs_[i];
      StampTrust trust{options_.tsa, options_.now, log_key(log.at.origin), log.first, log.from, {}, [&, i](const Checkpoint& at) { return had(at.size, at.root, i); }};
      if (replay_ && have_log_) trust.seals = replay_->facts().seals;
      else trust.tsa = {};
      evidence::check_stamps(files_, log.folder, trust, out, [&](const std::string& path, const std::string& day, const std::string& what) {
        fail(4, "时间戳有误：" + path, "a time-stamp is wrong: " + path + ": " + what, -1, day);
      });
    }
    return out;
  }

  void step5() {
    if (!have_log_) return;
    std::size_t shown = 0;
    for (const auto& [size, root] : older()) {
      if (!had(size, root)) fail(5, "检查点 " + std::to_string(size) + " 与日志不一致", "checkpoint " + std::to_string(size) + " is not a prefix of the log");
      ++shown;
    }
    if (have_statement_ && step(3).state == StepState::passed) {
      if (!had(stated_.size, stated_.root)) fail(5, "证明时的检查点与日志不一致", "the statement's checkpoint is not a prefix of the log");
    }
    if (options_.last_seen) {
      const auto& seen = *options_.last_seen;
      auto log = std::find_if(logs_.begin(), logs_.end(), [&](const auto& l) { return l->at.origin == seen.origin; });
      if (log == logs_.end() || !had(seen.size, seen.root, static_cast<std::size_t>(log - logs_.begin())))
        fail(5, "与上次所见的检查点不一致", "the log does not continue the checkpoint seen before");
    }
    check_seal_proofs();
    if (step(5).state == StepState::skipped)
      pass(5, std::to_string(shown) + " 个旧检查点", std::to_string(shown) + " older checkpoints");
  }

  // Whether a log that was read had that root at that size.
  bool had(std::uint64_t size, const Digest& root) { return had(size, root, logs_.size() - 1); }
  bool had(std::uint64_t size, const Digest& root, std::size_t at) {
    const auto& log = *logs_[at];
    if (size > log.tree.size()) return false;
    if (log.from != 0 && size <= log.from) return has_prefix(*readers_[at], log.from, log.seen, size, root);
    auto own = log.tree.root(size);
    return own && *own == root;
  }

  void check_seal_proofs() {
    for (auto it = files_.lower_bound("seals/"); it != files_.end() && it->first.starts_with("seals/"); ++it) {
      auto line = base::text(it->second);
      auto at = line.find("\nindex ");
      std::uint64_t index = 0;
      for (std::size_t i = at == line.npos ? line.size() : at + 7; i < line.size() && line[i] >= '0' && line[i] <= '9' && index < kMaxLeaves; ++i)
        index = index * 10 + static_cast<std::uint64_t>(line[i] - '0');
      auto& log = newest();
      if (index < log.from) continue;  // was read on the earlier visit
      auto proof = inclusion_proof(*readers_.back(), index, std::min<std::uint64_t>(at_.size, log.tree.size()));
      auto leaf = index >= log.from && index < log.read() ? parse_leaf(log.leaves[index - log.from]) : base::Result<ParsedLeaf>(base::fail(Errc::not_found, ""));
      if (!proof || !leaf || leaf->kind != "seal" || tlog_proof(index, *proof, text("checkpoint")) != line)
        fail(5, "封存证明有误：" + it->first, "a seal's proof is wrong: " + it->first);
    }
  }

  void replay() {
    if (!replay_) replay_.emplace(policy_, period_.dept, keep_from(), keep_to());
    for (std::size_t i = 0; i < logs_.size(); ++i) {
      const auto& log = *logs_[i];
      const bool last = i + 1 == logs_.size();
      const auto n = last ? std::clamp<std::uint64_t>(as_of_, log.from, log.read()) : log.read();
      for (auto k = log.from; k < n; ++k) replay_->add(log.leaves[k - log.from], readers_[i].get());
      if (!last) replay_->next_log(log.at, readers_[i].get());
    }
    decision_ = decide(replay_->facts(), period_, replay_->problem_count());
    derived_ = derived(replay_->facts(), period_, decision_);
    check_seals();
    const auto& log = newest();
    for (auto k = std::clamp<std::uint64_t>(as_of_, log.from, log.read()); k < log.read(); ++k) replay_->add(log.leaves[k - log.from], readers_.back().get());
    later_leaves();
  }

  // V12, the half about seals: each says what the log held for its day.
  void check_seals() {
    const auto& facts = replay_->facts();
    for (std::size_t i = 0; i < facts.seals.size(); ++i) {
      const auto& s = facts.seals[i];
      if (s.body.to <= period_.from || s.body.from >= period_.to) continue;
      if (count_findings(facts, s.body.from, s.body.to, s.body.n) != s.body.counts)
        broken_number(13, s.leaf, "封存的发现数与日志不符", "the seal of " + base::to_string(s.body.day) + " counts other findings than the log");
      if (account(facts, s.body.from, s.body.to, s.body.n).totals != s.body.coverage)
        broken_number(12, s.leaf, "封存的覆盖与日志不符", "the seal of " + base::to_string(s.body.day) + " states another coverage than the log");
      check_amends(facts, i);
    }
  }

  // Late records of days sealed before: which, and what they change. Days whose records were not read here are passed over.
  void check_amends(const Facts& facts, std::size_t i) {
    const auto& s = facts.seals[i];
    if (i == 0 && replay_->state_cut() != 0) return;
    auto readable = [&](std::vector<Amendment> list) {
      std::erase_if(list, [&](const Amendment& a) { return base::start_of(a.day) < std::max(replay_->state_cut(), keep_from()); });
      return list;
    };
    if (readable(amendments_of(facts, s.body.day, i, s.body.n)) != readable(s.body.amends))
      broken_number(12, s.leaf, "封存所列补录与日志不符", "the seal of " + base::to_string(s.body.day) + " lists other late records than the log");
  }

  // What the bundle holds beyond the statement may already speak against it.
  void later_leaves() {
    auto later = period_;
    later.as_of = replay_->facts().leaves;
    auto now = decide(replay_->facts(), later, 0);
    if (decision_.outcome != Outcome::refused && now.outcome == Outcome::refused)
      out_.notes.push_back({"证明之后的记录与其结论相悖，应当撤销", "leaves after the statement speak against it; it should be revoked"});
  }

  void steps_from_replay() {
    for (const auto& p : replay_->problems())
      fail(p.step, p.what.zh, p.what.en, static_cast<std::int64_t>(p.leaf), base::to_string(p.day));
    for (int n : {7, 8, 9, 10})
      if (step(n).state == StepState::skipped) pass(n);
    auto unknown = replay_->facts().unknown;
    if (unknown)
      set(8, StepState::incomplete, std::to_string(unknown) + " 条记录的类型本版本不认识", std::to_string(unknown) + " leaves are of kinds that this build does not know");
  }

  // From the statement's own numbers: the states tile the period.
  void step11() {
    const auto& c = part("coverage");
    auto n = [&](std::string_view key) { return c.number(key, -1); };
    std::int64_t listed[3] = {0, 0, 0};
    for (const auto& i : c.list("intervals")) {
      auto seconds = (i.number("to") - i.number("from")) / 1000;
      auto state = i.text("state");
      int at = state == "gap" ? 0 : state == "planned" ? 1 : state == "degraded" ? 2 : -1;
      if (at < 0 || seconds <= 0 || i.text("cause").empty()) return fail(11, "区间没有状态或原因", "an interval without state or cause");
      listed[at] += seconds;
    }
    if (n("required") < 0 || n("required") != n("covered") + n("degraded") + n("planned") + n("gap"))
      return fail(11, "各状态之和不等于应监测时长", "the states do not add up to what is required");
    if (n("unlisted") != 0) return set(11, StepState::incomplete, "有未列出的区间", "some intervals are not listed");
    if (listed[0] != n("gap") || listed[1] != n("planned") || listed[2] != n("degraded")) return fail(11, "区间与合计不符", "the intervals do not add up to the totals");
    pass(11, std::to_string(n("required")) + " 秒", std::to_string(n("required")) + " seconds");
  }

  bool same(int n, std::string_view key, const char* zh, const char* en) {
    auto own = derived_.find(key);
    if (own && *own == part(key)) return true;
    fail(n, std::string("与日志重算不符：") + zh, std::string("the log says otherwise: ") + en);
    return false;
  }

  void steps12and13() {
    if (same(12, "coverage", "覆盖", "coverage")) pass(12);
    same(12, "seals", "封存", "seals");
    bool ok = same(13, "scope", "监测范围", "scope");
    ok = same(13, "findings", "发现", "findings") && ok;
    ok = same(13, "incidents", "事件", "incidents") && ok;
    ok = same(13, "rules", "规则", "rules") && ok;
    ok = same(13, "agents", "监测代理", "agents") && ok;
    ok = same(13, "amendments", "补录", "amendments") && ok;
    ok = same(13, "provisional", "是否暂定", "provisional") && ok;
    ok = same(13, "decision", "结论", "decision") && ok;
    if (ok) pass(13);
  }

  void step14() { set(14, StepState::not_present, "日志中没有诱饵；探测能力未经检验", "the log holds no canaries; detection itself is untested"); }

  void step15() {
    const auto& stated = part("score");
    if (stated.is_null()) return set(15, StepState::not_present, "证明不含评分", "the statement holds no score");
    // Only the file that the signed statement names is parsed at all.
    auto named = stated.find("policy");
    bool same_file = named && named->text("digest") == payload_digest(text("score-policy.toml"));
    auto policy = same_file ? parse_score_policy(text("score-policy.toml")) : base::Result<ScorePolicy>(base::fail(Errc::mismatch, "another file"));
    if (!policy) return fail(15, "评分规则缺失或摘要不符", "the score policy is missing or another than named");
    auto inputs = stated.find("inputs");
    auto parsed = inputs ? parse_score_inputs(*inputs) : base::Result<ScoreInputs>(base::fail(Errc::malformed, ""));
    if (!parsed || to_json(score(*policy, *parsed)) != stated) return fail(15, "评分与重算不符", "the score does not follow from its inputs");
    pass(15);
  }

  void finish() {
    auto ok = [&](int n) {
      auto s = step(n).state;
      return s == StepState::passed || s == StepState::not_present || s == StepState::not_required;
    };
    auto through = [&](int first, int last) {
      for (int n = first; n <= last; ++n)
        if (!ok(n)) return false;
      return true;
    };
    bool failed = std::any_of(out_.steps.begin(), out_.steps.end(), [](const Step& s) { return s.state == StepState::failed; });
    if (have_statement_) {
      // Whatever the statement says of witnesses: those of the policy count.
      const std::string alone = "collector-shows-everybody-the-same-log";
      if (witness_times_.empty() && std::find(out_.assumptions.begin(), out_.assumptions.end(), alone) == out_.assumptions.end()) out_.assumptions.push_back(alone);
      auto digest = payload_digest(envelope_.payload);
      for (const auto& r : options_.revoked)
        if (r.payload_sha256 == digest) {
          out_.revoked = true;
          out_.revoked_reason = r.reason;
        }
    }
    if (out_.first_broken < 0 && bound_ >= 0) {
      out_.first_broken = bound_;
      out_.first_broken_day = bound_day_;
    }
    if (through(0, 4)) out_.level = 1;
    if (through(0, 5)) out_.level = 2;
    if (through(0, 15)) out_.level = 3;
    out_.incomplete = !failed && out_.level < 3;
    out_.verified = out_.level == 3 && !out_.revoked;
    if (out_.verified && replay_)
      out_.state = Json::object().set("v", 1).set("checkpoint", text("checkpoint")).set("reader", replay_->state(period_.to)).dump() + "\n";
    auto& last = step(16);
    last.state = failed || out_.revoked ? StepState::failed : out_.incomplete ? StepState::incomplete : StepState::passed;
    if (out_.revoked) last.detail = {"证明已被撤销：" + out_.revoked_reason, "the attestation was revoked: " + out_.revoked_reason};
  }

  const Files& files_;
  const Policy& policy_;
  const VerifyOptions& options_;
  VerifyResult out_;
  Envelope envelope_;
  Json statement_;
  Period period_;
  std::string origin_;
  const Vkey* attester_ = nullptr;
  const Vkey* log_key_ = nullptr;
  Checkpoint at_, stated_;
  std::vector<std::int64_t> witness_times_;
  std::uint64_t as_of_ = 0, first_ = 0;  // in the newest log; leaves of the logs before it
  std::vector<Checkpoint> shards_;
  std::set<Vkey, ByName> renamed_;
  std::vector<std::unique_ptr<BundleLog>> logs_;  // those that are read, oldest first
  std::vector<std::unique_ptr<WithTiles>> readers_;
  std::unique_ptr<TileFiles> before_;  // the log before the first of them
  std::optional<Replay> replay_;
  Decision decision_;
  Json derived_;
  std::int64_t bound_ = -1;
  std::string bound_day_;
  bool have_statement_ = false, have_checkpoint_ = false, have_log_ = false;
};
}  // namespace

std::string_view id(StepState state) {
  switch (state) {
    case StepState::passed: return "passed";
    case StepState::failed: return "failed";
    case StepState::not_present: return "not_present";
    case StepState::not_required: return "not_required";
    case StepState::incomplete: return "incomplete";
    case StepState::skipped: return "skipped";
  }
  return "skipped";
}

int exit_code(const VerifyResult& r) { return r.verified ? 0 : r.incomplete && !r.revoked ? 3 : 1; }

VerifyResult verify_files(const Files& files, const Policy& policy, const VerifyOptions& options) { return Verifier(files, policy, options).run(); }

VerifyResult verify_bundle(base::View zip, const Policy& policy, const VerifyOptions& options) {
  auto files = read_zip(zip, options.limits);
  if (!files) return Verifier({}, policy, options).refuse_bundle(files.error());
  return verify_files(*files, policy, options);
}

}  // namespace fengsui::evidence
