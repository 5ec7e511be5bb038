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
  for (const auto& entry : std::filesystem::recursive_directory_iterator(kRules))
    files += entry.path().extension() == ".yml";
  auto rules = RuleSet::load({kRules});
  ASSERT_TRUE(rules.has_value()) << rules.error().what;
  for (const auto& problem : (*rules)->problems())
    ADD_FAILURE() << problem.file << ":" << problem.line << ": " << problem.what;
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
  const auto hits = [&](std::string_view line) {
    auto out = engine.match_json(line);
    return out ? out->ids : std::vector<std::string>{out.error().what};
  };
  // "Local System Accounts Discovery - Linux": cat with /etc/shadow in its command line.
  EXPECT_EQ(
      hits(
          R"({"event":{"Image":"/usr/bin/cat","CommandLine":"cat /etc/shadow"},"logsource":{"product":"linux","category":"process_creation"}})"),
      std::vector<std::string>{"b45e3d6f-42c6-47d8-a478-df6bd6cf534c"});
  // The same event in OCSF's words.
  EXPECT_EQ(
      hits(
          R"({"event":{"process":{"file":{"path":"/usr/bin/cat"},"cmd_line":"cat /etc/shadow"}},"logsource":{"product":"linux","category":"process_creation"}})"),
      std::vector<std::string>{"b45e3d6f-42c6-47d8-a478-df6bd6cf534c"});
  EXPECT_TRUE(
      hits(
          R"({"event":{"Image":"/usr/bin/ls","CommandLine":"ls"},"logsource":{"product":"linux","category":"process_creation"}})")
          .empty());
}

}  // namespace
}  // namespace fengsui::policy
