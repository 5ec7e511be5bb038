// Where packets come from: an interface, a capture file, memory. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/error.h"
#include "model/heartbeat.h"

namespace fengsui::capture {

// A view into the source's ring, valid until the next call of next().
struct Packet {
  std::int64_t time_ns = 0;            // Unix, nanoseconds
  base::View bytes;                    // as captured
  std::uint32_t original_length = 0;   // as sent; larger than bytes.size() when cut by the snap length
  std::uint32_t link_type = 1;         // LINKTYPE_ number, e.g. 1 Ethernet, 113 SLL, 0 NULL, 101 raw
};

enum class Next : std::uint8_t { packet, idle, end };

class Source {
 public:
  virtual ~Source() = default;
  // packet: `out` is filled. idle: nothing now (live only), wait for fd(). end: a file is finished.
  // Errc::truncated for a capture file that stops inside a packet: what came before was delivered.
  virtual base::Result<Next> next(Packet& out) = 0;
  virtual int fd() const = 0;  // to wait on; -1 for files
  virtual const std::string& id() const = 0;  // "pcap:eth0", "file:/x.pcap"
  // Received and lost since the last call.
  virtual model::SourceCounters take_counters() = 0;
};

// pcap or pcapng, either byte order, micro- or nanoseconds. Errc::not_found, malformed, io.
base::Result<std::unique_ptr<Source>> open_file(const std::string& path);

struct LiveOptions {
  std::string interface;            // "eth0", "lo", "any"
  std::string filter;               // BPF expression; "" everything
  std::uint32_t buffer_bytes = 8u << 20;  // kernel ring; too small loses packets in bursts, too large costs memory
  std::uint32_t snap_length = 262144;
  bool promiscuous = false;
};
// Errc::denied without CAP_NET_RAW (the message says so), unavailable when the interface is missing.
base::Result<std::unique_ptr<Source>> open_live(const LiveOptions& options);

}  // namespace fengsui::capture
