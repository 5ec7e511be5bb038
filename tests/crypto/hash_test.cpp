#include "crypto/hash.h"

#include <gtest/gtest.h>

#include "base/encode.h"

namespace fengsui::crypto {
namespace {

std::string hex(const Digest& d) { return base::hex(d); }

TEST(Sha256, AgreesWithFips180) {
  EXPECT_EQ(hex(sha256(base::view("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(sha256(base::View{})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

// GB/T 32905-2016 annex A.
TEST(Sm3, AgreesWithTheStandardsExamples) {
  EXPECT_EQ(hex(sm3(base::view("abc"))), "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
  std::string sixteen;
  for (int i = 0; i < 16; ++i) sixteen += "abcd";
  EXPECT_EQ(hex(sm3(base::view(sixteen))), "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732");
}

// RFC 4231 test cases 1 and 6: a key shorter than a block, and one that is hashed first because it is longer.
TEST(HmacSha256, TakesKeysOfAnyLength) {
  EXPECT_EQ(hex(hmac_sha256(base::Bytes(20, 0x0b), base::view("Hi There"))), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hex(hmac_sha256(base::Bytes(131, 0xaa), base::view("Test Using Larger Than Block-Size Key - Hash Key First"))),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

// RFC 4231 test case 2.
TEST(HmacSha256, AgreesWithRfc4231) {
  EXPECT_EQ(hex(hmac_sha256(base::view("Jefe"), base::view("what do ya want for nothing?"))),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Hasher, InPiecesIsTheSameAsAtOnce) {
  Hasher hasher;
  hasher.update(base::view("a"));
  hasher.update(base::view("bc"));
  EXPECT_EQ(hasher.finish(), sha256(base::view("abc")));
  hasher.reset();
  hasher.update(base::view("abc"));
  EXPECT_EQ(hasher.finish(), sha256({base::view("ab"), base::view("c")}));
}

}  // namespace
}  // namespace fengsui::crypto
