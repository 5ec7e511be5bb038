// Recognisers of protocols that run networks: routing, tunnels, telephony, storage, management.
#include "capture/protocols/match_more.h"

namespace fengsui::capture::match {
namespace {

bool word_of(base::View v, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view w) { return starts_any_case(v, w) && at(v, w.size()) == ' '; });
}
bool printable_line(base::View v, std::size_t limit) {
  const auto end = std::find(v.begin(), v.end(), std::uint8_t{'\n'});
  if (end == v.end() || static_cast<std::size_t>(end - v.begin()) > limit) return false;
  return std::all_of(v.begin(), end, [](std::uint8_t c) { return c >= 0x20 || c == '\r' || c == '\t'; });
}

}  // namespace

Match tacacs(const First& f) {  // RFC 8907 section 4.1
  const auto one = [](base::View v) { return v.size() >= 12 && (v[0] == 0xc0 || v[0] == 0xc1) && v[1] >= 1 && v[1] <= 3 && v[2] >= 1 && v[3] <= 7 && be32(v, 8) < 65536; };
  return yes_if((f.port(49) && (one(f.client) || one(f.server))) || (one(f.client) && one(f.server) && be32(f.client, 4) == be32(f.server, 4)));
}
Match tacacs_udp(const First& f) { return yes_if(f.port(49) && f.client.size() >= 6 && (f.client[0] == 0 || f.client[0] == 0x80)); }
Match diameter(const First& f) {  // RFC 6733 section 3
  const auto one = [](base::View v) { return v.size() >= 20 && v[0] == 1 && be24(v, 1) >= 20 && be24(v, 1) % 4 == 0 && (v[4] & 0x0f) == 0 && be24(v, 5) >= 257 && be24(v, 5) < 0x1000000; };
  const auto base_command = [](base::View v) { return be24(v, 5) == 257 || be24(v, 5) == 280 || be24(v, 5) == 282 || be24(v, 5) == 272 || be24(v, 5) == 271 || be24(v, 5) == 316; };
  return yes_if((one(f.client) && (f.port(3868) || base_command(f.client))) || (one(f.server) && (f.port(3868) || base_command(f.server))));
}
Match ldp_tcp(const First& f) {  // RFC 5036 section 3.1
  const auto one = [](base::View v) { return v.size() >= 18 && be16(v, 0) == 1 && be16(v, 2) >= 14 && (be16(v, 10) & 0x7fff) >= 1 && (be16(v, 10) & 0x7fff) <= 0x0500; };
  return yes_if(f.port(646) && (one(f.client) || one(f.server)));
}
Match tdp(const First& f) { return yes_if(f.port(711) && f.client.size() >= 10 && be16(f.client, 0) == 1); }
Match msdp(const First& f) { return yes_if(f.port(639) && f.client.size() >= 3 && f.client[0] >= 1 && f.client[0] <= 7 && be16(f.client, 1) >= 3); }  // RFC 3618
Match openflow(const First& f) {
  const auto hello = [](base::View v) { return v.size() >= 8 && v[0] >= 1 && v[0] <= 6 && v[1] <= 35 && be16(v, 2) >= 8 && be16(v, 2) <= v.size(); };
  return yes_if((f.port(6633) || f.port(6653) || (hello(f.server) && at(f.client, 1) == 0 && at(f.server, 1) == 0 && at(f.client, 0) >= 4)) && hello(f.client));
}
Match bmp(const First& f) { return yes_if(f.client.size() >= 6 && f.client[0] == 3 && be32(f.client, 1) >= 6 && be32(f.client, 1) < 65536 && f.client[5] == 4 && be32(f.client, 1) > 10 && be16(f.client, 6) <= 2); }  // RFC 7854
Match rpki(const First& f) { return yes_if((f.port(323) || f.port(8282) || f.port(3323)) && f.client.size() >= 8 && f.client[0] <= 2 && f.client[1] <= 10 && be32(f.client, 4) >= 8 && be32(f.client, 4) <= 32); }
Match iscsi(const First& f) {  // RFC 7143 section 11.12
  return yes_if((f.client.size() >= 48 && f.client[0] == 0x43 && contains(f.client, "InitiatorName=")) || (f.port(3260) && f.client.size() >= 48 && (f.client[0] & 0x80) == 0));
}
Match nbd(const First& f) { return yes_if(starts(f.server, "NBDMAGIC")); }
Match afp(const First& f) {  // Data Stream Interface
  const auto one = [](base::View v) { return v.size() >= 16 && v[0] <= 1 && v[1] >= 1 && v[1] <= 8 && be32(v, 12) == 0 && be32(v, 8) < (1u << 20); };
  return yes_if(f.port(548) && (one(f.client) || one(f.server)));
}
Match openvpn_tcp(const First& f) {
  const auto one = [](base::View v) { return v.size() >= 16 && be16(v, 0) >= 14 && be16(v, 0) < 1500 && (v[2] == 0x38 || v[2] == 0x40 || v[2] == 0x50) && v.size() >= 2u + be16(v, 0); };
  return yes_if(one(f.client) && (f.server.empty() ? f.port(1194) || f.port(443) : one(f.server)));
}
Match h323(const First& f) {  // ITU-T Q.931 above RFC 1006
  const auto one = [](base::View v) { return v.size() >= 9 && v[0] == 3 && v[1] == 0 && v[4] == 8 && v[5] >= 1 && v[5] <= 3; };
  return yes_if(one(f.client) || one(f.server));
}
Match h225_ras(const First& f) { return yes_if((f.port(1719) || f.port(1718)) && f.client.size() >= 6); }
Match skinny(const First& f) {
  const auto one = [](base::View v) { return v.size() >= 12 && le32(v, 0) >= 4 && le32(v, 0) < 4096 && (le32(v, 4) == 0 || le32(v, 4) == 0x11 || le32(v, 4) == 0x12) && le32(v, 8) < 0x1000; };
  return yes_if(f.port(2000) && (one(f.client) || one(f.server)));
}
Match megaco(const First& f) { return yes_if(starts(f.client, "MEGACO/") || starts(f.client, "!/1 [") || starts(f.client, "!/2 [") || starts(f.client, "!/1 <")); }  // RFC 3525
Match megaco_udp(const First& f) { return megaco(f); }
Match msrp(const First& f) { return yes_if(starts(f.client, "MSRP ") || starts(f.server, "MSRP ")); }  // RFC 4975
Match mgcp(const First& f) {  // RFC 3435 section 3
  return yes_if(word_of(f.client, {"AUEP", "AUCX", "CRCX", "DLCX", "EPCF", "MDCX", "NTFY", "RQNT", "RSIP"}) && (contains_any_case(f.client, "MGCP") || f.port(2427) || f.port(2727)));
}
Match iax(const First& f) { return yes_if(f.port(4569) && f.client.size() >= 12 && ((f.client[0] & 0x80) == 0 || f.client[10] <= 0x0c)); }  // RFC 5456
Match sap(const First& f) { return yes_if((f.port(9875) && f.client.size() >= 8 && (f.client[0] >> 5) == 1) || (f.client.size() > 20 && (f.client[0] >> 5) == 1 && contains(f.client, "application/sdp"))); }
Match smpp(const First& f) {  // SMPP 3.4 section 3.2
  const auto one = [](base::View v) {
    const std::uint32_t command = be32(v, 4) & 0x7fffffff;
    return v.size() >= 16 && be32(v, 0) >= 16 && be32(v, 0) < 65536 && (command <= 9 || command == 0x15 || command == 0x21 || command == 0x103) && be32(v, 8) < 0x500 && be32(v, 12) != 0 && be32(v, 12) < 0x7fffffff;
  };
  const auto bind = [&](base::View v) { return one(v) && (be32(v, 4) == 1 || be32(v, 4) == 2 || be32(v, 4) == 9) && be32(v, 8) == 0 && be32(v, 0) > 20; };
  return yes_if((f.port(2775) && (one(f.client) || one(f.server))) || (bind(f.client) && one(f.server)));
}
Match lpd(const First& f) { return yes_if(f.port(515) && f.client.size() >= 2 && f.client[0] >= 1 && f.client[0] <= 5 && f.client[1] > 0x20); }  // RFC 1179
Match whois(const First& f) { return yes_if(f.port(43) && (f.client.empty() ? is_clear_text(f.server) : printable_line(f.client, 256))); }  // RFC 3912
Match finger(const First& f) { return yes_if(f.port(79) && printable_line(f.client, 256)); }
Match gopher(const First& f) { return yes_if(f.port(70) && printable_line(f.client, 256)); }
Match ceph(const First& f) { return yes_if(starts(f.server, "ceph v") || starts(f.client, "ceph v")); }

Match gtp(const First& f) {  // 3GPP TS 29.060, 29.274, 29.281
  const auto one = [](base::View v) { return v.size() >= 8 && ((v[0] >> 5) == 1 || (v[0] >> 5) == 2) && be16(v, 2) <= v.size(); };
  return yes_if((f.port(2152) || f.port(2123) || f.port(3386)) && (one(f.client) || one(f.server)));
}
Match pfcp(const First& f) { return yes_if(f.port(8805) && f.client.size() >= 8 && (f.client[0] >> 5) == 1 && be16(f.client, 2) + 4u <= f.client.size()); }
Match natpmp(const First& f) { return yes_if((f.port(5351) || f.port(5350)) && f.client.size() >= 2 && f.client[0] == 0 && f.client.size() <= 16); }  // RFC 6886
Match pcp(const First& f) { return yes_if((f.port(5351) || f.port(5350)) && f.client.size() >= 24 && f.client[0] == 2); }                          // RFC 6887
Match ptp(const First& f) { return yes_if((f.port(319) || f.port(320)) && f.client.size() >= 34 && ((f.client[1] & 15) == 2 || f.client[1] == 1)); }  // IEEE 1588
Match capwap(const First& f) { return yes_if((f.port(5246) || f.port(5247) || f.port(12222) || f.port(12223)) && f.client.size() >= 8 && f.client[0] <= 1); }  // RFC 5415
Match lisp(const First& f) { return yes_if((f.port(4341) || f.port(4342)) && f.client.size() >= 8); }  // RFC 9300
Match geneve(const First& f) { return yes_if(f.port(6081) && f.client.size() >= 8 && (f.client[0] >> 6) == 0); }
Match vxlan(const First& f) { return yes_if((f.port(4789) || f.port(8472)) && f.client.size() >= 8 && (f.client[0] & 8) != 0); }
Match glbp(const First& f) { return yes_if(f.port(3222) && f.client.size() >= 12 && f.client[0] == 1); }
Match cisco_auto_rp(const First& f) { return yes_if(f.port(496) && f.client.size() >= 8 && (f.client[0] >> 4) == 1); }
Match mobile_ip(const First& f) { return yes_if(f.port(434) && f.client.size() >= 8 && (f.client[0] == 1 || f.client[0] == 3)); }  // RFC 5944
Match xdmcp(const First& f) { return yes_if(f.port(177) && f.client.size() >= 6 && be16(f.client, 0) == 1 && be16(f.client, 4) + 6u == f.client.size()); }
Match afs(const First& f) { return yes_if((f.client_port >= 7000 && f.client_port <= 7009 && f.server_port >= 7000 && f.server_port <= 7009) && f.client.size() >= 28 && f.client[20] >= 1 && f.client[20] <= 13); }  // Rx
Match collectd(const First& f) { return yes_if(f.client.size() >= 8 && be16(f.client, 0) == 0 && be16(f.client, 2) >= 5 && be16(f.client, 2) < 128 && f.client.size() > be16(f.client, 2) + 4u && at(f.client, be16(f.client, 2) - 1u) == 0 && f.port(25826)); }
Match statsd(const First& f) {
  const std::string_view s = base::text(f.client);
  const auto colon = s.find(':'), bar = s.find('|');
  return yes_if(f.port(8125) && colon != std::string_view::npos && bar != std::string_view::npos && colon < bar);
}
Match gelf(const First& f) { return yes_if(f.port(12201) && f.client.size() >= 12 && ((f.client[0] == 0x1e && f.client[1] == 0x0f) || (f.client[0] == 0x1f && f.client[1] == 0x8b) || f.client[0] == '{' || f.client[0] == 0x78)); }
Match wol(const First& f) {
  const base::View c = f.client;
  if (c.size() < 102) return Match::no;
  for (std::size_t i = 0; i < 6; ++i) if (c[i] != 0xff) return Match::no;
  for (std::size_t i = 12; i < 102; ++i) if (c[i] != c[i - 6]) return Match::no;
  return Match::yes;
}
Match tftp_data(const First& f) {  // RFC 1350 section 4: data goes between two new ports
  const auto data = [](base::View v) { return v.size() >= 4 && v.size() <= 516 && be16(v, 0) == 3 && be16(v, 2) == 1; };
  const auto reply = [](base::View v) { return v.size() == 4 && be16(v, 0) == 4 && be16(v, 2) <= 1; };
  const auto options = [](base::View v) { return v.size() >= 6 && be16(v, 0) == 6 && v.back() == 0 && v[2] >= 0x61; };
  return yes_if((data(f.client) && (reply(f.server) || (f.server.empty() && f.client.size() == 516))) || (options(f.client) && reply(f.server)) || (data(f.server) && reply(f.client)) ||
                (f.port(69) && f.client.size() >= 4 && f.client[0] == 0 && f.client[1] >= 3 && f.client[1] <= 6));
}
Match rpc_answer_udp(const First& f) { return yes_if(f.port(111) && f.client.size() >= 12 && be32(f.client, 4) <= 1); }
Match dcerpc_udp(const First& f) { return yes_if(f.client.size() >= 80 && f.client[0] == 4 && f.client[1] <= 10 && f.client[3] <= 1 && (f.client[4] & 0xef) == 0 && f.client[5] == 0 && f.client[6] == 0); }
Match zrtp(const First& f) { return yes_if(f.client.size() >= 24 && f.client[0] == 0x10 && starts(f.client.subspan(4), "ZRTP")); }  // RFC 6189
Match turn(const First& f) {  // RFC 8656 section 12.4
  const auto one = [](base::View v) { return v.size() >= 8 && v[0] == 0x40 && be16(v, 2) + 4u <= v.size() && be16(v, 2) + 8u > v.size(); };
  return yes_if((f.port(3478) || f.port(19302) || f.port(19305)) && (one(f.client) || one(f.server)));
}
Match tzsp(const First& f) { return yes_if(f.port(37008) && f.client.size() >= 5 && f.client[0] == 1 && f.client[1] <= 5); }
Match rdp_udp(const First& f) { return yes_if(f.port(3389) && f.client.size() >= 8 && (be32(f.client, 0) == 0xffffffff || f.client.size() >= 1000)); }
Match simple_udp(const First& f) { return yes_if((f.port(7) || f.port(9) || f.port(13) || f.port(17) || f.port(19) || f.port(37)) && f.client.size() >= 1 && f.client_port != f.server_port && is_clear_text(f.server)); }
Match quic_short(const First& f) { return yes_if((f.port(443) || f.port(80)) && f.client.size() >= 20 && f.server.size() >= 20 && (f.client[0] & 0x40) != 0 && (f.server[0] & 0x40) != 0); }

}  // namespace fengsui::capture::match
