#include "collector/scorer.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/fd.h"
#include "collector/review.h"
#include "evidence/coverage.h"
#include "evidence/facts.h"

namespace fengsui::collector {

namespace {

// Without a calendar at hand: a review on the day after, or on the next day that is no weekend, is on time for certain.
// Holidays can only make a later one right too, so those count as the upper end of a range.
bool on_time_for_certain(base::Day day, base::UnixMs reviewed) {
  auto last = base::next(day);
  while (base::weekday(last) > 5) last = base::next(last);
  return reviewed != 0 && reviewed < base::start_of(base::next(last));
}

// An agent's day counts as covered from this share of its required seconds on [default].
constexpr std::uint64_t kCoveredDayPpm = 950'000;

std::int64_t n(std::size_t size) { return static_cast<std::int64_t>(size); }

}  // namespace

base::Result<evidence::ScoreInputs> Scorer::inputs(const std::string& unit, base::Day from, base::Day to) {
  auto facts = memory_.facts(unit, base::start_of(from));
  if (!facts) return std::unexpected(facts.error());
  evidence::ScoreInputs in;
  in.documents = evidence::Known::between(0, in.documents_total);  // the register of documents is not kept here yet
  in.checks = evidence::Known::between(0, 0);                      // nor are posture checks
  std::map<model::Stage, std::int64_t> stage_days;
  std::int64_t covered = 0, sealed = 0, reviewed = 0, perhaps = 0;
  for (auto day = from; day <= to; day = base::next(day)) {
    ++in.days;
    auto begin = base::start_of(day), end = begin > centre_.now() ? begin : sealer_.so_far(unit, day);
    bool is_sealed =
        std::any_of((*facts)->seals.begin(), (*facts)->seals.end(), [&](const auto& s) { return s.body.day == day; });
    sealed += is_sealed ? 1 : 0;
    auto review = review_of(centre_.control(), unit, day);
    if (!review) return std::unexpected(review.error());
    bool certain = on_time_for_certain(day, review->reviewed);
    reviewed += certain ? 1 : 0;
    perhaps += review->reviewed != 0 && !certain ? 1 : 0;
    if (begin >= end) continue;
    auto coverage = evidence::account(**facts, begin, end);
    std::map<std::string, evidence::CoverageTotals> by_asset;
    for (const auto& s : coverage.by_source) by_asset[s.asset] += s.totals;
    for (const auto& [_, totals] : by_asset) {
      if (totals.required == 0) continue;
      ++in.host_days_required;
      covered += evidence::covered_ppm(totals) >= kCoveredDayPpm ? 1 : 0;
    }
    std::set<model::Stage> seen;
    for (const auto& [_, beats] : (*facts)->beats)
      for (const auto& beat : beats) {
        if (beat.body.t0 >= end || beat.body.t1 <= begin) continue;
        for (const auto& source : beat.body.sources)
          if (source.state == model::SensorState::effective) seen.insert(source.stages.begin(), source.stages.end());
      }
    for (auto stage : seen) ++stage_days[stage];
  }
  in.host_days = evidence::Known::of(covered);
  in.records = evidence::Known::of(sealed);
  in.reviewed = evidence::Known::between(reviewed, reviewed + perhaps);
  const Unit* known = centre_.roster().unit(unit);
  in.stages_applicable = known->stages.empty() ? n(model::kStages.size()) : n(known->stages.size());
  std::int64_t stages = 0;
  for (const auto& [_, d] : stage_days) stages += d * 100 >= in.days * 95 ? 1 : 0;
  in.stages = evidence::Known::of(std::min(stages, in.stages_applicable));
  std::map<std::string, const evidence::IncidentStep*> newest;
  for (const auto& i : (*facts)->incidents)
    if (i.body.t >= base::start_of(from) && i.body.t < base::start_of(base::next(to))) newest[i.body.iid] = &i.body;
  for (const auto& [_, step] : newest) {
    if (step->state == "false_positive" || step->state == "detected") continue;
    auto& count = step->level == "l1"   ? in.l1
                  : step->level == "l2" ? in.l2
                  : step->level == "l3" ? in.l3
                  : step->level == "l4" ? in.l4
                                        : in.ungraded;
    ++count;
  }
  return in;
}

base::Result<Scorer::Result> Scorer::score(const std::string& unit, base::Day from, base::Day to) {
  Result out;
  if (centre_.config().rules.dir.empty()) return out;
  auto file = std::filesystem::path(centre_.config().rules.dir) / "score" / "row16.toml";
  auto bytes = base::read_file(file, 1 << 20);
  if (!bytes && bytes.error().code == base::Errc::not_found) return out;
  if (!bytes) return std::unexpected(bytes.error());
  out.policy_text = std::string(base::text(*bytes));
  auto policy = evidence::parse_score_policy(out.policy_text);
  if (!policy) return base::fail(base::Errc::unavailable, file.string() + ": " + policy.error().what);
  auto known = inputs(unit, from, to);
  if (!known) return std::unexpected(known.error());
  out.score = evidence::score(*policy, *known);
  return out;
}

}  // namespace fengsui::collector
