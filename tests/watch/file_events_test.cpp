#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "policy/support/folder.h"
#include "watch/collect.h"
#include "watch/sensors/sensors.h"

namespace fengsui::watch {
namespace {

namespace fs = std::filesystem;
constexpr base::UnixMs kNow = 1'795'521'600'000;

struct FileEventsTest : testing::Test {
  support::Folder folder;
  SensorConfig config;
  Collect sink;
  std::unique_ptr<Sensor> sensor;

  void begin() {
    if (config.paths.empty() && config.landing.empty()) config.paths = {folder.path().string()};
    sensor = make_file_events(config);
    sensor->start(kNow);
  }
  void poll() {
    for (int i = 0; i < 50; ++i) {
      sensor->poll(kNow, sink);
      if (sensor->due() > kNow) break;
    }
  }
  std::vector<std::uint32_t> kinds() const {
    std::vector<std::uint32_t> out;
    for (const auto& a : sink.activities) out.push_back(a.activity_id);
    return out;
  }
};

TEST_F(FileEventsTest, AWrittenFileIsToldAndRead) {
  begin();
  folder.write("a.csv", "hello");
  poll();
  EXPECT_EQ(kinds(), std::vector<std::uint32_t>{1});
  EXPECT_EQ(sink.activities[0].class_uid, 1001u);
  EXPECT_EQ(sink.activities[0].fields.text("file.name"), "a.csv");
  ASSERT_NE(sink.named("a.csv"), nullptr);
  EXPECT_EQ(sink.named("a.csv")->bytes, "hello");
  EXPECT_TRUE(sink.named("a.csv")->ended);
  folder.write("a.csv", " world", true);
  poll();
  EXPECT_EQ(kinds(), (std::vector<std::uint32_t>{1, 3}));
}

TEST_F(FileEventsTest, MovesRightsAndDeletionsAreTold) {
  const fs::path file = folder.write("a", "x");
  begin();
  fs::rename(file, folder.path() / "b");
  poll();
  chmod((folder.path() / "b").c_str(), 0600);
  poll();
  fs::remove(folder.path() / "b");
  poll();
  const auto got = kinds();
  ASSERT_GE(got.size(), 3u);
  EXPECT_EQ(got.front(), 5u);
  EXPECT_EQ(got[1], 6u);
  EXPECT_EQ(got.back(), 4u);
}

TEST_F(FileEventsTest, AFolderThatAppearsIsWatchedWithWhatItAlreadyHolds) {
  begin();
  folder.write("new/deep/early.csv", "1");
  poll();
  EXPECT_NE(sink.named("early.csv"), nullptr);
  folder.write("new/deep/late.csv", "2");
  poll();
  EXPECT_NE(sink.named("late.csv"), nullptr);
}

TEST_F(FileEventsTest, LandingFoldersGiveTheCollectionStage) {
  fs::create_directories(folder.path() / "in");
  config.landing = {(folder.path() / "in").string()};
  begin();
  folder.write("in/a.csv", "x");
  poll();
  ASSERT_NE(sink.named("a.csv"), nullptr);
  EXPECT_EQ(sink.named("a.csv")->from->stage, model::Stage::collection);
  EXPECT_EQ(sink.activities.at(0).stage, model::Stage::collection);
}

TEST_F(FileEventsTest, AMissingFolderIsUnavailableUntilItAppears) {
  config.paths = {(folder.path() / "later").string()};
  begin();
  poll();
  auto status = sensor->take_status(kNow);
  EXPECT_EQ(status.state, model::SensorState::unavailable);
  EXPECT_NE(status.reason.find("later"), std::string::npos);
  fs::create_directories(folder.path() / "later");
  poll();
  status = sensor->take_status(kNow);
  EXPECT_EQ(status.state, model::SensorState::effective) << status.reason;
  folder.write("later/a", "x");
  poll();
  EXPECT_NE(sink.named("a"), nullptr);
}

TEST_F(FileEventsTest, ALinkIsNotFollowed) {
  support::Folder elsewhere;
  elsewhere.write("secret", "no");
  begin();
  fs::create_symlink(elsewhere.path() / "secret", folder.path() / "link");
  poll();
  EXPECT_TRUE(sink.contents.empty());
}

TEST_F(FileEventsTest, MoreFilesThanTheQueueHoldsAreCounted) {
  begin();
  fs::create_directories(folder.path() / "x");
  for (int i = 0; i < 5000; ++i) folder.write("x/" + std::to_string(i), "");
  poll();
  const auto status = sensor->take_status(kNow);
  EXPECT_GT(status.counters.ovf + status.counters.kdrop, 0u);
}

}  // namespace
}  // namespace fengsui::watch
