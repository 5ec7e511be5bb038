#include "agent/repeats.h"

#include <gtest/gtest.h>

namespace fengsui::agent {
namespace {

model::Finding finding(const std::string& id, base::UnixMs time = 1000) {
  model::Finding f;
  f.id = id;
  f.time = f.first_seen = f.last_seen = time;
  return f;
}

TEST(Repeats, TheSameFindingWithinTheWindowIsCountedNotRepeated) {
  Repeats repeats(1000, 10);
  EXPECT_TRUE(repeats.offer(finding("a"), 0));
  EXPECT_FALSE(repeats.offer(finding("a"), 999));
  EXPECT_TRUE(repeats.offer(finding("b"), 999));
  EXPECT_EQ(repeats.repeated(), 1u);
}

TEST(Repeats, AfterTheWindowItIsReportedAgain) {
  Repeats repeats(1000, 10);
  EXPECT_TRUE(repeats.offer(finding("a"), 0));
  EXPECT_TRUE(repeats.offer(finding("a"), 1000));
}

TEST(Repeats, EndOfTheWindowTellsHowOftenAndUntilWhen) {
  Repeats repeats(1000, 10);
  repeats.offer(finding("a", 0), 0);
  repeats.offer(finding("a", 500), 500);
  repeats.offer(finding("a", 900), 900);
  repeats.offer(finding("quiet"), 0);
  EXPECT_TRUE(repeats.expire(999).empty());
  auto updates = repeats.expire(1000);
  ASSERT_EQ(updates.size(), 1u);
  EXPECT_EQ(std::get<std::int64_t>(*updates[0].fields.find("unmapped.fengsui.repeats")), 2);
  EXPECT_EQ(updates[0].last_seen, 900);
  EXPECT_EQ(updates[0].first_seen, 0);
  EXPECT_EQ(repeats.size(), 0u);
}

TEST(Repeats, TableIsBoundedAndForgettingIsCounted) {
  Repeats repeats(1'000'000, 3);
  for (const char* id : {"a", "b", "c", "d", "e"}) EXPECT_TRUE(repeats.offer(finding(id), 0));
  EXPECT_EQ(repeats.size(), 3u);
  EXPECT_EQ(repeats.forgotten(), 2u);
  EXPECT_TRUE(repeats.offer(finding("a"), 1));  // forgotten: reported again rather than lost
  EXPECT_FALSE(repeats.offer(finding("e"), 1));
}

TEST(Repeats, ARestartDoesNotRepeatWhatWasReported) {
  const std::string id = "00112233445566778899aabbccddeeff", other = "ffeeddccbbaa99887766554433221100";
  Repeats before(1000, 10);
  EXPECT_TRUE(before.offer(finding(id), 5));
  auto saved = before.save();
  EXPECT_EQ(saved.size(), 24u);
  Repeats after(1000, 10);
  after.restore(saved);
  EXPECT_FALSE(after.offer(finding(id), 1004));
  EXPECT_TRUE(after.offer(finding(other), 1004));
  EXPECT_TRUE(after.expire(1005).empty());  // its words are not there any more
  EXPECT_TRUE(after.offer(finding(id), 1005));
}

TEST(Repeats, DamagedMemoryIsIgnored) {
  Repeats before(1000, 10), after(1000, 1);
  before.offer(finding("00112233445566778899aabbccddeeff"), 0);
  before.offer(finding("ffeeddccbbaa99887766554433221100"), 0);
  auto saved = before.save();
  after.restore(saved);  // over the bound
  EXPECT_EQ(after.size(), 0u);
  for (std::size_t cut = 1; cut < 24; ++cut) {
    Repeats other(1000, 10);
    other.restore(base::View(saved).first(cut));
    EXPECT_EQ(other.size(), 0u) << cut;
  }
}

TEST(Repeats, WindowOfZeroReportsEverything) {
  Repeats repeats(0, 10);
  EXPECT_TRUE(repeats.offer(finding("a"), 0));
  EXPECT_TRUE(repeats.offer(finding("a"), 0));
}

}  // namespace
}  // namespace fengsui::agent
