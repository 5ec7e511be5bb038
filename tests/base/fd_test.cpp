#include "base/fd.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace fengsui::base {
namespace {

std::filesystem::path scratch() {
  auto path = std::filesystem::temp_directory_path() / ("fengsui-fd-" + std::to_string(::getpid()));
  std::filesystem::remove_all(path);
  std::filesystem::create_directories(path);
  return path;
}

TEST(Files, ADurableWriteReplacesAndReadsBack) {
  auto dir = scratch();
  ASSERT_TRUE(write_file_durable(dir / "a", view("one")));
  ASSERT_TRUE(write_file_durable(dir / "a", view("second")));
  EXPECT_EQ(text(*read_file(dir / "a", 100)), "second");
  EXPECT_FALSE(std::filesystem::exists(dir / "a.new"));
  std::filesystem::remove_all(dir);
}

TEST(Files, ALargerFileThanTheLimitIsRefusedWhole) {
  auto dir = scratch();
  ASSERT_TRUE(write_file_durable(dir / "a", Bytes(1000, 7)));
  EXPECT_EQ(read_file(dir / "a", 999).error().code, Errc::limit);
  EXPECT_EQ(read_file(dir / "a", 1000)->size(), 1000u);
  std::filesystem::remove_all(dir);
}

TEST(Files, AWriteToAFullDeviceSaysFullAndNamesTheFile) {
  auto result = write_file_durable("/dev/full/x", view("a"));
  ASSERT_FALSE(result);
  auto missing = read_file("/nonexistent/file", 10);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Errc::not_found);
  EXPECT_NE(missing.error().what.find("/nonexistent/file"), std::string::npos);
}

TEST(Files, AnErrorLeavesTheOldContent) {
  auto dir = scratch();
  ASSERT_TRUE(write_file_durable(dir / "a", view("old")));
  std::filesystem::create_directory(dir / "a.new");  // the write beside the target cannot be made
  EXPECT_FALSE(write_file_durable(dir / "a", view("new")));
  EXPECT_EQ(text(*read_file(dir / "a", 100)), "old");
  std::filesystem::remove_all(dir);
}

}  // namespace
}  // namespace fengsui::base
