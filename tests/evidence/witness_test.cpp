#include "evidence/witness.h"

#include <gtest/gtest.h>

#include "evidence/leaf.h"
#include "shared_data.h"

namespace fengsui::evidence {
namespace {

const crypto::SigningKey kLog = crypto::SigningKey::from_seed(base::Bytes(32, 1));
const crypto::SigningKey kWitness = crypto::SigningKey::from_seed(base::Bytes(32, 2));
constexpr const char* kName = "example.com/witness";

// A log that asks, and the witness' memory of it.
class WitnessTest : public ::testing::Test {
 protected:
  static constexpr const char* kOrigin = "fengsui.example.gov.cn/510900/510903-edu/2026";
  WitnessTest() {
    for (int i = 0; i < 20; ++i) tree.push(crypto::sha256(base::view(std::to_string(i))));
  }
  AddCheckpoint request(std::uint64_t from, std::uint64_t to) const {
    return {from, from == 0 ? std::vector<Digest>() : *consistency_proof(tree, from, to), sign_checkpoint({kOrigin, to, *tree.root(to)}, kLog)};
  }
  WitnessAnswer ask(const AddCheckpoint& r) {
    auto answer = witness(r, &key, seen, kName, kWitness, 1'700'000'000);
    if (answer.keep) seen = *answer.keep;
    EXPECT_EQ(answer.keep.has_value(), answer.status == 200);
    return answer;
  }
  MemoryTree tree;
  Vkey key = make_vkey(kOrigin, kLog.public_key());
  Vkey own = make_vkey(kName, kWitness.public_key(), kTypeCosignature);
  std::string seen;
};

TEST_F(WitnessTest, SignsWhatContinuesAndKeepsTheWholeCheckpoint) {
  auto first = request(0, 5);
  auto answer = ask(first);
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(seen, first.checkpoint);
  auto lines = cosignatures_in(answer.body, first.checkpoint, {own});
  ASSERT_TRUE(lines && lines->size() == 1);
  auto cosigned = parse_note(add_line(first.checkpoint, lines->front()));
  auto checked = verify_note(*cosigned, own);
  EXPECT_EQ(checked.state, SignatureState::good);
  EXPECT_EQ(checked.unix_seconds, 1'700'000'000);
  EXPECT_EQ(ask(request(5, 12)).status, 200);
  // A line that is there already is not added twice.
  EXPECT_TRUE(cosignatures_in(answer.body, add_line(first.checkpoint, lines->front()), {own})->empty());
}

TEST_F(WitnessTest, ALostAnswerIsGivenAgain) {
  ASSERT_EQ(ask(request(0, 5)).status, 200);
  AddCheckpoint again = request(0, 5);
  again.old_size = 5;
  EXPECT_EQ(ask(again).status, 200);
  EXPECT_EQ(ask(again).status, 200);
}

TEST_F(WitnessTest, NeverSignsTwoHistories) {
  ASSERT_EQ(ask(request(0, 5)).status, 200);
  MemoryTree other;
  for (int i = 0; i < 20; ++i) other.push(crypto::sha256(base::view("x" + std::to_string(i))));
  AddCheckpoint same{5, {}, sign_checkpoint({kOrigin, 5, *other.root(5)}, kLog)};
  EXPECT_EQ(ask(same).status, 409);
  EXPECT_EQ(ask(same).body, "5\n");
  EXPECT_EQ(ask({5, *consistency_proof(other, 5, 9), sign_checkpoint({kOrigin, 9, *other.root(9)}, kLog)}).status, 422);
  EXPECT_EQ(ask({5, {}, sign_checkpoint({kOrigin, 9, *tree.root(9)}, kLog)}).status, 422);
  EXPECT_EQ(ask(request(0, 9)).status, 409);  // a log that was put back
  EXPECT_EQ(ask(request(3, 9)).body, "5\n");
  EXPECT_EQ(parse_checkpoint_text(parse_note(seen)->text)->size, 5u);
}

TEST_F(WitnessTest, UnknownLogsStrangersAndImpossibleSizesAreRefused) {
  EXPECT_EQ(witness(request(0, 5), nullptr, "", kName, kWitness, 1).status, 404);
  auto stranger = request(0, 5);
  stranger.checkpoint = sign_checkpoint({kOrigin, 5, *tree.root(5)}, kWitness);
  EXPECT_EQ(ask(stranger).status, 403);
  auto backwards = request(0, 5);
  backwards.old_size = 6;
  EXPECT_EQ(ask(backwards).status, 400);
  EXPECT_EQ(witness(request(0, 5), &key, "broken", kName, kWitness, 1).status, 500);
}

TEST_F(WitnessTest, ARequestIsRefusedWhenCutAnywhere) {
  auto body = format_add_checkpoint(request(5, 12));
  auto head = body.find("\n\n") + 2;
  for (std::size_t n = 0; n < head; ++n) EXPECT_FALSE(parse_add_checkpoint(body.substr(0, n))) << n;
  ASSERT_TRUE(parse_add_checkpoint(body));
  for (const char* bad : {"", "old\n\nx", "old 01\n\nx", "old -1\n\nx", "old 1\nAA==\n\nx", "old 18446744073709551616\n\nx", "OLD 1\n\nx"})
    EXPECT_FALSE(parse_add_checkpoint(bad)) << bad;
  std::string many = "old 1\n";
  for (std::size_t i = 0; i <= kMaxWitnessProof; ++i) many += digest_text(Digest{}) + "\n";
  EXPECT_EQ(parse_add_checkpoint(many + "\nx").error().code, base::Errc::limit);
  EXPECT_EQ(parse_add_checkpoint(std::string(kMaxAddCheckpoint + 1, 'a')).error().code, base::Errc::limit);
}

TEST_F(WitnessTest, AnAnswerWithAWrongLineOfAKnownWitnessIsRefused) {
  auto first = request(0, 5);
  auto answer = ask(first).body;
  auto at = answer.size() - 4;
  answer[at] = answer[at] == 'A' ? 'B' : 'A';
  EXPECT_FALSE(cosignatures_in(answer, first.checkpoint, {own}));
  EXPECT_FALSE(cosignatures_in("nothing", first.checkpoint, {own}));
  // Lines of witnesses that nobody named are passed over.
  auto stranger = cosignature_line(parse_note(first.checkpoint)->text, "other", kLog, 5);
  EXPECT_TRUE(cosignatures_in(stranger, first.checkpoint, {own})->empty());
}

std::string between(const std::string& text, std::string_view begin, std::string_view end) {
  auto a = text.find(begin);
  if (a == text.npos) return "";
  a += begin.size();
  return text.substr(a, text.find(end, a) - a);
}

// The public transcript, with the log's signatures made again by a key that we have: its own was not published.
TEST(WitnessVectors, ThePublicTranscriptGetsItsAnswers) {
  NEEDS_LOG_VECTORS();
  auto all = slurp(log_vectors() / "witness" / "add-checkpoint.hurl");
  std::string origin = between(all, "sigsum.org", "\n"), seen;
  origin = "sigsum.org" + origin;
  auto key = make_vkey(origin, kLog.public_key());
  int steps = 0;
  for (std::size_t at = all.find("POST "); at != all.npos;) {
    auto next = all.find("POST ", at + 5);
    auto step = all.substr(at, next == all.npos ? all.npos : next - at);
    at = next;
    auto request = parse_add_checkpoint(between(step, "```\n", "```"));
    ASSERT_TRUE(request) << request.error().what;
    auto expected = std::stoi(between(step, "HTTP ", "\n"));
    auto text = request->checkpoint.substr(0, request->checkpoint.find("\n\n") + 1);
    bool unknown = step.find("unknown log") != step.npos;
    if (step.find("invalid signature") == step.npos && !unknown) request->checkpoint = sign_note(text, origin, kLog);
    auto answer = witness(*request, *origin_of(*request) == origin ? &key : nullptr, seen, kName, kWitness, 1'700'000'000);
    if (answer.keep) seen = *answer.keep;
    EXPECT_EQ(answer.status, unknown ? 404 : expected) << step;  // 404 since version 1.0 of the specification
    if (expected == 409) {
      EXPECT_EQ(answer.body, between(step, "body == \"", "\\n") + "\n");
    }
    if (expected == 200) {
      EXPECT_NE(answer.body.find(std::string("— ") + kName), std::string::npos);
    }
    ++steps;
  }
  EXPECT_EQ(steps, 9);
}

TEST(WitnessVectors, TheGoChecksumDatabaseIsWitnessedUnderItsRealKey) {
  NEEDS_LOG_VECTORS();
  auto all = slurp(log_vectors() / "witness" / "sumdb-add-checkpoint.hurl");
  auto key = parse_vkey("sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8");
  ASSERT_TRUE(key) << key.error().what;
  auto request = parse_add_checkpoint(between(all, "```\n", "```"));
  ASSERT_TRUE(request) << request.error().what;
  auto answer = witness(*request, &*key, "", kName, kWitness, 1'700'000'000);
  EXPECT_EQ(answer.status, 200) << answer.body;
  request->checkpoint[request->checkpoint.size() - 5] ^= 1;
  EXPECT_EQ(witness(*request, &*key, "", kName, kWitness, 1'700'000'000).status, 403);
}

TEST(WitnessVectors, ThePublicExampleIsReadAndWrittenTheSame) {
  NEEDS_LOG_VECTORS();
  auto text = slurp(log_vectors() / "c2sp" / "witness-request.txt");
  auto request = parse_add_checkpoint(text);
  ASSERT_TRUE(request) << request.error().what;
  EXPECT_EQ(request->old_size, 20852014u);
  EXPECT_EQ(request->proof.size(), 4u);
  EXPECT_EQ(format_add_checkpoint(*request), text);
  EXPECT_EQ(*origin_of(*request), "example.com/behind-the-sofa");
}

}  // namespace
}  // namespace fengsui::evidence
