#include "tests/capture/build.h"

namespace fengsui::capture::test {
namespace {

void ip_header(base::Bytes& out, const Address& from, const Address& to, std::uint8_t protocol, std::size_t size, std::uint16_t word, std::uint16_t id) {
  if (from.v6) {
    base::append_u32be(out, 0x60000000);
    base::append_u16be(out, static_cast<std::uint16_t>(size));
    out.push_back(protocol);
    out.push_back(64);
  } else {
    base::append_u16be(out, 0x4500);
    base::append_u16be(out, static_cast<std::uint16_t>(size + 20));
    base::append_u16be(out, id);
    base::append_u16be(out, word);
    out.push_back(64);
    out.push_back(protocol);
    base::append_u16be(out, 0);
  }
  base::append(out, from.view());
  base::append(out, to.view());
}

base::Bytes ip_packet(bool v6, std::uint8_t protocol, base::View payload, bool reverse, std::uint16_t word, std::uint16_t id) {
  Address a, b;
  parse_address(v6 ? "2001:db8::1" : "10.0.0.1", a);
  parse_address(v6 ? "2001:db8::2" : "10.0.0.2", b);
  base::Bytes out;
  ip_header(out, reverse ? b : a, reverse ? a : b, protocol, payload.size(), word, id);
  base::append(out, payload);
  return out;
}

}  // namespace

base::Bytes bytes_of(std::initializer_list<int> values) {
  base::Bytes out;
  for (const int v : values) out.push_back(static_cast<std::uint8_t>(v));
  return out;
}

base::Bytes join(std::initializer_list<base::View> parts) {
  base::Bytes out;
  for (const base::View part : parts) base::append(out, part);
  return out;
}

base::Bytes ipv4(std::uint8_t protocol, base::View payload, bool reverse, std::uint16_t word, std::uint16_t id) {
  return ip_packet(false, protocol, payload, reverse, word, id);
}
base::Bytes ipv6(std::uint8_t next, base::View payload, bool reverse) { return ip_packet(true, next, payload, reverse, 0, 0); }

base::Bytes udp(std::uint16_t from, std::uint16_t to, base::View payload) {
  base::Bytes out;
  base::append_u16be(out, from);
  base::append_u16be(out, to);
  base::append_u16be(out, static_cast<std::uint16_t>(payload.size() + 8));
  base::append_u16be(out, 0);
  base::append(out, payload);
  return out;
}

base::Bytes tcp(std::uint16_t from, std::uint16_t to, std::uint32_t sequence, std::uint32_t acknowledgement, std::uint8_t flags, std::string_view payload) {
  base::Bytes out;
  base::append_u16be(out, from);
  base::append_u16be(out, to);
  base::append_u32be(out, sequence);
  base::append_u32be(out, acknowledgement);
  out.push_back(0x50);
  out.push_back(flags);
  base::append_u16be(out, 0xffff);
  base::append_u32be(out, 0);
  base::append(out, payload);
  return out;
}

base::Bytes ethernet(std::uint16_t type, base::View payload) {
  base::Bytes out(12, 0);
  base::append_u16be(out, type);
  base::append(out, payload);
  return out;
}

base::Bytes raw(const Segment& s, base::View payload, std::uint32_t sequence, std::uint8_t flags) {
  const base::Bytes segment = tcp(s.source_port, s.destination_port, sequence, s.acknowledgement, flags, base::text(payload));
  base::Bytes out;
  ip_header(out, s.source, s.destination, ip::tcp, segment.size(), 0, 1);
  base::append(out, base::View(segment));
  return out;
}

}  // namespace fengsui::capture::test
