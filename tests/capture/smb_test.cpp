// SMB conversations built per MS-SMB2 sections 2.2.1 to 2.2.41.
#include <gtest/gtest.h>

#include <random>

#include "capture/protocols/smb.h"
#include "tests/capture/build.h"
#include "tests/capture/database.h"

namespace fengsui::capture {
namespace {

using test::bytes_of;
using test::Heard;
using test::join;
using test::Talked;

base::Bytes le(std::uint64_t v, int n) {
  base::Bytes out;
  for (int i = 0; i < n; ++i) out.push_back(static_cast<std::uint8_t>(v >> (8 * i)));
  return out;
}
base::Bytes wide(std::string_view ascii) {
  base::Bytes out;
  for (const char c : ascii) out.push_back(static_cast<std::uint8_t>(c)), out.push_back(0);
  return out;
}
base::Bytes zeros(std::size_t n) { return base::Bytes(n, 0); }

constexpr int kNegotiate = 0, kSession = 1, kTree = 3, kCreate = 5, kClose = 6, kRead = 8, kWrite = 9, kSetInfo = 17;

struct Head {
  int command;
  std::uint64_t message;
  std::uint32_t status = 0, flags = 0, next = 0;
};
base::Bytes header(const Head& h) {
  return join({base::view("\xfeSMB"), le(64, 2), le(1, 2), le(h.status, 4), le(static_cast<std::uint64_t>(h.command), 2), le(1, 2), le(h.flags, 4), le(h.next, 4), le(h.message, 8),
               le(0, 4), le(7, 4), le(9, 8), zeros(16)});
}
base::Bytes session(base::View message) { return join({bytes_of({0, static_cast<int>(message.size() >> 16), static_cast<int>(message.size() >> 8 & 255), static_cast<int>(message.size() & 255)}), message}); }
base::Bytes ask(const Head& h, base::View body) { return session(join({header(h), body})); }
base::Bytes answer(Head h, base::View body) {
  h.flags |= 1;
  return session(join({header(h), body}));
}

const base::Bytes kFile = bytes_of({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16});
base::Bytes create_ask(std::string_view name, std::uint32_t disposition, std::uint32_t options = 0) {
  return join({le(57, 2), zeros(22), le(0x120089, 4), zeros(8), le(disposition, 4), le(options, 4), le(64 + 56, 2), le(name.size() * 2, 2), zeros(8), wide(name)});
}
base::Bytes create_answer(std::uint32_t action, base::View id = kFile) { return join({le(89, 2), zeros(2), le(action, 4), zeros(40), le(100, 8), le(0, 4), zeros(4), id, zeros(8)}); }
base::Bytes read_ask(std::uint64_t offset, std::uint32_t n, base::View id = kFile) { return join({le(49, 2), zeros(2), le(n, 4), le(offset, 8), id, zeros(16), zeros(1)}); }
base::Bytes read_answer(std::string_view data) { return join({le(17, 2), le(80, 1), zeros(1), le(data.size(), 4), zeros(8), base::view(data)}); }
base::Bytes write_ask(std::uint64_t offset, std::string_view data, base::View id = kFile) {
  return join({le(49, 2), le(112, 2), le(data.size(), 4), le(offset, 8), id, zeros(16), base::view(data)});
}
base::Bytes close_ask(base::View id = kFile) { return join({le(24, 2), zeros(6), id}); }
base::Bytes ntlm(std::string_view user, std::string_view domain) {
  const base::Bytes d = wide(domain), u = wide(user);
  const base::Bytes token = join({base::view(std::string_view("NTLMSSP\0", 8)), le(3, 4), zeros(16), le(d.size(), 2), le(d.size(), 2), le(64, 4), le(u.size(), 2), le(u.size(), 2),
                                  le(64 + d.size(), 4), zeros(16), le(1, 4), d, u});
  return join({le(25, 2), zeros(10), le(64 + 24, 2), le(token.size(), 2), zeros(8), token});
}

void hear(const Talked& talked, Heard& out) {
  test::hear([](Conversation& c) { c.app = "smb"; return std::make_unique<Smb>(c); }, talked, out);
  EXPECT_EQ(out.seen.broken, 0);
  for (const auto& whole : out.seen.contents) EXPECT_EQ(whole.ends, 1);
}
std::string contents(const Heard& heard) {
  std::string all;
  for (const auto& w : heard.seen.contents) all += std::string(w.from->fields.text("unmapped.fengsui.carried_by")) + " " + w.from->object + " = " + std::string(base::text(w.bytes)) + (w.holes != 0 ? " holes" : "") + "\n";
  return all;
}

void opening(Talked& t) {
  t.emplace_back(Side::client, ask({kNegotiate, 0}, zeros(36)));
  t.emplace_back(Side::server, answer({kNegotiate, 0}, join({le(65, 2), le(1, 2), le(0x0311, 2), zeros(58)})));
  t.emplace_back(Side::client, ask({kSession, 1}, ntlm("alice", "HR")));
  t.emplace_back(Side::server, answer({kSession, 1}, join({le(9, 2), zeros(6)})));
  const base::Bytes share = wide("\\\\srv\\docs");
  t.emplace_back(Side::client, ask({kTree, 2}, join({le(9, 2), zeros(2), le(72, 2), le(share.size(), 2), share})));
  t.emplace_back(Side::server, answer({kTree, 2}, join({le(16, 2), le(1, 1), zeros(13)})));
}
Talked whole_conversation() {
  Talked t;
  opening(t);
  t.emplace_back(Side::client, ask({kCreate, 3}, create_ask("a\\list.csv", 1)));
  t.emplace_back(Side::server, answer({kCreate, 3}, create_answer(1)));
  t.emplace_back(Side::client, ask({kRead, 4}, read_ask(0, 6)));
  t.emplace_back(Side::client, ask({kRead, 5}, read_ask(6, 6)));
  t.emplace_back(Side::server, answer({kRead, 5, 0x103, 2}, join({le(9, 2), zeros(7)})));  // pending
  t.emplace_back(Side::server, answer({kRead, 5}, read_answer("second")));                // out of order
  t.emplace_back(Side::server, answer({kRead, 4}, read_answer("first,")));
  t.emplace_back(Side::client, ask({kClose, 6}, close_ask()));
  t.emplace_back(Side::server, answer({kClose, 6}, zeros(60)));
  // Create, write and close in one compound request and one compound answer.
  const base::Bytes id(16, 255);
  base::Bytes c = join({header({kCreate, 7, 0, 0, 64 + 56 + 16}), create_ask("new.txt", 2)});
  c.resize(64 + 56 + 16);
  base::Bytes w = join({header({kWrite, 8, 0, 4, 64 + 48 + 8}), write_ask(0, "written!", id)});
  const base::Bytes l = join({header({kClose, 9, 0, 4}), close_ask(id)});
  t.emplace_back(Side::client, session(join({c, w, l})));
  base::Bytes ca = join({header({kCreate, 7, 0, 1, 64 + 88}), create_answer(2)});
  const base::Bytes wa = join({header({kWrite, 8, 0, 5, 64 + 16}), le(17, 2), zeros(14)});
  t.emplace_back(Side::server, session(join({ca, wa, header({kClose, 9, 0, 5}), zeros(60)})));
  t.emplace_back(Side::client, ask({kCreate, 10}, create_ask("secret.txt", 1)));
  t.emplace_back(Side::server, answer({kCreate, 10, 0xc0000022}, join({le(9, 2), zeros(7)})));
  return t;
}
const std::vector<std::string> kWhole = {
    "login smb HR\\alice NTLM clear=false status=1",
    "smb alice TREE_CONNECT \\\\srv\\docs dialect=SMB 3.1.1 status=1",
    "smb alice CREATE \\\\srv\\docs \\\\srv\\docs\\a\\list.csv activity=2 bytes_read=12 dialect=SMB 3.1.1 status=1",
    "smb alice CREATE \\\\srv\\docs \\\\srv\\docs\\new.txt activity=3 bytes_written=8 created=true dialect=SMB 3.1.1 status=1",
    "smb alice CREATE \\\\srv\\docs \\\\srv\\docs\\secret.txt activity=2 dialect=SMB 3.1.1 status=2 code=0xc0000022",
};
constexpr std::string_view kContents = "response \\\\srv\\docs\\a\\list.csv = first,second\nrequest \\\\srv\\docs\\new.txt = written!\n";

TEST(Smb, FilesAreJoinedInTheirOrderWithPathAndDirection) {
  Heard heard;
  hear(whole_conversation(), heard);
  EXPECT_EQ(test::activity_lines(heard.seen), kWhole);
  EXPECT_EQ(contents(heard), kContents);
  for (const auto& w : heard.seen.contents) {
    EXPECT_EQ(w.from->kind, model::ContentKind::file);
    EXPECT_EQ(w.from->stage, model::Stage::transmission);
    EXPECT_TRUE(w.from->cleartext);
  }
  EXPECT_EQ(heard.tally[Count::message_malformed], 0u);
}

TEST(Smb, AnySplitGivesTheSame) {
  const Talked t = whole_conversation();
  for (std::size_t split = 1; split < test::size_of(t); ++split) {
    Heard heard;
    hear(test::split_at(t, split), heard);
    ASSERT_EQ(test::activity_lines(heard.seen), kWhole) << split;
    ASSERT_EQ(contents(heard), kContents) << split;
  }
}

TEST(Smb, AnyTruncationEndsClean) {
  const Talked t = whole_conversation();
  for (std::size_t n = 0; n < test::size_of(t); ++n) {
    Heard heard;
    hear(test::cut_at(t, n), heard);
    ASSERT_LE(heard.seen.activities.size(), kWhole.size()) << n;
    ASSERT_LE(heard.seen.contents.size(), 2u) << n;
  }
}

TEST(Smb, WithoutItsBeginningDataIsStillHandedOn) {
  Talked t;
  t.emplace_back(Side::server, join({base::view("rest of a message cut by the beginning of the capture"), answer({kRead, 4}, read_answer("unasked "))}));
  t.emplace_back(Side::server, answer({kRead, 5}, read_answer("data")));
  t.emplace_back(Side::client, ask({kWrite, 6}, write_ask(5, "tail")));
  Heard heard;
  hear(t, heard);
  EXPECT_EQ(contents(heard), "response smb read = unasked data\nrequest smb write = " + std::string(5, '\0') + "tail holes\n");
  EXPECT_EQ(heard.tally[Count::message_malformed], 1u);
  EXPECT_EQ(test::activity_lines(heard.seen).size(), 2u);
}

TEST(Smb, OneSideAloneIsReadAsFarAsItTells) {
  Talked clients, servers;
  for (const auto& [side, bytes] : whole_conversation()) (side == Side::client ? clients : servers).emplace_back(side, bytes);
  Heard asked, answered;
  hear(clients, asked);
  hear(servers, answered);
  EXPECT_EQ(contents(asked), "request new.txt = written!\n");
  EXPECT_EQ(contents(answered), "response smb read = secondfirst,\n");
}

TEST(Smb, EncryptedMessagesAreNamedOnceAndNotSeen) {
  Talked t;
  opening(t);
  for (int i = 0; i < 3; ++i) t.emplace_back(Side::client, session(join({base::view("\xfdSMB"), base::Bytes(200, 'e')})));
  Heard heard;
  hear(t, heard);
  EXPECT_EQ(test::activity_lines(heard.seen).back(), "smb - TRANSFORM - encrypted=true dialect=SMB 3.1.1 status=");
  EXPECT_EQ(heard.seen.activities.size(), 3u);
  EXPECT_TRUE(heard.seen.contents.empty());
}

TEST(Smb, Smb1IsNamedAndItsBytesAreHandedOnButNotForAskingForSmb2) {
  Talked t;
  t.emplace_back(Side::client, session(join({base::view("\xffSMBr"), zeros(40)})));
  Heard asked;
  hear(t, asked);
  EXPECT_TRUE(asked.seen.activities.empty());
  t.emplace_back(Side::client, session(join({base::view("\xffSMB\x2f"), zeros(40), base::view("old data")})));
  Heard heard;
  hear(t, heard);
  EXPECT_EQ(test::activity_lines(heard.seen), (std::vector<std::string>{"smb - SMB1 - dialect=SMB 1 status="}));
  EXPECT_NE(contents(heard).find("old data"), std::string::npos);
}

TEST(Smb, AHoleInsideDataLeavesAHoleInTheFileAndNothingElse) {
  test::Collect seen;
  Tally tally;
  const Limits limits;
  Room room{seen, tally, limits, "test", 1, false, {}};
  Conversation conversation{room, {"10.0.0.1", 4}, {"10.0.0.2", 445}, "1:x", 6, 1, "smb", "", ""};
  Smb smb(conversation);
  Talked t;
  opening(t);
  t.emplace_back(Side::client, ask({kCreate, 3}, create_ask("f", 2)));
  t.emplace_back(Side::server, answer({kCreate, 3}, create_answer(2)));
  for (const auto& [side, bytes] : t) smb.data(side, bytes);
  const base::Bytes write = ask({kWrite, 4}, write_ask(0, "0123456789"));
  smb.data(Side::client, base::View(write).first(write.size() - 7));
  smb.gap(Side::client, 4);
  smb.data(Side::client, base::View(write).subspan(write.size() - 3));
  smb.data(Side::client, ask({kWrite, 5}, write_ask(10, "ab")));
  // One that begins and ends inside of messages: the next is found.
  smb.data(Side::client, base::View(write).first(50));
  smb.gap(Side::client, 1000);
  smb.data(Side::client, join({base::view("remains"), ask({kWrite, 6}, write_ask(12, "c"))}));
  smb.finish();
  ASSERT_EQ(seen.contents.size(), 1u);
  EXPECT_EQ(base::text(seen.contents[0].bytes), std::string_view("012\0\0\0\0" "789abc", 13));
  EXPECT_EQ(seen.contents[0].holes, 4u);
  EXPECT_EQ(tally[Count::message_malformed], 0u);
}

TEST(Smb, DeletionAndRenamingAreTold) {
  Talked t;
  opening(t);
  t.emplace_back(Side::client, ask({kCreate, 3}, create_ask("old.txt", 1)));
  t.emplace_back(Side::server, answer({kCreate, 3}, create_answer(1)));
  const base::Bytes name = wide("new.txt");
  t.emplace_back(Side::client, ask({kSetInfo, 4}, join({le(33, 2), bytes_of({1, 10}), le(20 + name.size(), 4), le(96, 2), zeros(6), kFile, zeros(16), le(name.size(), 4), name})));
  t.emplace_back(Side::server, answer({kSetInfo, 4}, le(2, 2)));
  t.emplace_back(Side::client, ask({kSetInfo, 5}, join({le(33, 2), bytes_of({1, 13}), le(1, 4), le(96, 2), zeros(6), kFile, bytes_of({1})})));
  t.emplace_back(Side::server, answer({kSetInfo, 5}, le(2, 2)));
  t.emplace_back(Side::client, ask({kClose, 6}, close_ask()));
  t.emplace_back(Side::server, answer({kClose, 6}, zeros(60)));
  Heard heard;
  hear(t, heard);
  EXPECT_EQ(test::activity_lines(heard.seen).back(), "smb alice CREATE \\\\srv\\docs \\\\srv\\docs\\old.txt activity=2 deleted=true renamed_to=new.txt dialect=SMB 3.1.1 status=1");
}

TEST(Smb, BoundsAreReachedAndCounted) {
  Talked t;
  opening(t);
  t.emplace_back(Side::client, session(join({header({14, 3}), zeros(Smb::kMaxMessage)})));  // QUERY_DIRECTORY
  Heard large;
  hear(t, large);
  EXPECT_EQ(large.tally[Count::message_limit], 1u);

  Talked many;
  for (std::size_t i = 0; i < Smb::kMaxPending + 3; ++i) many.emplace_back(Side::client, ask({kCreate, 10 + i}, create_ask("x", 1)));
  Heard pending;
  hear(many, pending);
  EXPECT_EQ(pending.tally[Count::message_limit], 3u);

  Talked files;
  for (std::size_t i = 0; i < Smb::kMaxOpen + 2; ++i) files.emplace_back(Side::client, ask({kWrite, i}, write_ask(0, "d", join({le(i, 8), le(i, 8)}))));
  Heard open;
  hear(files, open);
  EXPECT_EQ(open.tally[Count::message_limit], 2u);
  EXPECT_EQ(open.seen.contents.size(), Smb::kMaxOpen + 2);

  Talked trees;
  for (std::size_t i = 0; i < Smb::kMaxTrees + 1; ++i) {
    const auto tree = [&](int flags, base::View body) {
      base::Bytes m = join({header({kTree, i, 0, static_cast<std::uint32_t>(flags)}), body});
      m[36] = static_cast<std::uint8_t>(i);
      return session(m);
    };
    trees.emplace_back(Side::client, tree(0, join({le(9, 2), zeros(2), le(72, 2), le(2, 2), wide("s")})));
    trees.emplace_back(Side::server, tree(1, join({le(16, 2), le(1, 1), zeros(13)})));
  }
  Heard connected;
  hear(trees, connected);
  EXPECT_EQ(connected.tally[Count::message_limit], 1u);
}

TEST(FilePieces, WhatComesEarlyIsHeldWithinBoundsAndWhatGoesBackIsExaminedToo) {
  Heard heard;
  const Limits limits;
  Room room{heard.seen, heard.tally, limits, "test", 1, false, {}};
  const auto from = [] {
    auto made = std::make_shared<model::Provenance>();
    made->object = "f";
    return made;
  };
  FilePieces pieces;
  pieces.piece(room, 4, base::view("45"), from);
  pieces.piece(room, 6, base::view("67"), from);  // continues what is held
  pieces.piece(room, 3, base::view("34"), from);  // overlaps it
  pieces.piece(room, 0, base::view("012"), from);
  pieces.piece(room, 2, base::view("again"), from);
  pieces.end();
  const base::Bytes large(FilePieces::kMaxHeld + 1, 'x');
  FilePieces held;
  held.piece(room, 10, large, from);  // too much to wait for the first ten bytes
  ASSERT_EQ(heard.seen.contents.size(), 2u);
  EXPECT_EQ(base::text(heard.seen.contents[0].bytes), std::string_view("01234567\0again", 14));
  EXPECT_EQ(heard.seen.contents[1].bytes.size(), large.size() + 10);
  EXPECT_EQ(heard.seen.contents[1].holes, 10u);
}

TEST(Smb, GarbageIsSurvived) {
  std::mt19937 random(5);
  for (int round = 0; round < 600; ++round) {
    Heard heard;
    hear(test::garbled(whole_conversation(), random), heard);
  }
}

}  // namespace
}  // namespace fengsui::capture
