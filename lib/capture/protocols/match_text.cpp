// Recognisers of protocols whose first bytes are text.
#include "capture/protocols/http1.h"
#include "capture/protocols/match.h"

namespace fengsui::capture::match {
namespace {

// Without empty lines and the line that a balancer puts before the connection (PROXY protocol version 1).
std::string_view start_of(base::View v) {
  std::string_view s = base::text(v);
  if (s.starts_with("PROXY ")) {
    const auto end = s.find('\n');
    if (end != std::string_view::npos && end < 108) s.remove_prefix(end + 1);
  }
  while (s.starts_with("\r\n")) s.remove_prefix(2);
  return s;
}
std::string_view first_line(base::View v) {
  std::string_view s = start_of(v);
  const auto end = s.find('\n');
  s = s.substr(0, end);
  if (!s.empty() && s.back() == '\r') s.remove_suffix(1);
  return s;
}
bool has_line(base::View v) {
  const std::string_view s = start_of(v);
  return s.find('\n') != std::string_view::npos;
}
bool reply(base::View v, std::string_view code) {
  return starts(v, code) && v.size() > code.size() && (v[code.size()] == ' ' || v[code.size()] == '-' || v[code.size()] == '\r');
}
bool command(base::View v, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view w) {
    return starts_any_case(v, w) && (v.size() == w.size() || v[w.size()] == ' ' || v[w.size()] == '\r' || v[w.size()] == '\n');
  });
}
bool sip_like(std::string_view line, std::string_view version) {
  return line.starts_with(version) || line.find(version, 8) != std::string_view::npos;
}

}  // namespace

// RFC 9112 sections 3 and 4.
Match http(const First& f) {
  if (starts(f.server, "HTTP/1.") || starts(f.server, "HTTP/0.9") || starts(f.server, "ICY 200")) return Match::yes;
  const std::string_view line = first_line(f.client);
  if (starts(f.client, "PROXY ") && base::text(f.client).find('\n') == std::string_view::npos) return Match::maybe;
  if (line.empty()) return could_start(f.server, "HTTP/1.") && !f.server.empty() ? Match::maybe : Match::no;
  const auto space = line.find(' ');
  if (space == std::string_view::npos || space == 0) {
    const bool upper = std::all_of(line.begin(), line.end(), [](char c) { return (c >= 'A' && c <= 'Z') || c == '-'; });
    return upper && !has_line(f.client) && line.size() < 20 ? Match::maybe : Match::no;
  }
  const std::string_view method = line.substr(0, space);
  const bool versioned = line.find(" HTTP/1.", space) != std::string_view::npos || line.find(" HTTP/0.", space) != std::string_view::npos;
  if (has_line(f.client)) {
    if (versioned) return yes_if(method.size() <= 32);
    return yes_if(is_http_method(method) && line.size() > space + 1 && line[space + 1] == '/');
  }
  if (!is_http_method(method)) return versioned ? Match::yes : Match::no;
  if (line.size() == space + 1) return Match::maybe;
  const std::string_view target = line.substr(space + 1);
  if (target[0] == '/' || target.starts_with("http://") || target.starts_with("* HTTP") || method == "CONNECT") return Match::yes;
  return Match::maybe;
}

Match http2(const First& f) {  // RFC 9113 section 3.4; one direction alone: the server's SETTINGS come first
  const base::View s = f.server;
  if (f.client.empty() && s.size() >= 15 && be24(s, 0) != 0 && be24(s, 0) <= 120 && be24(s, 0) % 6 == 0 && s[3] == 4 && s[4] == 0 && be32(s, 5) == 0 && be16(s, 9) <= 16) return Match::yes;
  return starts_or_waits(f.client, "PRI * HTTP/2.0\r\n\r\nSM");
}

Match rtsp(const First& f) {  // RFC 2326
  return yes_if(starts(f.server, "RTSP/1.") || sip_like(first_line(f.client), " RTSP/1.") || starts(f.client, "RTSP/1."));
}

Match sip(const First& f) {  // RFC 3261 section 7
  const auto line = first_line(f.client);
  return yes_if(starts(f.server, "SIP/2.0 ") || starts(f.client, "SIP/2.0 ") || line.find(" SIP/2.0") != std::string_view::npos ||
                ((line.starts_with("REGISTER ") || line.starts_with("INVITE ")) && line.find("sip:") != std::string_view::npos));
}

Match ssh(const First& f) {  // RFC 4253 section 4.2
  if (starts(f.client, "SSH-") || starts(f.server, "SSH-")) return Match::yes;
  return (!f.client.empty() && could_start(f.client, "SSH-")) || (!f.server.empty() && could_start(f.server, "SSH-")) ? Match::maybe : Match::no;
}

Match smtp(const First& f) {  // RFC 5321 sections 3.1, 4.1
  if (command(f.client, {"EHLO", "HELO", "LHLO"}) || starts_any_case(f.client, "MAIL FROM:") || starts_any_case(f.client, "RCPT TO:")) return Match::yes;
  if (!reply(f.server, "220") && !reply(f.server, "421") && !reply(f.server, "554") && !reply(f.server, "250")) return Match::no;
  if (contains_any_case(f.server, "SMTP") || contains_any_case(f.server, "POSTFIX") || contains_any_case(f.server, "SENDMAIL")) return Match::yes;
  if (contains_any_case(f.server, "FTP") || command(f.client, {"USER", "FEAT", "PASS", "AUTH"})) return Match::no;
  if (f.port(25) || f.port(587) || f.port(2525) || f.port(465)) return Match::yes;
  return f.client.empty() ? Match::maybe : Match::no;
}

Match ftp(const First& f) {  // RFC 959
  const bool greeting = reply(f.server, "220") || reply(f.server, "331") || reply(f.server, "230") || reply(f.server, "530") || reply(f.server, "421");
  if (greeting && contains_any_case(f.server, "FTP")) return Match::yes;
  if (greeting && command(f.client, {"USER", "FEAT", "AUTH", "PASS", "SYST", "OPTS", "HOST", "CLNT"})) return Match::yes;
  if (f.port(21) && (greeting || command(f.client, {"USER", "PASS", "FEAT", "SYST", "PWD", "TYPE", "PASV", "EPSV", "PORT", "EPRT", "CWD", "LIST", "RETR", "STOR"}))) {
    return Match::yes;
  }
  if (command(f.client, {"USER"}) && f.server.empty()) return Match::maybe;
  return greeting && f.client.empty() ? Match::maybe : Match::no;
}

Match pop3(const First& f) {  // RFC 1939
  const bool ok = starts(f.server, "+OK") || starts(f.server, "-ERR");
  if (ok && (f.port(110) || contains_any_case(f.server, "POP"))) return Match::yes;
  if (ok && command(f.client, {"USER", "APOP", "CAPA", "AUTH", "STLS", "QUIT", "PASS", "STAT", "LIST", "UIDL"})) return Match::yes;
  if (f.port(110) && command(f.client, {"USER", "APOP", "CAPA", "AUTH", "STLS", "STAT", "LIST", "RETR"})) return Match::yes;
  return ok && f.client.empty() ? Match::maybe : Match::no;
}

Match imap(const First& f) {  // RFC 9051 section 7.1
  if (starts(f.server, "* OK") || starts(f.server, "* PREAUTH") || starts(f.server, "* BYE")) return Match::yes;
  if (starts(f.server, "* CAPABILITY") || (f.port(143) && starts(f.server, "* "))) return Match::yes;
  const auto line = first_line(f.client);
  const auto space = line.find(' ');
  if (space == 0 || space == std::string_view::npos || space > 12) return Match::no;
  const base::View rest = base::view(line.substr(space + 1));
  return yes_if(command(rest, {"CAPABILITY", "LOGIN", "AUTHENTICATE", "STARTTLS", "SELECT", "EXAMINE", "ID"}) && (f.port(143) || has_line(f.client)) &&
                !starts(f.client, "CAP "));
}

Match nntp(const First& f) {  // RFC 3977
  const bool greeting = reply(f.server, "200") || reply(f.server, "201");
  return yes_if(greeting && (f.port(119) || contains_any_case(f.server, "NNTP") || contains_any_case(f.server, "NEWS")));
}

Match irc(const First& f) {  // RFC 2812
  if (command(f.client, {"NICK"}) || starts(f.client, "CAP LS") || (command(f.client, {"PASS"}) && contains(f.client, "\nNICK "))) return Match::yes;
  if (command(f.client, {"USER"}) && contains(f.client, "NICK ")) return Match::yes;
  return yes_if((starts(f.server, ":") && (contains(f.server, " NOTICE ") || contains(f.server, " PRIVMSG ") || contains(f.server, " 001 "))) ||
                starts(f.server, "NOTICE AUTH"));
}

Match redis(const First& f) {  // RESP: redis.io/docs/reference/protocol-spec
  const auto resp_array = [](base::View v) {
    if (v.size() < 4 || v[0] != '*' || v[1] < '0' || v[1] > '9') return Match::no;
    const auto line = base::text(v).find("\r\n");
    if (line == std::string_view::npos) return v.size() < 12 ? Match::maybe : Match::no;
    return v.size() > line + 2 ? yes_if(v[line + 2] == '$') : Match::maybe;
  };
  const Match m = resp_array(f.client);
  if (m != Match::no) return m;
  const bool answer = starts(f.server, "+OK\r\n") || starts(f.server, "+PONG\r\n") || starts(f.server, "-ERR ") || starts(f.server, "-NOAUTH") ||
                      starts(f.server, "-WRONGPASS") || starts(f.server, "-DENIED") || starts(f.server, "$") || starts(f.server, ":") ||
                      resp_array(f.server) == Match::yes;
  const bool inline_command = command(f.client, {"PING", "INFO", "AUTH", "SET", "GET", "SELECT", "KEYS", "CONFIG", "HELLO", "COMMAND", "CLIENT", "INCR",
                                                 "HGETALL", "LPUSH", "FLUSHALL", "MONITOR", "SUBSCRIBE"});
  if (inline_command && answer && !starts(f.server, "-ERR unknown")) return Match::yes;
  if (f.port(6379)) return inline_command || answer ? Match::yes : Match::no;
  return inline_command && f.server.empty() ? Match::maybe : Match::no;
}

Match memcached(const First& f) {  // memcached doc/protocol.txt
  const bool ask = command(f.client, {"GET", "GETS", "SET", "ADD", "STATS", "VERSION", "DELETE", "INCR", "FLUSH_ALL", "REPLACE", "CAS", "MG", "MN"});
  const bool answer = starts(f.server, "STAT ") || starts(f.server, "VALUE ") || starts(f.server, "STORED\r\n") || starts(f.server, "END\r\n") ||
                      starts(f.server, "VERSION ") || starts(f.server, "NOT_FOUND\r\n");
  if (answer || (ask && f.port(11211))) return Match::yes;
  const auto binary = [](base::View v, std::uint8_t magic) { return v.size() >= 24 && v[0] == magic && v[1] <= 0x48 && v[5] == 0; };
  if (f.port(11211) && (binary(f.client, 0x80) || binary(f.server, 0x81))) return Match::yes;
  return ask && f.server.empty() ? Match::maybe : Match::no;
}

Match rsync(const First& f) { return yes_if(starts(f.server, "@RSYNCD:") || starts(f.client, "@RSYNCD:")); }
Match svn(const First& f) { return yes_if(starts(f.server, "( success (")); }
Match stomp(const First& f) { return yes_if(starts(f.client, "CONNECT\n") || starts(f.client, "STOMP\n") || starts(f.server, "CONNECTED\n") || starts(f.client, "CONNECT\r\n")); }
Match git(const First& f) {
  return yes_if(f.client.size() > 8 && (starts(f.client.subspan(4), "git-upload-pack") || starts(f.client.subspan(4), "git-receive-pack")));
}
Match xmpp(const First& f) {  // RFC 6120
  return yes_if((contains(f.client, "<stream:stream") || contains(f.server, "<stream:stream")) || (starts(f.client, "<?xml") && contains(f.client, "jabber:")));
}

namespace {
bool priority(base::View v) {  // RFC 5424 section 6.2.1: <0> to <191>
  std::size_t i = 1;
  unsigned n = 0;
  if (at(v, 0) != '<') return false;
  while (i < 4 && at(v, i) >= '0' && at(v, i) <= '9') n = n * 10 + (at(v, i++) - '0');
  return i > 1 && at(v, i) == '>' && n <= 191 && v.size() > i + 1 && at(v, i + 1) >= 0x20;
}
}  // namespace

Match syslog(const First& f) { return yes_if(priority(f.client) || priority(f.server)); }
Match syslog_tcp(const First& f) {  // RFC 6587: octet counting or not
  base::View v = f.client;
  std::size_t i = 0;
  while (i < 5 && at(v, i) >= '0' && at(v, i) <= '9') ++i;
  if (i > 0 && at(v, i) == ' ') v = v.subspan(i + 1);
  return yes_if(priority(v));
}

Match tftp(const First& f) {  // RFC 1350 section 5
  const base::View v = f.client;
  if (v.size() < 6 || at(v, 0) != 0 || (at(v, 1) != 1 && at(v, 1) != 2)) return Match::no;
  const auto name_end = base::text(v).find('\0', 2);
  if (name_end == std::string_view::npos || name_end < 3) return Match::no;
  const base::View mode = v.subspan(name_end + 1);
  return yes_if(starts_any_case(mode, "OCTET") || starts_any_case(mode, "NETASCII") || starts_any_case(mode, "MAIL"));
}

Match ssdp(const First& f) {  // UPnP device architecture 1.1 section 1
  const auto one = [](base::View v) { return starts(v, "M-SEARCH * HTTP/1.1") || starts(v, "NOTIFY * HTTP/1.1"); };
  return yes_if(one(f.client) || one(f.server) || (f.port(1900) && (starts(f.client, "HTTP/1.1") || starts(f.server, "HTTP/1.1"))));
}
Match ws_discovery(const First& f) {
  return yes_if((f.port(3702) || contains(f.client, "/ws/2005/04/discovery")) && (contains(f.client, "Envelope") || contains(f.server, "Envelope")));
}
Match bt_dht(const First& f) {  // BEP 5
  const auto one = [](base::View v) { return starts(v, "d1:ad2:id20:") || starts(v, "d1:rd2:id20:") || starts(v, "d2:ip") || starts(v, "d1:el"); };
  return yes_if(one(f.client) || one(f.server));
}

}  // namespace fengsui::capture::match
