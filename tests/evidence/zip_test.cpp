#include "evidence/zip.h"

#include <gtest/gtest.h>

namespace fengsui::evidence {
namespace {
using base::Errc;

Files some() {
  return {{"README", base::to_bytes(std::string_view("hello hello hello hello hello hello"))}, {"empty", {}}, {"tile/0/000.p/3", base::Bytes(96, 7)}, {"x", {1}}};
}

TEST(Zip, ReadsWhatItWrites) {
  auto zip = write_zip(some());
  ASSERT_TRUE(zip);
  auto again = read_zip(*zip);
  ASSERT_TRUE(again) << again.error().what;
  EXPECT_EQ(*again, some());
  EXPECT_TRUE(read_zip(*write_zip({}))->empty());
}

TEST(Zip, EveryBitIsChecked) {
  auto zip = *write_zip(some());
  for (std::size_t i = 0; i < zip.size(); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      zip[i] ^= static_cast<std::uint8_t>(1 << bit);
      EXPECT_FALSE(read_zip(zip)) << i << "." << bit;
      zip[i] ^= static_cast<std::uint8_t>(1 << bit);
    }
}

TEST(Zip, IsRefusedWhenCutOrLengthened) {
  auto zip = *write_zip(some());
  for (std::size_t n = 0; n < zip.size(); ++n) EXPECT_FALSE(read_zip(base::View(zip).first(n))) << n;
  zip.push_back(0);
  EXPECT_FALSE(read_zip(zip));
}

TEST(Zip, LimitsHoldBeforeAnythingIsUnpacked) {
  Files bomb = {{"zeros", base::Bytes(8u << 20, 0)}};
  auto zip = *write_zip(bomb);
  EXPECT_LT(zip.size(), 10'000u);
  EXPECT_EQ(read_zip(zip, {10, 1u << 20, 64u << 20}).error().code, Errc::limit);
  EXPECT_EQ(read_zip(zip, {10, 16u << 20, 1u << 20}).error().code, Errc::limit);
  EXPECT_EQ(read_zip(*write_zip(some()), {3, 1u << 20, 1u << 20}).error().code, Errc::limit);
}

TEST(Zip, PathsThatLeaveTheFolderAreRefused) {
  for (auto path : {"", "/etc/passwd", "../x", "a/../b", "a//b", "a/", "./a", "a\\b", "a b", "\xe4\xb8\xad"}) {
    EXPECT_FALSE(is_bundle_path(path)) << path;
    EXPECT_FALSE(write_zip({{path, {1}}})) << path;
  }
  EXPECT_TRUE(is_bundle_path("tile/0/x001/067.p/12"));
}

}  // namespace
}  // namespace fengsui::evidence
