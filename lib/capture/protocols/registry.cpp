#include "capture/protocols/registry.h"

#include <array>

#include "base/encode.h"
#include "capture/protocols/dns.h"
#include "capture/protocols/ftp.h"
#include "capture/protocols/http1.h"
#include "capture/protocols/http2.h"
#include "capture/protocols/imap.h"
#include "capture/protocols/match.h"
#include "capture/protocols/match_more.h"
#include "capture/protocols/message.h"
#include "capture/protocols/mongodb.h"
#include "capture/protocols/mysql.h"
#include "capture/protocols/pop3.h"
#include "capture/protocols/postgres.h"
#include "capture/protocols/quic.h"
#include "capture/protocols/redis.h"
#include "capture/protocols/smb.h"
#include "capture/protocols/smtp.h"
#include "capture/protocols/socks.h"
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
    {"http2", T, match::http2, open<Http2>},
    {"sip", T, match::sip, kText},
    {"rtsp", T, match::rtsp, kNamed},
    {"http", T, match::http, open<Http1>},
    {"tlcp", T, match::tlcp, open<Tls>},
    {"tls", T, match::tls, open<Tls>},
    {"ssh", T, match::ssh, kNamed},
    {"smb", T, match::smb, open<Smb>},
    {"mysql", T, match::mysql, open<Mysql>},
    {"postgresql", T, match::postgres, open<Postgres>},
    {"mongodb", T, match::mongodb, open<Mongodb>},
    {"tns", T, match::tns, kText},
    {"tds", T, match::tds, kText},
    {"redis", T, match::redis, open<Redis>},
    {"imap", T, match::imap, open<Imap>},
    {"pop3", T, match::pop3, open<Pop3>},
    {"ftp", T, match::ftp, open<Ftp>},
    {"smtp", T, match::smtp, open<Smtp>},
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
    {"drda", T, match::drda, kNamed},
    {"firebird", T, match::firebird, kNamed},
    {"thrift", T, match::thrift, kNamed},
    {"zabbix", T, match::zabbix, kNamed},
    {"nats", T, match::nats, kNamed},
    {"gearman", T, match::gearman, kNamed},
    {"zeromq", T, match::zmtp, kNamed},
    {"fix", T, match::fix, kNamed},
    {"fastcgi", T, match::fastcgi, kNamed},
    {"jdwp", T, match::jdwp, kNamed},
    {"rmi", T, match::rmi, kNamed},
    {"dubbo", T, match::dubbo, kNamed},
    {"giop", T, match::giop, kNamed},
    {"java-rpc", T, match::java, kNamed},
    {"openwire", T, match::openwire, kNamed},
    {"rocketmq", T, match::rocketmq, kNamed},
    {"hadoop", T, match::hadoop, kNamed},
    {"hbase", T, match::hbase, kNamed},
    {"bolt", T, match::bolt, kNamed},
    {"munin", T, match::munin, kNamed},
    {"checkmk", T, match::checkmk, kNamed},
    {"beats", T, match::beats, kNamed},
    {"managesieve", T, match::sieve, kNamed},
    {"cvs", T, match::cvs, kNamed},
    {"perforce", T, match::perforce, kNamed},
    {"stratum", T, match::stratum, kNamed},
    {"jsonrpc", T, match::jsonrpc, kNamed},
    {"spice", T, match::spice, kNamed},
    {"fins", T, match::fins_tcp, kNamed},
    {"dicom", T, match::dicom, kNamed},
    {"hl7", T, match::hl7, kNamed},
    {"enip", T, match::enip, kNamed},
    {"synchrophasor", T, match::c37_118, kNamed},
    {"hislip", T, match::hislip, kNamed},
    {"mms", T, match::mms, kNamed},
    {"doip", T, match::doip, kNamed},
    {"ads", T, match::ads, kNamed},
    {"someip", T, match::someip, kNamed},
    {"hart-ip", T, match::hart_ip, kNamed},
    {"profinet", T, match::profinet, kNamed},
    {"diameter", T, match::diameter, kNamed},
    {"tacacs", T, match::tacacs, kNamed},
    {"ldp", T, match::ldp_tcp, kNamed},
    {"msdp", T, match::msdp, kNamed},
    {"openflow", T, match::openflow, kNamed},
    {"bmp", T, match::bmp, kNamed},
    {"rpki-rtr", T, match::rpki, kNamed},
    {"iscsi", T, match::iscsi, kNamed},
    {"nbd", T, match::nbd, kNamed},
    {"afp", T, match::afp, kNamed},
    {"h323", T, match::h323, kNamed},
    {"skinny", T, match::skinny, kNamed},
    {"megaco", T, match::megaco, kNamed},
    {"msrp", T, match::msrp, kNamed},
    {"smpp", T, match::smpp, kNamed},
    {"lpd", T, match::lpd, kNamed},
    {"whois", T, match::whois, kNamed},
    {"finger", T, match::finger, kNamed},
    {"gopher", T, match::gopher, kNamed},
    {"ceph", T, match::ceph, kNamed},
    {"openvpn", T, match::openvpn_tcp, kNamed},
    {"citrix", T, match::citrix, kNamed},
    {"teamviewer", T, match::teamviewer, kNamed},
    {"nomachine", T, match::nomachine, kNamed},
    {"radmin", T, match::radmin, kNamed},
    {"edonkey", T, match::edonkey, kNamed},
    {"gnutella", T, match::gnutella, kNamed},
    {"directconnect", T, match::directconnect, kNamed},
    {"bitcoin", T, match::bitcoin, kNamed},
    {"oscar", T, match::oscar, kNamed},
    {"msnp", T, match::msnp, kNamed},
    {"ymsg", T, match::ymsg, kNamed},
    {"whatsapp", T, match::whatsapp, kNamed},
    {"wechat", T, match::wechat, kNamed},
    {"minecraft", T, match::minecraft, kNamed},
    {"flash", T, match::flash_policy, kNamed},
    {"teamspeak", T, match::teamspeak_tcp, kNamed},
    {"tpkt", T, match::tpkt, kNamed},
    {"syslog", T, match::syslog_tcp, kText},
    {"kafka", T, match::kafka, kText},
    {"socks", T, match::socks, open<Socks>},
    {"telnet", T, match::telnet, kText},

    {"wol", U, match::wol, kNamed},
    {"rtps", U, match::rtps, kNamed},
    {"steam", U, match::steam, kNamed},
    {"quake", U, match::quake, kNamed},
    {"raknet", U, match::raknet, kNamed},
    {"spotify", U, match::spotify, kNamed},
    {"bjnp", U, match::bjnp, kNamed},
    {"dropbox", U, match::dropbox, kNamed},
    {"zrtp", U, match::zrtp, kNamed},
    {"dnscrypt", U, match::dnscrypt, kNamed},
    {"teamspeak", U, match::teamspeak, kNamed},
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
    {"quic", U, match::quic, open<Quic>},
    {"openvpn", U, match::openvpn, kNamed},
    {"ldp", U, match::tdp, kNamed},
    {"gtp", U, match::gtp, kNamed},
    {"pfcp", U, match::pfcp, kNamed},
    {"nat-pmp", U, match::natpmp, kNamed},
    {"pcp", U, match::pcp, kNamed},
    {"ptp", U, match::ptp, kNamed},
    {"capwap", U, match::capwap, kNamed},
    {"lisp", U, match::lisp, kNamed},
    {"geneve", U, match::geneve, kNamed},
    {"vxlan", U, match::vxlan, kNamed},
    {"glbp", U, match::glbp, kNamed},
    {"auto-rp", U, match::cisco_auto_rp, kNamed},
    {"mobile-ip", U, match::mobile_ip, kNamed},
    {"tacacs", U, match::tacacs_udp, kNamed},
    {"mgcp", U, match::mgcp, kNamed},
    {"megaco", U, match::megaco_udp, kNamed},
    {"h323", U, match::h225_ras, kNamed},
    {"iax", U, match::iax, kNamed},
    {"sap", U, match::sap, kNamed},
    {"xdmcp", U, match::xdmcp, kNamed},
    {"afs", U, match::afs, kNamed},
    {"collectd", U, match::collectd, kNamed},
    {"statsd", U, match::statsd, kNamed},
    {"gelf", U, match::gelf, kNamed},
    {"tftp", U, match::tftp_data, kNamed},
    {"rpc", U, match::rpc_answer_udp, kNamed},
    {"dcerpc", U, match::dcerpc_udp, kNamed},
    {"enip", U, match::enip_udp, kNamed},
    {"knx", U, match::knx, kNamed},
    {"dnp3", U, match::dnp3_udp, kNamed},
    {"hart-ip", U, match::hart_ip_udp, kNamed},
    {"someip", U, match::someip_udp, kNamed},
    {"profinet", U, match::profinet_udp, kNamed},
    {"fins", U, match::fins, kNamed},
    {"zigbee", U, match::zigbee, kNamed},
    {"lorawan", U, match::lorawan, kNamed},
    {"mqtt-sn", U, match::mqtt_sn, kNamed},
    {"turn", U, match::turn, kNamed},
    {"tzsp", U, match::tzsp, kNamed},
    {"rdp", U, match::rdp_udp, kNamed},
    {"teamviewer", U, match::teamviewer_udp, kNamed},
    {"oicq", U, match::oicq, kNamed},
    {"ubiquiti", U, match::ubiquiti, kNamed},
    {"mikrotik", U, match::mikrotik, kNamed},
    {"edonkey", U, match::edonkey_udp, kNamed},
    {"bittorrent", U, match::utp, kNamed},
    {"l2tp", U, match::l2tp, kNamed},
    {"rtcp", U, match::rtcp, kNamed},
    {"rtp", U, match::rtp, kNamed},
    {"quic", U, match::quic_short, kNamed},
    {"echo", U, match::simple_udp, kNamed},
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
  const First other{first.server, first.client, first.server_port, first.client_port, first.final, first.server_next, first.client_next};
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
