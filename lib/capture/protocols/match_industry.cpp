// Recognisers of protocols of plants, vehicles and hospitals.
#include "capture/protocols/match_more.h"

namespace fengsui::capture::match {
namespace {

std::uint16_t le16(base::View v, std::size_t i) { return static_cast<std::uint16_t>(at(v, i) | (at(v, i + 1) << 8)); }

bool enip_header(base::View v) {  // CIP volume 2, section 2-3.1
  if (v.size() < 24) return false;
  const std::uint16_t command = le16(v, 0);
  const bool known = command == 1 || command == 4 || (command >= 0x63 && command <= 0x66) || command == 0x6f || command == 0x70 || command == 0x72 || command == 0x73;
  return known && le16(v, 2) + 24u <= v.size() + 1500u && le32(v, 8) <= 0x69 && le32(v, 20) == 0;
}
bool hart(base::View v) { return v.size() >= 8 && v[0] == 1 && v[1] <= 2 && v[2] <= 3 && be16(v, 6) >= 8 && be16(v, 6) <= v.size(); }
bool some_ip(base::View v) {  // AUTOSAR PRS_SOMEIPProtocol section 4.1
  return v.size() >= 16 && be32(v, 4) >= 8 && be32(v, 4) + 8 <= v.size() + 1400 && v[12] == 1 && (v[14] <= 2 || v[14] == 0x80 || v[14] == 0x81) && v[15] <= 0x20;
}

}  // namespace

Match enip(const First& f) { return yes_if((enip_header(f.client) || enip_header(f.server)) && (f.port(44818) || (enip_header(f.client) && f.client.size() >= 28 && at(f.client, 0) == 0x65))); }
Match enip_udp(const First& f) { return yes_if((f.port(44818) && (enip_header(f.client) || enip_header(f.server))) || (f.port(2222) && f.client.size() >= 18 && le16(f.client, 0) == 2 && le16(f.client, 2) == 0x8002)); }
Match fins_tcp(const First& f) { return yes_if((starts(f.client, "FINS") || starts(f.server, "FINS")) && (f.client.empty() ? f.server : f.client).size() >= 16); }
Match fins(const First& f) {
  const auto one = [](base::View v) { return v.size() >= 12 && (v[0] == 0x80 || v[0] == 0xc0 || v[0] == 0xc1) && v[1] == 0 && v[2] <= 7; };
  return yes_if(f.port(9600) && (one(f.client) || one(f.server)));
}
Match ads(const First& f) {  // AMS/TCP
  const auto one = [](base::View v) { return v.size() >= 38 && le16(v, 0) == 0 && le32(v, 2) >= 32 && le32(v, 2) + 6 <= v.size() + 65536 && le16(v, 22) <= 9; };
  return yes_if((f.port(48898) && (one(f.client) || one(f.server))) || (one(f.client) && one(f.server) && le32(f.client, 34) == le32(f.server, 34)));
}
Match c37_118(const First& f) {  // IEEE C37.118.2: synchrophasors
  const auto one = [](base::View v) { return v.size() >= 16 && v[0] == 0xaa && (v[1] & 0x8f) <= 2 && (v[1] >> 4) <= 5 && be16(v, 2) >= 16 && be16(v, 2) <= v.size(); };
  return yes_if((f.port(4712) || f.port(4713) || one(f.client)) && (one(f.client) || one(f.server)));
}
Match dicom(const First& f) {  // DICOM PS3.8 section 9.3.2
  const base::View c = f.client;
  return yes_if(c.size() >= 10 && c[0] == 1 && c[1] == 0 && be32(c, 2) >= 68 && be32(c, 2) < 65536 && be16(c, 6) == 1 && be16(c, 8) == 0);
}
Match hl7(const First& f) { return yes_if(starts(f.client, "\x0bMSH|") || starts(f.server, "\x0bMSH|")); }  // HL7 minimal lower layer protocol
Match doip(const First& f) {  // ISO 13400-2
  const auto one = [](base::View v) { return v.size() >= 8 && (v[0] == 1 || v[0] == 2 || v[0] == 3 || v[0] == 0xff) && v[1] == (v[0] ^ 0xff) && be32(v, 4) + 8 <= v.size() + 65536; };
  return yes_if(f.port(13400) && (one(f.client) || one(f.server)));
}
Match hislip(const First& f) { return yes_if(starts(f.client, "HS") && f.client.size() >= 16 && f.client[2] == 0 && be32(f.client, 8) == 0); }  // IVI-6.1
Match tpkt(const First& f) {  // RFC 1006 on its port: what runs above it was not told
  const auto one = [](base::View v) { return v.size() >= 7 && v[0] == 3 && v[1] == 0 && be16(v, 2) >= 7 && (v[5] == 0xe0 || v[5] == 0xd0 || v[5] == 0xf0); };
  return yes_if(f.port(102) && (one(f.client) || one(f.server)));
}
Match mms(const First& f) {  // ISO 9506 above RFC 1006: session CONNECT or data with presentation
  const auto one = [](base::View v) { return v.size() >= 12 && v[0] == 3 && v[1] == 0 && v[5] == 0xf0 && (v[7] == 0x0d || v[7] == 0x0e || (v[7] == 1 && v[8] == 0 && v[9] == 1)); };
  return yes_if(one(f.client) || one(f.server));
}
Match profinet(const First& f) { return yes_if(f.port(34964) && f.client.size() >= 16 && f.client[0] <= 5); }
Match profinet_udp(const First& f) { return yes_if((f.port(34964) || f.port(34962) || f.port(34963)) && f.client.size() >= 16 && f.client[0] == 4 && f.client[1] <= 0x13); }
Match hart_ip(const First& f) { return yes_if(f.port(5094) && (hart(f.client) || hart(f.server))); }
Match hart_ip_udp(const First& f) { return hart_ip(f); }
Match someip(const First& f) { return yes_if(some_ip(f.client) && (f.port(30490) || f.port(30491) || f.port(30501) || some_ip(f.server))); }
Match someip_udp(const First& f) {
  return yes_if((some_ip(f.client) && (be32(f.client, 0) == 0xffff8100 || some_ip(f.server) || f.port(30490) || f.port(30491) || f.port(30501))));
}
Match knx(const First& f) { return yes_if(f.client.size() >= 8 && f.client[0] == 6 && f.client[1] == 0x10 && be16(f.client, 4) == f.client.size()); }  // EN 50090
Match rtps(const First& f) { return yes_if(f.client.size() >= 20 && starts(f.client, "RTPS")); }  // OMG DDSI-RTPS section 9.4
Match dnp3_udp(const First& f) { return yes_if(dnp3_header(f.client) || dnp3_header(f.server)); }
Match zigbee(const First& f) { return yes_if(f.port(17754) && f.client.size() >= 5 && f.client[0] == 'E' && f.client[1] == 'X'); }
Match lorawan(const First& f) {  // Semtech UDP packet forwarder
  return yes_if(f.port(1700) && f.client.size() >= 4 && (f.client[0] == 1 || f.client[0] == 2) && f.client[3] <= 5);
}
Match mqtt_sn(const First& f) { return yes_if((f.port(1883) || f.port(1884) || f.port(10000)) && f.client.size() >= 3 && f.client[0] == f.client.size() && f.client[1] <= 0x1d); }

}  // namespace fengsui::capture::match
