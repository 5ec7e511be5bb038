#include "base/time.h"

#include <charconv>
#include <chrono>
#include <cstdio>

namespace fengsui::base {

namespace {
namespace ch = std::chrono;
constexpr std::int64_t kDayMs = 86'400'000;

ch::sys_days to_days(Day d) {
  return ch::sys_days(ch::year(d.year) / ch::month(static_cast<unsigned>(d.month)) / ch::day(static_cast<unsigned>(d.day)));
}
Day from_days(ch::sys_days days) {
  ch::year_month_day ymd(days);
  return {static_cast<int>(ymd.year()), static_cast<int>(static_cast<unsigned>(ymd.month())),
          static_cast<int>(static_cast<unsigned>(ymd.day()))};
}
std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

// Exactly `n` decimal digits at `at`, or -1.
int digits(std::string_view text, std::size_t at, std::size_t n) {
  if (at + n > text.size()) return -1;
  int value = 0;
  for (char c : text.substr(at, n)) {
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  return value;
}
}  // namespace

Day day_of(UnixMs instant, int offset_minutes) {
  std::int64_t days = floor_div(instant + offset_minutes * 60'000LL, kDayMs);
  return from_days(ch::sys_days(ch::days(days)));
}

UnixMs start_of(Day day, int offset_minutes) {
  return to_days(day).time_since_epoch().count() * kDayMs - offset_minutes * 60'000LL;
}

Day plus_days(Day day, int days) { return from_days(to_days(day) + ch::days(days)); }
Day next(Day day) { return plus_days(day, 1); }
int weekday(Day day) { return static_cast<int>(ch::weekday(to_days(day)).iso_encoding()); }

bool is_valid(Day d) {
  return d.month >= 1 && d.month <= 12 && d.day >= 1 &&
         ch::year_month_day(ch::year(d.year), ch::month(static_cast<unsigned>(d.month)), ch::day(static_cast<unsigned>(d.day))).ok();
}

std::string to_string(Day d) {
  char buffer[40];
  std::snprintf(buffer, sizeof buffer, "%04d-%02d-%02d", d.year, d.month, d.day);
  return buffer;
}

Result<Day> parse_day(std::string_view text) {
  Day d{digits(text, 0, 4), digits(text, 5, 2), digits(text, 8, 2)};
  if (text.size() != 10 || text[4] != '-' || text[7] != '-' || d.year < 0 || !is_valid(d))
    return fail(Errc::malformed, "not a date of the form YYYY-MM-DD");
  return d;
}

std::string to_rfc3339(UnixMs instant, int offset_minutes) {
  std::int64_t local = instant + offset_minutes * 60'000LL;
  Day d = from_days(ch::sys_days(ch::days(floor_div(local, kDayMs))));
  std::int64_t ms = local - floor_div(local, kDayMs) * kDayMs;
  char buffer[80];
  int off = offset_minutes < 0 ? -offset_minutes : offset_minutes;
  std::snprintf(buffer, sizeof buffer, "%04d-%02d-%02dT%02d:%02d:%02d.%03d%c%02d:%02d", d.year, d.month, d.day,
                static_cast<int>(ms / 3'600'000), static_cast<int>(ms / 60'000 % 60), static_cast<int>(ms / 1000 % 60),
                static_cast<int>(ms % 1000), offset_minutes < 0 ? '-' : '+', off / 60, off % 60);
  return buffer;
}

Result<UnixMs> parse_rfc3339(std::string_view text) {
  auto bad = [] { return fail(Errc::malformed, "not an RFC 3339 time"); };
  auto day = parse_day(text.substr(0, 10));
  int h = digits(text, 11, 2), m = digits(text, 14, 2), s = digits(text, 17, 2);
  if (!day || text.size() < 20 || (text[10] != 'T' && text[10] != 't' && text[10] != ' ') || text[13] != ':' || text[16] != ':' ||
      h < 0 || h > 23 || m < 0 || m > 59 || s < 0 || s > 60)
    return bad();
  std::size_t at = 19;
  int ms = 0;
  if (text[at] == '.') {
    int scale = 100;
    std::size_t start = ++at;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, scale /= 10) ms += (text[at] - '0') * scale;
    if (at == start) return bad();
  }
  if (at >= text.size()) return bad();
  int offset = 0;
  if (text[at] == 'Z' || text[at] == 'z') {
    ++at;
  } else {
    int oh = digits(text, at + 1, 2), om = digits(text, at + 4, 2);
    if ((text[at] != '+' && text[at] != '-') || oh < 0 || oh > 23 || om < 0 || om > 59 || text[at + 3] != ':') return bad();
    offset = (text[at] == '-' ? -1 : 1) * (oh * 60 + om);
    at += 6;
  }
  if (at != text.size()) return bad();
  return start_of(*day, 0) + h * 3'600'000LL + m * 60'000LL + s * 1000LL + ms - offset * 60'000LL;
}

}  // namespace fengsui::base
