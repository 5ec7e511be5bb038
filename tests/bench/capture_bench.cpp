// CPU time of lib/capture per byte of traffic, with a sink that only counts. The reference in the same run is reading each
// byte once (a sum), which says what the memory of this machine allows.
#include <benchmark/benchmark.h>

#include <numeric>

#include "capture/capture.h"
#include "tests/capture/build.h"

namespace {

using namespace fengsui;

struct CountingSink final : model::Sink {
  void on_activity(model::Activity&&) override { ++activities; }
  void on_content(const model::Content& content) override { bytes += content.bytes().size(); }
  void on_flow(const model::Flow&) override { ++flows; }
  std::uint64_t activities = 0, bytes = 0, flows = 0;
};

// `flows` connections of a request and `segments` full segments of answer each, interleaved.
std::vector<base::Bytes> traffic(int flows, int segments, std::string_view request, std::string_view head, bool closed) {
  constexpr std::size_t kSegment = 1448;
  const std::string filler(kSegment, 'x');
  std::vector<base::Bytes> packets;
  const auto add = [&](int flow, bool server, std::uint32_t sequence, std::uint32_t ack, std::uint8_t flags, std::string_view payload) {
    const auto port = static_cast<std::uint16_t>(10000 + flow);
    const base::Bytes segment = capture::test::tcp(server ? 80 : port, server ? port : 80, sequence, ack, flags, payload);
    packets.push_back(capture::test::ethernet(0x0800, capture::test::ipv4(6, segment, server)));
  };
  const auto size = static_cast<std::uint32_t>(request.size()), head_size = static_cast<std::uint32_t>(head.size());
  for (int f = 0; f < flows; ++f) {
    add(f, false, 1, 0, 2, "");
    add(f, true, 1, 2, 0x12, "");
    add(f, false, 2, 2, 0x18, request);
    add(f, true, 2, 2 + size, 0x18, head);
  }
  for (int s = 0; s < segments; ++s) {
    for (int f = 0; f < flows; ++f) add(f, true, 2 + head_size + static_cast<std::uint32_t>(s * kSegment), 2 + size, 0x10, filler);
  }
  for (int f = 0; closed && f < flows; ++f) {
    add(f, false, 2 + size, 2 + head_size + static_cast<std::uint32_t>(segments * kSegment), 0x11, "");
    add(f, true, 2 + head_size + static_cast<std::uint32_t>(segments * kSegment), 3 + size, 0x11, "");
  }
  return packets;
}

void play(benchmark::State& state, const std::vector<base::Bytes>& packets) {
  const std::size_t total = std::accumulate(packets.begin(), packets.end(), std::size_t{0}, [](std::size_t n, const auto& p) { return n + p.size(); });
  CountingSink sink;
  for (auto _ : state) {
    capture::Capture capture({}, sink, "bench");
    std::int64_t time = 1'700'000'000'000'000'000;
    for (const auto& bytes : packets) {
      capture::Packet packet;
      packet.bytes = bytes;
      packet.original_length = static_cast<std::uint32_t>(bytes.size());
      packet.time_ns = time += 1000;
      capture.packet(packet);
    }
    capture.finish();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(total * state.iterations()));
  state.counters["Gbit/s"] = benchmark::Counter(static_cast<double>(total) * 8e-9 * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
  state.counters["packets/s"] = benchmark::Counter(static_cast<double>(packets.size()) * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

// Framing only: TLS, whose payload stays closed.
void framing(benchmark::State& state) {
  const std::string hello("\x16\x03\x01\x00\x04\x0e\x00\x00\x00", 9);
  play(state, traffic(100, 300, hello, hello, true));
}
BENCHMARK(framing);

void http_bodies(benchmark::State& state) {
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: " + std::to_string(300 * 1448) + "\r\n\r\n";
  play(state, traffic(100, 300, "GET /list HTTP/1.1\r\nHost: gov.example\r\n\r\n", head, true));
}
BENCHMARK(http_bodies);

void http_small_messages(benchmark::State& state) {
  play(state, traffic(5000, 0, "GET /list HTTP/1.1\r\nHost: gov.example\r\nUser-Agent: bench\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n01234567890123456789", true));
}
BENCHMARK(http_small_messages);

void reference_reading_each_byte(benchmark::State& state) {
  const auto packets = traffic(100, 300, "x", "y", false);
  std::size_t total = 0;
  for (const auto& p : packets) total += p.size();
  for (auto _ : state) {
    std::uint64_t sum = 0;
    for (const auto& p : packets) sum = std::accumulate(p.begin(), p.end(), sum);
    benchmark::DoNotOptimize(sum);
  }
  state.counters["Gbit/s"] = benchmark::Counter(static_cast<double>(total) * 8e-9 * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}
BENCHMARK(reference_reading_each_byte);

}  // namespace

BENCHMARK_MAIN();
