// The desk where people decide about findings: confirmed as an incident, or a false positive by two persons with a
// reason. Thin: the life cycle behind "triaged" comes with the incident desk. Every decision is a signed leaf; none is
// ever undone by deleting.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "base/error.h"
#include "collector/centre.h"
#include "collector/ingest.h"

namespace fengsui::collector {

struct Triage {
  std::string state = "untriaged";  // untriaged, proposed_false_positive, false_positive, confirmed
  std::string by, second, reason, incident;
  base::UnixMs time = 0;
};

// The stored event of a finding is the one its leaf commits to, of the same rule. Errc::mismatch when it was altered.
base::Status check_detail(const store::LogReader& log, const store::StoredFinding& finding);

// A finding, the log that holds its leaf, and the leaf's index there.
struct Found {
  Sequencer* book = nullptr;
  std::uint64_t index = 0;
  store::StoredFinding finding;  // its own index is the number over all logs
};

// One thread.
class Desk {
 public:
  Desk(Centre& centre, Ingest& ingest) : centre_(centre), ingest_(ingest) {}

  // The finding at a leaf, numbered over all logs of the unit. Errc::not_found.
  base::Result<Found> find(const std::string& unit, std::uint64_t index);
  // What was decided; nothing when nobody has decided yet.
  std::optional<Triage> triage(const std::string& unit, std::uint64_t index) const;

  // state "confirmed" (level "" or l1..l4) opens an incident; "false_positive" takes effect when a second person says
  // the same. Errc::usage (state, level, reason of 1..500 bytes), conflict (decided already, or the same person again).
  base::Result<Triage> decide(const std::string& unit, std::uint64_t index, const std::string& state,
                              const std::string& reason, const std::string& level, const std::string& by);

 private:
  base::Status write_step(const std::string& unit, const store::StoredFinding& finding, const Triage& triage,
                          std::string_view state, const std::string& level, bool two);

  Centre& centre_;
  Ingest& ingest_;
};

}  // namespace fengsui::collector
