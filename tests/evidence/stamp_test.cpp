#include "evidence/stamp.h"

#include <gtest/gtest.h>

#include "crypto/timestamp.h"
#include "evidence/verify.h"
#include "test_log.h"
#include "tests/crypto/test_tsa.h"

namespace fengsui::evidence {
namespace {

const TestLog& log() {
  static const TestLog made = three_days();
  return made;
}
const test::TestTsa& tsa() {
  static const test::TestTsa made;
  return made;
}

// The first checkpoint after the seal of day 0, 1 or 2.
std::string sealed_checkpoint(int day) {
  const auto facts = log().facts();
  for (const auto& note : log().checkpoints)
    if (open_checkpoint(note, log().policy.logs[0])->size > facts.seals[static_cast<std::size_t>(day)].leaf) return note;
  return log().checkpoints.back();
}
Stamp stamp(int day, base::UnixMs time, const test::TestTsa& by = tsa()) {
  auto checkpoint = sealed_checkpoint(day);
  auto token = by.answer(crypto::timestamp_request(*stamp_imprint(checkpoint), 1), time);
  return {base::day_of(at(day)), checkpoint, token};
}
Files bundle(const std::vector<Stamp>& stamps) {
  static const Files clean = log().bundle(at(0), at(3));
  auto files = clean;
  EXPECT_EQ(add_stamps(files, stamps), stamps.size());
  return relisted(files);
}
VerifyResult check(const Files& files, const std::string& trusted, base::UnixMs now = at(30)) {
  VerifyOptions options;
  options.tsa = trusted;
  options.now = now;
  return verify_files(files, log().policy, options);
}
const Step& v4(const VerifyResult& r) { return r.steps[4]; }

TEST(Stamp, StampsOfSealedDaysAreCheckedAgainstTheEvaluatorsOwnCertificate) {
  auto files = bundle({stamp(0, at(1, 0, 20)), stamp(1, at(2, 0, 20)), stamp(2, at(3, 0, 20))});
  EXPECT_TRUE(files.contains("ts/2026-11-02.tsr"));
  auto r = check(files, tsa().pem());
  EXPECT_TRUE(r.verified) << to_text(r, false);
  EXPECT_EQ(v4(r).state, StepState::passed);
  EXPECT_NE(v4(r).detail.en.find("time-stamps that hold: 3"), std::string::npos) << v4(r).detail.en;
}

TEST(Stamp, WithoutACertificateTheyAreCountedAndProveNothing) {
  auto r = check(bundle({stamp(0, at(1, 0, 20))}), "");
  EXPECT_TRUE(r.verified);
  EXPECT_EQ(v4(r).state, StepState::not_required);
  EXPECT_NE(v4(r).detail.en.find("time-stamps not checked: 1"), std::string::npos) << v4(r).detail.en;
}

TEST(Stamp, ThoseOfAnotherAuthorityCountForNothing) {
  test::TestTsa other("other.example");
  auto r = check(bundle({stamp(0, at(1, 0, 20), other)}), tsa().pem());
  EXPECT_TRUE(r.verified);
  EXPECT_EQ(v4(r).state, StepState::not_required);
  EXPECT_NE(v4(r).detail.en.find("not among the certificates given: 1"), std::string::npos) << v4(r).detail.en;
}

void refused(const Files& files, const std::string& why, base::UnixMs now = at(30)) {
  auto r = check(files, tsa().pem(), now);
  EXPECT_EQ(v4(r).state, StepState::failed) << why;
  EXPECT_NE(v4(r).detail.en.find(why), std::string::npos) << v4(r).detail.en;
  EXPECT_EQ(v4(r).day, "2026-11-02");
  EXPECT_EQ(exit_code(r), 1);
}

TEST(Stamp, AForgedMisplacedEarlyOrFutureStampFailsAtItsDay) {
  test::TestTsa forger;
  refused(bundle({stamp(0, at(1, 0, 20), forger)}), "wrong");
  refused(bundle({stamp(0, at(1) - 1000)}), "before the end of what was sealed");
  refused(bundle({stamp(0, at(4))}), "has not come yet", at(3));
  auto other = stamp(0, at(1, 0, 20));
  other.token = stamp(1, at(2, 0, 20)).token;
  refused(bundle({other}), "another text than its checkpoint");
  auto turned = stamp(0, at(1, 0, 20));
  turned.token[turned.token.size() - 3] ^= 1;  // in the signature
  refused(bundle({turned}), "wrong signature");
  auto cut = stamp(0, at(1, 0, 20));
  cut.token.resize(100);
  refused(bundle({cut}), "not a TimeStampResp");
}

TEST(Stamp, ACheckpointBeforeTheSealOrOfAnotherTreeIsNotTheDays) {
  const auto& key = log().keys.log;
  auto with = [&](const Checkpoint& c) {
    Stamp s{base::day_of(at(0)), sign_checkpoint(c, key), {}};
    s.token = tsa().answer(crypto::timestamp_request(*stamp_imprint(s.checkpoint), 1), at(1, 0, 20));
    return bundle({s});
  };
  auto sealed = *open_checkpoint(sealed_checkpoint(0), log().policy.logs[0]);
  auto leaf = log().facts().seals[0].leaf;
  refused(with({sealed.origin, leaf, *log().tree.root(leaf)}), "holds no seal");
  auto forked = sealed;
  forked.root[0] ^= 1;
  refused(with(forked), "not one of this log");
  auto missing = bundle({stamp(0, at(1, 0, 20))});
  missing.erase("ts/2026-11-02.checkpoint");
  refused(relisted(missing), "its checkpoint");
}

TEST(Stamp, WhatAnEarlierVisitCheckedIsCountedOnly) {
  auto files = bundle({stamp(0, at(1, 0, 20)), stamp(2, at(3, 0, 20))});
  const auto facts = log().facts();
  StampTrust trust{{}, at(30), &log().policy.logs[0], 0, facts.seals[1].leaf, facts.seals, [](const Checkpoint& c) { return c.root == *log().tree.root(c.size); }};
  const auto pem = tsa().pem();
  trust.tsa = pem;
  StampCounts counts;
  check_stamps(files, "", trust, counts, [](const auto& path, const auto&, const auto& what) { ADD_FAILURE() << path << what; });
  EXPECT_EQ(counts.good, 1u);
  EXPECT_EQ(counts.unchecked, 1u);
  check_stamps(files, "shards/2025/", trust, counts, [](const auto&, const auto&, const auto&) {});
  EXPECT_EQ(counts.good, 1u);
}

TEST(Stamp, OneThatTheBundleCannotShowIsLeftOut) {
  auto files = bundle({});
  auto ahead = *open_checkpoint(sealed_checkpoint(2), log().policy.logs[0]);
  ahead.size += 1000;
  auto elsewhere = ahead;
  elsewhere.origin = "other/510900/510903-edu/2026";
  EXPECT_EQ(add_stamps(files, {{base::day_of(at(0)), sign_checkpoint(ahead, log().keys.log), {1}}, {base::day_of(at(0)), sign_checkpoint(elsewhere, log().keys.log), {1}}, {base::day_of(at(0)), "no note", {1}}}), 0u);
}

}  // namespace
}  // namespace fengsui::evidence
