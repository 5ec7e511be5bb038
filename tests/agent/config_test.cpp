#include "agent/config.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <map>

namespace fengsui::agent {
namespace {

class ConfigFile : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "fengsui-config-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string write(const std::string& name, const std::string& text) {
    auto path = folder_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
    return path.string();
  }
  base::Result<Config> load(const std::string& text) { return load_config(write("agent.toml", text), none_); }

  std::filesystem::path folder_;
  Environment none_ = [](const char*) -> const char* { return nullptr; };
};

TEST_F(ConfigFile, EmptyFileGivesTheDefaults) {
  auto config = load("");
  ASSERT_TRUE(config) << config.error().what;
  EXPECT_EQ(config->spool.max_mib, 512);
  EXPECT_EQ(config->agent.language, "zh");
}

TEST_F(ConfigFile, ReadsEveryKindOfValue) {
  auto config = load(
      "[agent]\nstate_dir = \"/s\"\n[capture]\ninterfaces = [\"lo\", \"eth0\"]\npromiscuous = true\nbuffer_mib = 16\n");
  ASSERT_TRUE(config) << config.error().what;
  EXPECT_EQ(config->agent.state_dir, "/s");
  EXPECT_EQ(config->capture.interfaces, (std::vector<std::string>{"lo", "eth0"}));
  EXPECT_TRUE(config->capture.promiscuous);
  EXPECT_EQ(config->capture.buffer_mib, 16);
}

TEST_F(ConfigFile, UnknownKeyNamesFileLineAndNearestKey) {
  auto config = load("[capture]\n\ninterfacs = [\"lo\"]\n");
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().code, base::Errc::usage);
  EXPECT_NE(config.error().what.find("agent.toml:3: unknown key capture.interfacs; did you mean capture.interfaces?"),
            std::string::npos)
      << config.error().what;
}

TEST_F(ConfigFile, UnknownSectionNamesTheNearest) {
  auto config = load("[spol]\nmax_mib = 1\n");
  ASSERT_FALSE(config);
  EXPECT_NE(config.error().what.find("agent.toml:1: unknown section [spol]; did you mean [spool]?"), std::string::npos)
      << config.error().what;
}

TEST_F(ConfigFile, NumberOutsideItsRangeNamesTheLimits) {
  auto config = load("[budget]\ncpu_percent = 400\n");
  ASSERT_FALSE(config);
  EXPECT_NE(config.error().what.find("agent.toml:2: budget.cpu_percent is 400; allowed 1 to 100"), std::string::npos)
      << config.error().what;
}

TEST_F(ConfigFile, WrongTypeAndBrokenSyntaxNameTheLine) {
  auto type = load("[scan]\npaths = \"/srv\"\n");
  ASSERT_FALSE(type);
  EXPECT_NE(type.error().what.find("agent.toml:2: scan.paths must be an array of strings"), std::string::npos)
      << type.error().what;
  auto syntax = load("[scan]\npaths = [\n");
  ASSERT_FALSE(syntax);
  EXPECT_NE(syntax.error().what.find("agent.toml:"), std::string::npos) << syntax.error().what;
}

TEST_F(ConfigFile, AHeaderThatIsNoKeyIsAnErrorAndNoAssertion) {
  auto config = load("[&x]\n");
  ASSERT_FALSE(config);
  EXPECT_NE(config.error().what.find("agent.toml:1: "), std::string::npos) << config.error().what;
}

TEST_F(ConfigFile, LaterFilesOfConfDAndTheEnvironmentWin) {
  write("conf.d/20-b.toml", "[spool]\nmax_mib = 20\n");
  write("conf.d/10-a.toml", "[spool]\nmax_mib = 10\n[login]\nperiod_seconds = 9\n");
  write("conf.d/ignored.txt", "no toml");
  std::map<std::string, const char*> variables = {{"FENGSUI_LOGIN_PERIOD_SECONDS", "30"},
                                                  {"FENGSUI_SCAN_PATHS", "/a,/b"}};
  auto environment = [&](const char* name) -> const char* {
    return variables.contains(name) ? variables[name] : nullptr;
  };
  auto config = load_config(write("agent.toml", "[spool]\nmax_mib = 5\n"), environment);
  ASSERT_TRUE(config) << config.error().what;
  EXPECT_EQ(config->spool.max_mib, 20);
  EXPECT_EQ(config->login.period_seconds, 30);
  EXPECT_EQ(config->scan.paths, (std::vector<std::string>{"/a", "/b"}));
  variables = {{"FENGSUI_SPOOL_MAX_MIB", "many"}};
  EXPECT_FALSE(load_config((folder_ / "agent.toml").string(), environment));
}

TEST_F(ConfigFile, MissingFileIsNotFound) {
  auto config = load_config(folder_ / "none.toml", none_);
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().code, base::Errc::not_found);
}

TEST_F(ConfigFile, CollectorKeyOfTheWrongLengthIsRefused) {
  auto config = load("[collector]\nkey = \"short\"\n");
  ASSERT_FALSE(config);
  EXPECT_NE(config.error().what.find("collector.key has 5 characters; a key has 40"), std::string::npos);
}

}  // namespace
}  // namespace fengsui::agent
