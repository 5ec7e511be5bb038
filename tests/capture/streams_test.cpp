// Reassembled bytes beside those of PcapPlusPlus, and the same records whatever the segmentation, order and repetition.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <set>
#include <tuple>

#include "base/encode.h"
#include "base/fd.h"
#include "capture/decode.h"
#include "capture/stream.h"
#include "tests/capture/build.h"
#include "tests/capture/lines.h"

namespace fengsui::capture {
namespace {

namespace fs = std::filesystem;
const fs::path kPcaps = fs::path(FENGSUI_SHARED_DATA) / "pcaps";

struct Kept {
  Segment segment;
  base::Bytes payload;
};

struct Keep final : SegmentSink {
  void segment(const Segment& s) override { kept.push_back({s, base::to_bytes(s.payload)}); }
  std::vector<Kept> kept;
};

std::vector<Kept> segments_of(const fs::path& path) {
  Keep keep;
  Tally tally;
  Decoder decoder(4u << 20, tally, keep);
  auto source = open_file(path);
  if (!source) return {};
  Packet packet;
  for (auto next = (*source)->next(packet); next && *next == Next::packet; next = (*source)->next(packet)) decoder.packet(packet);
  return std::move(keep.kept);
}

struct Append final : StreamOut {
  explicit Append(std::string& t) : text(t) {}
  void chunk(base::View bytes) override { text.append(base::text(bytes)); }
  void hole(std::uint64_t, Hole) override { text.append("[hole]"); }
  std::string& text;
};

// The bytes of each connection, both directions in the order of arrival: the form of PcapPlusPlus's files.
std::map<std::string, std::string> connections(const std::vector<Kept>& kept) {
  struct Both {
    Stream streams[2];
    Address first;
    std::uint16_t first_port = 0;
  };
  std::map<std::string, Both> flows;
  std::map<std::string, std::string> texts;
  ReorderBudget budget{32u << 20, 1u << 20, 0};
  Tally tally;
  for (const auto& [s, payload] : kept) {
    if (s.protocol != ip::tcp) continue;
    std::string a = to_string(s.source) + " " + std::to_string(s.source_port), b = to_string(s.destination) + " " + std::to_string(s.destination_port);
    const std::string key = std::min(a, b) + " " + std::max(a, b);
    auto [at, fresh] = flows.try_emplace(key);
    if (fresh) {
      at->second.first = s.source;
      at->second.first_port = s.source_port;
    }
    const int side = at->second.first == s.source && at->second.first_port == s.source_port ? 0 : 1;
    Append out(texts[key]);
    Stream& stream = at->second.streams[side];
    if (s.flags & tcp::syn) stream.start(s.sequence + 1, budget, tally, out);
    if (s.flags & tcp::ack) at->second.streams[1 - side].acknowledged(s.acknowledgement, s.time, budget, tally, out);
    if (!payload.empty()) stream.segment({s.sequence + ((s.flags & tcp::syn) ? 1u : 0u), payload, 0, s.time}, budget, tally, out);
  }
  for (auto& [key, both] : flows) {
    Append out(texts[key]);
    for (Stream& stream : both.streams) stream.finish(budget, tally, out);
  }
  EXPECT_EQ(budget.used, 0u);
  return texts;
}

std::string file_text(const fs::path& path) {
  const auto bytes = base::read_file(path, 1u << 24);
  return bytes ? std::string(base::text(*bytes)) : "";
}

TEST(Streams, BytesEqualThoseOfPcapPlusPlus) {
  if (!fs::exists(kPcaps)) GTEST_SKIP() << "reference captures are not in " << kPcaps;
  const std::pair<const char*, std::vector<const char*>> cases[] = {
      {"tcp-one-stream.pcap", {"one_tcp_stream_output.txt"}},
      {"tcp-seq-wraparound.pcap", {"one_tcp_stream_output.txt"}},
      {"http-three-streams.pcap", {"three_http_streams_conn_1_output.txt", "three_http_streams_conn_2_output.txt", "three_http_streams_conn_3_output.txt"}},
      {"http-ipv6-four-streams.pcap", {"one_ipv6_http_stream2.txt", "one_ipv6_http_stream3.txt", "one_ipv6_http_stream4.txt"}}};
  for (const auto& [pcap, files] : cases) {
    const auto texts = connections(segments_of(kPcaps / pcap));
    for (const char* file : files) {
      const std::string expected = file_text(kPcaps / "expected" / pcap / file);
      ASSERT_FALSE(expected.empty()) << file;
      EXPECT_TRUE(std::any_of(texts.begin(), texts.end(), [&](const auto& t) { return t.second == expected; })) << pcap << " " << file;
    }
  }
}

TEST(Streams, ConnectionOfAnotherCaptureIsTheBeginningOfOurs) {
  if (!fs::exists(kPcaps)) GTEST_SKIP() << "reference captures are not in " << kPcaps;
  // one_ipv6_http_stream.txt belongs to a shorter capture of the second connection.
  const std::string expected = file_text(kPcaps / "expected/http-ipv6-four-streams.pcap/one_ipv6_http_stream.txt");
  const auto texts = connections(segments_of(kPcaps / "http-ipv6-four-streams.pcap"));
  EXPECT_TRUE(std::any_of(texts.begin(), texts.end(), [&](const auto& t) { return t.second.starts_with(expected); }));
}

TEST(Streams, FragmentsJoinToTheDatagramsOfPcapPlusPlus) {
  if (!fs::exists(kPcaps)) GTEST_SKIP() << "reference captures are not in " << kPcaps;
  const std::tuple<const char*, const char*, std::size_t> cases[] = {{"ipv4-fragments.pcap", "ip4_fragments_packet1.txt", 14 + 20 + 8},
                                                                      {"ipv4-fragments.pcap", "ip4_fragments_packet4.txt", 14 + 20 + 8},
                                                                      {"ipv4-fragments.pcap", "ip4_fragments_packet6.txt", 14 + 20 + 8},
                                                                      {"ipv6-fragments.pcap", "ip6_fragments_packet1.txt", 14 + 40 + 8},
                                                                      {"ipv6-fragments.pcap", "ip6_fragments_packet2.txt", 14 + 40 + 8}};
  for (const auto& [pcap, file, header] : cases) {
    std::string hex = file_text(kPcaps / "expected" / pcap / file);
    while (!hex.empty() && static_cast<unsigned char>(hex.back()) <= ' ') hex.pop_back();
    const auto frame = base::from_hex(hex);
    ASSERT_TRUE(frame && frame->size() > header) << file;
    // The frames end with a check sequence: the length field of UDP says where the datagram does.
    const std::size_t size = (std::size_t{(*frame)[header - 4]} << 8) | (*frame)[header - 3];
    const base::View payload = base::View(*frame).subspan(header, size - 8);
    const auto kept = segments_of(kPcaps / pcap);
    EXPECT_TRUE(std::any_of(kept.begin(), kept.end(), [&](const Kept& k) { return std::equal(k.payload.begin(), k.payload.end(), payload.begin(), payload.end()); }))
        << pcap << " " << file;
  }
}

// What must not depend on how the bytes were cut into segments.
std::vector<std::string> records(const std::vector<base::Bytes>& packets, const std::vector<base::UnixMs>& times) {
  test::Collect seen;
  Capture capture({}, seen, "test");
  for (std::size_t i = 0; i < packets.size(); ++i) {
    Packet packet;
    packet.bytes = packets[i];
    packet.original_length = static_cast<std::uint32_t>(packets[i].size());
    packet.link_type = 101;
    packet.time_ns = times[i] * 1'000'000;
    capture.packet(packet);
  }
  capture.finish();
  EXPECT_EQ(seen.broken, 0);
  std::vector<std::string> out;
  for (const auto& f : seen.flows) {
    out.push_back(f.client.ip + " " + std::to_string(f.client.port) + " " + f.app + " " + std::to_string(f.sent.payload_bytes) + " " +
                  std::to_string(f.received.payload_bytes));
  }
  for (const auto& a : seen.activities) out.push_back(test::activity_line(a));
  for (const auto& c : seen.contents) out.push_back(test::content_line(c));
  std::sort(out.begin(), out.end());
  return out;
}

std::string difference(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  std::vector<std::string> gone, come;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(gone));
  std::set_difference(b.begin(), b.end(), a.begin(), a.end(), std::back_inserter(come));
  std::string out;
  for (const auto& line : gone) out += "\n  - " + line;
  for (const auto& line : come) out += "\n  + " + line;
  return out;
}

using Change = std::function<void(std::vector<base::Bytes>&, std::vector<base::UnixMs>&, const Kept&)>;

using Ends = std::tuple<Address, std::uint16_t, Address, std::uint16_t>;
struct EndsLess {
  bool operator()(const Ends& a, const Ends& b) const {
    const auto key = [](const Ends& e) { return std::tuple(std::get<0>(e).bytes, std::get<1>(e), std::get<2>(e).bytes, std::get<3>(e)); };
    return key(a) < key(b);
  }
};

// Only connections whose both SYNs were captured: elsewhere the place where the stream began is not known, so its first
// bytes cannot be told from late ones.
std::vector<Kept> whole_connections(std::vector<Kept> kept) {
  std::set<Ends, EndsLess> opened;
  for (const auto& k : kept) {
    const Segment& s = k.segment;
    if (s.protocol == ip::tcp && (s.flags & tcp::syn)) opened.insert({s.source, s.source_port, s.destination, s.destination_port});
  }
  std::erase_if(kept, [&](const Kept& k) {
    const Segment& s = k.segment;
    return !opened.contains({s.source, s.source_port, s.destination, s.destination_port}) ||
           !opened.contains({s.destination, s.destination_port, s.source, s.source_port});
  });
  return kept;
}

std::vector<std::string> changed(const std::vector<Kept>& kept, const Change& change) {
  std::vector<base::Bytes> packets;
  std::vector<base::UnixMs> times;
  for (const auto& k : kept) {
    if (k.segment.protocol == ip::tcp && k.segment.cut == 0) change(packets, times, k);
  }
  return records(packets, times);
}

void split_into(std::vector<base::Bytes>& packets, std::vector<base::UnixMs>& times, const Kept& k, std::size_t size, bool backwards) {
  const Segment& s = k.segment;
  std::vector<base::Bytes> parts;
  const std::uint32_t first = s.sequence + ((s.flags & tcp::syn) ? 1u : 0u);
  if (k.payload.empty() || (s.flags & tcp::syn)) {
    parts.push_back(test::raw(s, k.payload, s.sequence, s.flags));
  } else {
    for (std::size_t at = 0; at < k.payload.size(); at += size) {
      const base::View part = base::View(k.payload).subspan(at, std::min(size, k.payload.size() - at));
      const bool last = at + part.size() == k.payload.size();
      const auto flags = static_cast<std::uint8_t>(last ? s.flags : s.flags & ~(tcp::fin | tcp::rst));
      parts.push_back(test::raw(s, part, first + static_cast<std::uint32_t>(at), flags));
    }
  }
  if (backwards) std::reverse(parts.begin(), parts.end());
  for (auto& part : parts) {
    packets.push_back(std::move(part));
    times.push_back(s.time);
  }
}

TEST(Streams, SegmentationOrderAndRepetitionChangeNothing) {
  if (!fs::exists(kPcaps)) GTEST_SKIP() << "reference captures are not in " << kPcaps;
  for (const auto& entry : fs::directory_iterator(kPcaps)) {
    if (!entry.is_regular_file() || entry.path().extension() == ".md" || entry.file_size() > 500'000) continue;
    const std::vector<Kept> kept = whole_connections(segments_of(entry.path()));
    const auto plain = changed(kept, [](auto& p, auto& t, const Kept& k) { split_into(p, t, k, 65536, false); });
    const auto name = entry.path().filename().string();
    EXPECT_EQ("", difference(plain, changed(kept, [](auto& p, auto& t, const Kept& k) { split_into(p, t, k, 1, false); }))) << name << ": one byte a segment";
    EXPECT_EQ("", difference(plain, changed(kept, [](auto& p, auto& t, const Kept& k) { split_into(p, t, k, 7, true); }))) << name << ": parts backwards";
    EXPECT_EQ("", difference(plain, changed(kept, [](auto& p, auto& t, const Kept& k) {
                split_into(p, t, k, 65536, false);
                split_into(p, t, k, 100, false);
              }))) << name << ": repeated";
  }
}

}  // namespace
}  // namespace fengsui::capture
