// POP3 conversations per RFC 1939, IMAP conversations per RFC 9051.
#include <gtest/gtest.h>
#include <zlib.h>

#include <random>

#include "capture/protocols/imap.h"
#include "capture/protocols/pop3.h"
#include "tests/capture/build.h"
#include "tests/capture/database.h"

namespace fengsui::capture {
namespace {

using test::bytes_of;
using test::Heard;
using test::join;
using test::Talked;

void say(Talked& t, Side side, std::string_view text) { t.emplace_back(side, base::to_bytes(base::view(text))); }
template <class S>
void hear(const Talked& talked, Heard& out) {
  test::hear([](Conversation& c) { return std::make_unique<S>(c); }, talked, out);
  EXPECT_EQ(out.seen.broken, 0);
  for (const auto& whole : out.seen.contents) EXPECT_EQ(whole.ends, 1);
}
std::vector<std::string> texts(const Heard& heard, bool letters_only = false) {
  std::vector<std::string> out;
  for (const auto& whole : heard.seen.contents) {
    if (!letters_only || !whole.from->media_type.empty()) out.push_back(whole.from->object + "|" + std::string(base::text(whole.bytes)));
  }
  return out;
}
std::vector<std::string> reports(const Heard& heard) { return test::activity_lines(heard.seen); }

Talked pop3_conversation() {
  Talked t;
  say(t, Side::server, "+OK POP3 ready <1896.697@x.cn>\r\n");
  say(t, Side::client, "USER SECRETNAME\r\n");
  say(t, Side::server, "+OK\r\n");
  say(t, Side::client, "PASS SECRET\r\n");
  say(t, Side::server, "+OK 2 messages\r\n");
  say(t, Side::client, "STAT\r\nLIST\r\nRETR 1\r\nRETR 9\r\nTOP 2 0\r\nQUIT\r\n");  // RFC 2449
  say(t, Side::server, "+OK 2 320\r\n+OK\r\n1 120\r\n2 200\r\n.\r\n+OK 120 octets\r\nSubject: a\r\n\r\n..x\r\n.\r\n-ERR no such\r\n+OK\r\nSubject: b\r\n\r\n.\r\n+OK bye\r\n");
  return t;
}
const std::vector<std::string> kPopReports = {"login db USER/PASS clear=true status=1", "mail db received size=18 recipients= status=1 code=", "mail db received size=14 recipients= status=1 code="};
const std::vector<std::string> kPopTexts = {"pop3 response|1 120\r\n2 200\r\n", "mail fetched|Subject: a\r\n\r\n.x\r\n", "mail fetched (TOP)|Subject: b\r\n\r\n"};

TEST(Pop3, EachFetchedLetterIsAContentAndTheLoginIsNotedNotKept) {
  Heard heard;
  hear<Pop3>(pop3_conversation(), heard);
  EXPECT_EQ(reports(heard), kPopReports);
  EXPECT_EQ(texts(heard), kPopTexts);
  EXPECT_EQ(test::leaving(heard.seen).find("SECRET"), std::string::npos);
}

TEST(Pop3, AnySplitGivesTheSame) {
  const Talked t = pop3_conversation();
  for (std::size_t split = 1; split < test::size_of(t); ++split) {
    Heard heard;
    hear<Pop3>(test::split_at(t, split), heard);
    ASSERT_EQ(reports(heard), kPopReports) << split;
    ASSERT_EQ(texts(heard), kPopTexts) << split;
  }
}

TEST(Pop3, AnyTruncationEndsClean) {
  const Talked t = pop3_conversation();
  for (std::size_t n = 0; n < test::size_of(t); ++n) {
    Heard heard;
    hear<Pop3>(test::cut_at(t, n), heard);
    const auto got = texts(heard);
    ASSERT_LE(got.size(), kPopTexts.size());
    for (std::size_t i = 0; i < got.size(); ++i) ASSERT_TRUE(kPopTexts[i].starts_with(got[i])) << n << " " << got[i];
  }
}

TEST(Pop3, AnAuthExchangeIsDroppedAndStlsClosesTheConversation) {
  Talked t;
  say(t, Side::server, "+OK ready\r\n");
  say(t, Side::client, "AUTH PLAIN\r\n");
  say(t, Side::server, "+ \r\n");
  say(t, Side::client, "AFNFQ1JFVABTRUNSRVQ=\r\n");
  say(t, Side::server, "-ERR no\r\n");
  say(t, Side::client, "STLS\r\n");
  say(t, Side::server, "+OK go\r\n");
  t.emplace_back(Side::client, join({bytes_of({22, 3, 1, 0, 5, 1}), base::view("RETR 1\r\n")}));
  t.emplace_back(Side::server, join({bytes_of({22, 3, 3, 0, 5, 2}), base::view("+OK\r\nx\r\n.\r\n")}));
  Heard heard;
  hear<Pop3>(t, heard);
  EXPECT_EQ(reports(heard), (std::vector<std::string>{"login db PLAIN clear=true status=2"}));
  EXPECT_TRUE(heard.seen.contents.empty());
  EXPECT_EQ(heard.upgraded, "tls");
}

TEST(Pop3, AnAnswerSeenWithoutItsBeginningOrItsCommandIsHandedOn) {
  Talked t;
  say(t, Side::server, "rest of a letter\r\n.\r\n+OK\r\nSubject: c\r\n\r\n.\r\n");
  Heard heard;
  hear<Pop3>(t, heard);
  EXPECT_EQ(texts(heard), (std::vector<std::string>{"mail fetched|rest of a letter\r\n", "mail fetched|Subject: c\r\n\r\n"}));
}

TEST(Pop3, PendingCommandsAreBoundedAndCounted) {
  Talked t;
  std::string many;
  for (std::size_t i = 0; i < Pop3::kMaxPending + 3; ++i) many += "NOOP\r\n";
  say(t, Side::client, many);
  Heard heard;
  hear<Pop3>(t, heard);
  EXPECT_EQ(heard.tally[Count::message_limit], 3u);
}

Talked imap_conversation() {
  Talked t;
  say(t, Side::server, "* OK IMAP4rev2 ready\r\n");
  say(t, Side::client, "a1 LOGIN {10}\r\n");
  say(t, Side::server, "+ go\r\n");
  say(t, Side::client, "SECRETNAME {6+}\r\nSECRET\r\n");
  say(t, Side::server, "a1 OK done\r\n");
  say(t, Side::client, "a2 FETCH 1:2 (BODY[])\r\n");
  say(t, Side::server, "* 1 FETCH (UID 7 BODY[] {14}\r\nSubject: a\r\n\r\n FLAGS (\\Seen))\r\n* 2 FETCH (BODY[]<0> {9}\r\nSubject: )\r\na2 OK\r\n");
  say(t, Side::client, "a3 FETCH 2 (BODY[]<9.9>)\r\n");
  say(t, Side::server, "* 2 FETCH (BODY[]<9> {5}\r\nb\r\n\r\n)\r\na3 OK\r\n");
  say(t, Side::client, "a4 FETCH 3 (RFC822.HEADER RFC822.TEXT)\r\n");
  say(t, Side::server, "* 3 FETCH (RFC822.HEADER {14}\r\nSubject: c\r\n\r\n RFC822.TEXT {3}\r\nhi\n)\r\na4 OK\r\n");
  say(t, Side::client, "a5 APPEND \"Sent\" (\\Seen) {16}\r\n");
  say(t, Side::server, "+ go\r\n");
  say(t, Side::client, "Subject: d\r\n\r\n\r\n\r\n");
  say(t, Side::server, "a5 OK\r\n");
  return t;
}
const std::vector<std::string> kImapReports = {"login db LOGIN clear=true status=1", "mail db received size=14 recipients= status=1 code=", "mail db received size=14 recipients= status=1 code=",
                                               "mail db received size=16 recipients= status=0 code=", "mail db received size=17 recipients= status=1 code="};
const std::vector<std::string> kImapTexts = {"mail fetched|Subject: a\r\n\r\n", "mail fetched|Subject: b\r\n\r\n", "mail fetched|Subject: c\r\n\r\nhi\n", "mail appended|Subject: d\r\n\r\n\r\n"};

TEST(Imap, LettersAreContentsEvenInPiecesAndTheLoginIsNotedNotKept) {
  Heard heard;
  hear<Imap>(imap_conversation(), heard);
  EXPECT_EQ(reports(heard), kImapReports);
  EXPECT_EQ(texts(heard, true), kImapTexts);
  std::string all = test::leaving(heard.seen);
  for (const auto& text : texts(heard)) all += text;
  EXPECT_EQ(all.find("SECRET"), std::string::npos);
}

TEST(Imap, AnySplitGivesTheSame) {
  const Talked t = imap_conversation();
  Heard whole;
  hear<Imap>(t, whole);
  for (std::size_t split = 1; split < test::size_of(t); ++split) {
    Heard heard;
    hear<Imap>(test::split_at(t, split), heard);
    ASSERT_EQ(reports(heard), kImapReports) << split;
    ASSERT_EQ(texts(heard), texts(whole)) << split;
  }
}

TEST(Imap, AnyTruncationEndsClean) {
  const Talked t = imap_conversation();
  for (std::size_t n = 0; n < test::size_of(t); ++n) {
    Heard heard;
    hear<Imap>(test::cut_at(t, n), heard);
    const auto got = texts(heard, true);
    ASSERT_LE(got.size(), kImapTexts.size());
    for (std::size_t i = 0; i < got.size(); ++i) ASSERT_TRUE(kImapTexts[i].starts_with(got[i])) << n << " " << got[i];
  }
}

TEST(Imap, AnAuthenticateExchangeIsDroppedAndStartTlsClosesTheConversation) {
  Talked t;
  say(t, Side::server, "* OK ready\r\n");
  say(t, Side::client, "1 AUTHENTICATE PLAIN\r\n");
  say(t, Side::server, "+ \r\n");
  say(t, Side::client, "AFNFQ1JFVABTRUNSRVQ=\r\n");
  say(t, Side::server, "1 NO\r\n");
  say(t, Side::client, "2 STARTTLS\r\n");
  say(t, Side::server, "2 OK\r\n");
  t.emplace_back(Side::client, join({bytes_of({22, 3, 1, 0, 5, 1}), base::view("x\r\n")}));
  t.emplace_back(Side::server, join({bytes_of({22, 3, 3, 0, 5, 2}), base::view("y\r\n")}));
  Heard heard;
  hear<Imap>(t, heard);
  EXPECT_EQ(reports(heard), (std::vector<std::string>{"login db PLAIN clear=true status=2"}));
  EXPECT_EQ(heard.upgraded, "tls");
  for (const auto& text : texts(heard)) {
    EXPECT_EQ(text.find("FNFQ1"), std::string::npos);
    EXPECT_EQ(text.find('\x16'), std::string::npos);
  }
}

base::Bytes deflated(std::string_view text) {  // raw, RFC 1951
  z_stream z{};
  EXPECT_EQ(deflateInit2(&z, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
  base::Bytes out(text.size() + 100);
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  z.avail_in = static_cast<uInt>(text.size());
  z.next_out = out.data();
  z.avail_out = static_cast<uInt>(out.size());
  deflate(&z, Z_SYNC_FLUSH);
  out.resize(out.size() - z.avail_out);
  deflateEnd(&z);
  return out;
}

TEST(Imap, CompressedAfterCompressIsReadAtAnySplit) {  // RFC 4978
  Talked t;
  say(t, Side::server, "* OK ready\r\n");
  say(t, Side::client, "1 COMPRESS DEFLATE\r\n");
  t.emplace_back(Side::server, join({base::view("1 OK on\r\n"), deflated("* 1 FETCH (BODY[] {14}\r\nSubject: a\r\n\r\n)\r\n")}));
  t.emplace_back(Side::client, deflated("2 APPEND Sent {14+}\r\nSubject: b\r\n\r\n\r\n"));
  for (std::size_t split = 0; split < test::size_of(t); ++split) {
    Heard heard;
    hear<Imap>(test::split_at(t, split), heard);
    ASSERT_EQ(texts(heard, true), (std::vector<std::string>{"mail fetched|Subject: a\r\n\r\n", "mail appended|Subject: b\r\n\r\n"})) << split;
  }
}

TEST(Imap, ALiteralThatIsRefusedDoesNotSwallowTheNextCommand) {
  Talked t;
  say(t, Side::client, "1 APPEND Sent () {500}\r\n");
  say(t, Side::server, "* OK\r\n1 NO no such mailbox\r\n");
  say(t, Side::client, "2 APPEND Drafts () {4}\r\n");
  say(t, Side::server, "+ go\r\n");
  say(t, Side::client, "x\r\n\n\r\n");
  Heard heard;
  hear<Imap>(t, heard);
  EXPECT_EQ(texts(heard, true), (std::vector<std::string>{"mail appended|", "mail appended|x\r\n\n"}));
}

TEST(Imap, AHoleInALetterIsAHoleInItsContent) {
  test::Collect seen;
  Tally tally;
  const Limits limits;
  Room room{seen, tally, limits, "test", 1, false, {}};
  Conversation conversation{room, {"10.0.0.1", 4}, {"10.0.0.2", 143}, "1:x", 6, 1, "imap", "", ""};
  Imap imap(conversation);
  imap.data(Side::server, base::view("* OK\r\n* 1 FETCH (BODY[] {10}\r\n012"));
  imap.gap(Side::server, 4);
  imap.data(Side::server, base::view("789)\r\n* 2 FETCH (BODY[] {2}\r\nok)\r\n"));
  imap.finish();
  ASSERT_EQ(seen.contents.size(), 3u);
  EXPECT_EQ(seen.contents[1].holes, 4u);
  EXPECT_EQ(seen.contents[1].bytes.size(), 10u);
  EXPECT_EQ(base::text(seen.contents[2].bytes), "ok");
}

TEST(Mailboxes, GarbageIsSurvived) {
  std::mt19937 random(11);
  for (int round = 0; round < 300; ++round) {
    for (const Talked& whole : {pop3_conversation(), imap_conversation()}) {
      const Talked bad = test::garbled(whole, random);
      Heard a, b;
      hear<Pop3>(bad, a);
      hear<Imap>(bad, b);
    }
  }
}

}  // namespace
}  // namespace fengsui::capture
