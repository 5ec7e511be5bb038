// Time as an argument. Libraries read no clock: they are handed a Clock or an instant.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace fengsui::base {

using UnixMs = std::int64_t;  // wall clock, milliseconds since 1970-01-01T00:00:00Z
using BootMs = std::int64_t;  // CLOCK_BOOTTIME, milliseconds; never steps, counts suspend

// What programs hand to libraries that must ask for the time more than once.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual UnixMs wall_ms() const = 0;
  virtual BootMs boot_ms() const = 0;
};

// A calendar day. Days of this product are natural days of Asia/Shanghai, UTC+08:00 all year since 1991.
struct Day {
  int year = 1970;
  int month = 1;  // 1..12
  int day = 1;    // 1..31
  auto operator<=>(const Day&) const = default;
};

inline constexpr int kChinaOffsetMinutes = 480;

Day day_of(UnixMs instant, int offset_minutes = kChinaOffsetMinutes);
UnixMs start_of(Day day, int offset_minutes = kChinaOffsetMinutes);  // 00:00 of that day
Day next(Day day);
Day plus_days(Day day, int days);
int weekday(Day day);  // 1 Monday .. 7 Sunday
bool is_valid(Day day);
std::string to_string(Day day);  // "2026-11-24"
// Errc::malformed unless exactly YYYY-MM-DD and a real date.
Result<Day> parse_day(std::string_view text);
// "2026-11-24T08:00:00.123+08:00" (RFC 3339)
std::string to_rfc3339(UnixMs instant, int offset_minutes = kChinaOffsetMinutes);
// RFC 3339 with any offset or Z, fraction optional. Errc::malformed otherwise.
Result<UnixMs> parse_rfc3339(std::string_view text);

}  // namespace fengsui::base
