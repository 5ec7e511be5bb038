// The two command-line uses of the engine (commands.md, "fengsui-agent detect"), so that a program only calls them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "classify/examination.h"

namespace fengsui::classify {

struct JsonlOutcome {
  std::uint64_t lines = 0;  // answered
  std::uint64_t bad = 0;    // not answered: malformed; the command exits 3 when there was one
};

// Reads lines {"id":…,"text":"…"} or {"id":…,"bytes_b64":"…"} and writes for each
//   {"id":…,"spans":[{"type","start","end","state","confidence","why":[…]}]}
// with offsets in bytes of the text in UTF-8 (or of the decoded bytes), confidence 0..0.99, and "masked":true beside a
// masked value. A line that is not of this shape gives {"line":n,"error":"…"}, which never repeats the line's content.
// Empty lines are skipped. A line may have at most 64 MiB.
JsonlOutcome detect_jsonl(const Engine& engine, std::istream& in, std::ostream& out);

// CPU time the calling thread has used so far, in seconds: this library reads no clock, the program hands one in.
using CpuSeconds = double (*)();

// What a reference engine reads of each file: it is many times slower.
inline constexpr std::uint64_t kReferenceBytes = std::uint64_t{64} << 20;

// Scans each file with the engine, in pieces as they are read, and the first kReferenceBytes of each with the engine named by
// `against` ("vectorscan", "re2", or "" for none) finding candidates by regular expressions for the same detectors and
// validated by the same validators. One line of JSON:
//   {"engine","isa","bytes","cpu_seconds","mb_per_s","read_cpu_seconds","findings":{type:count},"findings_digest",
//    "against":{"engine","bytes","cpu_seconds","mb_per_s","read_cpu_seconds","findings":{…},"findings_digest","ratio","equal"}}
// `cpu_seconds` is the time in the engine; what reading takes is told apart. `ratio` compares the two rates, `equal` the
// findings of both over the bytes that the reference read. An engine that is not in this build gives
// "against":{"engine":…,"unavailable":reason}. Errc::usage for an unknown engine, or the error of a file.
base::Result<std::string> bench(const Engine& engine, std::span<const std::filesystem::path> files, std::string_view against,
                                CpuSeconds cpu_seconds);

}  // namespace fengsui::classify
