#include "evidence/verify.h"

#include <gtest/gtest.h>

#include "base/encode.h"
#include "base/fd.h"
#include "evidence/leaf.h"
#include "evidence/replay.h"
#include "evidence/tile.h"
#include "evidence/verify_log.h"
#include "test_log.h"

namespace fengsui::evidence {
namespace {

// Made once: 1 700 leaves.
const TestLog& log() {
  static const TestLog made = three_days();
  return made;
}
const Files& clean() {
  static const Files made = log().bundle(at(0), at(3));
  return made;
}

VerifyResult check(const Files& files, const VerifyOptions& options = {}) { return verify_files(files, log().policy, options); }

StepState state(const VerifyResult& r, int n) { return r.steps[static_cast<std::size_t>(n)].state; }

// Writes the manifest again, as whoever tampered would.
void relist(Files& files) {
  auto manifest = *Json::parse(base::text(files["manifest.json"]), {.max_bytes = 16u << 20, .max_depth = 16, .one_line = false});
  Json::Object list;
  for (const auto& [path, content] : files)
    if (path != "manifest.json") list.emplace_back(path, Json(base::hex(crypto::sha256(base::View(content)))));
  manifest.set("files", Json(std::move(list)));
  files["manifest.json"] = base::to_bytes(manifest.dump() + "\n");
}

// The bundle's leaves changed by somebody without keys; `tiles` says whether he also repairs the hashes.
Files with_leaves(const std::vector<base::Bytes>& leaves, bool tiles) {
  Files files = clean();
  MemoryTree tree;
  for (const auto& leaf : leaves) tree.push(leaf_hash(leaf));
  class Reader : public EntryReader {
   public:
    explicit Reader(const std::vector<base::Bytes>& all) : all_(all) {}
    base::Result<std::vector<base::Bytes>> leaves(std::uint64_t from, std::uint64_t to) const override {
      return std::vector<base::Bytes>(all_.begin() + static_cast<std::ptrdiff_t>(from), all_.begin() + static_cast<std::ptrdiff_t>(to));
    }
    const std::vector<base::Bytes>& all_;
  } reader(leaves);
  std::erase_if(files, [&](const auto& f) { return f.first.starts_with("tile/entries/") || (tiles && f.first.starts_with("tile/")); });
  EXPECT_TRUE(export_tiles(tree, reader, leaves.size(), [&](std::string_view path, base::View content) -> base::Status {
    if (tiles || path.starts_with("tile/entries/")) files[std::string(path)] = base::to_bytes(content);
    return {};
  }));
  relist(files);
  return files;
}
std::vector<base::Bytes> clean_leaves() {
  std::vector<base::Bytes> out;
  for (const auto& [path, content] : clean())
    if (path.starts_with("tile/entries/")) {
      auto leaves = parse_entry_bundle(content);
      for (auto& leaf : *leaves) out.push_back(std::move(leaf));
    }
  return out;
}

// What a mirror makes of the tiles it fetched is byte for byte what the log's owner writes.
TEST(Verify, SealProofsMadeFromTilesAreThoseOfTheBundle) {
  const auto size = parse_checkpoint_text(parse_note(base::text(clean().at("checkpoint")))->text)->size;
  std::vector<std::pair<base::Day, std::uint64_t>> seals;
  const auto leaves = clean_leaves();
  for (std::size_t i = 0; i < leaves.size(); ++i)
    if (auto leaf = parse_leaf(leaves[i]); leaf && leaf->kind == "seal") seals.emplace_back(*base::parse_day(leaf->record.body.text("day")), i);
  Files tiles, made;
  for (const auto& [path, content] : clean())
    if (path.starts_with("tile/") && !path.starts_with("tile/entries/")) tiles.emplace(path, content);
  auto sink = [&](std::string_view path, base::View content) -> base::Status {
    made[std::string(path)] = base::to_bytes(content);
    return {};
  };
  ASSERT_TRUE(export_seal_proofs(TileFiles(tiles, "", size), size, std::string(base::text(clean().at("checkpoint"))), seals, sink));
  EXPECT_EQ(made.size(), 3u);
  for (const auto& [path, content] : made) EXPECT_EQ(base::text(content), base::text(clean().at(path))) << path;
}

TEST(Verify, ACleanBundleIsVerifiedAtLevelThree) {
  auto r = check(clean());
  for (const auto& s : r.steps) EXPECT_NE(s.state, StepState::failed) << "V" << s.number << ": " << s.detail.en;
  EXPECT_TRUE(r.verified) << to_text(r, false);
  EXPECT_EQ(r.level, 3);
  EXPECT_EQ(exit_code(r), 0);
  EXPECT_EQ(r.outcome, "issued") << Json::parse(parse_envelope(base::text(clean().at("attestation.dsse.json")))->payload, {.max_bytes = 1u << 24, .max_depth = 32, .one_line = false})->find("predicate")->find("decision")->dump();
  EXPECT_TRUE(r.incident_free);
  EXPECT_EQ(r.dept, "510903-edu");
  EXPECT_EQ(state(r, 4), StepState::not_required);
  EXPECT_EQ(state(r, 14), StepState::not_present);
  EXPECT_EQ(state(r, 15), StepState::not_present);
  EXPECT_FALSE(r.assumptions.empty());
}

TEST(Verify, SurvivesItsZip) {
  auto zip = write_zip(clean());
  ASSERT_TRUE(zip);
  EXPECT_TRUE(verify_bundle(*zip, log().policy, {}).verified);
  EXPECT_EQ(*zip, *write_zip(*read_zip(*zip)));
}

TEST(Verify, EveryByteOfTheZipCounts) {
  auto zip = *write_zip(clean());
  std::size_t step = zip.size() / 400 + 1;
  for (std::size_t i = 0; i < zip.size(); i += step) {
    zip[i] ^= 0x10;
    EXPECT_EQ(exit_code(verify_bundle(zip, log().policy, {})), 1) << i;
    zip[i] ^= 0x10;
  }
}

// S7, by an outsider: the position and its day are named in all four forms.
struct Outside {
  const char* name;
  std::uint64_t position;
  int day;
  void (*change)(std::vector<base::Bytes>&);
};
void PrintTo(const Outside& o, std::ostream* out) { *out << o.name; }
class OutsideTampering : public ::testing::TestWithParam<std::tuple<Outside, bool>> {};

TEST_P(OutsideTampering, IsRefusedAtTheRightPositionAndDay) {
  auto [what, tiles] = GetParam();
  auto leaves = clean_leaves();
  what.change(leaves);
  auto r = check(with_leaves(leaves, tiles));
  EXPECT_EQ(exit_code(r), 1);
  EXPECT_EQ(state(r, 6), StepState::failed);
  // Where the hashes were repaired too, the records themselves still say where: a broken signature or chain.
  auto position = static_cast<std::int64_t>(what.position);
  EXPECT_GE(r.first_broken, tiles ? position - 20 : position) << to_text(r, false);
  EXPECT_LE(r.first_broken, tiles ? position + 2 : position) << to_text(r, false);
  EXPECT_EQ(r.first_broken_day, base::to_string(base::plus_days(kFirstDay, what.day)));
}

INSTANTIATE_TEST_SUITE_P(S7, OutsideTampering,
                         ::testing::Combine(::testing::Values(Outside{"byte", 700, 1, [](auto& l) { l[700][l[700].size() / 2] ^= 1; }},
                                                              Outside{"delete", 700, 1, [](auto& l) { l.erase(l.begin() + 700); }},
                                                              Outside{"swap", 700, 1, [](auto& l) { std::swap(l[700], l[701]); }},
                                                              Outside{"cut", 1300, 2, [](auto& l) { l.resize(1300); }}),
                                            ::testing::Bool()),
                         [](const auto& test) { return std::string(std::get<0>(test.param).name) + (std::get<1>(test.param) ? "_hashes_repaired" : ""); });

// An insider: holds the keys of the log, the collector and the attester, and makes everything again.
struct Inside {
  const char* name;
  int step;                // that refuses it
  std::uint64_t position;  // named
  std::vector<base::Bytes> (*change)(std::vector<base::Bytes>);
};
void PrintTo(const Inside& i, std::ostream* out) { *out << i.name; }
class InsideTampering : public ::testing::TestWithParam<Inside> {};

std::uint64_t index_of(const std::vector<base::Bytes>& leaves, std::string_view kind, std::size_t nth) {
  for (std::uint64_t i = 0; i < leaves.size(); ++i)
    if (auto p = parse_leaf(leaves[i]); p && p->kind == kind && nth-- == 0) return i;
  return UINT64_MAX;
}
base::Bytes re_header(const base::Bytes& leaf, base::UnixMs rx, std::string dept = "") {
  auto p = parse_leaf(leaf);
  return with_header(p->kind, dept.empty() ? p->dept : dept, rx, p->note)->bytes;
}
base::Bytes re_signed(const base::Bytes& leaf, std::string_view key, Json value, std::string_view signer, const crypto::SigningKey& with) {
  auto p = parse_leaf(leaf);
  auto body = p->record.body;
  body.set(std::string(key), std::move(value));
  return with_header(p->kind, p->dept, *p->rx, sign_record(p->kind, body, signer, with))->bytes;
}

TEST_P(InsideTampering, IsRefusedThoughEverythingElseWasMadeAgain) {
  auto what = GetParam();
  auto files = log().bundle_of(what.change(log().all), at(0), at(3));
  auto r = check(files);
  EXPECT_EQ(exit_code(r), 1) << to_text(r, false);
  EXPECT_EQ(state(r, what.step), StepState::failed) << to_text(r, false);
  EXPECT_EQ(r.steps[static_cast<std::size_t>(what.step)].leaf, static_cast<std::int64_t>(what.position)) << to_text(r, false);
  EXPECT_EQ(state(r, 6), what.step == 6 ? StepState::failed : StepState::passed);  // the tree itself is well made
}

// Positions by hand: 0 scope, 1..4 enrolments and boots, 23 h x 12 x 2 beats = 5..556, the finding 557, 70 min = 28 beats = 558..585, the
// seal 586; the next day begins at 587 with db01, so even indices there are db02's.
using L = std::vector<base::Bytes>;
INSTANTIATE_TEST_SUITE_P(
    Log, InsideTampering,
    ::testing::Values(
        Inside{"ByteInsideARecord", 9, 701, [](L l) { auto& x = l[701]; x[x.size() - 40] = x[x.size() - 40] == 'A' ? 'B' : 'A'; return l; }},
        Inside{"FindingRemoved", 9, 557, [](L l) { auto i = index_of(l, "find", 0); l.erase(l.begin() + static_cast<long>(i)); return l; }},
        Inside{"HeartbeatRemoved", 9, 701, [](L l) { l.erase(l.begin() + 700); return l; }},
        Inside{"TwoOfOneAgentSwapped", 9, 700, [](L l) { std::swap(l[700], l[702]); auto a = *parse_leaf(l[702])->rx; l[700] = re_header(l[700], a); l[702] = re_header(l[702], a + 300'000); return l; }},
        Inside{"RecordReplayed", 9, 702, [](L l) { l.insert(l.begin() + 702, l[700]); l[702] = re_header(l[702], *parse_leaf(l[701])->rx); return l; }},
        Inside{"AnotherUnitsRecord", 8, 700, [](L l) { l[700] = re_header(l[700], *parse_leaf(l[700])->rx, "510903-tax"); return l; }},
        Inside{"ReceiptTimeBackDated", 7, 700, [](L l) { l[700] = re_header(l[700], *parse_leaf(l[700])->rx - 86'400'000); return l; }},
        Inside{"ScopeForgedByTheCollector", 8, 0, [](L l) { l[0] = re_signed(l[0], "iv", Json(3600), "op/li", TestKeys::seed(2)); return l; }},
        Inside{"ScopeSignedByNobodyKnown", 8, 0, [](L l) { l[0] = re_signed(l[0], "iv", Json(3600), "op/zhao", TestKeys::seed(2)); return l; }},
        Inside{"EnrolmentForged", 8, 1, [](L l) { l[1] = re_signed(l[1], "asset", Json("db09"), "op/li", TestKeys::seed(2)); return l; }},
        Inside{"HeartbeatSignedWithAnInventedKey", 9, 700, [](L l) { auto p = parse_leaf(l[700]); l[700] = re_signed(l[700], "t1", Json(p->record.body.number("t1") + 1), p->record.note.signatures[0].name, TestKeys::seed(2)); return l; }},
        Inside{"UnsignedFindingSlippedIn", 9, 700, [](L l) { auto p = parse_leaf(l[index_of(l, "find", 0)]); auto note = sign_record("find", p->record.body, "510903-edu/db01", TestKeys::seed(2)); l.insert(l.begin() + 700, with_header("find", "510903-edu", *parse_leaf(l[699])->rx, note)->bytes); return l; }},
        Inside{"RecordOfAnAgentNobodyEnrolled", 9, 700, [](L l) { auto p = parse_leaf(l[700]); auto b = p->record.body; b.set("ag", "510903-edu/db77"); l.insert(l.begin() + 700, with_header("hb", "510903-edu", *parse_leaf(l[699])->rx, sign_record("hb", b, "510903-edu/db77#e1", TestKeys::seed(2)))->bytes); return l; }},
        Inside{"SealWithAnotherRoot", 5, 586, [](L l) { auto i = index_of(l, "seal", 0); l[i] = re_signed(l[i], "h", Json(digest_text(empty_root())), "fengsui.example.gov.cn/collector", TestKeys::seed(2)); return l; }},
        Inside{"SealWithOtherCounts", 13, 586, [](L l) { auto i = index_of(l, "seal", 0); l[i] = re_signed(l[i], "counts", to_json(SeverityCounts{}), "fengsui.example.gov.cn/collector", TestKeys::seed(2)); return l; }},
        Inside{"SealSignedByAnOperator", 8, 586, [](L l) { auto i = index_of(l, "seal", 0); l[i] = re_signed(l[i], "n", Json(580), "op/li", TestKeys::seed(3)); return l; }},
        Inside{"GarbageLeaf", 6, 700, [](L l) { l.insert(l.begin() + 700, base::to_bytes(std::string_view("not a leaf"))); return l; }}),
    [](const auto& test) { return std::string(test.param.name); });

// Statements and checkpoints.
Files resigned(const std::function<void(Json&)>& change) {
  Files files = clean();
  auto envelope = *parse_envelope(base::text(files["attestation.dsse.json"]));
  auto j = *Json::parse(envelope.payload, {.max_bytes = 16u << 20, .max_depth = 32, .one_line = false});
  change(j);
  // Made by the issuer from the start: the changed statement is logged and bundled like an honest one.
  TestLog forged(log().dept);
  for (const auto& leaf : log().all) forged.append_leaf(leaf);
  auto text = sign_envelope(kPayloadType, j.dump(), log().keys.attester);
  auto entry = forged.append_leaf(entry_leaf(rekor_entry(*parse_envelope(text), log().keys.attester.public_key()))->bytes);
  BundleInput in{forged.tree, forged, log().dept, at(0), at(3), text, log().keys.attester.public_key(), entry, log().policy.logs[0], forged.sign_checkpoint_now(), {}, {}, "", {}};
  return *bundle_files(in);
}
Json& member(Json& j, std::string_view key) { return const_cast<Json&>(*j.find(key)); }

TEST(Verify, AnIssuerWhoEmbellishesIsRecounted) {
  auto r = check(resigned([](Json& j) { member(member(j, "predicate"), "coverage").set("covered", 1); }));
  EXPECT_EQ(state(r, 11), StepState::failed);
  EXPECT_EQ(state(r, 12), StepState::failed);
  r = check(resigned([](Json& j) { member(member(j, "predicate"), "findings").set("rawBySeverity", to_json(SeverityCounts{})); }));
  EXPECT_EQ(state(r, 13), StepState::failed);
  r = check(resigned([](Json& j) { member(member(j, "predicate"), "incidents").set("threshold", 5); }));
  EXPECT_EQ(state(r, 13), StepState::failed);
  r = check(resigned([](Json& j) { member(member(j, "predicate"), "decision").set("outcome", "refused"); }));
  EXPECT_EQ(state(r, 13), StepState::failed);
  r = check(resigned([](Json& j) { member(member(j, "predicate"), "scope").set("to", at(2)); }));
  EXPECT_NE(exit_code(r), 0);
  r = check(resigned([](Json& j) { member(member(j, "predicate"), "scope").set("department", "510903-tax"); }));
  EXPECT_EQ(state(r, 1), StepState::failed);
  r = check(resigned([](Json& j) { j.set("predicateType", "x"); }));
  EXPECT_EQ(state(r, 1), StepState::failed);
  EXPECT_TRUE(check(resigned([](Json&) {})).verified);
}

TEST(Verify, AnotherUnitOrPeriodThanAskedForIsRefused) {
  VerifyOptions o;
  o.dept = "510903-tax";
  EXPECT_EQ(state(check(clean(), o), 1), StepState::failed);
  o = {};
  o.from = at(1);
  EXPECT_EQ(state(check(clean(), o), 1), StepState::failed);
}

TEST(Verify, AnotherAttesterOrLogKeyIsRefused) {
  auto policy = log().policy;
  policy.attesters = {make_vkey("x", crypto::SigningKey::generate().public_key())};
  EXPECT_EQ(state(verify_files(clean(), policy, {}), 1), StepState::failed);
  policy = log().policy;
  policy.logs = {make_vkey(log().origin, crypto::SigningKey::generate().public_key())};
  EXPECT_EQ(state(verify_files(clean(), policy, {}), 3), StepState::failed);
}

TEST(Verify, AStatementThatIsNotInTheLogIsRefused) {
  auto files = clean();
  auto envelope = *parse_envelope(base::text(files["attestation.dsse.json"]));
  files["attestation.dsse.json"] = base::to_bytes(sign_envelope(kPayloadType, envelope.payload + " ", log().keys.attester));
  relist(files);
  EXPECT_EQ(state(check(files), 2), StepState::failed);
}

TEST(Verify, FilesOutsideTheManifestAreRefused) {
  auto files = clean();
  files["policy"] = base::to_bytes(format_policy(log().policy));
  EXPECT_EQ(state(check(files), 0), StepState::failed);
  files = clean();
  files.erase("README");
  EXPECT_EQ(state(check(files), 0), StepState::failed);
}

TEST(Verify, ARewrittenHistoryDoesNotContinueTheCheckpointSeenBefore) {
  VerifyOptions o;
  o.last_seen = *open_checkpoint(log().checkpoints[5], log().policy.logs[0]);
  EXPECT_TRUE(check(clean(), o).verified);
  o.last_seen->root[0] ^= 1;
  EXPECT_EQ(state(check(clean(), o), 5), StepState::failed);
}

TEST(Verify, AForkShownToAnAgentComesBackInItsHeartbeat) {
  TestLog forked;
  Scope scope;
  scope.from = at(0);
  scope.assets = {{"db01", forked.dept + "/db01", {"file_scan"}}};
  scope.heartbeat_seconds = forked.iv;
  forked.add_scope(at(-1, 23), scope);
  forked.add_agent("db01", at(-1, 23, 30));
  // The agent was shown a log of two leaves that the others never see.
  ASSERT_TRUE(forked.chain("db01").advance_beacon({2, digest_text(leaf_hash(base::view("another log"))), "c"}, {}));
  forked.beat_one("db01", at(0), at(0, 0, 5), at(0, 0, 5) + 1'000);
  auto r = verify_files(forked.bundle(at(0), at(1)), forked.policy, {});
  EXPECT_EQ(exit_code(r), 1);
  EXPECT_EQ(state(r, 9), StepState::passed);
  EXPECT_EQ(state(r, 10), StepState::failed);
  EXPECT_EQ(r.first_broken, 3);  // scope, enrolment, boot, heartbeat
  EXPECT_EQ(r.first_broken_day, "2026-11-02");
}

TEST(Replay, ProblemsAreCountedBeyondTheirLimit) {
  Policy policy;
  Replay replay(policy, "u");
  for (std::size_t i = 0; i < Replay::kMaxProblems + 10; ++i) replay.add(base::view("garbage"), nullptr);
  EXPECT_EQ(replay.problems().size(), Replay::kMaxProblems);
  EXPECT_EQ(replay.problem_count(), Replay::kMaxProblems + 10);
}

TEST(Verify, AMissingWitnessIsAFailureWhereThePolicyAsksForOne) {
  auto policy = log().policy;
  auto witness = crypto::SigningKey::generate();
  policy.witnesses = {{"w1", make_vkey("province/w1", witness.public_key(), kTypeCosignature)}};
  policy.quorum = "w1";
  EXPECT_EQ(state(verify_files(clean(), policy, {}), 3), StepState::failed);
  auto files = clean();
  auto text = std::string(base::text(files["checkpoint"]));
  auto note = parse_note(text);
  auto cosigned = add_line(text, cosignature_line(note->text, "province/w1", witness, at(3, 3) / 1000));
  files["checkpoint"] = base::to_bytes(cosigned);
  relist(files);
  auto r = verify_files(files, policy, {});
  EXPECT_EQ(state(r, 3), StepState::passed) << to_text(r, false);
  EXPECT_EQ(state(r, 4), StepState::passed);
  auto early = add_line(text, cosignature_line(note->text, "province/w1", witness, at(1) / 1000));
  files["checkpoint"] = base::to_bytes(early);
  relist(files);
  EXPECT_EQ(state(verify_files(files, policy, {}), 4), StepState::failed);
}

TEST(Verify, UnknownKindsMakeTheResultIncompleteNotSilent) {
  auto leaves = log().all;
  leaves.push_back(with_header("telepathy", "510903-edu", at(3, 3), sign_record("telepathy", Json::object(), "x", TestKeys::seed(9)))->bytes);
  auto r = check(log().bundle_of(leaves, at(0), at(3)));
  EXPECT_EQ(exit_code(r), 3) << to_text(r, false);
  EXPECT_EQ(state(r, 8), StepState::incomplete);
}

TEST(Verify, ARevokedAttestationSaysSo) {
  auto envelope = *parse_envelope(base::text(clean().at("attestation.dsse.json")));
  auto list = sign_revocations({{payload_digest(envelope.payload), at(4), "事后发现事件 inc-1"}}, at(4), log().keys.attester);
  VerifyOptions o;
  o.revoked = *open_revocations(list, log().policy.attesters);
  auto r = check(clean(), o);
  EXPECT_TRUE(r.revoked);
  EXPECT_FALSE(r.verified);
  EXPECT_EQ(exit_code(r), 1);
  EXPECT_NE(to_text(r, true).find("已撤销"), std::string::npos);
  EXPECT_EQ(to_json(r).text("verdict"), "revoked");
  EXPECT_FALSE(open_revocations(sign_revocations({}, 1, TestKeys::seed(9)), log().policy.attesters));
}

TEST(Verify, AScoreIsRecomputedFromItsInputs) {
  auto bytes = base::read_file(std::string(FENGSUI_SOURCE_DIR) + "/rules/score/row16.toml", 65'536);
  ASSERT_TRUE(bytes);
  std::string text(base::text(*bytes));
  ScoreInputs in;
  in.documents = Known::of(5);
  in.days = 3;
  in.records = in.reviewed = Known::of(3);
  auto s = score(*parse_score_policy(text), in);
  auto r = check(log().bundle_of(log().all, at(0), at(3), {}, &s, text));
  EXPECT_EQ(state(r, 15), StepState::passed) << to_text(r, false);
  EXPECT_TRUE(r.verified);
  s.low += 1;
  r = check(log().bundle_of(log().all, at(0), at(3), {}, &s, text));
  EXPECT_EQ(state(r, 15), StepState::failed);
  r = check(log().bundle_of(log().all, at(0), at(3), {}, &s, text + "\n"));
  EXPECT_EQ(state(r, 15), StepState::failed);
}

TEST(Verify, TruncatedBundlesAreRefusedWithoutACrash) {
  auto zip = *write_zip(clean());
  for (std::size_t n = 0; n < zip.size(); n += zip.size() / 50 + 1)
    EXPECT_EQ(state(verify_bundle(base::View(zip).first(n), log().policy, {}), 0), StepState::failed);
}

}  // namespace
}  // namespace fengsui::evidence
