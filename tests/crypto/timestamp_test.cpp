#include "crypto/timestamp.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/encode.h"
#include "base/fd.h"
#include "tests/crypto/test_tsa.h"

namespace fengsui::crypto {
namespace {

constexpr base::UnixMs kTime = 1'795'000'000'000;
const base::View kText = base::view("origin\n5\nroot\n");

const test::TestTsa& tsa() {
  static const test::TestTsa made;
  return made;
}
base::Bytes stamped(base::UnixMs time = kTime) { return tsa().answer(timestamp_request(sha256(kText), 99), time); }

TEST(Timestamp, ARequestIsTheDerOfRfc3161) {
  // By hand: SEQUENCE { 1, SEQUENCE { SEQUENCE { sha256, NULL }, OCTET STRING }, nonce, TRUE }.
  Digest imprint;
  imprint.fill(0xab);
  EXPECT_EQ(base::hex(timestamp_request(imprint, 0x1234)),
            "303d" "020101" "3031" "300d06096086480165030402010500" "0420" + base::hex(imprint) + "02021234" "0101ff");
}

TEST(Timestamp, AnAnswerTellsImprintNonceAndTimeAndIsTiedToTheAuthority) {
  auto said = verify_timestamp(stamped(), tsa().pem());
  ASSERT_TRUE(said) << said.error().what;
  EXPECT_EQ(said->imprint, sha256(kText));
  EXPECT_EQ(said->nonce, 99u);
  EXPECT_EQ(said->time, kTime);
  auto read = read_timestamp(stamped());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->time, kTime);
}

TEST(Timestamp, AnotherAuthorityIsUnknownAndOneOfTheSameNameIsAForger) {
  test::TestTsa other("other.example"), forger;
  EXPECT_EQ(verify_timestamp(stamped(), other.pem()).error().code, base::Errc::not_found);
  EXPECT_EQ(verify_timestamp(stamped(), forger.pem()).error().code, base::Errc::mismatch);
  EXPECT_TRUE(verify_timestamp(stamped(), other.pem() + tsa().pem()));
}

TEST(Timestamp, ACertificateMustHaveBeenValidThenAndBeForStamping) {
  test::TestTsa expired("old", 1'700'000'000'000, kTime - 1000), server("web", 1'700'000'000'000, 2'000'000'000'000, "critical,serverAuth");
  const auto request = timestamp_request(sha256(kText), 1);
  EXPECT_EQ(verify_timestamp(expired.answer(request, kTime), expired.pem()).error().code, base::Errc::mismatch);
  EXPECT_TRUE(verify_timestamp(expired.answer(request, kTime - 2000), expired.pem()));
  EXPECT_FALSE(verify_timestamp(server.answer(request, kTime), server.pem()));
}

TEST(Timestamp, NoChangedByteOfAnAnswerIsAcceptedForAnotherImprintOrTime) {
  const auto whole = stamped();
  const auto want = sha256(kText);
  std::size_t accepted = 0;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    auto bytes = whole;
    bytes[i] ^= 0x01;
    auto said = verify_timestamp(bytes, tsa().pem());
    if (!said) continue;
    ++accepted;  // the certificate that travels along is not used when the evaluator has his own copy
    EXPECT_EQ(said->imprint, want) << i;
    EXPECT_EQ(said->time, kTime) << i;
    EXPECT_EQ(said->nonce, 99u) << i;
  }
  EXPECT_LT(accepted, whole.size() / 2);
}

TEST(Timestamp, CutAndLongAndForeignAnswersAreRefused) {
  auto whole = stamped();
  for (std::size_t n = 0; n < whole.size(); ++n) ASSERT_FALSE(read_timestamp(base::View(whole).first(n))) << n;
  whole.push_back(0);
  EXPECT_EQ(read_timestamp(whole).error().code, base::Errc::malformed);
  EXPECT_EQ(read_timestamp(base::Bytes(kMaxTimestamp + 1, 0x30)).error().code, base::Errc::limit);
  EXPECT_EQ(read_timestamp(tsa().answer(base::view("no request"), kTime)).error().code, base::Errc::denied);
}

TEST(Timestamp, TrustIsAFileOfCertificatesAndNothingElse) {
  EXPECT_TRUE(check_tsa_certificates(tsa().pem()));
  EXPECT_TRUE(check_tsa_certificates("for people: the authority\n" + tsa().pem()));
  EXPECT_FALSE(check_tsa_certificates(""));
  EXPECT_FALSE(check_tsa_certificates("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"));
  EXPECT_FALSE(check_tsa_certificates(tsa().pem() + "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"));
  std::string many;
  for (std::size_t i = 0; i <= kMaxTsaCertificates; ++i) many += tsa().pem();
  EXPECT_EQ(check_tsa_certificates(many).error().code, base::Errc::limit);
}

// The command line of OpenSSL as the authority and as the reader.
TEST(Timestamp, TheOpensslCommandLineAnswersOurRequestAndWeReadItsAnswer) {
  if (std::system("command -v openssl >/dev/null 2>&1") != 0) GTEST_SKIP() << "the openssl command is not installed";
  std::string pattern = (std::filesystem::temp_directory_path() / "fengsui-tsa-XXXXXX").string();
  const std::filesystem::path folder = ::mkdtemp(pattern.data());
  std::ofstream(folder / "tsa.cnf") << "[req]\ndistinguished_name=dn\n[dn]\n[tsa]\nextendedKeyUsage=critical,timeStamping\n[ts]\nserial=" << (folder / "serial").string()
                                    << "\ndefault_policy=1.2.3.4\ndigests=sha256\nsigner_digest=sha256\naccuracy=secs:1\n";
  ASSERT_TRUE(base::write_file_durable(folder / "q.tsq", timestamp_request(sha256(kText), 77)));
  ASSERT_TRUE(base::write_file_durable(folder / "text", kText));
  const std::string in = "cd " + folder.string() + " && ", quiet = " >/dev/null 2>&1";
  ASSERT_EQ(std::system((in + "openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 30 -subj /CN=ca" + quiet).c_str()), 0);
  ASSERT_EQ(std::system((in + "openssl req -newkey rsa:2048 -nodes -keyout tsa.key -out tsa.csr -subj /CN=stamps" + quiet).c_str()), 0);
  ASSERT_EQ(std::system((in + "openssl x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -set_serial 5 -days 30 -extfile tsa.cnf -extensions tsa -out tsa.pem" + quiet).c_str()), 0);
  ASSERT_EQ(std::system((in + "openssl ts -reply -config tsa.cnf -section ts -queryfile q.tsq -signer tsa.pem -inkey tsa.key -out r.tsr" + quiet).c_str()), 0);
  ASSERT_EQ(std::system((in + "openssl ts -verify -data text -in r.tsr -CAfile ca.pem -untrusted tsa.pem" + quiet).c_str()), 0);
  const auto answer = *base::read_file(folder / "r.tsr", kMaxTimestamp);
  for (const char* trust : {"ca.pem", "tsa.pem"}) {
    auto said = verify_timestamp(answer, std::string(base::text(*base::read_file(folder / trust, kMaxTimestamp))));
    ASSERT_TRUE(said) << trust << ": " << said.error().what;
    EXPECT_EQ(said->imprint, sha256(kText));
    EXPECT_EQ(said->nonce, 77u);
  }
  EXPECT_EQ(verify_timestamp(answer, tsa().pem()).error().code, base::Errc::not_found);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace fengsui::crypto
