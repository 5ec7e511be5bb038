#include "base/time.h"

#include <gtest/gtest.h>

namespace fengsui::base {
namespace {

TEST(Day, BeginsAtMidnightOfShanghai) {
  // 2026-11-23T16:00:00Z is 2026-11-24T00:00:00+08:00; date -u -d 2026-11-23T16:00:00Z +%s = 1795449600.
  EXPECT_EQ(to_string(day_of(1795449600000)), "2026-11-24");
  EXPECT_EQ(to_string(day_of(1795449599999)), "2026-11-23");
  EXPECT_EQ(start_of({2026, 11, 24}), 1795449600000);
}

TEST(Day, KnowsTheCalendar) {
  EXPECT_EQ(weekday({2026, 11, 24}), 2);  // a Tuesday
  EXPECT_EQ(to_string(next({2024, 2, 28})), "2024-02-29");
  EXPECT_EQ(to_string(next({2026, 12, 31})), "2027-01-01");
  EXPECT_EQ(to_string(plus_days({2026, 3, 1}, -1)), "2026-02-28");
  EXPECT_EQ(to_string(day_of(-1, 0)), "1969-12-31");
}

TEST(Day, RefusesWhatIsNoDate) {
  EXPECT_TRUE(parse_day("2024-02-29"));
  for (const char* bad : {"2026-02-29", "2026-13-01", "2026-1-1", "2026-01-01 ", "20260101", "2026-00-10", "", "2026-01-3a"}) EXPECT_FALSE(parse_day(bad)) << bad;
}

TEST(Rfc3339, RoundTripsWithOffset) {
  EXPECT_EQ(to_rfc3339(1795449600123), "2026-11-24T00:00:00.123+08:00");
  EXPECT_EQ(*parse_rfc3339("2026-11-24T00:00:00.123+08:00"), 1795449600123);
  EXPECT_EQ(*parse_rfc3339("2026-11-23T16:00:00Z"), 1795449600000);
  EXPECT_EQ(*parse_rfc3339("2026-11-23T11:30:00-04:30"), 1795449600000);
  for (const char* bad : {"2026-11-24T00:00:00", "2026-11-24T24:00:00Z", "2026-11-24T00:00:00.Z", "2026-11-24T00:00:00+0800", "2026-11-24"}) EXPECT_FALSE(parse_rfc3339(bad)) << bad;
}

}  // namespace
}  // namespace fengsui::base
