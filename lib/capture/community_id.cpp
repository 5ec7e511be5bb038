#include "capture/community_id.h"

#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <utility>

#include "base/encode.h"

namespace fengsui::capture {
namespace {

// SHA-1 (FIPS 180-4) of at most 55 bytes: a name, not a protection.
std::array<std::uint8_t, 20> sha1_short(base::View message) {
  std::array<std::uint32_t, 80> w{};
  std::array<std::uint8_t, 64> block{};
  std::copy(message.begin(), message.end(), block.begin());
  block[message.size()] = 0x80;
  const std::size_t bits = message.size() * 8;
  block[62] = static_cast<std::uint8_t>(bits >> 8);
  block[63] = static_cast<std::uint8_t>(bits);
  for (std::size_t i = 0; i < 16; ++i) {
    w[i] = (std::uint32_t{block[i * 4]} << 24) | (std::uint32_t{block[i * 4 + 1]} << 16) | (std::uint32_t{block[i * 4 + 2]} << 8) | block[i * 4 + 3];
  }
  for (std::size_t i = 16; i < 80; ++i) w[i] = std::rotl(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
  const std::array<std::uint32_t, 5> h = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  auto [a, b, c, d, e] = h;
  for (std::size_t i = 0; i < 80; ++i) {
    std::uint32_t f = 0, k = 0;
    if (i < 20) { f = (b & c) | (~b & d); k = 0x5a827999; }
    else if (i < 40) { f = b ^ c ^ d; k = 0x6ed9eba1; }
    else if (i < 60) { f = (b & c) | (b & d) | (c & d); k = 0x8f1bbcdc; }
    else { f = b ^ c ^ d; k = 0xca62c1d6; }
    const std::uint32_t next = std::rotl(a, 5) + f + e + k + w[i];
    e = d; d = c; c = std::rotl(b, 30); b = a; a = next;
  }
  const std::array<std::uint32_t, 5> sum = {h[0] + a, h[1] + b, h[2] + c, h[3] + d, h[4] + e};
  std::array<std::uint8_t, 20> out{};
  for (std::size_t i = 0; i < 20; ++i) out[i] = static_cast<std::uint8_t>(sum[i / 4] >> (24 - 8 * (i % 4)));
  return out;
}

// The answer to an ICMP request type; nullopt for one-way messages.
std::optional<std::uint8_t> icmp_counterpart(std::uint8_t type) {
  switch (type) {
    case 8: return std::uint8_t{0}; case 0: return std::uint8_t{8};
    case 13: return std::uint8_t{14}; case 14: return std::uint8_t{13};
    case 15: return std::uint8_t{16}; case 16: return std::uint8_t{15};
    case 17: return std::uint8_t{18}; case 18: return std::uint8_t{17};
    case 10: return std::uint8_t{9}; case 9: return std::uint8_t{10};
    default: return std::nullopt;
  }
}

std::optional<std::uint8_t> icmp6_counterpart(std::uint8_t type) {
  switch (type) {
    case 128: return std::uint8_t{129}; case 129: return std::uint8_t{128};
    case 133: return std::uint8_t{134}; case 134: return std::uint8_t{133};
    case 135: return std::uint8_t{136}; case 136: return std::uint8_t{135};
    case 130: return std::uint8_t{131}; case 131: return std::uint8_t{130};
    case 139: return std::uint8_t{140}; case 140: return std::uint8_t{139};
    case 144: return std::uint8_t{145}; case 145: return std::uint8_t{144};
    default: return std::nullopt;
  }
}

}  // namespace

std::string community_id(const Segment& s) {
  std::uint16_t from = s.source_port, to = s.destination_port;
  bool one_way = false, ports = s.protocol == ip::tcp || s.protocol == ip::udp || s.protocol == ip::sctp;
  if (s.protocol == ip::icmp || s.protocol == ip::icmp6) {
    const auto other = s.protocol == ip::icmp ? icmp_counterpart(s.icmp_type) : icmp6_counterpart(s.icmp_type);
    from = s.icmp_type;
    to = other.value_or(s.icmp_code);
    one_way = !other;
    ports = true;
  }
  base::View low = s.source.view(), high = s.destination.view();
  const int order = std::lexicographical_compare(low.begin(), low.end(), high.begin(), high.end()) ? -1
                    : std::equal(low.begin(), low.end(), high.begin(), high.end())                 ? 0 : 1;
  if (!one_way && (order > 0 || (order == 0 && from > to))) {
    std::swap(low, high);
    std::swap(from, to);
  }
  base::Bytes message;
  message.reserve(40);
  base::append_u16be(message, 0);
  base::append(message, low);
  base::append(message, high);
  message.push_back(s.protocol);
  message.push_back(0);
  if (ports) {
    base::append_u16be(message, from);
    base::append_u16be(message, to);
  }
  return "1:" + base::base64(sha1_short(message));
}

}  // namespace fengsui::capture
