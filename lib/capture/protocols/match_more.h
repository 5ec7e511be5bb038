// Recognisers of protocols that are named only, by area: industrial plants, networks and their management, services, people.
// The source of each is the publication its comment or name says; marks without one are what its packets are known to begin with.
#pragma once

#include "capture/protocols/match.h"

namespace fengsui::capture::match {

// TCP, plants and hospitals
Match enip(const First&), fins_tcp(const First&), ads(const First&), c37_118(const First&), dicom(const First&), hl7(const First&), doip(const First&),
    hislip(const First&), mms(const First&), profinet(const First&), hart_ip(const First&), someip(const First&);
// TCP, networks
Match tacacs(const First&), diameter(const First&), ldp_tcp(const First&), msdp(const First&), openflow(const First&), bmp(const First&), rpki(const First&),
    iscsi(const First&), nbd(const First&), afp(const First&), openvpn_tcp(const First&), h323(const First&), skinny(const First&), megaco(const First&),
    msrp(const First&), smpp(const First&), lpd(const First&), whois(const First&), finger(const First&), ceph(const First&), tpkt(const First&);
// TCP, services
Match drda(const First&), firebird(const First&), thrift(const First&), zabbix(const First&), nats(const First&), gearman(const First&), zmtp(const First&),
    fix(const First&), fastcgi(const First&), jdwp(const First&), rmi(const First&), dubbo(const First&), giop(const First&), java(const First&),
    openwire(const First&), rocketmq(const First&), hadoop(const First&), bolt(const First&), munin(const First&), checkmk(const First&), beats(const First&),
    sieve(const First&), cvs(const First&), perforce(const First&), jsonrpc(const First&), hbase(const First&), spice(const First&);
// TCP, people
Match citrix(const First&), teamviewer(const First&), nomachine(const First&), radmin(const First&), edonkey(const First&), gnutella(const First&),
    directconnect(const First&), bitcoin(const First&), stratum(const First&), oscar(const First&), msnp(const First&), ymsg(const First&),
    whatsapp(const First&), wechat(const First&), minecraft(const First&), flash_policy(const First&), teamspeak_tcp(const First&), gopher(const First&);
// UDP
Match gtp(const First&), pfcp(const First&), natpmp(const First&), ptp(const First&), capwap(const First&), lisp(const First&), geneve(const First&),
    vxlan(const First&), glbp(const First&), tdp(const First&), mgcp(const First&), h225_ras(const First&), iax(const First&), sap(const First&),
    xdmcp(const First&), afs(const First&), collectd(const First&), statsd(const First&), gelf(const First&), wol(const First&), mobile_ip(const First&),
    tacacs_udp(const First&), tftp_data(const First&), rpc_answer_udp(const First&), dcerpc_udp(const First&), enip_udp(const First&), knx(const First&),
    rtps(const First&), dnp3_udp(const First&), hart_ip_udp(const First&), someip_udp(const First&), profinet_udp(const First&), dropbox(const First&),
    steam(const First&), quake(const First&), raknet(const First&), dnscrypt(const First&), utp(const First&), oicq(const First&), spotify(const First&),
    bjnp(const First&), ubiquiti(const First&), mikrotik(const First&), zrtp(const First&), turn(const First&), teamviewer_udp(const First&),
    teamspeak(const First&), lorawan(const First&), cisco_auto_rp(const First&), megaco_udp(const First&), edonkey_udp(const First&), tzsp(const First&),
    mqtt_sn(const First&), fins(const First&), simple_udp(const First&), rdp_udp(const First&), zigbee(const First&), pcp(const First&), quic_short(const First&);

}  // namespace fengsui::capture::match
