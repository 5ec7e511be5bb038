// The hand-over between a unit's logs of two years (FORMAT.md "Shards"): the old log ends with its final seal, the new one begins with a
// `shard` leaf that names the old log's size, root and checkpoint. Leaves are numbered over all logs of a unit.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/time.h"
#include "evidence/checkpoint.h"
#include "evidence/json.h"
#include "evidence/merkle.h"

namespace fengsui::evidence {

inline constexpr std::size_t kMaxShards = 64;  // logs of one unit that a reader follows

struct Shard {
  std::string origin;         // of the log before
  std::uint64_t size = 0;     // its final size
  Digest root{};              // and root
  std::string checkpoint;     // its whole signed checkpoint of that size
  std::uint64_t first = 0;    // number of this leaf: the sizes of all logs before, added up
  base::UnixMs cut = 0;       // end of the day of the final seal
  std::string state;          // hex SHA-256 of the state of a reader at this point (Replay::state(cut))
};
Json to_json(const Shard&);
base::Result<Shard> parse_shard(const Json&);

// The origin of the log of `year` of the same unit: the last part of `origin` replaced. Errc::malformed unless it is a year.
base::Result<std::string> origin_of_year(std::string_view origin, int year);
// "…/2026" → 2026; 0 when the last part is not a year.
int year_of_origin(std::string_view origin);
// True when both name the same unit of the same collector and `later` is of a later year.
bool succeeds(std::string_view earlier, std::string_view later);

// What shows the holder of a checkpoint of one log that the next log continues it.
struct Handover {
  std::string final_checkpoint;      // of the log that ended
  std::vector<Digest> consistency;   // from the size held to its final size
  base::Bytes leaf;                  // the first leaf of the next log
  std::vector<Digest> inclusion;     // of that leaf (index 0) in `next_checkpoint`
  std::string next_checkpoint;       // of the next log, signed by the same key under its own name
};
// Follows hand-overs from what is held to the newest checkpoint: the last one's next_checkpoint. `held` of size 0 holds nothing yet. `log` is
// the key of the log held. The key must stay the same, the origins must succeed each other. Errc::mismatch otherwise.
base::Result<Checkpoint> follow(const Checkpoint& held, const Vkey& log, std::span<const Handover> handovers);

}  // namespace fengsui::evidence
