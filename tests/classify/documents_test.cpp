#include "classify/site/documents.h"

#include <random>
#include <set>

#include "base/encode.h"
#include "classify/site_kit.h"
#include "classify/words.h"

using namespace fengsui;
using namespace fengsui::classify;
using namespace fengsui::classify::test;

namespace {

// Sentences of a made-up decree: random words, so that two seeds share next to no grams.
std::string paragraph(std::mt19937& random) {
  static const char* const kWords[] = {"本市", "各区县", "人民政府", "应当", "会同", "财政", "教育", "卫生健康", "主管部门", "按照", "年度", "计划", "组织", "实施",
                                       "数据", "安全", "评估", "并于", "季度", "末日", "前", "报送", "市委", "网信办", "备案", "逾期", "未报", "的", "予以", "通报"};
  std::string out;
  for (int i = 0; i < 60; ++i) out += kWords[random() % std::size(kWords)] + std::to_string(random() % 1000) + (i % 12 == 11 ? "。" : "");
  return out + "\n";
}

std::vector<std::string> paragraphs(unsigned seed, std::size_t n) {
  std::mt19937 random(seed);
  std::vector<std::string> out;
  for (std::size_t i = 0; i < n; ++i) out.push_back(paragraph(random));
  return out;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const auto& p : parts) out += p;
  return out;
}

Print print_of(std::string_view text, std::size_t piece = 1u << 20) {
  Printer printer;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    printer.bytes(base::view(text.substr(at, piece)));
    printer.text(base::view(text.substr(at, piece)));
  }
  return printer.finish();
}

// The share of common grams, counted directly.
double truth(std::string_view a, std::string_view b) {
  const auto grams = [](std::string_view text) {
    std::vector<std::string> characters;
    for (std::size_t i = 0; i < text.size();) {
      std::size_t n = 1;
      while (i + n < text.size() && (static_cast<unsigned char>(text[i + n]) & 0xC0) == 0x80) ++n;
      if (text[i] != '\n' && text[i] != ' ') characters.emplace_back(text.substr(i, n));
      i += n;
    }
    std::set<std::string> out;
    for (std::size_t i = 0; i + 5 <= characters.size(); ++i)
      out.insert(characters[i] + characters[i + 1] + characters[i + 2] + characters[i + 3] + characters[i + 4]);
    return out;
  };
  const auto x = grams(a), y = grams(b);
  std::size_t common = 0;
  for (const auto& g : x) common += y.count(g);
  return static_cast<double>(common) / static_cast<double>(x.size() + y.size() - common);
}

std::vector<Document> library(std::size_t n) {
  std::vector<Document> out;
  for (std::size_t i = 0; i < n; ++i) out.push_back({"文件" + std::to_string(i), print_of(joined(paragraphs(static_cast<unsigned>(i), 12)))});
  return out;
}

}  // namespace

TEST(Print, TheEstimateIsNearTheCountedShare) {
  const auto original = paragraphs(1, 40);
  for (const std::size_t dropped : {1u, 4u, 10u, 20u, 30u}) {
    auto edited = original;
    edited.erase(edited.begin() + 3, edited.begin() + 3 + static_cast<std::ptrdiff_t>(dropped));
    const auto a = print_of(joined(original)), b = print_of(joined(edited));
    ASSERT_TRUE(a.sketch && b.sketch);
    // 128 values: a standard error of at most 0.045
    EXPECT_NEAR(jaccard(*a.sketch, *b.sketch), truth(joined(original), joined(edited)), 0.14) << dropped;
  }
}

TEST(Print, ParagraphsInsertedDroppedAndMovedStayNear) {
  const auto original = paragraphs(2, 30);
  const auto extra = paragraphs(3, 2);
  auto inserted = original;
  inserted.insert(inserted.begin() + 7, extra.begin(), extra.end());
  auto dropped = original;
  dropped.erase(dropped.begin() + 20, dropped.begin() + 23);
  auto moved = original;
  std::rotate(moved.begin(), moved.begin() + 11, moved.end());
  const auto a = print_of(joined(original));
  for (const auto& edited : {inserted, dropped, moved}) {
    ASSERT_GE(truth(joined(original), joined(edited)), 0.8);
    EXPECT_TRUE(near(*a.sketch, *print_of(joined(edited)).sketch));
  }
  EXPECT_LE(hamming(*a.sketch, *print_of(joined(moved)).sketch), 3u);
}

TEST(Print, OtherTextsOfTheSameWordsAreNotNear) {
  std::vector<Print> prints;
  for (unsigned seed = 100; seed < 160; ++seed) prints.push_back(print_of(joined(paragraphs(seed, 12))));
  for (std::size_t i = 0; i < prints.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) EXPECT_FALSE(near(*prints[i].sketch, *prints[j].sketch)) << i << " " << j;
}

TEST(Print, EncodingWidthBlanksAndCaseDoNotMatter) {
  const std::string text = joined(paragraphs(4, 5)) + "Abc 123 关于预算 draft";
  std::string wide = text;
  for (std::size_t at; (at = wide.find("Abc 123")) != std::string::npos;) wide.replace(at, 7, "ａＢＣ　１２３");
  const Print plain = print_of(text);
  ASSERT_TRUE(plain.sketch.has_value());
  const Print gb = print_of(to_gb18030(text)), folded = print_of("\xEF\xBB\xBF" + wide);
  EXPECT_EQ(gb.text, plain.text);
  EXPECT_EQ(folded.text, plain.text);
  EXPECT_NE(gb.bytes, plain.bytes);
  EXPECT_EQ(hamming(*gb.sketch, *plain.sketch), 0u);
  EXPECT_EQ(jaccard(*gb.sketch, *plain.sketch), 1.0);
}

TEST(Print, AnySplitGivesTheSamePrint) {
  const std::string text = std::string(700, 'a') + joined(paragraphs(5, 4));
  for (const std::string& bytes : {text, to_gb18030(text)}) {
    const Print whole = print_of(bytes);
    ASSERT_TRUE(whole.sketch.has_value());
    for (const std::size_t piece : {1u, 2u, 3u, 7u, 511u, 512u, 513u, 1023u}) {
      const Print split = print_of(bytes, piece);
      EXPECT_EQ(split.text, whole.text) << piece;
      EXPECT_EQ(split.bytes, whole.bytes) << piece;
      EXPECT_EQ(split.sketch->bins, whole.sketch->bins) << piece;
    }
  }
}

TEST(Print, TinyTextsBinariesAndRepeatedSignsHaveNoSketch) {
  EXPECT_FALSE(print_of("一份很短的通知，没有什么内容。").sketch.has_value());
  EXPECT_FALSE(print_of(std::string(5000, '-')).sketch.has_value());
  std::string binary;
  std::mt19937 random(6);
  for (int i = 0; i < 5000; ++i) binary += static_cast<char>(random());
  EXPECT_FALSE(print_of(binary).sketch.has_value());
}

// SHA-256 of "abc" by FIPS 180-4.
TEST(Print, TheDigestOfTheContentIsSha256) {
  EXPECT_EQ(base::hex(print_of("abc").bytes), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Documents, EachOfAThousandIsFoundByItselfAndByAnEditedCopyAndNoOtherText) {
  const Documents all(library(1000));
  for (std::size_t i = 0; i < 1000; i += 37) {
    auto parts = paragraphs(static_cast<unsigned>(i), 12);
    const auto same = all.find(print_of(joined(parts)));
    ASSERT_TRUE(same.has_value());
    EXPECT_EQ(same->label, "文件" + std::to_string(i));
    EXPECT_EQ(same->likeness, Documents::Likeness::same_bytes);
    parts.erase(parts.begin() + 5);
    parts.insert(parts.begin() + 2, paragraphs(static_cast<unsigned>(90'000 + i), 1)[0]);
    ASSERT_GE(truth(joined(paragraphs(static_cast<unsigned>(i), 12)), joined(parts)), 0.75);
    const auto edited = all.find(print_of(joined(parts)));
    ASSERT_TRUE(edited.has_value()) << i;
    EXPECT_EQ(edited->label, "文件" + std::to_string(i));
    EXPECT_EQ(edited->likeness, Documents::Likeness::near);
  }
  for (unsigned seed = 5000; seed < 5100; ++seed) EXPECT_FALSE(all.find(print_of(joined(paragraphs(seed, 12)))).has_value());
}

TEST(Documents, TheFileGivesBackWhatWasWritten) {
  auto documents = library(3);
  documents.push_back({"图片.png", {}});
  documents.back().print.bytes[0] = 7;
  const base::Bytes file = write_documents(documents);
  ASSERT_EQ(file.size(), 48 + 4 * (2 + 32 + 32 + 4 + 8 + 256) + 3 * std::string("文件0").size() + std::string("图片.png").size());
  const auto read = read_documents(file);
  ASSERT_TRUE(read.has_value()) << read.error().what;
  ASSERT_EQ(read->size(), 4u);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ((*read)[i].label, documents[i].label);
    EXPECT_EQ((*read)[i].print.bytes, documents[i].print.bytes);
    EXPECT_EQ((*read)[i].print.sketch.has_value(), i < 3);
  }
  EXPECT_EQ((*read)[1].print.sketch->bins, documents[1].print.sketch->bins);
}

// Worked by Python's hashlib.
TEST(Documents, AnEmptyFileIsItsHead) {
  EXPECT_EQ(base::hex(write_documents({})), "46535052494e5431010000000000000084527b13a1bad93522d6c70bdba31e0e15aeda7678a59eb1e5d3fe355b8d1108");
}

TEST(Documents, TruncatedOrChangedAtAnyByteIsRefused) {
  const base::Bytes file = write_documents(library(1));
  for (std::size_t n = 0; n < file.size(); ++n) EXPECT_FALSE(read_documents(base::View(file).first(n)).has_value()) << n;
  for (std::size_t i = 0; i < file.size(); ++i) {
    base::Bytes bent = file;
    bent[i] ^= 1;
    EXPECT_FALSE(read_documents(bent).has_value()) << i;
  }
}

TEST(Documents, MoreThanTheLimitIsRefused) {
  base::Bytes file = write_documents({});
  const std::uint32_t many = kMaxDocuments + 1;
  for (unsigned i = 0; i < 4; ++i) file[12 + i] = static_cast<std::uint8_t>(many >> 8 * i);
  EXPECT_EQ(read_documents(file).error().code, base::Errc::limit);
}

TEST(Documents, AContentThatComesFromOneNamesItInTheConclusion) {
  Folder folder;
  const auto parts = paragraphs(7, 20);
  const std::string original = joined(parts);
  const auto written = write_documents({{"预算草案.txt", print_of(original)}});
  SiteFiles site;
  site.documents = {folder.write("prints", base::text(written))};
  const auto with = engine_with(site);
  ASSERT_TRUE(with->site_problems().empty());
  auto edited = parts;
  edited.erase(edited.begin());
  const auto document = [&](std::string_view content, std::size_t piece = 1u << 20) -> std::string {
    const auto conclusions = examine(with, content, piece);
    for (const auto& t : conclusions[0].types)
      if (t.type == "document") return t.exact.at(0).name + " " + t.why.at(0) + " " + std::to_string(t.clear);
    return "none";
  };
  EXPECT_EQ(document(original), "预算草案.txt same_bytes 1");
  EXPECT_EQ(document(original, 97), "预算草案.txt same_bytes 1");
  EXPECT_EQ(document(to_gb18030(original)), "预算草案.txt same_text 1");
  EXPECT_EQ(document(joined(edited)), "预算草案.txt near 1");
  EXPECT_EQ(document(to_gb18030(joined(edited)), 333), "预算草案.txt near 1");
  EXPECT_EQ(document(joined(paragraphs(8, 20))), "none");
  std::string utf16 = "\xFF\xFE";
  for (const char c : std::string("plain")) utf16 += std::string(1, c) + '\0';
  EXPECT_EQ(document(utf16), "none");
}

TEST(Documents, ACorruptFileIsNamed) {
  Folder folder;
  auto written = write_documents(library(1));
  written.back() ^= 1;
  SiteFiles site;
  site.documents = {folder.write("prints", base::text(written))};
  const auto problems = engine_with(site)->site_problems();
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_NE(problems[0].find((folder / "prints").string() + ": the content is not what was written"), std::string::npos);
}
