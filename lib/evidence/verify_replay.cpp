// V7 to V13 and V15: what the leaves say, counted again, beside what the statement and the seals say.
#include <algorithm>

#include "evidence/score.h"
#include "evidence/verifier.h"

namespace fengsui::evidence {

namespace {
using base::Errc;
}  // namespace

void Verifier::read(const BundleLog& log, const HashReader& roots, std::uint64_t from, std::uint64_t to) {
  for (; from < to && !preparer_; ++from) replay_->add(log.leaves[from - log.from], &roots);
  while (from < to) {
    const auto n = std::min<std::uint64_t>(to - from, Preparer::kBlock);
    for (const auto& leaf : preparer_->prepare(std::span(log.leaves).subspan(from - log.from, n))) replay_->add(leaf, &roots);
    from += n;
  }
}

void Verifier::replay() {
  if (options_.parallel) preparer_.emplace(options_.parallel);
  if (!replay_) replay_.emplace(policy_, period_.dept, keep_from(), keep_to());
  for (std::size_t i = 0; i < logs_.size(); ++i) {
    const auto& log = *logs_[i];
    const bool last = i + 1 == logs_.size();
    const auto n = last ? std::clamp<std::uint64_t>(as_of_, log.from, log.read()) : log.read();
    read(log, *readers_[i], log.from, n);
    if (!last) replay_->next_log(log.at, readers_[i].get());
  }
  decision_ = decide(replay_->facts(), period_, replay_->problem_count());
  derived_ = derived(replay_->facts(), period_, decision_);
  check_seals();
  const auto& log = newest();
  read(log, *readers_.back(), std::clamp<std::uint64_t>(as_of_, log.from, log.read()), log.read());
  later_leaves();
}

void Verifier::check_seals() {
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

void Verifier::check_amends(const Facts& facts, std::size_t i) {
  const auto& s = facts.seals[i];
  if (i == 0 && replay_->state_cut() != 0) return;
  auto readable = [&](std::vector<Amendment> list) {
    std::erase_if(list, [&](const Amendment& a) { return base::start_of(a.day) < std::max(replay_->state_cut(), keep_from()); });
    return list;
  };
  if (readable(amendments_of(facts, s.body.day, i, s.body.n)) != readable(s.body.amends))
    broken_number(12, s.leaf, "封存所列补录与日志不符", "the seal of " + base::to_string(s.body.day) + " lists other late records than the log");
}

void Verifier::later_leaves() {
  auto later = period_;
  later.as_of = replay_->facts().leaves;
  auto now = decide(replay_->facts(), later, 0);
  if (decision_.outcome != Outcome::refused && now.outcome == Outcome::refused)
    out_.notes.push_back({"证明之后的记录与其结论相悖，应当撤销", "leaves after the statement speak against it; it should be revoked"});
}

void Verifier::steps_from_replay() {
  for (const auto& p : replay_->problems())
    fail(p.step, p.what.zh, p.what.en, static_cast<std::int64_t>(p.leaf), base::to_string(p.day));
  for (int n : {7, 8, 9, 10})
    if (step(n).state == StepState::skipped) pass(n);
  auto unknown = replay_->facts().unknown;
  if (unknown)
    set(8, StepState::incomplete, std::to_string(unknown) + " 条记录的类型本版本不认识", std::to_string(unknown) + " leaves are of kinds that this build does not know");
}

void Verifier::step11() {
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

bool Verifier::same(int n, std::string_view key, const char* zh, const char* en) {
  auto own = derived_.find(key);
  if (own && *own == part(key)) return true;
  fail(n, std::string("与日志重算不符：") + zh, std::string("the log says otherwise: ") + en);
  return false;
}

void Verifier::steps12and13() {
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

void Verifier::step15() {
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

}  // namespace fengsui::evidence
