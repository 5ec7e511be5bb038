#include "classify/examination.h"

#include "base/encode.h"
#include "classify/kit.h"
#include "classify/scan.h"
#include "classify/words.h"
#include "crypto/hash.h"

using namespace fengsui;
using namespace fengsui::classify;
using fengsui::classify::test::engine;

namespace {

// Scenario S2: eight numbers like ids. Check digits by the worked method of GB 11643 (independent reference program).
struct Person {
  const char* name;
  const char* number;
};
constexpr Person kValid[] = {
    {"张伟", "51090319850612345X"},
    {"王芳", "11010519491231002X"},
    {"李娜", "510107199003071236"},
    {"刘强", "510922197801010014"},
    {"陈静", "51283219660530022X"},
};
constexpr Person kInvalid[] = {
    {"杨洋", "519999198506123450"},  // area 519999 never existed
    {"赵敏", "510903198502303453"},  // 30 February
    {"黄磊", "510903198506123461"},  // wrong check digit
};

std::string people(bool wide = false) {
  std::string csv = "姓名,身份证号,备注\n";
  const auto row = [&](const Person& p) {
    csv += std::string(p.name) + ",";
    for (const char* c = p.number; *c != '\0'; ++c) {
      if (wide && *c >= '0' && *c <= '9') csv += std::string("\xEF\xBC") + static_cast<char>(0x90 + *c - '0');
      else csv += *c;
    }
    csv += ",无\n";
  };
  for (int i = 0; i < 3; ++i) row(kValid[i]);
  for (const Person& p : kInvalid) row(p);
  for (int i = 3; i < 5; ++i) row(kValid[i]);
  return csv;
}

std::vector<model::Conclusion> examine(base::View bytes, std::size_t piece = 1u << 20, ExamineLimits limits = {}) {
  const auto key = crypto::Secret::copy_of(base::view("0123456789abcdef0123456789abcdef"));
  auto from = std::make_shared<model::Provenance>();
  from->object = "people.csv";
  Examination e(engine(), key, from, limits);
  for (std::size_t at = 0; at < bytes.size(); at += piece) e.feed(bytes.subspan(at, std::min(piece, bytes.size() - at)));
  return e.finish();
}

std::string print(const model::Conclusion& c) {
  std::string out;
  for (const auto& t : c.types) {
    out += t.type + " " + std::to_string(t.clear) + "/" + std::to_string(t.masked) + "/" + std::to_string(t.unclear);
    for (const auto& s : t.samples) out += " " + s;
    for (const auto& s : t.digests) out += " " + s;
    for (const auto& s : t.why) out += " " + s;
    out += "\n";
  }
  for (const auto& s : c.columns) out += "column " + s + "\n";
  for (const auto& s : c.unread) out += "unread " + s + "\n";
  return out + "rows " + std::to_string(c.rows);
}

// The only type beside the names of persons.
const model::TypeCount& citizens(const model::Conclusion& c) {
  static const model::TypeCount none;
  const model::TypeCount* found = nullptr;
  for (const auto& t : c.types) {
    if (t.type == "person_name") continue;
    EXPECT_EQ(found, nullptr) << print(c);
    found = &t;
  }
  EXPECT_NE(found, nullptr) << print(c);
  return found != nullptr ? *found : none;
}

}  // namespace

TEST(Examination, FiveOfEightNumbersAreCitizenIdsInUtf8Gb18030AndFullWidth) {
  const std::string utf8 = people(), wide = people(true);
  for (const std::string& csv : {utf8, to_gb18030(utf8), wide, to_gb18030(wide)}) {
    const auto c = examine(base::view(csv));
    ASSERT_EQ(c.size(), 1u);
    const auto& t = citizens(c[0]);
    EXPECT_EQ(t.type, "citizen_id");
    EXPECT_EQ(t.clear, 5u) << print(c[0]);
    EXPECT_EQ(t.unclear, 1u) << print(c[0]);
    EXPECT_EQ(c[0].rows, 8u);
    EXPECT_THAT(c[0].columns, ::testing::UnorderedElementsAre("姓名", "身份证号"));
    EXPECT_TRUE(c[0].unread.empty());
    EXPECT_EQ(t.digests.size(), 5u);
  }
}

TEST(Examination, DigestsAreTheSameInEveryWriting) {
  const auto plain = examine(base::view(people())), wide = examine(base::view(to_gb18030(people(true))));
  EXPECT_EQ(citizens(plain[0]).digests, citizens(wide[0]).digests);
}

TEST(Examination, NoRawValueIsInAConclusion) {
  const std::string csv = people() + "x,13800138000,zhang.san@suining.gov.cn\ny,6228480000000000018,91110000600037341L\n";
  for (const auto& c : examine(base::view(csv))) {
    const std::string all = print(c);
    for (const Person& p : kValid) EXPECT_EQ(all.find(p.number), std::string::npos);
    for (const Person& p : kInvalid) EXPECT_EQ(all.find(p.number), std::string::npos);
    for (const char* raw : {"13800138000", "zhang.san", "6228480000000000018", "91110000600037341L"})
      EXPECT_EQ(all.find(raw), std::string::npos) << all;
    for (const auto& t : c.types)
      for (const auto& s : t.samples)
        if (t.type == "person_name") EXPECT_NE(s.find('*'), std::string::npos) << s;  // 张*: two characters, one hidden
        else EXPECT_GE(std::count(s.begin(), s.end(), '*') * 2, static_cast<std::ptrdiff_t>(s.size())) << s;
  }
}

TEST(Examination, AnySplitGivesTheSameConclusion) {
  const std::string csv = people() + people(true);
  const std::string whole = print(examine(base::view(csv))[0]);
  for (std::size_t piece : {1u, 2u, 3u, 7u, 64u, 100u, 511u, 600u}) EXPECT_EQ(print(examine(base::view(csv), piece)[0]), whole) << piece;
}

TEST(Examination, UnpackedTextMayBeUtf16) {
  std::string utf16 = "\xFF\xFE";
  for (char c : std::string("id 510107199003071236\n")) utf16 += std::string(1, c) + '\0';
  EXPECT_EQ(citizens(examine(base::view(utf16))[0]).clear, 1u);
}

TEST(Examination, AHoleIsNamedAndNothingIsJoinedAcrossIt) {
  const auto key = crypto::Secret::copy_of(base::view("k"));
  auto from = std::make_shared<model::Provenance>();
  Examination e(engine(), key, from);
  e.feed(model::Content(1, from, 0, base::view("13800138"), false));
  e.feed(model::Content(1, from, 20, base::view("000 and 13912345678 "), true));
  const auto c = e.finish();
  ASSERT_EQ(c.size(), 1u);
  EXPECT_EQ(citizens(c[0]).clear, 1u);
  ASSERT_EQ(c[0].unread.size(), 1u);
  EXPECT_EQ(c[0].unread[0], "bytes 8 to 20 were not seen");
}

TEST(Examination, AMarkedStateSecretIsReportedByItsMarkingAndNotReadFurther) {
  for (const std::string mark : {"机密★20年", "绝密★长期", "秘密 ★ 6月", "密级：机密★10年"}) {
    const std::string text = "510107199003071236\n" + mark + "\n" + people() + std::string(70'000, 'x') + "\n13800138000\n";
    for (const std::string& bytes : {text, to_gb18030(text)})
      for (const std::size_t piece : {std::size_t{100}, std::size_t{1} << 20}) {
        const auto c = examine(base::view(bytes), piece);
        ASSERT_EQ(c.size(), 1u);
        EXPECT_EQ(c[0].types.at(0).type, "marking");
        EXPECT_EQ(c[0].types.at(0).clear, 1u);
        EXPECT_TRUE(c[0].types.at(0).samples.empty() && c[0].columns.empty()) << print(c[0]);
        EXPECT_EQ(c[0].rows, 0u);
        ASSERT_EQ(c[0].unread.size(), 1u);
        EXPECT_EQ(c[0].unread[0], "marked as a state secret: content not read further");
      }
  }
}

// HMAC-SHA-256 of its SHA-256, whatever the pieces; of one that came with a hole there is none.
TEST(Examination, AMarkedStateSecretIsKnownByTheKeyedDigestOfItsBytes) {
  const std::string text = "机密★20年\n" + std::string(600'000, 'x');
  const std::string wanted = base::hex(base::View(crypto::hmac_sha256(base::view("0123456789abcdef0123456789abcdef"), crypto::sha256(base::view(text)))).first(16));
  for (const std::size_t piece : {std::size_t{1000}, std::size_t{1} << 20}) {
    const auto c = examine(base::view(text), piece);
    EXPECT_EQ(c[0].types.at(0).digests, std::vector<std::string>{wanted});
  }
  EXPECT_TRUE(examine(base::view("机密\n13800138000"))[0].types.at(0).digests.at(0) != wanted);
}

TEST(Examination, WordsAboutMarkingsCloseNothing) {
  for (const std::string text : {"标注为机密★20年的文件应当登记\n510107199003071236\n", "工作秘密★5年\n510107199003071236\n",
                                 "机密\n510107199003071236\n", "绝密★启用前\n510107199003071236\n"}) {
    const auto c = examine(base::view(text));
    EXPECT_TRUE(c[0].unread.empty()) << text;
    EXPECT_NE(print(c[0]).find("citizen_id 1/0/0"), std::string::npos) << print(c[0]);
  }
  const std::string late = std::string(5000, '.') + "\n机密★20年\n510107199003071236\n";  // not on the first page
  EXPECT_TRUE(examine(base::view(late))[0].unread.empty());
}

TEST(Examination, EmptyContentHasOneEmptyConclusion) {
  const auto c = examine({});
  ASSERT_EQ(c.size(), 1u);
  EXPECT_TRUE(c[0].types.empty());
}

// The budget of a flow: 512 bytes beside the columns of a table.
TEST(Examination, AStreamHoldsAtMost512Bytes) { EXPECT_LE(sizeof(Stream), 512u); }
