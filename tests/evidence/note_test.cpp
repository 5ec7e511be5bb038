#include "evidence/note.h"

#include <gtest/gtest.h>

#include "base/encode.h"
#include "shared_data.h"

namespace fengsui::evidence {
namespace {
using base::Errc;

crypto::SigningKey key(std::uint8_t n) { return crypto::SigningKey::from_seed(base::Bytes(32, n)); }

TEST(Note, PublicExampleVerifiesWithItsVkey) {
  NEEDS_LOG_VECTORS();
  auto vkey_text = slurp(log_vectors() / "c2sp/note-foo.vkey");
  while (!vkey_text.empty() && vkey_text.back() == '\n') vkey_text.pop_back();
  auto vkey = parse_vkey(vkey_text);
  ASSERT_TRUE(vkey) << vkey.error().what;
  EXPECT_EQ(vkey->name, "example.com/foo");
  EXPECT_EQ(vkey->id, 0x530d903au);
  EXPECT_EQ(format_vkey(*vkey), vkey_text);
  auto text = slurp(log_vectors() / "c2sp/note-foo.txt");
  ASSERT_TRUE(open_note(text, *vkey));
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto bad = text;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    EXPECT_FALSE(open_note(bad, *vkey)) << "byte " << i;
  }
}

TEST(Note, ExamplesWithUnknownKeysParse) {
  NEEDS_LOG_VECTORS();
  for (auto name : {"note-salvatore.txt", "checkpoint.txt", "checkpoint-cosigned.txt"}) EXPECT_TRUE(parse_note(slurp(log_vectors() / "c2sp" / name))) << name;
  auto cosigned = parse_note(slurp(log_vectors() / "c2sp/checkpoint-cosigned.txt"));
  ASSERT_TRUE(cosigned);
  ASSERT_EQ(cosigned->signatures.size(), 2u);
  EXPECT_EQ(cosigned->signatures[1].name, "witness.example.com/w1");
  EXPECT_EQ(cosigned->signatures[1].signature.size(), 72u);  // u64 time and Ed25519
}

TEST(Note, AnEmptyLineInTheTextIsText) {
  auto k = key(1);
  auto bytes = sign_note("one\n\ntwo\n", "a/b", k);
  auto note = parse_note(bytes);
  ASSERT_TRUE(note);
  EXPECT_EQ(note->text, "one\n\ntwo\n");
  EXPECT_TRUE(open_note(bytes, make_vkey("a/b", k.public_key())));
}

TEST(Note, UnknownLinesAreIgnoredAndABadKnownLineIsNot) {
  auto k = key(1), other = key(2);
  std::string text = "hello\n";
  auto mine = make_vkey("a", k.public_key());
  auto bytes = sign_note(text, "b", other) + signature_line(text, "a", k);
  EXPECT_TRUE(open_note(bytes, mine));
  EXPECT_EQ(open_note(sign_note(text, "b", other), mine).error().code, Errc::mismatch);
  // The same name and id over another text: known and wrong, although a right one stands beside it.
  bytes += signature_line("other\n", "a", k);
  EXPECT_EQ(verify_note(*parse_note(bytes), mine).state, SignatureState::bad);
}

TEST(Note, ASignatureOfAnotherTypeOrNameDoesNotCount) {
  auto k = key(3);
  auto bytes = sign_note("x\n", "a", k);
  EXPECT_EQ(verify_note(*parse_note(bytes), make_vkey("b", k.public_key())).state, SignatureState::absent);
  EXPECT_EQ(verify_note(*parse_note(bytes), make_vkey("a", k.public_key(), kTypeCosignature)).state, SignatureState::absent);
}

TEST(Note, CosignatureCarriesItsTime) {
  auto k = key(4);
  std::string text = "log\n1\nAAAA\n";
  auto note = parse_note(text + "\n" + cosignature_line(text, "w", k, 1'790'000'000));
  ASSERT_TRUE(note);
  auto verified = verify_note(*note, make_vkey("w", k.public_key(), kTypeCosignature));
  EXPECT_EQ(verified.state, SignatureState::good);
  EXPECT_EQ(verified.unix_seconds, 1'790'000'000);
  note->signatures[0].signature[7] ^= 1;
  EXPECT_EQ(verify_note(*note, make_vkey("w", k.public_key(), kTypeCosignature)).state, SignatureState::bad);
}

TEST(Note, IsRefusedWhenCutAnywhere) {
  auto bytes = sign_note("hello\nworld\n", "a", key(1));
  for (std::size_t n = 0; n < bytes.size(); ++n) EXPECT_FALSE(parse_note(std::string_view(bytes).substr(0, n))) << n;
}

TEST(Note, RefusesWhatIsNotANote) {
  auto good = sign_note("hello\n", "a", key(1));
  for (std::string bad : {std::string(""), std::string("\n\n"), std::string("hello\n\n"), "hel\tlo\n" + good.substr(6), good + "\n", good + "x\n",
                          "\xff" + good, std::string("hello\n\n— a+b AAAAAAA=\n"), std::string("hello\n\n— a AAAAAA==\n"), std::string("hello\n\n- a AAAAAAA=\n"),
                          std::string("hello\n\n—  AAAAAAA=\n"), std::string("hello\n\n— a AAAAAAAB\r\n")})
    EXPECT_FALSE(parse_note(bad)) << bad;
  std::string many = "x\n\n";
  for (std::size_t i = 0; i <= kMaxSignatureLines; ++i) many += signature_line("x\n", "a", key(1));
  EXPECT_EQ(parse_note(many).error().code, Errc::limit);
  EXPECT_EQ(parse_note(std::string(kMaxNoteBytes, 'a') + "\n\n").error().code, Errc::limit);
}

TEST(Vkey, RefusesAnIdThatDoesNotBelongToTheKey) {
  auto text = format_vkey(make_vkey("example.com/foo", key(1).public_key()));
  ASSERT_TRUE(parse_vkey(text));
  auto at = text.find('+') + 1;
  text[at] = text[at] == '0' ? '1' : '0';
  EXPECT_EQ(parse_vkey(text).error().code, Errc::malformed);
  EXPECT_FALSE(parse_vkey("a b+00000000+AQ=="));
  EXPECT_FALSE(parse_vkey("a+0000000+AQ=="));
  EXPECT_EQ(parse_vkey("a+00000000+" + base::base64(base::Bytes(33, 0xff))).error().code, Errc::unsupported);
}

}  // namespace
}  // namespace fengsui::evidence
