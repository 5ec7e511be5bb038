// The walk with real detectors, real rules, a real chain and spool: scenarios S2 and S3, and what never leaves the
// host.
#include "agent/pipeline.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <boost/json.hpp>

#include "agent/recorder.h"
#include "agent/ruleset.h"
#include "capture/capture.h"
#include "capture/source.h"
#include "tests/agent/folder.h"
#include "tests/agent/packets.h"
#include "tests/agent/planted.h"
#include "watch/scan.h"

namespace fengsui::agent {
namespace {

// Rules are loaded once: they are immutable.
const Ruleset& rules() {
  static const Ruleset loaded = [] {
    Config::Rules config;
    config.dir = std::string(FENGSUI_SOURCE_DIR) + "/rules";
    auto out = load_rules(config, {2026, 11, 24});
    if (!out) ADD_FAILURE() << out.error().what;
    return std::move(*out);
  }();
  return loaded;
}

class Collected : public Outlet {
 public:
  void on_finding(const model::Finding& finding) override { findings.push_back(finding); }
  void on_activity(const model::Activity& activity) override { activities.push_back(activity); }
  void on_flow(const model::Flow& flow) override { flows.push_back(flow); }
  void on_conclusion(const model::Conclusion& conclusion, bool) override { conclusions.push_back(conclusion); }
  std::vector<model::Finding> of(std::string_view rule) const {
    std::vector<model::Finding> out;
    for (const auto& finding : findings)
      if (finding.rule == rule) out.push_back(finding);
    return out;
  }
  std::vector<model::Finding> findings;
  std::vector<model::Activity> activities;
  std::vector<model::Flow> flows;
  std::vector<model::Conclusion> conclusions;
};

class Walk : public testing::Test {
 protected:
  Walk() { remake({}); }
  void remake(const PipelineLimits& limits) {
    policy_ = std::make_unique<policy::Engine>(rules().policies);
    pipeline_ = std::make_unique<Pipeline>(rules().classifier, key_, *policy_, clock_, out_, limits);
  }
  void scan(const std::filesystem::path& path) {
    watch::ScanReport report;
    watch::scan_paths({path.string()}, {}, clock_.wall, *pipeline_, report);
    pipeline_->finish();
  }
  void replay(const std::string& records) {
    auto file = folder_.write("x.pcap", test::Conversation::file_header() + records);
    auto source = capture::open_file(file);
    ASSERT_TRUE(source) << source.error().what;
    capture::Capture capture({}, *pipeline_, "file");
    capture::Packet packet;
    while (true) {
      auto next = (*source)->next(packet);
      ASSERT_TRUE(next) << next.error().what;
      if (*next != capture::Next::packet) break;
      capture.packet(packet);
    }
    capture.finish();
    pipeline_->finish();
  }
  std::string table(bool wide = false) {
    std::string out = "序号,身份证号\n";
    int n = 0;
    for (const auto& list : {test::valid_five(), test::invalid_three()})
      for (const auto& value : list) out += std::to_string(++n) + "," + (wide ? test::full_width(value) : value) + "\n";
    return out;
  }
  void expect_five(const std::string& name, const std::string& bytes) {
    auto file = folder_.write(name, bytes);
    chmod(file.c_str(), 0644);
    out_.findings.clear();
    scan(file);
    auto found = out_.of("STO-1");
    ASSERT_EQ(found.size(), 1u) << name;
    ASSERT_FALSE(found[0].data.empty());
    EXPECT_EQ(found[0].data[0].type, "citizen_id");
    EXPECT_EQ(found[0].data[0].clear, 5u) << name;
  }

  test::Folder folder_;
  test::FakeClock clock_;
  crypto::Secret key_ = crypto::Secret::copy_of(base::Bytes(32, 9));
  Collected out_;
  std::unique_ptr<policy::Engine> policy_;
  std::unique_ptr<Pipeline> pipeline_;
};

TEST_F(Walk, PlainFileWithFiveValidNumbersOfEightGivesOneSto1) { expect_five("people.csv", table()); }

TEST_F(Walk, TheSameFiveAreFoundInFullWidthDigits) { expect_five("wide.csv", table(true)); }

TEST_F(Walk, TheSameFiveAreFoundInGb18030) {
  // 序号,身份证号 in GB18030
  std::string gb = "\xD0\xF2\xBA\xC5,\xC9\xED\xB7\xDD\xD6\xA4\xBA\xC5\n";
  auto utf8 = table();
  expect_five("gb.csv", gb + utf8.substr(utf8.find('\n') + 1));
}

TEST_F(Walk, PostWithOneNumberGivesExactlyOneTra1WithMethodPathAndEndpoints) {
  test::Conversation talk(40001, 80, clock_.wall);
  talk.send(true, test::http_post("/apply", R"({"id_card":")" + test::valid_five()[2] + "\"}"));
  talk.send(false, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  talk.close();
  replay(talk.records());
  auto found = out_.of("TRA-1");
  ASSERT_EQ(found.size(), 1u);
  const auto& fields = found[0].fields;
  EXPECT_EQ(fields.text("http_request.http_method"), "POST");
  EXPECT_EQ(fields.text("http_request.url.path"), "/apply");
  EXPECT_EQ(fields.text("src_endpoint.ip"), "192.0.2.10");
  EXPECT_EQ(fields.text("dst_endpoint.ip"), "192.0.2.80");
  EXPECT_EQ(*fields.find("src_endpoint.port"), model::Value(std::int64_t{40001}));
  EXPECT_EQ(*fields.find("dst_endpoint.port"), model::Value(std::int64_t{80}));
  ASSERT_EQ(out_.flows.size(), 1u);
  EXPECT_EQ(out_.flows[0].app, "http");
}

TEST_F(Walk, BodyWithoutPersonalDataGivesNoFinding) {
  test::Conversation talk(40001, 80, clock_.wall);
  talk.send(true, test::http_post("/apply", R"({"status":"ok","order":"20261124000123456789"})"));
  talk.close();
  replay(talk.records());
  EXPECT_TRUE(out_.of("TRA-1").empty());
}

TEST_F(Walk, TheSameFindingTwiceIsReportedOnce) {
  auto file = folder_.write("people.csv", table());
  chmod(file.c_str(), 0644);
  scan(file);
  scan(file);
  EXPECT_EQ(out_.of("STO-1").size(), 1u);
}

TEST_F(Walk, ExaminationsAreBoundedTheOldestIsConcludedEarlyAndSaysSo) {
  PipelineLimits limits;
  limits.max_examinations = 4;
  remake(limits);
  auto from = std::make_shared<model::Provenance>();
  from->sensor = "test";
  from->object = "body";
  std::string bytes = "hello";
  for (std::uint64_t id = 1; id <= 10; ++id)
    pipeline_->on_content(model::Content(id, from, 0, base::view(bytes), false));
  EXPECT_EQ(pipeline_->open_examinations(), 4u);
  EXPECT_EQ(pipeline_->take_overflow(), 6u);
  EXPECT_EQ(pipeline_->take_overflow(), 0u);
  ASSERT_EQ(out_.conclusions.size(), 6u);
  for (const auto& conclusion : out_.conclusions) EXPECT_FALSE(conclusion.unread.empty());
  pipeline_->finish();
  EXPECT_EQ(pipeline_->open_examinations(), 0u);
  EXPECT_EQ(out_.conclusions.size(), 10u);
}

TEST_F(Walk, ActivitiesAreScrubbedBeforeTheyLeave) {
  model::Activity activity;
  activity.class_uid = 4002;
  auto value = test::valid_five()[0];
  activity.fields.set("http_request.url.query_string", "id=" + value + "&x=1");
  activity.fields.set("src_endpoint.ip", "192.0.2.10");
  pipeline_->on_activity(std::move(activity));
  ASSERT_EQ(out_.activities.size(), 1u);
  auto text = std::string(out_.activities[0].fields.text("http_request.url.query_string"));
  EXPECT_EQ(text, "id=510*************" + value.substr(16) + "&x=1");
  EXPECT_EQ(out_.activities[0].fields.text("src_endpoint.ip"), "192.0.2.10");
}

// Everything the agent writes about files whose content, name and path hold values, and about a request with one in its
// URL.
TEST_F(Walk, NoRawValueIsInAnyByteOfSpoolStateOrEvents) {
  auto values = test::valid_five();
  for (const auto& bad : test::invalid_three()) values.push_back(bad);
  values.push_back("13812345678");
  auto spool = store::Spool::open(folder_ / "state/spool.db");
  std::filesystem::create_directories(folder_ / "state");
  spool = store::Spool::open(folder_ / "state/spool.db");
  ASSERT_TRUE(spool) << spool.error().what;
  evidence::Chain chain("510903-edu/db01", crypto::SigningKey::from_seed(base::Bytes(32, 3)), "boot", 0, {});
  Log log(clock_);
  Recorder recorder(chain, **spool, clock_, {"510903-edu", "510903-edu/db01", "h", "192.0.2.1", "Debian", "1", "i"},
                    {"a", "b", "c"}, model::Language::zh, log);
  ASSERT_TRUE(recorder.boot("start"));
  Pipeline pipeline(rules().classifier, key_, *policy_, clock_, recorder, {});
  folder_.write("in/people.csv", table());
  folder_.write("in/wide.csv", table(true));
  folder_.write("in/" + values[0] + ".csv", "手机 " + values[8] + "\n");
  watch::ScanReport report;
  watch::scan_paths({(folder_ / "in").string()}, {}, clock_.wall, pipeline, report);
  test::Conversation talk(40001, 80, clock_.wall);
  talk.send(true, test::http_post("/apply?id=" + values[1], R"({"id_card":")" + values[2] + "\"}"));
  talk.close();
  auto source = capture::open_file(folder_.write("x.pcap", test::Conversation::file_header() + talk.records()));
  ASSERT_TRUE(source);
  capture::Capture capture({}, pipeline, "file");
  for (capture::Packet packet; (*source)->next(packet).value() == capture::Next::packet;) capture.packet(packet);
  capture.finish();
  pipeline.finish();
  recorder.flush();
  EXPECT_GE(recorder.recorded(), 4u);
  std::size_t searched = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_ / "state")) {
    auto bytes = test::slurp(entry.path());
    searched += bytes.size();
    EXPECT_EQ(test::found_in(bytes, values), "") << entry.path();
  }
  auto records = (*spool)->read(1, 1000, 64u << 20);
  ASSERT_TRUE(records);
  for (const auto& record : *records) EXPECT_EQ(test::found_in(record.note + record.detail, values), "") << record.seq;
  EXPECT_GT(searched, 4096u);
}

TEST(Mask, KeepsThreeAndTwoCharactersOfLongValuesAndNothingOfShortOnes) {
  EXPECT_EQ(mask_span("a 11010519491231002X b", 2, 20), "a 110*************2X b");
  EXPECT_EQ(mask_span("12345678", 0, 8), "********");
  EXPECT_EQ(mask_span(test::full_width("123456789"), 0, 27), test::full_width("123") + "****" + test::full_width("89"));
}

}  // namespace
}  // namespace fengsui::agent
