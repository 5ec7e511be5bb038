#include "evidence/chain.h"

#include <gtest/gtest.h>

#include "base/encode.h"
#include "evidence/body.h"
#include "evidence/chain_reader.h"
#include "evidence/leaf.h"
#include "evidence/merkle.h"

namespace fengsui::evidence {
namespace {
using base::Errc;

const std::string kAgent = "510903-edu/db01";

struct Pair {
  crypto::SigningKey identity = crypto::SigningKey::from_seed(base::Bytes(32, 1));
  Vkey vkey = make_vkey(kAgent, identity.public_key());
  Chain chain{kAgent, crypto::SigningKey::from_seed(base::Bytes(32, 1)), "boot-1", 0, {}};
  ChainReader reader{vkey};
  Record boot() { return chain.boot(1'000, "start", "ab"); }
  Record find(model::Severity severity = model::Severity::high) {
    model::Finding f;
    f.id = "fid";
    f.rule = "STO-1";
    f.severity = severity;
    f.stage = model::Stage::storage;
    f.time = 2'000;
    f.fields.set("actor.user.name", "zhang");
    return chain.finding(f, R"({"x":1})", "rs");
  }
  Record beat(base::UnixMs t0 = 60'000) {
    HeartbeatInput in;
    in.t0 = t0;
    in.t1 = t0 + 60'000;
    in.b0 = t0;
    in.b1 = t0 + 60'000;
    in.rules_digest = in.config_digest = in.binary_digest = "ab";
    in.sources = {{"file_scan", {model::Stage::storage}, model::SensorState::effective, "", {}}};
    return chain.heartbeat(in);
  }
};

TEST(Chain, RecordsInOrderAreAccepted) {
  Pair p;
  for (auto step : {0, 1, 1, 2, 1, 2, 2}) {
    auto record = step == 0 ? p.boot() : step == 1 ? p.find() : p.beat();
    p.chain.commit();
    auto accepted = p.reader.accept(record.note);
    ASSERT_TRUE(accepted) << accepted.error().what;
    EXPECT_EQ(accepted->seq, record.seq);
    EXPECT_EQ(p.reader.last_digest(), p.chain.last_digest());
  }
  EXPECT_EQ(p.reader.last_seq(), 7u);
  EXPECT_EQ(p.reader.epochs(), 4u);
}

TEST(Chain, ARecordThatWasNotCommittedLeavesNoTrace) {
  Pair p;
  (void)p.boot();
  auto boot = p.boot();
  EXPECT_EQ(boot.seq, 1u);
  p.chain.commit();
  ASSERT_TRUE(p.reader.accept(boot.note));
  (void)p.beat();   // lost before it was durable
  (void)p.find();
  auto find = p.find();
  EXPECT_EQ(find.seq, 2u);
  p.chain.commit();
  ASSERT_TRUE(p.reader.accept(find.note));
  auto beat = p.beat();
  p.chain.commit();
  auto accepted = p.reader.accept(beat.note);
  ASSERT_TRUE(accepted) << accepted.error().what;
  EXPECT_EQ(std::get<Heartbeat>(accepted->body).findings, (std::array<std::uint64_t, 6>{0, 0, 0, 0, 1, 0}));
}

TEST(Chain, FindingCommitsToItsDetailAndHidesItsSubject) {
  Pair p;
  (void)p.boot();
  p.chain.commit();
  auto find = p.find();
  EXPECT_EQ(find.detail, R"({"x":1})");
  auto record = parse_record(find.note);
  ASSERT_TRUE(record);
  auto body = parse_find(record->body);
  ASSERT_TRUE(body);
  EXPECT_EQ(body->commitment, crypto::sha256({base::view("fengsui-cm/v1\n"), base::View(find.salt), base::view(find.detail)}));
  EXPECT_EQ(find.note.find("zhang"), find.note.npos);
  EXPECT_EQ(body->subject.size(), 16u);
  EXPECT_EQ(body->severity, 4);
  EXPECT_EQ(body->stage, "storage");
}

TEST(Chain, ContinuesAfterARestart) {
  Pair p;
  for (int i = 0; i < 3; ++i) {
    auto r = i == 0 ? p.boot() : i == 1 ? p.find() : p.beat();
    p.chain.commit();
    ASSERT_TRUE(p.reader.accept(r.note));
  }
  Chain again(kAgent, crypto::SigningKey::from_seed(base::Bytes(32, 1)), "boot-2", 3, p.chain.last_digest());
  auto boot = again.boot(9'000, "crash", "ab");
  again.commit();
  ASSERT_TRUE(p.reader.accept(boot.note));
  EXPECT_EQ(p.reader.boots(), 2u);
  EXPECT_EQ(p.reader.boot_id(), "boot-2");
}

TEST(ChainReader, RefusesWhatIsOutOfPlaceAndStaysWhereItWas) {
  Pair p;
  std::vector<Record> records;
  for (int i = 0; i < 6; ++i) {
    records.push_back(i == 0 ? p.boot() : i % 2 ? p.find() : p.beat());
    p.chain.commit();
  }
  EXPECT_EQ(p.reader.accept(records[1].note).error().code, Errc::conflict);  // before the boot: another seq
  ASSERT_TRUE(p.reader.accept(records[0].note));
  EXPECT_EQ(p.reader.accept(records[0].note).error().code, Errc::conflict);  // replay
  EXPECT_EQ(p.reader.accept(records[2].note).error().code, Errc::conflict);  // hole
  ASSERT_TRUE(p.reader.accept(records[1].note));
  auto state = p.reader.state();
  for (std::size_t i = 0; i < records[2].note.size(); ++i) {
    auto bad = records[2].note;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    EXPECT_FALSE(p.reader.accept(bad)) << i;
  }
  EXPECT_EQ(p.reader.state(), state);
  EXPECT_TRUE(p.reader.accept(records[2].note));
}

TEST(ChainReader, AHeartbeatMustCountEveryFinding) {
  Pair p;
  auto boot = p.boot();
  p.chain.commit();
  auto find = p.find();
  p.chain.commit();
  auto beat = p.beat();
  ASSERT_TRUE(p.reader.accept(boot.note));
  // The finding is left out and the heartbeat re-made to follow the boot: only the holder of the erased key could sign it.
  auto record = parse_record(beat.note);
  auto body = *parse_heartbeat(record->body);
  body.link.seq = 2;
  body.link.pv = chain_digest(boot.note);
  body.next = format_vkey(make_vkey(epoch_name(kAgent, 2), crypto::SigningKey::generate().public_key()));
  auto forged = sign_record("hb", to_json(body), epoch_name(kAgent, 1), crypto::SigningKey::generate());
  EXPECT_EQ(p.reader.accept(forged).error().code, Errc::mismatch);
  ASSERT_TRUE(p.reader.accept(find.note));
  ASSERT_TRUE(p.reader.accept(beat.note));
}

TEST(ChainReader, AnEarlierEpochKeyIsWorthNothingLater) {
  // The reader is told of key A by the boot and of key B by a heartbeat; a record signed by A after that is refused.
  auto identity = crypto::SigningKey::from_seed(base::Bytes(32, 1));
  auto a = crypto::SigningKey::from_seed(base::Bytes(32, 2)), b = crypto::SigningKey::from_seed(base::Bytes(32, 3));
  ChainReader reader(make_vkey(kAgent, identity.public_key()));
  Boot boot{{kAgent, 1, 1, {}}, 1, "bt", format_vkey(make_vkey(epoch_name(kAgent, 1), a.public_key())), "start", "ab"};
  auto boot_note = sign_record("boot", to_json(boot), kAgent, identity);
  ASSERT_TRUE(reader.accept(boot_note));
  Heartbeat hb;
  hb.link = {kAgent, 1, 2, chain_digest(boot_note)};
  hb.t1 = hb.b1 = 60'000;
  hb.boot_id = "bt";
  hb.beacon.root = digest_text(empty_root());
  hb.next = format_vkey(make_vkey(epoch_name(kAgent, 2), b.public_key()));
  auto hb_note = sign_record("hb", to_json(hb), epoch_name(kAgent, 1), a);
  ASSERT_TRUE(reader.accept(hb_note));
  Find find;
  find.link = {kAgent, 2, 3, chain_digest(hb_note)};
  find.severity = 3;
  find.stage = "storage";
  EXPECT_EQ(reader.accept(sign_record("find", to_json(find), epoch_name(kAgent, 2), a)).error().code, Errc::mismatch);
  find.link.epoch = 1;
  EXPECT_EQ(reader.accept(sign_record("find", to_json(find), epoch_name(kAgent, 1), a)).error().code, Errc::mismatch);
  find.link.epoch = 2;
  EXPECT_TRUE(reader.accept(sign_record("find", to_json(find), epoch_name(kAgent, 2), b)));
}

TEST(ChainReader, ContinuesFromItsStoredState) {
  Pair p;
  for (int i = 0; i < 5; ++i) {
    auto r = i == 0 ? p.boot() : i == 3 ? p.beat() : p.find();
    p.chain.commit();
    auto restored = ChainReader::restore(p.reader.state());
    ASSERT_TRUE(restored) << restored.error().what;
    p.reader = *restored;
    ASSERT_TRUE(p.reader.accept(r.note)) << i;
  }
  EXPECT_FALSE(ChainReader::restore("{}"));
  EXPECT_FALSE(ChainReader::restore(""));
}

TEST(Chain, BeaconOnlyAdvancesOnAProof) {
  Pair p;
  MemoryTree tree;
  for (int i = 0; i < 9; ++i) tree.push(leaf_hash(base::view(std::to_string(i))));
  Beacon three{3, digest_text(*tree.root(3)), "c3"}, nine{9, digest_text(*tree.root(9)), "c9"};
  ASSERT_TRUE(p.chain.advance_beacon(three, {}));
  EXPECT_EQ(p.chain.advance_beacon(nine, {}).error().code, Errc::mismatch);
  EXPECT_EQ(p.chain.beacon().size, 3u);
  ASSERT_TRUE(p.chain.advance_beacon(nine, *consistency_proof(tree, 3, 9)));
  EXPECT_EQ(p.chain.beacon().size, 9u);
  EXPECT_EQ(p.chain.advance_beacon(three, {}).error().code, Errc::mismatch);  // rollback
}

}  // namespace
}  // namespace fengsui::evidence
