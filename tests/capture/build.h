// Packets made by hand for tests. Raw IP (link type 101) unless a name says otherwise.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "capture/segment.h"

namespace fengsui::capture::test {

base::Bytes bytes_of(std::initializer_list<int> values);
base::Bytes join(std::initializer_list<base::View> parts);

// 10.0.0.1 → 10.0.0.2, or back with `reverse`. Checksums are zero.
base::Bytes ipv4(std::uint8_t protocol, base::View payload, bool reverse = false, std::uint16_t fragment_word = 0, std::uint16_t id = 1);
base::Bytes ipv6(std::uint8_t next, base::View payload, bool reverse = false);
base::Bytes udp(std::uint16_t from, std::uint16_t to, base::View payload);
base::Bytes tcp(std::uint16_t from, std::uint16_t to, std::uint32_t sequence, std::uint32_t acknowledgement, std::uint8_t flags, std::string_view payload);
base::Bytes ethernet(std::uint16_t type, base::View payload);
// Any TCP segment as raw IP again.
base::Bytes raw(const Segment& segment, base::View payload, std::uint32_t sequence, std::uint8_t flags);

}  // namespace fengsui::capture::test
