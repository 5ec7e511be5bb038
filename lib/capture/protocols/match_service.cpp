// Recognisers of protocols between services: databases, queues, remote objects, monitoring.
#include "capture/protocols/match_more.h"

namespace fengsui::capture::match {

Match drda(const First& f) {  // Open Group C911 (DDM): length, D0, format, correlation, length, code point
  const auto one = [](base::View v) { return v.size() >= 10 && v[2] == 0xd0 && (v[3] & 0x0f) <= 5 && be16(v, 0) >= 10 && be16(v, 6) + 6u == be16(v, 0); };
  return yes_if(one(f.client) || one(f.server));
}
Match firebird(const First& f) { return yes_if(f.client.size() >= 16 && be32(f.client, 0) == 1 && be32(f.client, 4) == 0x13 && be32(f.client, 8) <= 3); }
Match thrift(const First& f) {  // Thrift binary protocol, strict, framed or not
  const auto one = [](base::View v) { return v.size() >= 12 && be16(v, 0) == 0x8001 && v[2] == 0 && v[3] >= 1 && v[3] <= 4 && be32(v, 4) >= 1 && be32(v, 4) < 256; };
  const auto framed = [&](base::View v) { return v.size() >= 16 && be32(v, 0) >= 12 && be32(v, 0) < (16u << 20) && one(v.subspan(4)); };
  return yes_if(one(f.client) || one(f.server) || framed(f.client) || framed(f.server));
}
Match zabbix(const First& f) { return yes_if(starts(f.client, "ZBXD") || starts(f.server, "ZBXD")); }
Match nats(const First& f) {
  return yes_if((starts(f.server, "INFO {") && contains(f.server, "server_id")) || (starts(f.client, "CONNECT {") && contains(f.client, "\r\n")));
}
Match gearman(const First& f) {
  const auto one = [](base::View v) { return v.size() >= 12 && (starts(v, std::string_view("\0REQ", 4)) || starts(v, std::string_view("\0RES", 4))) && be32(v, 4) <= 42; };
  return yes_if(one(f.client) || one(f.server));
}
Match zmtp(const First& f) {  // ZeroMQ RFC 23
  const auto one = [](base::View v) { return v.size() >= 10 && v[0] == 0xff && v[9] == 0x7f && be32(v, 1) == 0; };
  return yes_if(one(f.client) || one(f.server));
}
Match fix(const First& f) { return yes_if(starts(f.client, "8=FIX") || starts(f.server, "8=FIX")); }
Match fastcgi(const First& f) { return yes_if(f.client.size() >= 16 && f.client[0] == 1 && f.client[1] == 1 && be16(f.client, 4) == 8 && be16(f.client, 8) >= 1 && be16(f.client, 8) <= 3 && be32(f.client, 12) == 0); }
Match jdwp(const First& f) { return yes_if(starts(f.client, "JDWP-Handshake") || starts(f.server, "JDWP-Handshake")); }
Match rmi(const First& f) { return yes_if(starts(f.client, std::string_view("JRMI\0", 5))); }
Match dubbo(const First& f) { return yes_if((f.client.size() >= 16 && be16(f.client, 0) == 0xdabb && be32(f.client, 12) < (64u << 20)) || (f.server.size() >= 16 && be16(f.server, 0) == 0xdabb && be32(f.server, 12) < (64u << 20))); }
Match giop(const First& f) {  // OMG CORBA section 9.4
  const auto one = [](base::View v) { return v.size() >= 12 && starts(v, "GIOP") && v[4] == 1 && v[5] <= 3 && v[7] <= 7; };
  return yes_if(one(f.client) || one(f.server));
}
Match java(const First& f) { return yes_if((f.client.size() >= 6 && be32(f.client, 0) == 0xaced0005) || (f.server.size() >= 6 && be32(f.server, 0) == 0xaced0005)); }
Match openwire(const First& f) {
  const auto one = [](base::View v) { return v.size() >= 14 && v[4] == 1 && starts(v.subspan(5), "ActiveMQ"); };
  return yes_if(one(f.client) || one(f.server));
}
Match rocketmq(const First& f) {
  const auto one = [](base::View v) { return v.size() >= 20 && be32(v, 0) < (16u << 20) && v[4] <= 1 && be24(v, 5) < be32(v, 0) && v[8] == '{' && contains(v, "\"code\""); };
  return yes_if(one(f.client) || one(f.server));
}
Match hadoop(const First& f) { return yes_if(starts(f.client, "hrpc") && f.client.size() >= 7); }
Match hbase(const First& f) { return yes_if(starts(f.client, "HBas")); }
Match bolt(const First& f) { return yes_if(f.client.size() >= 20 && be32(f.client, 0) == 0x6060b017); }
Match munin(const First& f) { return yes_if(starts(f.server, "# munin node at ")); }
Match checkmk(const First& f) { return yes_if(starts(f.server, "<<<check_mk>>>") || starts(f.client, "<<<check_mk>>>")); }
Match beats(const First& f) { return yes_if(f.client.size() >= 6 && (f.client[0] == '1' || f.client[0] == '2') && f.client[1] == 'W' && be32(f.client, 2) < 65536 && f.client.size() >= 8 && f.client[6] == f.client[0]); }  // Lumberjack
Match sieve(const First& f) { return yes_if(starts(f.server, "\"IMPLEMENTATION\"") && contains(f.server, "\"SIEVE\"")); }  // RFC 5804
Match cvs(const First& f) { return yes_if(starts(f.client, "BEGIN AUTH REQUEST") || starts(f.client, "BEGIN VERIFICATION REQUEST")); }
Match perforce(const First& f) { return yes_if(f.client.size() > 16 && contains(f.client, "protocol") && contains(f.client, "func") && f.client[0] == (f.client[1] ^ f.client[2] ^ f.client[3] ^ f.client[4])); }
Match jsonrpc(const First& f) { return yes_if((starts(f.client, "{") && contains(f.client, "\"jsonrpc\"")) || (starts(f.server, "{") && contains(f.server, "\"jsonrpc\""))); }
Match spice(const First& f) { return yes_if((starts(f.client, "REDQ") && f.client.size() >= 16) || (starts(f.server, "REDQ") && f.server.size() >= 16)); }

}  // namespace fengsui::capture::match
