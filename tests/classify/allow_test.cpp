#include "classify/site/allow_list.h"

#include "classify/site/baseline.h"
#include "classify/site/documents.h"
#include "classify/site/gathered.h"
#include "classify/site_kit.h"
#include "classify/text.h"

using namespace fengsui;
using namespace fengsui::classify;
using namespace fengsui::classify::test;

namespace {

constexpr base::UnixMs kNow = 1795500000000;  // 2026-11-24 in China

std::string entry(const std::string& id, const std::string& what, const std::string& expires = "2027-06-30") {
  return "[[allow]]\nid = \"" + id + "\"\n" + what + "\nreason = \"公开电话\"\napprover = \"数据办\"\nexpires = " + expires + "\n";
}

struct Case {
  Folder folder;
  SiteFiles site;
  Case() {
    site.key = folder.write("key", kKeyText, 0600);
    site.now = kNow;
  }
  std::shared_ptr<const Engine> with(const std::string& allow) {
    site.allow = {folder.write("allow.toml", allow)};
    auto out = engine_with(site);
    if (!out->site_problems().empty()) throw std::runtime_error(out->site_problems()[0]);
    return out;
  }
};

std::string first(const std::shared_ptr<const Engine>& engine, std::string_view text, const std::string& object = "/srv/a.txt", base::UnixMs time = 0) {
  auto from = std::make_shared<model::Provenance>();
  from->object = object;
  from->time = time;
  return print(examine(engine, text, 1u << 20, from)[0]);
}

std::string refusal(const std::string& text) {
  const auto read = read_allow_list(text, "f.toml");
  return read ? "" : read.error().what;
}

std::string number(std::size_t i) { return "手机 1380013" + std::to_string(1000 + i % 9000) + "\n"; }

}  // namespace

TEST(AllowList, AnEntryNeedsAReasonSomebodyADayAndAnObject) {
  EXPECT_EQ(refusal(entry("a", "path = \"/srv/**\"")), "");
  EXPECT_EQ(refusal("[[allow]]\nid = \"a\"\npath = \"/x\"\nreason = \"r\"\nexpires = 2027-01-01\n"), "f.toml:1: approver is missing");
  EXPECT_EQ(refusal("[[allow]]\nid = \"a\"\npath = \"/x\"\napprover = \"r\"\nexpires = 2027-01-01\n"), "f.toml:1: reason is missing");
  EXPECT_EQ(refusal("[[allow]]\nid = \"a\"\npath = \"/x\"\napprover = \"r\"\nreason = \"r\"\n"), "f.toml:1: expires is missing: nothing is allowed for ever");
  EXPECT_EQ(refusal(entry("a", "type = \"mobile\"")), "f.toml:1: an entry needs a value, a path or a rule");
  EXPECT_NE(refusal(entry("a", "type = \"mobil\"\npath = \"/x\"")).find("f.toml:3: \"mobil\" is not a type this engine knows; the nearest is \"mobile\""), std::string::npos);
  EXPECT_NE(refusal(entry("a", "type = \"mobile\"\nvalue = \"13800138000\"")).find("32 letters"), std::string::npos);
  EXPECT_NE(refusal(entry("a", "path = \"/x\"") + entry("a", "path = \"/y\"")).find("f.toml:7: id \"a\" is already in line 1"), std::string::npos);
  EXPECT_NE(refusal(entry("a", "pth = \"/x\"")).find("the nearest is \"path\""), std::string::npos);
  EXPECT_NE(refusal(entry("a", "path = \"/x\"", "2027-02-30")).size(), 0u);
}

TEST(AllowList, PathsMatchWithinAndAcrossFolders) {
  EXPECT_TRUE(path_matches("/srv/a.txt", "/srv/a.txt"));
  EXPECT_FALSE(path_matches("/srv/a.txt", "/srv/a.txt2"));
  EXPECT_TRUE(path_matches("/srv/*.txt", "/srv/a.txt"));
  EXPECT_FALSE(path_matches("/srv/*.txt", "/srv/b/a.txt"));
  EXPECT_TRUE(path_matches("/srv/**", "/srv/b/a.txt"));
  EXPECT_TRUE(path_matches("/srv/**/*.csv", "/srv/b/c/a.csv"));
  EXPECT_TRUE(path_matches("/srv/**.csv", "/srv/a.csv"));
  EXPECT_FALSE(path_matches("/srv/**/x/*.csv", "/srv/b/y/a.csv"));
  EXPECT_TRUE(path_matches("/a?c/*", "/abc/d"));
  EXPECT_FALSE(path_matches("/a?c", "/a/c"));
  EXPECT_TRUE(path_matches("*/b*/**/e", "a/bb/c/d/e"));
  EXPECT_FALSE(path_matches("", "a"));
  EXPECT_TRUE(path_matches("**", ""));
}

TEST(AllowList, AValueIsAllowedInEveryWritingAndCountedUnderItsEntry) {
  Case c;
  const auto with = c.with(entry("hotline", "type = \"mobile\"\nvalue = \"" + example_key().allowed("mobile", "13800138000") + "\""));
  EXPECT_EQ(first(with, "手机 138-0013-8000，手机 １３８００１３８０００，手机 13912345678"), "mobile 1/0/0/2 by=hotline:2\n");
  const auto plain = engine()->detect(base::view("手机 13800138000")), allowed = with->detect(base::view("手机 13800138000"));
  EXPECT_EQ(allowed.at(0).allowed, "hotline");
  EXPECT_EQ(allowed.at(0).confidence, plain.at(0).confidence - 50);
}

TEST(AllowList, APlaceAllowsATypeThereAndNowhereElse) {
  Case c;
  const auto with = c.with(entry("public-list", "type = \"mobile\"\npath = \"/srv/public/**\""));
  const std::string text = "手机 13912345678 身份证 510107199003071236";
  EXPECT_EQ(first(with, text, "/srv/public/x/a.txt"), "mobile 0/0/0/1 by=public-list:1\ncitizen_id 1/0/0/0\n");
  EXPECT_EQ(first(with, text, "/srv/private/a.txt"), "mobile 1/0/0/0\ncitizen_id 1/0/0/0\n");
}

TEST(AllowList, AnEntryEndsWithItsLastDayAndIsListedThen) {
  Case c;
  const auto with = c.with(entry("old", "path = \"/srv/**\"", "2026-11-24"));
  const std::string text = "手机 13912345678";
  EXPECT_EQ(first(with, text, "/srv/a", kNow), "mobile 0/0/0/1 by=old:1\n");
  EXPECT_EQ(first(with, text, "/srv/a", kNow + 86'400'000), "mobile 1/0/0/0\n");
  EXPECT_TRUE(with->expired_entries(kNow).empty());
  const auto expired = with->expired_entries(kNow + 86'400'000);
  ASSERT_EQ(expired.size(), 1u);
  EXPECT_EQ(expired[0], "old: expired 2026-11-24 (" + (c.folder / "allow.toml").string() + ":1)");
}

TEST(AllowList, AFindingOfARuleIsAllowedByItsPlace) {
  Case c;
  const auto with = c.with(entry("tmp-ok", "rule = \"STO-1\"\npath = \"/tmp/demo/**\""));
  EXPECT_EQ(with->allowed_finding("STO-1", "/tmp/demo/a.csv", kNow), "tmp-ok");
  EXPECT_EQ(with->allowed_finding("STO-2", "/tmp/demo/a.csv", kNow), "");
  EXPECT_EQ(with->allowed_finding("STO-1", "/tmp/a.csv", kNow), "");
  EXPECT_EQ(engine()->allowed_finding("STO-1", "/tmp/demo/a.csv", kNow), "");
}

TEST(Baseline, KnownValuesAreAllowedWhereTheyWereAndNewOnesAreNot) {
  Case c;
  Baseline known;
  known.scans = 1;
  known.values[example_key().known("mobile", "13912345678", "b/a.txt")] = {"mobile", "b/a.txt", 1};
  c.site.baseline = c.folder.write("known", known.write(example_key()));
  c.site.roots = {"/srv"};
  const auto with = engine_with(c.site);
  const std::string text = "手机 13912345678，手机 13800138000";
  EXPECT_EQ(first(with, text, "/srv/b/a.txt"), "mobile 1/0/0/1 by=baseline:1\n");
  EXPECT_EQ(first(with, "\n\n\n手机 139 1234 5678\n", "/srv/b/a.txt"), "mobile 0/0/0/1 by=baseline:1\n");  // other lines, other writing
  EXPECT_EQ(first(with, text, "/srv/c/a.txt"), "mobile 2/0/0/0\n");
}

TEST(Baseline, WhatAScanSawIsHandedOverOnceAValueAndPlace) {
  Case c;
  Gathered gathered;
  gathered.want_values = true;
  c.site.gather = &gathered;
  c.site.roots = {"/srv", "/srv/b/"};
  first(engine_with(c.site), "手机 13912345678，手机 13912345678，手机 13800138000，手机 139****5678", "/srv/b/a.txt");
  ASSERT_EQ(gathered.values.size(), 2u);
  const auto at = gathered.values.find(example_key().known("mobile", "13912345678", "a.txt"));
  ASSERT_NE(at, gathered.values.end());
  EXPECT_EQ(at->second.place, "a.txt");
  EXPECT_FALSE(at->second.known);
}

TEST(Baseline, TheFileGivesBackWhatWasWrittenAndBadLinesAreNamed) {
  Baseline b;
  b.scans = 7;
  b.values[std::string(32, 'a')] = {"mobile", "x y/文件.csv!成员", 7};
  b.values[std::string(32, 'b')] = {"site:code", "", 3};
  const std::string text = b.write(example_key());
  const auto read = Baseline::read(base::view(text), example_key());
  ASSERT_TRUE(read.has_value()) << read.error().what;
  EXPECT_EQ(read->write(example_key()), text);
  EXPECT_TRUE(read->stale(read->values.at(std::string(32, 'b'))));
  EXPECT_FALSE(read->stale(read->values.at(std::string(32, 'a'))));
  for (std::size_t n = 0; n < text.size(); ++n)
    if (n == 0 || text[n - 1] != '\n') {
      EXPECT_FALSE(Baseline::read(base::view(std::string_view(text).substr(0, n)), example_key()).has_value()) << n;
    }
  EXPECT_EQ(Baseline::read(base::view(text), MatchKey(base::view("other"))).error().code, base::Errc::denied);
  EXPECT_EQ(Baseline::read(base::view(text + "abc mobile 1 x\n"), example_key()).error().what, "4: not: 32 letters, a type, a scan, a place");
  EXPECT_FALSE(Baseline::read(base::view(text + std::string(32, 'c') + " mobile 8 x\n"), example_key()).has_value());  // a scan to come
}

// Thousands of names under several keys: a file that tripped the scanner would grow with every scan.
TEST(Baseline, TheFileNeverTripsTheScanner) {
  Baseline b;
  b.scans = kMaxScans;
  for (std::size_t i = 0; i < 20'000; ++i)
    b.values[example_key().known("mobile", std::to_string(13800000000 + i), "x")] = {"citizen_id", "部门/名单" + std::to_string(i) + ".csv", kMaxScans - i};
  const auto found = engine()->detect(base::view(b.write(example_key())));
  EXPECT_TRUE(found.empty()) << found.size() << " of " << found.at(0).type;
}

TEST(Baseline, TheAllowListAndTheBaselineThemselvesAreNoFindingUnlessChanged) {
  Case c;
  const std::string allow = "# 联系 13912345678\n" + entry("a", "path = \"/x\"");
  const auto with = c.with(allow);
  const std::string path = (c.folder / "allow.toml").string();
  EXPECT_EQ(first(with, allow, path), "");
  EXPECT_NE(first(with, allow, "/srv/copy.toml"), "");
  EXPECT_NE(first(with, allow + "手机 13800138000\n", path), "");
}

TEST(AllowList, ARegisteredDocumentMayBeAllowedInItsOwnPlace) {
  Case c;
  std::string text;
  for (std::size_t i = 0; i < 60; ++i) text += "第" + std::to_string(i * 7919) + "条 各单位应当于每季度末日前报送" + std::to_string(i * 104729) + "号材料。";
  Printer printer;
  printer.bytes(base::view(text));
  printer.text(base::view(text));
  c.site.documents = {c.folder.write("prints", base::text(write_documents({{"草案", printer.finish()}})))};
  const auto with = c.with(entry("home", "type = \"document\"\npath = \"/srv/drafts/**\""));
  EXPECT_NE(first(with, text, "/srv/drafts/a.txt").find("document 0/0/0/1 exact=草案:1 by=home:1"), std::string::npos) << first(with, text, "/srv/drafts/a.txt");
  EXPECT_NE(first(with, text, "/srv/other/a.txt").find("document 1/0/0/0 exact=草案:1"), std::string::npos);
}

TEST(AllowList, WithoutAKeyNothingIsAllowedAndItIsSaid) {
  Case c;
  c.site.key.clear();
  c.site.allow = {c.folder.write("allow.toml", entry("a", "path = \"/**\""))};
  const auto with = engine_with(c.site);
  ASSERT_EQ(with->site_problems().size(), 1u);
  EXPECT_EQ(first(with, number(1)), "mobile 1/0/0/0\n");
}
