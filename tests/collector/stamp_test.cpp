// A collector, a sealed day, and an authority that is reached by files.
#include "collector/stamps.h"

#include <boost/json.hpp>

#include <cstdlib>

#include "base/fd.h"
#include "collector/attestor.h"
#include "collector/scorer.h"
#include "crypto/timestamp.h"
#include "evidence/verify.h"
#include "tests/collector/rig.h"
#include "tests/crypto/test_tsa.h"

namespace fengsui::collector {
namespace {

const std::string kUnit = "510903-edu";

class StampedTest : public ::testing::Test {
 protected:
  StampedTest() {
    rig.add_unit(kUnit);
    agent = std::make_unique<TestAgent>(rig, kUnit, "db01");
    EXPECT_TRUE(agent->enrol());
    agent->boot();
    for (int i = 0; i < 5; ++i) agent->beat();
    agent->deliver();
    EXPECT_TRUE(rig.ingest->flush());
    memory = std::make_unique<Memory>(*rig.centre);
    sealer = std::make_unique<Sealer>(*rig.centre, *rig.ingest, *rig.watch, *memory);
    day = base::day_of(rig.clock.now);
  }
  base::Bytes asked() {
    auto der = stamps().request(*sealer, kUnit, day);
    EXPECT_TRUE(der) << der.error().what;
    return der.value_or(base::Bytes());
  }
  Stamps stamps() { return Stamps(*rig.centre); }
  base::UnixMs later() const { return rig.clock.now + 60'000; }

  Rig rig;
  test::TestTsa tsa;
  std::unique_ptr<TestAgent> agent;
  std::unique_ptr<Memory> memory;
  std::unique_ptr<Sealer> sealer;
  base::Day day;
};

TEST_F(StampedTest, ADayThatIsNotSealedIsNotStamped) {
  EXPECT_EQ(stamps().request(*sealer, kUnit, day).error().code, base::Errc::conflict);
  EXPECT_EQ(stamps().accept(kUnit, day, base::view("x")).error().code, base::Errc::conflict);
}

TEST_F(StampedTest, AnAnswerToSomethingElseIsRefusedAndNothingIsKept) {
  ASSERT_TRUE(sealer->seal(kUnit, day));
  auto first = asked(), second = asked();
  EXPECT_NE(first, second);  // the nonce
  auto why = [&](base::View answer) { return stamps().accept(kUnit, day, answer).error(); };
  EXPECT_NE(why(tsa.answer(first, later())).what.find("nonce"), std::string::npos);
  EXPECT_NE(why(tsa.answer(crypto::timestamp_request(crypto::sha256(base::view("other")), 1), later())).what.find("not over the checkpoint"), std::string::npos);
  EXPECT_NE(why(tsa.answer(second, rig.clock.now - 7'200'000)).what.find("before the end"), std::string::npos);
  EXPECT_EQ(why(tsa.answer(base::view("garbage"), later())).code, base::Errc::denied);
  EXPECT_EQ(why(base::view("garbage")).code, base::Errc::malformed);
  EXPECT_TRUE(stamps().kept(kUnit, day, day)->empty());
  auto time = stamps().accept(kUnit, day, tsa.answer(second, later()));
  ASSERT_TRUE(time) << time.error().what;
  EXPECT_EQ(*time, later() / 1000 * 1000);
  EXPECT_EQ(stamps().kept(kUnit, day, day)->size(), 1u);
  EXPECT_TRUE(stamps().kept(kUnit, base::next(day), base::next(day))->empty());
}

// The whole way: the attestation was issued before the answer came, and the bundle handed out afterwards holds it all the same.
TEST_F(StampedTest, ABundleHandedOutLaterCarriesTheStampThatTheVerifierHoldsAgainstItsOwnCertificate) {
  Scorer scorer(*rig.centre, *memory, *sealer);
  Attestor attestor(*rig.centre, *rig.ingest, *memory, *sealer, scorer);
  ASSERT_TRUE(sealer->seal(kUnit, day));
  auto row = attestor.issue(kUnit, day, day, "li");
  ASSERT_TRUE(row) << row.error().what;
  ASSERT_TRUE(flag_of(*row, "has_bundle")) << to_text(*row);
  evidence::VerifyOptions options;
  options.tsa = tsa.pem();
  options.now = later() + 1000;
  auto v4 = [&] {
    auto result = evidence::verify_bundle(*attestor.bundle(kUnit, text_of(*row, "id")), *rig.centre->policy_of(kUnit), options);
    EXPECT_TRUE(result.verified) << evidence::to_text(result, false);
    return result.steps[4].detail.en;
  };
  EXPECT_EQ(v4().find("time-stamps"), std::string::npos);
  ASSERT_TRUE(stamps().accept(kUnit, day, tsa.answer(asked(), later())));
  EXPECT_NE(v4().find("time-stamps that hold: 1"), std::string::npos) << v4();
  auto files = *evidence::read_zip(*attestor.bundle(kUnit, text_of(*row, "id")));
  for (const char* kind : {"tsr", "checkpoint"})
    ASSERT_TRUE(base::write_file_durable(rig.folder.path / kind, files.at("ts/" + base::to_string(day) + "." + kind)));
  ASSERT_TRUE(base::write_file_durable(rig.folder.path / "tsa.pem", base::view(tsa.pem())));
  const auto verified = [&](const std::string& lines) {
    return std::system(("cd " + rig.folder.path.string() + " && head -" + lines + " checkpoint >text && openssl ts -verify -data text -in tsr -CAfile tsa.pem -attime " +
                        std::to_string(later() / 1000) + " >/dev/null 2>&1").c_str());
  };
  if (std::system("command -v openssl >/dev/null 2>&1") != 0) GTEST_SKIP() << "the openssl command is not installed";
  EXPECT_EQ(verified("3"), 0);
  EXPECT_NE(verified("2"), 0);
}

}  // namespace
}  // namespace fengsui::collector
