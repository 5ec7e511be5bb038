// TCP segments of one connection into the HTTP/1.1 parser: commands of one byte choose side, offset and order, each
// followed by a length byte and payload.
#include "capture/capture.h"
#include "tests/fuzz/capture_sink.h"

namespace {

using namespace fengsui;

base::Bytes tcp_packet(bool server, std::uint32_t sequence, std::uint32_t acknowledgement, std::uint8_t flags, base::View payload) {
  base::Bytes out;
  out.push_back(0x45);
  out.push_back(0);
  base::append_u16be(out, static_cast<std::uint16_t>(40 + payload.size()));
  base::append_u32be(out, 0);
  base::append_u32be(out, 0x40060000);
  base::append_u32be(out, server ? 0x0a000002 : 0x0a000001);
  base::append_u32be(out, server ? 0x0a000001 : 0x0a000002);
  base::append_u16be(out, server ? 80 : 40000);
  base::append_u16be(out, server ? 40000 : 80);
  base::append_u32be(out, sequence);
  base::append_u32be(out, acknowledgement);
  out.push_back(0x50);
  out.push_back(flags);
  base::append_u16be(out, 0xffff);
  base::append_u32be(out, 0);
  base::append(out, payload);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  capture::Limits limits;
  limits.max_reorder_bytes_per_flow = 8192;
  limits.max_body_bytes = 1u << 20;
  fuzz::CheckedSink sink;
  capture::Capture capture(limits, sink, "fuzz");
  base::Reader in({data, size});
  std::uint32_t next[2] = {0xfffffff0, 1000};
  std::int64_t time = 1'700'000'000'000'000'000;
  const auto send = [&](bool server, std::uint32_t sequence, std::uint8_t flags, base::View payload) {
    const base::Bytes bytes = tcp_packet(server, sequence, next[server ? 0 : 1], flags, payload);
    capture::Packet packet;
    packet.bytes = bytes;
    packet.original_length = static_cast<std::uint32_t>(bytes.size());
    packet.link_type = 101;
    packet.time_ns = time += 1'000'000;
    capture.packet(packet);
  };
  while (!in.at_end()) {
    const std::uint8_t command = in.u8();
    const std::size_t length = (command & 8) ? in.u16be() & 0x0fffu : in.u8();
    const base::View payload = in.take(std::min(length, in.remaining()));
    const bool server = command & 1;
    std::uint32_t sequence = next[server];
    if (command & 2) sequence -= static_cast<std::uint32_t>((command >> 4) * 3);  // overlap
    if (command & 4) sequence += static_cast<std::uint32_t>((command >> 4) * 7);  // hole or early
    std::uint8_t flags = 0x10;
    if ((command & 0xc0) == 0xc0) flags = (command & 0x20) ? 0x11 : 0x12;
    send(server, sequence, flags, payload);
    if ((command & 6) == 0) next[server] += static_cast<std::uint32_t>(payload.size());
  }
  capture.finish();
  sink.expect_all_ended();
  return 0;
}
