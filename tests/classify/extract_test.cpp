// Extraction: documents made by other programs (documents/make.py says which) and by hand, with the text they are known to hold.
#include <random>

#include "base/fd.h"
#include "classify/compound.h"
#include "classify/extract/local.h"
#include "classify/heard.h"
#include "classify/kit.h"
#include "classify/packed.h"
#include "classify/text.h"

using namespace fengsui;
using namespace fengsui::classify;
using namespace fengsui::classify::test;
using namespace std::string_view_literals;

namespace {

Extractor& local() {
  static const auto extractor = local_extractor();
  return *extractor;
}
base::Bytes document(const std::string& name) {
  auto bytes = base::read_file(std::string(FENGSUI_SOURCE_DIR) + "/tests/classify/documents/" + name, 1u << 20);
  if (!bytes) ADD_FAILURE() << bytes.error().what;
  return bytes ? std::move(*bytes) : base::Bytes();
}
std::string read(const std::string& name) { return heard(local(), document(name)); }
std::string read(base::View bytes) { return heard(local(), bytes); }
base::Bytes zip(const Members& members) { return pack(members, archive_write_set_format_zip); }

// Runs of blanks and line ends as one: how wide a layout is is not the claim.
std::string tight(const std::string& s) {
  std::string out;
  for (const char c : s) {
    const bool blank = c == ' ' || c == '\t' || c == '\n';
    if (!blank || (!out.empty() && out.back() != ' ')) out.push_back(blank ? ' ' : c);
  }
  return out;
}

const std::string kSheet =
    "某市参保人员名单\n(参保名单)序号\t姓名\t身份证号\t电话\t出生日期\n1\t张伟\t510107199003071236\t13800138000\t1990-03-07\n"
    "2\t王芳\t11010519491231002X\t13912345678\t1949-12-31\n(/)";

}  // namespace

TEST(Extract, ATextDocumentOfEachFormatIsItsTextHeaderFirst) {
  for (const char* name : {"people.doc", "people.odt", "people.rtf", "people.pdf"})
    EXPECT_EQ(tight(read(name)), "电话 13912345678 身份证 510107199003071236 姓名 身份证号 张伟 11010519491231002X ") << name;
  EXPECT_TRUE(tight(read("people.docx")).starts_with("电话 13912345678 身份证 510107199003071236 姓名 身份证号 张伟 11010519491231002X (customXml/item1.xml)"));
}

TEST(Extract, ASheetOfEachFormatIsATableUnderItsTitle) {
  for (const char* name : {"people.xls", "people.xlsx", "people.ods"}) EXPECT_EQ(read(name), kSheet) << name;
}

TEST(Extract, TheHeadOfASheetNamesTheColumnsOfItsValues) {
  const auto key = crypto::Secret::copy_of(base::view("key"));
  Examination e(engine(), key, std::make_shared<model::Provenance>(), {}, &local());
  e.feed(document("people.xls"));
  const auto c = e.finish();
  ASSERT_EQ(c.size(), 2u);
  EXPECT_EQ(c[1].from->member, "参保名单");
  EXPECT_EQ(c[1].rows, 2u);
  EXPECT_THAT(c[1].columns, testing::IsSupersetOf({"身份证号", "电话"}));
}

TEST(Extract, SlidesAreTheirText) {
  for (const char* name : {"slides.odp", "slides.pptx"}) EXPECT_TRUE(read(name).ends_with("身份证 510107199003071236\n电话 13912345678\n")) << name;
  const std::string packed = read("slides.ppt.gz");
  EXPECT_NE(packed.find("[data]"), std::string::npos);
  EXPECT_NE(packed.find("身份证 510107199003071236\n电话 13912345678\n"), std::string::npos) << packed;
}

TEST(Extract, APdfMayNeedThePredefinedCharacterMaps) {
  EXPECT_EQ(tight(read("cmap.pdf")), "身份证 510107199003071236 ") << "poppler-data is not installed?";
}

TEST(Extract, AnEncryptedDocumentIsNamed) {
  EXPECT_EQ(read("locked.pdf"), "{pdf: encrypted}");
  EXPECT_EQ(read(compound({{"EncryptedPackage", "xxxxxxxx"}, {"EncryptionInfo", "x"}})), "{ole2: encrypted}");
  // [MS-DOC] 2.5.2: the tenth byte's flag fEncrypted. [MS-XLS] 2.4.117: FilePass.
  std::string fib(1000, '\0');
  fib[0] = '\xEC', fib[1] = '\xA5', fib[0x0B] = '\x01';
  EXPECT_EQ(read(compound({{"WordDocument", fib}})), "{ole2: encrypted}");
  EXPECT_EQ(read(compound({{"Workbook", std::string("\x09\x08\x02\0\0\x06\x2F\0\x01\0\0", 11)}})), "{ole2: encrypted}");
  EXPECT_EQ(read(zip({{"mimetype", "application/vnd.oasis.opendocument.text"},
                      {"META-INF/manifest.xml", "<m:manifest xmlns:m=\"x\"><m:file-entry><m:encryption-data/></m:file-entry></m:manifest>"},
                      {"content.xml", "garbage"}})),
            "{zip: encrypted}");
  for (const char* options : {"zip:encryption=aes256"})
    EXPECT_EQ(read(pack({{"a.csv", "x"}}, archive_write_set_format_zip, archive_write_add_filter_none, options, "pw")), "[a.csv]{text: encrypted}[/]");
}

TEST(Extract, ADatabaseIsItsTablesAndWhatIsInsideThem) {
  EXPECT_EQ(read("people.db"),
            "(人员)序号\t姓名\t身份证号\t照片\n1\t张伟\t510107199003071236\t\n2\t王 芳\t11010519491231002X\t\n"
            "(人员.1){image: no reader for this format}\x89PNG\r\n\x1a\n(/)(/)");
}

TEST(Extract, MailIsItsHeadersItsTextsAndItsAttachments) {
  EXPECT_EQ(tight(read("mail.eml")),
            "subject: 参保名单 510107199003071236 from: 社保局 <a@example.gov.cn> to: b@example.gov.cn date: Tue, 24 Nov 2026 10:00:00 +0800 "
            "电话 13800138000 电话 13800138000 [名单.csv]姓名,身份证号 张伟,510107199003071236 [/][附件.xlsx]" + tight(kSheet) + "[/]");
  const std::string one = "from: a@example.gov.cn to: b@example.gov.cn subject: 一 电话 13912345678 >From here on [/]";
  EXPECT_EQ(tight(read("mail.mbox")), "[1]" + one + "[2]" + one);
}

// RFC 2047 section 8 and 6.2, RFC 2231 section 3 and 4; a character cut between two words as some programs do.
TEST(Extract, EncodedWordsAndNamesOfAttachmentsAreResolved) {
  const std::string mail =
      "From: =?ISO-8859-1?Q?Andr=E9?= Pirard <p@example.org>\r\nTo: =?gb2312?B?1cXOsA==?= <z@example.org>\r\n"
      "Subject: =?utf-8?B?5byg5Lw=?=\r\n =?utf-8?B?nw==?=\r\nDate: x\r\nMIME-Version: 1.0\r\n"
      "Content-Type: application/octet-stream; name*0*=utf-8''%E5%90%8D; name*1*=%E5%8D%95; name*2=.txt\r\n"
      "Content-Transfer-Encoding: quoted-printable\r\n\r\nA=3DB=\r\nC\r\n";
  EXPECT_EQ(read(base::view(mail)), "from: André Pirard <p@example.org>\nto: 张伟 <z@example.org>\nsubject: 张伟\ndate: x\n\n[名单.txt]A=BC\r\n[/]");
}

TEST(Extract, AMessageCutInsideAPartSaysSo) {
  const std::string mail = "From: a\nTo: b\nSubject: c\nContent-Type: multipart/mixed; boundary=B\n\n--B\n\nfirst\n--B\n\nsecond";
  EXPECT_EQ(read(base::view(mail)), "from: a\nto: b\nsubject: c\n\nfirst\n\nsecond\n{mail: damaged or cut short}");
}

TEST(Extract, AnOutlookMessageIsItsPropertiesAndAttachments) {
  const auto msg = compound({{"__properties_version1.0", "x"},
                             {"__substg1.0_0037001F", utf16("名单 510107199003071236")},
                             {"__substg1.0_0C1F001E", "a@example.gov.cn"},
                             {"__substg1.0_1000001F", utf16("电话 13800138000") + std::string(5000, ' ')},
                             {"__recip_version1.0_#00000000/__substg1.0_3001001F", utf16("王芳")},
                             {"__attach_version1.0_#00000000/__substg1.0_3707001F", utf16("名单.csv")},
                             {"__attach_version1.0_#00000000/__substg1.0_37010102", "姓名,身份证号\n"},
                             {"__attach_version1.0_#00000001/__substg1.0_3001001F", utf16("x")},
                             {"__attach_version1.0_#00000001/__substg1.0_3704001F", utf16("inner")},
                             {"__attach_version1.0_#00000001/__substg1.0_3701000D/__properties_version1.0", "x"},
                             {"__attach_version1.0_#00000001/__substg1.0_3701000D/__substg1.0_0037001F", utf16("转发")}});
  const std::string said = read(msg);
  EXPECT_TRUE(said.starts_with("from: a@example.gov.cn\nsubject: 名单 510107199003071236\n\n电话 13800138000")) << said;
  EXPECT_NE(said.find("to: 王芳"), std::string::npos) << said;
  EXPECT_NE(said.find("[名单.csv]姓名,身份证号\n[/]"), std::string::npos) << said;
  EXPECT_NE(said.find("[inner]subject: 转发\n"), std::string::npos) << said;
}

TEST(Extract, AnOfdIsTheTextOfItsPagesInLines) {
  const std::string page =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?><ofd:Page xmlns:ofd=\"http://www.ofdspec.org/2016\"><ofd:Content><ofd:Layer>"
      "<ofd:TextObject ID=\"1\" Boundary=\"10 10 20 5\"><ofd:TextCode X=\"0\" Y=\"4\">身份证</ofd:TextCode></ofd:TextObject>"
      "<ofd:TextObject ID=\"2\" Boundary=\"30 10 20 5\"><ofd:TextCode X=\"0\" Y=\"4\">510107</ofd:TextCode></ofd:TextObject>"
      "<ofd:TextObject ID=\"3\" Boundary=\"50 10 30 5\"><ofd:TextCode X=\"0\" Y=\"4\">199003071236</ofd:TextCode></ofd:TextObject>"
      "<ofd:TextObject ID=\"4\" Boundary=\"120 10 30 5\"><ofd:TextCode X=\"0\" Y=\"4\">张&#x4F1F;</ofd:TextCode></ofd:TextObject>"
      "<ofd:TextObject ID=\"5\" Boundary=\"10 20 30 5\"><ofd:TextCode X=\"0\" Y=\"4\">电话</ofd:TextCode></ofd:TextObject>"
      "</ofd:Layer></ofd:Content></ofd:Page>";
  EXPECT_EQ(read(zip({{"OFD.xml", "<ofd:OFD/>"}, {"Doc_0/Pages/Page_0/Content.xml", page}, {"Doc_0/Res/image_1.png", "\x89PNG\r\n"}})),
            "身份证510107199003071236\t张伟\n电话\n(Doc_0/Res/image_1.png){image: no reader for this format}\x89PNG\r\n(/)");
}

TEST(Extract, NumbersOfCellsAreWhatAPersonSees) {
  const auto xlsx = zip({{"xl/workbook.xml", "<workbook><sheets><sheet name=\"名单\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"},
                         {"xl/_rels/workbook.xml.rels", "<Relationships><Relationship Id=\"rId1\" Target=\"worksheets/sheet1.xml\"/></Relationships>"},
                         {"xl/styles.xml", "<styleSheet><numFmts><numFmt numFmtId=\"165\" formatCode=\"yyyy&quot;年&quot;m&quot;月&quot;\"/></numFmts>"
                                           "<cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"165\"/></cellXfs></styleSheet>"},
                         {"xl/worksheets/sheet1.xml", "<worksheet><sheetData><row><c r=\"A1\" t=\"inlineStr\"><is><t>电</t></is></c><c r=\"C1\" t=\"str\"><v>出生</v></c></row>"
                                                      "<row><c r=\"A2\"><v>1.3800138E10</v></c><c r=\"C2\" s=\"1\"><v>32939</v></c></row></sheetData></worksheet>"}});
  // 32939 days after 1899-12-30 is 1990-03-07.
  EXPECT_EQ(read(xlsx), "(名单)电\t\t出生\n13800138000\t\t1990-03-07\n(/)");
}

TEST(Extract, XmlExpandsNothing) {
  const std::string bomb =
      "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\"><!ENTITY c SYSTEM \"file:///etc/passwd\">]>"
      "<w:document><w:p><w:t>x&b;&c;y<![CDATA[<z>]]></w:t><!-- <w:t>no</w:t> --></w:p></w:document>";
  EXPECT_EQ(read(zip({{"word/document.xml", bomb}})), "x  y<z>\n");
}

TEST(Extract, EncodingsOfRtfAreItsCodePageAndUnicode) {
  EXPECT_EQ(read(base::view("{\\rtf1\\ansi\\ansicpg936 \\'d0\\'d5\\'c3\\'fb\\tab\\u24352?\\u20255 ?{\\*\\x hidden}{\\fonttbl hidden}\\par 1\\~2}")), "姓名\t张伟\n1 2");
}

TEST(Extract, CutAtAnyByteEveryDocumentEndsAndOpensNothingItDoesNotClose) {
  for (const char* name : {"people.doc", "people.docx", "people.odt", "people.rtf", "people.xls", "people.xlsx", "people.ods", "people.db", "people.pdf", "mail.eml",
                           "mail.mbox", "slides.odp", "slides.pptx", "slides.ppt.gz", "cmap.pdf"}) {
    const auto whole = document(name);
    const std::size_t step = whole.size() < 1000 ? 1 : whole.size() / 160 + 1;
    for (std::size_t n = kSniff; n < whole.size(); n += step) {
      Heard out;
      local().extract(base::View(whole).first(n), {}, out);
      EXPECT_FALSE(out.open()) << name << " " << n;
      EXPECT_EQ(out.all.find("{end without begin}"), std::string::npos) << name << " " << n;
    }
  }
}

TEST(Extract, DamagedDocumentsDoNoHarm) {
  std::mt19937 random(7);
  for (const char* name : {"people.doc", "people.docx", "people.xls", "people.xlsx", "people.ods", "people.db", "people.rtf", "mail.eml", "cmap.pdf", "slides.ppt.gz"}) {
    const auto whole = document(name);
    for (int round = 0; round < 60; ++round) {
      auto bytes = whole;
      for (int i = 0; i < 8; ++i) bytes[64 + random() % (bytes.size() - 64)] = static_cast<std::uint8_t>(random());
      Heard out;
      local().extract(bytes, {}, out);
      EXPECT_FALSE(out.open()) << name;
    }
  }
}

TEST(Extract, TextInTwoByteUnitsWithoutAMarkIsRecognised) {
  const std::string le = utf16("姓名,身份证号\r\n张伟,510107199003071236\r\n");
  std::string be = le;
  for (std::size_t i = 0; i + 1 < be.size(); i += 2) std::swap(be[i], be[i + 1]);
  EXPECT_EQ(recognise(base::view(le)), Format::utf16_le);
  EXPECT_EQ(recognise(base::view(be)), Format::utf16_be);
  for (const std::string& bytes : {le, be}) {
    const auto key = crypto::Secret::copy_of(base::view("key"));
    Examination e(engine(), key, std::make_shared<model::Provenance>());
    e.feed(base::view(bytes));
    const auto c = e.finish();
    ASSERT_GE(c[0].types.size(), 1u);
    EXPECT_THAT(c[0].columns, testing::Contains("身份证号"));
  }
}

TEST(Extract, FormatsAreRecognisedByTheirContent) {
  EXPECT_EQ(recognise(base::view("Received: from a\r\nFrom: b\r\nTo: c\r\n\r\n")), Format::mail);
  EXPECT_EQ(recognise(base::view("Date: 2026-11-24 note\nthis is a diary\n")), Format::text);
  EXPECT_EQ(recognise(base::view("To: do\n")), Format::text);
  EXPECT_EQ(recognise(base::view("")), Format::text);
  EXPECT_EQ(recognise(base::view("a log line with one\0 stray byte in a hundred, which makes nothing binary at all by itself"sv)), Format::text);
  EXPECT_EQ(recognise(base::view("{\\rtf1}")), Format::rtf);
  EXPECT_EQ(recognise(base::view("PAR1")), Format::parquet);
}

TEST(Extract, APageIsItsTextThenWhatIsHiddenInIt) {
  EXPECT_EQ(tight(read(base::view("<!DOCTYPE html><html><head><style>p{}</style></head><body data-id=\"510107199003071236\"><table><tr><td>&#x59D3;&#21517;</td><td>电话</td></tr>"
                            "<tr><td>张伟</td><td>138<b>0013</b>8000</td></tr></table><script>var a='13912345678'</script></body></html>"))),
            "姓名 电话 张伟 13800138000 510107199003071236 var a='13912345678'</script> ");
  // The characters 姓名 in GB 2312, named so by the page.
  EXPECT_EQ(tight(read(base::view("<html><meta http-equiv=Content-Type content=\"text/html; charset=gb2312\"><p>\xD0\xD5\xC3\xFB</html>"))), "姓名 ");
}

// 姓名 身分證字號 電話 and a sentence of ten characters, by the code charts of Big5.
TEST(Extract, Big5IsToldFromGb18030AndReadInAnySplit) {
  const std::string big5 =
      "\xA9\x6D\xA6\x57,\xA8\xAD\xA4\xC0\xC3\xD2\xA6\x72\xB8\xB9,\xB9\x71\xB8\xDC\n"
      "\xB1\x69\xA4\x54,510107199003071236,13800138000\n";
  const std::string gb = "\xD0\xD5\xC3\xFB,\xC9\xED\xB7\xDD\xD6\xA4\xBA\xC5,\xB5\xE7\xBB\xB0\n\xD5\xC5\xCE\xB0,510107199003071236\n";
  EXPECT_EQ(recognise(base::view(big5)), Format::big5);
  EXPECT_EQ(recognise(base::view(gb)), Format::text);
  EXPECT_EQ(recognise(base::view("姓名,身分證字號,電話\n張三,510107199003071236")), Format::text) << "UTF-8";
  for (std::size_t cut = 0; cut <= big5.size(); ++cut) {
    Big5 reader;
    std::string out;
    reader.feed(base::view(big5).first(cut), out);
    reader.feed(base::view(big5).subspan(cut), out);
    reader.finish(out);
    ASSERT_EQ(out, "姓名,身分證字號,電話\n張三,510107199003071236,13800138000\n") << cut;
  }
}
