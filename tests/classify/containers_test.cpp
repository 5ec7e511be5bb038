// Containers, made by libarchive here: what is found inside, and what is refused and said.
#include "base/encode.h"
#include "classify/extract/local.h"
#include "classify/kit.h"
#include "classify/packed.h"

using namespace fengsui;
using namespace fengsui::classify;
using fengsui::classify::test::engine;
using fengsui::classify::test::Members;
using fengsui::classify::test::pack;

namespace {

std::vector<model::Conclusion> examine(base::View bytes, const ExamineLimits& limits = {}) {
  const auto key = crypto::Secret::copy_of(base::view("key"));
  auto from = std::make_shared<model::Provenance>();
  from->object = "/srv/a.zip";
  static const auto extractor = local_extractor();
  Examination e(engine(), key, from, limits, extractor.get());
  e.feed(bytes);
  return e.finish();
}

const std::string kCsv = "姓名,身份证号\n张伟,510107199003071236\n";
std::string text_of(const base::Bytes& b) { return std::string(base::text(b)); }

}  // namespace

TEST(Containers, MembersOfEachFormatAreExamined) {
  const Members members = {{"a.csv", kCsv}, {"b/c.txt", "电话 13800138000"}};
  for (const auto& packed : {pack(members, archive_write_set_format_zip), pack(members, archive_write_set_format_ustar),
                             pack(members, archive_write_set_format_7zip), pack(members, archive_write_set_format_ustar, archive_write_add_filter_gzip),
                             pack(members, archive_write_set_format_ustar, archive_write_add_filter_xz)}) {
    const auto c = examine(packed);
    ASSERT_EQ(c.size(), 3u);
    EXPECT_TRUE(c[0].types.empty());
    EXPECT_TRUE(c[0].unread.empty()) << c[0].unread[0];
    EXPECT_EQ(c[1].from->object, "/srv/a.zip");
    EXPECT_EQ(c[1].from->member, "a.csv");
    ASSERT_FALSE(c[1].types.empty());
    EXPECT_EQ(c[1].types[1].type, "citizen_id");
    EXPECT_EQ(c[1].types[0].clear, 1u);
    EXPECT_EQ(c[1].rows, 1u);
    EXPECT_EQ(c[2].from->member, "b/c.txt");
    EXPECT_EQ(c[2].types.at(0).type, "mobile");
  }
}

// Written by Python's zipfile: one stored member, its name in UTF-8 with the flag that says so.
TEST(Containers, AChineseMemberNameIsReadInAnyLocale) {
  const auto zip = base::from_hex(
      "504b03041400000800000000215c8316dc8c010000000100000011000000e58685e983a82fe5908de58d952e63737678504b010214031400"
      "000800000000215c8316dc8c0100000001000000110000000000000000000000800100000000e58685e983a82fe5908de58d952e63737650"
      "4b050600000000010001003f000000300000000000");
  const auto c = examine(*zip);
  ASSERT_EQ(c.size(), 2u);
  EXPECT_EQ(c[1].from->member, "内部/名单.csv");
}

TEST(Containers, AGzippedFileIsItsText) {
  const auto gz = pack({{"x", kCsv}}, archive_write_set_format_raw, archive_write_add_filter_gzip);
  const auto c = examine(gz);
  ASSERT_EQ(c.size(), 2u);
  EXPECT_EQ(c[1].types.at(1).type, "citizen_id");
}

TEST(Containers, ContainersInContainersAreOpenedToTheDepthLimitAndNamedBeyondIt) {
  std::string inner = text_of(pack({{"deep.csv", kCsv}}, archive_write_set_format_zip));
  for (int i = 0; i < 2; ++i) inner = text_of(pack({{"in.zip", inner}}, archive_write_set_format_zip));
  const auto all = examine(base::view(inner));
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[3].from->member, "in.zip!in.zip!deep.csv");
  EXPECT_EQ(all[3].types.at(0).clear, 1u);
  ExamineLimits limits;
  limits.max_depth = 2;
  const auto cut = examine(base::view(inner), limits);
  ASSERT_EQ(cut.size(), 3u);
  EXPECT_EQ(cut[2].unread, std::vector<std::string>{"zip: container deeper than 2 levels"});
}

TEST(Containers, ABombIsRefusedAndNamed) {
  const auto bomb = pack({{"zeros", std::string(12u << 20, '0')}}, archive_write_set_format_zip, archive_write_add_filter_none, "zip:compression=deflate");
  ASSERT_LT(bomb.size(), 100'000u);
  const auto c = examine(bomb);
  ASSERT_EQ(c.size(), 2u);
  EXPECT_EQ(c[1].from->member, "zeros");
  EXPECT_EQ(c[1].unread, std::vector<std::string>{"unpacks to more than 100 times its size"});
}

TEST(Containers, TheTotalOfUnpackedBytesIsLimited) {
  ExamineLimits limits;
  limits.max_unpacked = 1000;
  const auto c = examine(pack({{"a", std::string(900, 'a')}, {"b", std::string(900, 'b')}}, archive_write_set_format_ustar), limits);
  ASSERT_EQ(c.size(), 3u);
  EXPECT_TRUE(c[1].unread.empty());
  EXPECT_EQ(c[2].unread, std::vector<std::string>{"more than 1000 bytes unpacked in all"});
}

TEST(Containers, AContainerLargerThanMemoryAllowsIsNamed) {
  ExamineLimits limits;
  limits.max_container = 600;
  const auto c = examine(pack({{"a", kCsv}}, archive_write_set_format_ustar), limits);
  EXPECT_EQ(c[0].unread, std::vector<std::string>{"tar: larger than 600 bytes"});
}

TEST(Containers, EncryptedMembersAreNamed) {
  const auto c = examine(pack({{"secret.csv", kCsv}}, archive_write_set_format_zip, archive_write_add_filter_none, "zip:encryption=traditional", "pw"));
  ASSERT_EQ(c.size(), 2u);
  EXPECT_EQ(c[1].from->member, "secret.csv");
  EXPECT_EQ(c[1].unread, std::vector<std::string>{"encrypted"});
}

TEST(Containers, TruncationAtAnyByteEndsAndIsSaid) {
  const auto zip = pack({{"a.csv", kCsv}}, archive_write_set_format_zip);
  for (std::size_t n = 4; n < zip.size(); ++n) {
    const auto c = examine(base::View(zip).first(n));
    ASSERT_FALSE(c.empty()) << n;
    EXPECT_FALSE(c[0].unread.empty()) << n;
  }
}

TEST(Containers, WithoutAnExtractorNothingIsOpenedAndThatIsSaid) {
  const auto key = crypto::Secret::copy_of(base::view("key"));
  Examination e(engine(), key, std::make_shared<model::Provenance>());
  e.feed(pack({{"a.csv", kCsv}}, archive_write_set_format_zip));
  const auto c = e.finish();
  ASSERT_EQ(c.size(), 1u);
  EXPECT_EQ(c[0].unread, std::vector<std::string>{"zip: extraction is unavailable"});
}

TEST(Containers, WhatNobodyReadsIsNamedByItsFormat) {
  using namespace std::string_view_literals;
  const std::pair<std::string_view, std::string> cases[] = {
      {"PAR1\x15\x04\x15\x20"sv, "parquet"}, {"\x89PNG\r\n\x1A\n\0\0\0\rIHDR"sv, "image"}, {"\x7F" "ELF\x02\x01\x01\0\0\0"sv, "executable"},
      {"\x01\x02\x03\0\0\x04\x05\x06\x07\0\0"sv, "binary"}};
  for (const auto& [bytes, name] : cases) EXPECT_EQ(examine(base::view(bytes))[0].unread, std::vector<std::string>{name + ": no reader for this format"});
  const auto zip = pack({{"scan.png", std::string(cases[1].first)}}, archive_write_set_format_zip);
  const auto c = examine(zip);
  ASSERT_EQ(c.size(), 2u);
  EXPECT_EQ(c[1].unread, std::vector<std::string>{"image: no reader for this format"});
}

// A number that formatting cut into two runs, and a document marked in its header.
TEST(Containers, AnOfficeDocumentIsItsTextAndOneMarkingClosesAllOfIt) {
  const std::string value = "<w:document><w:p><w:r><w:t>身份证 510107</w:t></w:r><w:r w:b=\"1\"><w:t>199003071236</w:t></w:r></w:p></w:document>";
  const std::string picture = "\x89PNG\r\n";
  const auto open = examine(pack({{"word/document.xml", value}, {"word/media/image1.png", picture}}, archive_write_set_format_zip));
  ASSERT_EQ(open.size(), 2u);
  ASSERT_EQ(open[0].types.size(), 1u);
  EXPECT_EQ(open[0].types[0].type, "citizen_id");
  EXPECT_EQ(open[0].types[0].clear, 1u);
  EXPECT_EQ(open[1].from->member, "word/media/image1.png");

  const std::string header = "<w:hdr><w:p><w:r><w:t>机密</w:t></w:r><w:r><w:t>★10年</w:t></w:r></w:p></w:hdr>";
  const Members marked = {{"word/document.xml", value}, {"word/header1.xml", header}, {"word/embeddings/a.bin", "510107199003071236"}};
  const std::string inner(base::text(pack(marked, archive_write_set_format_zip)));
  const auto closed = examine(pack({{"marked.docx", inner}, {"other.txt", "510107199003071236"}}, archive_write_set_format_zip));
  ASSERT_EQ(closed.size(), 4u);
  EXPECT_EQ(closed[1].from->member, "marked.docx");
  for (std::size_t i : {1, 2}) EXPECT_EQ(closed[i].unread, std::vector<std::string>{"marked as a state secret: content not read further"}) << i;
  ASSERT_EQ(closed[1].types.size(), 1u);
  EXPECT_EQ(closed[1].types[0].type, "marking");
  EXPECT_TRUE(closed[2].types.empty());
  EXPECT_EQ(closed[3].types.at(0).type, "citizen_id") << "another file of the container is not closed with it";
}
