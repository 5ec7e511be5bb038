// The one-shot commands as their callers see them: exit codes, what stands on which output, and the reference checker's
// word.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <array>
#include <boost/json.hpp>
#include <cstdio>
#include <set>

#include "tests/agent/folder.h"
#include "tests/agent/packets.h"
#include "tests/agent/planted.h"

namespace fengsui::agent {
namespace {

namespace json = boost::json;

struct Outcome {
  int code = -1;
  std::string out, err;
};

class Commands : public testing::Test {
 protected:
  Outcome run(const std::string& arguments, const std::string& input = "") {
    auto err = folder_ / "err", in = folder_ / "in";
    folder_.write("in", input);
    std::string command = std::string(FENGSUI_BUILD_DIR) + "/bin/fengsui-agent " + arguments + " <'" + in.string() +
                          "' 2>'" + err.string() + "'";
    FILE* pipe = popen(command.c_str(), "r");
    Outcome outcome;
    if (!pipe) return outcome;
    std::array<char, 4096> buffer;
    while (std::size_t n = std::fread(buffer.data(), 1, buffer.size(), pipe)) outcome.out.append(buffer.data(), n);
    int status = pclose(pipe);
    outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    outcome.err = test::slurp(err);
    return outcome;
  }
  void expect_valid(const std::string& lines) {
    const std::string checker = std::string(FENGSUI_SHARED_DATA) + "/ocsf/ocsf_validate.py";
    if (!std::filesystem::exists(checker)) GTEST_SKIP() << "the OCSF checker is missing: " << checker;
    auto file = folder_.write("events.ndjson", lines);
    auto command =
        "python3 '" + checker + "' --strict --quality '" + file + "' >'" + (folder_ / "verdict").string() + "' 2>&1";
    EXPECT_EQ(std::system(command.c_str()), 0) << test::slurp(folder_ / "verdict");
  }
  std::string people() {
    std::string out = "身份证号\n";
    for (const auto& value : test::valid_five()) out += value + "\n";
    return out;
  }
  std::string exposed(const std::string& name, const std::string& bytes) {
    auto file = folder_.write(name, bytes);
    chmod(file.c_str(), 0644);
    return file;
  }
  std::vector<json::object> events(const std::string& lines, int class_uid) {
    std::vector<json::object> out;
    std::istringstream in(lines);
    for (std::string line; std::getline(in, line);) {
      auto event = json::parse(line).as_object();
      if (event["class_uid"] == class_uid) out.push_back(std::move(event));
    }
    return out;
  }

  test::Folder folder_;
};

TEST_F(Commands, ScanOfACleanFolderIsZero) {
  folder_.write("share/a.txt", "会议纪要\n");
  auto done = run("scan --json " + (folder_ / "share").string());
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(events(done.out, 2006).size(), 0u);
  EXPECT_EQ(events(done.out, 6007).size(), 1u);
}

TEST_F(Commands, ScanWithFindingsIsOneAndItsEventsAreValid) {
  exposed("share/people.csv", people());
  auto done = run("scan --json " + (folder_ / "share").string());
  EXPECT_EQ(done.code, 1) << done.err;
  auto found = events(done.out, 2006);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0]["data_security"].as_object()["discovery_details"].as_array()[0].as_object()["count"], 5);
  EXPECT_EQ(test::found_in(done.out + done.err, test::valid_five()), "");
  expect_valid(done.out);
}

TEST_F(Commands, FileThatNoPolicySpeaksOfIsStillReportedByAScan) {
  auto file = folder_.write("quiet/people.csv", people());
  // Outside the temporary folder's zone nothing but the mode would matter; here the rule of the zone may speak too.
  chmod(file.c_str(), 0600);
  auto done = run("scan --json " + (folder_ / "quiet").string());
  EXPECT_EQ(done.code, 1) << done.err;
  EXPECT_EQ(events(done.out, 2006).size(), 1u);
}

TEST_F(Commands, WhatABaselineKnowsIsNoFindingOfTheNextScanAndWhatIsGoneIsStale) {
  const auto key = (folder_ / "key").string(), known = (folder_ / "known").string(), share = (folder_ / "share").string();
  ASSERT_EQ(run("match key --out " + key).code, 0);
  exposed("share/a.csv", people());
  EXPECT_EQ(run("scan --key " + key + " --write-baseline " + known + " " + share).code, 1);
  auto again = run("scan --json --key " + key + " --baseline " + known + " --write-baseline " + known + " " + share);
  EXPECT_EQ(again.code, 0) << again.out;
  EXPECT_NE(again.err.find("baseline 5;"), std::string::npos) << again.err;
  auto summary = events(again.out, 6007);
  ASSERT_EQ(summary.size(), 1u);
  EXPECT_EQ(summary[0].at("unmapped").at("fengsui").at("allowed_values"), 5);
  expect_valid(again.out);
  exposed("share/a.csv", "身份证号\n" + test::valid_five()[0] + "\n手机 13912345678\n");
  auto later = run("scan --key " + key + " --baseline " + known + " --write-baseline " + known + " " + share);
  EXPECT_EQ(later.code, 1);
  EXPECT_NE(later.err.find("1 known values seen, 4 stale"), std::string::npos) << later.err;
  auto stale = run("baseline list --stale --key " + key + " " + known);
  EXPECT_EQ(stale.code, 1);
  EXPECT_EQ(std::count(stale.out.begin(), stale.out.end(), '\n'), 4);
  for (const auto& value : test::valid_five()) EXPECT_EQ(test::slurp(known).find(value), std::string::npos);
}

TEST_F(Commands, WhatAnAllowListAllowsIsReportedAsAllowed) {
  const auto key = (folder_ / "key").string();
  ASSERT_EQ(run("match key --out " + key).code, 0);
  auto file = exposed("share/a.csv", people());
  folder_.write("allow.toml", "[[allow]]\nid = \"demo\"\nrule = \"STO-1\"\npath = \"" + file +
                                  "\"\nreason = \"r\"\napprover = \"a\"\nexpires = 2099-01-01\n");
  folder_.write("agent.toml", "[match]\nkey_file = \"" + key + "\"\nallow = [\"" + (folder_ / "allow.toml").string() + "\"]\n");
  auto done = run("scan --json --config " + (folder_ / "agent.toml").string() + " " + file);
  EXPECT_EQ(done.code, 0) << done.err;
  auto findings = events(done.out, 2006);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].at("unmapped").at("fengsui").at("allowed"), "demo");
  EXPECT_EQ(findings[0].at("severity_id"), 1);
  expect_valid(done.out);
}

TEST_F(Commands, ACopyOfARegisteredDocumentNamesIt) {
  std::string text;
  for (int i = 0; i < 80; ++i) text += "第" + std::to_string(i * 7919) + "条 各单位应当于每季度末日前报送" + std::to_string(i * 104729) + "号材料。\n";
  folder_.write("drafts/预算草案.txt", text);
  ASSERT_EQ(run("fingerprint build --out " + (folder_ / "prints").string() + " " + (folder_ / "drafts").string()).code, 0);
  folder_.write("agent.toml", "[match]\ndocuments = [\"" + (folder_ / "prints").string() + "\"]\n");
  auto copy = exposed("share/b.txt", text.substr(text.find('\n') + 1));
  auto done = run("scan --json --config " + (folder_ / "agent.toml").string() + " " + copy);
  EXPECT_EQ(done.code, 1) << done.err;
  EXPECT_NE(done.out.find("\"exact\":[{\"name\":\"预算草案.txt\",\"count\":1}]"), std::string::npos) << done.out;
  expect_valid(done.out);
}

TEST_F(Commands, AScanTellsTheColumnsTheGradeAndTheItemOfTheCatalogue) {
  std::string table = "身份证号,手机号,家庭成员\n";
  for (const auto& value : test::valid_five()) table += value + ",138****0000,x\n";
  auto file = exposed("share/a.csv", table);
  folder_.write("catalog.csv", "目录编号,名称,路径,信息项,数据分级\nA-1,居民," + file + ",身份证号;手机号,重要\n");
  folder_.write("agent.toml", "[rules]\ncatalog = \"" + (folder_ / "catalog.csv").string() + "\"\n");
  auto done = run("scan --json --config " + (folder_ / "agent.toml").string() + " " + file);
  EXPECT_EQ(done.code, 1) << done.err;
  std::set<std::string> rules;
  for (auto& event : events(done.out, 2006)) {
    rules.insert(std::string(event.at("finding_info").at("analytic").at("uid").as_string()));
    const auto& own = event.at("unmapped").at("fengsui").as_object();
    EXPECT_EQ(own.at("catalog_item"), "A-1");
    EXPECT_EQ(own.at("grading").at("grade"), "important");
    EXPECT_EQ(own.at("grading").at("persons"), 5);
    EXPECT_EQ(own.at("grading").at("persons_method"), "distinct:citizen_id");
    EXPECT_EQ(own.at("grading").at("rows"), 5);
    ASSERT_EQ(own.at("columns").as_array().size(), 2u);
    EXPECT_EQ(own.at("columns").at(0).at("type"), "citizen_id");
    EXPECT_EQ(own.at("columns").at(1).at("desensitised"), true);
  }
  EXPECT_TRUE(rules.contains("STO-1"));
  EXPECT_TRUE(rules.contains("COL-2"));
  expect_valid(done.out);
}

TEST_F(Commands, ScanOfAMissingPathIsThreeAndNamesIt) {
  auto done = run("scan " + (folder_ / "none").string());
  EXPECT_EQ(done.code, 3);
  EXPECT_NE(done.err.find("not examined: " + (folder_ / "none").string()), std::string::npos) << done.err;
}

TEST_F(Commands, ReadOfALetterWithATableInBase64GivesOneTra1WithTheNumbersOfTheTable) {
  std::string table = "序号,身份证号\n";
  for (const auto& value : test::valid_five()) table += "1," + value + "\n";
  test::Conversation talk(40001, 25, 1795500000000);
  talk.send(false, "220 mail.example ESMTP\r\n");
  talk.send(true, "EHLO pc\r\nMAIL FROM:<a@example.cn>\r\nRCPT TO:<b@example.cn>\r\nDATA\r\n");
  talk.send(false, "250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n");
  talk.send(true, "Subject: list\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=zz\r\n\r\n--zz\r\n"
                  "Content-Type: text/csv; name=people.csv\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
                      base::base64(base::view(table)) + "\r\n--zz--\r\n.\r\n");
  talk.send(false, "250 queued\r\n");
  talk.close();
  auto done = run("read --json " + folder_.write("x.pcap", test::Conversation::file_header() + talk.records()));
  EXPECT_EQ(done.code, 1) << done.err;
  std::size_t tra1 = 0;
  for (auto& event : events(done.out, 2006)) {
    tra1 += event["finding_info"].as_object()["analytic"].as_object()["uid"] == "TRA-1";
    EXPECT_EQ(event["data_security"].as_object()["total"].as_int64(), 5) << done.out;
  }
  EXPECT_EQ(tra1, 1u);
  auto mails = events(done.out, 4009);
  ASSERT_EQ(mails.size(), 1u);
  EXPECT_EQ(mails[0]["status_id"].as_int64(), 1);
  EXPECT_EQ(test::found_in(done.out + done.err, test::valid_five()), "");
}

TEST_F(Commands, ReadGivesOneFlowEventWithTrafficBothWaysAndOneTra1) {
  test::Conversation talk(40001, 80, 1795500000000);
  talk.send(true, test::http_post("/apply", R"({"id_card":")" + test::valid_five()[2] + "\"}"));
  talk.send(false, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  talk.close();
  auto file = folder_.write("x.pcap", test::Conversation::file_header() + talk.records());
  auto done = run("read --json --bodies " + (folder_ / "bodies").string() + " " + file);
  EXPECT_EQ(done.code, 1) << done.err;
  auto flows = events(done.out, 4001);
  ASSERT_EQ(flows.size(), 1u);
  EXPECT_EQ(flows[0]["app_name"], "http");
  EXPECT_GT(flows[0]["traffic"].as_object()["bytes_out"].as_int64(), 0);
  EXPECT_GT(flows[0]["traffic"].as_object()["bytes_in"].as_int64(), 0);
  EXPECT_TRUE(flows[0]["unmapped"].as_object()["fengsui"].as_object()["gaps"].as_array().empty());
  std::size_t tra1 = 0;
  for (auto& event : events(done.out, 2006))
    tra1 += event["finding_info"].as_object()["analytic"].as_object()["uid"] == "TRA-1";
  EXPECT_EQ(tra1, 1u);
  EXPECT_EQ(test::found_in(done.out + done.err, test::valid_five()), "");
  std::string bodies;
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "bodies"))
    bodies += test::slurp(entry.path()) + "|";
  EXPECT_NE(bodies.find(test::valid_five()[2]), std::string::npos);  // that is what --bodies is for
  EXPECT_NE(bodies.find("ok|"), std::string::npos);
  expect_valid(done.out);
}

TEST_F(Commands, ReadOfACutCaptureIsThreeAndStillDeliversWhatCameBefore) {
  test::Conversation talk(40001, 80, 1795500000000);
  talk.send(true, test::http_post("/apply", R"({"status":"ok"})"));
  auto bytes = test::Conversation::file_header() + talk.records();
  auto file = folder_.write("cut.pcap", bytes.substr(0, bytes.size() - 7));
  auto done = run("read --json " + file);
  EXPECT_EQ(done.code, 3);
  EXPECT_NE(done.err.find(file), std::string::npos) << done.err;
  EXPECT_EQ(events(done.out, 4001).size(), 1u);
}

TEST_F(Commands, ReadOfWhatIsNoCaptureIsThreeAndNamesIt) {
  auto file = folder_.write("x.pcap", "this is no capture");
  auto done = run("read " + file);
  EXPECT_EQ(done.code, 3);
  EXPECT_NE(done.err.find(file), std::string::npos);
}

TEST_F(Commands, DetectAnswersEachLineAndCountsTheMalformed) {
  auto value = test::valid_five()[2];
  auto done = run("detect --jsonl", R"({"id":"a","text":"身份证 )" + value + "\"}\n");
  EXPECT_EQ(done.code, 0) << done.err;
  auto answer = json::parse(done.out).as_object();
  EXPECT_EQ(answer["id"], "a");
  auto& span = answer["spans"].as_array().at(0).as_object();
  EXPECT_EQ(span["type"], "citizen_id");
  EXPECT_EQ(span["start"], 10);
  EXPECT_EQ(span["end"], 28);
  EXPECT_EQ(run("detect --jsonl", "no json\n").code, 3);
}

TEST_F(Commands, UsageIsTwoAndAWrongConfigurationSeventyEight) {
  EXPECT_EQ(run("").code, 2);
  EXPECT_EQ(run("no-such-command").code, 2);
  EXPECT_EQ(run("scan").code, 2);
  EXPECT_EQ(run("detect").code, 2);
  EXPECT_EQ(run("--help").code, 0);
  auto file = folder_.write("agent.toml", "[agent]\nstate_dirr = \"/x\"\n");
  auto done = run("check --config " + file);
  EXPECT_EQ(done.code, 78);
  EXPECT_NE(done.err.find("agent.toml:2: unknown key agent.state_dirr; did you mean agent.state_dir?"),
            std::string::npos)
      << done.err;
  EXPECT_EQ(run("run --config " + (folder_ / "missing.toml").string()).code, 78);
}

TEST_F(Commands, StatusOfAnAgentThatNeverRanIsThree) {
  auto file = folder_.write("agent.toml", "[agent]\nstate_dir = \"" + (folder_ / "state").string() + "\"\n");
  auto done = run("status --config " + file);
  EXPECT_EQ(done.code, 3);
  EXPECT_NE(done.err.find("has not run"), std::string::npos) << done.err;
}

}  // namespace
}  // namespace fengsui::agent
