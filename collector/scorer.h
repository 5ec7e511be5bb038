// The suggested points of row 16 from what the log and the review desk know; what nobody has told us stays a range.
#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "collector/centre.h"
#include "collector/memory.h"
#include "collector/sealer.h"
#include "evidence/score.h"

namespace fengsui::collector {

// One thread.
class Scorer {
 public:
  Scorer(Centre& centre, Memory& memory, const Sealer& sealer) : centre_(centre), memory_(memory), sealer_(sealer) {}

  struct Result {
    std::optional<evidence::Score> score;  // nothing when there are no rules
    std::string policy_text;               // of the rule file, "" then too
  };
  base::Result<Result> score(const std::string& unit, base::Day from, base::Day to);

 private:
  base::Result<evidence::ScoreInputs> inputs(const std::string& unit, base::Day from, base::Day to);

  Centre& centre_;
  Memory& memory_;
  const Sealer& sealer_;
};

}  // namespace fengsui::collector
