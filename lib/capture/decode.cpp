#include "capture/decode.h"

#include <algorithm>

namespace fengsui::capture {
namespace {

constexpr int kMaxDepth = 8;  // tags and tunnels around each other; real networks stay below five

std::uint32_t clamp32(std::size_t n) { return static_cast<std::uint32_t>(std::min<std::size_t>(n, 0xffffffffu)); }

// RFC 1071: the sum of 16-bit words, not yet folded.
std::uint64_t word_sum(base::View part) {
  std::uint64_t sum = 0;
  std::size_t i = 0;
  for (; i + 4 <= part.size(); i += 4) {
    sum += (std::uint32_t{part[i]} << 24) | (std::uint32_t{part[i + 1]} << 16) | (std::uint32_t{part[i + 2]} << 8) | part[i + 3];
  }
  for (unsigned shift = 24; i < part.size() && shift != 0; ++i, shift -= 8) sum += std::uint64_t{part[i]} << shift;
  return sum;
}
std::uint16_t fold(std::uint64_t sum) {
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(sum);
}

enum class Checksum { right, wrong, unfinished };

// Over the pseudo header of RFC 9293 section 3.1 / RFC 8200 section 8.1. Unfinished: only the pseudo header is summed up, with
// or without the length, and a network card was to do the rest (or a receiving one merged several segments into this).
Checksum tcp_checksum(const Segment& s, base::View bytes) {
  const std::uint64_t pseudo = word_sum(s.source.view()) + word_sum(s.destination.view()) + s.protocol;
  if (fold(pseudo + bytes.size() + word_sum(bytes)) == 0xffff) return Checksum::right;
  const auto field = static_cast<std::uint16_t>((bytes[16] << 8) | bytes[17]);
  return field == fold(pseudo + bytes.size()) || field == fold(pseudo) ? Checksum::unfinished : Checksum::wrong;
}

void read_address(base::Reader& in, std::size_t size, Address& out) {
  const base::View bytes = in.take(size);  // empty when it is not there
  std::copy(bytes.begin(), bytes.end(), out.bytes.begin());
}

}  // namespace

void Decoder::packet(const Packet& packet) {
  now_ = packet.time_ns / 1'000'000;
  tally_.add(Count::packets);
  tally_.add(Count::packet_bytes, packet.bytes.size());
  Part part{packet.bytes, 0};
  if (packet.original_length > packet.bytes.size()) {
    part.cut = packet.original_length - clamp32(packet.bytes.size());
    tally_.add(Count::snap_cut);
  }
  link(packet.link_type, part, 0);
  if (now_ >= next_expiry_) {
    next_expiry_ = now_ + 1000;
    if (!fragments_.empty()) expire(now_, false);
  }
}

void Decoder::expire(base::UnixMs now, bool everything) {
  Datagram unfinished;
  while (fragments_.expire(now, everything, unfinished)) datagram(unfinished, 0);
}

// Link types: the LINKTYPE_ list of the pcap file format (draft-ietf-opsawg-pcaplinktype).
void Decoder::link(std::uint32_t link_type, Part part, int depth) {
  base::Reader in(part.bytes);
  switch (link_type) {
    case 1: return ethernet(part, depth);
    case 0: case 108: {  // NULL: family in the byte order of the writer; LOOP: big endian
      const std::uint32_t family = in.u32be();
      if (in.failed()) return tally_.add(Count::link_short);
      (void)family;  // AF_INET6 differs between systems; the version nibble says the same
      return any_ip(after(part, 4), depth);
    }
    case 12: case 14: case 101: case 228: case 229: return any_ip(part, depth);
    case 113: {  // Linux cooked v1
      in.skip(14);
      const std::uint16_t type = in.u16be();
      if (in.failed()) return tally_.add(Count::link_short);
      return ethertype(type, after(part, 16), depth);
    }
    case 276: {  // Linux cooked v2
      const std::uint16_t type = in.u16be();
      if (part.bytes.size() < 20) return tally_.add(Count::link_short);
      return ethertype(type, after(part, 20), depth);
    }
    case 9: case 50: return ppp(part, depth);
    case 51: return pppoe(part, depth);
    default: return tally_.add(Count::link_unsupported);
  }
}

void Decoder::ethernet(Part part, int depth) {
  base::Reader in(part.bytes);
  in.skip(12);
  const std::uint16_t type = in.u16be();
  if (in.failed()) return tally_.add(Count::link_short);
  ethertype(type, after(part, 14), depth);
}

void Decoder::ethertype(std::uint16_t type, Part part, int depth) {
  for (int tags = 0; tags < kMaxDepth; ++tags) {
    base::Reader in(part.bytes);
    switch (type) {
      case 0x8100: case 0x88a8: case 0x9100: case 0x9200: case 0x9300:  // IEEE 802.1Q, 802.1ad and older QinQ tags
        in.skip(2);
        break;
      case 0x8926:  // VN-Tag (IEEE 802.1BR predecessor)
        in.skip(4);
        break;
      case 0x0800: return ipv4(part, depth);
      case 0x86dd: return ipv6(part, depth);
      case 0x0806: case 0x8035: return tally_.add(Count::arp);
      case 0x8847: case 0x8848: return mpls(part, depth);
      case 0x8864: return pppoe(part, depth);
      case 0x880b: return ppp(part, depth);
      case 0x6558: return ethernet(part, depth);
      case 0x88e7:  // IEEE 802.1ah: I-tag, then a customer frame
        if (part.bytes.size() < 4) return tally_.add(Count::link_short);
        return ethernet(after(part, 4), depth);
      default:
        if (type <= 1500) return snap(part, depth);
        return tally_.add(Count::not_ip);
    }
    const std::size_t head = in.position();
    type = in.u16be();
    if (in.failed()) return tally_.add(Count::link_short);
    part = after(part, head + 2);
  }
  tally_.add(Count::tunnel_depth);
}

// RFC 1042: LLC AA AA 03, organisation code, EtherType.
void Decoder::snap(Part part, int depth) {
  base::Reader in(part.bytes);
  const std::uint32_t llc = in.u24be();
  if (!in.failed() && llc == 0x060603) return any_ip(after(part, 3), depth);
  in.skip(3);
  const std::uint16_t type = in.u16be();
  if (in.failed() || llc != 0xaaaa03 || type <= 1500) return tally_.add(Count::not_ip);
  ethertype(type, after(part, 8), depth + 1);
}

// RFC 2516 section 4.
void Decoder::pppoe(Part part, int depth) {
  base::Reader in(part.bytes);
  const std::uint8_t version_type = in.u8();
  const std::uint8_t code = in.u8();
  in.skip(2);
  const std::uint16_t length = in.u16be();
  if (in.failed() || version_type != 0x11) return tally_.add(Count::tunnel_header);
  if (code != 0) return tally_.add(Count::not_ip);
  Part inner = after(part, 6);
  if (inner.bytes.size() > length) inner.bytes = inner.bytes.first(length);
  ppp(inner, depth);
}

// RFC 1661 with the optional address and control bytes of RFC 1662 and protocol field compression.
void Decoder::ppp(Part part, int depth) {
  base::Reader in(part.bytes);
  if (part.bytes.size() >= 2 && part.bytes[0] == 0xff && part.bytes[1] == 0x03) in.skip(2);
  std::uint16_t protocol = in.u8();
  if ((protocol & 1) == 0) protocol = static_cast<std::uint16_t>((protocol << 8) | in.u8());
  if (in.failed()) return tally_.add(Count::link_short);
  part = after(part, in.position());
  if (protocol == 0x0021) return ipv4(part, depth);
  if (protocol == 0x0057) return ipv6(part, depth);
  if (protocol == 0x0281 || protocol == 0x0283) return mpls(part, depth);
  tally_.add(Count::not_ip);
}

// RFC 3032: labels until the bottom of the stack; then IP by version nibble, or a pseudowire with Ethernet inside
// (RFC 4448, with or without the control word of RFC 4385).
void Decoder::mpls(Part part, int depth) {
  if (depth >= kMaxDepth) return tally_.add(Count::tunnel_depth);
  for (int labels = 0; labels < 16; ++labels) {
    base::Reader in(part.bytes);
    const std::uint32_t entry = in.u32be();
    if (in.failed()) return tally_.add(Count::tunnel_header);
    part = after(part, 4);
    if ((entry & 0x100) == 0) continue;
    const auto first = in.peek();
    if (!first) return tally_.add(Count::ip_short);
    if ((*first >> 4) == 4 || (*first >> 4) == 6) return any_ip(part, depth + 1);
    if ((*first >> 4) == 0 && part.bytes.size() > 18) return ethernet(after(part, 4), depth + 1);
    return ethernet(part, depth + 1);
  }
  tally_.add(Count::tunnel_depth);
}

void Decoder::any_ip(Part part, int depth) {
  if (part.bytes.empty()) return tally_.add(Count::ip_short);
  switch (part.bytes[0] >> 4) {
    case 4: return ipv4(part, depth);
    case 6: return ipv6(part, depth);
    default: return tally_.add(Count::ip_version);
  }
}

// RFC 791 section 3.1.
void Decoder::ipv4(Part part, int depth) {
  if (depth >= kMaxDepth) return tally_.add(Count::tunnel_depth);
  base::Reader in(part.bytes);
  const std::uint8_t version_length = in.u8();
  in.skip(1);
  std::uint32_t total = in.u16be();
  const std::uint16_t id = in.u16be();
  const std::uint16_t fragment_word = in.u16be();
  Carrier carrier;
  carrier.ttl = in.u8();
  const std::uint8_t protocol = in.u8();
  const std::uint16_t checksum = in.u16be();
  read_address(in, 4, carrier.source);
  read_address(in, 4, carrier.destination);
  if (in.failed()) return tally_.add(Count::ip_short);
  if (version_length >> 4 != 4) return tally_.add(Count::ip_version);
  const std::size_t header = std::size_t{version_length & 15u} * 4;
  if (header < 20 || header > part.bytes.size()) return tally_.add(Count::ip_header);
  carrier.header_bad = checksum != 0 && fold(word_sum(part.bytes.first(header))) != 0xffff;
  if (total == 0) total = clamp32(part.bytes.size() + part.cut);  // segmentation offload: the card fills it in
  if (total < header) return tally_.add(Count::ip_length);
  carrier.ip_bytes = total;
  Part payload = after(part, header);
  const std::uint32_t length = total - clamp32(header);
  if (payload.bytes.size() >= length) {
    payload = {payload.bytes.first(length), 0};
  } else {
    payload.cut = length - clamp32(payload.bytes.size());
  }
  if ((fragment_word & 0x3fff) == 0) return transport(protocol, carrier, payload, depth);
  Fragment piece;
  piece.key = {carrier.source, carrier.destination, id, protocol};
  piece.protocol = protocol;
  piece.offset = (fragment_word & 0x1fffu) * 8u;
  piece.more = (fragment_word & 0x2000) != 0;
  piece.payload = payload.bytes;
  piece.ip_bytes = carrier.ip_bytes;
  piece.time = now_;
  fragment(piece, depth);
}

// RFC 8200 sections 3 and 4.
void Decoder::ipv6(Part part, int depth) {
  if (depth >= kMaxDepth) return tally_.add(Count::tunnel_depth);
  base::Reader in(part.bytes);
  const std::uint32_t version_class_label = in.u32be();
  std::uint32_t length = in.u16be();
  std::uint8_t next = in.u8();
  Carrier carrier;
  carrier.ttl = in.u8();
  carrier.source.v6 = carrier.destination.v6 = true;
  read_address(in, 16, carrier.source);
  read_address(in, 16, carrier.destination);
  if (in.failed()) return tally_.add(Count::ip_short);
  if (version_class_label >> 28 != 6) return tally_.add(Count::ip_version);
  Part payload = after(part, 40);
  if (length == 0) length = clamp32(payload.bytes.size() + payload.cut);  // jumbogram or offload
  carrier.ip_bytes = length + 40;
  if (payload.bytes.size() >= length) {
    payload = {payload.bytes.first(length), 0};
  } else {
    payload.cut = length - clamp32(payload.bytes.size());
  }
  for (int headers = 0; headers < 12; ++headers) {
    base::Reader ext(payload.bytes);
    switch (next) {
      case 0: case 43: case 60: case 135: case 139: case 140: case ip::ah: {
        const bool is_ah = next == ip::ah;  // RFC 4302: length in 4-byte units minus 2
        next = ext.u8();
        const std::size_t units = ext.u8();
        const std::size_t size = is_ah ? (units + 2) * 4 : (units + 1) * 8;
        if (ext.failed() || size > payload.bytes.size()) return tally_.add(Count::ip6_extension);
        payload = after(payload, size);
        continue;
      }
      case 44: {
        Fragment piece;
        piece.protocol = ext.u8();
        ext.skip(1);
        const std::uint16_t word = ext.u16be();
        const std::uint32_t id = ext.u32be();
        if (ext.failed()) return tally_.add(Count::ip6_extension);
        if ((word & 0xfff9) == 0) {  // an atomic fragment is a whole datagram (RFC 6946)
          next = piece.protocol;
          payload = after(payload, 8);
          continue;
        }
        piece.key = {carrier.source, carrier.destination, id, 0};
        piece.offset = word & 0xfff8u;
        piece.more = (word & 1) != 0;
        piece.payload = payload.bytes.subspan(8);
        piece.ip_bytes = carrier.ip_bytes;
        piece.time = now_;
        return fragment(piece, depth);
      }
      default: return transport(next, carrier, payload, depth);
    }
  }
  tally_.add(Count::ip6_extension);
}

void Decoder::fragment(const Fragment& fragment, int depth) {
  Datagram done;
  if (fragments_.add(fragment, done)) datagram(done, depth);
}

void Decoder::datagram(const Datagram& datagram, int depth) {
  Carrier carrier;
  carrier.source = datagram.key.source;
  carrier.destination = datagram.key.destination;
  carrier.ip_bytes = datagram.ip_bytes;
  carrier.packets = datagram.packets;
  carrier.fragment_missing = !datagram.whole;
  carrier.fragments_differ = datagram.differs;
  if (datagram.payload.empty()) return;
  transport(datagram.protocol, carrier, {datagram.payload, datagram.missing}, depth + 1);
}

void Decoder::transport(std::uint8_t protocol, const Carrier& carrier, Part part, int depth) {
  if (depth >= kMaxDepth) return tally_.add(Count::tunnel_depth);
  Segment s;
  s.source = carrier.source;
  s.destination = carrier.destination;
  s.protocol = protocol;
  s.depth = static_cast<std::uint8_t>(depth);
  s.packets = carrier.packets;
  s.ip_bytes = carrier.ip_bytes;
  s.fragment_missing = carrier.fragment_missing;
  s.fragments_differ = carrier.fragments_differ;
  s.checksum_bad = carrier.header_bad;
  s.ttl = carrier.ttl;
  s.cut = part.cut;
  s.time = now_;
  base::Reader in(part.bytes);
  switch (protocol) {
    case ip::tcp: return tcp_segment(s, part);
    case ip::udp: case 136: return udp_segment(s, part, depth);
    case ip::sctp:
      s.source_port = in.u16be();
      s.destination_port = in.u16be();
      if (in.failed()) return tally_.add(Count::udp_short);
      return sink_.segment(s);
    case ip::icmp: case ip::icmp6:
      s.icmp_type = in.u8();
      s.icmp_code = in.u8();
      if (in.failed()) return tally_.add(Count::icmp_short);
      return sink_.segment(s);
    case ip::ipip: case ip::ipv6: case ip::mpls: case ip::etherip:
      s.tunnel = true;
      s.tunnel_name = protocol == ip::mpls ? "mpls" : protocol == ip::etherip ? "etherip" : "ipip";
      sink_.segment(s);
      if (protocol == ip::mpls) return mpls(part, depth + 1);
      if (protocol != ip::etherip) return any_ip(part, depth + 1);
      if (part.bytes.size() < 2) return tally_.add(Count::tunnel_header);
      return ethernet(after(part, 2), depth + 1);  // RFC 3378
    case ip::gre: return gre(s, part, depth);
    case ip::ah: {  // IPv4 with AH
      const std::uint8_t next = in.u8();
      const std::size_t size = (std::size_t{in.u8()} + 2) * 4;
      if (in.failed() || size > part.bytes.size()) return tally_.add(Count::ip6_extension);
      return transport(next, carrier, after(part, size), depth + 1);
    }
    default:
      s.payload = part.bytes;
      return sink_.segment(s);
  }
}

// RFC 9293 section 3.1.
void Decoder::tcp_segment(Segment& s, Part part) {
  base::Reader in(part.bytes);
  s.source_port = in.u16be();
  s.destination_port = in.u16be();
  s.sequence = in.u32be();
  s.acknowledgement = in.u32be();
  const std::uint8_t offset = in.u8();
  s.flags = in.u8();
  s.window = in.u16be();
  in.skip(2);
  s.urgent = in.u16be();
  if (in.failed()) return tally_.add(Count::tcp_short);
  const std::size_t header = static_cast<std::size_t>(offset >> 4) * 4;
  if (header < 20 || header > part.bytes.size() + part.cut) return tally_.add(Count::tcp_header);
  if (header > part.bytes.size()) {
    s.cut = part.cut - clamp32(header - part.bytes.size());
    return sink_.segment(s);
  }
  s.payload = part.bytes.subspan(header);
  if (part.cut == 0) {
    const Checksum sum = tcp_checksum(s, part.bytes);
    s.checksum_known = sum != Checksum::unfinished;
    s.checksum_bad = s.checksum_bad || sum == Checksum::wrong;
  }
  if (header > 20) timestamps(s, part.bytes.subspan(20, header - 20));
  sink_.segment(s);
}

// RFC 9293 section 3.1, option 8 of RFC 7323 section 3.2.
void Decoder::timestamps(Segment& s, base::View options) {
  base::Reader in(options);
  while (!in.at_end()) {
    const std::uint8_t kind = in.u8();
    if (kind == 0) return;
    if (kind == 1) continue;
    const std::uint8_t length = in.u8();
    if (in.failed() || length < 2) return;
    base::Reader value(in.take(length - 2u));
    if (kind != 8 || length != 10 || in.failed()) continue;
    s.timestamp = value.u32be();
    s.timestamp_known = true;
    return;
  }
}

// RFC 768.
void Decoder::udp_segment(Segment& s, Part part, int depth) {
  base::Reader in(part.bytes);
  s.source_port = in.u16be();
  s.destination_port = in.u16be();
  const std::uint16_t length = in.u16be();
  in.skip(2);
  if (in.failed()) return tally_.add(Count::udp_short);
  s.payload = part.bytes.subspan(8);
  if (length != 0 && length < 8) return tally_.add(Count::udp_length);
  if (length != 0 && length - 8u < s.payload.size()) {
    s.payload = s.payload.first(length - 8u);
    s.cut = 0;
  }
  udp_tunnel(s, depth);
}

// VXLAN RFC 7348 section 5, GENEVE RFC 8926 section 3.4, GTP-U 3GPP TS 29.281 section 5.1. The port opens the door, the
// shape decides.
void Decoder::udp_tunnel(Segment& s, int depth) {
  const auto on = [&s](std::uint16_t port) { return s.destination_port == port || s.source_port == port; };
  base::Reader in(s.payload);
  const Part part{s.payload, s.cut};
  if ((on(4789) || on(8472)) && s.payload.size() >= 22 && (s.payload[0] & 0xf7) == 0 && (s.payload[0] & 8) != 0 && s.payload[7] == 0) {
    s.tunnel = true;
    s.tunnel_name = "vxlan";
    sink_.segment(s);
    return ethernet(after(part, 8), depth + 1);
  }
  if (on(4790) && s.payload.size() >= 12 && (s.payload[0] & 0xf0) == 0 && s.payload[7] == 0) {  // VXLAN-GPE, draft-ietf-nvo3-vxlan-gpe
    const std::uint8_t next = (s.payload[0] & 4) != 0 ? s.payload[3] : 3;
    if (next == 1 || next == 2 || next == 3 || next == 5) {
      s.tunnel = true;
      s.tunnel_name = "vxlan";
      sink_.segment(s);
      if (next == 3) return ethernet(after(part, 8), depth + 1);
      return next == 5 ? mpls(after(part, 8), depth + 1) : any_ip(after(part, 8), depth + 1);
    }
  }
  if (on(6081) && s.payload.size() >= 8 && (s.payload[0] >> 6) == 0) {
    const std::size_t header = 8 + std::size_t{s.payload[0] & 63u} * 4;
    in.skip(2);
    const std::uint16_t type = in.u16be();
    if (header <= s.payload.size()) {
      s.tunnel = true;
      s.tunnel_name = "geneve";
      sink_.segment(s);
      return ethertype(type, after(part, header), depth + 1);
    }
  }
  if (on(2152) && s.payload.size() >= 9 && (s.payload[0] & 0xf0) == 0x30 && s.payload[1] == 0xff) {
    std::size_t header = 8;
    if (s.payload[0] & 7) header += 4;
    bool sound = header <= s.payload.size();
    if (sound && (s.payload[0] & 4) != 0) {
      std::uint8_t next = s.payload[11];
      for (int i = 0; i < 4 && next != 0 && sound; ++i) {
        const std::size_t size = header < s.payload.size() ? std::size_t{s.payload[header]} * 4 : 0;
        sound = size >= 4 && header + size <= s.payload.size();
        if (sound) next = s.payload[header + size - 1];
        header += size;
      }
    }
    if (sound && header < s.payload.size()) {
      s.tunnel = true;
      s.tunnel_name = "gtp";
      sink_.segment(s);
      return any_ip(after(part, header), depth + 1);
    }
  }
  sink_.segment(s);
}

// RFC 2784 and 2890 (version 0), RFC 2637 (version 1, PPTP); ERSPAN draft-foschiano-erspan-03.
void Decoder::gre(Segment& s, Part part, int depth) {
  base::Reader in(part.bytes);
  const std::uint16_t flags = in.u16be();
  const std::uint16_t type = in.u16be();
  const int version = flags & 7;
  if (flags & 0x8000) in.skip(4);
  if (version == 0 && (flags & 0x4000)) in.skip(4);
  if (flags & 0x2000) in.skip(4);
  if (flags & 0x1000) in.skip(4);
  if (version == 1 && (flags & 0x0080)) in.skip(4);
  s.tunnel = true;
  s.tunnel_name = "gre";
  sink_.segment(s);
  if (in.failed() || version > 1) return tally_.add(Count::tunnel_header);
  if (in.at_end()) return;
  part = after(part, in.position());
  if (version == 1) return ppp(part, depth + 1);
  if (type == 0x88be && (flags & 0x1000) == 0) return ethernet(part, depth + 1);  // type I
  if (type == 0x88be || type == 0x22eb) {
    std::size_t header = type == 0x88be ? 8 : 12;
    if (type == 0x22eb && part.bytes.size() >= 12 && (part.bytes[11] & 1) != 0) header = 20;
    if (part.bytes.size() < header) return tally_.add(Count::tunnel_header);
    return ethernet(after(part, header), depth + 1);
  }
  if (type == 0x880b) return ppp(part, depth + 1);
  ethertype(type, part, depth + 1);
}

}  // namespace fengsui::capture
