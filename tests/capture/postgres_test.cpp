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
base::Bytes ready(char transaction = 'I') { return message('Z', bytes_of({transaction})); }
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

base::Bytes two_columns() { return message('T', join({bytes_of({0, 2}), field("name", 25), field("id_card", 25)})); }
base::Bytes rows_of(int n) {
  base::Bytes out;
  for (int i = 0; i < n; ++i) base::append(out, base::View(row("ROWVALUE", "SECRET")));
  return out;
}

// Simple and extended FETCH of one cursor, one that outlives its transaction, one that is closed, a FETCH that fails.
Talked cursors() {
  Talked t = logged_in();
  const auto ask = [&t](std::string_view sql, base::Bytes answer, char transaction) {
    t.emplace_back(Side::client, message('Q', z(sql)));
    t.emplace_back(Side::server, join({answer, ready(transaction)}));
  };
  ask("BEGIN; DECLARE c CURSOR FOR SELECT * FROM t_person", join({complete("BEGIN"), complete("DECLARE CURSOR")}), 'T');
  ask("FETCH 3 FROM c", join({two_columns(), rows_of(3), complete("FETCH 3")}), 'T');
  t.emplace_back(Side::client, join({message('P', join({z(""), z("FETCH FORWARD 2 FROM \"c\""), bytes_of({0, 0})})), message('B', bytes_of({0, 0, 0, 0, 0, 0, 0, 0})),
                                     message('D', join({bytes_of({'P'}), z("")})), message('E', join({z(""), be32(0)})), message('S')}));
  t.emplace_back(Side::server, join({message('1'), message('2'), two_columns(), rows_of(2), complete("FETCH 2"), ready('T')}));
  ask("DECLARE h BINARY CURSOR WITH HOLD FOR SELECT * FROM t_held WHERE a=1", complete("DECLARE CURSOR"), 'T');
  ask("MOVE 5 IN c", complete("MOVE 5"), 'T');
  ask("COMMIT", complete("COMMIT"), 'I');
  ask("FETCH ALL h", join({two_columns(), rows_of(1), complete("FETCH 1")}), 'I');
  ask("CLOSE h", complete("CLOSE CURSOR"), 'I');
  ask("BEGIN; CURSOR g FOR SELECT * FROM t_gauss", join({complete("BEGIN"), complete("DECLARE CURSOR")}), 'T');
  ask("FETCH 4 g", join({two_columns(), rows_of(4), message('E', join({bytes_of({'C'}), z("57014"), bytes_of({0})}))}), 'E');
  ask("FETCH 4 x", message('E', join({bytes_of({'C'}), z("34000"), bytes_of({0})})), 'E');
  return t;
}
const std::vector<std::string> kCursors = {
    kConnect,
    "postgresql hr_app@hr begin - rows=0: BEGIN",
    "postgresql hr_app@hr move - rows=0 affected=5: MOVE ? IN c",
    "postgresql hr_app@hr commit - rows=0: COMMIT",
    "postgresql hr_app@hr select t_person rows=5: DECLARE c CURSOR FOR SELECT * FROM t_person",
    "postgresql hr_app@hr select t_held rows=1 has_where: DECLARE h BINARY CURSOR WITH HOLD FOR SELECT * FROM t_held WHERE a=?",
    "postgresql hr_app@hr close - rows=0: CLOSE h",
    "postgresql hr_app@hr begin - rows=0: BEGIN",
    "postgresql hr_app@hr select t_gauss rows=4: CURSOR g FOR SELECT * FROM t_gauss",
    "postgresql hr_app@hr fetch - rows=0 code=34000: FETCH ? x",
};

TEST(Postgres, WhatIsFetchedFromACursorInPartsIsOneStatementAtAnySplit) {
  const Talked t = cursors();
  for (std::size_t split = 0; split < test::size_of(t); ++split) ASSERT_EQ(lines(test::split_at(t, split)), kCursors) << split;
  test::Heard out;
  hear(t, out);
  std::string five = "name\tid_card\n";
  for (int i = 0; i < 5; ++i) five += "ROWVALUE\tSECRET\n";
  EXPECT_EQ(test::rows_text(out.seen, 0), five);
  for (std::size_t n = 0; n < test::size_of(t); ++n) {
    test::Heard cut;
    hear(test::cut_at(t, n), cut);
    EXPECT_LE(cut.seen.activities.size(), kCursors.size()) << n;
  }
}

TEST(Postgres, CursorsAreBounded) {
  Talked t = logged_in();
  for (std::size_t i = 0; i < kMaxPostgresNames + 10; ++i) {
    t.emplace_back(Side::client, message('Q', z("DECLARE c" + std::to_string(i) + " CURSOR FOR SELECT 1 FROM t")));
    t.emplace_back(Side::server, join({complete("DECLARE CURSOR"), ready('T')}));
  }
  test::Heard out;
  hear(t, out);
  EXPECT_EQ(out.tally[Count::database_limit], 10u);
  EXPECT_EQ(out.seen.activities.size(), 1 + kMaxPostgresNames + 10);
}

// openGauss: start-up 3.51, authentication 10 with its own fields, and a batch of parameters in one message ('U').
TEST(Postgres, OpenGaussIsReadWithItsStartUpAndItsBatches) {
  Talked t = {{Side::client, bare(join({bytes_of({0, 3, 0, 51}), z("user"), z("hr_app"), z("database"), z("hr"), bytes_of({0})}))},
              {Side::server, message('R', join({bytes_of({0, 0, 0, 10, 0, 0, 0, 2}), base::Bytes(72, 'a')}))},
              {Side::client, message('p', z("PASSWORD"))},
              {Side::server, join({message('R', bytes_of({0, 0, 0, 0})), message('S', join({z("server_version"), z("9.2.4")})), ready()})}};
  t.emplace_back(Side::client, join({message('P', join({z("s1"), z("INSERT INTO t VALUES ($1,$2)"), bytes_of({0, 0})})), message('S')}));
  t.emplace_back(Side::server, join({message('1'), ready()}));
  t.emplace_back(Side::client, join({message('U', join({be32(2), z(""), z("s1"), bytes_of({0, 0, 0, 0, 0, 2}), value("SECRET"), value("a"), value("SECRET"), value("b"),
                                                        base::view("DP"), bytes_of({0}), base::view("E"), bytes_of({0}), be32(0)})), message('S')}));
  t.emplace_back(Side::server, join({message('2'), message('n'), complete("INSERT 0 2"), ready()}));
  const std::vector<std::string> expected = {"postgresql hr_app@hr connect status=1 version=9.2.4",
                                             "postgresql hr_app@hr insert t rows=0 affected=2 prepared: INSERT INTO t VALUES (?)"};
  for (std::size_t split = 0; split < test::size_of(t); ++split) ASSERT_EQ(lines(test::split_at(t, split)), expected) << split;
  test::Heard out;
  hear(t, out);
  std::string sent;
  for (const auto& whole : out.seen.contents) sent += base::text(whole.bytes);
  EXPECT_NE(sent.find("SECRET"), std::string::npos);
  EXPECT_EQ(sent.find("PASSWORD"), std::string::npos);
}

TEST(Postgres, ReplicationCountsTheRowsOfALogicalStreamAndHandsOnWhatWasWritten) {
  const auto written = [](std::string_view data) { return message('d', join({bytes_of({'w'}), base::Bytes(24, '\n'), base::view(data)})); };
  Talked t = logged_in();
  t.emplace_back(Side::client, message('Q', z("START_REPLICATION SLOT \"s\" LOGICAL 0/0 (proto_version '1')")));
  t.emplace_back(Side::server, join({message('W', bytes_of({0, 0, 0})), written("B12345678"), written("Ixxxxntt\n\n"), message('d', join({bytes_of({'k'}), base::Bytes(17, '\n')}))}));
  t.emplace_back(Side::client, message('d', join({bytes_of({'r'}), base::Bytes(33, '\n')})));
  t.emplace_back(Side::server, join({written("Uxxxx"), written("Dxxxx"), written("C"), written("")}));
  t.emplace_back(Side::client, message('c'));
  t.emplace_back(Side::server, join({message('c'), complete("START_STREAMING"), ready()}));
  t.emplace_back(Side::client, message('Q', z("BASE_BACKUP LABEL 'x'")));
  t.emplace_back(Side::server, join({message('H', bytes_of({0, 0, 0})), message('d', base::view("a\nb\n")), message('c'), complete("SELECT"), ready()}));
  const std::vector<std::string> expected = {kConnect, "postgresql hr_app@hr start_replication - rows=3 exports: START_REPLICATION SLOT s LOGICAL ?/? (proto_version ?)",
                                             "postgresql hr_app@hr base_backup - rows=0 exports: BASE_BACKUP LABEL ?"};
  for (std::size_t split = 0; split < test::size_of(t); ++split) ASSERT_EQ(lines(test::split_at(t, split)), expected) << split;
  test::Heard out;
  hear(t, out);
  EXPECT_EQ(test::rows_text(out.seen, 0), "B12345678Ixxxxntt\n\nUxxxxDxxxxC");
  EXPECT_EQ(test::rows_text(out.seen, 1), "a\nb\n");
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
