// The policies of this repository against their own examples, and against the shape of the rules.
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "policy/commands.h"
#include "policy/rule.h"

namespace fengsui::policy {
namespace {

const std::filesystem::path kRules = std::filesystem::path(FENGSUI_SOURCE_DIR) / "rules";

TEST(OwnRules, AllLoadAndEachAnswersItsExamples) {
  auto report = test({kRules / "policies", kRules / "correlations"}, kRules / "tests");
  ASSERT_TRUE(report.has_value()) << report.error().what;
  for (const auto& failure : report->failures) ADD_FAILURE() << failure;
  for (const auto& rule : report->untested) ADD_FAILURE() << rule << " needs a positive and a negative example";
  EXPECT_GE(report->files, 24u);
}

TEST(OwnRules, CoverAllSixStagesWithTextsInBothLanguages) {
  auto rules = RuleSet::load({kRules / "policies", kRules / "correlations"});
  ASSERT_TRUE(rules.has_value());
  std::set<model::Stage> stages;
  for (const auto& rule : (*rules)->rules()) {
    EXPECT_TRUE(rule.ours) << rule.file;
    EXPECT_TRUE(rule.clause == "16a" || rule.clause == "16b") << rule.file;
    EXPECT_FALSE(rule.needs.empty()) << rule.file << " must name the sensors it rests on";
    EXPECT_FALSE(rule.title.zh.empty());
    EXPECT_NE(rule.title.zh, rule.title.en);
    stages.insert(rule.stage);
  }
  EXPECT_EQ(stages.size(), 6u);
  for (const auto& rule : (*rules)->state().rules) {
    if (rule.silent) continue;
    EXPECT_FALSE(rule.info.blind_spot.zh.empty()) << rule.info.id;
    EXPECT_FALSE(rule.remediation.en.empty()) << rule.info.id;
  }
}

}  // namespace
}  // namespace fengsui::policy
