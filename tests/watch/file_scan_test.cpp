#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>

#include "policy/support/folder.h"
#include "watch/collect.h"
#include "watch/file_facts.h"
#include "watch/scan.h"
#include "watch/sensors/sensors.h"

namespace fengsui::watch {
namespace {

namespace fs = std::filesystem;
constexpr base::UnixMs kNow = 1'795'521'600'000;

struct FileScanTest : testing::Test {
  support::Folder folder;
  SensorConfig config;
  Collect sink;

  ScanReport scan(std::vector<std::string> paths = {}) {
    ScanReport report;
    if (paths.empty()) paths = {folder.path().string()};
    scan_paths(paths, config, kNow, sink, report);
    return report;
  }
  void poll_to_end(Sensor& sensor, base::UnixMs& now) {
    for (int i = 0; i < 1000 && sensor.due() <= now; ++i) sensor.poll(now, sink);
  }
};

TEST_F(FileScanTest, EveryRegularFileArrivesWholeAndInOrder) {
  folder.write("a.csv", "one");
  folder.write("sub/deep/b.txt", "two");
  folder.write("empty", "");
  const std::string large(1'000'000, 'x');
  folder.write("large.bin", large);
  const ScanReport report = scan();
  EXPECT_EQ(report.files, 4u);
  EXPECT_EQ(report.folders, 3u);
  EXPECT_EQ(report.bytes, 1'000'006u);
  EXPECT_EQ(report.not_examined_count, 0u);
  ASSERT_NE(sink.named("large.bin"), nullptr);
  EXPECT_EQ(sink.named("large.bin")->bytes, large);
  EXPECT_GT(sink.named("large.bin")->pieces, 3);
  EXPECT_EQ(sink.named("b.txt")->bytes, "two");
  EXPECT_TRUE(sink.named("empty")->ended);
  EXPECT_TRUE(sink.in_order);
}

TEST_F(FileScanTest, ProvenanceSaysWhoMayReadTheFile) {
  const fs::path file = folder.write("a.csv", "one");
  chmod(file.c_str(), 0640);
  scan();
  const model::Fields& fields = sink.named("a.csv")->from->fields;
  EXPECT_EQ(fields.text("unmapped.fengsui.file_mode"), "0640");
  EXPECT_EQ(*std::get_if<bool>(fields.find("unmapped.fengsui.others_read")), false);
  EXPECT_EQ(*std::get_if<std::int64_t>(fields.find("file.size")), 3);
  EXPECT_EQ(*std::get_if<std::int64_t>(fields.find("file.type_id")), 1);
  EXPECT_EQ(fields.text("file.owner.uid"), std::to_string(getuid()));
  EXPECT_EQ(sink.named("a.csv")->from->object, file.string());
  EXPECT_EQ(sink.named("a.csv")->from->stage, model::Stage::storage);
  sink.contents.clear();
  chmod(file.c_str(), 0644);
  scan();
  EXPECT_EQ(*std::get_if<bool>(sink.named("a.csv")->from->fields.find("unmapped.fengsui.others_read")), true);
}

TEST(Zones, TheMostSpecificMeaningWins) {
  SensorConfig config;
  config.landing = {"/data/in"};
  EXPECT_EQ(zone_of("/tmp/x", config), "tmp");
  EXPECT_EQ(zone_of("/tmpx/x", config), "");
  EXPECT_EQ(zone_of("/home/a/x", config), "home");
  EXPECT_EQ(zone_of("/var/www/html/x", config), "web_root");
  EXPECT_EQ(zone_of("/data/in/2026/x", config), "landing");
  EXPECT_EQ(zone_of("/data/inside", config), "");
  config.web_roots = {"/opt/site"};
  EXPECT_EQ(zone_of("/opt/site/x", config), "web_root");
}

TEST_F(FileScanTest, LandingFoldersGiveTheCollectionStage) {
  folder.write("in/a.csv", "one");
  config.landing = {(folder.path() / "in").string()};
  scan();
  EXPECT_EQ(sink.named("a.csv")->from->stage, model::Stage::collection);
}

TEST_F(FileScanTest, LinksAreNotFollowedAndLoopsEnd) {
  folder.write("outside/secret", "no");
  folder.write("tree/a", "yes");
  fs::create_symlink(folder.path() / "outside/secret", folder.path() / "tree/link");
  fs::create_directory_symlink(folder.path() / "tree", folder.path() / "tree/loop");
  const ScanReport report = scan({(folder.path() / "tree").string()});
  EXPECT_EQ(report.files, 1u);
  EXPECT_EQ(report.special, 2u);
  EXPECT_EQ(sink.named("secret"), nullptr);
}

TEST_F(FileScanTest, PipesAndSocketsAreNotOpened) {
  const fs::path pipe = folder.path() / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0644), 0);  // opening it for reading would wait for a writer
  const ScanReport report = scan();
  EXPECT_EQ(report.files, 0u);
  EXPECT_EQ(report.special, 1u);
}

TEST_F(FileScanTest, WhatCannotBeReadIsNamedWithItsReason) {
  if (geteuid() == 0) GTEST_SKIP() << "the superuser reads everything";
  const fs::path file = folder.write("closed", "x");
  chmod(file.c_str(), 0);
  const ScanReport report = scan();
  ASSERT_EQ(report.not_examined.size(), 1u);
  EXPECT_EQ(report.not_examined[0].path, file.string());
  EXPECT_EQ(report.not_examined[0].reason, "Permission denied");
}

TEST_F(FileScanTest, AMissingPathIsNotExamined) {
  const ScanReport report = scan({(folder.path() / "nowhere").string()});
  ASSERT_EQ(report.not_examined.size(), 1u);
  EXPECT_EQ(report.not_examined[0].reason, "No such file or directory");
}

TEST_F(FileScanTest, AFileAboveTheLimitIsReadInPartAndNamed) {
  folder.write("big", "0123456789");
  config.max_file_bytes = 4;
  const ScanReport report = scan();
  EXPECT_EQ(sink.named("big")->bytes, "0123");
  EXPECT_TRUE(sink.named("big")->ended);
  ASSERT_EQ(report.not_examined.size(), 1u);
  EXPECT_EQ(report.not_examined[0].reason, "larger than 4 bytes: the rest was not read");
}

TEST_F(FileScanTest, FoldersDeeperThanTheLimitAreNamed) {
  fs::path deep = folder.path();
  for (int i = 0; i < 70; ++i) deep /= "d";
  fs::create_directories(deep);
  const ScanReport report = scan();
  EXPECT_EQ(report.folders, 64u);
  ASSERT_EQ(report.not_examined.size(), 1u);
  EXPECT_EQ(report.not_examined[0].reason, "folder deeper than 64");
}

TEST_F(FileScanTest, TheListOfWhatWasNotExaminedIsBoundedAndItsCountIsNot) {
  ScanReport report;
  for (std::size_t i = 0; i < ScanReport::kMaxNamed + 5; ++i) report.miss("p", "r");
  EXPECT_EQ(report.not_examined.size(), ScanReport::kMaxNamed);
  EXPECT_EQ(report.not_examined_count, ScanReport::kMaxNamed + 5);
}

TEST_F(FileScanTest, ASecondPassReadsOnlyWhatChangedAlsoAfterARestart) {
  support::Folder state;
  folder.write("a", "one");
  const fs::path b = folder.write("b", "two");
  config.paths = {folder.path().string()};
  config.state_dir = state.path().string();
  config.period_ms = 1000;
  base::UnixMs now = kNow;
  auto sensor = make_file_scan(config);
  sensor->start(now);
  poll_to_end(*sensor, now);
  EXPECT_EQ(sink.contents.size(), 2u);
  EXPECT_EQ(sensor->take_status(now).state, model::SensorState::effective);
  EXPECT_EQ(sensor->due(), now + 1000);

  sink.contents.clear();
  now += 1000;
  chmod(b.c_str(), 0604);  // other rights are a change: the finding depends on them
  poll_to_end(*sensor, now);
  EXPECT_EQ(sink.contents.size(), 1u);

  sink.contents.clear();
  folder.write("c", "three");
  auto again = make_file_scan(config);
  again->start(now);
  poll_to_end(*again, now);
  ASSERT_EQ(sink.contents.size(), 1u);
  EXPECT_NE(sink.named("c"), nullptr);
}

TEST_F(FileScanTest, ADamagedTableIsSaidAndEverythingIsReadAgain) {
  support::Folder state;
  folder.write("a", "one");
  config.paths = {folder.path().string()};
  config.state_dir = state.path().string();
  base::UnixMs now = kNow;
  auto sensor = make_file_scan(config);
  sensor->start(now);
  poll_to_end(*sensor, now);
  std::string table;
  {
    std::ifstream in(state.path() / "file_scan.seen", std::ios::binary);
    table.assign(std::istreambuf_iterator<char>(in), {});
  }
  ASSERT_FALSE(table.empty());
  SeenFiles seen;
  for (std::size_t n = 0; n < table.size(); ++n) {
    state.write("cut", table.substr(0, n));
    EXPECT_FALSE(seen.load((state.path() / "cut").string())) << n;
    std::string flipped = table;
    flipped[n] = static_cast<char>(flipped[n] ^ 1);
    state.write("flipped", flipped);
    EXPECT_FALSE(seen.load((state.path() / "flipped").string())) << n;
  }
  state.write("file_scan.seen", table.substr(0, table.size() - 1));
  sink.contents.clear();
  auto again = make_file_scan(config);
  again->start(now);
  const auto status = again->take_status(now);
  EXPECT_EQ(status.state, model::SensorState::degraded);
  EXPECT_NE(status.reason.find("examined again"), std::string::npos);
  poll_to_end(*again, now);
  EXPECT_EQ(sink.contents.size(), 1u);
}

TEST_F(FileScanTest, TheReadingBudgetIsKept) {
  folder.write("a", std::string(3u << 20, 'x'));
  config.paths = {folder.path().string()};
  config.bytes_per_second = 1u << 20;
  auto sensor = make_file_scan(config);
  sensor->start(kNow);
  sensor->poll(kNow, sink);
  EXPECT_LE(sensor->take_status(kNow).counters.bytes, (1u << 20) + (256u << 10));
  EXPECT_GE(sensor->due(), kNow + 1000);  // one MiB at one MiB a second
  sensor->poll(kNow + 10, sink);          // too early: nothing is read
  EXPECT_EQ(sensor->take_status(kNow).counters.bytes, 0u);
}

TEST_F(FileScanTest, WithoutPathsItIsUnavailableAndSaysWhy) {
  auto sensor = make_file_scan(config);
  sensor->start(kNow);
  sensor->poll(kNow, sink);
  const auto status = sensor->take_status(kNow);
  EXPECT_EQ(status.state, model::SensorState::unavailable);
  EXPECT_EQ(status.reason, "no path is configured");
  EXPECT_GT(sensor->due(), kNow);
}

TEST_F(FileScanTest, ExcludedFoldersAreLeftOut) {
  folder.write("a/x", "1");
  folder.write("b/y", "2");
  config.exclude = {(folder.path() / "b").string()};
  const ScanReport report = scan();
  EXPECT_EQ(report.files, 1u);
  EXPECT_EQ(report.excluded, 1u);
}

TEST(Registry, ListsEachSensorOnceUnderItsOwnName) {
  std::vector<std::string> ids;
  for (const SensorKind& kind : sensor_kinds()) {
    EXPECT_EQ(kind.make({})->id(), kind.id);
    ids.emplace_back(kind.id);
  }
  EXPECT_EQ(ids, (std::vector<std::string>{"file_scan", "file_events", "login_log"}));
}

}  // namespace
}  // namespace fengsui::watch
