#include "log_month.h"

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "base/fd.h"
#include "evidence/attest.h"
#include "evidence/bundle.h"
#include "evidence/chain.h"
#include "evidence/leaf.h"
#include "evidence/replay.h"
#include "must.h"

namespace fengsui::bench {

namespace {
using namespace evidence;

constexpr base::Day kFirst{2026, 10, 1};
constexpr base::UnixMs kDayMs = 86'400'000;
const base::UnixMs kBegin = base::start_of(kFirst);
const std::string kHex64(64, 'a');

class Entries : public EntryReader {
 public:
  base::Result<std::vector<base::Bytes>> leaves(std::uint64_t from, std::uint64_t to) const override {
    if (to > all.size()) return base::fail(base::Errc::not_found, "no such leaf");
    return std::vector<base::Bytes>(all.begin() + static_cast<std::ptrdiff_t>(from), all.begin() + static_cast<std::ptrdiff_t>(to));
  }
  std::vector<base::Bytes> all;
};

class Unit {
 public:
  explicit Unit(const Month& month) : month_(month), origin_(make_origin("fengsui.example.gov.cn", "510900", dept_, 2026)) {
    policy_.logs = {make_vkey(origin_, log_.public_key())};
    policy_.collectors = {make_vkey("fengsui.example.gov.cn/collector", collector_.public_key())};
    policy_.operators = {make_vkey("op/li", li_.public_key()), make_vkey("op/wang", wang_.public_key())};
    policy_.attesters = {make_vkey("fengsui.example.gov.cn/attester", attester_.public_key())};
    replay_ = std::make_unique<Replay>(policy_, dept_);
    begin();
  }

  Made run(const std::filesystem::path& folder) {
    const auto iv = month_.heartbeat_seconds * 1000;
    const auto end = kBegin + month_.days * kDayMs;
    for (auto t = kBegin; t < end + iv * 20; t += iv) {
      for (std::size_t i = 0; i < agents_.size(); ++i) beat(i, t, t + iv);
      events(t, iv);
      checkpoint();
    }
    bundle(folder, end);
    return made_;
  }

 private:
  void begin() {
    Scope scope;
    scope.dept = dept_;
    scope.from = kBegin;
    scope.heartbeat_seconds = month_.heartbeat_seconds;
    for (int i = 0; i < month_.agents; ++i) {
      auto asset = "host" + std::to_string(i);
      scope.assets.push_back({asset, dept_ + "/" + asset, {"capture", "file_scan", "login_log", "events"}});
    }
    by_operator("scope", to_json(scope), kBegin - 600'000);
    for (const auto& asset : scope.assets) {
      auto identity = crypto::SigningKey::generate();
      by_operator("enrol", to_json(Enrol{asset.agent, asset.asset, format_vkey(make_vkey(asset.agent, identity.public_key())), "", kHex64, kBegin - 300'000}), kBegin - 300'000);
      agents_.push_back(std::make_unique<Chain>(asset.agent, std::move(identity), "3f9a6c1e-boot", 0, Digest{}));
      auto boot = agents_.back()->boot(kBegin - 300'000, "start", kHex64);
      agents_.back()->commit();
      append("boot", boot.note, kBegin - 299'000);
    }
    checkpoint();
  }

  void append(std::string_view kind, std::string_view note, base::UnixMs rx) {
    rx_ = std::max(rx_, rx);
    put(must(with_header(kind, dept_, rx_, note)).bytes);
  }
  void put(base::Bytes leaf) {
    made_.bytes += leaf.size();
    ++made_.leaves;
    replay_->add(leaf, &tree_);
    tree_.push(leaf_hash(leaf));
    entries_.all.push_back(std::move(leaf));
  }
  void by_operator(std::string_view kind, const Json& body, base::UnixMs rx, bool two = false) {
    auto note = sign_record(kind, body, "op/li", li_);
    if (two) note += signature_line(record_text(kind, body), "op/wang", wang_);
    append(kind, note, rx);
  }

  void checkpoint() {
    auto root = must(tree_.root(tree_.size()));
    checkpoints_.push_back(sign_checkpoint({origin_, tree_.size(), root}, log_));
    for (auto& agent : agents_)
      if (auto s = agent->advance_beacon({tree_.size(), digest_text(root), checkpoints_.back()}, must(consistency_proof(tree_, agent->beacon().size, tree_.size()))); !s)
        stop(s.error().what);
  }

  void beat(std::size_t i, base::UnixMs t0, base::UnixMs t1) {
    HeartbeatInput in;
    in.t0 = t0;
    in.t1 = t1;
    in.b0 = t0 - kBegin + kDayMs;
    in.b1 = t1 - kBegin + kDayMs;
    in.rules_digest = in.config_digest = in.binary_digest = kHex64;
    model::SourceCounters busy;
    busy.rx = static_cast<std::uint64_t>(40'000 + (t0 / 1000 + static_cast<std::int64_t>(i) * 7) % 9'000);
    busy.bytes = busy.rx * 700;
    in.sources = {{"capture", {model::Stage::transmission}, model::SensorState::effective, "", busy},
                  {"file_scan", {model::Stage::storage}, model::SensorState::effective, "", {}},
                  {"login_log", {model::Stage::operation}, model::SensorState::effective, "", {}},
                  {"events", {model::Stage::processing}, model::SensorState::effective, "", {}}};
    auto record = agents_[i]->heartbeat(in);
    agents_[i]->commit();
    append("hb", record.note, t1 + 900);
  }

  // Each hour a low finding of each agent; each day one of high severity, found false by two people; a seal at 00:10.
  void events(base::UnixMs t, std::int64_t iv) {
    const auto minute = (t - kBegin) / 60'000;
    const bool hour_begins = (t - kBegin) % 3'600'000 < iv;
    for (std::size_t i = 0; hour_begins && i < agents_.size(); ++i) find(i, t, minute / 60 % 24 == 15 && i == 0 ? model::Severity::high : model::Severity::low);
    const auto into_day = (t - kBegin) % kDayMs;
    if (into_day >= 600'000 && into_day < 600'000 + iv && t - kBegin > kDayMs) seal(base::day_of(t - kDayMs));
  }

  void find(std::size_t i, base::UnixMs t, model::Severity severity) {
    model::Finding f;
    f.id = "f-" + std::to_string(++made_.findings);
    f.rule = "STO-1";
    f.severity = severity;
    f.stage = model::Stage::storage;
    f.time = t;
    auto record = agents_[i]->finding(f, R"({"class_uid":2006})", kHex64);
    agents_[i]->commit();
    append("find", record.note, t + month_.heartbeat_seconds * 1000 + 950);
    if (severity != model::Severity::high) return;
    IncidentStep step{"i-" + std::to_string(made_.findings), {f.id}, 4, "", "detected", "li", "", t, 0};
    by_operator("incident", to_json(step), rx_);
    step.state = "false_positive";
    step.reason = "备份任务";
    by_operator("incident", to_json(step), rx_, true);
  }

  void seal(base::Day day) {
    auto s = make_seal(replay_->facts(), day, base::start_of(day), base::start_of(base::next(day)), must(tree_.root(tree_.size())));
    seals_.emplace_back(day, tree_.size());
    append("seal", sign_record("seal", to_json(s), policy_.collectors[0].name, collector_), rx_);
  }

  void bundle(const std::filesystem::path& folder, base::UnixMs end) {
    if (replay_->problem_count()) stop("the log is not clean: " + replay_->problems().front().what.en);
    Period period{dept_, kBegin, end, tree_.size()};
    auto decision = decide(replay_->facts(), period, 0);
    Checkpoint now{origin_, tree_.size(), must(tree_.root(tree_.size()))};
    auto envelope = sign_envelope(kPayloadType, statement(replay_->facts(), period, decision, {"c1", "fengsui", kHex64}, now, sign_checkpoint(now, log_), nullptr), attester_);
    const auto entry = tree_.size();
    put(must(entry_leaf(rekor_entry(must(parse_envelope(envelope)), attester_.public_key()))).bytes);
    checkpoint();
    BundleInput in{tree_, entries_, dept_, kBegin, end, envelope, attester_.public_key(), entry, policy_.logs[0], checkpoints_.back(), checkpoints_, seals_};
    if (auto s = base::write_file_durable(folder / "bundle.zip", must(make_bundle(in))); !s) stop(s.error().what);
    if (auto s = base::write_file_durable(folder / "policy", base::view(format_policy(policy_))); !s) stop(s.error().what);
  }

  Month month_;
  crypto::SigningKey log_ = crypto::SigningKey::generate(), collector_ = crypto::SigningKey::generate(), li_ = crypto::SigningKey::generate(),
                     wang_ = crypto::SigningKey::generate(), attester_ = crypto::SigningKey::generate();
  std::string dept_ = "510903-edu", origin_;
  Policy policy_;
  std::unique_ptr<Replay> replay_;
  MemoryTree tree_;
  Entries entries_;
  std::vector<std::unique_ptr<Chain>> agents_;
  std::vector<std::string> checkpoints_;
  std::vector<std::pair<base::Day, std::uint64_t>> seals_;
  base::UnixMs rx_ = 0;
  Made made_;
};
}  // namespace

Made make_month(const Month& month, const std::filesystem::path& folder) { return Unit(month).run(folder); }

}  // namespace fengsui::bench
