// What a log says about the canary tests of a period: which were promised, which hold up, what was found and in time (evidence.md 2.9).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "evidence/canary.h"
#include "evidence/facts.h"
#include "model/stage.h"

namespace fengsui::evidence {

// open: committed, not revealed. broken: what is in the log does not make a test, `why` says what.
enum class CanaryState : std::uint8_t { open, revealed, broken };
std::string_view id(CanaryState state);

struct CanaryTest {
  std::string cid;
  CanaryState state = CanaryState::open;
  std::string why;  // "" or no_commitment commit_again reveal_again committed_late mismatch plan other_unit outside_window revealed_early marker_again
  std::int64_t commit = -1, reveal = -1;  // leaves; -1 none
  std::uint64_t items = 0;
  base::UnixMs from = 0, to = 0;          // its window; 0 when there is no commitment
  // The leaf that a broken test is broken at.
  std::int64_t at_fault() const { return why == "committed_late" || why == "commit_again" ? commit : reveal; }
};
model::Text canary_fault(std::string_view why);

// found: in time. early: reported before it was planted, so that somebody knew it; counts as not found, as late and missed do.
enum class CanaryFate : std::uint8_t { found, late, early, missed };
std::string_view id(CanaryFate fate);

struct CanaryThing {
  std::string cid;
  CanaryItem item;
  CanaryFate fate = CanaryFate::missed;
  std::int64_t leaf = -1;   // of the first finding with its marker
  base::UnixMs rx = 0;      // its receipt
  std::uint64_t finds = 0;  // findings with its marker that are taken for it
};

// Of [from, to), by the leaves below `as_of`. Looks only at findings whose own time is not before `from`, so that a reader who began later
// counts the same. Pure. Cost O(finds + items log items).
class Canaries {
 public:
  Canaries(const Facts& facts, base::UnixMs from, base::UnixMs to, std::uint64_t as_of = UINT64_MAX);

  // Tests whose window touches the period, in log order; then reveals without one.
  const std::vector<CanaryTest>& tests() const { return tests_; }
  // Things of revealed tests that were to be planted in the period, in the order of their plans.
  const std::vector<CanaryThing>& things() const { return things_; }
  std::uint64_t planted() const { return things_.size(); }
  std::uint64_t count(CanaryFate fate) const;
  std::uint64_t count(CanaryState state) const;
  // One-sided 95 %, millionths. Above kMaxBoundPlanted things: that of the same share of so many.
  std::uint64_t lower_bound() const;
  // Whether a finding is a planted thing: its marker is in a plan that was committed to before it and revealed since, it is of the asset
  // where that was planted, and it came before the reveal or is the same finding as one that did. Everything else with a marker counts.
  bool excludes(const At<Find>& find) const;

 private:
  struct Marked {
    CanaryItem item;
    base::UnixMs commit_rx = 0;
    std::uint64_t reveal = 0;
    std::size_t thing = SIZE_MAX;       // place in things_
    std::vector<std::string> fids;      // of findings before the reveal, at most kMaxFids
  };
  struct Draft {
    CanaryTest test;
    base::UnixMs commit_rx = 0;
    Digest commitment{};
  };
  static constexpr std::size_t kMaxFids = 64;
  void judge(Draft& draft, const At<CanaryReveal>& reveal);
  void sightings(const Facts& facts, std::uint64_t as_of);
  bool of_asset(const Find& find, const Marked& marked) const;

  const Facts& facts_;
  base::UnixMs from_, to_;
  std::vector<CanaryTest> tests_;
  std::vector<CanaryThing> things_;
  std::map<std::string, Marked, std::less<>> marked_;
};

// The statement's part "canaries".
Json to_json(const Canaries& canaries);

}  // namespace fengsui::evidence
