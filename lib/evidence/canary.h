// The canary test (evidence.md 2.9): an evaluator commits to a secret plan, plants things that the sensors must find, and reveals the
// plan afterwards. Here: the marker that things carry, the plan, the two leaf bodies, and the bound that k of n supports. What a log
// says about it: canary_count.h. Grammar and worked bytes: FORMAT.md "Canaries".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/time.h"
#include "evidence/json.h"
#include "evidence/merkle.h"

namespace fengsui::evidence {

inline constexpr std::size_t kMaxCanaryItems = 128;    // of one plan
inline constexpr std::size_t kMaxCanaryPlan = 32'768;  // bytes of its JSON
inline constexpr std::size_t kCanarySalt = 32;
inline constexpr std::size_t kMarkerBytes = 35;

// "fsc" and 32 letters a..p: 24 at random and 8 that check them, so that no other name is taken for one. Letters alone, because
// detectors and maskers look at digits. It stands in the name of the thing planted: a file, a path of a request, an account.
std::string make_marker(base::View random12);
// The first marker inside a text, as a view of it; "" when there is none.
std::string_view find_marker(std::string_view text);
inline bool is_marker(std::string_view text) { return text.size() == kMarkerBytes && find_marker(text) == text; }

struct CanaryItem {
  std::string mark;
  std::string asset;          // where it is planted: "db01"
  std::string kind;           // file, stream, login or other: for people
  base::UnixMs at = 0;        // planted not before
  std::int64_t within_s = 0;  // and its finding must be received until then, seconds; 1..604800
};
struct CanaryPlan {
  std::string cid, dept;
  std::vector<CanaryItem> items;  // 1..kMaxCanaryItems, no marker twice
};
Json to_json(const CanaryPlan&);
// Of the exact bytes that were committed to. Errc::malformed, limit.
base::Result<CanaryPlan> parse_canary_plan(std::string_view json);
// SHA-256("fengsui-canary/v1\n" ‖ salt ‖ plan JSON)
Digest canary_commitment(base::View salt, std::string_view plan);

// Before: that there is a plan, of how many items, and when they will be planted. Signed by the evaluator.
struct CanaryCommit {
  std::string cid;
  Digest commitment{};
  base::UnixMs from = 0, to = 0;  // every item's `at` lies in [from, to)
  std::uint64_t items = 0;
  base::UnixMs t = 0;
};
Json to_json(const CanaryCommit&);
base::Result<CanaryCommit> parse_canary_commit(const Json&);

// After: the plan itself.
struct CanaryReveal {
  std::string cid;
  base::Bytes salt;  // kCanarySalt bytes
  std::string plan;  // the JSON text
  base::UnixMs t = 0;
};
Json to_json(const CanaryReveal&);
base::Result<CanaryReveal> parse_canary_reveal(const Json&);

// One-sided 95 % lower bound (Clopper and Pearson 1934) of the rate at which things like those planted are found, in millionths: the
// largest p of those with P(X >= detected | planted, p) <= 1/20. Integer arithmetic that rounds against us, so that every reader gets the
// same number: at most 50 millionths below the true bound, never above it. planted <= kMaxBoundPlanted, detected <= planted (asserted).
inline constexpr std::uint64_t kMaxBoundPlanted = 1'000;
std::uint64_t lower_bound_ppm(std::uint64_t detected, std::uint64_t planted);

}  // namespace fengsui::evidence
