// PostgreSQL conversations built per the PostgreSQL manual, "Frontend/Backend Protocol".
#include <gtest/gtest.h>

#include <random>

#include "capture/protocols/postgres.h"
#include "tests/capture/build.h"
#include "tests/capture/database.h"

namespace fengsui::capture {
namespace {

using test::bytes_of;
using test::join;
using test::Talked;

base::Bytes be32(std::size_t v) { return bytes_of({static_cast<int>(v >> 24 & 255), static_cast<int>(v >> 16 & 255), static_cast<int>(v >> 8 & 255), static_cast<int>(v & 255)}); }
base::Bytes message(char type, base::View payload = {}) { return join({bytes_of({type}), be32(payload.size() + 4), payload}); }
base::Bytes bare(base::View payload) { return join({be32(payload.size() + 4), payload}); }
base::Bytes z(std::string_view s) { return join({base::view(s), bytes_of({0})}); }
base::Bytes value(std::string_view s) { return join({be32(s.size()), base::view(s)}); }
base::Bytes field(std::string_view name, int oid, int format = 0) { return join({z(name), bytes_of({0, 0, 0, 0, 0, 0, 0, 0, oid >> 8, oid & 255, 255, 255, 0, 0, 0, 0, 0, format})}); }
base::Bytes ready() { return message('Z', bytes_of({'I'})); }
base::Bytes complete(std::string_view tag) { return message('C', z(tag)); }
base::Bytes row(std::string_view a, std::string_view b) { return message('D', join({bytes_of({0, 2}), value(a), value(b)})); }

Talked logged_in() {
  return {{Side::client, bare(be32(80877103))},
          {Side::server, bytes_of({'N'})},
          {Side::client, bare(join({bytes_of({0, 3, 0, 0}), z("user"), z("hr_app"), z("database"), z("hr"), bytes_of({0})}))},
          {Side::server, message('R', bytes_of({0, 0, 0, 3}))},
          {Side::client, message('p', z("PASSWORD"))},
          {Side::server, join({message('R', bytes_of({0, 0, 0, 0})), message('S', join({z("server_version"), z("15.6")})), ready()})}};
}
const std::string kConnect = "postgresql hr_app@hr connect status=1 version=15.6";

void hear(const Talked& talked, test::Heard& out) {
  test::hear([](Conversation& c) { return std::make_unique<Postgres>(c); }, talked, out);
  EXPECT_EQ(out.seen.broken, 0);
  for (const auto& whole : out.seen.contents) EXPECT_EQ(whole.ends, 1);
}
std::vector<std::string> lines(const Talked& talked) {
  test::Heard out;
  hear(talked, out);
  return test::activity_lines(out.seen);
}

Talked whole_conversation() {
  Talked t = logged_in();
  t.emplace_back(Side::client, message('Q', z("SELECT * FROM t_person; DELETE FROM t_old")));
  t.emplace_back(Side::server, join({message('T', join({bytes_of({0, 2}), field("name", 25), field("id_card", 25)})), row("ROWVALUE", "SECRET"), row("ROWVALUE", "SECRET"),
                                     complete("SELECT 2"), complete("DELETE 7"), ready()}));
  t.emplace_back(Side::client, message('Q', z("INSERT INTO t VALUES ('SECRET')")));
  t.emplace_back(Side::server, join({message('E', join({bytes_of({'S'}), z("ERROR"), bytes_of({'C'}), z("23505"), bytes_of({'D'}), z("Key (a)=(SECRET)"), bytes_of({0})})), ready()}));
  t.emplace_back(Side::client, join({message('P', join({z("s1"), z("SELECT name, n FROM t WHERE id=$1"), bytes_of({0, 0})})),
                                     message('B', join({z(""), z("s1"), bytes_of({0, 0, 0, 1}), value("SECRET"), bytes_of({0, 1, 0, 1})})),
                                     message('D', join({bytes_of({'P'}), z("")})), message('E', join({z(""), be32(0)})), message('S')}));
  t.emplace_back(Side::server, join({message('1'), message('2'), message('T', join({bytes_of({0, 2}), field("name", 1043, 1), field("n", 20, 1)})),
                                     row("ROWVALUE", std::string_view("\0\0\0\0\0\0\2\1", 8)), complete("SELECT 1"), ready()}));
  t.emplace_back(Side::client, message('Q', z("COPY t_person (id, name) TO STDOUT")));
  t.emplace_back(Side::server, join({message('H', bytes_of({0, 0, 2, 0, 0, 0, 0})), message('d', base::view("1\tROWVALUE\n")), message('d', base::view("2\tROWVALUE\n")),
                                     message('c'), complete("COPY 2"), ready()}));
  t.emplace_back(Side::client, message('Q', z("COPY t_in FROM STDIN")));
  t.emplace_back(Side::server, message('G', bytes_of({0, 0, 1, 0, 0})));
  t.emplace_back(Side::client, join({message('d', base::view("SECRET\n")), message('c')}));
  t.emplace_back(Side::server, join({complete("COPY 1"), ready()}));
  t.emplace_back(Side::client, message('X'));
  return t;
}
const std::vector<std::string> kWhole = {
    kConnect,
    "postgresql hr_app@hr select t_person rows=2: SELECT * FROM t_person",
    "postgresql hr_app@hr delete t_old rows=0 affected=7: DELETE FROM t_old",
    "postgresql hr_app@hr insert t rows=0 code=23505: INSERT INTO t VALUES (?)",
    "postgresql hr_app@hr select t rows=1 has_where prepared: SELECT name, n FROM t WHERE id=?",
    "postgresql hr_app@hr copy t_person rows=2 exports: COPY t_person (id, name) TO STDOUT",
    "postgresql hr_app@hr copy t_in rows=1: COPY t_in FROM STDIN",
};

TEST(Postgres, SimpleExtendedAndCopyAreFollowedAtAnySplit) {
  const Talked t = whole_conversation();
  for (std::size_t split = 0; split < test::size_of(t); ++split) ASSERT_EQ(lines(test::split_at(t, split)), kWhole) << split;
  test::Heard out;
  hear(t, out);
  EXPECT_EQ(test::rows_text(out.seen, 0), "name\tid_card\nROWVALUE\tSECRET\nROWVALUE\tSECRET\n");
  EXPECT_EQ(test::rows_text(out.seen, 1), "name\tn\nROWVALUE\t513\n");
  EXPECT_EQ(test::rows_text(out.seen, 2), "id\tname\n1\tROWVALUE\n2\tROWVALUE\n");
  EXPECT_EQ(test::rows_text(out.seen, 3), "SECRET\n");
  const std::string away = test::leaving(out.seen);
  for (const char* raw : {"SECRET", "ROWVALUE", "PASSWORD"}) EXPECT_EQ(away.find(raw), std::string::npos) << raw;
  std::string sent;
  for (const auto& whole : out.seen.contents) sent += base::text(whole.bytes);
  EXPECT_NE(sent.find("VALUES ('SECRET')"), std::string::npos);
  EXPECT_EQ(sent.find("PASSWORD"), std::string::npos);
}

TEST(Postgres, ConversationCutAtAnyByteReportsWhatItSaw) {
  const Talked t = whole_conversation();
  for (std::size_t n = 0; n < test::size_of(t); ++n) {
    test::Heard out;
    hear(test::cut_at(t, n), out);
    EXPECT_EQ(test::leaving(out.seen).find("SECRET"), std::string::npos);
    EXPECT_LE(out.seen.activities.size(), kWhole.size()) << n;
  }
}

TEST(Postgres, FiveThousandRowsAreCountedExactly) {
  Talked t = logged_in();
  t.emplace_back(Side::client, message('Q', z("SELECT * FROM t_person")));
  base::Bytes answer = message('T', join({bytes_of({0, 2}), field("name", 25), field("id_card", 25)}));
  for (int i = 0; i < 5000; ++i) base::append(answer, base::View(row("ROWVALUE", "x")));
  t.emplace_back(Side::server, join({answer, complete("SELECT 5000"), ready()}));
  EXPECT_EQ(lines(t), (std::vector<std::string>{kConnect, "postgresql hr_app@hr select t_person rows=5000: SELECT * FROM t_person"}));
}

TEST(Postgres, PortalReadInPartsIsOneStatement) {
  Talked t = logged_in();
  t.emplace_back(Side::client, join({message('P', join({z(""), z("SELECT a, b FROM t"), bytes_of({0, 0})})), message('B', join({z("c1"), z(""), bytes_of({0, 0, 0, 0, 0, 0})})),
                                     message('E', join({z("c1"), be32(2)})), message('S')}));
  t.emplace_back(Side::server, join({message('1'), message('2'), row("a", "b"), row("a", "b"), message('s'), ready()}));
  t.emplace_back(Side::client, join({message('E', join({z("c1"), be32(2)})), message('S')}));
  t.emplace_back(Side::server, join({row("a", "b"), complete("SELECT 1"), ready()}));
  EXPECT_EQ(lines(t), (std::vector<std::string>{kConnect, "postgresql hr_app@hr select t rows=3 prepared: SELECT a, b FROM t"}));
}

TEST(Postgres, TlsAndGssStopWithANote) {
  test::Heard tls, gss;
  hear({{Side::client, bare(be32(80877103))}, {Side::server, bytes_of({'S'})}, {Side::client, message('Q', z("SELECT 1"))}}, tls);
  EXPECT_EQ(test::activity_lines(tls.seen), (std::vector<std::string>{"postgresql -@- connect status=0 version= unread=TLS"}));
  EXPECT_EQ(tls.upgraded, "tls");
  hear({{Side::client, bare(be32(80877104))}, {Side::server, bytes_of({'G'})}}, gss);
  EXPECT_EQ(gss.upgraded, "gssapi");
}

TEST(Postgres, RefusedLoginHasItsCode) {
  Talked t = logged_in();
  t.resize(5);
  t.emplace_back(Side::server, message('E', join({bytes_of({'C'}), z("28P01"), bytes_of({0})})));
  EXPECT_EQ(lines(t), (std::vector<std::string>{"postgresql hr_app@hr connect status=2 code=28P01 version="}));
}

TEST(Postgres, JoinedLaterAndAfterAHoleTheNextStatementIsRead) {
  test::Heard out;
  const Limits limits;
  Room room{out.seen, out.tally, limits, "test", 1, false, {}};
  Conversation c{room, {"10.0.0.1", 40000}, {"10.0.0.2", 5432}, "1:x", 6, 1, "postgresql", "", ""};
  Postgres session(c);
  session.data(Side::client, message('Q', z("SELECT * FROM a")));
  session.data(Side::server, row("x", "y"));
  session.gap(Side::server, 4000);
  session.data(Side::server, join({complete("SELECT 100"), ready()}));
  session.data(Side::client, message('Q', z("DELETE FROM b")));
  session.data(Side::server, join({complete("DELETE 9"), ready()}));
  session.finish();
  EXPECT_EQ(test::activity_lines(out.seen), (std::vector<std::string>{"postgresql -@- select a rows=1 incomplete: SELECT * FROM a", "postgresql -@- delete b rows=0 affected=9: DELETE FROM b"}));
}

TEST(Postgres, NamesAndPendingMessagesAreBounded) {
  Talked t = logged_in();
  for (int i = 0; i < 1100; ++i) {
    const std::string name = "n" + std::to_string(i);
    t.emplace_back(Side::client, message('P', join({z(name), z("SELECT 1"), bytes_of({0, 0})})));
    t.emplace_back(Side::client, message('B', join({z(name), z(name), bytes_of({0, 0, 0, 0, 0, 0})})));
  }
  test::Heard out;
  hear(t, out);
  EXPECT_EQ(out.tally[Count::database_limit], 2 * (1100u - kMaxPostgresNames));
  Talked p = logged_in();
  for (int i = 0; i < 1100; ++i) p.emplace_back(Side::client, message('Q', z("SELECT 1")));
  p.emplace_back(Side::client, message('Q', z("SELECT '" + std::string(300000, 'x') + "'")));
  test::Heard second;
  hear(p, second);
  EXPECT_EQ(second.tally[Count::database_limit], 2u);
}

TEST(Postgres, GarbageIsSurvived) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    Talked t = round % 2 ? logged_in() : Talked{};
    for (int i = 0; i < 8; ++i) {
      base::Bytes noise(random() % 60);
      for (auto& b : noise) b = static_cast<std::uint8_t>(random());
      t.emplace_back(random() % 2 ? Side::client : Side::server, random() % 2 ? noise : message("QPBDESCdTZ"[random() % 10], noise));
    }
    test::Heard out;
    hear(t, out);
  }
}

}  // namespace
}  // namespace fengsui::capture
