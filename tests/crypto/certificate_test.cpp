// Expected values are what `openssl x509 -text` prints of the same certificates.
#include "crypto/certificate.h"

#include <gtest/gtest.h>

#include "base/encode.h"
#include "crypto/aes.h"
#include "crypto/fingerprint.h"
#include "crypto/hash.h"
#include "tests/crypto/certificates.h"

namespace fengsui::crypto {
namespace {

base::Bytes der(std::string_view base64) {
  auto bytes = base::from_base64(base64);
  EXPECT_TRUE(bytes);
  return bytes ? *bytes : base::Bytes{};
}

TEST(Certificate, WeakSelfSignedRsaIsReadAsOpensslPrintsIt) {
  const auto c = read_certificate(der(test::kWeak));
  ASSERT_TRUE(c);
  EXPECT_EQ(c->subject, "CN=weak.gov.example");
  EXPECT_EQ(c->common_name, "weak.gov.example");
  EXPECT_EQ(c->serial, "1234");
  EXPECT_EQ(c->sha1, "3a6ce8bfec673d36ddf0409211da07e3725a0712");
  EXPECT_EQ(c->not_before, 1795572028000);  // date -u -d "2026-11-25 02:00:28" +%s
  EXPECT_EQ(c->not_after - c->not_before, 10ll * 86400 * 1000);
  EXPECT_EQ(c->key, "rsa");
  EXPECT_EQ(c->key_bits, 1024);
  EXPECT_EQ(c->signature, "sha1WithRSAEncryption");
  EXPECT_TRUE(c->self_signed);
  EXPECT_TRUE(weak_key(*c));
  EXPECT_TRUE(weak_signature(*c));
  EXPECT_TRUE(covers(*c, "WEAK.gov.example"));
}
TEST(Certificate, SubjectAltNameDecidesWhereThereIsOne) {
  const auto c = read_certificate(der(test::kEc));
  ASSERT_TRUE(c);
  EXPECT_EQ(c->subject, "CN=ignored.example,O=测试单位,C=CN");
  EXPECT_EQ(c->names, (std::vector<std::string>{"*.gov.example", "gov.example", "10.0.0.2"}));
  EXPECT_EQ(c->key, "ec");
  EXPECT_EQ(c->key_bits, 256);
  EXPECT_FALSE(weak_key(*c));
  EXPECT_FALSE(weak_signature(*c));
  EXPECT_TRUE(covers(*c, "a.gov.example"));
  EXPECT_TRUE(covers(*c, "gov.example."));
  EXPECT_TRUE(covers(*c, "10.0.0.2"));
  EXPECT_FALSE(covers(*c, "b.a.gov.example"));
  EXPECT_FALSE(covers(*c, "ignored.example"));
}
TEST(Certificate, Sm2PairIsToldByKeyAndUsage) {
  const auto sign = read_certificate(der(test::kSm2Sign)), encrypt = read_certificate(der(test::kSm2Encrypt));
  ASSERT_TRUE(sign && encrypt);
  EXPECT_EQ(sign->key, "sm2");
  EXPECT_EQ(encrypt->key, "sm2");
  EXPECT_EQ(sign->signature, "SM2-with-SM3");
  EXPECT_FALSE(sign->self_signed);
  EXPECT_TRUE(sign->for_signing);
  EXPECT_FALSE(sign->for_encryption);
  EXPECT_FALSE(encrypt->for_signing);
  EXPECT_TRUE(encrypt->for_encryption);
}
TEST(Certificate, TruncatedAtEachByteGarbageAndTooMuchAreErrors) {
  const base::Bytes whole = der(test::kEc);
  for (std::size_t n = 0; n < whole.size(); ++n) EXPECT_FALSE(read_certificate(base::View(whole).first(n))) << n;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    base::Bytes flipped = whole;
    flipped[i] ^= 0x55;
    (void)read_certificate(flipped);
  }
  EXPECT_EQ(read_certificate(base::Bytes(70000, 0x30)).error().code, base::Errc::limit);
}

// RFC 1321 appendix A.5, FIPS 180-2 appendix A.1, FIPS 197 appendix B, RFC 5869 test case 1.
TEST(Fingerprint, Md5AndSha1OfAbc) {
  EXPECT_EQ(base::hex(md5(base::view("abc"))), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(base::hex(sha1(base::view("abc"))), "a9993e364706816aba3e25717850c26c9cd0d89d");
}
TEST(Aes, OneBlockAndGcm) {
  const auto key = *base::from_hex("2b7e151628aed2a6abf7158809cf4f3c"), text = *base::from_hex("3243f6a8885a308d313198a2e0370734");
  Block in{};
  std::copy(text.begin(), text.end(), in.begin());
  EXPECT_EQ(base::hex(aes128_block(key, in)), "3925841d02dc09fbdc118597196a0b32");
  const base::Bytes nonce(12, 1);
  auto sealed = aes128_gcm_seal(key, nonce, base::view("with"), base::view("text"));
  ASSERT_TRUE(sealed);
  EXPECT_EQ(base::text(*aes128_gcm_open(key, nonce, base::view("with"), *sealed)), "text");
  sealed->back() ^= 1;
  EXPECT_FALSE(aes128_gcm_open(key, nonce, base::view("with"), *sealed));
  EXPECT_FALSE(aes128_gcm_open(key, nonce, {}, base::Bytes(15)));
}
TEST(Aes, HkdfExpandOfTheStandardsFirstExample) {
  const auto prk = *base::from_hex("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5"), info = *base::from_hex("f0f1f2f3f4f5f6f7f8f9");
  EXPECT_EQ(base::hex(hkdf_expand(prk, info, 42)), "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
}

}  // namespace
}  // namespace fengsui::crypto
