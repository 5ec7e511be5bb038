#include "collector/ingest.h"

#include "evidence/checkpoint.h"
#include "evidence/leaf.h"
#include "tests/collector/rig.h"

namespace fengsui::collector {
namespace {

class IngestTest : public ::testing::Test {
 protected:
  IngestTest() { rig.add_unit("510903-edu"); }
  Sequencer& book() { return **rig.centre->book("510903-edu"); }
  std::size_t stored_of(const std::string& kind) {
    std::size_t n = 0;
    for (auto held_list = book().log().entries(0, book().log().size()); const auto& entry : *held_list) n += entry.kind == kind ? 1 : 0;
    return n;
  }
  Rig rig;
};

TEST_F(IngestTest, AckComesOnlyWithASignedCheckpointThatCoversTheRecord) {
  TestAgent agent(rig, "510903-edu", "db01");
  ASSERT_TRUE(agent.enrol());
  agent.boot();
  agent.find();
  agent.deliver();
  EXPECT_EQ(rig.last<wire::Ack>(), nullptr);
  EXPECT_EQ(agent.stored(), 0u);
  ASSERT_TRUE(rig.ingest->flush());
  const auto* ack = rig.last<wire::Ack>();
  ASSERT_NE(ack, nullptr);
  EXPECT_EQ(ack->seq, 2u);
  auto opened = evidence::open_checkpoint(ack->checkpoint, book().vkey());
  ASSERT_TRUE(opened) << opened.error().what;
  EXPECT_EQ(opened->size, 4u);  // enrol, scope, boot, find
  EXPECT_EQ(opened->root, book().log().root());
}

TEST_F(IngestTest, AckCarriesAProofFromTheBeaconTheAgentHas) {
  TestAgent agent(rig, "510903-edu", "db01");
  ASSERT_TRUE(agent.enrol());
  agent.boot();
  agent.deliver();
  ASSERT_TRUE(rig.ingest->flush());
  auto first = *evidence::open_checkpoint(rig.last<wire::Ack>()->checkpoint, book().vkey());
  for (int i = 0; i < 5; ++i) agent.find();
  agent.deliver(2);
  ASSERT_TRUE(rig.ingest->flush());
  const auto* ack = rig.last<wire::Ack>();
  auto second = *evidence::open_checkpoint(ack->checkpoint, book().vkey());
  EXPECT_EQ(ack->from_size, first.size);
  EXPECT_TRUE(evidence::verify_consistency(first.size, second.size, first.root, second.root, ack->consistency));
}

TEST_F(IngestTest, ABatchSentTwiceIsStoredOnce) {
  TestAgent agent(rig, "510903-edu", "db01");
  ASSERT_TRUE(agent.enrol());
  agent.boot();
  agent.find();
  agent.deliver();
  agent.deliver();
  ASSERT_TRUE(rig.ingest->flush());
  agent.deliver();
  ASSERT_TRUE(rig.ingest->flush());
  EXPECT_EQ(stored_of("find"), 1u);
  EXPECT_EQ(stored_of("boot"), 1u);
  EXPECT_EQ(rig.last<wire::Ack>()->seq, 2u);
}

TEST_F(IngestTest, AHoleInTheSequenceIsRefusedAndNamesWhatIsExpected) {
  TestAgent agent(rig, "510903-edu", "db01");
  ASSERT_TRUE(agent.enrol());
  agent.boot();
  agent.find();
  agent.find();
  agent.deliver(2);
  const auto* refused = rig.last<wire::Refused>();
  ASSERT_NE(refused, nullptr);
  EXPECT_EQ(refused->code, "gap");
  EXPECT_EQ(refused->expected_seq, 1u);
  ASSERT_TRUE(rig.ingest->flush());
  EXPECT_EQ(agent.stored(), 0u);
  agent.deliver(1);
  ASSERT_TRUE(rig.ingest->flush());
  EXPECT_EQ(agent.stored(), 3u);
}

TEST_F(IngestTest, ARecordWithOneByteChangedIsRefusedAndNothingAfterItIsStored) {
  TestAgent agent(rig, "510903-edu", "db01");
  ASSERT_TRUE(agent.enrol());
  agent.boot();
  agent.find();
  agent.find();
  auto& note = agent.records[1].note;
  note[note.find("STO-1") + 4] = '2';
  agent.deliver();
  EXPECT_EQ(rig.last<wire::Refused>()->code, "signature");
  EXPECT_EQ(rig.last<wire::Refused>()->expected_seq, 2u);
  ASSERT_TRUE(rig.ingest->flush());
  EXPECT_EQ(agent.stored(), 1u);
}

TEST_F(IngestTest, ADetailThatDoesNotBelongToItsCommitmentIsRefused) {
  TestAgent agent(rig, "510903-edu", "db01");
  ASSERT_TRUE(agent.enrol());
  agent.boot();
  agent.find();
  agent.records[1].detail += " ";
  agent.deliver();
  ASSERT_NE(rig.last<wire::Refused>(), nullptr);
  ASSERT_TRUE(rig.ingest->flush());
  EXPECT_EQ(agent.stored(), 1u);
}

TEST_F(IngestTest, AKeyMaySpeakForItsOwnAgentOnly) {
  TestAgent first(rig, "510903-edu", "db01"), second(rig, "510903-edu", "db02");
  ASSERT_TRUE(first.enrol());
  ASSERT_TRUE(second.enrol());
  first.boot();
  wire::Batch batch;
  batch.agent = first.name();
  batch.first_seq = 1;
  batch.records = first.records;
  second.send(batch);
  EXPECT_EQ(rig.last<wire::Refused>()->code, "identity");
  rig.ingest->take("peer", "a key nobody enrolled", wire::encode(batch));
  EXPECT_EQ(rig.last<wire::Refused>()->code, "identity");
  ASSERT_TRUE(rig.ingest->flush());
  EXPECT_EQ(first.stored(), 0u);
}

TEST_F(IngestTest, ATokenEnrolsExactlyOneAgentAndTheSecondUseIsRecorded) {
  TestAgent agent(rig, "510903-edu", "db01");
  ASSERT_TRUE(agent.enrol());
  TestAgent other(rig, "510903-edu", "db02");
  other.token = agent.token;
  EXPECT_FALSE(other.enrol());
  EXPECT_NE(rig.last<wire::Enrolled>()->reason.find("already used on 2026-11-24"), std::string::npos);
  bool recorded = false;
  for (auto held_list = rig.centre->control().list("event"); const auto& [_, text] : *held_list)
    recorded = recorded || text.find("enrolment_refused") != std::string::npos;
  EXPECT_TRUE(recorded);
  EXPECT_EQ(stored_of("enrol"), 1u);
}

TEST_F(IngestTest, TheSameAgentMayAskAgainWhenItsAnswerWasLost) {
  TestAgent agent(rig, "510903-edu", "db01");
  ASSERT_TRUE(agent.enrol());
  ASSERT_TRUE(agent.enrol());
  EXPECT_EQ(stored_of("enrol"), 1u);
}

TEST_F(IngestTest, AnExpiredAndAnUnknownTokenAreRefused) {
  TestAgent agent(rig, "510903-edu", "db01");
  rig.clock.now += 3'600'000;
  EXPECT_FALSE(agent.enrol());
  EXPECT_NE(rig.last<wire::Enrolled>()->reason.find("expired"), std::string::npos);
  agent.token = "no such token";
  EXPECT_FALSE(agent.enrol());
}

TEST_F(IngestTest, AfterARestartTheChainGoesOnAndAReplayedBatchIsANoOp) {
  TestAgent agent(rig, "510903-edu", "db01");
  ASSERT_TRUE(agent.enrol());
  agent.boot();
  agent.find();
  agent.beat();
  agent.deliver();
  ASSERT_TRUE(rig.ingest->flush());
  rig.start();
  agent.deliver();
  agent.find();
  agent.deliver(4);
  ASSERT_TRUE(rig.ingest->flush());
  EXPECT_EQ(agent.stored(), 4u);
  EXPECT_EQ(stored_of("find"), 2u);
  EXPECT_EQ(rig.last<wire::Ack>()->seq, 4u);
}

TEST_F(IngestTest, HelloIsAnsweredWithWhatIsStored) {
  TestAgent agent(rig, "510903-edu", "db01");
  ASSERT_TRUE(agent.enrol());
  agent.boot();
  agent.deliver();
  ASSERT_TRUE(rig.ingest->flush());
  rig.start();
  rig.sent.clear();
  agent.send(wire::Hello{agent.name(), 1, 0, 0, "0.1.0"});
  ASSERT_TRUE(rig.ingest->flush());
  ASSERT_NE(rig.last<wire::Ack>(), nullptr);
  EXPECT_EQ(rig.last<wire::Ack>()->seq, 1u);
}

TEST_F(IngestTest, AgentThatHoldsMoreThanTheLedgerIsSaidAndRecordedOnce) {
  TestAgent agent(rig, "510903-edu", "db01");
  ASSERT_TRUE(agent.enrol());
  agent.boot();
  agent.deliver();
  ASSERT_TRUE(rig.ingest->flush());
  auto size = (*rig.centre->book("510903-edu"))->newest().size;
  agent.send(wire::Hello{agent.name(), 1, 1, size, "0.1.0"});
  EXPECT_EQ(rig.ingest->ahead(), "");
  for (int i = 0; i < 2; ++i) {
    agent.send(wire::Hello{agent.name(), 5, 5, size, "0.1.0"});
    EXPECT_NE(rig.ingest->ahead().find(agent.name() + " was given record 5"), std::string::npos) << rig.ingest->ahead();
    agent.send(wire::Hello{agent.name(), 1, 1, size + 9, "0.1.0"});
    EXPECT_NE(rig.ingest->ahead(), "");
  }
  int recorded = 0;
  for (auto held_list = rig.centre->control().list("event"); const auto& [_, text] : *held_list)
    recorded += text.find("ledger_behind_agent") != std::string::npos;
  EXPECT_EQ(recorded, 1);
  agent.send(wire::Hello{agent.name(), 1, 1, size, "0.1.0"});
  EXPECT_EQ(rig.ingest->ahead(), "");
}

TEST_F(IngestTest, AGroupThatWaitsOverNewYearIsStoredBeforeItIsAcknowledged) {
  rig.clock.now = *base::parse_rfc3339("2026-12-31T23:59:59+08:00");
  TestAgent agent(rig, "510903-edu", "db01");
  ASSERT_TRUE(agent.enrol());
  agent.boot();
  agent.deliver();
  rig.clock.now += 2000;
  ASSERT_TRUE(rig.ingest->flush());
  ASSERT_NE(rig.last<wire::Ack>(), nullptr);
  EXPECT_EQ(rig.last<wire::Ack>()->seq, 1u);
  auto old_year = rig.centre->book_of_year("510903-edu", 2026);
  ASSERT_TRUE(old_year);
  EXPECT_EQ((*old_year)->pending(), 0u);
  EXPECT_EQ((*old_year)->log().last_seq(agent.name()), 1u);
}

TEST_F(IngestTest, SavedChainsThatWereAlteredAreAnErrorNotACrash) {
  for (const char* text :
       {R"({"year":2026,"size":0,"states":{"x":5}})", R"({"year":2026,"size":0,"states":{"x":"y"}})", "[]", "{"}) {
    ASSERT_TRUE(rig.centre->control().put("chains", "510903-edu", text));
    Ingest again(
        *rig.centre, [](const std::string&, const wire::Message&) { return base::Status(); },
        [](const std::string&, const evidence::Heartbeat&, base::UnixMs) {});
    auto restored = again.restore();
    ASSERT_FALSE(restored) << text;
    EXPECT_NE(restored.error().what.find("saved chain"), std::string::npos) << restored.error().what;
  }
}

TEST_F(IngestTest, ReceiptTimesNeverDecrease) {
  TestAgent agent(rig, "510903-edu", "db01");
  ASSERT_TRUE(agent.enrol());
  agent.boot();
  rig.clock.now += 10'000;
  agent.deliver();
  ASSERT_TRUE(rig.ingest->flush());
  rig.clock.now -= 60'000;
  agent.find();
  agent.deliver(2);
  ASSERT_TRUE(rig.ingest->flush());
  base::UnixMs last = 0;
  for (auto held_list = book().log().entries(0, book().log().size()); const auto& entry : *held_list) {
    EXPECT_GE(entry.rx, last);
    last = entry.rx;
  }
}

TEST_F(IngestTest, GarbageIsCountedAndRefused) {
  for (std::size_t n : {0, 1, 3, 4, 100}) {
    rig.sent.clear();
    rig.ingest->take("peer", "key", base::Bytes(n, 0x46));
    EXPECT_NE(rig.last<wire::Refused>(), nullptr);
  }
  std::uint64_t malformed = 0;
  for (const auto& s : rig.ingest->counters())
    malformed += s.name == "collector_malformed_messages_total" ? s.value : 0;
  EXPECT_EQ(malformed, 5u);
}

TEST_F(IngestTest, RevokedAgentsAreRefusedAndNoLongerAdmitted) {
  TestAgent agent(rig, "510903-edu", "db01");
  ASSERT_TRUE(agent.enrol());
  EXPECT_TRUE(rig.centre->roster().admits(agent.curve()));
  ASSERT_TRUE(rig.ingest->revoke(agent.name(), AgentState::revoked, "stolen"));
  EXPECT_FALSE(rig.centre->roster().admits(agent.curve()));
  agent.boot();
  agent.deliver();
  EXPECT_EQ(rig.last<wire::Refused>()->code, "revoked");
  EXPECT_EQ(stored_of("revoke"), 1u);
}

// A failure at each step, as it is seen when the program lives on ("failed and lost", "failed but kept") and when it
// dies there and starts again. In both the agent sends again and every record is there once.
class IngestFaults : public ::testing::TestWithParam<std::tuple<Step, bool>> {};

TEST_P(IngestFaults, EveryRecordIsStoredOnceAndNothingIsAcknowledgedEarly) {
  auto [step, restart] = GetParam();
  Rig rig;
  rig.add_unit("510903-edu");
  TestAgent agent(rig, "510903-edu", "db01");
  ASSERT_TRUE(agent.enrol());
  agent.boot();
  agent.find();
  rig.set_fault([failing = step](Step at) {
    return at == failing ? base::fail(base::Errc::full, "fault point") : base::Status();
  });
  agent.deliver();
  EXPECT_FALSE(rig.ingest->flush());
  EXPECT_EQ(rig.last<wire::Ack>(), nullptr);
  EXPECT_NE(rig.ingest->health(), "");
  rig.set_fault({});
  if (restart) rig.start();
  agent.deliver();
  ASSERT_TRUE(rig.ingest->flush());
  ASSERT_NE(rig.last<wire::Ack>(), nullptr);
  EXPECT_EQ(rig.last<wire::Ack>()->seq, 2u);
  EXPECT_EQ(rig.ingest->health(), "");
  auto& book = **rig.centre->book("510903-edu");
  EXPECT_EQ(book.log().size(), 4u);
  EXPECT_EQ(book.newest().size, 4u);
  EXPECT_EQ(agent.stored(), 2u);
}

INSTANTIATE_TEST_SUITE_P(AtEachStep, IngestFaults,
                         ::testing::Combine(::testing::Values(Step::before_append, Step::after_append, Step::after_sign,
                                                              Step::after_swap, Step::after_publish),
                                            ::testing::Bool()));

TEST_F(IngestTest, AFullDiskTellsTheAgentsAndTheyKeepWhatTheyHave) {
  TestAgent agent(rig, "510903-edu", "db01");
  ASSERT_TRUE(agent.enrol());
  agent.boot();
  rig.set_fault(
      [](Step at) { return at == Step::before_append ? base::fail(base::Errc::full, "disk full") : base::Status(); });
  agent.deliver();
  EXPECT_FALSE(rig.ingest->flush());
  ASSERT_NE(rig.last<wire::Refused>(), nullptr);
  EXPECT_EQ(rig.last<wire::Refused>()->code, "full");
  EXPECT_EQ(rig.last<wire::Refused>()->expected_seq, 1u);
  EXPECT_EQ(rig.ingest->pending(), 0u);
  // A greeting needs no write, so it says nothing about the disk; a write that works does.
  agent.send(wire::Hello{agent.name(), 1, 0, 0, "0.1.0"});
  ASSERT_TRUE(rig.ingest->flush());
  EXPECT_NE(rig.ingest->health(), "");
  ASSERT_TRUE(rig.ingest->probe());
  EXPECT_EQ(rig.ingest->health(), "");
}

TEST_F(IngestTest, RefusedEnrolmentsAreRecordedTwentyAtOnceAndThenCounted) {
  TestAgent agent(rig, "510903-edu", "db01");
  agent.token = "no such token";
  for (int i = 0; i < 25; ++i) agent.send(agent.enrolment());
  std::size_t recorded = 0;
  for (auto held_list = rig.centre->control().list("event"); const auto& [_, text] : *held_list)
    recorded += text.find("enrolment_refused") != std::string::npos ? 1 : 0;
  EXPECT_EQ(recorded, 20u);
  std::uint64_t counted = 0;
  for (const auto& s : rig.ingest->counters()) counted += s.name == "collector_unrecorded_refusals_total" ? s.value : 0;
  EXPECT_EQ(counted, 5u);
}

TEST_F(IngestTest, RecordsThatWaitForACommitAreBounded) {
  rig.config.ingest.pending_records = 11;
  rig.start();
  TestAgent agent(rig, "510903-edu", "db01");
  ASSERT_TRUE(agent.enrol());
  agent.boot();
  for (int i = 0; i < 10; ++i) agent.find();
  EXPECT_FALSE(rig.ingest->full());
  agent.deliver();
  EXPECT_EQ(rig.ingest->pending(), 11u);
  EXPECT_TRUE(rig.ingest->full());
  ASSERT_TRUE(rig.ingest->flush());
  EXPECT_EQ(rig.ingest->pending(), 0u);
}

TEST_F(IngestTest, ALedgerBehindWhatWasSignedIsNotOpened) {
  TestAgent agent(rig, "510903-edu", "db01");
  ASSERT_TRUE(agent.enrol());
  auto copy = rig.folder.path / "snapshot";
  std::filesystem::copy(rig.folder.path / "ledger", copy, std::filesystem::copy_options::recursive);
  agent.boot();
  agent.deliver();
  ASSERT_TRUE(rig.ingest->flush());
  rig.watch.reset();
  rig.ingest.reset();
  rig.centre.reset();
  std::filesystem::remove_all(rig.folder.path / "ledger");
  std::filesystem::rename(copy, rig.folder.path / "ledger");
  auto opened = Centre::open(rig.folder.path, Config(), rig.clock);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, base::Errc::mismatch);
  EXPECT_NE(opened.error().what.find("behind"), std::string::npos) << opened.error().what;
}

TEST_F(IngestTest, SilenceBecomesAGapLeafOnceAndEndsWithTheNextHeartbeat) {
  TestAgent agent(rig, "510903-edu", "db01");
  ASSERT_TRUE(agent.enrol());
  agent.boot();
  agent.beat();
  agent.deliver();
  ASSERT_TRUE(rig.ingest->flush());
  rig.clock.now += 100'000;
  ASSERT_TRUE(rig.watch->tick());
  EXPECT_EQ(stored_of("gap"), 0u);
  EXPECT_EQ(rig.watch->status(*rig.centre->roster().agent(agent.name()), rig.clock.now), AgentStatus::healthy);
  rig.clock.now += 30'000;
  ASSERT_TRUE(rig.watch->tick());
  ASSERT_TRUE(rig.watch->tick());
  EXPECT_EQ(stored_of("gap"), 1u);
  EXPECT_EQ(rig.watch->status(*rig.centre->roster().agent(agent.name()), rig.clock.now), AgentStatus::silent);
  agent.beat();
  agent.deliver(3);
  ASSERT_TRUE(rig.ingest->flush());
  EXPECT_EQ(rig.watch->status(*rig.centre->roster().agent(agent.name()), rig.clock.now), AgentStatus::healthy);
}

}  // namespace
}  // namespace fengsui::collector
