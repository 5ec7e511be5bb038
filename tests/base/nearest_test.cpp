#include "base/nearest.h"

#include <gtest/gtest.h>

#include <array>

namespace fengsui::base {
namespace {

TEST(Nearest, DistanceCountsInsertionsDeletionsAndChanges) {
  EXPECT_EQ(edit_distance("", ""), 0u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);  // the textbook pair: k→s, e→i, +g
  EXPECT_EQ(edit_distance("abc", ""), 3u);
}

TEST(Nearest, NamesTheWordThatWasMeant) {
  constexpr std::array<std::string_view, 3> words = {"state_dir", "language", "paths"};
  EXPECT_EQ(nearest("state_dirr", words), "state_dir");
  EXPECT_EQ(nearest("path", words), "paths");
  EXPECT_EQ(nearest("x", {}), "");
}

}  // namespace
}  // namespace fengsui::base
