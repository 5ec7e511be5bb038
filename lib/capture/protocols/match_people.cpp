// Recognisers of protocols of people's programs: remote desktops, file sharing, messengers, games, coins.
#include "capture/protocols/match_more.h"

namespace fengsui::capture::match {

Match citrix(const First& f) { return yes_if(starts(f.client, std::string_view("\x7f\x7fICA\0", 6)) || starts(f.server, std::string_view("\x7f\x7fICA\0", 6)) || contains(f.client, "Citrix.TcpProxyService")); }
Match teamviewer(const First& f) {
  const auto one = [](base::View v) { return v.size() >= 5 && ((v[0] == 0x17 && v[1] == 0x24) || (v[0] == 0x11 && v[1] == 0x30)); };
  return yes_if((one(f.client) && (f.port(5938) || one(f.server))) || (f.port(5938) && one(f.server)));
}
Match teamviewer_udp(const First& f) { return yes_if(f.client.size() > 13 && f.client[0] == 0 && f.client[11] == 0x17 && f.client[12] == 0x24); }
Match nomachine(const First& f) { return yes_if(starts(f.client, "NXSH-") || starts(f.server, "NXSH-") || starts(f.client, "NXD-") || starts(f.server, "NXD-")); }
Match radmin(const First& f) { return yes_if(f.client.size() >= 5 && be32(f.client, 0) == 0x01000000 && f.client[4] == 1 && (f.port(4899) || (f.server.size() >= 5 && be32(f.server, 0) == 0x01000000))); }
Match edonkey(const First& f) {
  const auto one = [](base::View v) { return v.size() >= 6 && (v[0] == 0xe3 || v[0] == 0xc5 || v[0] == 0xd4) && le32(v, 1) >= 1 && le32(v, 1) < 300000 && (v.size() == le32(v, 1) + 5 || (v[5] == 1 && le32(v, 1) + 5 < v.size())); };
  return yes_if(one(f.client) || one(f.server));
}
Match edonkey_udp(const First& f) {
  const auto one = [](base::View v) { return v.size() >= 2 && (v[0] == 0xe3 || v[0] == 0xe4 || v[0] == 0xc5 || v[0] == 0xe5); };
  return yes_if(one(f.client) && (f.port(4672) || f.port(4665) || f.port(4671) || f.port(4246)));
}
Match gnutella(const First& f) { return yes_if(starts(f.client, "GNUTELLA") || starts(f.server, "GNUTELLA") || starts(f.client, "GIV ")); }
Match directconnect(const First& f) {
  const auto one = [](base::View v) { return starts(v, "$Lock ") || starts(v, "$MyNick ") || starts(v, "$Supports ") || starts(v, "HSUP AD") || starts(v, "ISUP AD"); };
  return yes_if(one(f.client) || one(f.server));
}
Match bitcoin(const First& f) {
  const auto one = [](base::View v) {
    const std::uint32_t magic = be32(v, 0);
    const bool known = magic == 0xf9beb4d9 || magic == 0x0b110907 || magic == 0xfabfb5da || magic == 0xfbc0b6db || magic == 0xbf0c6bbd || magic == 0xf9beb4fe;
    return v.size() >= 24 && known && v[4] >= 'a' && v[4] <= 'z';
  };
  return yes_if(one(f.client) || one(f.server));
}
Match stratum(const First& f) {
  const auto one = [](base::View v) {
    return starts(v, "{") && (contains(v, "\"mining.") || contains(v, "\"eth_submit") || contains(v, "\"eth_getWork") || (contains(v, "\"login\"") && contains(v, "\"agent\"")));
  };
  return yes_if(one(f.client) || one(f.server));
}
Match oscar(const First& f) {
  const auto one = [](base::View v) { return v.size() >= 10 && v[0] == 0x2a && v[1] >= 1 && v[1] <= 5 && be16(v, 4) + 6u <= v.size(); };
  return yes_if((one(f.client) && one(f.server)) || (f.port(5190) && (one(f.client) || one(f.server))));
}
Match msnp(const First& f) { return yes_if(starts(f.client, "VER ") && (contains(f.client, "MSNP") || contains(f.client, "CVR0"))); }
Match ymsg(const First& f) { return yes_if(starts(f.client, "YMSG") || starts(f.server, "YMSG")); }
Match whatsapp(const First& f) { return yes_if((f.client.size() >= 4 && starts(f.client, "WA") && f.client[2] <= 6 && f.client[3] <= 5) || starts(f.client, std::string_view("ED\0\1", 4))); }
Match wechat(const First& f) {  // mmtls: as TLS, with version F1 03 or F1 04
  const auto one = [](base::View v) { return v.size() >= 9 && v[0] >= 0x15 && v[0] <= 0x19 && v[1] == 0xf1 && v[2] >= 3 && v[2] <= 4; };
  return yes_if(one(f.client) || one(f.server));
}
Match minecraft(const First& f) {
  const base::View c = f.client;
  return yes_if(f.port(25565) && c.size() >= 7 && c[0] < 0x80 && c[1] == 0 && c.size() > c[0] && (at(c, c[0]) == 1 || at(c, c[0]) == 2));
}
Match flash_policy(const First& f) { return yes_if(starts(f.client, "<policy-file-request/>")); }
Match teamspeak_tcp(const First& f) { return yes_if(starts(f.server, "TS3\n\r") || starts(f.server, "[TS]")); }
Match teamspeak(const First& f) {
  const auto one = [](base::View v) { return v.size() >= 12 && (starts(v, "TS3INIT1") || be32(v, 0) == 0xf4be0300 || be32(v, 0) == 0xf4be0400); };
  return yes_if(one(f.client) || one(f.server));
}
Match dropbox(const First& f) { return yes_if(f.port(17500) && (starts(f.client, "{\"host_int\"") || starts(f.client, "{\"version\"") || contains(f.client, "\"namespaces\""))); }
Match steam(const First& f) {
  const auto one = [](base::View v) { return be32(v, 0) == 0xffffffff && (starts(v.subspan(std::min<std::size_t>(v.size(), 4)), "TSource Engine Query") || starts(v.subspan(std::min<std::size_t>(v.size(), 4)), "!L_")); };
  return yes_if(one(f.client) || starts(f.client, "VS01") || starts(f.server, "VS01"));
}
Match quake(const First& f) {
  if (f.client.size() < 8 || be32(f.client, 0) != 0xffffffff) return Match::no;
  const base::View rest = f.client.subspan(4);
  return yes_if(starts(rest, "getinfo") || starts(rest, "getstatus") || starts(rest, "getchallenge") || starts(rest, "getservers") || starts(rest, "connect") || starts(rest, "rcon"));
}
Match raknet(const First& f) {
  const std::string_view mark("\0\xff\xff\0\xfe\xfe\xfe\xfe\xfd\xfd\xfd\xfd\x12\x34\x56\x78", 16);
  return yes_if(f.client.size() >= 17 && contains(f.client.first(std::min<std::size_t>(f.client.size(), 40)), mark));
}
Match dnscrypt(const First& f) { return yes_if(starts(f.server, "r6fnvWj8") || (contains(f.client, "2.dnscrypt-cert") || contains(f.client, "dnscrypt-cert"))); }
Match utp(const First& f) {  // BEP 29
  const auto one = [](base::View v) { return v.size() >= 20 && (v[0] & 15) == 1 && (v[0] >> 4) <= 4 && v[1] <= 2; };
  const auto near = [](std::uint16_t a, std::uint16_t b) { return a == b || a + 1 == b || b + 1 == a; };
  if (one(f.client) && one(f.server)) return yes_if(near(be16(f.client, 2), be16(f.server, 2)));
  const base::View c = f.client;
  return yes_if(f.server.empty() && one(c) && (c[0] >> 4) == 4 && be16(c, 18) == 0 && c.size() <= 32 && be32(c, 8) == 0);
}
Match oicq(const First& f) {
  const auto one = [](base::View v) { return v.size() >= 11 && v[0] == 2 && v.back() == 3 && be16(v, 1) >= 0x0100 && be16(v, 1) < 0x6000; };
  return yes_if((f.port(8000) && one(f.client)) || (one(f.client) && one(f.server) && be16(f.client, 3) == be16(f.server, 3)));
}
Match spotify(const First& f) { return yes_if(starts(f.client, "SpotUdp0")); }
Match bjnp(const First& f) { return yes_if(f.client.size() >= 16 && (starts(f.client, "BJNP") || starts(f.client, "BJNB") || starts(f.client, "MFNP"))); }
Match ubiquiti(const First& f) { return yes_if(f.port(10001) && f.client.size() >= 4 && f.client[0] <= 2 && f.client[1] <= 9); }
Match mikrotik(const First& f) { return yes_if((f.port(5678) || f.port(20561)) && f.client.size() >= 4 && f.client_port == f.server_port); }

}  // namespace fengsui::capture::match
