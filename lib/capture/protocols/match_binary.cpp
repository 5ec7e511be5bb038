// Recognisers of protocols over TCP whose first bytes are binary.
#include "capture/protocols/dns.h"
#include "capture/protocols/match.h"

namespace fengsui::capture::match {
namespace {

bool tls_record(base::View v) {  // RFC 8446 section 5.1, RFC 6101
  if (v.size() < 5 || v[0] < 20 || v[0] > 24 || v[1] != 3 || v[2] > 4) return false;
  const std::uint16_t length = be16(v, 3);
  if (length == 0 || length > 16384 + 2048) return false;
  if (v.size() > 5 && v[0] == 22) return v[5] <= 24 && (v.size() < 9 || v[5] != 1 || be24(v, 6) < 65536);
  if (v[0] == 21) return length == 2 || length > 16;
  if (v[0] == 20) return length == 1;
  if (v.size() >= 5u + length + 3u) return v[5u + length] >= 20 && v[5u + length] <= 24 && v[6u + length] == 3;
  return true;
}
bool sslv2_hello(base::View v) {  // RFC 5246 appendix E.2
  if (v.size() < 11 || (v[0] & 0x80) == 0 || v[2] != 1) return false;
  const bool version = (v[3] == 0 && v[4] == 2) || (v[3] == 3 && v[4] <= 4);
  const std::uint16_t ciphers = be16(v, 5), session = be16(v, 7), challenge = be16(v, 9);
  return version && ciphers != 0 && ciphers % 3 == 0 && (session == 0 || session == 16) && challenge >= 16 && challenge <= 32;
}
bool rpc_call(base::View v, std::size_t i) {  // RFC 5531 section 9
  return v.size() >= i + 16 && be32(v, i + 4) == 0 && be32(v, i + 8) == 2 && be32(v, i + 12) >= 100000 && be32(v, i + 12) < 0x40000000;
}

}  // namespace

Match tls(const First& f) {
  if (tls_record(f.client) || tls_record(f.server)) return Match::yes;
  if (sslv2_hello(f.client)) return Match::yes;
  const auto short_record = [](base::View v) { return !v.empty() && v.size() < 5 && v[0] >= 20 && v[0] <= 23 && (v.size() < 2 || v[1] == 3); };
  return short_record(f.client) || short_record(f.server) ? Match::maybe : Match::no;
}

Match tlcp(const First& f) {  // GB/T 38636-2020 section 6.3.3: record version 0x0101
  const auto record = [](base::View v) { return v.size() >= 6 && v[0] == 22 && v[1] == 1 && v[2] == 1 && v[5] <= 24; };
  return yes_if(record(f.client) || record(f.server));
}

Match telnet(const First& f) {  // RFC 854
  const auto option = [](base::View v) { return v.size() >= 3 && v[0] == 0xff && v[1] >= 0xfa && v[1] <= 0xfe && v[2] <= 49 && (v.size() < 6 || v[1] == 0xfa || v[3] == 0xff || v[3] < 0x80); };
  return yes_if(option(f.client) || option(f.server) || (f.port(23) && (!f.client.empty() || !f.server.empty())));
}

Match mysql(const First& f) {  // MySQL internals: Protocol::HandshakeV10, ERR_Packet, COM_QUERY
  const base::View s = f.server, c = f.client;
  const auto length = [](base::View v) { return std::size_t{v[0]} | (std::size_t{v[1]} << 8) | (std::size_t{v[2]} << 16); };
  if (s.size() >= 8 && s[3] <= 1 && length(s) + 4 >= 8 && length(s) < 1024) {
    if (s[4] == 10 && s[5] >= '0' && s[5] <= '9') {
      const auto end = base::text(s).find('\0', 5);
      if (end != std::string_view::npos && end < 80) return Match::yes;
    }
    if (s[4] == 0xff && (f.port(3306) || contains_any_case(s, "HOST") || contains_any_case(s, "MYSQL") || contains_any_case(s, "MARIADB"))) return Match::yes;
  }
  if (f.port(3306)) {
    if (c.size() >= 5 && c[3] == 0 && length(c) + 4 == c.size() && c[4] <= 0x1f) return Match::yes;
    if (c.size() >= 36 && c[3] == 1 && length(c) + 4 <= c.size() + 4096 && (le32(c, 4) & 0x0200) != 0) return Match::yes;
    if (s.size() >= 5 && s[3] <= 3 && length(s) < 0x10000 && length(s) != 0) return Match::yes;
  }
  return Match::no;
}

Match postgres(const First& f) {  // PostgreSQL manual, chapter "Message Formats"
  const base::View c = f.client, s = f.server;
  if (c.size() >= 8) {
    const std::uint32_t length = be32(c, 0), code = be32(c, 4);
    if ((code == 80877103 || code == 80877104) && length == 8) return Match::yes;
    if (code == 80877102 && length == 16) return Match::yes;
    if ((code >> 16) == 3 && (code & 0xffff) < 64 && length >= 9 && length < 10000 && contains(c, "user")) return Match::yes;
  }
  const auto message = [](base::View v, std::string_view types) {
    return v.size() >= 5 && types.find(static_cast<char>(v[0])) != std::string_view::npos && be32(v, 1) >= 4 && be32(v, 1) < (1u << 24);
  };
  if (s.size() >= 9 && s[0] == 'R' && be32(s, 1) >= 8 && be32(s, 1) < 256 && be32(s, 5) <= 14) return Match::yes;
  if (message(c, "Q") && be32(c, 1) + 1 == c.size() && c.back() == 0) return Match::yes;
  if (message(c, "P") && message(s, "1")) return Match::yes;
  return yes_if((f.port(5432) || f.port(54321)) && (message(c, "QPBEDSpXHFdcf") || message(s, "RSKZTDCEN123nIGHW")));
}

Match mongodb(const First& f) {  // MongoDB wire protocol: MsgHeader
  const auto header = [](base::View v) {
    if (v.size() < 16) return false;
    const std::uint32_t length = le32(v, 0), code = le32(v, 12);
    const bool known = code == 1 || code == 1000 || (code >= 2001 && code <= 2007) || (code >= 2010 && code <= 2013);
    return known && length >= 16 && length <= 48000000u && (v.size() <= length || v.size() >= length);
  };
  const auto strong = [](base::View v) { return le32(v, 12) != 1; };
  if (header(f.client) && strong(f.client)) return Match::yes;
  return yes_if(header(f.server) && (strong(f.server) || f.port(27017)) && le32(f.server, 0) >= 36);
}

Match tds(const First& f) {  // MS-TDS section 2.2.3.1
  const auto packet = [](base::View v) { return v.size() >= 8 && v[1] <= 0x1f && be16(v, 2) >= 8 && be16(v, 2) <= 32767 && v[7] == 0; };
  const base::View c = f.client, s = f.server;
  if (packet(c) && c[0] == 0x12 && be16(c, 4) == 0 && c.size() > 9 && c[8] == 0 && c[9] == 0) return Match::yes;
  if (packet(c) && c[0] == 0x10 && c.size() > 16 && be16(c, 2) >= 36) return Match::yes;
  if (packet(s) && s[0] == 0x04 && s.size() > 9 && (s[8] == 0x81 || s[8] == 0xe3 || s[8] == 0xaa || s[8] == 0xab || s[8] == 0xad || s[8] == 0xfd)) return Match::yes;
  return yes_if(f.port(1433) && ((packet(c) && (c[0] == 1 || c[0] == 3 || c[0] == 6 || c[0] == 14 || c[0] == 2)) || (packet(s) && s[0] == 4)));
}

Match tns(const First& f) {  // Oracle Net: packet header
  const auto packet = [](base::View v) {
    if (v.size() < 8) return false;
    const bool size16 = be16(v, 0) >= 8 && be16(v, 2) == 0, size32 = be16(v, 0) == 0 && be32(v, 0) >= 8;
    return (size16 || size32) && v[4] >= 1 && v[4] <= 19 && be16(v, 6) == 0;
  };
  if (packet(f.client) && f.client[4] == 1 && (contains_any_case(f.client, "(CONNECT_DATA") || contains_any_case(f.client, "(DESCRIPTION") || be16(f.client, 8) >= 300))
    return Match::yes;
  if (packet(f.server) && contains(f.server, "(DESCRIPTION=")) return Match::yes;
  return yes_if((f.port(1521) || f.port(1526)) && (packet(f.client) || packet(f.server)));
}

Match smb(const First& f) {  // MS-SMB section 2.2.3.1, MS-SMB2 section 2.2.1
  const auto one = [](base::View v) {
    return v.size() >= 8 && v[0] == 0 && (v[4] == 0xff || v[4] == 0xfe || v[4] == 0xfd || v[4] == 0xfc) && starts(v.subspan(5), "SMB");
  };
  if (one(f.client) || one(f.server)) return Match::yes;
  const auto session = [](base::View v) { return v.size() >= 4 && (v[0] == 0x81 || v[0] == 0x82 || v[0] == 0x85) && v[1] == 0; };
  if (session(f.client)) {  // RFC 1002 section 4.3.2: the NetBIOS session comes first
    const std::size_t n = 4u + be16(f.client, 2);
    if (f.client.size() > n && one(f.client.subspan(n))) return Match::yes;
    return f.client.size() < n + 8 ? Match::maybe : Match::no;
  }
  return Match::no;
}
Match netbios_session(const First& f) {
  if (f.client.size() < 4 || f.client[0] != 0x81 || f.client[1] != 0 || be16(f.client, 2) != 68) return Match::no;
  return f.client.size() >= 80 || f.final ? Match::yes : Match::maybe;
}

Match dcerpc(const First& f) {  // C706 chapter 12
  const auto one = [](base::View v) {
    return v.size() >= 16 && v[0] == 5 && v[1] <= 1 && v[2] <= 19 && (v[4] == 0x10 || v[4] == 0) && v[5] <= 3 && v[6] == 0 && v[7] == 0 &&
           (std::size_t{v[8]} | (std::size_t{v[9]} << 8)) >= 16;
  };
  return yes_if(one(f.client) || one(f.server));
}

namespace {
// A BER length at i; 0 when malformed. `used` receives its size.
std::size_t ber_length(base::View v, std::size_t i, std::size_t& used) {
  const std::uint8_t first = at(v, i);
  used = 1;
  if (first < 0x80) return first;
  const std::size_t n = first & 0x7f;
  if (n == 0 || n > 4) return 0;
  std::size_t length = 0;
  for (std::size_t k = 1; k <= n; ++k) length = (length << 8) | at(v, i + k);
  used = 1 + n;
  return length;
}
}  // namespace

Match ldap(const First& f) {  // RFC 4511 section 4.1.1
  const auto one = [](base::View v) {
    std::size_t used = 0;
    if (v.size() < 7 || v[0] != 0x30 || ber_length(v, 1, used) < 5) return false;
    const std::size_t i = 1 + used;
    if (at(v, i) != 2 || at(v, i + 1) == 0 || at(v, i + 1) > 4) return false;
    const std::uint8_t op = at(v, i + 2 + at(v, i + 1));
    return (op >= 0x60 && op <= 0x79) || op == 0x42 || op == 0x4a || op == 0x50;
  };
  return yes_if(one(f.client) || one(f.server));
}

Match snmp(const First& f) {  // RFC 3416, RFC 3412 section 6
  const auto one = [](base::View v) {
    std::size_t used = 0;
    if (v.size() < 10 || v[0] != 0x30 || ber_length(v, 1, used) < 8) return false;
    const std::size_t i = 1 + used;
    if (at(v, i) != 2 || at(v, i + 1) != 1) return false;
    const std::uint8_t version = at(v, i + 2), next = at(v, i + 3);
    return (version <= 1 && next == 4) || (version == 3 && next == 0x30);
  };
  return yes_if(one(f.client) || one(f.server));
}
Match snmp_udp(const First& f) { return snmp(f); }

namespace {
bool kerberos_message(base::View v) {  // RFC 4120 section 5
  if (v.size() < 12) return false;
  if (v[0] != 0x6a && v[0] != 0x6b && v[0] != 0x6c && v[0] != 0x6d && v[0] != 0x6e && v[0] != 0x6f && v[0] != 0x7e) return false;
  std::size_t used = 0;
  if (ber_length(v, 1, used) < 10 || at(v, 1 + used) != 0x30) return false;
  const base::View head = v.first(std::min<std::size_t>(v.size(), 16));
  return contains(head, "\x02\x01\x05");
}
}  // namespace
Match kerberos(const First& f) {
  const auto one = [](base::View v) { return v.size() > 8 && be32(v, 0) < (1u << 20) && be32(v, 0) > 8 && kerberos_message(v.subspan(4)); };
  return yes_if(one(f.client) || one(f.server));
}
Match kerberos_udp(const First& f) { return yes_if(kerberos_message(f.client) || kerberos_message(f.server)); }

Match s7comm(const First& f) {  // RFC 1006 with protocol id 0x32, or the TSAP parameters of its connection request
  const auto one = [](base::View v) {
    if (v.size() < 11 || v[0] != 3 || v[1] != 0) return false;
    if (v[5] == 0xf0) return at(v, 7) == 0x32;
    return (v[5] == 0xe0 || v[5] == 0xd0) && at(v, 11) >= 0xc0 && at(v, 11) <= 0xc2;
  };
  return yes_if(one(f.client) || (f.port(102) && one(f.server)));
}
Match rdp(const First& f) {  // MS-RDPBCGR sections 2.2.1.1, 2.2.1.2
  const auto connect = [](base::View v, std::uint8_t code) {
    return v.size() >= 11 && v[0] == 3 && v[1] == 0 && be16(v, 2) >= 11 && (v[5] & 0xf0) == code;
  };
  if (connect(f.client, 0xe0)) {
    if (f.client[4] == 6) return yes_if(f.port(3389) || connect(f.server, 0xd0));
    return yes_if(contains(f.client, "mstshash=") || contains(f.client, "Cookie: ") || (at(f.client, 11) == 1 && at(f.client, 13) == 8) || f.port(3389));
  }
  return yes_if(connect(f.server, 0xd0) && (f.port(3389) || (at(f.server, 11) == 2 && at(f.server, 13) == 8)));
}

Match vnc(const First& f) { return yes_if(starts(f.server, "RFB 00") || starts(f.client, "RFB 00")); }  // RFC 6143 section 7.1.1

Match mqtt(const First& f) {  // MQTT 3.1.1 and 5 section 3.1
  const base::View c = f.client;
  if (c.size() < 8 || c[0] != 0x10) return yes_if(f.port(1883) && f.server.size() >= 4 && f.server[0] == 0x20 && f.server[1] >= 2);
  std::size_t i = 1;
  while (i < 5 && (at(c, i) & 0x80) != 0) ++i;
  const base::View name = c.subspan(std::min(c.size(), i + 1));
  return yes_if(starts(name, std::string_view("\0\4MQTT", 6)) || starts(name, std::string_view("\0\6MQIsdp", 8)));
}
Match amqp(const First& f) { return yes_if(starts(f.client, "AMQP") && f.client.size() >= 8 && f.client[4] <= 3); }

Match kafka(const First& f) {  // Kafka protocol guide, request header v1
  const base::View c = f.client;
  if (c.size() < 14) return Match::no;
  const std::uint32_t size = be32(c, 0);
  const std::uint16_t key = be16(c, 4), version = be16(c, 6), client_id = be16(c, 12);
  if (size < 10 || size > (100u << 20) || key > 80 || version > 18 || size + 4 < c.size()) return Match::no;
  if (client_id != 0xffff) {
    if (client_id > 255 || client_id == 0 || 14u + client_id > size + 4) return Match::no;
    for (std::size_t i = 0; i < client_id && 14 + i < c.size(); ++i) if (c[14 + i] < 0x20 || c[14 + i] > 0x7e) return Match::no;
  }
  const bool answered = f.server.size() >= 8 && be32(f.server, 4) == be32(c, 8);
  return yes_if(f.port(9092) || f.port(9093) || (client_id != 0xffff && (key == 18 || key == 3 || answered)));
}

Match socks(const First& f) {  // RFC 1928 section 3; SOCKS4
  const base::View c = f.client, s = f.server;
  const bool greeting5 = c.size() >= 3 && c[0] == 5 && c[1] >= 1 && c[1] <= 16 && (c.size() == 2u + c[1] || (c.size() > 2u + c[1] && c[2u + c[1]] <= 5));
  if (greeting5 && (s.size() >= 2 ? s[0] == 5 && (s[1] <= 2 || s[1] == 0xff) : f.port(1080))) return Match::yes;
  if (greeting5 && s.empty()) return Match::maybe;
  return yes_if(c.size() >= 9 && c[0] == 4 && (c[1] == 1 || c[1] == 2) && c.back() == 0 && be16(c, 2) != 0 && (s.size() < 2 || (s[0] == 0 && s[1] >= 90 && s[1] <= 93)));
}

Match bittorrent(const First& f) {
  const std::string_view mark("\x13" "BitTorrent protocol");
  return yes_if(starts(f.client, mark) || starts(f.server, mark));
}
Match x11(const First& f) {
  const base::View c = f.client;
  return yes_if(c.size() >= 12 && ((c[0] == 'l' && c[1] == 0 && c[2] == 11 && c[3] == 0) || (c[0] == 'B' && c[1] == 0 && c[2] == 0 && c[3] == 11)));
}
Match cassandra(const First& f) {  // CQL binary protocol v3–v5 section 2
  const auto one = [](base::View v, std::uint8_t bit) {
    return v.size() >= 9 && (v[0] & 0x80) == bit && (v[0] & 0x7f) >= 1 && (v[0] & 0x7f) <= 5 && v[1] <= 0x1f && v[4] <= 0x10 && be32(v, 5) < (256u << 20);
  };
  const base::View c = f.client;
  if (one(c, 0) && ((c[4] == 5 && be32(c, 5) == 0) || (c[4] == 1 && contains(c, "CQL_VERSION")))) return Match::yes;
  return yes_if(f.port(9042) && (one(c, 0) || one(f.server, 0x80)));
}
Match elasticsearch(const First& f) { return yes_if(f.client.size() >= 10 && f.client[0] == 'E' && f.client[1] == 'S' && be32(f.client, 2) + 6 <= 0x1000000 && f.client[2] == 0); }
Match clickhouse(const First& f) { return yes_if(f.client.size() >= 12 && f.client[0] == 0 && f.client[1] < 64 && starts(f.client.subspan(2), "ClickHouse")); }
Match iec104(const First& f) {  // IEC 60870-5-104 section 5
  const auto one = [](base::View v) { return v.size() >= 6 && v[0] == 0x68 && v[1] >= 4 && v[1] <= 253 && (v.size() == 2u + v[1] || at(v, 2u + v[1]) == 0x68); };
  return yes_if(one(f.client) && (f.port(2404) || one(f.server)));
}
Match modbus(const First& f) {  // MODBUS Messaging on TCP/IP 1.0b section 3.1.3
  const auto one = [](base::View v) { return v.size() >= 8 && be16(v, 2) == 0 && be16(v, 4) >= 2 && be16(v, 4) < 260 && v.size() >= 6u + be16(v, 4); };
  return yes_if(f.port(502) && (one(f.client) || one(f.server)));
}
bool dnp3_header(base::View v) {  // IEEE 1815 section 9.2: the header has a checksum of its own
  if (v.size() < 10 || v[0] != 5 || v[1] != 0x64 || v[2] < 5) return false;
  std::uint16_t crc = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    crc ^= v[i];
    for (int bit = 0; bit < 8; ++bit) crc = static_cast<std::uint16_t>((crc & 1) != 0 ? (crc >> 1) ^ 0xa6bc : crc >> 1);
  }
  crc = static_cast<std::uint16_t>(~crc);
  return v[8] == (crc & 0xff) && v[9] == crc >> 8;
}
Match dnp3(const First& f) {
  const auto one = dnp3_header;
  return yes_if(one(f.client) || one(f.server));
}
Match opcua(const First& f) {
  const base::View c = f.client;
  return yes_if(c.size() >= 8 && (starts(c, "HELF") || starts(c, "OPNF") || starts(c, "MSGF") || starts(c, "ACKF")) && le32(c, 4) >= 8);
}
Match ajp(const First& f) { return yes_if(f.client.size() >= 5 && f.client[0] == 0x12 && f.client[1] == 0x34 && (f.client[4] == 2 || f.client[4] == 10)); }

Match nfs(const First& f) {
  return yes_if(f.client.size() >= 20 && (f.client[0] & 0x80) != 0 && rpc_call(f.client, 4) && be32(f.client, 16) == 100003);
}
Match rpc(const First& f) { return yes_if(f.client.size() >= 20 && (f.client[0] & 0x80) != 0 && rpc_call(f.client, 4)); }
Match nfs_udp(const First& f) {
  if (rpc_call(f.client, 0)) return yes_if(be32(f.client, 12) == 100003);
  return yes_if(f.port(2049) && f.client.size() >= 12 && be32(f.client, 4) <= 1);
}
Match rpc_udp(const First& f) { return yes_if(rpc_call(f.client, 0) && be32(f.client, 12) < 400000); }

Match pptp(const First& f) { return yes_if(f.client.size() >= 12 && be32(f.client, 4) == 0x1a2b3c4d); }  // RFC 2637 section 2
Match rtmp(const First& f) {
  return yes_if((f.client.size() >= 9 && f.client[0] == 3 && be32(f.client, 5) == 0 && f.port(1935)) || (f.client.size() >= 1537 && f.client[0] == 3 && at(f.server, 0) == 3));
}
Match dns_tcp(const First& f) {
  const auto one = [](base::View v) {
    const std::size_t length = be16(v, 0);
    return v.size() > 14 && length >= 12 && length < 16384 && looks_like_dns(v.subspan(2));
  };
  return yes_if(one(f.client) || one(f.server));
}
Match zookeeper(const First& f) {
  const base::View c = f.client;
  return yes_if(c.size() >= 44 && (be32(c, 0) == 44 || be32(c, 0) == 45) && be32(c, 4) == 0 && be32(c, 16) <= 600000);
}
Match bgp(const First& f) {  // RFC 4271 section 4.1
  const auto one = [](base::View v) { return v.size() >= 19 && std::all_of(v.begin(), v.begin() + 16, [](std::uint8_t b) { return b == 0xff; }) && v[18] >= 1 && v[18] <= 5; };
  return yes_if(one(f.client) || one(f.server));
}

}  // namespace fengsui::capture::match
