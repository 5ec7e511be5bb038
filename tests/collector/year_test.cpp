// New Year: the log of a unit is handed over to the next one, and agents, days and attestations go on.
#include <boost/json.hpp>

#include "base/encode.h"
#include "base/fd.h"
#include "collector/attestor.h"
#include "collector/scorer.h"
#include "collector/sealer.h"
#include "collector/year_change.h"
#include "evidence/bundle.h"
#include "evidence/leaf.h"
#include "evidence/shard.h"
#include "evidence/verify.h"
#include "tests/collector/rig.h"

namespace fengsui::collector {
namespace {

const std::string kUnit = "510903-edu";

base::UnixMs time_of(const char* text) { return *base::parse_rfc3339(text); }

class YearTest : public ::testing::Test {
 protected:
  YearTest() {
    rig.clock.now = time_of("2026-12-31T22:00:00+08:00");
    rig.add_unit(kUnit);
    build();
    agent = std::make_unique<TestAgent>(rig, kUnit, "db01");
    EXPECT_TRUE(agent->enrol());
    agent->boot();
    send();
  }
  void build() {
    memory = std::make_unique<Memory>(*rig.centre);
    sealer = std::make_unique<Sealer>(*rig.centre, *rig.ingest, *rig.watch, *memory);
    scorer = std::make_unique<Scorer>(*rig.centre, *memory, *sealer);
    attestor = std::make_unique<Attestor>(*rig.centre, *rig.ingest, *memory, *sealer, *scorer);
  }
  // As after a crash: nothing but the folder is left.
  void restart() {
    attestor.reset();
    scorer.reset();
    sealer.reset();
    memory.reset();
    rig.start();
    build();
    ASSERT_TRUE(YearChange(*rig.centre, *memory).settle());
    ASSERT_TRUE(rig.ingest->restore());
  }
  // Everything the agent made and the collector has not acknowledged, then the acknowledgement taken as a shipper does.
  void send() {
    agent->deliver(acknowledged + 1);
    ASSERT_TRUE(rig.ingest->flush());
    take_ack();
  }
  void take_ack() {
    const auto* ack = rig.last<wire::Ack>();
    ASSERT_NE(ack, nullptr);
    acknowledged = ack->seq;
    if (ack->handovers.empty()) {
      auto key = evidence::make_vkey(held.origin.empty() ? book(2026).origin() : held.origin, book(2026).vkey().key);
      auto next = evidence::open_checkpoint(ack->checkpoint, key);
      ASSERT_TRUE(next) << next.error().what;
      ASSERT_TRUE(agent->chain->advance_beacon({next->size, evidence::digest_text(next->root), ack->checkpoint}, ack->consistency));
      held = *next;
    } else {
      auto next = evidence::follow(held, evidence::make_vkey(held.origin, book(2026).vkey().key), ack->handovers);
      ASSERT_TRUE(next) << next.error().what;
      agent->chain->change_log({next->size, evidence::digest_text(next->root), ack->checkpoint});
      held = *next;
      ++handovers;
    }
  }
  void hello() {
    agent->send(wire::Hello{agent->name(), agent->records.size(), acknowledged, held.size, "0.1.0", held.origin});
    ASSERT_TRUE(rig.ingest->flush());
    take_ack();
  }
  void beats_until(base::UnixMs end) {
    while (rig.clock.now < end) {
      agent->beat();
      send();
    }
  }
  void tick() {
    auto done = sealer->tick();
    ASSERT_TRUE(done) << done.error().what;
  }
  Sequencer& book(int year) { return **rig.centre->book_of_year(kUnit, year); }
  std::string kind_at(int year, std::uint64_t index) { return book(year).log().entries(index, index + 1)->front().kind; }
  // Every record of the agent is in exactly one log, in order.
  void expect_each_record_once() {
    auto all = *rig.centre->history(kUnit);
    std::uint64_t next = 1;
    for (auto held_list = all.entries(0, all.size()); const auto& entry : *held_list)
      if (entry.agent == agent->name()) {
        EXPECT_EQ(entry.seq, next);
        ++next;
      }
    EXPECT_EQ(next, agent->records.size() + 1);
    auto facts = memory->facts(kUnit, rig.clock.now);
    ASSERT_TRUE(facts) << facts.error().what;
    EXPECT_EQ(*memory->problems(kUnit, rig.clock.now), 0u)
        << memory->reader(kUnit, rig.clock.now)->problems().front().what.en;
  }

  Rig rig;
  std::unique_ptr<Memory> memory;
  std::unique_ptr<Sealer> sealer;
  std::unique_ptr<Scorer> scorer;
  std::unique_ptr<Attestor> attestor;
  std::unique_ptr<TestAgent> agent;
  evidence::Checkpoint held;
  std::uint64_t acknowledged = 0;
  int handovers = 0;
};

TEST_F(YearTest, TheOldLogEndsWithItsSealAndTheNewOneBeginsWithTheShard) {
  beats_until(time_of("2027-01-01T00:12:00+08:00"));
  tick();
  beats_until(time_of("2027-01-01T00:20:00+08:00"));
  EXPECT_EQ(handovers, 1);
  const auto& old = book(2026);
  EXPECT_TRUE(old.closed());
  EXPECT_EQ(kind_at(2026, old.log().size() - 1), "seal");
  EXPECT_EQ(old.newest().size, old.log().size());
  ASSERT_EQ(kind_at(2027, 0), "shard");
  auto leaf = evidence::parse_leaf(book(2027).log().entries(0, 1)->front().leaf);
  auto shard = evidence::parse_shard(leaf->record.body);
  ASSERT_TRUE(shard) << shard.error().what;
  EXPECT_EQ(shard->origin, "fengsui.example.gov.cn/510900/510903-edu/2026");
  EXPECT_EQ(shard->size, old.log().size());
  EXPECT_EQ(shard->root, old.log().root());
  EXPECT_EQ(shard->checkpoint, old.newest().note);
  EXPECT_EQ(shard->cut, time_of("2027-01-01T00:00:00+08:00"));
  EXPECT_EQ(held.origin, "fengsui.example.gov.cn/510900/510903-edu/2027");
  expect_each_record_once();
}

TEST_F(YearTest, ABatchSplitByNewYearIsNeitherLostNorDoubled) {
  beats_until(time_of("2026-12-31T23:59:00+08:00"));
  agent->find();
  agent->deliver(acknowledged + 1);  // waits for its commit
  rig.clock.now = time_of("2027-01-01T00:10:01+08:00");
  agent->find();
  tick();  // seals, and so commits what waits into the old log
  take_ack();
  agent->deliver(acknowledged);  // the agent sends the last one again
  ASSERT_TRUE(rig.ingest->flush());
  take_ack();
  agent->beat();
  send();
  EXPECT_EQ(acknowledged, agent->records.size());
  expect_each_record_once();
}

TEST_F(YearTest, AnAgentThatWasAwayOverNewYearGoesOnWithItsOldBeacon) {
  beats_until(time_of("2026-12-31T23:00:00+08:00"));
  for (int i = 0; i < 90; ++i) agent->beat();  // spooled
  tick();
  ASSERT_TRUE(rig.centre->book_of_year(kUnit, 2027));
  restart();
  hello();
  EXPECT_EQ(handovers, 1);
  send();
  agent->beat();
  send();
  EXPECT_EQ(acknowledged, agent->records.size());
  expect_each_record_once();
  auto facts = *memory->facts(kUnit, rig.clock.now);
  for (const auto& beat : facts->beats.at(agent->name())) EXPECT_TRUE(beat.beacon_ok) << beat.leaf;
}

TEST_F(YearTest, AnAnswerThatWasLostIsGivenAgainOverTheHandOver) {
  beats_until(time_of("2027-01-01T00:10:00+08:00"));
  tick();
  agent->beat();
  agent->deliver(acknowledged + 1);
  ASSERT_TRUE(rig.ingest->flush());
  ASSERT_EQ(rig.last<wire::Ack>()->handovers.size(), 1u);  // never arrives
  hello();
  EXPECT_EQ(handovers, 1);
  EXPECT_EQ(acknowledged, agent->records.size());
}

TEST_F(YearTest, TwoNewYearsWithoutAnybodyAreFollowed) {
  beats_until(time_of("2026-12-31T23:00:00+08:00"));
  rig.clock.now = time_of("2028-01-02T08:00:00+08:00");
  tick();
  EXPECT_TRUE(book(2027).closed());
  ASSERT_EQ(kind_at(2028, 0), "shard");
  hello();
  EXPECT_EQ(held.origin, "fengsui.example.gov.cn/510900/510903-edu/2028");
  agent->boot();
  agent->beat();
  send();
  EXPECT_EQ(acknowledged, agent->records.size());
  expect_each_record_once();
}

TEST_F(YearTest, FindingsOfADayComeFromBothLogsAndKeepTheirNumbers) {
  beats_until(time_of("2026-12-31T23:58:00+08:00"));
  agent->find(2, R"({"class_uid":2006,"n":1})");
  send();
  beats_until(time_of("2027-01-01T00:11:00+08:00"));
  tick();
  auto first = *rig.centre->history(kUnit);
  auto before = first.findings(*base::parse_day("2026-12-31"), {});
  ASSERT_EQ(before->size(), 1u);
  // A finding of the last day that comes late lies in the new log.
  auto now = rig.clock.now;
  rig.clock.now = time_of("2026-12-31T23:59:30+08:00");
  agent->find(4, R"({"class_uid":2006,"n":2})");
  rig.clock.now = now;
  send();
  auto all = *rig.centre->history(kUnit);
  auto both = all.findings(*base::parse_day("2026-12-31"), {});
  ASSERT_TRUE(both) << both.error().what;
  ASSERT_EQ(both->size(), 2u);
  EXPECT_EQ(both->at(0).index, before->at(0).index);
  EXPECT_GE(both->at(1).index, book(2026).log().size());
  EXPECT_EQ((*all.finding(both->at(1).index))->detail, R"({"class_uid":2006,"n":2})");
  store::FindingQuery next;
  next.from_start = false;
  next.after_index = both->at(0).index;
  ASSERT_EQ(all.findings(*base::parse_day("2026-12-31"), next)->size(), 1u);
  rig.clock.now = time_of("2027-01-02T00:11:00+08:00");
  tick();
  auto seal = sealer->sealed(kUnit, *base::parse_day("2027-01-01"));
  ASSERT_TRUE(seal && *seal);
  ASSERT_EQ((*seal)->seal.amends.size(), 1u);
  EXPECT_EQ((*seal)->seal.amends[0].leaves, std::vector<std::uint64_t>{both->at(1).index});
  EXPECT_EQ((*seal)->seal.amends[0].counts[4], 1u);
}

// An attestation of days on both sides of New Year, of the new year alone, and an evaluator who comes back.
class YearAttested : public YearTest {
 protected:
  YearAttested() {
    rig.clock.now = time_of("2026-12-31T23:00:00+08:00");
    beats_until(time_of("2027-01-01T00:11:00+08:00"));
    tick();
    for (int day = 2; day <= 5; ++day) {
      while (rig.clock.now < time_of(("2027-01-0" + std::to_string(day) + "T00:11:00+08:00").c_str())) {
        agent->beat(60);
        if (agent->records.size() - acknowledged > 200) send();
      }
      send();
      tick();
    }
  }
  evidence::Files bundle_of(const char* from, const char* to) {
    auto row = attestor->issue(kUnit, *base::parse_day(from), *base::parse_day(to), "li");
    EXPECT_TRUE(row) << row.error().what;
    if (!row) return {};
    EXPECT_TRUE(flag_of(*row, "has_bundle")) << to_text(*row);
    auto zip = attestor->bundle(kUnit, text_of(*row, "id"));
    EXPECT_TRUE(zip) << zip.error().what;
    // For the other verifier (tests/e2e/tamper).
    if (const char* folder = std::getenv("FENGSUI_SEEDS"); folder && zip) {
      auto name = std::string(folder) + "/year-" + from + "-" + to;
      EXPECT_TRUE(base::write_file_durable(name + ".zip", *zip));
      EXPECT_TRUE(base::write_file_durable(name + ".policy", base::view(evidence::format_policy(*rig.centre->policy_of(kUnit)))));
    }
    return zip ? *evidence::read_zip(*zip) : evidence::Files();
  }
  evidence::VerifyResult verify(const evidence::Files& files, const evidence::VerifyOptions& options = {}) {
    policy = *rig.centre->policy_of(kUnit);
    return evidence::verify_files(files, policy, options);
  }
  static void relist(evidence::Files& files) {
    auto manifest = *evidence::Json::parse(base::text(files["manifest.json"]), {.max_bytes = 1 << 20, .max_depth = 8, .one_line = false});
    files.erase("manifest.json");
    evidence::Json::Object list;
    for (const auto& [path, content] : files) list.emplace_back(path, evidence::Json(base::hex(crypto::sha256(base::View(content)))));
    manifest.set("files", evidence::Json(std::move(list)));
    files["manifest.json"] = base::to_bytes(manifest.dump());
  }
  evidence::Policy policy;
};

TEST_F(YearAttested, BothSidesOfNewYearAreVerifiedFromBothLogs) {
  auto files = bundle_of("2026-12-31", "2027-01-02");
  EXPECT_TRUE(files.contains("shards/2026/checkpoint"));
  EXPECT_FALSE(files.contains("state.json"));
  auto result = verify(files);
  EXPECT_TRUE(result.verified) << evidence::to_text(result, false);
  EXPECT_EQ(result.level, 3);
  // A policy that pins only the old name of the log's key follows it.
  policy.logs.erase(policy.logs.begin() + 1);
  EXPECT_TRUE(evidence::verify_files(files, policy, {}).verified);
  // A leaf of the old year, changed: named by its number and day.
  auto path = std::string("shards/2026/tile/entries/000.p/") + std::to_string(book(2026).log().size() % 256);
  ASSERT_TRUE(files.contains(path));
  auto bytes = files[path];
  bytes[bytes.size() - 3] ^= 1;
  files[path] = bytes;
  relist(files);
  result = verify(files);
  EXPECT_EQ(evidence::exit_code(result), 1);
  EXPECT_EQ(result.first_broken, static_cast<std::int64_t>(book(2026).log().size() - 1));
  EXPECT_EQ(result.first_broken_day, "2027-01-01");
}

TEST_F(YearAttested, TheNewYearIsVerifiedFromItsOwnLogAndTheCarriedState) {
  auto files = bundle_of("2027-01-01", "2027-01-03");
  EXPECT_TRUE(files.contains("state.json"));
  EXPECT_FALSE(files.contains("shards/2026/tile/entries/000"));
  auto result = verify(files);
  EXPECT_TRUE(result.verified) << evidence::to_text(result, false);
  EXPECT_FALSE(result.notes.empty());
  auto other = files;
  auto text = std::string(base::text(other["state.json"]));
  auto at = text.find("\"records\":");
  ASSERT_NE(at, text.npos);
  text[at + 10] = text[at + 10] == '9' ? '8' : '9';
  other["state.json"] = base::to_bytes(text);
  relist(other);
  auto refused = verify(other);
  EXPECT_EQ(evidence::exit_code(refused), 1) << evidence::to_text(refused, false);
  other = files;
  other.erase("state.json");
  relist(other);
  EXPECT_NE(evidence::exit_code(verify(other)), 0);
}

TEST_F(YearAttested, AnEvaluatorWhoComesBackReadsOnlyWhatIsNew) {
  auto first = verify(bundle_of("2026-12-31", "2027-01-02"));
  ASSERT_TRUE(first.verified);
  ASSERT_FALSE(first.state.empty());
  auto seen = book(2027).log().size();
  while (rig.clock.now < time_of("2027-01-06T00:12:00+08:00")) agent->beat(60);
  send();
  tick();
  auto files = bundle_of("2027-01-03", "2027-01-05");
  auto options = evidence::VerifyOptions();
  options.state = first.state;
  auto result = verify(files, options);
  EXPECT_TRUE(result.verified) << evidence::to_text(result, false);
  // The same without the state says the same of the period, and keeps the same state.
  auto whole = verify(files);
  EXPECT_TRUE(whole.verified) << evidence::to_text(whole, false);
  EXPECT_TRUE(whole.state == result.state);
  // A bundle with only what is new is enough for who has the state, and for nobody else.
  auto trimmed = evidence::trim_bundle(files, seen);
  ASSERT_TRUE(trimmed) << trimmed.error().what;
  EXPECT_FALSE(trimmed->contains("tile/entries/000"));
  EXPECT_LT(trimmed->size(), files.size());
  auto again = verify(*trimmed, options);
  EXPECT_TRUE(again.verified) << evidence::to_text(again, false);
  EXPECT_TRUE(again.state == result.state);
  EXPECT_NE(evidence::exit_code(verify(*trimmed)), 0);
  // Another history under the same new leaves is refused.
  auto forged = *trimmed;
  for (auto& [path, bytes] : forged)
    if (path.starts_with("tile/1/000")) bytes[0] ^= 1;
  relist(forged);
  EXPECT_EQ(evidence::exit_code(verify(forged, options)), 1);
  // A period that the state does not speak for is said to be so.
  EXPECT_EQ(evidence::exit_code(verify(bundle_of("2027-01-01", "2027-01-02"), options)), 3);
}

// Each step of the writes fails, seen as "failed and lost" and "failed but kept", with and without a crash in between;
// n counts the checkpoints and leaves of the hand-over.
class YearFaults : public YearTest, public ::testing::WithParamInterface<std::tuple<Step, int, bool>> {};

TEST_P(YearFaults, TheHandOverIsMadeGood) {
  auto [step, nth, crash] = GetParam();
  beats_until(time_of("2027-01-01T00:11:00+08:00"));
  int seen = 0;
  rig.set_fault([&seen, failing = step, n = nth](Step at) {
    return at == failing && ++seen == n ? base::fail(base::Errc::full, "fault point") : base::Status();
  });
  static_cast<void>(sealer->tick());
  agent->beat();
  agent->deliver(acknowledged + 1);
  static_cast<void>(rig.ingest->flush());
  rig.set_fault({});
  if (crash) restart();
  tick();
  hello();
  send();
  EXPECT_EQ(acknowledged, agent->records.size());
  EXPECT_EQ(kind_at(2026, book(2026).log().size() - 1), "seal");
  EXPECT_EQ(kind_at(2027, 0), "shard");
  for (std::uint64_t i = 1; i < book(2027).log().size(); ++i) EXPECT_NE(kind_at(2027, i), "shard");
  expect_each_record_once();
}

INSTANTIATE_TEST_SUITE_P(AtEachStep, YearFaults,
                         ::testing::Combine(::testing::Values(Step::before_append, Step::after_append, Step::after_sign,
                                                              Step::after_swap, Step::after_publish),
                                            ::testing::Values(1, 2), ::testing::Bool()));

}  // namespace
}  // namespace fengsui::collector
