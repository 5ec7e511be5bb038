#include <random>

#include "classify/commands.h"
#include "classify/site/cells.h"
#include "classify/site_kit.h"
#include "classify/words.h"
#include "base/encode.h"

using namespace fengsui;
using namespace fengsui::classify;
using namespace fengsui::classify::test;

namespace {

// Made by a program of its own (Python's hmac and hashlib) from the description in exact_set.h: two values under the key
// 00…1f, set "staff" of citizen_id.
constexpr const char* kWorked =
    "4653455841435431010000000000000002000000000000000100000000000000"
    "ec67daed35f868d41b000000000000007e5f2c70579a1e0c330630538217a405"
    "eaac993ef194b8ca1c4cf79ae244cd6b6e616d652073746166660a7479706520"
    "636974697a656e5f69640a000000000000000000000000000000000000000000"
    "6fd5aa940f090767db1bd461a6549d9900000000000000000000000000000000"
    "0000000000000000000000000000000000000000000000000000000000000000"
    "4000000000010100000000000000001020000000000000004000100000000000"
    "0000000060000020000000000000020010000000000000000000020000200000";

base::Bytes worked() { return *base::from_hex(kWorked); }

// The content changed, and the digest in the head made to agree: what is left are the checks of the shape.
base::Errc read_error(base::Bytes bytes) {
  auto view = ExactView::read(bytes, example_key());
  return view ? base::Errc::io : view.error().code;
}

std::string cells_of(std::string_view table, std::size_t piece) {
  std::string out;
  Cells cells;
  const auto on = [&](const Cell& c) {
    out += std::to_string(c.row) + "," + std::to_string(c.column) + "@" + std::to_string(c.offset) + "+" + std::to_string(c.length) + "=" + c.value + (c.cut ? "…" : "") + "\n";
  };
  for (std::size_t at = 0; at < table.size(); at += piece) cells.feed(base::view(table.substr(at, piece)), on);
  cells.finish(on);
  return out;
}

}  // namespace

TEST(ExactSet, ABuiltFileIsByteForByteTheWorkedExample) {
  Folder folder;
  const auto totals = build(folder / "staff.exact", {"staff", "citizen_id", {}, false},
                            {"510107199003071236", "1101 0519 4912 3100 2x", "５１０１０７１９９００３０７１２３６", "12"});
  EXPECT_EQ(base::hex(base::view(bytes_of(folder / "staff.exact"))), kWorked);
  EXPECT_EQ(totals.values, 4u);
  EXPECT_EQ(totals.duplicates, 1u);  // the same number in full width
  EXPECT_EQ(totals.skipped, 1u);     // "12"
  EXPECT_EQ(totals.kept, 2u);
  EXPECT_EQ(totals.bytes, 256u);
}

TEST(ExactSet, AFileIsReadableByItsOwnerOnly) {
  Folder folder;
  build(folder / "s", {"s", "mobile", {}, false}, {"13800138000"});
  EXPECT_EQ(std::filesystem::status(folder / "s").permissions(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST(ExactSet, NoValueStandsInTheFile) {
  Folder folder;
  build(folder / "s", {"s", "mobile", {}, false}, {"13800138000", "13912345678"});
  const std::string bytes = bytes_of(folder / "s");
  EXPECT_EQ(bytes.find("13800138000"), std::string::npos);
  EXPECT_EQ(bytes.find("13912345678"), std::string::npos);
}

TEST(ExactSet, TruncatedAtEveryByteIsRefused) {
  const base::Bytes whole = worked();
  ASSERT_TRUE(ExactView::read(whole, example_key()).has_value());
  for (std::size_t n = 0; n < whole.size(); ++n)
    EXPECT_FALSE(ExactView::read(base::View(whole).first(n), example_key()).has_value()) << n;
}

TEST(ExactSet, AnyChangedByteIsNoticed) {
  const base::Bytes whole = worked();
  for (std::size_t i = 0; i < whole.size(); ++i) {
    base::Bytes bent = whole;
    bent[i] ^= 1;
    auto view = ExactView::read(bent, example_key());
    EXPECT_TRUE(!view || !view->verify()) << i;
  }
}

TEST(ExactSet, AHeadThatPromisesTooMuchIsRefused) {
  base::Bytes many = worked();
  many[20] = 1;  // count + 2^32
  EXPECT_EQ(read_error(many), base::Errc::limit);
  base::Bytes blocks = worked();
  blocks[24] = 2;
  EXPECT_EQ(read_error(blocks), base::Errc::malformed);
  base::Bytes described = worked();
  described[41] = 0x11;
  EXPECT_EQ(read_error(described), base::Errc::limit);
  base::Bytes version = worked();
  version[8] = 2;
  EXPECT_EQ(read_error(version), base::Errc::unsupported);
  EXPECT_EQ(read_error(base::to_bytes(std::string(300, 'x'))), base::Errc::malformed);
}

TEST(ExactSet, AnotherKeyIsRefusedByName) {
  Folder folder;
  const auto file = folder.write("s", base::text(worked()));
  const auto set = ExactSet::open(file, MatchKey(base::view("another secret of 32 bytes is here")));
  ASSERT_FALSE(set.has_value());
  EXPECT_EQ(set.error().code, base::Errc::denied);
  EXPECT_NE(set.error().what.find("ec67daed35f868d4"), std::string::npos) << set.error().what;
  EXPECT_NE(set.error().what.find(file.string()), std::string::npos);
}

TEST(ExactSet, AMillionValuesSortedInAMebibyteAreAllFoundAndOthersAreNot) {
  Folder folder;
  const MatchKey key = example_key();
  constexpr std::uint64_t kValues = 1'000'000;
  auto making = ExactBuild::begin(key, {"many", "mobile", {}, false}, folder / "many", 1u << 20);
  ASSERT_TRUE(making.has_value());
  for (std::uint64_t i = 0; i < kValues; ++i) ASSERT_TRUE(making->add(base::view(std::to_string(13000000000 + i * 977))).has_value());
  const auto totals = making->finish();
  ASSERT_TRUE(totals.has_value());
  EXPECT_EQ(totals->kept, kValues);
  EXPECT_EQ(totals->bytes, 128u + kValues * 8 + (kValues * 12 + 511) / 512 * 64);
  const auto set = ExactSet::open(folder / "many", key);
  ASSERT_TRUE(set.has_value()) << set.error().what;
  std::uint64_t found = 0, false_alarms = 0, wrong = 0;
  for (std::uint64_t i = 0; i < kValues; i += 7) found += set->view().contains(key.exact(std::to_string(13000000000 + i * 977)));
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    const std::uint64_t digest = key.exact(std::to_string(13000000001 + i * 977));
    false_alarms += set->view().may_contain(digest);
    wrong += set->view().contains(digest);
  }
  EXPECT_EQ(found, (kValues + 6) / 7);
  EXPECT_EQ(wrong, 0u);
  EXPECT_LT(false_alarms, 1000u);  // 12 bits a value in blocks: about half of this
}

TEST(ExactSet, AnEmptySetHoldsNothing) {
  Folder folder;
  build(folder / "none", {"none", "mobile", {}, false}, {});
  const auto set = ExactSet::open(folder / "none", example_key());
  ASSERT_TRUE(set.has_value()) << set.error().what;
  EXPECT_FALSE(set->view().contains(0));
  EXPECT_FALSE(set->view().holds(~std::uint64_t{0}));
}

TEST(ExactSet, AFailedBuildLeavesTheOldFile) {
  Folder folder;
  folder.write("taken/inside", "x");  // a folder cannot be replaced by a file
  const MatchKey key = example_key();
  auto making = ExactBuild::begin(key, {"s", "mobile", {}, false}, folder / "taken");
  ASSERT_TRUE(making.has_value());
  EXPECT_FALSE(making->finish().has_value());
  std::size_t entries = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder.path())) ++entries;
  EXPECT_EQ(entries, 1u);
}

TEST(ExactSet, ADescriptionIsChecked) {
  for (const ExactDescription& bad : {ExactDescription{"", "mobile", {}, false}, ExactDescription{"A b", "mobile", {}, false}, ExactDescription{"a", "", {}, false},
                                      ExactDescription{"a", "mobile", {"x"}, false}, ExactDescription{"a", "", {"x\ny"}, false},
                                      ExactDescription{"a", "", std::vector<std::string>(17, "x"), false}})
    EXPECT_FALSE(check(bad).has_value()) << bad.name;
  EXPECT_TRUE(check({"staff.2026-1_b", "", {"工号"}, true}).has_value());
}

TEST(MatchKeyFile, OnlyItsOwnerMayRead) {
  Folder folder;
  EXPECT_TRUE(MatchKey::load(folder.write("good", kKeyText, 0600)).has_value());
  const auto open = MatchKey::load(folder.write("open", kKeyText, 0640));
  ASSERT_FALSE(open.has_value());
  EXPECT_EQ(open.error().code, base::Errc::denied);
  EXPECT_EQ(MatchKey::load(folder / "missing").error().code, base::Errc::not_found);
  EXPECT_EQ(MatchKey::load(folder.write("short", "0011\n", 0600)).error().code, base::Errc::malformed);
}

TEST(MatchKeyFile, AMadeKeyLoadsAndIsNotReplaced) {
  Folder folder;
  ASSERT_TRUE(MatchKey::create(folder / "k").has_value());
  EXPECT_TRUE(MatchKey::load(folder / "k").has_value());
  EXPECT_EQ(MatchKey::create(folder / "k").error().code, base::Errc::exists);
}

// Worked by Python's hmac: HMAC-SHA-256 under the derived keys, first 16 bytes in letters.
TEST(MatchKeyFile, KeyedNamesAreLettersAndAsWorked) {
  EXPECT_EQ(example_key().allowed("citizen_id", "510107199003071236"), "ohghcblmknkkiphodgjfbohepmmfdfii");
  EXPECT_EQ(example_key().known("citizen_id", "510107199003071236", "a/b.csv"), "dlfpnbbccjnceamlmbaccjdiimelfhne");
  EXPECT_TRUE(is_letters("ohghcblmknkkiphodgjfbohepmmfdfii"));
  EXPECT_FALSE(is_letters("ohghcblmknkkiphodgjfbohepmmfdfiq"));
}

TEST(Cells, QuotesDelimitersAndLineEndsAreThoseOfRfc4180InAnyPieces) {
  const std::string table = "a,\"b \"\"x\"\"\",c\r\n\n1,\"two\nlines, one cell\",3\n,,\nlast";
  const std::string want =
      "0,0@0+1=a\n0,1@2+9=b \"x\"\n0,2@12+2=c\n"
      "1,0@16+1=1\n1,1@18+21=two\nlines, one cell\n1,2@40+1=3\n"
      "2,0@42+0=\n2,1@43+0=\n2,2@44+0=\n"
      "3,0@45+4=last\n";
  for (const std::size_t piece : {1u, 2u, 3u, 5u, 16u, 100u}) EXPECT_EQ(cells_of(table, piece), want) << piece;
}

TEST(Cells, AValueLongerThanTheLimitIsCutAndSaysSo) {
  const std::string out = cells_of("a,b\n" + std::string(3000, 'x') + ",y\n", 64);
  EXPECT_NE(out.find("1,0@4+3000=" + std::string(1024, 'x') + "…"), std::string::npos);
  EXPECT_NE(out.find("1,1@3005+1=y"), std::string::npos);
}

TEST(ExactMatch, ADetectionNamesTheSetInEveryWritingAndEncoding) {
  Folder folder;
  build(folder / "s", {"staff", "citizen_id", {}, false}, {"510107199003071236"});
  const auto with = engine_with({folder.write("key", kKeyText, 0600), {folder / "s"}});
  ASSERT_TRUE(with->site_problems().empty());
  const std::string wide = "身份证：５１０１０７１９９００３０７１２３６";
  for (const std::string& text : {std::string("身份证：510107199003071236"), wide, to_gb18030(wide), std::string("5101 0719 9003 0712 36")}) {
    const auto found = with->detect(base::view(text));
    ASSERT_EQ(found.size(), 1u) << text;
    EXPECT_EQ(found[0].exact_match, "staff");
    EXPECT_EQ(found[0].allowed, "");
  }
  const auto other = with->detect(base::view("身份证：11010519491231002X"));
  ASSERT_EQ(other.size(), 1u);
  EXPECT_EQ(other[0].exact_match, "");
}

TEST(ExactMatch, ASetOfPublicNumbersTakesThemOutOfTheCountsAndStaysVisible) {
  Folder folder;
  build(folder / "s", {"hotlines", "mobile", {}, true}, {"13800138000"});
  const auto with = engine_with({folder.write("key", kKeyText, 0600), {folder / "s"}});
  const auto c = examine(with, "手机 13800138000，手机 13912345678，手机 138-0013-8000");
  EXPECT_EQ(print(c[0]), "mobile 1/0/0/2 exact=hotlines:2 by=hotlines:2\n");
  const auto plain = engine()->detect(base::view("手机 13800138000")), allowed = with->detect(base::view("手机 13800138000"));
  ASSERT_EQ(allowed.size(), 1u);
  EXPECT_EQ(allowed[0].allowed, "hotlines");
  EXPECT_EQ(allowed[0].confidence, plain[0].confidence - 50);
}

TEST(ExactMatch, CellsOfNamedColumnsAreLookedUpWhereNoDetectorKnowsTheType) {
  Folder folder;
  build(folder / "s", {"staff-numbers", "", {"工号", "staff_no"}, false}, {"Q-77.001", "Q77002"});
  const auto with = engine_with({folder.write("key", kKeyText, 0600), {folder / "s"}});
  const std::string csv = "\xEF\xBB\xBF姓名,工号\n甲,Q77001\n乙,\"q77 002\"\n丙,Q77003\n";
  for (const std::string& text : {csv, to_gb18030(csv.substr(3)), std::string("x\tSTAFF_NO\n1\tQ77001\n2\tQ77002\nQ77001\t\n")})
    for (const std::size_t piece : {1u, 7u, 1u << 20}) {
      const auto c = examine(with, text, piece);
      ASSERT_EQ(c[0].types.size(), 1u) << text;
      EXPECT_EQ(print(c[0]), "exact 2/0/0/0 exact=staff-numbers:2\n");
      for (const auto& sample : c[0].types[0].samples) EXPECT_EQ(sample.find("77001"), std::string::npos);
    }
  EXPECT_TRUE(examine(with, "姓名,编号\n甲,Q77001\n")[0].types.empty());
}

TEST(ExactMatch, WhatCannotBeUsedIsNamedAndTheRestWorks) {
  Folder folder;
  build(folder / "good", {"staff", "citizen_id", {}, false}, {"510107199003071236"});
  std::string bent = bytes_of(folder / "good");
  bent[130] = static_cast<char>(bent[130] ^ 1);
  folder.write("bent", bent);
  const auto with = engine_with({folder.write("key", kKeyText, 0600), {folder / "bent", folder / "missing", folder / "good"}});
  const auto problems = with->site_problems();
  ASSERT_EQ(problems.size(), 2u);
  EXPECT_NE(problems[0].find((folder / "bent").string()), std::string::npos);
  EXPECT_NE(problems[0].find("digest differs"), std::string::npos) << problems[0];
  EXPECT_NE(problems[1].find((folder / "missing").string()), std::string::npos);
  EXPECT_EQ(with->detect(base::view("510107199003071236"))[0].exact_match, "staff");
  EXPECT_EQ(engine_with({{}, {folder / "good"}})->site_problems().size(), 1u);  // no key
}

TEST(ExactMatch, TheLineOfADetectionCarriesTheSet) {
  Folder folder;
  build(folder / "s", {"staff", "citizen_id", {}, false}, {"510107199003071236"});
  const auto with = engine_with({folder.write("key", kKeyText, 0600), {folder / "s"}});
  std::istringstream in(R"({"id":1,"text":"510107199003071236"})");
  std::ostringstream out;
  detect_jsonl(*with, in, out);
  EXPECT_NE(out.str().find(R"("exact_match":"staff")"), std::string::npos) << out.str();
}

TEST(ExactMatch, TheRulesDigestChangesWithTheSet) {
  Folder folder;
  build(folder / "s", {"staff", "citizen_id", {}, false}, {"510107199003071236"});
  const auto with = engine_with({folder.write("key", kKeyText, 0600), {folder / "s"}});
  EXPECT_NE(with->digest(), engine()->digest());
}
