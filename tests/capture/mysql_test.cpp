// MySQL conversations built per the MySQL manual, "Client/Server Protocol".
#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <random>

#include "capture/protocols/mysql.h"
#include "tests/capture/build.h"
#include "tests/capture/database.h"

namespace fengsui::capture {
namespace {

using test::bytes_of;
using test::join;
using test::Talked;

constexpr std::uint32_t kBase = 0x0001 | 0x0200 | 0x8000 | 0x80000;  // long password, 4.1, secure connection, plugin auth
constexpr std::uint32_t kWithDb = 0x0008, kDeprecateEof = 1u << 24, kAttributes = 1u << 27, kCompress = 0x20, kZstd = 1u << 26, kSsl = 0x0800;

base::Bytes packet(int sequence, base::View payload) {
  const int n = static_cast<int>(payload.size());
  return join({bytes_of({n & 255, (n >> 8) & 255, (n >> 16) & 255, sequence}), payload});
}
base::Bytes le32(std::uint32_t v) { return bytes_of({static_cast<int>(v & 255), static_cast<int>(v >> 8 & 255), static_cast<int>(v >> 16 & 255), static_cast<int>(v >> 24)}); }
base::Bytes text(std::string_view s) {  // Protocol::LengthEncodedString
  const int n = static_cast<int>(s.size());
  return n < 251 ? join({bytes_of({n}), base::view(s)}) : join({bytes_of({0xfc, n & 255, n >> 8}), base::view(s)});
}
base::Bytes hello(std::uint32_t flags, std::uint32_t extended = 0) {
  return packet(0, join({bytes_of({10}), base::view("8.0.36"), bytes_of({0, 1, 0, 0, 0}), base::view("abcdefgh"), bytes_of({0}),
                         base::View(le32(flags)).first(2), bytes_of({33, 2, 0}), base::View(le32(flags)).subspan(2), bytes_of({21}), base::Bytes(6, 0), le32(extended),
                         base::view("ijklmnopqrst"), bytes_of({0})}));
}
base::Bytes login(std::uint32_t flags, std::uint32_t extended = 0) {
  return packet(1, join({le32(flags), le32(1u << 24), bytes_of({33}), base::Bytes(19, 0), le32(extended), base::view("hr_app"), bytes_of({0, 4}), base::view("PASS"),
                         (flags & kWithDb) != 0 ? join({base::view("hr"), bytes_of({0})}) : base::Bytes{}}));
}
base::Bytes ok(int sequence, int status = 2, int affected = 0) { return packet(sequence, bytes_of({0, affected, 0, status & 255, status >> 8, 0, 0})); }
base::Bytes eof(int sequence, bool deprecated, int status = 2) {
  return packet(sequence, deprecated ? bytes_of({0xfe, 0, 0, status & 255, status >> 8, 0, 0}) : bytes_of({0xfe, 0, 0, status & 255, status >> 8}));
}
base::Bytes column(int sequence, std::string_view name, int type = 0xfd) {
  return packet(sequence, join({text("def"), text("hr"), text("t"), text("t"), text(name), text(name), bytes_of({12, 33, 0, 255, 0, 0, 0, type, 0, 0, 0, 0, 0})}));
}
base::Bytes query(std::string_view sql) { return packet(0, join({bytes_of({3}), base::view(sql)})); }

Talked logged_in(std::uint32_t flags) {
  return {{Side::server, hello(flags)}, {Side::client, login(flags)}, {Side::server, ok(2)}};
}

// A result of names and id numbers; the sequence wraps.
base::Bytes result(int rows, bool deprecated, int end_status = 2) {
  int s = 1;
  base::Bytes out = packet(s++, bytes_of({2}));
  base::append(out, base::View(column(s++, "name")));
  base::append(out, base::View(column(s++, "id_card")));
  if (!deprecated) base::append(out, base::View(eof(s++, false)));
  for (int i = 0; i < rows; ++i) base::append(out, base::View(packet(s++ & 255, join({text("ROWVALUE"), text("110101199003" + std::to_string(100000 + i))}))));
  base::append(out, base::View(eof(s & 255, deprecated, end_status)));
  return out;
}

void hear(const Talked& talked, test::Heard& out) {
  test::hear([](Conversation& c) { return std::make_unique<Mysql>(c); }, talked, out);
  EXPECT_EQ(out.seen.broken, 0);
  for (const auto& whole : out.seen.contents) EXPECT_EQ(whole.ends, 1);
}
std::vector<std::string> lines(const Talked& talked) {
  test::Heard out;
  hear(talked, out);
  return test::activity_lines(out.seen);
}

const std::string kConnect = "mysql hr_app@hr connect status=1 version=8.0.36";

TEST(Mysql, FiveThousandRowsWithoutConditionAreCountedExactlyInBothEndings) {
  for (const bool deprecated : {false, true}) {
    Talked t = logged_in(kBase | kWithDb | (deprecated ? kDeprecateEof : 0));
    t.emplace_back(Side::client, query("SELECT * FROM t_person"));
    t.emplace_back(Side::server, result(5000, deprecated));
    test::Heard out;
    hear(t, out);
    EXPECT_EQ(test::activity_lines(out.seen), (std::vector<std::string>{kConnect, "mysql hr_app@hr select t_person rows=5000: SELECT * FROM t_person"}));
    const std::string rows = test::rows_text(out.seen);
    EXPECT_TRUE(rows.starts_with("name\tid_card\nROWVALUE\t110101199003100000\n"));
    EXPECT_EQ(std::count(rows.begin(), rows.end(), '\n'), 5001);
    const std::string away = test::leaving(out.seen);
    EXPECT_EQ(away.find("ROWVALUE"), std::string::npos);
    EXPECT_EQ(away.find("PASS"), std::string::npos);
    EXPECT_EQ(away.find("110101199003"), std::string::npos);
  }
}

Talked whole_conversation() {
  Talked t = logged_in(kBase | kWithDb | kAttributes);
  t.emplace_back(Side::client, packet(0, join({bytes_of({3, 0, 1}), base::view("SELECT name FROM t WHERE id='SECRET'")})));
  t.emplace_back(Side::server, result(2, false, 2 | 8));  // more results
  t.back().second = join({t.back().second, ok(9, 2, 3)});
  t.emplace_back(Side::client, packet(0, join({bytes_of({3, 0, 1}), base::view("UPDATE t SET a='SECRET'")})));
  t.emplace_back(Side::server, packet(1, join({bytes_of({0xff, 0x26, 4}), base::view("#23000Duplicate entry 'SECRET'")})));
  t.emplace_back(Side::client, packet(0, join({bytes_of({0x16}), base::view("SELECT name, n FROM t WHERE id=?")})));
  t.emplace_back(Side::server, join({packet(1, bytes_of({0, 7, 0, 0, 0, 2, 0, 1, 0, 0, 0, 0})), column(2, "?"), eof(3, false), column(4, "name"), column(5, "n", 8), eof(6, false)}));
  t.emplace_back(Side::client, packet(0, join({bytes_of({0x17, 7, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0xfd, 0}), text("SECRET")})));
  t.emplace_back(Side::server, join({packet(1, bytes_of({2})), column(2, "name"), column(3, "n", 8), eof(4, false),
                                     packet(5, join({bytes_of({0, 0}), text("ROWVALUE"), bytes_of({1, 2, 0, 0, 0, 0, 0, 0})})), packet(6, bytes_of({0, 12})), eof(7, false)}));
  t.emplace_back(Side::client, packet(0, bytes_of({0x19, 7, 0, 0, 0})));
  t.emplace_back(Side::client, packet(0, join({bytes_of({2}), base::view("crm")})));
  t.emplace_back(Side::server, ok(1));
  t.emplace_back(Side::client, query(std::string_view("\0\1DROP TABLE t_old", 18)));
  t.emplace_back(Side::server, ok(1));
  t.emplace_back(Side::client, packet(0, bytes_of({1})));
  return t;
}
const std::vector<std::string> kWhole = {
    kConnect,
    "mysql hr_app@hr select t rows=2 has_where: SELECT name FROM t WHERE id=?",
    "mysql hr_app@hr update t rows=0 code=1062: UPDATE t SET a=?",
    "mysql hr_app@hr select t rows=2 has_where prepared: SELECT name, n FROM t WHERE id=?",
    "mysql hr_app@crm drop t_old rows=0: DROP TABLE t_old",
};

TEST(Mysql, PreparedStatementsErrorsResultsAndDatabasesAreFollowedAtAnySplit) {
  const Talked t = whole_conversation();
  for (std::size_t split = 0; split < test::size_of(t); ++split) ASSERT_EQ(lines(test::split_at(t, split)), kWhole) << split;
  test::Heard out;
  hear(t, out);
  EXPECT_EQ(test::rows_text(out.seen, 1), "name\tn\nROWVALUE\t513\n\t\n");
  EXPECT_EQ(test::leaving(out.seen).find("SECRET"), std::string::npos);
  std::string sent;  // what the client sent went to the scanner, its password did not
  for (const auto& whole : out.seen.contents) if (whole.from->kind == model::ContentKind::message) sent += base::text(whole.bytes);
  EXPECT_NE(sent.find("id='SECRET'"), std::string::npos);
  EXPECT_NE(sent.find("\6SECRET"), std::string::npos);
  EXPECT_EQ(sent.find("PASS"), std::string::npos);
}

TEST(Mysql, ConversationCutAtAnyByteReportsWhatItSaw) {
  const Talked t = whole_conversation();
  for (std::size_t n = 0; n < test::size_of(t); ++n) {
    test::Heard out;
    hear(test::cut_at(t, n), out);
    EXPECT_EQ(test::leaving(out.seen).find("SECRET"), std::string::npos);
    EXPECT_LE(out.seen.activities.size(), kWhole.size()) << n;
  }
}

TEST(Mysql, TlsStopsWithANote) {
  const base::Bytes ssl = packet(1, join({le32(kBase | kSsl), le32(1u << 24), bytes_of({33}), base::Bytes(23, 0)}));
  test::Heard out;
  hear({{Side::server, hello(kBase | kSsl)}, {Side::client, ssl}, {Side::client, query("SELECT 1")}}, out);
  EXPECT_EQ(test::activity_lines(out.seen), (std::vector<std::string>{"mysql -@- connect status=0 version=8.0.36 unread=TLS"}));
  EXPECT_EQ(out.upgraded, "tls");
}

enum class Pack : std::uint8_t { stored, zlib, zstd };
// A compressed packet (MySQL manual, "Compressed Packet").
base::Bytes compressed(int sequence, base::View plain, Pack how) {
  base::Bytes out(how == Pack::stored ? plain.size() : how == Pack::zlib ? compressBound(plain.size()) : ZSTD_compressBound(plain.size()));
  if (how == Pack::stored) std::copy(plain.begin(), plain.end(), out.begin());
  if (how == Pack::zlib) {
    uLongf n = out.size();
    EXPECT_EQ(compress2(out.data(), &n, plain.data(), plain.size(), 6), Z_OK);
    out.resize(n);
  }
  if (how == Pack::zstd) out.resize(ZSTD_compress(out.data(), out.size(), plain.data(), plain.size(), 3));
  const int packed = static_cast<int>(out.size()), before = how == Pack::stored ? 0 : static_cast<int>(plain.size());
  return join({bytes_of({packed & 255, packed >> 8 & 255, packed >> 16 & 255, sequence, before & 255, before >> 8 & 255, before >> 16 & 255}), out});
}
// The same conversation, its commands and answers compressed; long answers in two packets that part anywhere.
Talked compressed(const Talked& plain, std::uint32_t flag, Pack how) {
  Talked out = logged_in(kBase | kWithDb | kAttributes | flag);
  for (std::size_t i = 3; i < plain.size(); ++i) {
    const base::View bytes = plain[i].second;
    const std::size_t half = bytes.size() > 100 ? 61 : bytes.size();
    out.emplace_back(plain[i].first, compressed(0, bytes.first(half), bytes.size() > 50 ? how : Pack::stored));
    if (half != bytes.size()) base::append(out.back().second, base::View(compressed(1, bytes.subspan(half), how)));
  }
  return out;
}

TEST(Mysql, CompressedConversationsAreReadAsPlainOnesAtAnySplit) {
  for (const auto& [flag, how] : {std::pair{kCompress, Pack::zlib}, {kCompress, Pack::stored}, {kZstd, Pack::zstd}}) {
    const Talked t = compressed(whole_conversation(), flag, how);
    for (std::size_t split = 0; split < test::size_of(t); ++split) ASSERT_EQ(lines(test::split_at(t, split)), kWhole) << split;
    Talked bytewise;
    for (const auto& [side, bytes] : t) for (const std::uint8_t b : bytes) bytewise.emplace_back(side, base::Bytes{b});
    EXPECT_EQ(lines(bytewise), kWhole);
  }
}

TEST(Mysql, CompressedConversationCutOrFlippedAnywhereNeverSaysMore) {
  const Talked t = compressed(whole_conversation(), kCompress, Pack::zlib);
  for (std::size_t n = 0; n < test::size_of(t); ++n) {
    test::Heard cut;
    hear(test::cut_at(t, n), cut);
    EXPECT_LE(cut.seen.activities.size(), kWhole.size()) << n;
    Talked flipped = t;
    std::size_t at = n;
    for (auto& [side, bytes] : flipped) {
      if (at < bytes.size()) {
        bytes[at] = static_cast<std::uint8_t>(bytes[at] ^ 0x10);
        break;
      }
      at -= bytes.size();
    }
    test::Heard broken;
    hear(flipped, broken);
    EXPECT_EQ(test::leaving(broken.seen).find("SECRET"), std::string::npos) << n;
  }
}

TEST(Mysql, CompressedPacketThatExpandsTooFarIsNotUnpackedAndTheNextCommandIsRead) {
  for (const bool wrong_size : {false, true}) {
    Talked t = logged_in(kBase | kWithDb | kCompress);
    t.emplace_back(Side::client, compressed(0, query("SELECT * FROM t"), Pack::stored));
    base::Bytes bomb = compressed(1, base::Bytes(9000, 0), Pack::zlib);  // some 30 bytes that say they hold 15 MiB, or 9 bytes
    bomb[4] = wrong_size ? 9 : 0;
    bomb[5] = 0;
    bomb[6] = wrong_size ? 0 : 0xf0;
    t.emplace_back(Side::server, bomb);
    t.emplace_back(Side::client, compressed(0, query("DELETE FROM b"), Pack::zlib));
    t.emplace_back(Side::server, compressed(1, ok(1, 2, 9), Pack::stored));
    test::Heard out;
    hear(t, out);
    EXPECT_EQ(out.tally[Count::body_expansion], wrong_size ? 0u : 1u);
    EXPECT_EQ(out.tally[Count::database_malformed], 1u);
    EXPECT_EQ(test::activity_lines(out.seen), (std::vector<std::string>{kConnect, "mysql hr_app@hr select t rows=0 incomplete: SELECT * FROM t",
                                                                        "mysql hr_app@hr delete b rows=0 affected=9: DELETE FROM b"}));
  }
}

TEST(Mysql, CompressedNoiseIsSurvived) {
  std::mt19937 random(11);
  for (int round = 0; round < 300; ++round) {
    Talked t = logged_in(kBase | kWithDb | (round % 2 ? kCompress : kZstd));
    for (int i = 0; i < 8; ++i) {
      base::Bytes noise(random() % 60);
      for (auto& b : noise) b = static_cast<std::uint8_t>(random());
      const Side side = random() % 2 ? Side::client : Side::server;
      t.emplace_back(side, random() % 3 == 0 ? noise : compressed(static_cast<int>(random() % 3), packet(static_cast<int>(random() % 3), noise), static_cast<Pack>(random() % 3)));
    }
    test::Heard out;
    hear(t, out);
  }
}

TEST(Mysql, CursorRowsFetchedInPartsAreOneStatement) {
  Talked t = logged_in(kBase | kWithDb);
  t.emplace_back(Side::client, packet(0, join({bytes_of({0x16}), base::view("SELECT n FROM t")})));
  t.emplace_back(Side::server, join({packet(1, bytes_of({0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0})), column(2, "n"), eof(3, false)}));
  t.emplace_back(Side::client, packet(0, bytes_of({0x17, 1, 0, 0, 0, 1, 1, 0, 0, 0})));
  t.emplace_back(Side::server, join({packet(1, bytes_of({1})), column(2, "n"), eof(3, false, 0x42)}));
  for (int part = 0; part < 3; ++part) {
    t.emplace_back(Side::client, packet(0, bytes_of({0x1c, 1, 0, 0, 0, 2, 0, 0, 0})));
    t.emplace_back(Side::server, join({packet(1, join({bytes_of({0, 0}), text("a")})), packet(2, join({bytes_of({0, 0}), text("b")})), eof(3, false, part < 2 ? 0x42 : 0x82)}));
  }
  EXPECT_EQ(lines(t), (std::vector<std::string>{kConnect, "mysql hr_app@hr select t rows=6 prepared: SELECT n FROM t"}));
}

// MariaDB manual, "Result Set Packets": with MARIADB_CLIENT_CACHE_METADATA (bit 36) a 0 after the number of columns says that
// their definitions are those of the preparation. A client that is not CLIENT_MYSQL (bit 0) tells such bits.
TEST(Mysql, ColumnsLeftOutOfAnAnswerAreThoseOfThePreparation) {
  for (const bool deprecated : {false, true}) {
    const std::uint32_t flags = (kBase & ~1u) | kWithDb | (deprecated ? kDeprecateEof : 0);
    Talked t = {{Side::server, hello(flags, 0x10)}, {Side::client, login(flags, 0x10)}, {Side::server, ok(2)}};
    t.emplace_back(Side::client, packet(0, join({bytes_of({0x16}), base::view("SELECT name, n FROM t WHERE id<?")})));
    base::Bytes answer = join({packet(1, bytes_of({0, 7, 0, 0, 0, 2, 0, 1, 0, 0, 0, 0})), column(2, "?", 3)});
    int s = 3;
    if (!deprecated) base::append(answer, base::View(eof(s++, false)));
    for (const auto& definition : {column(s, "name"), column(s + 1, "n", 8)}) base::append(answer, base::View(definition));
    if (!deprecated) base::append(answer, base::View(eof(s + 2, false)));
    t.emplace_back(Side::server, answer);
    t.emplace_back(Side::client, packet(0, bytes_of({0x17, 7, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 0, 9, 0, 0, 0})));
    base::Bytes rows = packet(1, bytes_of({2, 0}));
    if (!deprecated) base::append(rows, base::View(eof(2, false)));
    base::append(rows, base::View(packet(3, join({bytes_of({0, 0}), text("ROWVALUE"), bytes_of({1, 2, 0, 0, 0, 0, 0, 0})}))));
    base::append(rows, base::View(eof(4, deprecated)));
    t.emplace_back(Side::server, rows);
    t.emplace_back(Side::client, packet(0, bytes_of({0x17, 7, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 9, 0, 0, 0})));
    t.emplace_back(Side::server, rows);
    for (std::size_t split = 0; split < test::size_of(t); ++split) {
      test::Heard out;
      hear(test::split_at(t, split), out);
      const std::string line = "mysql hr_app@hr select t rows=1 has_where prepared: SELECT name, n FROM t WHERE id<?";
      ASSERT_EQ(test::activity_lines(out.seen), (std::vector<std::string>{kConnect, line, line})) << split;
      ASSERT_EQ(test::rows_text(out.seen, 0), "name\tn\nROWVALUE\t513\n");
      ASSERT_EQ(test::rows_text(out.seen, 1), "name\tn\nROWVALUE\t513\n");
    }
  }
}

TEST(Mysql, ColumnsOfPreparedStatementsAreBounded) {
  Talked t = logged_in(kBase | kWithDb | kDeprecateEof);
  for (int id = 1; id <= 5; ++id) {  // 5 statements of 4,000 columns: the last one is not remembered
    t.emplace_back(Side::client, packet(0, join({bytes_of({0x16}), base::view("SELECT * FROM t")})));
    base::Bytes answer = packet(1, bytes_of({0, id, 0, 0, 0, 4000 & 255, 4000 >> 8, 0, 0, 0, 0, 0}));
    for (int i = 0; i < 4000; ++i) base::append(answer, base::View(column(i + 2, "c")));
    t.emplace_back(Side::server, answer);
  }
  test::Heard out;
  hear(t, out);
  EXPECT_EQ(out.tally[Count::database_limit], 1u);
}

// MariaDB manual, "Progress Reporting": an ERR of number 0xffff stands between a command and its answer.
TEST(Mysql, ProgressOfMariaDbIsNoAnswer) {
  Talked t = logged_in(kBase | kWithDb);
  t.emplace_back(Side::client, query("LOAD DATA LOCAL INFILE 'a' INTO TABLE t"));
  t.emplace_back(Side::server, packet(1, join({bytes_of({0xfb}), base::view("a")})));
  t.emplace_back(Side::client, join({packet(2, base::view("1\tROWVALUE\n2\tROWVALUE\n")), packet(3, {})}));
  t.emplace_back(Side::server, join({packet(4, join({bytes_of({0xff, 0xff, 0xff, 1, 1, 1, 0, 0, 0}), text("Reading file")})), ok(5, 2, 2)}));
  test::Heard out;
  hear(t, out);
  EXPECT_EQ(test::activity_lines(out.seen), (std::vector<std::string>{kConnect, "mysql hr_app@hr load t rows=2 affected=2: LOAD DATA LOCAL INFILE ? INTO TABLE t"}));
  EXPECT_EQ(test::rows_text(out.seen), "1\tROWVALUE\n2\tROWVALUE\n");
}

TEST(Mysql, RowOfMoreThanOnePacketIsOneRow) {
  Talked t = logged_in(kBase | kWithDb);
  t.emplace_back(Side::client, query("SELECT doc FROM t"));
  base::Bytes big(0xffffff, 'x');
  const base::Bytes length = bytes_of({0xfd, 0xff, 0xff, 0xff});
  std::copy(length.begin(), length.end(), big.begin());
  t.emplace_back(Side::server, join({packet(1, bytes_of({1})), column(2, "doc"), eof(3, false), packet(4, big), packet(5, base::view("xxxx")), eof(6, false)}));
  test::Heard out;
  hear(t, out);
  EXPECT_EQ(test::activity_line(out.seen.activities[1]), "mysql hr_app@hr select t rows=1: SELECT doc FROM t");
  EXPECT_GE(out.tally[Count::database_limit], 1u);
}

TEST(Mysql, JoinedLaterAndAfterAHoleTheNextStatementIsRead) {
  test::Heard out;
  const Limits limits;
  Room room{out.seen, out.tally, limits, "test", 1, false, {}};
  Conversation c{room, {"10.0.0.1", 40000}, {"10.0.0.2", 3306}, "1:x", 6, 1, "mysql", "", ""};
  Mysql session(c);
  session.data(Side::client, query("SELECT * FROM a"));
  const base::Bytes rows = result(5, true);
  session.data(Side::server, base::View(rows).first(150));
  session.gap(Side::server, 40);
  session.data(Side::server, base::View(rows).subspan(190));
  session.data(Side::client, query("DELETE FROM b"));
  session.data(Side::server, ok(1, 2, 9));
  session.finish();
  const auto seen = test::activity_lines(out.seen);
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_NE(seen[0].find("select a rows="), std::string::npos);
  EXPECT_NE(seen[0].find(" incomplete"), std::string::npos);
  EXPECT_EQ(seen[1], "mysql -@- delete b rows=0 affected=9: DELETE FROM b");
}

TEST(Mysql, TablesOfCommandsAndStatementsAreBounded) {
  Talked t = logged_in(kBase | kWithDb);
  for (int i = 0; i < 200; ++i) t.emplace_back(Side::client, query("SELECT 1"));
  for (int i = 0; i < 1100; ++i) {
    t.emplace_back(Side::client, packet(0, join({bytes_of({0x16}), base::view("SELECT 1")})));
    if (i == 0) t.emplace_back(Side::server, base::Bytes{});
  }
  test::Heard out;
  hear(t, out);
  EXPECT_GE(out.tally[Count::database_limit], 2u);
  Talked p = logged_in(kBase | kWithDb);
  for (int i = 0; i < 1100; ++i) {
    p.emplace_back(Side::client, packet(0, join({bytes_of({0x16}), base::view("SELECT 1")})));
    p.emplace_back(Side::server, packet(1, bytes_of({0, i & 255, i >> 8, 0, 0, 0, 0, 0, 0, 0, 0, 0})));
  }
  test::Heard second;
  hear(p, second);
  EXPECT_EQ(second.tally[Count::database_limit], 1100u - kMaxMysqlStatements);
}

TEST(Mysql, GarbageIsSurvived) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    Talked t = round % 2 ? logged_in(kBase | kWithDb) : Talked{};
    for (int i = 0; i < 8; ++i) {
      base::Bytes noise(random() % 60);
      for (auto& b : noise) b = static_cast<std::uint8_t>(random());
      t.emplace_back(random() % 2 ? Side::client : Side::server, random() % 2 ? noise : packet(static_cast<int>(random() % 3), noise));
    }
    test::Heard out;
    hear(t, out);
  }
}

}  // namespace
}  // namespace fengsui::capture
