#include "watch/auth_log.h"

#include <gtest/gtest.h>

namespace fengsui::watch {
namespace {

// 2026-11-24T20:00:00+08:00; `date -d 2026-11-24T20:00:00+08:00 +%s` gives 1795521600.
constexpr base::UnixMs kNow = 1'795'521'600'000;

std::vector<model::Activity> read(std::string_view message, std::string_view program = "sshd[812]") {
  return auth_activities("Nov 24 19:00:00 db01 " + std::string(program) + ": " + std::string(message), kNow,
                         "/var/log/auth.log:0");
}

std::int64_t number(const model::Activity& a, std::string_view field) {
  const auto* value = a.fields.find(field);
  const auto* n = value == nullptr ? nullptr : std::get_if<std::int64_t>(value);
  return n == nullptr ? -1 : *n;
}

TEST(Syslog, ATraditionalTimestampTakesTheLatestYearThatIsNotInTheFuture) {
  // 19:00 local is one hour before kNow; 31 December is eleven months before, not one month ahead.
  EXPECT_EQ(parse_syslog("Nov 24 19:00:00 h p: m", kNow)->time, kNow - 3'600'000);
  EXPECT_EQ(base::to_rfc3339(parse_syslog("Dec 31 23:59:59 h p: m", kNow)->time), "2025-12-31T23:59:59.000+08:00");
  EXPECT_EQ(base::to_rfc3339(parse_syslog("Jan  1 00:00:00 h p: m", kNow)->time), "2026-01-01T00:00:00.000+08:00");
  EXPECT_EQ(base::to_rfc3339(parse_syslog("Feb 29 12:00:00 h p: m", kNow)->time), "2024-02-29T12:00:00.000+08:00");
  // A clock a few hours ahead is still today's, not last year's.
  EXPECT_EQ(base::to_rfc3339(parse_syslog("Nov 25 10:00:00 h p: m", kNow)->time), "2026-11-25T10:00:00.000+08:00");
}

TEST(Syslog, AnRfc3339TimestampKeepsItsOffset) {
  const auto line = parse_syslog("2026-11-24T11:00:00.123456+00:00 db01 sshd[9]: hello: world", kNow);
  ASSERT_TRUE(line);
  EXPECT_EQ(line->time, kNow - 3'600'000 + 123);
  EXPECT_EQ(line->host, "db01");
  EXPECT_EQ(line->program, "sshd");
  EXPECT_EQ(line->pid, 9u);
  EXPECT_EQ(line->message, "hello: world");
}

TEST(Syslog, WhatIsNeitherFormatIsNotALine) {
  for (const char* bad : {"", "x", "Nov 24 19:00:00", "Nov 24 19:00:00 ", "Nov 24 25:00:00 h p: m",
                          "Nov 31 10:00:00 h p: m", "Foo 24 19:00:00 h p: m", "2026-13-24T11:00:00Z h p: m",
                          "Nov 24 19:00:00 h no colon", "Nov 24 -1:00:00 h p: m"}) {
    EXPECT_FALSE(parse_syslog(bad, kNow)) << bad;
  }
}

TEST(AuthLog, AnAcceptedPasswordIsASuccessfulLogon) {
  const auto out = read("Accepted password for alice from 10.0.0.5 port 51022 ssh2");
  ASSERT_EQ(out.size(), 1u);
  const model::Activity& a = out[0];
  EXPECT_EQ(a.class_uid, 3002u);
  EXPECT_EQ(a.activity_id, 1u);
  EXPECT_EQ(a.time, kNow - 3'600'000);
  EXPECT_EQ(a.stage, model::Stage::operation);
  EXPECT_EQ(a.source.product, "linux");
  EXPECT_EQ(a.source.service, "sshd");
  EXPECT_EQ(a.fields.text("user.name"), "alice");
  EXPECT_EQ(a.fields.text("src_endpoint.ip"), "10.0.0.5");
  EXPECT_EQ(a.fields.text("service.name"), "sshd");
  EXPECT_EQ(a.fields.text("auth_protocol"), "password");
  EXPECT_EQ(number(a, "status_id"), 1);
  EXPECT_EQ(number(a, "src_endpoint.port"), 51022);
}

TEST(AuthLog, APublicKeyLineCarriesMoreAfterThePeer) {
  const auto out = read("Accepted publickey for bob from 2001:db8::1 port 22 ssh2: ED25519 SHA256:abc");
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].fields.text("src_endpoint.ip"), "2001:db8::1");
  EXPECT_EQ(out[0].fields.text("auth_protocol"), "publickey");
}

TEST(AuthLog, FailuresSayWhetherTheUserExists) {
  const auto known = read("Failed password for root from 10.0.0.6 port 1 ssh2");
  ASSERT_EQ(known.size(), 1u);
  EXPECT_EQ(number(known[0], "status_id"), 2);
  EXPECT_EQ(known[0].fields.text("status_detail"), "");
  const auto unknown = read("Failed password for invalid user oracle from 10.0.0.6 port 1 ssh2");
  ASSERT_EQ(unknown.size(), 1u);
  EXPECT_EQ(unknown[0].fields.text("user.name"), "oracle");
  EXPECT_EQ(unknown[0].fields.text("status_detail"), "invalid user");
  EXPECT_EQ(read("Invalid user test from 10.0.0.6 port 1").at(0).activity_id, 6u);
}

TEST(AuthLog, AUserNameCannotForgeTheSource) {
  const auto out = read("Failed password for invalid user x from 1.1.1.1 port 1 ssh2 from 10.0.0.6 port 2 ssh2");
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].fields.text("src_endpoint.ip"), "10.0.0.6");
  EXPECT_EQ(out[0].fields.text("user.name"), "x from 1.1.1.1 port 1 ssh2");
}

TEST(AuthLog, AnAddressWithBytesBehindANulIsNotAnAddress) {
  const auto out = read(std::string("Failed password for x from 10.0.0.6\0\xff port 2 ssh2", 48));
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].fields.text("src_endpoint.ip"), "");
}

TEST(AuthLog, ARepeatedMessageCountsEachTimeUpToAHundred) {
  EXPECT_EQ(read("message repeated 4 times: [ Failed password for root from 10.0.0.6 port 1 ssh2]").size(), 4u);
  EXPECT_EQ(read("message repeated 100000 times: [ Failed password for root from 10.0.0.6 port 1 ssh2]").size(), 100u);
  EXPECT_TRUE(read("message repeated x times: [ Failed password for root from 10.0.0.6 port 1 ssh2]").empty());
}

TEST(AuthLog, SudoTellsWhoRanWhatAsWhom) {
  const auto out =
      read("   alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/usr/bin/mysqldump -u root -pS3cret person",
           "sudo");
  ASSERT_EQ(out.size(), 1u);
  const model::Activity& a = out[0];
  EXPECT_EQ(a.class_uid, 1007u);
  EXPECT_EQ(a.source.service, "sudo");
  EXPECT_EQ(a.source.category, "process_creation");
  EXPECT_EQ(a.fields.text("actor.user.name"), "alice");
  EXPECT_EQ(a.fields.text("process.user.name"), "root");
  EXPECT_EQ(a.fields.text("process.name"), "mysqldump");
  EXPECT_EQ(a.fields.text("process.cmd_line"), "/usr/bin/mysqldump -u root -p*** person");
  EXPECT_EQ(a.fields.text("message").find("S3cret"), std::string_view::npos);
  EXPECT_EQ(number(a, "status_id"), 1);
}

TEST(AuthLog, ARefusedSudoIsAFailure) {
  const auto out =
      read("bob : user NOT in sudoers ; TTY=pts/1 ; PWD=/ ; USER=root ; COMMAND=/bin/cat /etc/shadow", "sudo");
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(number(out[0], "status_id"), 2);
  EXPECT_EQ(out[0].fields.text("status_detail"), "user NOT in sudoers");
}

TEST(AuthLog, SuIsAnAccountSwitch) {
  const auto good = read("(to root) alice on pts/0", "su");
  ASSERT_EQ(good.size(), 1u);
  EXPECT_EQ(good[0].activity_id, 7u);
  EXPECT_EQ(good[0].fields.text("user.name"), "root");
  EXPECT_EQ(good[0].fields.text("actor.user.name"), "alice");
  EXPECT_EQ(number(good[0], "status_id"), 1);
  EXPECT_EQ(number(read("FAILED SU (to root) alice on pts/0", "su").at(0), "status_id"), 2);
  EXPECT_EQ(read("Successful su for root by alice", "su").at(0).fields.text("actor.user.name"), "alice");
}

TEST(AuthLog, ConsoleSessionsAreLogonsAndCronIsNot) {
  const auto out = read("pam_unix(login:session): session opened for user root(uid=0) by LOGIN(uid=0)", "login");
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].fields.text("user.name"), "root");
  EXPECT_EQ(out[0].fields.text("service.name"), "login");
  EXPECT_TRUE(read("pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)", "CRON").empty());
  const auto failed = read(
      "pam_unix(vsftpd:auth): authentication failure; logname= uid=0 euid=0 tty=ftp ruser=x rhost=10.0.0.9  user=carol",
      "vsftpd");
  ASSERT_EQ(failed.size(), 1u);
  EXPECT_EQ(failed[0].fields.text("user.name"), "carol");
  EXPECT_EQ(failed[0].fields.text("src_endpoint.ip"), "10.0.0.9");
}

TEST(AuthLog, IdNumbersInCommandsAreMasked) {
  const auto out =
      read("alice : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/grep 11010519491231002X /srv/a.csv", "sudo");
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].fields.text("process.cmd_line"), "/bin/grep 110*************2X /srv/a.csv");
}

TEST(AuthLog, EveryTruncationAndAnyGarbageIsHarmless) {
  const std::string line =
      "Nov 24 19:00:00 db01 sshd[812]: Failed password for invalid user oracle from 10.0.0.6 port 1 ssh2";
  for (std::size_t n = 0; n < line.size(); ++n) {
    for (const auto& a : auth_activities(line.substr(0, n), kNow, "w")) EXPECT_EQ(a.class_uid, 3002u);
  }
  EXPECT_TRUE(auth_activities(std::string(5000, '\xff'), kNow, "w").empty());
  const auto odd = read("Accepted password for \xd6\xd0 from 10.0.0.5 port 1 ssh2");  // a GB 18030 name
  ASSERT_EQ(odd.size(), 1u);
  EXPECT_EQ(odd[0].fields.text("user.name"), "\\xd6\\xd0");
}

}  // namespace
}  // namespace fengsui::watch
