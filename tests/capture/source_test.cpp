// Capture files in both formats and byte orders; where they stop; the bounds of the flow table.
#include "capture/source.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "capture/sources/memory.h"
#include "tests/capture/build.h"
#include "tests/capture/lines.h"

namespace fengsui::capture {
namespace {

using test::ipv4;
using test::join;
using test::tcp;
using test::udp;

struct Writer {
  bool big = false;
  base::Bytes out;
  void u16(std::uint32_t v) {
    if (big) base::append_u16be(out, static_cast<std::uint16_t>(v));
    else for (int i = 0; i < 2; ++i) out.push_back(static_cast<std::uint8_t>(v >> (8 * i)));
  }
  void u32(std::uint32_t v) {
    if (big) base::append_u32be(out, v);
    else for (int i = 0; i < 4; ++i) out.push_back(static_cast<std::uint8_t>(v >> (8 * i)));
  }
  void block(std::uint32_t type, const base::Bytes& body) {
    u32(type);
    u32(static_cast<std::uint32_t>(body.size() + 12));
    base::append(out, base::View(body));
    u32(static_cast<std::uint32_t>(body.size() + 12));
  }
};

base::Bytes pcap(bool big, bool nano) {
  Writer w{big, {}};
  w.u32(nano ? 0xa1b23c4d : 0xa1b2c3d4);
  w.u16(2), w.u16(4), w.u32(0), w.u32(0), w.u32(65535), w.u32(101);
  for (std::uint32_t i = 0; i < 2; ++i) {
    w.u32(1000 + i), w.u32(5), w.u32(3), w.u32(9);
    base::append(w.out, std::string_view("abc"));
  }
  return w.out;
}

base::Bytes pcapng(bool big) {
  Writer w{big, {}};
  Writer section{big, {}};
  section.u32(0x1a2b3c4d), section.u16(1), section.u16(0), section.u32(0xffffffff), section.u32(0xffffffff);
  w.block(0x0a0d0d0a, section.out);
  for (const std::uint32_t link : {1u, 113u}) {
    Writer body{big, {}};
    body.u16(link), body.u16(0), body.u32(0);
    if (link == 113) {
      body.u16(9), body.u16(1);  // if_tsresol: nanoseconds
      body.out.insert(body.out.end(), {9, 0, 0, 0});
    }
    w.block(1, body.out);
  }
  for (std::uint32_t i = 0; i < 2; ++i) {
    Writer body{big, {}};
    const std::uint64_t ticks = i == 0 ? 1'000'000'005 : 1'000'000'000'005;  // 1000.000005 s in µs, 1000.000000005 s in ns
    body.u32(i), body.u32(static_cast<std::uint32_t>(ticks >> 32)), body.u32(static_cast<std::uint32_t>(ticks)), body.u32(3), body.u32(9);
    base::append(body.out, std::string_view("abc"));
    body.out.push_back(0);
    w.block(6, body.out);
  }
  return w.out;
}

struct SourceTest : ::testing::Test {
  std::string path = (std::filesystem::temp_directory_path() / ("fengsui_source_" + std::to_string(getpid()))).string();
  ~SourceTest() override { std::filesystem::remove(path); }
  void write(base::View bytes) { std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size())); }
};

TEST_F(SourceTest, PcapInBothByteOrdersAndResolutions) {
  for (const bool big : {false, true}) {
    for (const bool nano : {false, true}) {
      write(pcap(big, nano));
      auto source = open_file(path);
      ASSERT_TRUE(source) << source.error().what;
      Packet packet;
      ASSERT_EQ(*(*source)->next(packet), Next::packet);
      EXPECT_EQ(packet.time_ns, 1'000'000'000'000 + (nano ? 5 : 5000));
      EXPECT_EQ(base::text(packet.bytes), "abc");
      EXPECT_EQ(packet.original_length, 9u);
      EXPECT_EQ(packet.link_type, 101u);
      ASSERT_EQ(*(*source)->next(packet), Next::packet);
      EXPECT_EQ(*(*source)->next(packet), Next::end);
      EXPECT_EQ((*source)->take_counters().rx, 2u);
      EXPECT_EQ((*source)->take_counters().rx, 0u);
    }
  }
}

TEST_F(SourceTest, PcapngInterfacesKeepTheirOwnLinkTypeAndResolution) {
  for (const bool big : {false, true}) {
    write(pcapng(big));
    auto source = open_file(path);
    ASSERT_TRUE(source) << source.error().what;
    Packet packet;
    ASSERT_EQ(*(*source)->next(packet), Next::packet);
    EXPECT_EQ(packet.link_type, 1u);
    EXPECT_EQ(packet.time_ns, 1'000'000'005'000);
    ASSERT_EQ(*(*source)->next(packet), Next::packet);
    EXPECT_EQ(packet.link_type, 113u);
    EXPECT_EQ(packet.time_ns, 1'000'000'000'005);
    EXPECT_EQ(*(*source)->next(packet), Next::end);
  }
}

TEST_F(SourceTest, FileCutAtEachByteDeliversWhatCameBeforeAndSaysTruncated) {
  for (const base::Bytes& whole : {pcap(false, false), pcapng(true)}) {
    for (std::size_t n = 1; n < whole.size(); ++n) {
      write(base::View(whole).first(n));
      auto source = open_file(path);
      if (!source) {
        EXPECT_TRUE(source.error().code == base::Errc::truncated || source.error().code == base::Errc::malformed) << n;
        continue;
      }
      Packet packet;
      auto next = (*source)->next(packet);
      int packets = 0;
      for (; next && *next == Next::packet; next = (*source)->next(packet)) ++packets;
      EXPECT_LT(packets, 2) << n;
      EXPECT_TRUE(next || next.error().code == base::Errc::truncated) << n;
    }
  }
}

TEST_F(SourceTest, WhatIsNoCaptureIsRefused) {
  write(base::view("not a capture file at all"));
  EXPECT_EQ(open_file(path).error().code, base::Errc::malformed);
  EXPECT_EQ(open_file(path + ".missing").error().code, base::Errc::not_found);
  EXPECT_EQ(open_live({.interface = "no-such-interface"}).error().code == base::Errc::unavailable ||
                open_live({.interface = "no-such-interface"}).error().code == base::Errc::denied, true);
}

test::Collect play(std::vector<base::Bytes> packets, const Limits& limits, bool* incomplete = nullptr, std::uint64_t* overflow = nullptr) {
  std::vector<MemorySource::Stored> stored;
  for (auto& p : packets) stored.push_back({1'000'000'000'000 + static_cast<std::int64_t>(stored.size()) * 1'000'000, std::move(p), 0, 101});
  MemorySource source(std::move(stored));
  test::Collect seen;
  Capture capture(limits, seen, source.id());
  Packet packet;
  while (*source.next(packet) == Next::packet) capture.packet(packet);
  capture.finish();
  if (incomplete != nullptr) *incomplete = capture.incomplete();
  if (overflow != nullptr) *overflow = capture.take_overflow();
  return seen;
}

TEST(Flows, TableIsBoundedAndEveryFlowIsReportedOnce) {
  Limits limits;
  limits.max_flows = 4;
  std::vector<base::Bytes> packets;
  for (std::uint16_t port = 1; port <= 10; ++port) packets.push_back(ipv4(17, udp(port, 9, base::view("x"))));
  bool incomplete = false;
  std::uint64_t overflow = 0;
  const auto seen = play(packets, limits, &incomplete, &overflow);
  ASSERT_EQ(seen.flows.size(), 10u);
  EXPECT_EQ(seen.flows[0].end, "evicted");
  EXPECT_EQ(seen.flows[0].client.port, 1);
  EXPECT_EQ(seen.flows[9].end, "capture_end");
  EXPECT_TRUE(incomplete);
  EXPECT_EQ(overflow, 6u);
}

TEST(Flows, CountersDirectionAndEndOfAWholeConnection) {
  const std::string get = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n", ok = "HTTP/1.1 204 No\r\n\r\n";
  const auto g = static_cast<std::uint32_t>(get.size()), o = static_cast<std::uint32_t>(ok.size());
  const auto seen = play({ipv4(6, tcp(5, 80, 100, 0, tcp::syn, "")), ipv4(6, tcp(80, 5, 900, 101, tcp::syn | tcp::ack, ""), true),
                          ipv4(6, tcp(5, 80, 101, 901, tcp::ack, get)), ipv4(6, tcp(80, 5, 901, 101 + g, tcp::ack, ok), true),
                          ipv4(6, tcp(5, 80, 101 + g, 901 + o, tcp::ack | tcp::fin, "")), ipv4(6, tcp(80, 5, 901 + o, 102 + g, tcp::ack | tcp::fin, ""), true)},
                         {});
  ASSERT_EQ(seen.flows.size(), 1u);
  EXPECT_EQ(test::flow_line(seen.flows[0]), "flow tcp 10.0.0.1:5 > 10.0.0.2:80 http sent=3/" + std::to_string(120 + g) + "/" + std::to_string(g) +
                                                " received=3/" + std::to_string(120 + o) + "/" + std::to_string(o) + " end=fin");
  EXPECT_TRUE(seen.flows[0].direction_known);
}

TEST(Flows, SynAgainWithAnotherNumberFollowsTheAnswer) {
  const std::string get = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
  const auto seen = play({ipv4(6, tcp(5, 80, 100, 0, tcp::syn, "")), ipv4(6, tcp(5, 80, 7000, 0, tcp::syn, "")),
                          ipv4(6, tcp(80, 5, 900, 7001, tcp::syn | tcp::ack, ""), true), ipv4(6, tcp(5, 80, 7001, 901, tcp::ack, get))},
                         {});
  ASSERT_EQ(seen.flows.size(), 1u);
  EXPECT_EQ(seen.flows[0].sent.payload_bytes, get.size());
  EXPECT_TRUE(seen.flows[0].gaps.empty());
  EXPECT_EQ(seen.activities.size(), 1u);
}

TEST(Flows, OneSidedTrafficWithoutSynIsMidstreamAndStillRead) {
  bool incomplete = false;
  const auto seen = play({ipv4(6, tcp(80, 5, 901, 1, tcp::ack, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"), true)}, {}, &incomplete);
  ASSERT_EQ(seen.flows.size(), 1u);
  EXPECT_EQ(seen.flows[0].server.port, 80);
  EXPECT_EQ(seen.flows[0].gaps.at(0).reason, "midstream");
  ASSERT_EQ(seen.contents.size(), 1u);
  EXPECT_EQ(base::text(seen.contents[0].bytes), "hi");
  EXPECT_TRUE(incomplete);
}

}  // namespace
}  // namespace fengsui::capture
