// What TLS hellos say, and the fingerprints that are made of them.
#include <algorithm>
#include <array>

#include "base/encode.h"
#include "capture/protocols/tls.h"
#include "crypto/fingerprint.h"
#include "crypto/hash.h"

namespace fengsui::capture {
namespace {

constexpr std::size_t kMaxItems = 512;  // of each list that is kept

bool is_grease(std::uint16_t v) { return (v & 0x0f0f) == 0x0a0a && (v >> 8) == (v & 0xff); }  // RFC 8701

std::string printable(base::View bytes) {
  std::string out;
  for (const std::uint8_t c : bytes.first(std::min<std::size_t>(bytes.size(), 255))) out.push_back(c > 0x20 && c < 0x7f ? static_cast<char>(c) : '?');
  return out;
}

void server_name(base::View value, TlsHello& out) {
  base::Reader in(value);
  out.has_name = true;
  in.skip(2);
  while (!in.at_end()) {
    const std::uint8_t type = in.u8();
    const base::View name = in.take(in.u16be());
    if (in.failed()) return;
    if (type == 0) out.server_name = printable(name);
  }
}

void versions(base::View value, TlsHello& out) {
  base::Reader in(value);
  if (out.server) {
    const std::uint16_t chosen = in.u16be();
    if (!in.failed()) out.version = chosen;
    return;
  }
  in.skip(1);
  while (in.remaining() >= 2) {
    const std::uint16_t offered = in.u16be();
    if (!is_grease(offered)) out.newest = std::max(out.newest, offered);
    if (!is_grease(offered) && (offered >> 8) == 3) out.version = std::max(out.version, offered);
  }
}

void alpn(base::View value, TlsHello& out) {
  base::Reader in(value);
  in.skip(2);
  while (!in.at_end() && out.alpn.size() < 16) {
    const base::View name = in.take(in.u8());
    if (in.failed()) return;
    out.alpn.push_back(printable(name));
  }
}

// A list of 16-bit numbers.
void numbers(base::View value, std::vector<std::uint16_t>& out) {
  base::Reader in(value);
  while (in.remaining() >= 2 && out.size() < kMaxItems) {
    const std::uint16_t n = in.u16be();
    if (!is_grease(n)) out.push_back(n);
  }
}
base::View after_length(base::View value, std::size_t length_bytes) { return value.size() < length_bytes ? base::View{} : value.subspan(length_bytes); }

// SHA-256 of "HelloRetryRequest", RFC 8446 section 4.1.3.
constexpr std::array<std::uint8_t, 8> kRetry = {0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11};

template <class T>
std::string joined(const std::vector<T>& list) {
  std::string out;
  for (const auto n : list) out += (out.empty() ? "" : "-") + std::to_string(n);
  return out;
}
std::string hex4(std::uint16_t n) {
  const std::uint8_t bytes[] = {static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(n)};
  return base::hex(bytes);
}
std::string hexes(const std::vector<std::uint16_t>& list) {
  std::string out;
  for (const auto n : list) out += (out.empty() ? "" : ",") + hex4(n);
  return out;
}
std::string md5_of(const std::string& text) { return base::hex(crypto::md5(base::view(text))); }
std::string short_hash(const std::string& text) { return text.empty() ? std::string(12, '0') : base::hex(crypto::sha256(base::view(text))).substr(0, 12); }
std::string two_digits(std::size_t n) { return n > 99 ? "99" : (n < 10 ? "0" : "") + std::to_string(n); }

std::string_view ja4_version(std::uint16_t v) {
  switch (v) {
    case 0x0304: return "13";
    case 0x0303: return "12";
    case 0x0302: return "11";
    case 0x0301: return "10";
    case 0x0300: return "s3";
    case 0x0002: return "s2";
    case 0xfeff: return "d1";
    case 0xfefd: return "d2";
    case 0xfefc: return "d3";
    default: return "00";
  }
}

std::string ja4_alpn(const TlsHello& hello) {
  if (hello.alpn.empty() || hello.alpn[0].empty()) return "00";
  const char first = hello.alpn[0].front(), last = hello.alpn[0].back();
  const auto alnum = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (alnum(first) && alnum(last)) return {first, last};
  const std::string hex = base::hex(base::view(hello.alpn[0]));
  return {hex.front(), hex.back()};
}

}  // namespace

std::string ja3(const TlsHello& c) {
  return md5_of(std::to_string(c.legacy_version) + "," + joined(c.ciphers) + "," + joined(c.extensions) + "," + joined(c.groups) + "," + joined(c.point_formats));
}
std::string ja3s(const TlsHello& s) {
  return md5_of(std::to_string(s.legacy_version) + "," + std::to_string(s.cipher) + "," + joined(s.extensions));
}

std::string ja4(const TlsHello& c, char transport) {
  std::string out(1, transport);
  out += ja4_version(c.newest != 0 ? c.newest : c.legacy_version);
  out += c.has_name ? 'd' : 'i';
  out += two_digits(c.ciphers.size()) + two_digits(c.extensions.size()) + ja4_alpn(c);
  std::vector<std::uint16_t> ciphers = c.ciphers, extensions;
  std::sort(ciphers.begin(), ciphers.end());
  for (const auto e : c.extensions) if (e != 0 && e != 16) extensions.push_back(e);
  std::sort(extensions.begin(), extensions.end());
  std::string rest = hexes(extensions);
  if (!c.signatures.empty()) rest += "_" + hexes(c.signatures);
  return out + "_" + short_hash(hexes(ciphers)) + "_" + short_hash(rest);
}

namespace {
// RFC 8998; GB/T 38636-2020 section 6.4.5.2.1.
bool is_sm_suite(std::uint16_t c) { return c == 0x00c6 || c == 0x00c7 || (c & 0xff00) == 0xe000; }
}  // namespace

model::Activity handshake_activity(const Conversation& conversation, base::UnixMs time) {
  model::Activity activity = conversation.activity(4001, 1, {"", "network_connection", ""});
  activity.time = time;
  activity.fields.set("app_protocol_name", conversation.app);
  return activity;
}

void describe_hellos(const TlsHello* client, const TlsHello* server, char transport, model::Fields& fields) {
  fields.set("tls.version", tls_version_name(server != nullptr ? server->version : client->version));
  if (client != nullptr) {
    if (!client->server_name.empty()) fields.set("tls.sni", client->server_name);
    if (!client->alpn.empty()) fields.set("unmapped.fengsui.tls_alpn", client->alpn);
    if (!client->ciphers.empty()) {  // an SSLv2 hello names them otherwise
      fields.set("unmapped.fengsui.tls_ja3", ja3(*client));
      fields.set("unmapped.fengsui.tls_ja4", ja4(*client, transport));
    }
  }
  if (server == nullptr) return fields.set("unmapped.fengsui.tls_unanswered", true);
  if (server->cipher != 0) fields.set("tls.cipher", "0x" + hex4(server->cipher));
  if (!server->alpn.empty()) fields.set("unmapped.fengsui.tls_alpn_chosen", server->alpn);
  fields.set("unmapped.fengsui.tls_ja3s", ja3s(*server));
  if (is_sm_suite(server->cipher)) fields.set("unmapped.fengsui.tls_sm_suite", true);
  const bool same_session = client != nullptr && !client->session.empty() && client->session == server->session && server->version < 0x0304;
  if (same_session || server->pre_shared) fields.set("unmapped.fengsui.tls_resumed", true);
}

std::string tls_version_name(std::uint16_t version) {
  switch (version) {
    case 0x0002: return "SSLv2";
    case 0x0300: return "SSLv3";
    case 0x0301: return "TLSv1.0";
    case 0x0302: return "TLSv1.1";
    case 0x0303: return "TLSv1.2";
    case 0x0304: return "TLSv1.3";
    case 0x0101: return "TLCPv1.1";
    default: break;
  }
  if ((version >> 8) == 0x7f) return "TLSv1.3";  // drafts of RFC 8446
  constexpr char digits[] = "0123456789abcdef";
  std::string out = "0x";
  for (int shift = 12; shift >= 0; shift -= 4) out.push_back(digits[(version >> shift) & 15]);
  return out;
}

// RFC 8446 section 4.1.2 and 4.1.3, RFC 5246 section 7.4.1.
base::Result<TlsHello> parse_hello(base::View handshake) {
  base::Reader in(handshake);
  TlsHello out;
  const std::uint8_t type = in.u8();
  const std::uint32_t length = in.u24be();
  if (type != 1 && type != 2) return base::fail(base::Errc::malformed, "TLS handshake message of type " + std::to_string(type) + "; a hello is 1 or 2");
  out.server = type == 2;
  base::Reader body(in.take(length));
  out.version = body.u16be();
  out.legacy_version = out.version;
  const base::View random = body.take(32);
  out.retry = out.server && random.size() == 32 && std::equal(kRetry.begin(), kRetry.end(), random.begin());
  const bool draft = out.server && (out.version >> 8) == 0x7f;  // up to draft 21 of RFC 8446: neither session nor compression
  if (!draft) out.session = base::to_bytes(body.take(body.u8()));
  if (out.server) {
    out.cipher = body.u16be();
    if (!draft) body.skip(1);
  } else {
    numbers(body.take(body.u16be()), out.ciphers);
    body.skip(body.u8());
  }
  if (in.failed() || body.failed()) return base::fail(base::Errc::truncated, "TLS hello of " + std::to_string(handshake.size()) + " bytes stops early");
  if (body.remaining() < 2) return out;
  base::Reader extensions(body.take(body.u16be()));
  if (body.failed()) return out;
  while (extensions.remaining() >= 4) {
    const std::uint16_t kind = extensions.u16be();
    const base::View value = extensions.take(extensions.u16be());
    if (extensions.failed()) break;
    out.has_extensions = true;
    if (!is_grease(kind) && out.extensions.size() < kMaxItems) out.extensions.push_back(kind);
    if (kind == 0 && !out.server) server_name(value, out);
    if (kind == 10 && !out.server) numbers(after_length(value, 2), out.groups);
    if (kind == 11 && !out.server) for (const std::uint8_t f : after_length(value, 1)) out.point_formats.push_back(f);
    if (kind == 13 && !out.server) numbers(after_length(value, 2), out.signatures);
    if (kind == 41) out.pre_shared = true;
    if (kind == 16) alpn(value, out);
    if (kind == 43) versions(value, out);
  }
  return out;
}

// How much of a TLS or TLCP hello begins at `at`: record type 22, version, length, message type 1 or 2, and the zero that
// begins its own length (RFC 8446 sections 4 and 5.1; TLCP has version 0x0101). 7 is all of it, 0 none.
std::size_t tls_hello_at(base::View v, std::size_t at) {
  for (std::size_t i = 0; i < kTlsHelloMark; ++i) {
    if (at + i == v.size()) return i;
    const std::uint8_t c = v[at + i];
    const bool fits = i == 0 ? c == 22 : i == 1 ? c == 3 || c == 1 : i == 2 ? c <= 4 && (v[at + 1] == 3 || c == 1)
                      : i == 3 ? c <= 0x40 : i == 5 ? c == 1 || c == 2 : i == 6 ? c == 0 : true;
    if (!fits) return 0;
  }
  return kTlsHelloMark;
}

}  // namespace fengsui::capture
