// Time-stamps of sealed days by an authority without a connection: what to ask, what was answered (RFC 3161, lib/evidence/stamp.h).
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "collector/centre.h"
#include "collector/sealer.h"
#include "evidence/stamp.h"

namespace fengsui::collector {

// One thread. Questions and answers are kept in the control database, one a unit and day.
class Stamps {
 public:
  explicit Stamps(Centre& centre) : centre_(centre) {}

  // The question about the first checkpoint behind the day's newest seal, with a new nonce; a question asked before is forgotten.
  // Errc::conflict when the day is not sealed, unavailable while no checkpoint holds the seal.
  base::Result<base::Bytes> request(Sealer& sealer, const std::string& unit, base::Day day);
  // Keeps the answer to the newest question and returns its time. Errc::conflict when none was asked; mismatch when it stamps something else,
  // has another nonce or an earlier time than the end of what was sealed; denied when the authority refused. Whose signature it is
  // is the evaluator's to judge.
  base::Result<base::UnixMs> accept(const std::string& unit, base::Day day, base::View answer);
  // Those kept of days in [from, to].
  base::Result<std::vector<evidence::Stamp>> kept(const std::string& unit, base::Day from, base::Day to) const;

 private:
  Centre& centre_;
};

}  // namespace fengsui::collector
