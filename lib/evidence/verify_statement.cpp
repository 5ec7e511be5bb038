// V0 to V4: the bundle, the statement, its place in the log, checkpoint, witnesses and time-stamps.
#include <algorithm>
#include <set>

#include "base/encode.h"
#include "evidence/shard.h"
#include "evidence/verifier.h"

namespace fengsui::evidence {

namespace {
using base::Errc;
constexpr JsonLimits kStatementLimits = {.max_bytes = 16u << 20, .max_depth = 32, .one_line = false};
}  // namespace

void Verifier::step0() {
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

void Verifier::step1() {
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
  period_.min_canary_ppm = static_cast<std::uint64_t>(std::max<std::int64_t>(0, decision->number("minCanaryPpm", 0)));
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

bool Verifier::read_shards(const Json& log) {
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

const Vkey* Verifier::log_key(std::string_view origin) {
  if (auto key = policy_.log(origin)) return key;
  for (const auto& pinned : policy_.logs)
    if (succeeds(pinned.name, origin)) return &*renamed_.insert(make_vkey(std::string(origin), pinned.key)).first;
  return nullptr;
}

void Verifier::read_claims() {
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

void Verifier::step3() {
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

void Verifier::step2() {
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

void Verifier::step4() {
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

StampCounts Verifier::check_stamps() {
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

}  // namespace fengsui::evidence
