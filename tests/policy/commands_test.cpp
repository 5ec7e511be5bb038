#include "policy/commands.h"

#include <gtest/gtest.h>

#include <sstream>

#include "policy/support/folder.h"

namespace fengsui::policy {
namespace {

const std::string kRule =
    "title: Shadow\nid: 11111111-2222-3333-4444-555555555555\nlogsource: {product: linux}\n"
    "detection:\n  selection: {CommandLine|contains: [shadow, passwd]}\n  filter: {User: root}\n  condition: selection "
    "and not filter\n";

TEST(Match, AnswersOneLinePerEventWithItsZeroBasedNumber) {
  support::Folder folder;
  folder.write("r.yml", kRule);
  std::istringstream in(R"({"event":{"CommandLine":"cat /etc/shadow"},"logsource":{"product":"linux"}}
{"event":{"CommandLine":"ls"},"logsource":{"product":"linux"}}

not json
{"event":{"CommandLine":"cat /etc/passwd","User":"root"},"logsource":{"product":"linux"}}
)");
  std::ostringstream out;
  auto report = match({folder.path()}, in, out);
  ASSERT_TRUE(report.has_value()) << report.error().what;
  std::vector<std::string> lines;
  std::istringstream answer(out.str());
  for (std::string line; std::getline(answer, line);) lines.push_back(line);
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[0], R"({"n":0,"hits":["11111111-2222-3333-4444-555555555555"]})");
  EXPECT_EQ(lines[1], R"({"n":1,"hits":[]})");
  EXPECT_TRUE(lines[2].starts_with(R"({"n":3,"hits":[],"error":)"));
  EXPECT_EQ(lines[3], R"({"n":4,"hits":[]})");
  EXPECT_EQ(report->malformed, 1u);
  EXPECT_EQ(report->hits, 1u);
  ASSERT_EQ(report->problems.size(), 1u);
  EXPECT_TRUE(report->problems[0].starts_with("line 4: "));
}

TEST(Match, AnEventAboveTheLimitIsMalformedNotFatal) {
  support::Folder folder;
  folder.write("r.yml", kRule);
  std::istringstream in("{\"event\":{\"a\":\"" + std::string(1u << 20, 'x') + "\"}}\n");
  std::ostringstream out;
  auto report = match({folder.path()}, in, out);
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->malformed, 1u);
}

TEST(Explain, SaysWhichPartsMatched) {
  support::Folder folder;
  folder.write("r.yml", kRule);
  auto rules = RuleSet::load({folder.path()});
  ASSERT_TRUE(rules.has_value());
  auto part = explain(**rules, "11111111-2222-3333-4444-555555555555",
                      R"({"event":{"CommandLine":"cat /etc/shadow","User":"root"},"logsource":{"product":"linux"}})");
  ASSERT_TRUE(part.has_value()) << part.error().what;
  EXPECT_EQ(to_text(*part),
            "- 11111111-2222-3333-4444-555555555555 Shadow\n"
            "  + logsource product=linux category= service=\n"
            "  - and\n"
            "    + selection\n"
            "      + CommandLine|contains\n"
            "        + value shadow\n"
            "        - value passwd\n"
            "    - not\n"
            "      + filter\n"
            "        + User\n"
            "          + value root\n");
  EXPECT_EQ(explain(**rules, "none", "{}").error().code, base::Errc::not_found);
  EXPECT_EQ(explain(**rules, "11111111-2222-3333-4444-555555555555", "{}").error().code, base::Errc::malformed);
}

TEST(Lint, CountsWhatLoadsAndNamesWhatDoesNot) {
  support::Folder folder;
  folder.write("good.yml", kRule);
  folder.write("sub/bad.yml", "title: x\nid: 2\n");
  folder.write("ignored.txt", "not a rule");
  auto report = lint({folder.path()});
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->rules, 1u);
  ASSERT_EQ(report->problems.size(), 1u);
  EXPECT_TRUE(report->problems[0].file.ends_with("sub/bad.yml"));
  EXPECT_EQ(report->problems[0].line, 1);
  EXPECT_EQ(report->problems[0].what, "logsource is missing");
}

TEST(RuleTests, AWrongExpectationAMissingRuleAndAMissingExampleAreAllSaid) {
  support::Folder rules, tests;
  rules.write("own.yml", kRule +
                             "x-fengsui:\n  id: T-1\n  version: '1'\n  stage: operation\n  clause: 16b\n  title: {zh: "
                             "甲, en: A}\n  message: {zh: 甲, en: A}\n"
                             "  remediation: {zh: 甲, en: A}\n  blind_spot: {zh: 甲, en: A}\n");
  tests.write("T-1/positive.ndjson",
              "{\"event\":{\"CommandLine\":\"ls\"},\"logsource\":{\"product\":\"linux\"},\"expect\":true}\n");
  tests.write("T-9/positive.ndjson", "");
  auto report = test({rules.path()}, tests.path());
  ASSERT_TRUE(report.has_value()) << report.error().what;
  EXPECT_EQ(report->failures, (std::vector<std::string>{"T-1/positive.ndjson:1: expected a hit",
                                                        "T-9: tests of a rule that is not loaded"}));
  EXPECT_EQ(report->untested, std::vector<std::string>{"T-1"});
}

}  // namespace
}  // namespace fengsui::policy
