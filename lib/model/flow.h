// Flow: one conversation between two endpoints, with what was and was not seen of it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"

namespace fengsui::model {

struct Endpoint {
  std::string ip;  // text form of RFC 5952 or dotted quad; "" unknown
  std::uint16_t port = 0;
};

struct Direction {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;          // of IP packets
  std::uint64_t payload_bytes = 0;  // delivered in order to the protocol
};

// Bytes of a stream that were never seen, by reason: "lost" (hole in the sequence), "cut" (snap length), "limit"
// (a bound of ours), "midstream" (began before we looked), "fragment" (datagram never completed), "unsampled" (left out by the
// CPU budget), "memory" (none was left to read it).
struct Gap {
  std::string reason;
  std::uint64_t bytes = 0;
  std::uint64_t count = 0;
};

struct Flow {
  std::uint64_t id = 0;
  std::string community_id;  // "1:…", Corelight community-id v1, seed 0
  Endpoint client, server;   // client is who opened it, where known
  std::uint8_t protocol = 6;  // IP protocol number
  bool direction_known = false;
  base::UnixMs first = 0, last = 0;
  Direction sent, received;  // as seen from the client
  std::string app;           // recognised protocol, lower case ("http", "dns"); "" not recognised
  std::string end;           // "fin", "rst", "timeout", "capture_end", "evicted"
  std::vector<Gap> gaps;
  std::string sensor;
  std::uint32_t pid = 0;     // owner on this host; 0 unknown
  std::string process, executable, account;  // the account of the socket
  bool owner_is_client = true;
};

}  // namespace fengsui::model
