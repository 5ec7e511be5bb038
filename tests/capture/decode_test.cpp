#include "capture/decode.h"

#include <gtest/gtest.h>

#include "capture/community_id.h"
#include "tests/capture/build.h"

namespace fengsui::capture {
namespace {

using test::bytes_of;
using test::ethernet;
using test::ipv4;
using test::ipv6;
using test::join;
using test::udp;

struct Keep final : SegmentSink {
  void segment(const Segment& s) override {
    kept.push_back(s);
    payloads.emplace_back(base::text(s.payload));
  }
  std::vector<Segment> kept;
  std::vector<std::string> payloads;
};

struct DecodeTest : ::testing::Test {
  void decode(base::View bytes, std::uint32_t link_type = 1, std::uint32_t original = 0) {
    Packet packet;
    packet.time_ns = 1'000'000'000;
    packet.bytes = bytes;
    packet.original_length = original != 0 ? original : static_cast<std::uint32_t>(bytes.size());
    packet.link_type = link_type;
    decoder.packet(packet);
  }
  Keep keep;
  Tally tally;
  Decoder decoder{1 << 16, tally, keep};
};

const base::Bytes kInner = ipv4(17, udp(1000, 2000, base::view("payload")));

struct Wrapped {
  const char* name;
  std::uint32_t link_type;
  base::Bytes bytes;
  std::size_t tunnels;  // outer segments before the inner one
};

std::vector<Wrapped> wrapped() {
  const auto be16 = [](std::size_t n) { return bytes_of({static_cast<int>(n >> 8), static_cast<int>(n & 255)}); };
  std::vector<Wrapped> out;
  out.push_back({"Ethernet", 1, ethernet(0x0800, kInner), 0});
  out.push_back({"802.1Q", 1, ethernet(0x8100, join({bytes_of({0, 5, 8, 0}), kInner})), 0});
  out.push_back({"802.1ad with 802.1Q", 1, ethernet(0x88a8, join({bytes_of({0, 5, 0x81, 0, 0, 6, 8, 0}), kInner})), 0});
  out.push_back({"LLC and SNAP", 1, ethernet(0x0100, join({bytes_of({0xaa, 0xaa, 3, 0, 0, 0, 8, 0}), kInner})), 0});
  out.push_back({"PPPoE", 1, ethernet(0x8864, join({bytes_of({0x11, 0, 0, 1}), be16(kInner.size() + 2), bytes_of({0, 0x21}), kInner})), 0});
  out.push_back({"MPLS, two labels", 1, ethernet(0x8847, join({bytes_of({0, 1, 0, 64, 0, 1, 1, 64}), kInner})), 0});
  out.push_back({"MPLS pseudowire", 1, ethernet(0x8847, join({bytes_of({0, 1, 1, 64, 0, 0, 0, 0}), ethernet(0x0800, kInner)})), 0});
  out.push_back({"Linux cooked", 113, join({bytes_of({0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0}), kInner}), 0});
  out.push_back({"Linux cooked v2", 276, join({bytes_of({8, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0}), kInner}), 0});
  out.push_back({"NULL", 0, join({bytes_of({2, 0, 0, 0}), kInner}), 0});
  out.push_back({"LOOP", 108, join({bytes_of({0, 0, 0, 2}), kInner}), 0});
  out.push_back({"raw IP", 101, kInner, 0});
  out.push_back({"PPP", 9, join({bytes_of({0xff, 3, 0, 0x21}), kInner}), 0});
  out.push_back({"IP in IP", 101, ipv4(4, kInner), 1});
  out.push_back({"IPv4 in IPv6", 101, ipv6(4, kInner), 1});
  out.push_back({"GRE", 101, ipv4(47, join({bytes_of({0, 0, 8, 0}), kInner})), 1});
  out.push_back({"GRE with key and sequence", 101, ipv4(47, join({bytes_of({0x30, 0, 8, 0, 0, 0, 0, 7, 0, 0, 0, 1}), kInner})), 1});
  out.push_back({"transparent Ethernet over GRE", 101, ipv4(47, join({bytes_of({0, 0, 0x65, 0x58}), ethernet(0x0800, kInner)})), 1});
  out.push_back({"ERSPAN I", 101, ipv4(47, join({bytes_of({0, 0, 0x88, 0xbe}), ethernet(0x0800, kInner)})), 1});
  out.push_back({"ERSPAN II", 101, ipv4(47, join({bytes_of({0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 0, 0, 0, 0, 0, 0, 0}), ethernet(0x0800, kInner)})), 1});
  out.push_back({"ERSPAN III", 101, ipv4(47, join({bytes_of({0x10, 0, 0x22, 0xeb, 0, 0, 0, 1, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}), ethernet(0x0800, kInner)})), 1});
  out.push_back({"VXLAN", 101, ipv4(17, udp(5, 4789, join({bytes_of({8, 0, 0, 0, 0, 0, 1, 0}), ethernet(0x0800, kInner)}))), 1});
  out.push_back({"GENEVE with an option", 101, ipv4(17, udp(5, 6081, join({bytes_of({1, 0, 0x65, 0x58, 0, 0, 1, 0, 0, 0, 0, 0}), ethernet(0x0800, kInner)}))), 1});
  out.push_back({"GTP-U", 101, ipv4(17, udp(2152, 2152, join({bytes_of({0x30, 0xff}), be16(kInner.size()), bytes_of({0, 0, 0, 1}), kInner}))), 1});
  out.push_back({"IPv6 with hop-by-hop and routing headers", 101,
                 ipv6(0, join({bytes_of({43, 0, 0, 0, 0, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0, 0}), udp(1000, 2000, base::view("payload"))})), 0});
  out.push_back({"IPv6 atomic fragment", 101, ipv6(44, join({bytes_of({17, 0, 0, 0, 0, 0, 0, 9}), udp(1000, 2000, base::view("payload"))})), 0});
  return out;
}

TEST_F(DecodeTest, EveryLinkLayerAndTunnelLeadsToTheInnerDatagram) {
  for (const Wrapped& w : wrapped()) {
    keep = {};
    decode(w.bytes, w.link_type);
    ASSERT_EQ(keep.kept.size(), w.tunnels + 1) << w.name;
    EXPECT_EQ(keep.payloads.back(), "payload") << w.name;
    EXPECT_EQ(keep.kept.back().source_port, 1000) << w.name;
    EXPECT_EQ(keep.kept.back().cut, 0u) << w.name;
  }
}

TEST_F(DecodeTest, TruncatedAtEachByteIsCountedNeverMisread) {
  for (const Wrapped& w : wrapped()) {
    for (std::size_t n = 0; n < w.bytes.size(); ++n) {
      keep = {};
      const base::Bytes exact(w.bytes.begin(), w.bytes.begin() + static_cast<std::ptrdiff_t>(n));  // its own block, for ASan
      decode(exact, w.link_type);
      for (std::size_t i = 0; i < keep.kept.size(); ++i) {
        if (keep.kept[i].source_port != 1000) continue;
        EXPECT_TRUE(std::string("payload").starts_with(keep.payloads[i])) << w.name << " at " << n;
      }
    }
  }
}

TEST_F(DecodeTest, FlippedBytesNeverCrash) {
  for (const Wrapped& w : wrapped()) {
    for (std::size_t n = 0; n < w.bytes.size(); ++n) {
      for (const int flip : {0xff, 0x80, 0x01}) {
        base::Bytes bad = w.bytes;
        bad[n] = static_cast<std::uint8_t>(bad[n] ^ flip);
        decode(bad, w.link_type);
      }
    }
  }
  EXPECT_GT(tally[Count::packets], 1000u);
}

TEST_F(DecodeTest, SnapLengthCutIsMeasured) {
  const base::Bytes whole = ipv4(17, udp(1000, 2000, base::view("0123456789")));
  decode(base::View(whole).first(whole.size() - 4), 101, static_cast<std::uint32_t>(whole.size()));
  ASSERT_EQ(keep.kept.size(), 1u);
  EXPECT_EQ(keep.payloads[0], "012345");
  EXPECT_EQ(keep.kept[0].cut, 4u);
}

TEST_F(DecodeTest, EthernetPaddingIsNotPayload) {
  base::Bytes frame = ethernet(0x0800, kInner);
  frame.resize(60, 0);
  decode(frame);
  EXPECT_EQ(keep.payloads.at(0), "payload");
}

TEST_F(DecodeTest, FragmentsJoinInAnyOrder) {
  const base::Bytes whole = udp(1000, 2000, base::view("abcdefghijklmnopqrstuvwx"));  // 32 bytes
  const base::View v(whole);
  decode(ipv4(17, v.subspan(16), false, 2), 101);
  decode(ipv4(17, v.subspan(8, 8), false, 0x2001), 101);
  EXPECT_TRUE(keep.kept.empty());
  decode(ipv4(17, v.first(8), false, 0x2000), 101);
  ASSERT_EQ(keep.kept.size(), 1u);
  EXPECT_EQ(keep.payloads[0], "abcdefghijklmnopqrstuvwx");
  EXPECT_EQ(keep.kept[0].packets, 3u);
  EXPECT_EQ(keep.kept[0].ip_bytes, 3 * 20 + 32u);
}

TEST_F(DecodeTest, FirstFragmentWinsWhereTwoOverlapAndDiffer) {
  const base::Bytes whole = udp(1000, 2000, base::view("abcdefghijklmnop"));  // 24 bytes
  decode(ipv4(17, base::View(whole).first(16), false, 0x2000), 101);
  decode(ipv4(17, base::view("XXXXXXXXijklmnop"), false, 1), 101);
  ASSERT_EQ(keep.kept.size(), 1u);
  EXPECT_EQ(keep.payloads[0], "abcdefghijklmnop");
  EXPECT_EQ(tally[Count::fragment_overlap], 1u);
}

TEST_F(DecodeTest, FragmentMemoryIsBounded) {
  const base::Bytes piece(1024, 0);
  for (std::uint16_t id = 0; id < 200; ++id) decode(ipv4(17, piece, false, 0x2000, id), 101);
  EXPECT_GE(tally[Count::fragment_limit], 100u);
}

TEST_F(DecodeTest, DatagramThatNeverCompletesIsHandedOnAsFarAsItGoes) {
  const base::Bytes whole = udp(1000, 2000, base::view("abcdefgh01234567"));
  decode(ipv4(17, base::View(whole).first(16), false, 0x2000), 101);
  decoder.expire(1'000 + 30'000, false);
  ASSERT_EQ(keep.kept.size(), 1u);
  EXPECT_TRUE(keep.kept[0].fragment_missing);
  EXPECT_EQ(keep.payloads[0], "abcdefgh");
  EXPECT_EQ(tally[Count::fragment_expired], 1u);
}

TEST_F(DecodeTest, TunnelsInTunnelsEndAtTheBound) {
  base::Bytes packet = kInner;
  for (int i = 0; i < 20; ++i) packet = ipv4(4, packet);
  decode(packet, 101);
  EXPECT_EQ(tally[Count::tunnel_depth], 1u);
}

// Baseline of the Community ID specification, README: 128.232.110.120:34855 → 66.35.250.204:80 over TCP.
TEST(CommunityId, EqualsTheBaselineOfTheSpecificationInBothDirections) {
  Segment s;
  s.protocol = ip::tcp;
  parse_address("128.232.110.120", s.source);
  parse_address("66.35.250.204", s.destination);
  s.source_port = 34855;
  s.destination_port = 80;
  EXPECT_EQ(community_id(s), "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
  std::swap(s.source, s.destination);
  std::swap(s.source_port, s.destination_port);
  EXPECT_EQ(community_id(s), "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
}

}  // namespace
}  // namespace fengsui::capture
