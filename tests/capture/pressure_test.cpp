// What is kept and what is given up when there is more traffic than room or time.
#include <gtest/gtest.h>

#include "capture/capture.h"
#include "tests/capture/build.h"
#include "tests/capture/lines.h"

namespace fengsui::capture {
namespace {

struct Line {
  explicit Line(const Limits& limits = {}) : capture(limits, seen, "pcap:test") {}
  void put(const base::Bytes& ip) {
    Packet packet;
    packet.time_ns = (at += 1'000'000);
    packet.link_type = 101;
    packet.bytes = ip;
    packet.original_length = static_cast<std::uint32_t>(ip.size());
    capture.packet(packet);
  }
  void from_client(std::uint16_t port, std::uint32_t sequence, std::uint32_t acknowledgement, std::uint8_t flags, std::string_view payload = "") {
    put(test::ipv4(ip::tcp, test::tcp(port, 80, sequence, acknowledgement, flags, payload)));
  }
  void from_server(std::uint16_t port, std::uint32_t sequence, std::uint32_t acknowledgement, std::uint8_t flags, std::string_view payload = "") {
    put(test::ipv4(ip::tcp, test::tcp(80, port, sequence, acknowledgement, flags, payload), true));
  }
  static constexpr std::string_view kAsk = "GET /person?id=1 HTTP/1.1\r\nHost: data.example\r\n\r\n";
  static constexpr std::string_view kTell = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
  void ask(std::uint16_t port) {
    from_client(port, 100, 0, tcp::syn);
    from_server(port, 500, 101, tcp::syn | tcp::ack);
    from_client(port, 101, 501, tcp::ack, kAsk);
  }
  void tell(std::uint16_t port) {
    const auto asked = static_cast<std::uint32_t>(101 + kAsk.size()), told = static_cast<std::uint32_t>(501 + kTell.size());
    from_server(port, 501, asked, tcp::ack, kTell);
    from_client(port, asked, told, tcp::ack | tcp::fin);
    from_server(port, told, asked + 1, tcp::ack | tcp::fin);
  }
  std::size_t answers() const {
    std::size_t out = 0;
    for (const auto& activity : seen.activities) out += test::activity_line(activity).find("-> 200") != std::string::npos;
    return out;
  }
  std::uint64_t count(std::string_view name, std::string_view reason) const {
    for (const auto& sample : capture.counters()) {
      if (sample.name != name) continue;
      if (reason.empty()) return sample.value;
      for (const auto& [key, value] : sample.labels) if (value == reason) return sample.value;
    }
    ADD_FAILURE() << "no counter " << name << " " << reason;
    return 0;
  }

  test::Collect seen;
  Capture capture;
  std::int64_t at = 1'700'000'000'000'000'000;
};

TEST(Pressure, AFloodOfOpeningsDoesNotPushOutAConversationThatIsRead) {
  Limits limits;
  limits.max_flows = 64;
  Line line(limits);
  line.ask(1000);
  for (std::uint16_t port = 2000; port < 3000; ++port) line.from_client(port, 7, 0, tcp::syn);
  line.tell(1000);
  line.capture.finish();
  EXPECT_EQ(line.answers(), 1u);
  EXPECT_EQ(line.count("capture_flows_total", "limit"), 1001u - 64u);
  EXPECT_EQ(line.seen.flows.size(), 1001u);  // each has its record
  for (const auto& flow : line.seen.flows) {
    if (flow.client.port == 1000) { EXPECT_EQ(flow.end, "fin"); }
  }
}

TEST(Pressure, WhereEveryFlowIsReadTheOldestGivesWayAndItsRecordSaysSo) {
  Limits limits;
  limits.max_flows = 8;
  Line line(limits);
  for (std::uint16_t port = 1000; port < 1020; ++port) line.ask(port);
  line.tell(1019);
  line.capture.finish();
  EXPECT_EQ(line.answers(), 1u);
  std::size_t named = 0;
  for (const auto& flow : line.seen.flows) {
    if (flow.end != "evicted") continue;
    ASSERT_EQ(flow.gaps.size(), 1u);
    named += flow.gaps[0].reason == "limit";
  }
  EXPECT_EQ(named, 12u);
  EXPECT_TRUE(line.capture.incomplete());
}

TEST(Pressure, ASampleIsMadeOfWholeFlowsAndNamesWhatItLeftOut) {
  Line line;
  line.capture.examine(300);
  constexpr std::uint16_t kFlows = 2000;
  for (std::uint16_t port = 1000; port < 1000 + kFlows; ++port) line.ask(port);
  line.capture.examine(1000);  // the budget is back: flows that were left out stay left out
  for (std::uint16_t port = 1000; port < 1000 + kFlows; ++port) line.tell(port);
  line.capture.finish();
  std::size_t left_out = 0, packets = 0;
  for (const auto& flow : line.seen.flows) {
    EXPECT_EQ(flow.end, "fin");
    if (flow.gaps.empty()) continue;
    ++left_out;
    packets += flow.sent.packets + flow.received.packets;
    ASSERT_EQ(flow.gaps.size(), 1u);
    EXPECT_EQ(flow.gaps[0].reason, "unsampled");
    EXPECT_EQ(flow.gaps[0].bytes, Line::kAsk.size() + Line::kTell.size());
    EXPECT_EQ(flow.app, "");
  }
  EXPECT_EQ(line.answers() + left_out, kFlows);
  EXPECT_NEAR(static_cast<double>(line.answers()), 0.3 * kFlows, 0.06 * kFlows);  // six times the deviation of a fair draw
  EXPECT_EQ(line.count("capture_flows_total", "unsampled"), left_out);
  EXPECT_EQ(line.count("capture_unsampled_packets_total", ""), packets);
  EXPECT_EQ(line.capture.take_overflow(), packets);
  const auto sampled = line.capture.take_sampled();
  EXPECT_EQ(sampled.flows, kFlows);
  EXPECT_EQ(sampled.left_out, left_out);
  EXPECT_EQ(line.capture.take_sampled().flows, 0u);
}

TEST(Pressure, WithNothingToSpendNothingIsReadAndEverythingIsCounted) {
  Line line;
  line.capture.examine(0);
  line.ask(1000);
  line.tell(1000);
  line.put(test::ipv4(ip::udp, test::udp(5000, 53, base::view("x"))));
  line.capture.finish();
  EXPECT_EQ(line.answers(), 0u);
  EXPECT_TRUE(line.seen.contents.empty());
  ASSERT_EQ(line.seen.flows.size(), 2u);
  EXPECT_TRUE(line.capture.incomplete());
}

}  // namespace
}  // namespace fengsui::capture
