// Recognisers of protocols over UDP.
#include "capture/protocols/dns.h"
#include "capture/protocols/match.h"

namespace fengsui::capture::match {

Match dns_udp(const First& f) {
  const bool one = looks_like_dns(f.client) || looks_like_dns(f.server);
  return yes_if(one || (f.port(53) && (f.client.size() >= 12 || f.server.size() >= 12)));
}
Match mdns(const First& f) { return yes_if(f.port(5353) && (f.client.size() >= 12 || f.server.size() >= 12)); }    // RFC 6762
Match llmnr(const First& f) { return yes_if(f.port(5355) && (f.client.size() >= 12 || f.server.size() >= 12)); }   // RFC 4795
Match netbios(const First& f) {  // RFC 1002 sections 4.2, 4.4
  if (f.port(137)) return yes_if(f.client.size() >= 12 || f.server.size() >= 12);
  return yes_if(f.port(138) && f.client.size() >= 14 && f.client[0] >= 0x10 && f.client[0] <= 0x16);
}
Match dhcp(const First& f) {  // RFC 2131 section 2
  const auto one = [](base::View v) { return v.size() >= 240 && (v[0] == 1 || v[0] == 2) && v[2] <= 16 && be32(v, 236) == 0x63825363; };
  return yes_if(one(f.client) || one(f.server) || ((f.port(67) || f.port(68)) && f.client.size() >= 236 && (f.client[0] == 1 || f.client[0] == 2)));
}
Match dhcpv6(const First& f) { return yes_if((f.port(546) || f.port(547)) && f.client.size() >= 4 && f.client[0] >= 1 && f.client[0] <= 36); }
Match ntp(const First& f) {  // RFC 5905 section 7.3
  const auto one = [](base::View v) {
    const int version = (at(v, 0) >> 3) & 7, mode = at(v, 0) & 7;
    return version >= 1 && version <= 4 && mode >= 1 && (v.size() >= 48 || (mode >= 6 && v.size() >= 4));
  };
  return yes_if(f.port(123) && (one(f.client) || one(f.server)));
}
Match quic(const First& f) {  // RFC 9000 section 17.2; RFC 9369; Google QUIC
  const auto one = [&f](base::View v) {
    if (v.size() < 16) return false;
    const std::uint32_t version = be32(v, 1);
    if ((v[0] & 0xc0) == 0xc0) {
      const bool google = (v[1] == 'Q' || v[1] == 'T') && v[2] == '0' && v[3] >= '0' && v[3] <= '9' && v[4] >= '0' && v[4] <= '9';
      const bool known = version == 1 || version == 0x6b3343cf || (version >> 8) == 0xff0000 || google ||
                         ((version & 0x0f0f0f0f) == 0x0a0a0a0a && v.size() >= 1000) || (version >> 8) == 0xfaceb0;
      return known && v[5] <= 20;
    }
    if ((v[0] & 0x80) == 0 && (v[0] & 0x09) == 0x09 && v[9] == 'Q' && v[10] == '0' && v[11] >= '0' && v[11] <= '9' && v[12] >= '0' && v[12] <= '9') return true;  // gQUIC up to Q043
    if (f.port(443) && (v[0] & 0xcc) == 0x0c && v.size() >= 20) return true;  // gQUIC with a connection id of 8 bytes
    return f.port(443) && (v[0] & 0xc0) == 0x40 && v.size() >= 21;                                  // short header
  };
  return yes_if(one(f.client) || one(f.server));
}
Match stun(const First& f) {  // RFC 8489 section 5
  const auto one = [](base::View v) { return v.size() >= 20 && (v[0] & 0xc0) == 0 && be32(v, 4) == 0x2112a442 && be16(v, 2) % 4 == 0; };
  const auto old = [&f](base::View v) { return f.port(3478) && v.size() >= 20 && v[0] <= 1 && be16(v, 2) + 20u == v.size(); };
  return yes_if(one(f.client) || one(f.server) || old(f.client));
}
Match radius(const First& f) {  // RFC 2865 section 3
  const bool port = f.port(1812) || f.port(1813) || f.port(1645) || f.port(1646) || f.port(3799);
  const auto one = [](base::View v) { return v.size() >= 20 && v[0] >= 1 && v[0] <= 52 && be16(v, 2) >= 20 && be16(v, 2) <= v.size(); };
  return yes_if(port && (one(f.client) || one(f.server)));
}
Match ike(const First& f) {  // RFC 7296 section 3.1; RFC 3948
  const auto header = [](base::View v) { return v.size() >= 28 && (v[17] == 0x10 || v[17] == 0x20) && be32(v, 24) >= 28 && be32(v, 24) <= 65535; };
  const auto one = [&](base::View v) { return header(v) || (v.size() >= 32 && be32(v, 0) == 0 && header(v.subspan(4))); };
  if ((f.port(500) || f.port(4500) || f.port(848)) && (one(f.client) || one(f.server))) return Match::yes;
  return yes_if(f.port(4500) && !f.client.empty());
}
Match coap(const First& f) {  // RFC 7252 section 3
  const auto one = [](base::View v) { return v.size() >= 4 && (v[0] >> 6) == 1 && (v[0] & 15) <= 8 && ((v[1] >> 5) == 0 || ((v[1] >> 5) >= 2 && (v[1] >> 5) <= 5)); };
  return yes_if(f.port(5683) && (one(f.client) || one(f.server)));
}
Match openvpn(const First& f) {
  const auto one = [](base::View v) { return v.size() >= 14 && ((v[0] >> 3) == 7 || (v[0] >> 3) == 8 || (v[0] >> 3) == 10) && (v[0] & 7) == 0; };
  return yes_if((one(f.client) && one(f.server)) || (f.port(1194) && (f.client.size() >= 14 && (f.client[0] >> 3) >= 1 && (f.client[0] >> 3) <= 11)));
}
Match wireguard(const First& f) {
  const auto one = [](base::View v) {
    if (v.size() < 32 || v[1] != 0 || v[2] != 0 || v[3] != 0) return false;
    return (v[0] == 1 && v.size() == 148) || (v[0] == 2 && v.size() == 92) || (v[0] == 3 && v.size() == 64) || (v[0] == 4 && v.size() % 16 == 0);
  };
  return yes_if(one(f.client) || one(f.server));
}
Match dtls(const First& f) {  // RFC 6347 section 4.1
  const auto one = [](base::View v) { return v.size() >= 13 && v[0] >= 20 && v[0] <= 25 && v[1] == 0xfe && (v[2] == 0xff || v[2] == 0xfd || v[2] == 0xfc); };
  return yes_if(one(f.client) || one(f.server));
}
Match rip(const First& f) { return yes_if((f.port(520) || f.port(521)) && f.client.size() >= 4 && f.client[0] >= 1 && f.client[0] <= 11 && f.client[1] <= 2); }
Match l2tp(const First& f) { return yes_if(f.port(1701) && f.client.size() >= 6 && ((f.client[1] & 15) == 2 || (f.client[1] & 15) == 3)); }
Match netflow(const First& f) {
  const base::View c = f.client;
  const bool port = f.port(2055) || f.port(9995) || f.port(9996) || f.port(4739) || f.port(2056) || f.port(6343) || f.port(9555);
  return yes_if(port && c.size() >= 16 && (be16(c, 0) == 1 || be16(c, 0) == 5 || be16(c, 0) == 7 || be16(c, 0) == 9 || (be16(c, 0) == 10 && be16(c, 2) <= c.size())));
}
Match sflow(const First& f) { return yes_if(f.client.size() >= 28 && be32(f.client, 0) == 5 && (be32(f.client, 4) == 1 || be32(f.client, 4) == 2) && f.port(6343)); }
Match ipmi(const First& f) { return yes_if(f.port(623) && f.client.size() >= 4 && f.client[0] == 6 && (f.client[3] & 0x1f) >= 6); }
Match bacnet(const First& f) { return yes_if(f.client.size() >= 4 && f.client[0] == 0x81 && f.client[1] <= 0x0c && be16(f.client, 2) == f.client.size()); }
Match rtcp(const First& f) {  // RFC 3550 section 6.4
  const auto one = [](base::View v) { return v.size() >= 8 && (v[0] >> 6) == 2 && v[1] >= 200 && v[1] <= 207 && (be16(v, 2) + 1u) * 4u <= v.size(); };
  return yes_if(one(f.client) || one(f.server));
}
Match rtp(const First& f) {  // RFC 3550 section 5.1, static and dynamic payload types of RFC 3551
  const auto one = [](base::View v) {
    const int type = at(v, 1) & 0x7f;
    const std::size_t header = 12 + std::size_t{at(v, 0) & 15u} * 4;
    return v.size() > header && (v[0] >> 6) == 2 && (v[0] & 15) <= 2 && (type <= 34 || (type >= 96 && type <= 127));
  };
  const auto follows = [&](base::View a, base::View b) {  // the same source and payload, a little later
    return one(a) && one(b) && be32(a, 8) == be32(b, 8) && static_cast<std::uint16_t>(be16(b, 2) - be16(a, 2)) < 50;
  };
  // One packet alone: 20 ms or 30 ms of a telephone codec (RFC 3551 table 4) fill it exactly.
  const auto telephone = [&](base::View v) {
    const int type = at(v, 1) & 0x7f;
    return one(v) && (v[0] & 15) == 0 && ((type == 0 || type == 8 || type == 9) ? (v.size() - 12) % 80 == 0 : type == 18 ? (v.size() - 12) % 10 == 0 && v.size() <= 72
                      : type == 3 ? (v.size() - 12) % 33 == 0 : type == 4 && (v.size() - 12) % 24 == 0);
  };
  if (f.client_port < 1024 || f.server_port < 1024) return Match::no;
  if (follows(f.client, f.client_next) || follows(f.server, f.server_next)) return Match::yes;
  if (f.final && (telephone(f.client) || telephone(f.server))) return Match::yes;
  return f.client_next.empty() && f.server_next.empty() && (one(f.client) || one(f.server)) ? Match::maybe : Match::no;
}
Match hsrp(const First& f) { return yes_if((f.port(1985) || f.port(2029)) && f.client.size() >= 20); }
Match bfd(const First& f) { return yes_if((f.port(3784) || f.port(3785) || f.port(4784)) && f.client.size() >= 24 && (f.client[0] >> 5) == 1); }
Match ldp(const First& f) { return yes_if(f.port(646) && f.client.size() >= 10 && be16(f.client, 0) == 1); }
Match memcached_udp(const First& f) { return yes_if(f.port(11211) && f.client.size() > 8 && be16(f.client, 4) >= 1 && be16(f.client, 6) == 0); }
Match teredo(const First& f) { return yes_if(f.port(3544) && f.client.size() >= 40); }
Match slp(const First& f) { return yes_if(f.port(427) && f.client.size() >= 14 && (f.client[0] == 1 || f.client[0] == 2)); }

}  // namespace fengsui::capture::match
