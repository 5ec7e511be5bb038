#include "classify/site/site_rules.h"

#include <random>

#include "classify/site/lint.h"
#include "classify/site/rule_pattern.h"
#include "classify/site_kit.h"
#include "classify/text.h"
#include "classify/words.h"

using namespace fengsui;
using namespace fengsui::classify;
using namespace fengsui::classify::test;

namespace {

std::string rule_text(const std::string& id, const std::string& pattern, const std::string& more = "") {
  return "id = \"" + id + "\"\nname = {zh = \"编号\", en = \"Number\"}\npattern = '" + pattern + "'\nclass = \"business\"\ngrade = \"g3\"\n" + more +
         "[[tests]]\ntext = \"x\"\nexpect = \"clear\"\n[[tests]]\ntext = \"y\"\nexpect = \"none\"\n";
}

// The repository's rules with some of a site beside them.
class Rules {
 public:
  Rules() {
    for (const char* name : {"addresses", "areas", "bins", "detectors", "health", "names"}) std::filesystem::create_symlink(std::string(FENGSUI_SOURCE_DIR "/rules/") + name, folder / name);
  }
  Rules& add(const std::string& id, const std::string& pattern, const std::string& more = "") {
    folder.write("site/" + id + ".toml", rule_text(id, pattern, more));
    return *this;
  }
  std::shared_ptr<const Engine> engine(const SiteFiles& site = {}) const { return engine_with(site, folder.path()); }
  base::Error error() const {
    auto loaded = Engine::load(folder.path());
    return loaded ? base::Error{base::Errc::io, "it loads"} : loaded.error();
  }
  Folder folder;
};

// "start-end state confidence" of each hit of site rules.
std::string hits(const Engine& engine, std::string_view text) {
  std::string out;
  for (const auto& d : engine.detect(base::view(text)))
    if (d.type.starts_with("site:"))
      out += std::string(d.type) + " " + std::string(text.substr(d.offset, d.length)) + " " + std::string(model::id(d.state)) + " " + std::to_string(d.confidence) + "\n";
  return out;
}

std::string literals(const std::string& pattern, Charset charset = Charset::utf8) {
  const auto parsed = RulePattern::parse(pattern);
  if (!parsed) return "refused: " + parsed.error().what;
  const auto found = parsed->literals(charset, GbTable());
  if (!found) return "refused: " + found.error().what;
  std::string out;
  for (const auto& one : *found) out += (out.empty() ? "" : " ") + one;
  return out;
}

}  // namespace

TEST(RulePattern, TheLongestFixedBytesOfEveryMatchAreFound) {
  EXPECT_EQ(literals(R"(SNHT-\d{4}-\d{6})"), "SNHT-");
  EXPECT_EQ(literals(R"(\d+合同编号[:：]?\w{4,})"), "合同编号");
  EXPECT_EQ(literals(R"((?:川财|川教|川卫)\d{4}号)"), "川卫 川教 川财");
  EXPECT_EQ(literals(R"(a(?:bcd)efg?h)"), "bcd");
  EXPECT_EQ(literals(R"(x{5}\d)"), "xxxxx");
  EXPECT_EQ(literals(R"(ab+cd\d)"), "bcd");
  EXPECT_EQ(literals(R"(abcd|ab\d)").substr(0, 8), "refused:");
  EXPECT_EQ(literals(R"((?:abc)?\d+)").substr(0, 8), "refused:");
  EXPECT_EQ(literals(R"(ab\d+)").substr(0, 8), "refused:");
  EXPECT_EQ(literals(R"(abc\d+)"), "abc");
  EXPECT_EQ(literals(R"([\d])").substr(0, 8), "refused:");
  EXPECT_NE(literals("号[0-9]{4}", Charset::gb18030).find("has 2 bytes in GB 18030"), std::string::npos);
}

// GB 18030-2022: 合 BACF, 同 CDAC.
TEST(RulePattern, LiteralsOfBothEncodingsAreThoseOfTheStandards) {
  EXPECT_EQ(literals("合同", Charset::utf8), "\xE5\x90\x88\xE5\x90\x8C");
  EXPECT_EQ(literals("合同", Charset::gb18030), "\xBA\xCF\xCD\xAC");
}

TEST(RulePattern, WhatItDoesNotAllowIsSaidWithItsPlace) {
  for (const auto& [pattern, word] : std::vector<std::pair<std::string, std::string>>{
           {"^abc", "^ and $"}, {"abc$", "^ and $"}, {"abc(?=d)", "(?"}, {"(abc)\\1", "\\1"}, {"abc+?", "repetition of a repetition"},
           {"abc{300}", "more than 256"}, {"abc{3,2}", "ends before"}, {"abc{0}", "ends before"}, {"abc(", "without its )"}, {"abc)", "without its ("},
           {"abc[", "without its ]"}, {"abc[z-a]", "ends before"}, {"*abc", "repetition of nothing"}, {"abc\\", "at the end"}, {"abc\\xff", "below 80"},
           {"((((((((((abc))))))))))", "deeper than 8"}, {"abc{,3}", "takes numbers"}, {"\\b{2}abc", "repetition of \\b"}, {"abc😀", "Basic Multilingual"},
           {std::string(513, 'a'), "at most 512"}}) {
    const auto parsed = RulePattern::parse(pattern);
    ASSERT_FALSE(parsed.has_value()) << pattern;
    EXPECT_NE(parsed.error().what.find(word), std::string::npos) << pattern << ": " << parsed.error().what;
  }
}

TEST(SiteRules, ARuleWithoutALiteralIsRefusedWithFileAndLine) {
  Rules rules;
  rules.add("bad", R"(\d{6}[A-Z]{2})");
  const auto error = rules.error();
  EXPECT_EQ(error.code, base::Errc::usage);
  EXPECT_NE(error.what.find("site/bad.toml:3: pattern: no match needs a literal"), std::string::npos) << error.what;
}

TEST(SiteRules, AnUnknownKeyNamesTheNearest) {
  Rules rules;
  rules.add("bad", "abcd", "contxt = [\"合同\"]\n");
  EXPECT_NE(rules.error().what.find("site/bad.toml:6: unknown key \"contxt\"; the nearest is \"context\""), std::string::npos) << rules.error().what;
}

// Found by fuzzing: toml++ asserts that a key begins like one.
TEST(SiteRules, ATableHeaderThatIsNoKeyIsAnErrorAndNoAssertion) {
  for (const char* text : {"[&x]\n", "[&[x]]\n", "a.&b = 1\n", "[[\x13]]\n"}) {
    const auto read = read_site_rule(text, "f.toml");
    ASSERT_FALSE(read.has_value()) << text;
    EXPECT_EQ(read.error().code, base::Errc::malformed) << text;
  }
}

TEST(SiteRules, TheSameIdTwiceIsRefused) {
  Rules rules;
  rules.add("one", "abcd");
  rules.folder.write("site/two.toml", rule_text("one", "bcde"));
  EXPECT_NE(rules.error().what.find("id \"one\" is already in"), std::string::npos);
}

TEST(SiteRules, MatchesInUtf8AndGb18030AreTheLongestAndDoNotOverlap) {
  Rules rules;
  rules.add("contract", R"(合同编号[:：]\s?[A-Z]{2}\d{4,8})", "context = [\"采购\"]\n").add("code", R"(SNHT-\d{4}-\d{2,6})");
  const auto with = rules.engine();
  const std::string text = "采购项目，合同编号：SN20260017；与前一项没有任何关系的另外一个单位也签过合同编号:CD1234，SNHT-2026-001234567 合同编号：无";
  const std::string want = "site:contract 合同编号：SN20260017 clear 75\nsite:contract 合同编号:CD1234 clear 55\nsite:code SNHT-2026-001234 clear 55\n";
  EXPECT_EQ(hits(*with, text), want);
  std::string gb;
  const std::string coded = to_gb18030(text);
  for (const auto& d : with->detect(base::view(coded)))
    if (d.type.starts_with("site:")) gb += std::string(d.type) + " " + to_utf8(coded.substr(d.offset, d.length)) + " " + std::string(model::id(d.state)) + " " + std::to_string(d.confidence) + "\n";
  EXPECT_EQ(gb, want);
}

TEST(SiteRules, ADotAndAClassAreCharactersInBothEncodings) {
  Rules rules;
  rules.add("doc", R"(川财.{2}〔\d{4}〕\d+号)").add("who", R"(经办人[^，。\n]{2,3}，)").add("range", R"(编号[一-龥]{3}X)");
  const auto with = rules.engine();
  const std::string text = "川财综合〔2026〕17号 川财一〔2026〕3号 经办人张小明， 经办人王一二三四， 编号甲乙丙X 编号甲乙X";
  const std::string want = "川财综合〔2026〕17号|经办人张小明，|编号甲乙丙X|";
  for (const bool gb : {false, true}) {
    const std::string bytes = gb ? to_gb18030(text) : text;
    std::string out;
    for (const auto& d : with->detect(base::view(bytes)))
      if (d.type.starts_with("site:")) out += to_utf8(bytes.substr(d.offset, d.length)) + "|";
    EXPECT_EQ(out, want);
  }
}

TEST(SiteRules, CaseIsIgnoredOnlyWhereAsked) {
  Rules rules;
  rules.add("any", R"((?i)projno-[a-f]{3})").add("exact", R"(TASK-[A-F]{3})");
  EXPECT_EQ(hits(*rules.engine(), "ProjNo-aBc task-ABC TASK-ABC"), "site:any ProjNo-aBc clear 55\nsite:exact TASK-ABC clear 55\n");
}

TEST(SiteRules, AMaskedValueIsMasked) {
  Rules rules;
  rules.add("code", R"(SNHT-[\d*]{4}-[\d*]{6})");
  EXPECT_EQ(hits(*rules.engine(), "SNHT-2026-0***** SNHT-2026-001234"), "site:code SNHT-2026-0***** masked 55\nsite:code SNHT-2026-001234 clear 55\n");
}

TEST(SiteRules, NoMatchReachesOutOfTheWindow) {
  Rules rules;
  rules.add("long", R"(BEGIN[a-z]+END)");
  const std::string fits = "BEGIN" + std::string(250, 'a') + "END", out = "BEGIN" + std::string(260, 'a') + "END";
  EXPECT_EQ(hits(*rules.engine(), out), "");
  EXPECT_NE(hits(*rules.engine(), fits), "");
}

TEST(SiteRules, AnySplitGivesTheSame) {
  Rules rules;
  rules.add("contract", R"(合同编号[:：]\s?[A-Z]{2}\d{4,8})").add("code", R"(SNHT-\d{4}-\d{2,6})").add("nested", R"(aba[ab]*c)");
  const auto with = rules.engine();
  std::mt19937 random(11);
  std::string text;
  static const char* const kParts[] = {"合同编号：SN20260017", "合同编号", "SNHT-2026-00", "SNHT-", "ababac", "aba", "c", "，", "x", "说明文字", "2026"};
  while (text.size() < 6000) text += kParts[random() % std::size(kParts)];
  for (const std::string& bytes : {text, to_gb18030(text)}) {
    const std::string whole = print(examine(with, bytes)[0]);
    ASSERT_NE(whole.find("site:contract"), std::string::npos);
    for (const std::size_t piece : {1u, 2u, 3u, 5u, 64u, 255u, 256u, 257u, 287u, 288u, 511u, 1153u, 4096u})
      EXPECT_EQ(print(examine(with, bytes, piece)[0]), whole) << piece;
  }
}

TEST(SiteRules, AFloodOfTheLiteralIsBoundedNamedAndTheSameInAnyPieces) {
  Rules rules;
  rules.add("flood", R"(abc\d{3})");
  const auto with = rules.engine();
  std::string text;
  while (text.size() < 200'000) text += "abcx";
  text += "abc123";
  const auto c = examine(with, text);
  ASSERT_EQ(c[0].unread.size(), 1u);
  EXPECT_NE(c[0].unread[0].find("rule site:flood"), std::string::npos) << c[0].unread[0];
  for (const std::size_t piece : {997u, 65536u, 65537u}) EXPECT_EQ(print(examine(with, text, piece)[0]), print(c[0])) << piece;
}

TEST(SiteRules, AHoleIsNotReadAcross) {
  Rules rules;
  rules.add("code", R"(SNHT-\d{4})");
  const auto key = crypto::Secret::copy_of(base::view("k"));
  const auto from = std::make_shared<model::Provenance>();
  const std::string before = "first SNHT-1111 then SNHT-2", after = "222 and SNHT-3333";
  Examination e(rules.engine(), key, from);
  e.feed(model::Content(1, from, 0, base::view(before), false));
  e.feed(model::Content(1, from, 100, base::view(after), true));
  EXPECT_EQ(print(e.finish()[0]), "site:code 2/0/0/0\nunread bytes 27 to 100 were not seen\n");
}

TEST(SiteRules, SamplesAreMaskedAsTheRuleSays) {
  Rules rules;
  rules.add("code", R"(SNHT-\d{4}-\d{6})", "mask = {head = 2, tail = 0}\n");
  const auto c = examine(rules.engine(), "SNHT-2026-001234");
  ASSERT_EQ(c[0].types.size(), 1u);
  EXPECT_EQ(c[0].types[0].samples.at(0).substr(0, 3), "SN*");
  EXPECT_EQ(c[0].types[0].samples.at(0).find('4'), std::string::npos);
  EXPECT_EQ(c[0].types[0].digests.size(), 1u);
}

TEST(SiteRules, AHitMayBeInASetOfExactValues) {
  Rules rules;
  rules.add("code", R"(SNHT-\d{4}-\d{6})");
  build(rules.folder / "set", {"old-contracts", "site:code", {}, false}, {"snht-2026-001234"});
  SiteFiles site;
  site.key = rules.folder.write("key", kKeyText, 0600);
  site.exact = {rules.folder / "set"};
  EXPECT_EQ(print(examine(rules.engine(site), "SNHT-2026-001234 SNHT-2026-009999")[0]), "site:code 2/0/0/0 exact=old-contracts:1\n");
}

TEST(SiteRules, TheCostIsSaidAtLoad) {
  Folder folder;
  folder.write("a.toml", rule_text("a", R"(201\d+)"));
  folder.write("b.toml", rule_text("b", R"(SNHT-2026-\d{4})"));
  std::string digested;
  const auto rules = SiteRules::load(folder.path(), digested);
  ASSERT_TRUE(rules.has_value()) << rules.error().what;
  EXPECT_TRUE(rules->rules()[0].cost.starts_with("high cost: 1 literal, the shortest of 3 bytes; a match has 4 bytes or more")) << rules->rules()[0].cost;
  EXPECT_NE(rules->rules()[0].cost.find("cut at the window"), std::string::npos);
  EXPECT_TRUE(rules->rules()[1].cost.starts_with("low cost: 1 literal, the shortest of 10 bytes; a match has 14 to 14 bytes")) << rules->rules()[1].cost;
}

TEST(RuleLint, EveryExampleIsTriedAndEveryCostIsSaid) {
  Rules rules;
  rules.folder.write("site/good.toml", "id = \"good\"\nname = {zh = \"编号\", en = \"Number\"}\npattern = 'SNHT-\\d{4}'\nclass = \"business\"\ngrade = \"g3\"\n"
                                       "[[tests]]\ntext = \"SNHT-2026\"\nexpect = \"clear\"\n[[tests]]\ntext = \"SNHT-26\"\nexpect = \"none\"\n");
  auto done = lint(rules.folder.path());
  ASSERT_TRUE(done.has_value());
  for (const auto& problem : done->problems) ADD_FAILURE() << problem.file << ":" << problem.line << ": " << problem.what;
  EXPECT_EQ(done->site_rules, 1u);
  EXPECT_GE(done->detectors, 25u);
  ASSERT_EQ(done->notes.size(), 1u);
  EXPECT_EQ(done->notes[0].id, "site:good");
  rules.add("bad", "abcd");  // its example "x" is no abcd
  done = lint(rules.folder.path());
  ASSERT_EQ(done->problems.size(), 1u);
  EXPECT_EQ(done->problems[0].file, (rules.folder / "site/bad.toml").string());
  EXPECT_EQ(done->problems[0].line, 6);
  rules.add("worse", "ab");
  done = lint(rules.folder.path());
  ASSERT_EQ(done->problems.size(), 1u);
  EXPECT_EQ(done->problems[0].file, (rules.folder / "site/worse.toml").string());
  EXPECT_EQ(done->problems[0].line, 3);
  EXPECT_FALSE(lint(rules.folder / "missing").has_value());
}

TEST(SiteRules, TheRulesOfAFolderDoNotDisturbEachOtherOrTheDetectors) {
  Rules rules;
  for (int i = 0; i < 40; ++i) rules.add("r" + std::to_string(i), "KEY" + std::to_string(100 + i) + R"(-\d{2})");
  const auto with = rules.engine();
  std::string text, want;
  for (int i = 0; i < 40; i += 3) {
    text += "KEY" + std::to_string(100 + i) + "-42 510107199003071236\n";
    want += "site:r" + std::to_string(i) + " KEY" + std::to_string(100 + i) + "-42 clear 55\n";
  }
  EXPECT_EQ(hits(*with, text), want);
  std::size_t ids = 0;
  for (const auto& d : with->detect(base::view(text))) ids += d.type == "citizen_id" && d.state == model::ValueState::clear;
  EXPECT_EQ(ids, 14u);
}
