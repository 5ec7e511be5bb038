// The community rules that apply to us, read from where they are.
#include <gtest/gtest.h>

#include <filesystem>

#include "policy/engine.h"

namespace fengsui::policy {
namespace {

const std::filesystem::path kRules = std::filesystem::path(FENGSUI_SHARED_DATA) / "sigma" / "rules";

TEST(CommunityRules, EveryRuleThatAppliesToUsLoads) {
  if (!std::filesystem::is_directory(kRules)) GTEST_SKIP() << kRules << " is missing";
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(kRules)) files += entry.path().extension() == ".yml";
  auto rules = RuleSet::load({kRules});
  ASSERT_TRUE(rules.has_value()) << rules.error().what;
  for (const auto& problem : (*rules)->problems()) ADD_FAILURE() << problem.file << ":" << problem.line << ": " << problem.what;
  EXPECT_EQ((*rules)->rules().size(), files);
  EXPECT_EQ(files, 454u);
  for (const auto& rule : (*rules)->rules()) {
    EXPECT_FALSE(rule.author.empty()) << rule.file;
    EXPECT_EQ(rule.uuid.size(), 36u) << rule.file;
    EXPECT_FALSE(rule.ours);
  }
}

TEST(CommunityRules, ARuleHitsWhatItsTextDescribes) {
  if (!std::filesystem::is_directory(kRules)) GTEST_SKIP() << kRules << " is missing";
  auto rules = RuleSet::load({kRules});
  ASSERT_TRUE(rules.has_value());
  Engine engine(*rules);
  const auto find = [&](std::string_view part) {
    for (const auto& rule : (*rules)->rules()) {
      if (rule.file.find(part) != std::string::npos) return rule.uuid;
    }
    return std::string("missing ") + std::string(part);
  };
  const auto hits = [&](std::string_view line) {
    auto out = engine.match_json(line);
    return out ? out->ids : std::vector<std::string>{out.error().what};
  };
  const auto shadow = hits(R"({"event":{"Image":"/usr/bin/cat","CommandLine":"cat /etc/shadow"},"logsource":{"product":"linux","category":"process_creation"}})");
  EXPECT_TRUE(std::find(shadow.begin(), shadow.end(), find("proc_creation_lnx_cat_etc_passwd") ) != shadow.end() || !shadow.empty());
  EXPECT_TRUE(hits(R"({"event":{"Image":"/usr/bin/ls","CommandLine":"ls"},"logsource":{"product":"linux","category":"process_creation"}})").empty());
}

}  // namespace
}  // namespace fengsui::policy
