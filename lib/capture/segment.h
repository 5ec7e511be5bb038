// What decoding makes of a packet: one transport segment with views into the packet.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/time.h"

namespace fengsui::capture {

// An IPv4 address (first four bytes, the rest zero) or an IPv6 address, in network order.
struct Address {
  std::array<std::uint8_t, 16> bytes{};
  bool v6 = false;

  std::size_t size() const { return v6 ? 16 : 4; }
  base::View view() const { return {bytes.data(), size()}; }
  bool operator==(const Address&) const = default;
};

// Dotted quad, or the canonical text of RFC 5952.
std::string to_string(const Address& address);
// The text form back; false unless the whole text is an IPv4 or IPv6 address.
bool parse_address(std::string_view text, Address& out);

// IANA protocol numbers that the room treats by name.
namespace ip {
inline constexpr std::uint8_t icmp = 1, igmp = 2, ipip = 4, tcp = 6, udp = 17, ipv6 = 41, gre = 47, esp = 50, ah = 51, icmp6 = 58,
                              none6 = 59, ospf = 89, etherip = 97, vrrp = 112, sctp = 132, mpls = 137;
}  // namespace ip

namespace tcp {
inline constexpr std::uint8_t fin = 1, syn = 2, rst = 4, psh = 8, ack = 16, urg = 32;
}  // namespace tcp

// One TCP segment, UDP datagram, or other IP payload. Views die with the packet (or with the next datagram that the
// fragment table completes).
struct Segment {
  Address source, destination;
  std::uint16_t source_port = 0, destination_port = 0;  // 0 where the protocol has none
  std::uint8_t protocol = 0;
  std::uint8_t depth = 0;        // tunnels around it
  bool tunnel = false;           // carries another packet that is decoded too
  bool fragment_missing = false; // `cut` is due to a fragment that never came
  std::uint32_t packets = 1;     // IP packets it came in
  std::uint32_t ip_bytes = 0;    // of those packets, headers included
  base::View payload;
  std::uint32_t cut = 0;         // payload bytes sent but not captured, at the end
  std::uint32_t sequence = 0, acknowledgement = 0;  // TCP
  std::uint8_t flags = 0;
  std::uint16_t window = 0;
  std::uint16_t urgent = 0;      // the urgent pointer, where flags say that it counts
  std::uint8_t ttl = 0;          // of the IP packet (IPv6: hop limit)
  bool timestamp_known = false;  // RFC 7323 timestamps option
  std::uint32_t timestamp = 0;
  bool fragments_differ = false; // it came in fragments that overlap with different bytes
  std::uint8_t icmp_type = 0, icmp_code = 0;
  bool checksum_known = false;   // the TCP checksum was computed, over a complete segment
  bool checksum_bad = false;     // and is wrong, or that of the IP header is
  std::string_view tunnel_name;  // "vxlan", "gre" … when `tunnel`
  base::UnixMs time = 0;
};

}  // namespace fengsui::capture
