#include "agent/shipper.h"

#include <gtest/gtest.h>

#include "agent/recorder.h"
#include "evidence/checkpoint.h"
#include "evidence/leaf.h"
#include "evidence/shard.h"
#include "tests/agent/folder.h"

namespace fengsui::agent {
namespace {

using test::FakeClock;
using test::FakeLink;

// A chain, its spool and a recorder over it: real ones.
class Shipping : public testing::Test {
 protected:
  void SetUp() override { open(store::SpoolLimits{}); }
  void open(const store::SpoolLimits& limits) {
    shipper_.reset();
    recorder_.reset();
    chain_.reset();
    spool_.reset();
    auto spool = store::Spool::open(folder_ / "spool.db", limits);
    ASSERT_TRUE(spool) << spool.error().what;
    spool_ = std::move(*spool);
    chain_ = std::make_unique<evidence::Chain>("510903-edu/db01", crypto::SigningKey::from_seed(base::Bytes(32, 7)),
                                               "boot", spool_->last_seq(), spool_->last_digest());
    recorder_ = std::make_unique<Recorder>(*chain_, *spool_, clock_,
                                           model::Host{"510903-edu", "510903-edu/db01", "h", "", "", "1", "i"},
                                           Digests{"aa", "bb", "cc"}, model::Language::zh, log_);
    ASSERT_TRUE(recorder_->boot("start"));
  }
  void ship(const std::string& vkey = "", const ShipperLimits& limits = {}) {
    shipper_ = std::make_unique<Shipper>(link_, *spool_, *chain_, clock_, "510903-edu/db01", "1", vkey, log_, limits);
  }
  void find(int n) {
    for (int i = 0; i < n; ++i) {
      model::Finding f;
      f.id = "f" + std::to_string(++made_);
      f.rule = "STO-1";
      f.time = clock_.wall;
      recorder_->on_finding(f);
    }
    recorder_->flush();
  }
  wire::Ack ack(std::uint64_t seq) { return {seq, "", {}, 0}; }

  test::Folder folder_;
  FakeClock clock_;
  Log log_{clock_};
  FakeLink link_;
  std::unique_ptr<store::Spool> spool_;
  std::unique_ptr<evidence::Chain> chain_;
  std::unique_ptr<Recorder> recorder_;
  std::unique_ptr<Shipper> shipper_;
  int made_ = 0;
};

TEST_F(Shipping, HelloComesFirstThenTheRecordsInOrder) {
  find(3);
  ship();
  shipper_->pump();
  ASSERT_EQ(link_.sent.size(), 2u);
  EXPECT_EQ(std::get<wire::Hello>(link_.sent[0]).last_seq, 4u);  // boot and three findings
  auto batches = link_.batches();
  ASSERT_EQ(batches.size(), 1u);
  EXPECT_EQ(batches[0].first_seq, 1u);
  EXPECT_EQ(batches[0].records.size(), 4u);
}

TEST_F(Shipping, NothingIsSentBeforeTheHandshakeIsComplete) {
  find(1);
  ship();
  for (auto state : {wire::LinkState::connecting, wire::LinkState::key_mismatch, wire::LinkState::refused}) {
    link_.now = state;
    shipper_->pump();
  }
  EXPECT_TRUE(link_.sent.empty());
  EXPECT_FALSE(shipper_->trouble().empty());
}

TEST_F(Shipping, OnlyAnAcknowledgementRemovesRecords) {
  find(2);
  ship();
  shipper_->pump();
  EXPECT_EQ(spool_->queued(), 3u);
  link_.answer(ack(2));
  shipper_->pump();
  EXPECT_EQ(spool_->queued(), 1u);
  EXPECT_EQ(spool_->acknowledged(), 2u);
}

TEST_F(Shipping, AfterAReconnectEverythingUnacknowledgedIsSentAgain) {
  find(2);
  ship();
  shipper_->pump();
  link_.answer(ack(1));
  shipper_->pump();
  link_.now = wire::LinkState::connecting;
  shipper_->pump();
  link_.sent.clear();
  link_.now = wire::LinkState::established;
  shipper_->pump();
  EXPECT_EQ(link_.hellos(), 1u);
  ASSERT_EQ(link_.batches().size(), 1u);
  EXPECT_EQ(link_.batches()[0].first_seq, 2u);
}

TEST_F(Shipping, SilenceOfTheCollectorMakesItSendAgain) {
  find(1);
  ship();
  shipper_->pump();
  link_.sent.clear();
  clock_.pass(29'000);
  shipper_->pump();
  EXPECT_TRUE(link_.batches().empty());
  clock_.pass(2'000);
  shipper_->pump();
  ASSERT_EQ(link_.batches().size(), 1u);
  EXPECT_EQ(link_.batches()[0].first_seq, 1u);
}

TEST_F(Shipping, BatchesInFlightAreBounded) {
  find(20);
  ShipperLimits limits;
  limits.max_records = 2;
  limits.max_in_flight = 3;
  ship("", limits);
  shipper_->pump();
  shipper_->pump();
  EXPECT_EQ(link_.batches().size(), 3u);
  link_.answer(ack(2));
  shipper_->pump();
  ASSERT_EQ(link_.batches().size(), 4u);
  EXPECT_EQ(link_.batches()[3].first_seq, 7u);
}

TEST_F(Shipping, FullLinkIsTriedAgainWithoutLoss) {
  find(1);
  ship();
  link_.full = true;
  shipper_->pump();
  EXPECT_TRUE(link_.sent.empty());
  link_.full = false;
  shipper_->pump();
  ASSERT_EQ(link_.batches().size(), 1u);
  EXPECT_EQ(link_.batches()[0].first_seq, 1u);
}

TEST_F(Shipping, GapRefusalIsAnsweredFromWhereTheCollectorStands) {
  find(4);
  ship();
  shipper_->pump();
  link_.sent.clear();
  link_.answer(wire::Refused{3, "gap", "expected 3"});
  shipper_->pump();
  ASSERT_EQ(link_.batches().size(), 1u);
  EXPECT_EQ(link_.batches()[0].first_seq, 3u);
}

TEST_F(Shipping, OtherRefusalsPauseAndAreTold) {
  find(1);
  ship();
  shipper_->pump();
  link_.sent.clear();
  link_.answer(wire::Refused{1, "revoked", "revoked on 2026-11-24"});
  shipper_->pump();
  shipper_->pump();
  EXPECT_TRUE(link_.sent.empty());
  EXPECT_NE(shipper_->trouble().find("revoked on 2026-11-24"), std::string::npos);
  EXPECT_EQ(spool_->queued(), 2u);
  clock_.pass(61'000);
  shipper_->pump();
  EXPECT_EQ(link_.batches().size(), 1u);
}

TEST_F(Shipping, AcknowledgementOfWhatWasNeverMadeRemovesNothing) {
  find(1);
  ship();
  shipper_->pump();
  link_.answer(ack(99));
  shipper_->pump();
  EXPECT_EQ(spool_->queued(), 2u);
  EXPECT_FALSE(shipper_->trouble().empty());
}

TEST_F(Shipping, CheckpointOfAnotherLogRemovesNothingAndThePinnedLogMovesTheBeacon) {
  auto ours = crypto::SigningKey::from_seed(base::Bytes(32, 1)),
       other = crypto::SigningKey::from_seed(base::Bytes(32, 2));
  const std::string origin = "fengsui.example.gov.cn/510900/510903-edu/2026";
  auto vkey = evidence::format_vkey(evidence::make_vkey(origin, ours.public_key()));
  evidence::Checkpoint checkpoint{origin, 5, crypto::sha256(base::view("root"))};
  find(1);
  ship(vkey);
  shipper_->pump();
  link_.answer(wire::Ack{1, evidence::sign_checkpoint(checkpoint, other), {}, 0});
  shipper_->pump();
  EXPECT_EQ(spool_->queued(), 2u);
  EXPECT_NE(shipper_->trouble().find("not accepted"), std::string::npos);
  link_.answer(wire::Ack{1, evidence::sign_checkpoint(checkpoint, ours), {}, 0});
  shipper_->pump();
  EXPECT_EQ(spool_->queued(), 1u);
  EXPECT_EQ(chain_->beacon().size, 5u);
  // A log that was rewritten: same size, another root, whatever proof it brings.
  checkpoint.size = 6;
  checkpoint.root = crypto::sha256(base::view("another history"));
  link_.answer(wire::Ack{2, evidence::sign_checkpoint(checkpoint, ours), {crypto::sha256(base::view("x"))}, 5});
  shipper_->pump();
  EXPECT_EQ(spool_->queued(), 1u);
  EXPECT_EQ(chain_->beacon().size, 5u);
}

TEST_F(Shipping, BeaconSurvivesARestart) {
  auto key = crypto::SigningKey::from_seed(base::Bytes(32, 1));
  const std::string origin = "fengsui.example.gov.cn/510900/510903-edu/2026";
  auto vkey = evidence::format_vkey(evidence::make_vkey(origin, key.public_key()));
  ship(vkey);
  shipper_->pump();
  link_.answer(wire::Ack{1, evidence::sign_checkpoint({origin, 5, crypto::sha256(base::view("root"))}, key), {}, 0});
  shipper_->pump();
  open(store::SpoolLimits{});
  ship(vkey);
  EXPECT_EQ(chain_->beacon().size, 5u);
}

TEST_F(Shipping, FullSpoolCountsTheLossAndTheHeartbeatCarriesIt) {
  open(store::SpoolLimits{6000});
  find(20);
  auto lost = recorder_->lost();
  EXPECT_GT(lost, 0u);
  EXPECT_EQ(spool_->lost(), lost);
  EXPECT_EQ(recorder_->recorded() + lost, 20u);
  // What was refused left no trace in the chain: every record names the one before it.
  auto kept = spool_->read(1, 100, 1u << 20);
  ASSERT_TRUE(kept);
  for (std::size_t i = 1; i < kept->size(); ++i)
    EXPECT_NE(kept->at(i).note.find(evidence::digest_text(evidence::chain_digest(kept->at(i - 1).note))),
              std::string::npos)
        << i;
  // Room again: the next heartbeat says what was lost, and the sequence has no hole.
  ASSERT_TRUE(spool_->acknowledge(spool_->last_seq()));
  auto seq = chain_->next_seq();
  ASSERT_TRUE(recorder_->heartbeat({}));
  auto records = spool_->read(seq, 1, 1u << 20);
  ASSERT_TRUE(records);
  EXPECT_EQ(records->at(0).seq, seq);
  EXPECT_NE(records->at(0).note.find("\"lost\":" + std::to_string(lost)), std::string::npos) << records->at(0).note;
  EXPECT_NE(records->at(0).note.find("\"fn\":{\"3\":" + std::to_string(20 - lost) + "}"), std::string::npos)
      << records->at(0).note;
}

TEST_F(Shipping, EveryHeartbeatAfterALossCarriesAllThatWasLostSinceTheSpoolWasMade) {
  // The accounting looks at the growth: two intervals that lose the same number must both be seen.
  open(store::SpoolLimits{6000});
  std::uint64_t told = 0;
  for (int round = 0; round < 3; ++round) {
    find(20);
    ASSERT_GT(spool_->lost(), told);
    told = spool_->lost();
    ASSERT_TRUE(spool_->acknowledge(spool_->last_seq()));
    auto seq = chain_->next_seq();
    ASSERT_TRUE(recorder_->heartbeat({}));
    auto records = spool_->read(seq, 1, 1u << 20);
    ASSERT_TRUE(records);
    EXPECT_NE(records->at(0).note.find("\"lost\":" + std::to_string(told)), std::string::npos) << records->at(0).note;
  }
}

TEST_F(Shipping, FindingsWaitForOneWriteAndNoMoreThanTheBoundDoes) {
  int called = 0;
  recorder_->on_waiting([&] { ++called; });
  model::Finding f;
  f.rule = "STO-1";
  f.time = clock_.wall;
  for (std::size_t i = 0; i + 1 < Recorder::kMaxPending; ++i) recorder_->on_finding(f);
  EXPECT_EQ(called, 1);
  EXPECT_EQ(spool_->last_seq(), 1u);  // the boot record
  recorder_->on_finding(f);
  EXPECT_EQ(spool_->last_seq(), 1 + Recorder::kMaxPending);
  recorder_->on_finding(f);
  recorder_->settle();
  EXPECT_EQ(spool_->last_seq(), 2 + Recorder::kMaxPending);
  EXPECT_EQ(chain_->next_seq(), spool_->last_seq() + 1);
  EXPECT_EQ(chain_->last_digest(), spool_->last_digest());
}

TEST_F(Shipping, HeartbeatWritesTheWaitingFindingsFirst) {
  model::Finding f;
  f.rule = "STO-1";
  f.time = clock_.wall;
  recorder_->on_finding(f);
  ASSERT_TRUE(recorder_->heartbeat({}));
  auto records = spool_->read(2, 10, 1u << 20);
  ASSERT_TRUE(records);
  ASSERT_EQ(records->size(), 2u);
  EXPECT_TRUE(records->at(0).note.starts_with("fengsui-rec/v1 find"));
  EXPECT_TRUE(records->at(1).note.starts_with("fengsui-rec/v1 hb"));
  EXPECT_NE(records->at(1).note.find("\"fn\":{\"3\":1}"), std::string::npos) << records->at(1).note;
}

TEST_F(Shipping, HeartbeatsFollowEachOtherWithoutAHole) {
  clock_.pass(60'000);
  ASSERT_TRUE(recorder_->heartbeat({}));
  find(1);
  clock_.pass(60'000);
  ASSERT_TRUE(recorder_->heartbeat({}));
  auto records = spool_->read(1, 10, 1u << 20);
  ASSERT_TRUE(records);
  ASSERT_EQ(records->size(), 4u);  // boot, heartbeat, finding, heartbeat
  EXPECT_NE(records->at(1).note.find("\"t1\":1795500060000"), std::string::npos) << records->at(1).note;
  EXPECT_NE(records->at(3).note.find("\"t0\":1795500060000"), std::string::npos) << records->at(3).note;
}

TEST_F(Shipping, RestartContinuesTheSequence) {
  find(3);
  open(store::SpoolLimits{});  // without a clean end
  EXPECT_EQ(spool_->last_seq(), 5u);
  EXPECT_EQ(chain_->next_seq(), 6u);
}

// The log of a collector as the agent pins it.
class PinnedShipping : public Shipping {
 protected:
  void SetUp() override {
    Shipping::SetUp();
    ship(evidence::format_vkey(evidence::make_vkey(origin_, key_.public_key())));
    shipper_->pump();
  }
  std::string checkpoint(std::uint64_t size) const {
    return evidence::sign_checkpoint({origin_, size, crypto::sha256(base::view(std::to_string(size)))}, key_);
  }
  void answer(const wire::Message& message) {
    link_.answer(message);
    shipper_->pump();
  }
  bool says(std::string_view words) const { return shipper_->trouble().find(words) != std::string::npos; }

  const std::string origin_ = "fengsui.example.gov.cn/510900/510903-edu/2026";
  const crypto::SigningKey key_ = crypto::SigningKey::from_seed(base::Bytes(32, 1));
};

TEST_F(PinnedShipping, AcknowledgementWithoutASignedCheckpointRemovesNothing) {
  answer(ack(1));
  EXPECT_EQ(spool_->queued(), 1u);
  EXPECT_TRUE(says("without a signed checkpoint")) << shipper_->trouble();
}

TEST_F(PinnedShipping, LogThatBecameSmallerRemovesNothingAndIsTold) {
  answer(wire::Ack{0, checkpoint(9), {}, 0});
  ASSERT_EQ(chain_->beacon().size, 9u);
  answer(wire::Ack{1, checkpoint(5), {}, 9});
  EXPECT_EQ(spool_->queued(), 1u);
  EXPECT_EQ(chain_->beacon().size, 9u);
  EXPECT_TRUE(says("has 5 leaves, it had signed 9")) << shipper_->trouble();
}

TEST_F(PinnedShipping, LogOfTheSameSizeWithAnotherRootRemovesNothingAndIsTold) {
  answer(wire::Ack{0, checkpoint(9), {}, 0});
  answer(wire::Ack{1, evidence::sign_checkpoint({origin_, 9, crypto::sha256(base::view("other"))}, key_), {}, 9});
  EXPECT_EQ(spool_->queued(), 1u);
  EXPECT_TRUE(says("not accepted")) << shipper_->trouble();
}

TEST_F(PinnedShipping, ProofFromAnotherSizeRemovesNothingAndAHelloAsksOnceForARightOne) {
  answer(wire::Ack{0, checkpoint(9), {}, 0});
  link_.sent.clear();
  answer(wire::Ack{1, checkpoint(12), {}, 7});
  answer(wire::Ack{1, checkpoint(12), {}, 7});
  EXPECT_EQ(spool_->queued(), 1u);
  EXPECT_EQ(shipper_->unproven_acks(), 2u);
  EXPECT_EQ(link_.hellos(), 1u);
}

// Two logs with real trees: what a collector sends after New Year.
struct TwoYears {
  static constexpr const char* kOld = "fengsui.example.gov.cn/510900/510903-edu/2026";
  static constexpr const char* kNew = "fengsui.example.gov.cn/510900/510903-edu/2027";
  explicit TwoYears(const crypto::SigningKey& key) {
    for (int i = 0; i < 7; ++i) old_tree.push(crypto::sha256(base::view(std::to_string(i))));
    evidence::Shard shard{kOld, 7, *old_tree.root(7), evidence::sign_checkpoint({kOld, 7, *old_tree.root(7)}, key), 7, 1'798'732'800'000, std::string(64, 'a')};
    auto note = evidence::sign_record("shard", evidence::to_json(shard), "c", key);
    leaf = evidence::with_header("shard", "510903-edu", 1'798'733'400'000, note)->bytes;
    new_tree.push(evidence::leaf_hash(leaf));
    new_tree.push(crypto::sha256(base::view("x")));
    next = evidence::sign_checkpoint({kNew, 2, *new_tree.root(2)}, key);
    handover = {shard.checkpoint, *evidence::consistency_proof(old_tree, 5, 7), leaf, *evidence::inclusion_proof(new_tree, 0, 2), next};
    first = evidence::sign_checkpoint({kOld, 5, *old_tree.root(5)}, key);
  }
  evidence::MemoryTree old_tree, new_tree;
  base::Bytes leaf;
  std::string first, next;
  evidence::Handover handover;
};

TEST_F(PinnedShipping, TheLogIsHandedOverAtNewYearAndTheAgentGoesOn) {
  TwoYears years(key_);
  answer(wire::Ack{0, years.first, {}, 0});
  ASSERT_EQ(chain_->beacon().size, 5u);
  answer(wire::Ack{1, years.next, {}, 5, {years.handover}});
  EXPECT_EQ(shipper_->trouble(), "");
  EXPECT_EQ(spool_->queued(), 0u);
  EXPECT_EQ(chain_->beacon().size, 2u);
  // The same again answers a hello from before: it is asked anew, in the name of the new log.
  link_.sent.clear();
  answer(wire::Ack{1, years.next, {}, 5, {years.handover}});
  EXPECT_EQ(shipper_->unproven_acks(), 1u);
  EXPECT_EQ(shipper_->trouble(), "");
  ASSERT_EQ(link_.hellos(), 1u);
  EXPECT_EQ(std::get<wire::Hello>(link_.sent.back()).origin, TwoYears::kNew);
  EXPECT_EQ(std::get<wire::Hello>(link_.sent.back()).beacon_size, 2u);
  // And after a restart.
  ship(evidence::format_vkey(evidence::make_vkey(origin_, key_.public_key())));
  EXPECT_EQ(chain_->beacon().size, 2u);
}

TEST_F(PinnedShipping, AHandOverThatProvesNothingRemovesNothing) {
  TwoYears years(key_);
  const auto stranger = crypto::SigningKey::from_seed(base::Bytes(32, 9));
  TwoYears forged(stranger);
  answer(wire::Ack{0, years.first, {}, 0});
  std::vector<wire::Ack> bad(5, wire::Ack{1, years.next, {}, 5, {years.handover}});
  bad[0].handovers[0].leaf.back() ^= 1;
  bad[1].handovers[0].consistency.pop_back();
  bad[2].checkpoint = bad[2].handovers[0].next_checkpoint = forged.next;
  bad[3].handovers[0].final_checkpoint = forged.handover.final_checkpoint;
  bad[4].checkpoint = evidence::sign_checkpoint({TwoYears::kNew, 3, crypto::Digest{}}, key_);  // not the one that was shown
  for (auto& ack : bad) {
    answer(ack);
    EXPECT_EQ(spool_->queued(), 1u);
    EXPECT_EQ(chain_->beacon().size, 5u);
    EXPECT_NE(shipper_->trouble(), "");
  }
}

TEST_F(PinnedShipping, CollectorThatAsksAgainForWhatItAcknowledgedIsTold) {
  answer(wire::Ack{1, checkpoint(9), {}, 0});
  ASSERT_EQ(spool_->acknowledged(), 1u);
  answer(wire::Refused{1, "gap", "record 2 came, 1 is expected"});
  EXPECT_TRUE(says("an older copy of its log was put back")) << shipper_->trouble();
}

}  // namespace
}  // namespace fengsui::agent
