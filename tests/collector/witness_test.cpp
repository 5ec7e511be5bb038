// Two collectors: one keeps a log, the other is its witness.
#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>
#include <fstream>

#include "collector/api/server.h"
#include "collector/api/asker.h"
#include "collector/attestor.h"
#include "collector/scorer.h"
#include "collector/sealer.h"
#include "collector/witnesses.h"
#include "evidence/verify.h"
#include "tests/collector/rig.h"

namespace fengsui::collector {
namespace {

const std::string kUnit = "510903-edu";

class WitnessedTest : public ::testing::Test {
 protected:
  WitnessedTest() {
    log.add_unit(kUnit);
    agent = std::make_unique<TestAgent>(log, kUnit, "db01");
    EXPECT_TRUE(agent->enrol());
    agent->boot();
    agent->deliver();
    EXPECT_TRUE(log.ingest->flush());
    write(upper, "witnessed-logs", "log " + evidence::format_vkey(book().vkey()) + "\n");
    ask("");
  }
  Sequencer& book() { return **log.centre->book(kUnit); }
  static void write(Rig& rig, const char* name, const std::string& text) { std::ofstream(rig.folder.path / name) << text; }
  void ask(const std::string& url) {
    auto key = evidence::make_vkey(upper.centre->witness_name(), (*upper.centre->keys().witness())->public_key(), evidence::kTypeCosignature);
    write(log, "witnesses", "log " + evidence::format_vkey(book().vkey()) + "\nwitness up " + evidence::format_vkey(key) + (url.empty() ? "" : " " + url) + "\nquorum up\n");
  }
  void grow() {
    agent->beat();
    agent->deliver(agent->records.size());
    ASSERT_TRUE(log.ingest->flush());
  }
  evidence::WitnessAnswer answer(std::uint64_t old) { return answer_as_witness(*upper.centre, *Witnesses(*log.centre).request(kUnit, old)); }

  Rig log, upper;
  std::unique_ptr<TestAgent> agent;
};

TEST_F(WitnessedTest, ACosignatureIsKeptByTheWitnessAndPublishedByTheLog) {
  auto given = answer(0);
  ASSERT_EQ(given.status, 200) << given.body;
  EXPECT_NE(upper.centre->control().get("witness_seen", book().origin())->value().find("/2026"), std::string::npos);
  auto size = book().newest().size;
  auto taken = Witnesses(*log.centre).accept(kUnit, given.body);
  ASSERT_TRUE(taken) << taken.error().what;
  EXPECT_EQ(*taken, 1u);
  EXPECT_NE(book().newest().note.find("/witness "), std::string::npos);
  EXPECT_EQ((*Witnesses(*log.centre).witnessed(book()))->size, size);
  EXPECT_EQ(*Witnesses(*log.centre).accept(kUnit, given.body), 0u);  // the same file twice
  grow();
  EXPECT_EQ(answer(0).status, 409);
  EXPECT_EQ(answer(0).body, std::to_string(size) + "\n");
  EXPECT_EQ(answer(size).status, 200);
  log.start();  // the lines do not disturb the checks at a start
  EXPECT_EQ(book().origin(), "fengsui.example.gov.cn/510900/510903-edu/2026");
}

TEST_F(WitnessedTest, AnAnswerThatComesAfterTheLogHasGrownStillCounts) {
  auto given = answer(0);
  auto size = book().newest().size;
  grow();
  ASSERT_EQ(*Witnesses(*log.centre).accept(kUnit, given.body), 1u);
  EXPECT_EQ(book().newest().note.find("/witness "), std::string::npos);
  EXPECT_EQ((*Witnesses(*log.centre).witnessed(book()))->size, size);
}

TEST_F(WitnessedTest, AWitnessThatHasSeenMoreMeansAnOlderCopy) {
  auto request = Witnesses(*log.centre).request(kUnit, book().newest().size + 1);
  ASSERT_FALSE(request);
  EXPECT_NE(request.error().what.find("an older copy was put back"), std::string::npos);
}

TEST_F(WitnessedTest, UnknownLogsAndGarbageAreRefusedAndNothingIsKept) {
  std::filesystem::remove(upper.folder.path / "witnessed-logs");
  EXPECT_EQ(answer(0).status, 404);
  EXPECT_EQ(answer_as_witness(*upper.centre, "garbage").status, 400);
  EXPECT_EQ(upper.centre->control().list("witness_seen")->size(), 0u);
  EXPECT_FALSE(Witnesses(*log.centre).accept(kUnit, "garbage"));
}

TEST_F(WitnessedTest, ADayWithoutCosignaturesIsTold) {
  EXPECT_EQ(Witnesses(*log.centre).health(), "");
  log.clock.now += 25 * 3'600'000LL;
  EXPECT_NE(Witnesses(*log.centre).health().find("was not cosigned"), std::string::npos);
  ASSERT_EQ(*Witnesses(*log.centre).accept(kUnit, answer(0).body), 1u);
  EXPECT_EQ(Witnesses(*log.centre).health(), "");
}

// The whole way: the log asks over HTTP, the bundle handed out later carries the line, and a policy that demands it is satisfied.
TEST_F(WitnessedTest, AskedOverHttpTheBundleCarriesTheLineThatThePolicyDemands) {
  Memory memory(*log.centre);
  Sealer sealer(*log.centre, *log.ingest, *log.watch, memory);
  Scorer scorer(*log.centre, memory, sealer);
  Attestor attestor(*log.centre, *log.ingest, memory, sealer, scorer);
  for (int i = 0; i < 5; ++i) grow();
  ASSERT_TRUE(sealer.seal(kUnit, base::day_of(log.clock.now)));
  auto row = attestor.issue(kUnit, base::day_of(log.clock.now), base::day_of(log.clock.now), "li");
  ASSERT_TRUE(row) << row.error().what;
  ASSERT_TRUE(flag_of(*row, "has_bundle")) << to_text(*row);
  auto policy = *log.centre->policy_of(kUnit);
  auto asked = *log.centre->witnesses();
  policy.witnesses = asked.witnesses;
  policy.quorum = asked.quorum;
  auto verify = [&] { return evidence::verify_bundle(*attestor.bundle(kUnit, text_of(*row, "id")), policy, {}); };
  EXPECT_EQ(evidence::exit_code(verify()), 1);

  boost::asio::io_context context;
  api::Server::Options options;
  options.address = "127.0.0.1";
  auto server = api::Server::open(context, options, [&](const api::Request& request) {
    auto given = answer_as_witness(*upper.centre, request.body);
    return api::Response{request.path == "/add-checkpoint" ? given.status : 404, "text/plain", given.body, {}};
  });
  ASSERT_TRUE(server) << server.error().what;
  ask("http://127.0.0.1:" + std::to_string((*server)->port()));
  upper.clock.now = log.clock.now;
  std::string behind;
  Asker asker(context, *log.centre, [&](const std::string& why) { behind = why; });
  auto round = [&] {
    asker.tick();
    for (int i = 0; i < 2000 && !asker.idle(); ++i) context.run_one_for(std::chrono::milliseconds(10));
    ASSERT_TRUE(asker.idle());
  };
  round();
  auto result = verify();
  EXPECT_TRUE(result.verified) << evidence::to_text(result, false);
  // A new asker knows nothing of what was signed, is told, and asks again from there.
  grow();
  log.clock.now += 11'000;
  Asker again(context, *log.centre, [&](const std::string& why) { behind = why; });
  for (int i = 0; i < 2; ++i) {
    again.tick();
    for (int k = 0; k < 2000 && !again.idle(); ++k) context.run_one_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ((*Witnesses(*log.centre).witnessed(book()))->size, book().newest().size);
  EXPECT_EQ(behind, "");
  // A witness that cannot be reached stops nothing.
  ask("http://127.0.0.1:1");
  grow();
  log.clock.now += 11'000;
  round();
  EXPECT_TRUE(verify().verified);
}

TEST(WitnessAddress, IsPlainHttpWithHostPortAndPath) {
  auto a = witness_address("http://w.example.gov.cn:8447/base/");
  ASSERT_TRUE(a);
  EXPECT_EQ(a->host + " " + a->port + " " + a->target, "w.example.gov.cn 8447 /base/add-checkpoint");
  EXPECT_EQ(witness_address("http://w")->target, "/add-checkpoint");
  EXPECT_EQ(witness_address("http://w/add-checkpoint")->target, "/add-checkpoint");
  for (const char* bad : {"", "https://w", "http://", "http://:1/"}) EXPECT_FALSE(witness_address(bad)) << bad;
}

}  // namespace
}  // namespace fengsui::collector
