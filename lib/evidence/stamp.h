// Time-stamps of sealed days: an authority's token (RFC 3161) over the text of a checkpoint that holds the day's seal (evidence.md 2.6).
// In a bundle ts/<day>.tsr is the token and ts/<day>.checkpoint what it stamps; of a log that ended both lie under its shards/<year>/.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "evidence/checkpoint.h"
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

// Stamps of one log of a bundle, for V4.
struct StampTrust {
  std::string_view tsa;  // PEM, the evaluator's own
  base::UnixMs now = 0;  // 0: not held against a clock
  const Vkey* log = nullptr;
  // The newest seal of that day in that checkpoint; nullptr when there is none, or the log never had that checkpoint.
  std::function<const Seal*(base::Day, const Checkpoint&)> seal;
};
// An authority's clock may be ahead of the evaluator's by this much.
inline constexpr base::UnixMs kStampSkewMs = 300'000;

// The stamp's time. Errc::not_found when none of the authorities made it; every other error is a fault of the evidence.
base::Result<base::UnixMs> check_stamp(const Stamp& stamp, const StampTrust& trust);

}  // namespace fengsui::evidence
