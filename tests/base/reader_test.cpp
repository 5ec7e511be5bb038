#include <gtest/gtest.h>

#include "base/bytes.h"

namespace fengsui::base {
namespace {

TEST(Reader, ReadsBothByteOrders) {
  Bytes bytes = {1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8};
  Reader reader(bytes);
  EXPECT_EQ(reader.u64be(), 0x0102030405060708u);
  EXPECT_EQ(reader.u64le(), 0x0807060504030201u);
  EXPECT_TRUE(reader.at_end());
  EXPECT_FALSE(reader.failed());
}

TEST(Reader, AShortReadFailsForGoodAndMovesNothing) {
  Bytes bytes = {1, 2, 3};
  Reader reader(bytes);
  EXPECT_EQ(reader.u32be(), 0u);
  EXPECT_TRUE(reader.failed());
  EXPECT_EQ(reader.position(), 0u);
  EXPECT_EQ(reader.u16be(), 0x0102);
  EXPECT_TRUE(reader.failed());
}

TEST(Reader, UntilStopsAtItsLimit) {
  Reader reader(view("abc:def"));
  EXPECT_FALSE(reader.until(':', 3));
  EXPECT_EQ(text(*reader.until(':', 4)), "abc");
  EXPECT_EQ(text(reader.rest()), "def");
  EXPECT_FALSE(reader.until(':', 10));
}

TEST(Reader, AHugeLengthDoesNotWrap) {
  Bytes bytes = {1};
  Reader reader(bytes);
  EXPECT_TRUE(reader.take(SIZE_MAX).empty());
  EXPECT_FALSE(reader.skip(SIZE_MAX));
  EXPECT_EQ(reader.remaining(), 1u);
}

}  // namespace
}  // namespace fengsui::base
