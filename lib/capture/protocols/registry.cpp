#include "capture/protocols/registry.h"

#include <array>

#include "base/encode.h"
#include "capture/protocols/dns.h"
#include "capture/protocols/ftp.h"
#include "capture/protocols/http1.h"
#include "capture/protocols/match.h"
#include "capture/protocols/message.h"
#include "capture/protocols/mysql.h"
#include "capture/protocols/postgres.h"
#include "capture/protocols/tls.h"

namespace fengsui::capture {
namespace {

template <class S>
std::unique_ptr<Session> open(Conversation& conversation) {
  return std::make_unique<S>(conversation);
}
constexpr std::uint8_t T = 6, U = 17;
constexpr auto kText = &open<Message>;   // in clear and not parsed: handed on as it is
constexpr std::unique_ptr<Session> (*kNamed)(Conversation&) = nullptr;

// Strong marks come before weak ones; the order is part of the meaning.
constexpr auto kProtocols = std::to_array<Protocol>({
    {"http2", T, match::http2, kNamed},
    {"sip", T, match::sip, kText},
    {"rtsp", T, match::rtsp, kNamed},
    {"http", T, match::http, open<Http1>},
    {"tlcp", T, match::tlcp, open<Tls>},
    {"tls", T, match::tls, open<Tls>},
    {"ssh", T, match::ssh, kNamed},
    {"smb", T, match::smb, kNamed},
    {"mysql", T, match::mysql, open<Mysql>},
    {"postgresql", T, match::postgres, open<Postgres>},
    {"mongodb", T, match::mongodb, kText},
    {"tns", T, match::tns, kText},
    {"tds", T, match::tds, kText},
    {"redis", T, match::redis, kText},
    {"imap", T, match::imap, kText},
    {"pop3", T, match::pop3, kText},
    {"ftp", T, match::ftp, open<Ftp>},
    {"smtp", T, match::smtp, kText},
    {"nntp", T, match::nntp, kText},
    {"memcached", T, match::memcached, kText},
    {"irc", T, match::irc, kText},
    {"stomp", T, match::stomp, kText},
    {"xmpp", T, match::xmpp, kText},
    {"rsync", T, match::rsync, kText},
    {"svn", T, match::svn, kNamed},
    {"git", T, match::git, kNamed},
    {"vnc", T, match::vnc, kNamed},
    {"bittorrent", T, match::bittorrent, kNamed},
    {"mqtt", T, match::mqtt, kText},
    {"amqp", T, match::amqp, kText},
    {"clickhouse", T, match::clickhouse, kText},
    {"elasticsearch", T, match::elasticsearch, kText},
    {"cassandra", T, match::cassandra, kText},
    {"zookeeper", T, match::zookeeper, kText},
    {"bgp", T, match::bgp, kNamed},
    {"pptp", T, match::pptp, kNamed},
    {"dcerpc", T, match::dcerpc, kNamed},
    {"s7comm", T, match::s7comm, kNamed},
    {"rdp", T, match::rdp, kNamed},
    {"ldap", T, match::ldap, kText},
    {"snmp", T, match::snmp, kNamed},
    {"kerberos", T, match::kerberos, kNamed},
    {"nfs", T, match::nfs, kText},
    {"rpc", T, match::rpc, kNamed},
    {"dns", T, match::dns_tcp, open<Dns>},
    {"ajp", T, match::ajp, kText},
    {"opcua", T, match::opcua, kNamed},
    {"dnp3", T, match::dnp3, kNamed},
    {"iec104", T, match::iec104, kNamed},
    {"modbus", T, match::modbus, kNamed},
    {"x11", T, match::x11, kNamed},
    {"netbios", T, match::netbios_session, kNamed},
    {"rtmp", T, match::rtmp, kNamed},
    {"syslog", T, match::syslog_tcp, kText},
    {"kafka", T, match::kafka, kText},
    {"socks", T, match::socks, kNamed},
    {"telnet", T, match::telnet, kText},

    {"mdns", U, match::mdns, open<Dns>},
    {"llmnr", U, match::llmnr, open<Dns>},
    {"netbios", U, match::netbios, kNamed},
    {"dhcp", U, match::dhcp, kNamed},
    {"sip", U, match::sip, kText},
    {"ssdp", U, match::ssdp, kNamed},
    {"bittorrent", U, match::bt_dht, kNamed},
    {"stun", U, match::stun, kNamed},
    {"dtls", U, match::dtls, kNamed},
    {"snmp", U, match::snmp_udp, kNamed},
    {"ntp", U, match::ntp, kNamed},
    {"dns", U, match::dns_udp, open<Dns>},
    {"kerberos", U, match::kerberos_udp, kNamed},
    {"ldap", U, match::ldap, kText},
    {"syslog", U, match::syslog, kText},
    {"tftp", U, match::tftp, kText},
    {"nfs", U, match::nfs_udp, kText},
    {"rpc", U, match::rpc_udp, kNamed},
    {"radius", U, match::radius, kNamed},
    {"ike", U, match::ike, kNamed},
    {"ws-discovery", U, match::ws_discovery, kNamed},
    {"dhcpv6", U, match::dhcpv6, kNamed},
    {"netflow", U, match::netflow, kNamed},
    {"sflow", U, match::sflow, kNamed},
    {"ipmi", U, match::ipmi, kNamed},
    {"bacnet", U, match::bacnet, kNamed},
    {"coap", U, match::coap, kNamed},
    {"rip", U, match::rip, kNamed},
    {"hsrp", U, match::hsrp, kNamed},
    {"bfd", U, match::bfd, kNamed},
    {"ldp", U, match::ldp, kNamed},
    {"teredo", U, match::teredo, kNamed},
    {"slp", U, match::slp, kNamed},
    {"memcached", U, match::memcached_udp, kText},
    {"wireguard", U, match::wireguard, kNamed},
    {"quic", U, match::quic, kNamed},
    {"openvpn", U, match::openvpn, kNamed},
    {"l2tp", U, match::l2tp, kNamed},
    {"rtcp", U, match::rtcp, kNamed},
    {"rtp", U, match::rtp, kNamed},
});

}  // namespace

std::span<const Protocol> protocols() { return kProtocols; }

bool is_clear_text(base::View bytes) {
  if (bytes.size() < 4) return false;
  std::size_t odd = 0;
  for (const std::uint8_t c : bytes) odd += (c < 0x20 && c != '\t' && c != '\r' && c != '\n') || c == 0x7f;
  return odd * 50 <= bytes.size();
}

std::unique_ptr<Session> open_message(Conversation& conversation) { return std::make_unique<Message>(conversation); }

Verdict recognise(std::uint8_t ip_protocol, const First& first, bool direction_known) {
  Verdict verdict;
  const First other{first.server, first.client, first.server_port, first.client_port, first.final};
  for (const Protocol& protocol : kProtocols) {
    if (protocol.ip_protocol != ip_protocol) continue;
    Match m = protocol.match(first);
    if (m == Match::no && !direction_known && (first.client.empty() || first.server.empty())) {
      m = protocol.match(other);
      if (m == Match::yes && (!verdict.wait || first.final)) return {&protocol, true, false};
    }
    // A stronger protocol that more bytes could prove is waited for.
    if (m == Match::yes && (!verdict.wait || first.final)) return {&protocol, false, false};
    if (m == Match::yes && verdict.protocol == nullptr) verdict.protocol = &protocol;
    if (m == Match::maybe) verdict.wait = true;
  }
  if (verdict.wait && !first.final) verdict.protocol = nullptr;
  return verdict;
}

}  // namespace fengsui::capture
