// Redis conversations built per the Redis serialization protocol specification.
#include <gtest/gtest.h>

#include <random>

#include "capture/protocols/redis.h"
#include "tests/capture/build.h"
#include "tests/capture/database.h"

namespace fengsui::capture {
namespace {

using test::Heard;
using test::Talked;

void say(Talked& t, Side side, std::string_view text) { t.emplace_back(side, base::to_bytes(base::view(text))); }
std::string bulk(std::string_view s) { return "$" + std::to_string(s.size()) + "\r\n" + std::string(s) + "\r\n"; }
std::string command(std::initializer_list<std::string_view> words) {
  std::string out = "*" + std::to_string(words.size()) + "\r\n";
  for (const auto word : words) out += bulk(word);
  return out;
}
void hear(const Talked& talked, Heard& out) {
  test::hear([](Conversation& c) { return std::make_unique<Redis>(c); }, talked, out);
  EXPECT_EQ(out.seen.broken, 0);
  for (const auto& whole : out.seen.contents) EXPECT_EQ(whole.ends, 1);
}
std::vector<std::string> texts(const Heard& heard) {
  std::vector<std::string> out;
  for (const auto& whole : heard.seen.contents) out.push_back(whole.from->object + "|" + std::string(base::text(whole.bytes)));
  return out;
}

Talked whole_conversation() {
  Talked t;
  say(t, Side::client, command({"AUTH", "app", "SECRET"}));
  say(t, Side::server, "+OK\r\n");
  say(t, Side::client, command({"SELECT", "3"}));
  say(t, Side::server, "+OK\r\n");
  say(t, Side::client, command({"SET", "user:7", "VALUE-ONE"}) + command({"get", "user:7"}) + command({"HGETALL", "h"}) + command({"LRANGE", "l", "0", "-1"}) + "DEL a b\r\n");
  say(t, Side::server, "+OK\r\n" + bulk("VALUE-TWO") + "%2\r\n+name\r\n" + bulk("ZHANG") + "+age\r\n:41\r\n*3\r\n" + bulk("x") + "$-1\r\n*2\r\n" + bulk("y\r\nz") + "_\r\n:2\r\n");
  say(t, Side::client, command({"KEYS", "*"}) + command({"GET", "none"}) + command({"LPUSH", "user:7", "v"}));
  say(t, Side::server, "|1\r\n+ttl\r\n:5\r\n*2\r\n" + bulk("k1") + bulk("k2") + ">2\r\n+message\r\n" + bulk("PUSHED") + "$-1\r\n-WRONGTYPE Operation against SECRETKEY\r\n");
  return t;
}
const std::vector<std::string> kWhole = {
    "redis -@- connect status=1 version=", "redis -@3 select - rows=0: SELECT ?", "redis -@3 set user rows=0 has_where: SET user:7 ?",
    "redis -@3 get user rows=1 has_where: GET user:7", "redis -@3 hgetall h rows=4 has_where: HGETALL h", "redis -@3 lrange l rows=2 has_where: LRANGE l ? ?",
    "redis -@3 del a rows=0 affected=2 has_where: DEL a ?", "redis -@3 keys - rows=2: KEYS ?", "redis -@3 get none rows=0 has_where: GET none",
    "redis -@3 lpush user rows=0 has_where code=WRONGTYPE: LPUSH user:7 ?"};

TEST(Redis, EachCommandOfAPipelineIsPairedWithItsReplyAndItsElementsAreCounted) {
  Heard heard;
  hear(whole_conversation(), heard);
  EXPECT_EQ(test::activity_lines(heard.seen), kWhole);
  const auto got = texts(heard);
  const std::vector<std::string> rows = {"get user|VALUE-TWO\n", "hgetall h|name\tZHANG\nage\t41\n", "lrange l|x\ny\r\nz\n"};
  for (const auto& row : rows) EXPECT_NE(std::find(got.begin(), got.end(), row), got.end()) << row;
  std::string all;
  for (const auto& text : got) all += text;
  EXPECT_NE(all.find("SET\tuser:7\tVALUE-ONE\n"), std::string::npos);
  EXPECT_NE(all.find("PUSHED"), std::string::npos);
  EXPECT_EQ(all.find("SECRET"), std::string::npos);
  const std::string away = test::leaving(heard.seen);
  for (const char* value : {"SECRET", "VALUE-", "ZHANG", "PUSHED"}) EXPECT_EQ(away.find(value), std::string::npos) << value;
}

TEST(Redis, SecretsOfOtherCommandsAreNotHandedOn) {
  Talked t;
  say(t, Side::client, command({"HELLO", "3", "AUTH", "app", "SECRET"}) + command({"CONFIG", "SET", "requirepass", "SECRET"}) + command({"ACL", "SETUSER", "app", ">SECRET"}) +
                           command({"MIGRATE", "h", "6379", "k", "0", "AUTH", "SECRET"}) + "AUTH SECRET\r\n");
  Heard heard;
  hear(t, heard);
  std::string all = test::leaving(heard.seen);
  for (const auto& text : texts(heard)) all += text;
  EXPECT_EQ(all.find("SECRET"), std::string::npos);
}

TEST(Redis, AnySplitGivesTheSame) {
  const Talked t = whole_conversation();
  Heard whole;
  hear(t, whole);
  for (std::size_t split = 1; split < test::size_of(t); ++split) {
    Heard heard;
    hear(test::split_at(t, split), heard);
    ASSERT_EQ(test::activity_lines(heard.seen), test::activity_lines(whole.seen)) << split;
    ASSERT_EQ(texts(heard), texts(whole)) << split;
  }
}

TEST(Redis, AnyTruncationEndsCleanAndKeepsTheSecret) {
  const Talked t = whole_conversation();
  for (std::size_t n = 0; n < test::size_of(t); ++n) {
    Heard heard;
    hear(test::cut_at(t, n), heard);
    ASSERT_EQ(test::leaving(heard.seen).find("SECRET"), std::string::npos);
    ASSERT_LE(heard.seen.activities.size(), kWhole.size());
  }
}

TEST(Redis, AValueOfManyPiecesIsHandedOnWholeAndCountsOnce) {
  const std::string value(300000, 'v');
  Talked t;
  say(t, Side::client, command({"GET", "big"}));
  const std::string answer = bulk(value);
  for (std::size_t at = 0; at < answer.size(); at += 1400) say(t, Side::server, std::string_view(answer).substr(at, 1400));
  Heard heard;
  hear(t, heard);
  EXPECT_EQ(test::activity_lines(heard.seen), (std::vector<std::string>{"redis -@- get big rows=1 has_where: GET big"}));
  EXPECT_EQ(test::rows_text(heard.seen), value + "\n");
}

TEST(Redis, AHoleInsideAValueStaysInStepAndAHoleElsewhereLosesOnlyWhatWasPending) {
  test::Collect seen;
  Tally tally;
  const Limits limits;
  Room room{seen, tally, limits, "test", 1, false, {}};
  Conversation conversation{room, {"10.0.0.1", 4}, {"10.0.0.2", 6379}, "1:x", 6, 1, "redis", "", ""};
  Redis redis(conversation);
  const auto ask = [&](std::string_view key) {
    const std::string text = command({"GET", key});
    redis.data(Side::client, base::view(text));
  };
  ask("a");
  redis.data(Side::server, base::view("$10\r\n012"));
  redis.gap(Side::server, 4);
  redis.data(Side::server, base::view("789\r\n"));
  ask("b");
  redis.gap(Side::server, 9);
  ask("c");
  redis.data(Side::server, base::view("$1\r\nx\r\n"));
  redis.finish();
  EXPECT_EQ(test::activity_lines(seen), (std::vector<std::string>{"redis -@- get a rows=1 has_where incomplete: GET a", "redis -@- get b rows=0 has_where incomplete: GET b",
                                                                  "redis -@- get c rows=1 has_where: GET c"}));
}

TEST(Redis, LimitsAreCounted) {
  Talked t;
  std::string many, replies;
  for (std::size_t i = 0; i < Redis::kMaxPending + 3; ++i) many += "DBSIZE\r\n", replies += ":1\r\n";
  say(t, Side::client, many);
  say(t, Side::server, replies);
  Heard heard;
  hear(t, heard);
  EXPECT_EQ(heard.tally[Count::database_limit], 3u);
  ASSERT_EQ(heard.seen.activities.size(), Redis::kMaxPending + 3);
  EXPECT_EQ(test::activity_lines(heard.seen)[0], "redis -@- dbsize - rows=0 incomplete: DBSIZE");
  EXPECT_EQ(test::activity_lines(heard.seen).back(), "redis -@- dbsize - rows=0 affected=1: DBSIZE");

  Talked deep;
  say(deep, Side::client, command({"GET", "a"}));
  std::string nested;
  for (std::size_t i = 0; i < Redis::kMaxDepth + 1; ++i) nested += "*1\r\n";
  say(deep, Side::server, nested);
  Heard second;
  hear(deep, second);
  EXPECT_EQ(second.tally[Count::database_limit], 1u);
}

TEST(Redis, WhatIsOutOfStepIsHandedOnAsItIs) {
  Talked t;
  say(t, Side::client, "{\"rest\": \"of a value\"}\r\n");
  say(t, Side::server, "\x01rest of an answer\r\n");
  Heard heard;
  hear(t, heard);
  std::string all;
  for (const auto& text : texts(heard)) all += text;
  EXPECT_NE(all.find("of a value"), std::string::npos);
  EXPECT_NE(all.find("rest of an answer"), std::string::npos);
  EXPECT_EQ(heard.tally[Count::database_malformed], 2u);
}

TEST(Redis, ReplicationIsSaidToBeUnread) {
  Talked t;
  say(t, Side::client, command({"PSYNC", "?", "-1"}));
  say(t, Side::server, "+FULLRESYNC x 0\r\n$5\r\nREDIS");
  Heard heard;
  hear(t, heard);
  EXPECT_EQ(test::activity_lines(heard.seen), (std::vector<std::string>{"redis -@- connect status=0 version= unread=replication"}));
}

TEST(Redis, GarbageIsSurvived) {
  std::mt19937 random(5);
  for (int round = 0; round < 400; ++round) {
    Heard heard;
    hear(test::garbled(whole_conversation(), random), heard);
  }
}

}  // namespace
}  // namespace fengsui::capture
