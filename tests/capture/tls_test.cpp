// TLS certificates, TLCP, upgrades, QUIC. Certificates: tests/crypto/certificates.h. QUIC: RFC 9001 appendix A.
#include "capture/protocols/tls.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <set>

#include "base/encode.h"
#include "capture/protocols/message.h"
#include "capture/protocols/quic.h"
#include "crypto/aes.h"
#include "tests/capture/build.h"
#include "tests/capture/lines.h"
#include "tests/crypto/certificates.h"

namespace fengsui::capture {
namespace {

using test::bytes_of;
using test::join;

constexpr base::UnixMs kInside = 1795600000000, kLater = 1900000000000;  // of the weak certificate's ten days, and after

base::Bytes u24(std::size_t n) { return bytes_of({static_cast<int>(n >> 16), static_cast<int>((n >> 8) & 255), static_cast<int>(n & 255)}); }
base::Bytes message(int type, base::View body) { return join({bytes_of({type}), u24(body.size()), body}); }
base::Bytes record(int version, base::View payload) {
  return join({bytes_of({22, version >> 8, version & 255, static_cast<int>(payload.size() >> 8), static_cast<int>(payload.size() & 255)}), payload});
}
base::Bytes client_hello(int version, std::string_view name) {
  const auto n = static_cast<int>(name.size());
  base::Bytes extensions = name.empty() ? base::Bytes{} : join({bytes_of({0, 0, 0, n + 5, 0, n + 3, 0, 0, n}), base::view(name)});
  return message(1, join({bytes_of({version >> 8, version & 255}), base::Bytes(32, 1), bytes_of({0, 0, 2, 0xe0, 0x13, 1, 0, 0, static_cast<int>(extensions.size())}), extensions}));
}
base::Bytes server_hello(int version) { return message(2, join({bytes_of({version >> 8, version & 255}), base::Bytes(32, 2), bytes_of({0, 0xe0, 0x13, 0})})); }
base::Bytes certificate(std::initializer_list<std::string_view> list) {
  base::Bytes all;
  for (const auto one : list) {
    const base::Bytes der = *base::from_base64(one);
    base::append(all, join({u24(der.size()), der}));
  }
  return message(11, join({u24(all.size()), all}));
}

struct Seen {
  std::vector<model::Activity> activities;
  std::string text(std::string_view name) const { return activities.empty() ? "" : std::string(activities[0].fields.text(name)); }
  std::string problems() const {
    std::string out;
    const model::Value* v = activities.empty() ? nullptr : activities[0].fields.find("unmapped.fengsui.tls_certificate_problems");
    if (v != nullptr) for (const auto& p : std::get<std::vector<std::string>>(*v)) out += (out.empty() ? "" : ",") + p;
    return out;
  }
  bool flag(std::string_view name) const {
    const model::Value* v = activities.empty() ? nullptr : activities[0].fields.find(name);
    return v != nullptr && std::get<bool>(*v);
  }
};

template <class S>
Seen run(base::View client, base::View server, std::size_t step, base::UnixMs now) {
  test::Collect seen;
  Tally tally;
  const Limits limits;
  Room room{seen, tally, limits, "test", 1, false, {}};
  Conversation conversation{room, {"10.0.0.1", 4}, {"10.0.0.2", 443}, "1:x", 6, now, "tls", "", ""};
  S session(conversation);
  const auto feed = [&](Side side, base::View v) { for (std::size_t at = 0; at < v.size(); at += step) session.data(side, v.subspan(at, std::min(step, v.size() - at))); };
  feed(Side::client, client);
  feed(Side::server, server);
  session.finish();
  return {std::move(seen.activities)};
}

TEST(TlsCertificate, ProblemsAreNamedAtAnySplit) {
  const base::Bytes client = record(0x0303, client_hello(0x0303, "other.example"));
  const base::Bytes server = record(0x0303, join({server_hello(0x0303), certificate({fengsui::test::kWeak}), message(14, {})}));
  for (const std::size_t step : {1, 5, 100000}) {
    EXPECT_EQ(run<Tls>(client, server, step, kInside).problems(), "self_signed,weak_key,weak_signature,name_mismatch");
    EXPECT_EQ(run<Tls>(client, server, step, kLater).problems(), "expired,self_signed,weak_key,weak_signature,name_mismatch");
    EXPECT_EQ(run<Tls>(client, server, step, 1000).problems(), "not_yet_valid,self_signed,weak_key,weak_signature,name_mismatch");
    EXPECT_EQ(run<Tls>(client, server, step, kInside).text("unmapped.fengsui.tls_certificate_sha1"), "3a6ce8bfec673d36ddf0409211da07e3725a0712");
  }
}
TEST(TlsCertificate, MessageSpreadOverRecordsIsOne) {
  const base::Bytes all = join({server_hello(0x0303), certificate({fengsui::test::kEc}), message(14, {})});
  base::Bytes server;
  for (std::size_t at = 0; at < all.size(); at += 50) base::append(server, record(0x0303, base::View(all).subspan(at, std::min<std::size_t>(50, all.size() - at))));
  EXPECT_EQ(run<Tls>(record(0x0301, client_hello(0x0303, "a.gov.example")), server, 7, kInside).problems(), "self_signed");
}
TEST(TlsCertificate, HiddenByTls13IsSaid) {
  const base::Bytes hello = message(2, join({bytes_of({3, 3}), base::Bytes(32, 2), bytes_of({0, 0x13, 1, 0, 0, 6, 0, 43, 0, 2, 3, 4})}));
  const Seen seen = run<Tls>(record(0x0301, client_hello(0x0303, "x.example")), record(0x0303, hello), 3, kInside);
  EXPECT_TRUE(seen.flag("unmapped.fengsui.tls_certificate_hidden"));
  EXPECT_EQ(seen.text("tls.version"), "TLSv1.3");
}
TEST(TlsCertificate, TruncatedAtEachByteGivesOneRecordAndGarbageIsUnreadable) {
  const base::Bytes client = record(0x0303, client_hello(0x0303, "x.example"));
  const base::Bytes server = record(0x0303, join({server_hello(0x0303), certificate({fengsui::test::kWeak})}));
  for (std::size_t n = 0; n <= server.size(); n += 3) EXPECT_EQ(run<Tls>(client, base::View(server).first(n), 100000, kInside).activities.size(), 1u) << n;
  const base::Bytes garbage = record(0x0303, join({server_hello(0x0303), message(11, join({u24(13), u24(10), base::Bytes(10, 'x')}))}));
  EXPECT_TRUE(run<Tls>(client, garbage, 1, kInside).flag("unmapped.fengsui.tls_certificate_unreadable"));
}
TEST(Tlcp, PairOfSm2CertificatesIsCompliant) {
  const base::Bytes client = record(0x0101, client_hello(0x0101, "tlcp.gov.example"));
  const Seen pair = run<Tls>(client, record(0x0101, join({server_hello(0x0101), certificate({fengsui::test::kSm2Sign, fengsui::test::kSm2Encrypt})})), 2, kInside);
  EXPECT_EQ(pair.text("tls.version"), "TLCPv1.1");
  EXPECT_EQ(pair.problems(), "");
  EXPECT_TRUE(pair.flag("unmapped.fengsui.tlcp_certificate_pair"));
  EXPECT_TRUE(pair.flag("unmapped.fengsui.tls_sm_suite"));
  EXPECT_EQ(run<Tls>(client, record(0x0101, join({server_hello(0x0101), certificate({fengsui::test::kSm2Sign})})), 2, kInside).problems(), "not_a_tlcp_pair");
}
TEST(TlsUpgrade, AfterStartTlsTheHandshakeIsReadAtAnySplit) {
  const base::Bytes client = join({base::view("EHLO a\r\nSTARTTLS\r\n"), record(0x0301, client_hello(0x0303, "mail.gov.example"))});
  const base::Bytes server = join({base::view("220 x ESMTP\r\n250 STARTTLS\r\n220 go\r\n"), record(0x0303, join({server_hello(0x0303), certificate({fengsui::test::kWeak})}))});
  for (const std::size_t step : {1, 4, 100000}) {
    const Seen seen = run<Message>(client, server, step, kInside);
    ASSERT_EQ(seen.activities.size(), 1u);
    EXPECT_EQ(seen.text("tls.sni"), "mail.gov.example");
    EXPECT_EQ(seen.text("unmapped.fengsui.upgraded_to"), "tls");
    EXPECT_EQ(seen.problems(), "self_signed,weak_key,weak_signature,name_mismatch");
  }
}

// RFC 9001 appendix A.2: the client's first packet, put together from its parts; the header and sample printed there prove it.
base::Bytes quic_client_initial() {
  const auto hex = [](std::string_view s) { return *base::from_hex(s); };
  base::Bytes clear = hex(
      "060040f1010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e86804fe3a47f06a2b69484c00000413011302010000c000000010000e00000b6578"
      "616d706c652e636f6dff01000100000a00080006001d0017001800100007000504616c706e000500050100000000003300260024001d00209370b2c9caa47fba"
      "baf4559fedba753de171fa71f50f1ce15d43e994ec74d748002b0003020304000d0010000e0403050306030203080408050806002d00020101001c0002400100"
      "3900320408ffffffffffffffff05048000ffff07048000ffff0801100104800075300901100f088394c8f03e51570806048000ffff");
  clear.resize(1162, 0);
  base::Bytes header = hex("c300000001088394c8f03e5157080000449e00000002");
  base::Bytes nonce = hex("fa044b2f42a3fd3b46fb255c");
  nonce[11] ^= 2;
  base::Bytes sealed = *crypto::aes128_gcm_seal(hex("1f369613dd76d5467730efcbe3b1a22d"), nonce, header, clear);
  const base::Bytes mask = hex("437b9aec36");
  header[0] = static_cast<std::uint8_t>(header[0] ^ (mask[0] & 0x0f));
  for (std::size_t i = 0; i < 4; ++i) header[18 + i] = static_cast<std::uint8_t>(header[18 + i] ^ mask[1 + i]);
  return join({header, sealed});
}

TEST(Quic, ClientHelloOfTheStandardsExampleIsRead) {
  const base::Bytes packet = quic_client_initial();
  ASSERT_EQ(base::hex(base::View(packet).first(32)), "c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11");
  const Seen seen = run<Quic>(packet, {}, 100000, kInside);
  ASSERT_EQ(seen.activities.size(), 1u);
  EXPECT_EQ(seen.text("tls.sni"), "example.com");
  EXPECT_EQ(seen.text("unmapped.fengsui.tls_ja4").substr(0, 10), "q13d0211an");  // TLS 1.3, name, 2 suites, 11 extensions, "alpn"
  for (std::size_t n = 0; n < packet.size(); n += 11) EXPECT_TRUE(run<Quic>(base::View(packet).first(n), {}, 100000, kInside).activities.empty()) << n;
  for (std::size_t i = 0; i < packet.size(); i += 5) {
    base::Bytes flipped = packet;
    flipped[i] ^= 1;
    EXPECT_TRUE(run<Quic>(flipped, {}, 100000, kInside).activities.empty()) << i;  // the tag covers every byte
  }
}
TEST(Quic, ServerHelloUnderTheClientsConnectionIdIsRead) {  // RFC 9001 appendix A.3
  const base::Bytes server = *base::from_hex(
      "cf000000010008f067a5502a4262b5004075c0d95a482cd0991cd25b0aac406a5816b6394100f37a1c69797554780bb38cc5a99f5ede4cf73c3ec2493a1839b3"
      "dbcba3f6ea46c5b7684df3548e7ddeb9c3bf9c73cc3f3bded74b562bfb19fb84022f8ef4cdd93795d77d06edbb7aaf2f58891850abbdca3d20398c276456cbc4"
      "2158407dd074ee");
  const Seen seen = run<Quic>(quic_client_initial(), server, 100000, kInside);
  ASSERT_EQ(seen.activities.size(), 1u);
  EXPECT_EQ(seen.text("tls.version"), "TLSv1.3");
  EXPECT_EQ(seen.text("tls.cipher"), "0x1301");
}

// Arkime's tests hold JA3, JA3S, JA4 and the SHA-1 of each certificate of the reference captures.
TEST(Peers, TlsFingerprintsAndCertificatesEqualThoseOfArkime) {
  namespace fs = std::filesystem;
  const fs::path pcaps = fs::path(FENGSUI_SHARED_DATA) / "pcaps";
  if (!fs::exists(pcaps)) GTEST_SKIP() << "reference captures are not in " << pcaps;
  int fingerprints = 0, certificates = 0;
  for (const auto& folder : fs::directory_iterator(pcaps / "expected")) {
    const std::string name = folder.path().filename();
    for (const auto& entry : fs::directory_iterator(folder.path())) {
      if (entry.path().extension() != ".test") continue;
      std::ifstream in(entry.path());
      const std::string text((std::istreambuf_iterator<char>(in)), {});
      test::Run run;
      test::run_file(pcaps / name, run);
      std::multiset<std::string> ours;
      for (const auto& a : run.seen.activities) {
        for (const char* field : {"tls_ja3", "tls_ja3s", "tls_ja4", "tls_certificate_sha1"}) ours.emplace(a.fields.text(std::string("unmapped.fengsui.") + field));
      }
      const boost::json::value parsed = boost::json::parse(text);
      for (const auto& session : parsed.at("sessions3").as_array()) {
        const auto& body = session.at("body").as_object();
        const auto* tls = body.if_contains("tls");
        if (tls == nullptr) continue;
        for (const char* field : {"ja3", "ja3s", "ja4"}) {
          const auto* list = tls->as_object().if_contains(field);
          if (list == nullptr) continue;
          for (const auto& one : list->as_array()) {
            const std::string value = boost::json::value_to<std::string>(one);
            EXPECT_TRUE(ours.contains(value)) << name << ": " << field << " " << value;
            ++fingerprints;
          }
        }
        const auto* chain = body.if_contains("cert");
        if (chain == nullptr) continue;
        bool found = false;  // their list has no order: one of it is the server's own
        for (const auto& one : chain->as_array()) {
          std::string hash = boost::json::value_to<std::string>(one.at("hash"));
          std::erase(hash, ':');
          found = found || ours.contains(hash);
        }
        EXPECT_TRUE(found) << name;
        ++certificates;
      }
    }
  }
  EXPECT_GE(fingerprints, 24);
  EXPECT_GE(certificates, 6);
}

}  // namespace
}  // namespace fengsui::capture
