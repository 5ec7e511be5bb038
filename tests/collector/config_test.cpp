#include "collector/config.h"

#include <gtest/gtest.h>

namespace fengsui::collector {
namespace {

TEST(CollectorConfig, AnEmptyFileGivesTheDefaults) {
  auto config = parse_config("", "c.toml");
  ASSERT_TRUE(config) << config.error().what;
  EXPECT_EQ(config->evidence.heartbeat_seconds, 60);
  EXPECT_EQ(config->http.address, "127.0.0.1");
}

TEST(CollectorConfig, TheExampleHoldsEveryKeyAndReadsBackTheSame) {
  Config other;
  other.evidence.heartbeat_seconds = 5;
  other.link.endpoint = "tcp://127.0.0.1:9";
  auto config = parse_config(example_config(other), "c.toml");
  ASSERT_TRUE(config) << config.error().what;
  EXPECT_EQ(config->evidence.heartbeat_seconds, 5);
  EXPECT_EQ(config->link.endpoint, "tcp://127.0.0.1:9");
}

TEST(CollectorConfig, AnUnknownKeyNamesFileLineAndTheNearestKey) {
  auto config = parse_config("[link]\nhigh_watr = 5\n", "c.toml");
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().code, base::Errc::usage);
  EXPECT_EQ(config.error().what, "c.toml:2: unknown key 'link.high_watr'; the nearest is 'link.high_water'");
}

TEST(CollectorConfig, AnUnknownSectionIsAnError) {
  EXPECT_EQ(parse_config("\n[linc]\n", "c.toml").error().what,
            "c.toml:2: unknown section 'linc'; the nearest is 'link'");
}

TEST(CollectorConfig, ValuesOutsideTheirRangeOrOfAnotherTypeAreErrorsWithTheirLine) {
  EXPECT_EQ(parse_config("[http]\nport = 65536\n", "c.toml").error().what,
            "c.toml:2: http.port is 65536; 0 to 65535 are allowed");
  EXPECT_EQ(parse_config("[http]\nport = \"x\"\n", "c.toml").error().what,
            "c.toml:2: http.port must be a whole number");
  EXPECT_EQ(parse_config("[link]\nendpoint = 1\n", "c.toml").error().what, "c.toml:2: link.endpoint must be a string");
  EXPECT_FALSE(parse_config("[collector]\ndomain = 'a b'\n", "c.toml"));
  EXPECT_FALSE(parse_config("[collector]\ndivision = '51090x'\n", "c.toml"));
}

TEST(CollectorConfig, BrokenTomlNamesItsLine) {
  auto config = parse_config("[link]\n= 5\n", "c.toml");
  ASSERT_FALSE(config);
  EXPECT_TRUE(config.error().what.starts_with("c.toml:2: ")) << config.error().what;
}

}  // namespace
}  // namespace fengsui::collector
