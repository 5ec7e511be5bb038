#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "policy/support/folder.h"
#include "watch/collect.h"
#include "watch/log_tail.h"
#include "watch/sensors/sensors.h"

namespace fengsui::watch {
namespace {

constexpr base::UnixMs kNow = 1'795'521'600'000;
const std::string kLine = "Nov 24 19:00:00 db01 sshd[1]: Accepted password for alice from 10.0.0.5 port 1 ssh2\n";

struct LoginLogTest : testing::Test {
  support::Folder folder;
  std::filesystem::path log = folder.path() / "auth.log";
  SensorConfig config;
  Collect sink;

  LoginLogTest() {
    config.paths = {log.string()};
    config.state_dir = folder.path().string();
    config.period_ms = 1000;
  }
  std::unique_ptr<Sensor> begin() {
    auto sensor = make_login_log(config);
    sensor->start(kNow);
    return sensor;
  }
  std::size_t logins() const {
    return static_cast<std::size_t>(std::count_if(sink.activities.begin(), sink.activities.end(),
                                                  [](const auto& a) { return a.class_uid == 3002; }));
  }
  std::vector<std::uint32_t> log_events() const {
    std::vector<std::uint32_t> out;
    for (const auto& a : sink.activities) {
      if (a.class_uid == 1008) out.push_back(a.activity_id);
    }
    return out;
  }
};

TEST_F(LoginLogTest, AMissingLogIsUnavailableWithAReasonUntilItAppears) {
  auto sensor = begin();
  sensor->poll(kNow, sink);
  auto status = sensor->take_status(kNow);
  EXPECT_EQ(status.state, model::SensorState::unavailable);
  EXPECT_NE(status.reason.find("auth.log"), std::string::npos);
  folder.write("auth.log", kLine);
  sensor->poll(kNow + 1000, sink);
  status = sensor->take_status(kNow);
  EXPECT_EQ(status.state, model::SensorState::effective) << status.reason;
  EXPECT_EQ(status.counters.rx, 1u);
  EXPECT_EQ(logins(), 1u);
}

TEST_F(LoginLogTest, ALineSplitAtEachByteIsReadOnce) {
  for (std::size_t cut = 0; cut <= kLine.size(); ++cut) {
    sink.activities.clear();
    std::filesystem::remove(folder.path() / "login_log.positions");
    std::filesystem::remove(log);
    auto sensor = begin();
    folder.write("auth.log", kLine.substr(0, cut));
    sensor->poll(kNow, sink);
    EXPECT_EQ(logins(), cut == kLine.size() ? 1u : 0u);
    folder.write("auth.log", kLine.substr(cut), true);
    sensor->poll(kNow, sink);
    EXPECT_EQ(logins(), 1u) << "cut at " << cut;
  }
}

TEST_F(LoginLogTest, RotationByRenameLosesAndDoublesNothing) {
  auto sensor = begin();
  folder.write("auth.log", kLine);
  sensor->poll(kNow, sink);
  folder.write("auth.log", kLine, true);  // written after the last look, before the rotation
  std::filesystem::rename(log, folder.path() / "auth.log.1");
  sensor->poll(kNow, sink);
  EXPECT_EQ(logins(), 2u);
  folder.write("auth.log.1", kLine, true);  // the writer has not reopened yet
  sensor->poll(kNow, sink);
  EXPECT_EQ(logins(), 3u);
  folder.write("auth.log", kLine);
  sensor->poll(kNow, sink);
  EXPECT_EQ(logins(), 4u);
  EXPECT_EQ(log_events(), std::vector<std::uint32_t>{5});
}

TEST_F(LoginLogTest, ATruncatedLogIsReportedAsCleared) {
  auto sensor = begin();
  folder.write("auth.log", kLine + kLine);
  sensor->poll(kNow, sink);
  folder.write("auth.log", "");
  sensor->poll(kNow, sink);
  EXPECT_EQ(log_events(), std::vector<std::uint32_t>{1});
  EXPECT_EQ(sink.activities.back().fields.text("log_name"), log.string());
  folder.write("auth.log", kLine, true);
  sensor->poll(kNow, sink);
  EXPECT_EQ(logins(), 3u);
}

TEST_F(LoginLogTest, CopyThenTruncateIsARotation) {
  auto sensor = begin();
  folder.write("auth.log", kLine);
  sensor->poll(kNow, sink);
  folder.write("auth.log.1", kLine);
  folder.write("auth.log", "");
  sensor->poll(kNow, sink);
  EXPECT_EQ(log_events(), std::vector<std::uint32_t>{5});
}

TEST_F(LoginLogTest, ARemovedLogIsReportedEvenIfAnotherTakesItsPlace) {
  auto sensor = begin();
  folder.write("auth.log", kLine);
  sensor->poll(kNow, sink);
  // What an editor does in place: a new file over the old name.
  folder.write("edited", kLine);
  std::filesystem::rename(folder.path() / "edited", log);
  sensor->poll(kNow, sink);
  EXPECT_EQ(log_events(), std::vector<std::uint32_t>{2});
  std::filesystem::remove(log);
  sensor->poll(kNow, sink);
  EXPECT_EQ(log_events(), (std::vector<std::uint32_t>{2, 2}));
  EXPECT_EQ(sensor->take_status(kNow).state, model::SensorState::unavailable);
}

TEST_F(LoginLogTest, ARestartContinuesWhereItStopped) {
  folder.write("auth.log", kLine + kLine + "Nov 24 19:00:00 db01 ss");
  begin()->poll(kNow, sink);
  EXPECT_EQ(logins(), 2u);
  folder.write("auth.log", "hd[1]: Accepted password for bob from 10.0.0.5 port 1 ssh2\n", true);
  begin()->poll(kNow, sink);
  ASSERT_EQ(logins(), 3u);
  EXPECT_EQ(sink.activities.back().fields.text("user.name"), "bob");
}

TEST_F(LoginLogTest, ARotationWhileStoppedIsReadFromTheRotatedFile) {
  folder.write("auth.log", kLine);
  begin()->poll(kNow, sink);
  folder.write("auth.log", kLine, true);
  std::filesystem::rename(log, folder.path() / "auth.log.1");
  folder.write("auth.log", kLine);
  auto sensor = begin();
  sensor->poll(kNow, sink);
  EXPECT_EQ(logins(), 3u);
  EXPECT_EQ(sensor->take_status(kNow).counters.lost, 0u);
}

TEST_F(LoginLogTest, WhatWasRotatedAwayWhileStoppedIsCountedAsLost) {
  folder.write("auth.log", kLine);
  begin()->poll(kNow, sink);
  folder.write("other", kLine);  // takes a new inode before the old one is free again
  std::filesystem::rename(folder.path() / "other", log);
  auto sensor = begin();
  sensor->poll(kNow, sink);
  EXPECT_EQ(logins(), 2u);
  EXPECT_EQ(sensor->take_status(kNow).counters.lost, 1u);
}

TEST_F(LoginLogTest, AClearingWhileStoppedIsReported) {
  folder.write("auth.log", kLine + kLine);
  begin()->poll(kNow, sink);
  folder.write("auth.log", "");
  begin()->poll(kNow, sink);
  EXPECT_EQ(log_events(), std::vector<std::uint32_t>{1});
}

TEST_F(LoginLogTest, ALineAboveTheLimitIsSkippedAndCounted) {
  auto sensor = begin();
  folder.write("auth.log", std::string(LogTail::kMaxLine + 1, 'x') + "\n" + kLine);
  sensor->poll(kNow, sink);
  EXPECT_EQ(logins(), 1u);
  EXPECT_EQ(sensor->take_status(kNow).counters.ovf, 1u);
}

TEST_F(LoginLogTest, OnePollReadsABoundedPartAndAsksForMore) {
  std::string big;
  while (big.size() < (3u << 20)) big += kLine;
  folder.write("auth.log", big);
  auto sensor = begin();
  sensor->poll(kNow, sink);
  EXPECT_LE(sensor->take_status(kNow).counters.bytes, 1u << 20);
  EXPECT_LE(sensor->due(), kNow);
  for (int i = 0; i < 5; ++i) sensor->poll(kNow, sink);
  EXPECT_EQ(logins(), big.size() / kLine.size());
  EXPECT_EQ(sensor->due(), kNow + 1000);
}

}  // namespace
}  // namespace fengsui::watch
