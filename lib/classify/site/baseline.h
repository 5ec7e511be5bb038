// The values that were there before: what a scan knows already, by keyed name and never by line number.
//
// A file of text, made to hold nothing that a detector takes for a value:
//   fengsui-baseline 1 <key id, 16 letters> <scans>
//   <32 letters> <type> <scan in which it was last seen> <place>
// sorted by the letters. A name is MatchKey::known(type, normalised value, place); a place is the path below the folder that was
// scanned, with the member of a container behind '!'. A value is stale when the last scan did not see it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "classify/site/match_key.h"

namespace fengsui::classify {

inline constexpr std::size_t kMaxKnown = 1'000'000;
inline constexpr std::uint64_t kMaxScans = 99'999;  // a longer number might be taken for a code

struct KnownValue {
  std::string type, place;  // place: for people; what counts is in the name
  std::uint64_t last = 0;
};

// Value type.
struct Baseline {
  std::uint64_t scans = 0;
  std::map<std::string, KnownValue, std::less<>> values;  // by name

  bool holds(std::string_view name) const { return values.find(name) != values.end(); }
  bool stale(const KnownValue& value) const { return value.last < scans; }
  std::string write(const MatchKey& key) const;
  // Errc::malformed with the line, limit, unsupported; denied when it was made under another key.
  static base::Result<Baseline> read(base::View file, const MatchKey& key);
};

}  // namespace fengsui::classify
