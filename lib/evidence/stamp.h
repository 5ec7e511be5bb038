// Time-stamps of sealed days: an authority's token (RFC 3161) over the text of a checkpoint that holds the day's seal (evidence.md 2.6).
// In a bundle ts/<day>.tsr is the token and ts/<day>.checkpoint what it stamps; of a log that ended both lie under its shards/<year>/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "evidence/checkpoint.h"
#include "evidence/facts.h"
#include "evidence/seal.h"
#include "evidence/zip.h"

namespace fengsui::evidence {

struct Stamp {
  base::Day day;
  std::string checkpoint;  // signed; its text is stamped, not its signatures
  base::Bytes token;       // TimeStampResp, DER
};

// What an authority is asked to stamp: SHA-256 of the checkpoint's text. Errc::malformed for what is no note.
base::Result<Digest> stamp_imprint(std::string_view checkpoint);

// Puts them into a bundle, whose manifest is then to be made again (relisted). Those over a log that the bundle does not hold, or over more
// leaves than it holds, are passed over. How many it took.
std::size_t add_stamps(Files& files, const std::vector<Stamp>& stamps);

// Stamps of one log of a bundle, for V4. References must outlive the call.
struct StampTrust {
  std::string_view tsa;              // PEM, the evaluator's own; "" nothing is checked
  base::UnixMs now = 0;              // 0: not held against a clock
  const Vkey* log = nullptr;
  std::uint64_t first = 0;           // number of the log's first leaf
  std::uint64_t seen = 0;            // leaves read on an earlier visit: stamps over no more than these were checked then
  std::span<const At<Seal>> seals;   // of all logs of the unit, oldest first
  std::function<bool(const Checkpoint&)> had;  // whether the log had that root at that size
};
// An authority's clock may be ahead of the evaluator's by this much.
inline constexpr base::UnixMs kStampSkewMs = 300'000;

// The stamp's time. Errc::not_found when none of the authorities made it; every other error is a fault of the evidence.
base::Result<base::UnixMs> check_stamp(const Stamp& stamp, const StampTrust& trust);

struct StampCounts {
  std::size_t good = 0, unknown = 0, unchecked = 0;  // unknown: by an authority that the certificates do not name
  std::string zh() const;                            // "" when all are 0; else begins with a semicolon
  std::string en() const;
};
// All under `folder` ("" or "shards/2026/"), which is added to the counts; `fault` hears of each that is wrong.
void check_stamps(const Files& files, const std::string& folder, const StampTrust& trust, StampCounts& counts,
                  const std::function<void(const std::string& path, const std::string& day, const std::string& what)>& fault);

}  // namespace fengsui::evidence
