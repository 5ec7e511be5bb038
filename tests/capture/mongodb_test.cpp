// MongoDB conversations built per the MongoDB manual, "MongoDB Wire Protocol", and bsonspec.org.
#include <gtest/gtest.h>

#include <random>

#include "capture/protocols/mongodb.h"
#include "tests/capture/build.h"
#include "tests/capture/database.h"

namespace fengsui::capture {
namespace {

using test::bytes_of;
using test::Heard;
using test::join;
using test::Talked;

base::Bytes le32(std::size_t v) { return bytes_of({static_cast<int>(v & 255), static_cast<int>(v >> 8 & 255), static_cast<int>(v >> 16 & 255), static_cast<int>(v >> 24 & 255)}); }
base::Bytes zero(std::string_view s) { return join({base::view(s), bytes_of({0})}); }
base::Bytes str(std::string_view name, std::string_view value) { return join({bytes_of({2}), zero(name), le32(value.size() + 1), zero(value)}); }
base::Bytes num(std::string_view name, std::size_t value) { return join({bytes_of({0x10}), zero(name), le32(value)}); }
base::Bytes doc(std::initializer_list<base::View> elements) {
  const base::Bytes body = join(elements);
  return join({le32(body.size() + 5), body, bytes_of({0})});
}
base::Bytes sub(int type, std::string_view name, base::View document) { return join({bytes_of({type}), zero(name), document}); }
base::Bytes message(std::size_t id, std::size_t answers, std::size_t opcode, base::View body) { return join({le32(body.size() + 16), le32(id), le32(answers), le32(opcode), body}); }
base::Bytes msg(std::size_t id, std::size_t answers, base::View document, base::View more = {}) {
  return message(id, answers, 2013, join({le32(0), bytes_of({0}), document, more}));
}
void hear(const Talked& talked, Heard& out) {
  test::hear([](Conversation& c) { return std::make_unique<Mongodb>(c); }, talked, out);
  EXPECT_EQ(out.seen.broken, 0);
  for (const auto& whole : out.seen.contents) EXPECT_EQ(whole.ends, 1);
}
std::string everything(const Heard& heard) {
  std::string all;
  for (const auto& whole : heard.seen.contents) all += whole.from->object + "|" + std::string(base::text(whole.bytes)) + "\n";
  return all;
}

Talked whole_conversation() {
  Talked t;
  t.emplace_back(Side::client, msg(1, 0, doc({num("saslStart", 1), str("payload", "SECRET"), str("$db", "admin")})));
  t.emplace_back(Side::server, msg(9, 1, doc({num("done", 1), num("ok", 1)})));
  const base::Bytes one = doc({str("name", "VALUE-ONE")});
  const base::Bytes sequence = join({bytes_of({1}), le32(4 + 10 + 2 * one.size()), zero("documents"), one, one});
  t.emplace_back(Side::client, msg(2, 0, doc({str("insert", "people"), str("$db", "hr")}), sequence));
  t.emplace_back(Side::server, msg(10, 2, doc({num("n", 2), num("ok", 1)})));
  t.emplace_back(Side::client, msg(3, 0, doc({str("find", "people"), sub(3, "filter", doc({str("name", "VALUE-TWO")})), num("limit", 5), str("$db", "hr")})));
  const base::Bytes row = doc({str("name", "VALUE\nTHREE"), num("age", 41), sub(3, "at", doc({str("city", "X"), num("zip", 7)}))});
  t.emplace_back(Side::server, msg(11, 3, doc({sub(3, "cursor", doc({sub(4, "firstBatch", doc({sub(3, "0", row), sub(3, "1", row)}))})), num("ok", 1)})));
  t.emplace_back(Side::client, msg(4, 0, doc({str("drop", "people"), str("$db", "hr")})));
  t.emplace_back(Side::server, msg(12, 4, doc({num("ok", 0), str("errmsg", "SECRET"), num("code", 13)})));
  return t;
}
const std::vector<std::string> kWhole = {"mongodb -@admin connect status=1 version=", "mongodb -@hr insert people rows=0 affected=2: insert people",
                                         "mongodb -@hr find people rows=2 has_where has_limit: find people", "mongodb -@hr drop people rows=0 code=13: drop people"};

TEST(Mongodb, CommandsArePairedByTheirIdsAndDocumentsAreCounted) {
  Heard heard;
  hear(whole_conversation(), heard);
  EXPECT_EQ(test::activity_lines(heard.seen), kWhole);
  EXPECT_EQ(test::rows_text(heard.seen), "name\tage\tat\nVALUE THREE\t41\tcity: X zip: 7\nVALUE THREE\t41\tcity: X zip: 7\n");
  const std::string all = everything(heard);
  EXPECT_NE(all.find("name: VALUE-ONE\nname: VALUE-ONE\n"), std::string::npos);
  EXPECT_NE(all.find("VALUE-TWO"), std::string::npos);
  EXPECT_EQ(all.find("SECRET"), std::string::npos);
  const std::string away = test::leaving(heard.seen);
  for (const char* value : {"SECRET", "VALUE"}) EXPECT_EQ(away.find(value), std::string::npos);
}

TEST(Mongodb, AnySplitGivesTheSame) {
  const Talked t = whole_conversation();
  Heard whole;
  hear(t, whole);
  for (std::size_t split = 1; split < test::size_of(t); ++split) {
    Heard heard;
    hear(test::split_at(t, split), heard);
    ASSERT_EQ(test::activity_lines(heard.seen), kWhole) << split;
    ASSERT_EQ(everything(heard), everything(whole)) << split;
  }
}

TEST(Mongodb, AnyTruncationEndsClean) {
  const Talked t = whole_conversation();
  for (std::size_t n = 0; n < test::size_of(t); ++n) {
    Heard heard;
    hear(test::cut_at(t, n), heard);
    ASSERT_LE(heard.seen.activities.size(), kWhole.size());
    ASSERT_EQ(test::leaving(heard.seen).find("VALUE"), std::string::npos);
  }
}

TEST(Mongodb, OpQueryAndOpReplyAreRead) {
  Talked t;
  t.emplace_back(Side::client, message(1, 0, 2004, join({le32(0), zero("hr.people"), le32(0), le32(0), doc({})})));
  t.emplace_back(Side::server, message(2, 1, 1, join({le32(0), base::Bytes(12, 0), le32(2), doc({str("a", "x")}), doc({str("a", "y")})})));
  Heard heard;
  hear(t, heard);
  EXPECT_EQ(test::activity_lines(heard.seen), (std::vector<std::string>{"mongodb -@hr find people rows=2: find people"}));
  EXPECT_EQ(test::rows_text(heard.seen), "a\nx\ny\n");
}

TEST(Mongodb, AMessageLargerThanTheLimitIsHandedOnAsItIsAndCounted) {
  Talked t;
  t.emplace_back(Side::server, message(2, 1, 2013, base::Bytes(Mongodb::kMaxMessage, 'v')));
  t.emplace_back(Side::client, msg(3, 0, doc({str("find", "c")})));
  Heard heard;
  hear(t, heard);
  EXPECT_EQ(heard.tally[Count::database_limit], 1u);
  EXPECT_EQ(test::rows_text(heard.seen).size(), Mongodb::kMaxMessage);
  EXPECT_EQ(test::activity_lines(heard.seen), (std::vector<std::string>{"mongodb -@- find c rows=0 incomplete: find c"}));
}

TEST(Mongodb, PendingCommandsAreBoundedAndCounted) {
  Talked t;
  for (std::size_t i = 0; i < Mongodb::kMaxPending + 2; ++i) t.emplace_back(Side::client, msg(i, 0, doc({str("find", "c")})));
  Heard heard;
  hear(t, heard);
  EXPECT_EQ(heard.tally[Count::database_limit], 2u);
}

TEST(Mongodb, ADeepDocumentIsHandedOnAndBounded) {
  base::Bytes deep = doc({str("x", "INNER")});
  for (int i = 0; i < 200; ++i) deep = doc({sub(3, "d", deep)});
  Talked t;
  t.emplace_back(Side::client, msg(1, 0, doc({str("insert", "c"), sub(3, "documents", deep)})));
  Heard heard;
  hear(t, heard);
  EXPECT_NE(everything(heard).find("INNER"), std::string::npos);
}

TEST(Mongodb, AfterAHoleTheRestIsHandedOnAsItIs) {
  test::Collect seen;
  Tally tally;
  const Limits limits;
  Room room{seen, tally, limits, "test", 1, false, {}};
  Conversation conversation{room, {"10.0.0.1", 4}, {"10.0.0.2", 27017}, "1:x", 6, 1, "mongodb", "", ""};
  Mongodb mongodb(conversation);
  const base::Bytes ask = msg(1, 0, doc({str("find", "c")}));
  mongodb.data(Side::client, ask);
  mongodb.gap(Side::server, 50);
  mongodb.data(Side::server, base::view("rest of an answer"));
  mongodb.finish();
  EXPECT_EQ(test::activity_lines(seen), (std::vector<std::string>{"mongodb -@- find c rows=0 incomplete: find c"}));
  EXPECT_NE(test::rows_text(seen).find("rest of an answer"), std::string::npos);
}

TEST(Mongodb, GarbageIsSurvived) {
  std::mt19937 random(3);
  for (int round = 0; round < 400; ++round) {
    Heard heard;
    hear(test::garbled(whole_conversation(), random), heard);
  }
}

}  // namespace
}  // namespace fengsui::capture
