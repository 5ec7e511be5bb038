// The daily seal: closes a local day some minutes after midnight, also an empty one (零报告), and states exactly which
// seconds it closes. A sealed day is never rewritten: what comes later is listed by the next seal under `amends`.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "collector/centre.h"
#include "collector/ingest.h"
#include "collector/memory.h"
#include "collector/watch.h"
#include "collector/year_change.h"
#include "evidence/seal.h"

namespace fengsui::collector {

struct Sealed {
  std::uint64_t index = 0;  // number of its leaf, over all logs of the unit
  base::UnixMs rx = 0;
  evidence::Seal seal;
};

// One thread.
class Sealer {
 public:
  Sealer(Centre& centre, Ingest& ingest, Watch& watch, Memory& memory)
      : centre_(centre), ingest_(ingest), watch_(watch), memory_(memory), year_change_(centre, memory) {}

  // Seals every day that is over, has its grace behind it and is not sealed yet, since the unit was added. The seal of a
  // year's last day is the last leaf of its log; the log of the next year begins at once.
  base::Status tick();
  // Seals one day now. The running day is sealed up to what its agents have reported, and the seal says so.
  // Errc::conflict when it is sealed whole already, not_found for a day in the future or before the unit.
  base::Result<Sealed> seal(const std::string& unit, base::Day day);
  // The newest seal of the day; nothing when it is open.
  base::Result<std::optional<Sealed>> sealed(const std::string& unit, base::Day day);
  // Every seal of the unit, oldest first. Valid until the next call.
  base::Result<const std::vector<Sealed>*> seals(const std::string& unit);
  // Where "today so far" ends for accounting: a heartbeat that is not yet due is no gap.
  base::UnixMs so_far(const std::string& unit, base::Day day) const;

  const std::string& health() const { return health_; }

 private:
  Centre& centre_;
  Ingest& ingest_;
  Watch& watch_;
  Memory& memory_;
  YearChange year_change_;
  std::string health_;
  std::map<std::string, std::vector<Sealed>> seals_;    // read once, then kept up
  std::map<std::string, base::Day> done_until_;         // per unit, the newest day that is sealed whole
};

}  // namespace fengsui::collector
