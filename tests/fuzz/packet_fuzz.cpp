// Whole packets: a byte for the link type, then packets with two bytes of length before each.
#include "capture/capture.h"
#include "tests/fuzz/capture_sink.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fengsui;
  constexpr std::uint32_t link_types[] = {1, 0, 108, 101, 113, 276, 9, 51};
  base::Reader in({data, size});
  const std::uint8_t head = in.u8();
  capture::Limits limits;
  limits.max_flows = 8;
  limits.max_fragment_bytes = 16384;
  limits.max_reorder_bytes = 16384;
  limits.max_reorder_bytes_per_flow = 4096;
  fuzz::CheckedSink sink;
  capture::Capture capture(limits, sink, "fuzz");
  std::int64_t time = 1'700'000'000'000'000'000;
  while (!in.at_end()) {
    const std::uint16_t length = in.u16be();
    if (in.failed()) break;
    capture::Packet packet;
    packet.bytes = in.take(std::min<std::size_t>(length & 0x3fff, in.remaining()));
    packet.original_length = static_cast<std::uint32_t>(packet.bytes.size()) + ((length & 0x8000) ? 100 : 0);
    packet.link_type = link_types[head % std::size(link_types)];
    packet.time_ns = time;
    time += (length & 0x4000) ? 40'000'000'000 : 1'000'000;
    capture.packet(packet);
  }
  capture.finish();
  sink.expect_all_ended();
  return 0;
}
