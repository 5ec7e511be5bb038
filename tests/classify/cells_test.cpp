#include "classify/cells.h"

#include "classify/kit.h"
#include "classify/words.h"

using namespace fengsui;
using namespace fengsui::classify;

namespace {

// Everything a reader said: "table t", "0:name", "<value>" (~ null, … cut), "/" at the end of a row.
class Said final : public CellSink {
 public:
  std::string text;
  std::uint64_t stop_after = UINT64_MAX, rows = 0;

  void on_table(base::View name) override { text += "table " + std::string(base::text(name)) + "\n"; }
  void on_name(std::size_t column, base::View name, base::View remark) override {
    text += std::to_string(column) + ":" + std::string(base::text(name));
    if (!remark.empty()) text += "(" + std::string(base::text(remark)) + ")";
    text += "\n";
  }
  void on_cell(std::size_t column, base::View value, CellKind kind) override {
    text += std::to_string(column) + "=" + (kind == CellKind::null ? "~" : std::string(base::text(value)) + (kind == CellKind::cut ? "…" : "")) + " ";
  }
  bool on_row(std::size_t width) override {
    text += "/" + std::to_string(width) + "\n";
    return ++rows < stop_after;
  }
};

std::string cells(std::string_view content, std::size_t piece = SIZE_MAX) {
  Said said;
  const auto reader = cell_reader(base::view(content.substr(0, kSniffTable)), said);
  if (!reader) return "no table";
  for (std::size_t at = 0; at < content.size(); at += piece) {
    reader->feed(base::view(content.substr(at, piece)));
    if (piece == SIZE_MAX) break;
  }
  reader->finish();
  return std::string(reader->format()) + "\n" + said.text;
}

const std::string kCsv = "\xEF\xBB\xBF姓名,\"住址\n(门牌)\",备注\r\n\"张\"\"三\"\"\",\"船山区,1号\n2单元\",\r\n李四, 无 ,NULL\n\n王五,x\n";
const std::string kJson = R"({"code":0,"data":{"list":[{"xm":"\u5f20\u4e09","sfz":"a\"b\\","age":31,"tags":["x","y"]},{"xm":null,"sfz":"","ok":true}]}})";
const std::string kSql =
    "-- MySQL dump 10.13\n/*!40101 SET NAMES utf8 */;\nCREATE TABLE `t_p` (\n  `id` int(11) NOT NULL,\n  `xm` varchar(20) DEFAULT '(a,b)' COMMENT '姓名',\n"
    "  PRIMARY KEY (`id`)\n) ENGINE=InnoDB;\nINSERT INTO `t_p` VALUES (1,'O\\'Neil; (x)'),(2,NULL),(-3,'it''s');\n"
    "INSERT INTO db.`t_q` (`a`, b) VALUES (0x1F,CONCAT('u','v')) ON DUPLICATE KEY UPDATE a=VALUES(a);\n";
const std::string kPg =
    "--\n-- PostgreSQL database dump\n--\nSET client_encoding = 'UTF8';\nCOPY public.t_p (id, \"Name\") FROM stdin;\n1\ta\\tb\n2\t\\N\n3\t\n\\.\n\n"
    "INSERT INTO public.t_p (id) VALUES ('C:\\');\nINSERT INTO public.t_p (id) VALUES (E'x\\'y');\n";

}  // namespace

TEST(Cells, CsvKnowsQuotedLinesDoubledQuotesAndNothing) {
  EXPECT_EQ(cells(kCsv),
            "csv\ntable \n0:姓名\n1:住址 (门牌)\n2:备注\n0=张\"三\" 1=船山区,1号\n2单元 2=~ /3\n0=李四 1=无 2=~ /3\n0=王五 1=x /2\n");
}

TEST(Cells, TheDelimiterIsTheOneThatDividesEveryLineAlike) {
  EXPECT_EQ(cells("a;b\n1,5;2\n3,5;4\n"), "ssv\ntable \n0:a\n1:b\n0=1,5 1=2 /2\n0=3,5 1=4 /2\n");
  EXPECT_EQ(cells("a\tb\n1,5\t2\n"), "tsv\ntable \n0:a\n1:b\n0=1,5 1=2 /2\n");
  EXPECT_EQ(cells("a|b|c\n1|2|3\n"), "psv\ntable \n0:a\n1:b\n2:c\n0=1 1=2 2=3 /3\n");
  EXPECT_EQ(cells("abc\ndef\n"), "list\ntable \n0:abc\n0=def /1\n");
  EXPECT_EQ(cells("A sentence, with a comma.\nAnother sentence without one.\n"), "no table");
  EXPECT_EQ(cells(""), "no table");
}

TEST(Cells, TitlesBeforeTheHeadAreNoRows) {
  EXPECT_EQ(cells("2026年度人员名册\n姓名,编号,备注\na,1,x\nb,2,y\n"), "csv\ntable \n0:姓名\n1:编号\n2:备注\n0=a 1=1 2=x /3\n0=b 1=2 2=y /3\n");
}

TEST(Cells, AFirstLineOfValuesIsARow) {
  EXPECT_EQ(cells("13800138000,a\n13900139000,b\n"), "csv\ntable \n0:\n1:\n0=13800138000 1=a /2\n0=13900139000 1=b /2\n");
}

TEST(Cells, TheSecondByteOfAGb18030CharacterIsNoDelimiter) {
  // 亅 is 81 7C in GB 18030: 7C alone would be a bar.
  const std::string gb = to_gb18030("姓名|") + "b\n\x81\x7C|2\n";
  EXPECT_EQ(cells(gb), "psv\ntable \n0:" + to_gb18030("姓名") + "\n1:b\n0=\x81\x7C 1=2 /2\n");
}

TEST(Cells, JsonColumnsArePathsAndRowsAreTheObjectsOfTheOutermostArray) {
  EXPECT_EQ(cells(kJson),
            "json\ntable \n0:code\n0=0 1:data.list.xm\n1=张三 2:data.list.sfz\n2=a\"b\\ 3:data.list.age\n3=31 4:data.list.tags\n4=x 4=y /5\n"
            "1=~ 2=~ 5:data.list.ok\n5=true /3\n");
  EXPECT_EQ(cells("{\"a\":1}\n{\"a\":2,\"b\":{\"c\":\"\\ud83d\\ude00\"}}\n"), "ndjson\ntable \n0:a\n0=1 /1\n0=2 1:b.c\n1=\xF0\x9F\x98\x80 /2\n");
}

TEST(Cells, AKeyThatIsAValueIsNotKept) {
  EXPECT_EQ(cells(R"({"510107199003071236":{"age":3},"13800138000":1})"), "json\ntable \n0:*.age\n0=3 1:*\n1=1 /2\n");
}

TEST(Cells, SqlDumpsOfMySql) {
  EXPECT_EQ(cells(kSql),
            "sql\ntable t_p\n0:id\n1:xm(姓名)\ntable t_p\n0=1 1=O'Neil; (x) /2\n0=2 1=~ /2\n0=3 1=it's /2\n"
            "table t_q\n0:a\n1:b\n0=0x1F 1=v /2\n");
}

TEST(Cells, SqlDumpsOfPostgreSql) {
  EXPECT_EQ(cells(kPg),
            "sql\ntable t_p\n0:id\n1:Name\n0=1 1=a\tb /2\n0=2 1=~ /2\n0=3 1=~ /2\ntable t_p\n0:id\n0=C:\\ /1\ntable t_p\n0:id\n0=x'y /1\n");
}

TEST(Cells, AnySplitGivesTheSameCells) {
  for (const std::string& content : {kCsv, kJson, kSql, kPg})
    for (const std::size_t piece : {1u, 2u, 3u, 5u, 7u, 64u}) EXPECT_EQ(cells(content, piece), cells(content)) << piece;
}

TEST(Cells, ATruncatedContentGivesABeginningOfItsRows) {
  for (const std::string& content : {kJson, kSql, kPg}) {
    Said whole;
    const auto all = cell_reader(base::view(content), whole);
    all->feed(base::view(content));
    for (std::size_t n = 0; n < content.size(); ++n) {
      Said said;
      const auto reader = cell_reader(base::view(content), said);
      reader->feed(base::view(content.substr(0, n)));
      ASSERT_TRUE(whole.text.starts_with(said.text)) << n;
    }
  }
}

TEST(Cells, LongCellsAreCutAndAreNotKept) {
  const std::string csv = "a,b\n" + std::string(kMaxCell + 1, 'x') + "," + std::string(kMaxCell, 'y') + "\n";
  EXPECT_EQ(cells(csv), "csv\ntable \n0:a\n1:b\n0=" + std::string(kMaxCell, 'x') + "… 1=" + std::string(kMaxCell, 'y') + " /2\n");
}

TEST(Cells, AQuoteThatNeverClosesEndsAtALineAfterTheLimit) {
  Said said;
  const auto reader = delimited_reader(',', true, said);
  reader->feed(base::view("a,b\n\"" + std::string(kMaxQuoted + 1, 'x') + "\n1,2\n"));
  reader->finish();
  EXPECT_TRUE(said.text.ends_with("/1\n0=1 1=2 /2\n"));
}

TEST(Cells, ColumnsBeyondTheWidthAreNotTold) {
  Said said;
  const auto reader = delimited_reader(',', true, said);
  std::string line;
  for (std::size_t i = 0; i < kMaxWidth + 10; ++i) line += "a,";
  reader->feed(base::view(line + "a\n" + line + "a\n"));
  EXPECT_EQ(said.text.find(std::to_string(kMaxWidth) + "="), std::string::npos);
  EXPECT_TRUE(said.text.ends_with("/" + std::to_string(kMaxWidth + 11) + "\n"));
}

TEST(Cells, NestingBeyondTheLimitStopsTheReader) {
  Said said;
  const auto reader = json_reader(true, said);
  reader->feed(base::view(std::string(65, '[')));
  EXPECT_TRUE(reader->stopped());
}

TEST(Cells, TheSinkStopsTheReaderAtARow) {
  Said said;
  said.stop_after = 1;
  const auto reader = delimited_reader(',', true, said);
  const std::string csv = "a,b\n1,2\n3,4\n";
  EXPECT_EQ(reader->feed(base::view(csv)), 8u);
  EXPECT_TRUE(reader->stopped());
}

TEST(Cells, GarbageGivesNoTableOrSomeCellsAndNeverMore) {
  std::uint32_t x = 1;
  for (int i = 0; i < 300; ++i) {
    std::string junk(i < 3 ? "[{" : i < 6 ? "{\"" : i < 9 ? "INSERT INTO t VALUES (" : "");
    for (int k = 0; k < 700; ++k) {
      x = x * 1664525 + 1013904223;
      junk.push_back(i % 2 == 0 ? static_cast<char>(x >> 24) : ",;\t|\n\"'\\{}[]():`ab0-"[(x >> 24) % 21]);
    }
    const std::string whole = cells(junk);
    EXPECT_EQ(cells(junk, 3), whole) << i;
  }
}
