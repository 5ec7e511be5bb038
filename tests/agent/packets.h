// One TCP conversation as Ethernet frames, and a capture file of them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace fengsui::agent::test {

// Times count up from `start` by a millisecond a frame.
class Conversation {
 public:
  Conversation(std::uint16_t client_port, std::uint16_t server_port, std::int64_t start_ms) : now_(start_ms) {
    client_.port = client_port;
    server_.port = server_port;
    frame(true, 0x02, "");
    ++client_.seq;
    frame(false, 0x12, "");
    ++server_.seq;
    frame(true, 0x10, "");
  }
  void send(bool from_client, std::string_view data) {
    for (std::size_t at = 0; at < data.size(); at += 1400) {
      auto piece = data.substr(at, 1400);
      frame(from_client, 0x18, piece);
      (from_client ? client_ : server_).seq += static_cast<std::uint32_t>(piece.size());
      frame(!from_client, 0x10, "");
    }
  }
  void close() {
    frame(true, 0x11, "");
    ++client_.seq;
    frame(false, 0x11, "");
    ++server_.seq;
    frame(true, 0x10, "");
  }
  // The packet records of a little-endian capture file; put file_header() before them.
  const std::string& records() const { return records_; }

  static std::string file_header() {
    std::string out;
    le32(out, 0xA1B2C3D4);
    out += std::string("\x02\0\x04\0", 4) + std::string(8, '\0');
    le32(out, 262144);
    le32(out, 1);
    return out;
  }

 private:
  struct End {
    std::uint16_t port = 0;
    std::uint32_t seq = 1000;
  };
  static void le32(std::string& out, std::uint32_t n) {
    for (int i = 0; i < 4; ++i) out += static_cast<char>(n >> (8 * i));
  }
  static std::uint32_t sum(base::View bytes) {
    std::uint32_t total = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i)
      total += i % 2 ? bytes[i] : static_cast<std::uint32_t>(bytes[i]) << 8;
    return total;
  }
  static std::uint16_t fold(std::uint32_t total) {
    while (total >> 16) total = (total & 0xFFFF) + (total >> 16);
    return static_cast<std::uint16_t>(~total);
  }
  void frame(bool from_client, std::uint8_t flags, std::string_view data) {
    const End& from = from_client ? client_ : server_;
    const End& to = from_client ? server_ : client_;
    base::Bytes tcp, ip, addresses;
    for (std::uint8_t last :
         {from_client ? std::uint8_t{10} : std::uint8_t{80}, from_client ? std::uint8_t{80} : std::uint8_t{10}})
      base::append(addresses, base::Bytes{192, 0, 2, last});
    base::append_u16be(tcp, from.port);
    base::append_u16be(tcp, to.port);
    base::append_u32be(tcp, from.seq);
    base::append_u32be(tcp, flags & 0x10 ? to.seq : 0);
    base::append(tcp, base::Bytes{0x50, flags, 0xFF, 0xFF, 0, 0, 0, 0});
    base::append(tcp, data);
    auto check = fold(sum(addresses) + 6 + static_cast<std::uint32_t>(tcp.size()) + sum(tcp));
    tcp[16] = static_cast<std::uint8_t>(check >> 8);
    tcp[17] = static_cast<std::uint8_t>(check);
    base::append(ip, base::Bytes{0x45, 0});
    base::append_u16be(ip, static_cast<std::uint16_t>(20 + tcp.size()));
    base::append(ip, base::Bytes{0, 1, 0x40, 0, 64, 6, 0, 0});
    base::append(ip, addresses);
    check = fold(sum(ip));
    ip[10] = static_cast<std::uint8_t>(check >> 8);
    ip[11] = static_cast<std::uint8_t>(check);
    std::string packet = std::string("\x02\0\0\0\0\1\x02\0\0\0\0\2\x08\0", 14) + std::string(base::text(ip)) +
                         std::string(base::text(tcp));
    le32(records_, static_cast<std::uint32_t>(now_ / 1000));
    le32(records_, static_cast<std::uint32_t>(now_ % 1000 * 1000));
    le32(records_, static_cast<std::uint32_t>(packet.size()));
    le32(records_, static_cast<std::uint32_t>(packet.size()));
    records_ += packet;
    ++now_;
  }

  End client_, server_;
  std::int64_t now_;
  std::string records_;
};

inline std::string http_post(std::string_view path, std::string_view body) {
  return "POST " + std::string(path) +
         " HTTP/1.1\r\nHost: service.example\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

}  // namespace fengsui::agent::test
