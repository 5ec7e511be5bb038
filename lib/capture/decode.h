// Link layers, tunnels and IP down to transport segments. Sources: the RFC or IEEE clause beside each shape in decode.cpp.
#pragma once

#include "capture/fragment.h"
#include "capture/segment.h"
#include "capture/source.h"
#include "capture/tally.h"

namespace fengsui::capture {

// Receives what a packet holds: the outer segment of a tunnel first, then the inner one.
class SegmentSink {
 public:
  virtual ~SegmentSink() = default;
  virtual void segment(const Segment& segment) = 0;
};

// One thread. Allocates only for fragments.
class Decoder {
 public:
  Decoder(std::size_t max_fragment_bytes, Tally& tally, SegmentSink& sink)
      : tally_(tally), sink_(sink), fragments_(max_fragment_bytes, tally) {}

  void packet(const Packet& packet);
  // Hands over what came of datagrams whose fragments never completed.
  void expire(base::UnixMs now, bool everything);

 private:
  // Bytes of a layer and how many more were sent than captured.
  struct Part {
    base::View bytes;
    std::uint32_t cut = 0;
  };
  // What is already known when a transport header is reached.
  struct Carrier {
    Address source, destination;
    std::uint32_t ip_bytes = 0;
    std::uint32_t packets = 1;
    bool fragment_missing = false;
    bool fragments_differ = false;
    bool header_bad = false;  // the IP header's checksum is neither absent nor right
    std::uint8_t ttl = 0;
  };

  void link(std::uint32_t link_type, Part part, int depth);
  void ethernet(Part part, int depth);
  void ethertype(std::uint16_t type, Part part, int depth);
  void snap(Part part, int depth);
  void pppoe(Part part, int depth);
  void ppp(Part part, int depth);
  void mpls(Part part, int depth);
  void any_ip(Part part, int depth);
  void ipv4(Part part, int depth);
  void ipv6(Part part, int depth);
  void fragment(const Fragment& fragment, int depth);
  void datagram(const Datagram& datagram, int depth);
  void transport(std::uint8_t protocol, const Carrier& carrier, Part part, int depth);
  void tcp_segment(Segment& segment, Part part);
  static void timestamps(Segment& segment, base::View options);
  void udp_segment(Segment& segment, Part part, int depth);
  void udp_tunnel(Segment& segment, int depth);
  void gre(Segment& segment, Part part, int depth);

  static Part after(Part part, std::size_t n) { return {part.bytes.subspan(n), part.cut}; }

  Tally& tally_;
  SegmentSink& sink_;
  FragmentTable fragments_;
  base::UnixMs now_ = 0;
  base::UnixMs next_expiry_ = 0;
};

}  // namespace fengsui::capture
