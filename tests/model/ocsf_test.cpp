// Every line is judged by the reference checker of the shared data folder, not by expectations of our own.
#include "model/ocsf.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <boost/json.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>

namespace fengsui::model {
namespace {

constexpr base::UnixMs kNow = 1795500000000;

Host some_host() {
  return {"510903-edu",          "510903-edu/db01", "db01.edu.example", "192.0.2.10",
          "Debian GNU/Linux 12", "0.1.0",           "a1b2c3d4"};
}

Finding content_finding(Stage stage) {
  Finding f;
  f.id = "0123456789abcdef0123456789abcdef";
  f.kind = FindingKind::content;
  f.rule = "STO-1";
  f.rule_version = "1";
  f.rule_author = "Fengsui";
  f.rule_uuid = "6e1d7c1e-6a55-4a3c-9e0e-0a2b6f0f5b11";
  f.title = {"可公开读取的文件含有敏感数据", "Sensitive data in a file that others can read"};
  f.message = {"文件 /srv/share/人员.csv 含 5 个居民身份证号", "5 citizen ids in /srv/share/人员.csv"};
  f.remediation = {"收紧权限", "Restrict the mode"};
  f.clause = "16b";
  f.stage = stage;
  f.severity = Severity::high;
  f.time = f.first_seen = f.last_seen = kNow - 5;
  f.sensor = "file_scan";
  f.data = {{"citizen_id",
             5,
             1,
             3,
             95,
             {"510************31"},
             {"00112233445566778899aabbccddeeff"},
             {"checksum", "context:身份证"}}};
  return f;
}

std::string file(const std::string& lines) {
  std::string path =
      (std::filesystem::temp_directory_path() / ("fengsui-ocsf-" + std::to_string(getpid()) + ".ndjson")).string();
  std::ofstream(path, std::ios::binary) << lines;
  return path;
}

// Runs the checker; its output is the failure message.
void expect_valid(const std::string& lines) {
  const std::string checker = std::string(FENGSUI_SHARED_DATA) + "/ocsf/ocsf_validate.py";
  if (!std::filesystem::exists(checker)) GTEST_SKIP() << "the OCSF checker is missing: " << checker;
  auto path = file(lines);
  std::string command = "python3 '" + checker + "' --strict --quality '" + path + "' 2>&1";
  FILE* pipe = popen(command.c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  std::string out;
  std::array<char, 4096> buffer;
  while (std::size_t n = std::fread(buffer.data(), 1, buffer.size(), pipe)) out.append(buffer.data(), n);
  EXPECT_EQ(pclose(pipe), 0) << out;
  std::filesystem::remove(path);
}

void add_endpoints(Fields& fields) {
  fields.set("src_endpoint.ip", "192.0.2.10");
  fields.set("src_endpoint.port", std::int64_t{51234});
  fields.set("dst_endpoint.ip", "2001:db8::9");
  fields.set("dst_endpoint.port", std::int64_t{80});
  fields.set("connection_info.protocol_name", "tcp");
  fields.set("http_request.http_method", "POST");
  fields.set("http_request.url.path", "/apply");
  fields.set("http_response.code", std::int64_t{200});
}

TEST(Ocsf, ContentFindingOfEveryStageSeverityAndLanguagePassesTheChecker) {
  std::string lines;
  std::uint64_t n = 0;
  for (Stage stage : kStages)
    for (int severity = 1; severity <= 5; ++severity)
      for (Language language : {Language::zh, Language::en}) {
        auto f = content_finding(stage);
        f.severity = static_cast<Severity>(severity);
        f.fields.set("file.path", "/srv/share/人员.csv");
        f.fields.set("file.size", std::int64_t{1234});
        f.fields.set("actor.process.name", "curl");
        f.fields.set("actor.user.name", "root");
        if (n % 2) add_endpoints(f.fields);
        if (n % 3 == 0) f.unread = {"a.zip!b.bin: password"};
        if (n % 5 == 0) f.fields.set("unmapped.fengsui.data_grade", "important");
        lines += ocsf_line(f, some_host(), "uid-" + std::to_string(n), n, kNow, language) + "\n";
        ++n;
      }
  expect_valid(lines);
}

TEST(Ocsf, BehaviourFindingPassesTheCheckerWithItsEvidence) {
  std::string lines;
  for (Stage stage : kStages) {
    auto f = content_finding(stage);
    f.kind = FindingKind::behaviour;
    f.data.clear();
    if (stage != Stage::storage) add_endpoints(f.fields);
    f.fields.set("user.name", "zhangsan");
    f.fields.set("process.cmd_line", "mysqldump t_person");
    f.fields.set("unmapped.fengsui.count", std::int64_t{7});
    f.fields.set("CommandLine", "x");
    lines += ocsf_line(f, some_host(), "u", 1, kNow) + "\n";
  }
  expect_valid(lines);
  auto event = boost::json::parse(lines.substr(0, lines.find('\n'))).as_object();
  EXPECT_EQ(event["class_uid"], 2004);
  EXPECT_EQ(event["evidences"].as_array()[0].as_object()["http_request"].as_object()["http_method"], "POST");
}

TEST(Ocsf, EmptyFindingStillPassesTheChecker) {
  Finding f;
  f.id = "x";
  f.rule = "R";
  std::string lines = ocsf_line(f, Host{}, "u", 1, kNow) + "\n";
  f.kind = FindingKind::content;
  lines += ocsf_line(f, Host{}, "u", ~0ull, kNow) + "\n";
  expect_valid(lines);
}

TEST(Ocsf, ActivityOfEveryClassWithAnyFieldsPassesTheChecker) {
  std::string lines;
  for (std::uint32_t uid : {1001, 1006, 1007, 1008, 3001, 3002, 3005, 4001, 4002, 4003, 4006,
                            4007, 4008, 4009, 6002, 6003, 6005, 6006, 6007, 6008, 9999, 2004})
    for (std::uint32_t activity : {0, 1, 2, 6, 77})
      for (int fill = 0; fill < 3; ++fill) {
        Activity a{kNow, uid, activity, Severity::low, Stage::operation, "login_log", {"linux", "", "sshd"}, {}};
        if (fill >= 1) {
          add_endpoints(a.fields);
          a.fields.set("user.name", "zhangsan");
          a.fields.set("status", "Failure");
          a.fields.set("query.hostname", "example.com");
          a.fields.set("answers", Value(std::vector<std::string>{"192.0.2.1"}));
          a.fields.set("file.path", "/tmp/a");
          a.fields.set("process.pid", std::int64_t{4});
          a.fields.set("log_name", "auth.log");
        }
        if (fill == 2) {  // everything a careless source could say
          a.fields.set("src_endpoint.ip", "not an address");
          a.fields.set("src_endpoint.port", std::int64_t{70000});
          a.fields.set("dst_endpoint", "x");
          a.fields.set("http_request.http_method", "PROPFIND");
          a.fields.set("http_response.code", "abc");
          a.fields.set("status_id", std::int64_t{7});
          a.fields.set("severity", "Hoch");
          a.fields.set("metadata.version", "9.9.9");
          a.fields.set("tls.sni", "example.com");
          a.fields.set("time", std::int64_t{1});
          a.fields.set("user", "x");
          a.fields.set("file.type_id", std::int64_t{55});
          a.fields.set("no.such.path", true);
          a.fields.set("no.such", "text and then a path");
          a.fields.set("email.from", "not mail");
          a.fields.set("file.name", std::string_view("\xff\xfe bad utf-8"));
          a.time = 5;
        }
        lines += ocsf_line(a, some_host(), "u", 3, kNow) + "\n";
      }
  expect_valid(lines);
}

TEST(Ocsf, FlowCarriesTrafficBothWaysAppAndGaps) {
  Flow flow;
  flow.id = 4;
  flow.community_id = "1:wCb3OG7yAFWelaUydu0D+125CLM=";
  flow.client = {"192.0.2.10", 51234};
  flow.server = {"198.51.100.9", 80};
  flow.direction_known = true;
  flow.first = kNow - 100;
  flow.last = kNow;
  flow.sent = {3, 300, 180};
  flow.received = {2, 5000, 4800};
  flow.app = "http";
  flow.end = "fin";
  flow.gaps = {{"lost", 1460, 1}};
  flow.pid = 7;
  flow.process = "curl";
  std::string lines =
      ocsf_line(flow, some_host(), "u", 1, kNow) + "\n" + ocsf_line(Flow{}, some_host(), "u", 2, kNow) + "\n";
  expect_valid(lines);
  auto event = boost::json::parse(lines.substr(0, lines.find('\n'))).as_object();
  EXPECT_EQ(event["app_name"], "http");
  EXPECT_EQ(event["traffic"].as_object()["bytes_out"], 300);
  EXPECT_EQ(event["traffic"].as_object()["bytes_in"], 5000);
  EXPECT_EQ(event["connection_info"].as_object()["direction"], "Outbound");
  auto& gap = event["unmapped"].as_object()["fengsui"].as_object()["gaps"].as_array()[0].as_object();
  EXPECT_EQ(gap["reason"], "lost");
  EXPECT_EQ(gap["bytes"], 1460);
}

TEST(Ocsf, FieldsWithoutAPlaceAreKeptUnderUnmapped) {
  Activity a{kNow, 4002, 6, Severity::low, Stage::transmission, "pcap:eth0", {}, {}};
  a.fields.set("http_request.http_method", "PROPFIND");
  a.fields.set("src_endpoint.ip", "999.1.1.1");
  a.fields.set("unmapped.fengsui.gap", "lost");
  auto event = boost::json::parse(ocsf_line(a, some_host(), "u", 1, kNow)).as_object();
  auto& own = event["unmapped"].as_object()["fengsui"].as_object();
  EXPECT_EQ(own["http_request"].as_object()["http_method"], "PROPFIND");
  EXPECT_EQ(own["src_endpoint"].as_object()["ip"], "999.1.1.1");
  EXPECT_EQ(own["gap"], "lost");
}

TEST(Ocsf, LineHasNoLineBreakAndLongTextIsCutOnACharacter) {
  Activity a{kNow, 1007, 1, Severity::low, Stage::operation, "s", {}, {}};
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "身";
  a.fields.set("process.cmd_line", text + "\n");
  a.fields.set("process.name", "a\nb\r");
  auto line = ocsf_line(a, some_host(), "u", 1, kNow);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  auto event = boost::json::parse(line).as_object();
  EXPECT_EQ(event["process"].as_object()["cmd_line"].as_string().size(), 4095u);  // 1,365 characters of 3 bytes
}

TEST(Ocsf, StageIdStandsInTypesAndLabels) {
  for (Stage stage : kStages) {
    auto event = boost::json::parse(ocsf_line(content_finding(stage), some_host(), "u", 1, kNow)).as_object();
    EXPECT_EQ(event["finding_info"].as_object()["types"].as_array()[0].as_string(), id(stage));
    EXPECT_EQ(event["metadata"].as_object()["labels"].as_array()[0].as_string(), id(stage));
  }
}

TEST(Ocsf, ChineseIsTheDefaultLanguageOfTexts) {
  auto f = content_finding(Stage::storage);
  auto zh = boost::json::parse(ocsf_line(f, some_host(), "u", 1, kNow)).as_object();
  auto en = boost::json::parse(ocsf_line(f, some_host(), "u", 1, kNow, Language::en)).as_object();
  EXPECT_EQ(zh["message"].as_string(), f.message.zh);
  EXPECT_EQ(en["message"].as_string(), f.message.en);
  EXPECT_EQ(zh["severity"], "High");
}

}  // namespace
}  // namespace fengsui::model
