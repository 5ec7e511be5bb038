#include "classify/detectors.h"

#include "classify/scan.h"
#include "classify/site_kit.h"

using namespace fengsui;
using namespace fengsui::classify;
using fengsui::classify::test::engine;
using fengsui::classify::test::seen;

// Every [[tests]] entry of every detector file.
TEST(DetectorFiles, EachExampleGivesWhatItSays) {
  for (const Detector& d : engine()->state().detectors) {
    for (const DetectorTest& t : d.tests) {
      std::size_t clear = 0, masked = 0, unclear = 0;
      for (const auto& found : engine()->detect(base::view(t.text))) {
        if (found.type != id(d.type)) continue;
        clear += found.state == model::ValueState::clear;
        masked += found.state == model::ValueState::masked;
        unclear += found.state == model::ValueState::unclear;
      }
      const bool ok = t.expect == "clear" ? clear == 1 && masked + unclear == 0
                      : t.expect == "masked" ? masked == 1 && clear + unclear == 0
                      : t.expect == "unclear" ? unclear == 1 && clear + masked == 0
                      : t.expect == "none" ? clear + masked + unclear == 0 : clear == 0;
      EXPECT_TRUE(ok) << d.file << ":" << t.line << ": expected " << t.expect << " of " << t.text << ", got\n" << seen(t.text);
    }
  }
}

TEST(DetectorFiles, EachCarriesFiveExamplesOfEitherKind) {
  for (const Detector& d : engine()->state().detectors) {
    std::size_t positive = 0, negative = 0;
    for (const DetectorTest& t : d.tests) (t.expect == "none" || t.expect == "not_clear" ? negative : positive)++;
    EXPECT_GE(positive, 5u) << d.file;
    EXPECT_GE(negative, 5u) << d.file;
  }
}

namespace {

std::string complaint(std::string_view toml) {
  const test::Folder folder;
  folder.write("one.toml", toml);
  std::string digested;
  const auto loaded = load_detectors(folder.path(), digested);
  return loaded ? "" : loaded.error().what;
}

constexpr std::string_view kGood =
    "id = \"email\"\nname = {zh = \"a\", en = \"b\"}\nclass = \"personal\"\ngrade = \"g2\"\nsource = \"s\"\n"
    "[[tests]]\ntext = \"a@b.cn\"\nexpect = \"clear\"\n[[tests]]\ntext = \"a\"\nexpect = \"none\"\n";

}  // namespace

TEST(DetectorFiles, UnknownKeyIsRefusedWithFileLineAndNearestName) {
  EXPECT_EQ(complaint(kGood), "");
  const std::string what = complaint("contxt = [\"ab\"]\n" + std::string(kGood));
  EXPECT_THAT(what, testing::HasSubstr("one.toml:1"));
  EXPECT_THAT(what, testing::HasSubstr("\"context\""));
}

TEST(DetectorFiles, UnknownTypeIsRefusedWithTheNearestOne) {
  std::string toml(kGood);
  toml.replace(toml.find("email"), 5, "emial");
  EXPECT_THAT(complaint(toml), testing::HasSubstr("\"email\""));
}

TEST(DetectorFiles, BrokenTomlNamesTheLine) { EXPECT_THAT(complaint("id = \"email\"\nname = [\n"), testing::HasSubstr("one.toml:")); }

TEST(DetectorFiles, AMissingFolderIsNotFound) {
  std::string digested;
  const auto loaded = load_detectors("/nowhere/at/all", digested);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, base::Errc::not_found);
}
