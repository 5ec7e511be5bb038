#include "evidence/checkpoint.h"

#include <gtest/gtest.h>

#include "shared_data.h"

namespace fengsui::evidence {
namespace {

TEST(Checkpoint, EveryCheckpointOfAPublicLogOpens) {
  NEEDS_LOG_VECTORS();
  auto log = parse_vkey("example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx");
  ASSERT_TRUE(log);
  for (int n = 0; n <= 15; ++n) {
    auto path = log_vectors() / "tessera-log/testdata/log" / ("checkpoint." + std::to_string(n));
    if (!std::filesystem::exists(path)) continue;
    auto checkpoint = open_checkpoint(slurp(path), *log);
    ASSERT_TRUE(checkpoint) << n << checkpoint.error().what;
    EXPECT_EQ(checkpoint->size, static_cast<std::uint64_t>(n));
  }
}

TEST(Checkpoint, IsWrittenAsThePublicExampleIs) {
  NEEDS_LOG_VECTORS();
  auto note = parse_note(slurp(log_vectors() / "c2sp/checkpoint.txt"));
  ASSERT_TRUE(note);
  auto checkpoint = parse_checkpoint_text(note->text);
  ASSERT_TRUE(checkpoint);
  EXPECT_EQ(checkpoint->origin, "example.com/behind-the-sofa");
  EXPECT_EQ(checkpoint->size, 20852163u);
  EXPECT_EQ(checkpoint_text(*checkpoint), note->text);
}

TEST(Checkpoint, RoundTripsAndRefusesOtherKeysAndOrigins) {
  auto key = crypto::SigningKey::from_seed(base::Bytes(32, 7));
  Checkpoint c{"fengsui.example.gov.cn/510900/510903-edu/2026", 1729, empty_root()};
  auto note = sign_checkpoint(c, key);
  auto opened = open_checkpoint(note, make_vkey(c.origin, key.public_key()));
  ASSERT_TRUE(opened);
  EXPECT_EQ(*opened, c);
  EXPECT_FALSE(open_checkpoint(note, make_vkey(c.origin, crypto::SigningKey::generate().public_key())));
  EXPECT_FALSE(open_checkpoint(note, make_vkey("other", key.public_key())));
  auto other = sign_note(checkpoint_text(c), "other", key);  // right signature, another origin
  EXPECT_EQ(open_checkpoint(other, make_vkey("other", key.public_key())).error().code, base::Errc::mismatch);
}

TEST(Checkpoint, RefusesLooseNumbersAndRoots) {
  const std::string root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
  EXPECT_TRUE(parse_checkpoint_text("o\n0\n" + root + "\n"));
  for (std::string size : {"01", "+1", "-1", "", " 1", "1 ", "0x1", "18446744073709551616", "1.0"})
    EXPECT_FALSE(parse_checkpoint_text("o\n" + size + "\n" + root + "\n")) << size;
  EXPECT_FALSE(parse_checkpoint_text("o\n1\n" + root));
  EXPECT_FALSE(parse_checkpoint_text("o\n1\nAAAA\n"));
  EXPECT_FALSE(parse_checkpoint_text("o p\n1\n" + root + "\n"));
  EXPECT_FALSE(parse_checkpoint_text("o\n1\n" + root + "\n\n"));
  EXPECT_TRUE(parse_checkpoint_text("o\n1\n" + root + "\nextension\n"));
}

}  // namespace
}  // namespace fengsui::evidence
