// Witnesses: asking others to cosign our checkpoints, and cosigning those of other collectors (lib/evidence/witness.h). A witness that
// does not answer stops nothing: the checkpoint is published without its line.
#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "collector/centre.h"
#include "evidence/witness.h"

namespace fengsui::collector {

// As a log. Keeps what it knows in the control database. One thread.
class Witnesses {
 public:
  explicit Witnesses(Centre& centre) : centre_(centre) {}

  // What to send to a witness that has signed `old_size` leaves of the unit's newest log: over its newest checkpoint, which is
  // remembered for accept(). Errc::mismatch when the witness has signed more than this log holds: an older copy was put
  // back, and going on would fork it.
  base::Result<std::string> request(const std::string& unit, std::uint64_t old_size);
  // Lines that were not there yet. Errc::mismatch for a wrong line of a known witness, not_found when nothing was asked.
  base::Result<std::size_t> accept(const std::string& unit, std::string_view answer);
  // The newest checkpoint of the log that enough witnesses have signed; nothing when none is, or nobody is asked.
  base::Result<std::optional<store::Checkpoint>> witnessed(const Sequencer& book);
  // "" while every unit's log was cosigned within the last 24 hours or nobody is asked, else which was not.
  std::string health();

 private:
  Centre& centre_;
};

// As a witness of other logs: those of DIR/witnessed-logs (lines "log VKEY"). The checkpoint is durable before the answer is
// given.
evidence::WitnessAnswer answer_as_witness(Centre& centre, std::string_view body);

}  // namespace fengsui::collector
