// Small questions about first bytes, and the recognisers made of them. Each recogniser names its source.
#pragma once

#include <algorithm>
#include <string_view>

#include "base/bytes.h"
#include "capture/protocols/registry.h"

namespace fengsui::capture::match {

inline std::uint8_t at(base::View v, std::size_t i) { return i < v.size() ? v[i] : 0; }
inline std::uint16_t be16(base::View v, std::size_t i) { return static_cast<std::uint16_t>((at(v, i) << 8) | at(v, i + 1)); }
inline std::uint32_t be32(base::View v, std::size_t i) { return (std::uint32_t{be16(v, i)} << 16) | be16(v, i + 2); }
inline std::uint32_t le32(base::View v, std::size_t i) {
  return at(v, i) | (std::uint32_t{at(v, i + 1)} << 8) | (std::uint32_t{at(v, i + 2)} << 16) | (std::uint32_t{at(v, i + 3)} << 24);
}
inline std::uint32_t be24(base::View v, std::size_t i) { return be32(v, i) >> 8; }

inline bool starts(base::View v, std::string_view s) { return base::text(v).starts_with(s); }
inline char up(std::uint8_t c) { return static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c); }
// Without regard to case; `s` in upper case.
inline bool starts_any_case(base::View v, std::string_view s) {
  return v.size() >= s.size() && std::equal(s.begin(), s.end(), v.begin(), [](char a, std::uint8_t b) { return a == up(b); });
}
inline bool contains_any_case(base::View v, std::string_view s) {
  return std::search(v.begin(), v.end(), s.begin(), s.end(), [](std::uint8_t a, char b) { return up(a) == b; }) != v.end();
}
inline bool contains(base::View v, std::string_view s) { return base::text(v).find(s) != std::string_view::npos; }
// `v` is a proper beginning of `s`, so that more bytes could make it start with `s`.
inline bool could_start(base::View v, std::string_view s) { return v.size() < s.size() && s.starts_with(base::text(v)); }

bool dnp3_header(base::View v);  // with a right checksum

inline Match yes_if(bool condition) { return condition ? Match::yes : Match::no; }
inline Match starts_or_waits(base::View v, std::string_view s) {
  return starts(v, s) ? Match::yes : !v.empty() && could_start(v, s) ? Match::maybe : Match::no;
}

// TCP
Match http(const First&), http2(const First&), rtsp(const First&), sip(const First&), tls(const First&), tlcp(const First&), ssh(const First&),
    smtp(const First&), ftp(const First&), pop3(const First&), imap(const First&), nntp(const First&), irc(const First&), telnet(const First&),
    mysql(const First&), postgres(const First&), redis(const First&), mongodb(const First&), tds(const First&), tns(const First&),
    smb(const First&), netbios_session(const First&), dcerpc(const First&), ldap(const First&), kerberos(const First&), rdp(const First&),
    s7comm(const First&), vnc(const First&), mqtt(const First&), amqp(const First&), kafka(const First&), socks(const First&),
    memcached(const First&), rsync(const First&), svn(const First&), git(const First&), bittorrent(const First&), x11(const First&),
    cassandra(const First&), elasticsearch(const First&), clickhouse(const First&), iec104(const First&), modbus(const First&), dnp3(const First&),
    opcua(const First&), ajp(const First&), stomp(const First&), rpc(const First&), nfs(const First&), pptp(const First&), xmpp(const First&),
    rtmp(const First&), dns_tcp(const First&), zookeeper(const First&), bgp(const First&), syslog_tcp(const First&), snmp(const First&);

// UDP
Match mdns(const First&), llmnr(const First&), netbios(const First&), dns_udp(const First&), dhcp(const First&), dhcpv6(const First&),
    ntp(const First&), quic(const First&), syslog(const First&), tftp(const First&), stun(const First&), radius(const First&), ike(const First&),
    ssdp(const First&), ws_discovery(const First&), coap(const First&), openvpn(const First&), wireguard(const First&), dtls(const First&),
    rip(const First&), l2tp(const First&), netflow(const First&), sflow(const First&), ipmi(const First&), bacnet(const First&),
    rtcp(const First&), rtp(const First&), bt_dht(const First&), hsrp(const First&), bfd(const First&), ldp(const First&), rpc_udp(const First&),
    nfs_udp(const First&), memcached_udp(const First&), kerberos_udp(const First&), teredo(const First&), slp(const First&), snmp_udp(const First&);

}  // namespace fengsui::capture::match
