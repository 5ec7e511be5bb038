// SMTP conversations built per RFC 5321, 2920, 3030, 3207 and 4954.
#include <gtest/gtest.h>

#include <random>

#include "capture/protocols/smtp.h"
#include "tests/capture/build.h"
#include "tests/capture/database.h"

namespace fengsui::capture {
namespace {

using test::bytes_of;
using test::join;
using test::Talked;

void say(Talked& t, Side side, std::string_view text) { t.emplace_back(side, base::to_bytes(base::view(text))); }
void hear(const Talked& talked, test::Heard& out) {
  test::hear([](Conversation& c) { return std::make_unique<Smtp>(c); }, talked, out);
  EXPECT_EQ(out.seen.broken, 0);
  for (const auto& whole : out.seen.contents) EXPECT_EQ(whole.ends, 1);
}

std::string number_of(const model::Activity& a, std::string_view name) {
  const auto* v = a.fields.find(name);
  const auto* n = v == nullptr ? nullptr : std::get_if<std::int64_t>(v);
  return n == nullptr ? "-" : std::to_string(*n);
}
// "4009 status=1 code=250 from=a size=9 to=2" or "3002 status=1 PLAIN"
std::vector<std::string> reports(const test::Heard& heard) {
  std::vector<std::string> out;
  for (const auto& a : heard.seen.activities) {
    std::string line = std::to_string(a.class_uid) + " status=" + number_of(a, "status_id");
    if (a.class_uid == 4009) {
      line += " code=" + std::string(a.fields.text("status_code")) + " from=" + std::string(a.fields.text("email.from")) + " size=" + number_of(a, "email.size") +
              " to=" + number_of(a, "unmapped.fengsui.recipients");
      if (a.fields.find("unmapped.fengsui.incomplete") != nullptr) line += " incomplete";
    } else {
      line += " " + std::string(a.fields.text("unmapped.fengsui.auth_mechanism"));
    }
    out.push_back(line);
  }
  return out;
}
std::vector<std::string> texts(const test::Heard& heard) {
  std::vector<std::string> out;
  for (const auto& whole : heard.seen.contents) out.push_back(whole.from->media_type + "|" + whole.from->object + "|" + std::string(base::text(whole.bytes)));
  return out;
}

const std::string kLetter = "Subject: x\r\n\r\n..dot\r\nend.\r\n";          // as it was written
const std::string kStuffed = "Subject: x\r\n\r\n...dot\r\nend.\r\n.\r\n";     // as it travels

Talked whole_conversation() {
  Talked t;
  say(t, Side::server, "220 mail.example ESMTP\r\n");
  say(t, Side::client, "EHLO pc\r\n");
  say(t, Side::server, "250-mail.example\r\n250-PIPELINING\r\n250 CHUNKING\r\n");
  say(t, Side::client, "AUTH LOGIN\r\n");
  say(t, Side::server, "334 VXNlcm5hbWU6\r\n");
  say(t, Side::client, "U0VDUkVUVVNFUg==\r\n");
  say(t, Side::server, "334 UGFzc3dvcmQ6\r\n");
  say(t, Side::client, "U0VDUkVUUEFTUw==\r\n");
  say(t, Side::server, "235 2.7.0 ok\r\n");
  say(t, Side::client, "MAIL FROM:<a@x.cn> SIZE=99\r\nRCPT TO:<b@y.cn>\r\nRCPT TO:<c@y.cn>\r\nDATA\r\n");  // RFC 2920
  say(t, Side::server, "250 ok\r\n250 ok\r\n550 no such user\r\n354 go\r\n");
  say(t, Side::client, kStuffed);
  say(t, Side::server, "250 queued\r\n");
  say(t, Side::client, "MAIL FROM:<>\r\nRCPT TO:<d@y.cn>\r\nBDAT 9\r\nSubject: BDAT 8 LAST\r\n.\r\nz\r\n\r\n");
  say(t, Side::server, "250 ok\r\n250 ok\r\n250 9 octets\r\n552 too large\r\n");
  say(t, Side::client, "QUIT\r\n");
  say(t, Side::server, "221 bye\r\n");
  return t;
}
const std::vector<std::string> kReports = {"3002 status=1 LOGIN", "4009 status=1 code=250 from=a@x.cn size=27 to=2", "4009 status=2 code=552 from= size=17 to=1"};
const std::vector<std::string> kTexts = {"message/rfc822|mail from a@x.cn to b@y.cn|" + kLetter, "message/rfc822|mail to d@y.cn|Subject: .\r\nz\r\n\r\n"};

TEST(Smtp, EachLetterIsAContentWithItsDotsUndoneAndAnActivityWithTheFinalReply) {
  test::Heard heard;
  hear(whole_conversation(), heard);
  EXPECT_EQ(reports(heard), kReports);
  EXPECT_EQ(texts(heard), kTexts);
}

TEST(Smtp, NothingOfALoginIsKeptOrHandedOn) {
  for (const char* login : {"AUTH PLAIN AFNFQ1JFVABTRUNSRVQ=\r\n", "auth plain\r\n", "AUTH CRAM-MD5\r\n", "AUTH XOAUTH2 U0VDUkVU\r\n"}) {
    Talked t;
    say(t, Side::server, "220 x ESMTP\r\n");
    say(t, Side::client, "EHLO pc\r\n");
    say(t, Side::server, "250 x\r\n");
    say(t, Side::client, login);
    if (std::string_view(login).find(' ', 5) == std::string_view::npos || std::string_view(login).starts_with("AUTH CRAM")) {
      say(t, Side::server, "334 U0VDUkVU\r\n");
      say(t, Side::client, "AFNFQ1JFVABTRUNSRVQ=\r\n");
    }
    say(t, Side::server, "535 no\r\n");
    say(t, Side::client, "QUIT\r\n");
    test::Heard heard;
    hear(t, heard);
    ASSERT_EQ(heard.seen.activities.size(), 1u) << login;
    EXPECT_EQ(*heard.seen.activities[0].fields.find("unmapped.fengsui.clear_login"), model::Value(true));
    EXPECT_EQ(*heard.seen.activities[0].fields.find("is_cleartext"), model::Value(std::string_view(login).find("CRAM") == std::string_view::npos));
    EXPECT_EQ(number_of(heard.seen.activities[0], "status_id"), "2");
    const std::string away = test::leaving(heard.seen);
    for (const char* secret : {"SECRET", "U0VDUkVU", "FNFQ1JFV"}) EXPECT_EQ(away.find(secret), std::string::npos);
    EXPECT_TRUE(heard.seen.contents.empty()) << login;
  }
}

TEST(Smtp, StartTlsClosesTheConversationFromTheHelloOnAtAnySplit) {
  Talked t;
  say(t, Side::server, "220 x ESMTP\r\n");
  say(t, Side::client, "EHLO pc\r\n");
  say(t, Side::server, "250-x\r\n250 STARTTLS\r\n");
  say(t, Side::client, "STARTTLS\r\n");
  say(t, Side::server, "220 go\r\n");
  t.emplace_back(Side::client, join({bytes_of({22, 3, 1, 0, 80, 1}), base::view("MAIL FROM:<a@b.cn>\r\nDATA\r\nx\r\n.\r\n")}));
  t.emplace_back(Side::server, join({bytes_of({22, 3, 3, 0, 80, 2}), base::view("250 \r\n")}));
  for (std::size_t split = 0; split <= test::size_of(t); ++split) {
    test::Heard heard;
    hear(test::split_at(t, split), heard);
    EXPECT_EQ(heard.upgraded, "tls");
    EXPECT_TRUE(heard.seen.contents.empty());
    EXPECT_TRUE(heard.seen.activities.empty());
  }
}

TEST(Smtp, AStartTlsThatIsRefusedLeavesTheLetterInClear) {
  Talked t;
  say(t, Side::client, "EHLO pc\r\nSTARTTLS\r\n");
  say(t, Side::server, "220 x\r\n250 x\r\n454 not now\r\n");
  say(t, Side::client, "MAIL FROM:<a@b.cn>\r\nRCPT TO:<c@d.cn>\r\nDATA\r\n");
  say(t, Side::server, "250 k\r\n250 k\r\n354 k\r\n");
  say(t, Side::client, "hello\r\n.\r\n");
  say(t, Side::server, "250 k\r\n");
  test::Heard heard;
  hear(t, heard);
  EXPECT_EQ(heard.upgraded, "");
  EXPECT_EQ(reports(heard), (std::vector<std::string>{"4009 status=1 code=250 from=a@b.cn size=7 to=1"}));
}

TEST(Smtp, ARefusedDataIsNoLetter) {
  Talked t;
  say(t, Side::server, "220 x\r\n");
  say(t, Side::client, "EHLO a\r\nMAIL FROM:<a@b.cn>\r\nRCPT TO:<c@d.cn>\r\nDATA\r\n");
  say(t, Side::server, "250 k\r\n250 k\r\n550 no\r\n554 no recipients\r\n");
  say(t, Side::client, "QUIT\r\n");
  test::Heard heard;
  hear(t, heard);
  EXPECT_TRUE(heard.seen.contents.empty());
  EXPECT_TRUE(heard.seen.activities.empty());
}

TEST(Smtp, OneSideAloneGivesTheLetterWithoutAVerdict) {
  Talked t;
  say(t, Side::client, "EHLO a\r\nMAIL FROM:<a@b.cn>\r\nRCPT TO:<c@d.cn>\r\nDATA\r\n");
  say(t, Side::client, kStuffed + "QUIT\r\n");
  test::Heard heard;
  hear(t, heard);
  EXPECT_EQ(reports(heard), (std::vector<std::string>{"4009 status=0 code= from=a@b.cn size=27 to=1"}));
  EXPECT_EQ(texts(heard), (std::vector<std::string>{"message/rfc822|mail from a@b.cn to c@d.cn|" + kLetter}));
}

TEST(Smtp, AConversationSeenFromTheMiddleOfALetterHandsTheRestOn) {
  Talked t;
  say(t, Side::client, "PART-ONE, AND\r\nPART-TWO\r\n.\r\nMAIL FROM:<a@b.cn>\r\n");
  say(t, Side::server, "250 queued\r\n250 ok\r\n");
  test::Heard heard;
  hear(t, heard);
  EXPECT_EQ(reports(heard), (std::vector<std::string>{"4009 status=1 code=250 from= size=25 to=- incomplete"}));
  EXPECT_EQ(texts(heard), (std::vector<std::string>{"message/rfc822|mail|PART-ONE, AND\r\nPART-TWO\r\n"}));
}

TEST(Smtp, AHoleInALetterIsAHoleInItsContentAndTheNextLetterIsWhole) {
  test::Collect seen;
  Tally tally;
  const Limits limits;
  Room room{seen, tally, limits, "test", 1, false, {}};
  Conversation conversation{room, {"10.0.0.1", 4}, {"10.0.0.2", 25}, "1:x", 6, 1, "smtp", "", ""};
  Smtp smtp(conversation);
  smtp.data(Side::server, base::view("220 x\r\n"));
  smtp.data(Side::client, base::view("EHLO a\r\nMAIL FROM:<a@b.cn>\r\nRCPT TO:<c@d.cn>\r\nDATA\r\n"));
  smtp.data(Side::server, base::view("250 k\r\n250 k\r\n250 k\r\n354 k\r\n"));
  smtp.data(Side::client, base::view("one"));
  smtp.gap(Side::client, 10);  // "\r\ntwo\r\n.\r\n": the end is in it
  smtp.data(Side::server, base::view("250 queued\r\n"));
  smtp.data(Side::client, base::view("MAIL FROM:<e@b.cn>\r\nRCPT TO:<c@d.cn>\r\nDATA\r\n"));
  smtp.data(Side::server, base::view("250 k\r\n250 k\r\n354 k\r\n"));
  smtp.data(Side::client, base::view("three\r\n.\r\n"));
  smtp.gap(Side::server, 20);
  smtp.finish();
  ASSERT_EQ(seen.contents.size(), 2u);
  EXPECT_EQ(seen.contents[0].from->object, "mail from a@b.cn to c@d.cn");
  EXPECT_EQ(base::text(seen.contents[1].bytes), "three\r\n");
  ASSERT_EQ(seen.activities.size(), 2u);
  EXPECT_EQ(*seen.activities[0].fields.find("unmapped.fengsui.incomplete"), model::Value(true));
  EXPECT_EQ(seen.activities[0].fields.text("status_code"), "250");
  EXPECT_EQ(number_of(seen.activities[1], "status_id"), "0");
}

TEST(Smtp, OnlyCrLfDotCrLfEndsATextOfCrLfLines) {  // RFC 5321 section 4.1.1.4; other ends smuggle letters
  Talked t;
  say(t, Side::client, "EHLO a\r\nMAIL FROM:<a@b.cn>\r\nRCPT TO:<c@d.cn>\r\nDATA\r\n");
  say(t, Side::server, "220 x\r\n250 k\r\n250 k\r\n250 k\r\n354 k\r\n");
  say(t, Side::client, "one\r\ntwo\n.\nMAIL FROM:<f@b.cn>\r\n.\r\n");
  say(t, Side::server, "250 k\r\n");
  test::Heard heard;
  hear(t, heard);
  ASSERT_EQ(heard.seen.contents.size(), 1u);
  EXPECT_EQ(base::text(heard.seen.contents[0].bytes), "one\r\ntwo\n.\nMAIL FROM:<f@b.cn>\r\n");
}

TEST(Smtp, LmtpAnswersALetterOnceForEachRecipient) {  // RFC 2033 section 4.2
  Talked t;
  say(t, Side::server, "220 x LMTP\r\n");
  for (int i = 0; i < 2; ++i) {
    say(t, Side::client, "LHLO a\r\nMAIL FROM:<a@b.cn>\r\nRCPT TO:<c@d.cn>\r\nRCPT TO:<e@d.cn>\r\nDATA\r\n");
    say(t, Side::server, "250 k\r\n250 k\r\n250 k\r\n250 k\r\n354 k\r\n");
    say(t, Side::client, "x\r\n.\r\n");
    say(t, Side::server, "250 k\r\n452 full\r\n");
  }
  test::Heard heard;
  hear(t, heard);
  EXPECT_EQ(reports(heard), (std::vector<std::string>(2, "4009 status=1 code=250 from=a@b.cn size=3 to=2")));
}

TEST(Smtp, CommandsThatNobodyKnowsAndListsOfNamesAreHandedOn) {
  Talked t;
  say(t, Side::client, "EHLO a\r\nXPUT 11010119900307\r\nEXPN staff\r\n");
  say(t, Side::server, "220 x\r\n250 k\r\n500 what\r\n250-a@b.cn\r\n250 c@d.cn\r\n");
  test::Heard heard;
  hear(t, heard);
  EXPECT_EQ(texts(heard), (std::vector<std::string>{"|smtp request|XPUT 11010119900307\n", "|smtp response|a@b.cn\nc@d.cn\n"}));
}

TEST(Smtp, PendingCommandsAreBoundedAndCounted) {
  Talked t;
  std::string many;
  for (std::size_t i = 0; i < Smtp::kMaxPending + 5; ++i) many += "NOOP\r\n";
  say(t, Side::client, many);
  test::Heard heard;
  hear(t, heard);
  EXPECT_EQ(heard.tally[Count::message_limit], 5u);
}

TEST(Smtp, AnySplitGivesTheSame) {
  const Talked t = whole_conversation();
  for (std::size_t split = 1; split < test::size_of(t); ++split) {
    test::Heard heard;
    hear(test::split_at(t, split), heard);
    ASSERT_EQ(reports(heard), kReports) << split;
    ASSERT_EQ(texts(heard), kTexts) << split;
  }
}

TEST(Smtp, AnyTruncationEndsCleanAndInventsNothing) {
  const Talked t = whole_conversation();
  for (std::size_t n = 0; n < test::size_of(t); ++n) {
    test::Heard heard;
    hear(test::cut_at(t, n), heard);
    const auto got = texts(heard);
    ASSERT_LE(got.size(), kTexts.size());
    for (std::size_t i = 0; i < got.size(); ++i) ASSERT_TRUE(kTexts[i].starts_with(got[i])) << n << " " << got[i];
    ASSERT_EQ(test::leaving(heard.seen).find("U0VD"), std::string::npos);
  }
}

TEST(Smtp, GarbageIsSurvived) {
  std::mt19937 random(7);
  const Talked t = whole_conversation();
  for (int round = 0; round < 300; ++round) {
    Talked bad = t;
    for (auto& [side, bytes] : bad) {
      for (int i = 0; i < 2; ++i) bytes[random() % bytes.size()] = static_cast<std::uint8_t>(random());
    }
    test::Heard heard;
    hear(bad, heard);
  }
}

}  // namespace
}  // namespace fengsui::capture
