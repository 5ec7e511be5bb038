// The suggested points of row 16 (domain.md "Score of row 16"): a pure integer function of its inputs under a policy file that is named
// by its digest. All formulas are defaults of ours but the two maxima; the evaluator decides.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "evidence/json.h"

namespace fengsui::evidence {

// A count that may be known, or only known to lie in [low, high]: missing data gives a range, never a silent zero or full mark.
struct Known {
  std::int64_t low = 0, high = 0;
  static Known of(std::int64_t n) { return {n, n}; }
  static Known between(std::int64_t a, std::int64_t b) { return {a, b}; }
};

struct ScoreInputs {
  Known documents;                         // kinds in force, of documents_total
  std::int64_t documents_total = 5;
  Known host_days;                         // covered
  std::int64_t host_days_required = 0;     // 0 = unknown: the clause is a range over its whole width
  Known stages;                            // with an effective sensor on >= 95 % of days
  std::int64_t stages_applicable = 0;
  Known checks;                            // passed
  std::int64_t checks_applicable = 0;
  std::int64_t days = 0;                   // in the period
  Known records, reviewed;                 // sealed and verified; reviewed within one working day
  std::int64_t l1 = 0, l2 = 0, l3 = 0, l4 = 0;  // confirmed incidents by level
  std::int64_t ungraded = 0;               // confirmed, not yet graded: counts as l4 or worse, so it makes a range
  bool concealment = false;                // proven
};
Json to_json(const ScoreInputs& inputs);
base::Result<ScoreInputs> parse_score_inputs(const Json& json);

// Points in hundredths.
struct Clause {
  std::string id;       // "A1"
  std::string part;     // "16a"
  std::string zh, en;
  std::string formula;  // as computed: "100 × 1445 / 1460"
  std::int64_t max = 0, low = 0, high = 0;
  bool complete = true;  // low == high because nothing is missing
};
struct Score {
  std::string policy_uri, policy_digest;  // hex SHA-256 of the policy file
  ScoreInputs inputs;
  std::vector<Clause> clauses;
  std::int64_t a_low = 0, a_high = 0, b_low = 0, b_high = 0;  // 16a, 16b
  std::int64_t low = 0, high = 0;
  bool veto = false;  // 16b is 0
};
Json to_json(const Score& score);

// rules/score/row16.toml. Errc::malformed names the key; unknown keys are errors.
struct ScorePolicy {
  std::string uri, digest;
  struct Item {
    std::string id, part, zh, en;
    std::string input;     // documents host_days stages checks records reviewed incidents
    std::int64_t max = 0;  // hundredths
  };
  std::vector<Item> items;
  bool graded = false;           // B3: false = strict
  std::int64_t per_l4 = 100;     // graded: hundredths per l4
  bool veto_l3 = true, veto_concealment = true;
};
base::Result<ScorePolicy> parse_score_policy(std::string_view toml);
Score score(const ScorePolicy& policy, const ScoreInputs& inputs);

// max × part / whole, rounded half up, in the unit of max. whole > 0 (asserted); never above max, never below 0.
std::int64_t share(std::int64_t max, std::int64_t part, std::int64_t whole);

}  // namespace fengsui::evidence
