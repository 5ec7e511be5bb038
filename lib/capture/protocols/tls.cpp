#include "capture/protocols/tls.h"

#include <algorithm>

namespace fengsui::capture {
namespace {

constexpr std::size_t kMaxHandshake = 64u << 10;  // of one hello; post-quantum key shares stay below 4 KiB
constexpr std::size_t kMaxRecord = 16384 + 2048;

bool is_grease(std::uint16_t v) { return (v & 0x0f0f) == 0x0a0a && (v >> 8) == (v & 0xff); }  // RFC 8701

std::string printable(base::View bytes) {
  std::string out;
  for (const std::uint8_t c : bytes.first(std::min<std::size_t>(bytes.size(), 255))) out.push_back(c > 0x20 && c < 0x7f ? static_cast<char>(c) : '?');
  return out;
}

void server_name(base::View value, TlsHello& out) {
  base::Reader in(value);
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

}  // namespace

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
  body.skip(32);
  body.skip(body.u8());
  if (out.server) {
    out.cipher = body.u16be();
    body.skip(1);
  } else {
    body.skip(body.u16be());
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
    if (kind == 0 && !out.server) server_name(value, out);
    if (kind == 16) alpn(value, out);
    if (kind == 43) versions(value, out);
  }
  return out;
}

void Tls::data(Side side, base::View bytes) {
  Half& half = halves_[static_cast<std::size_t>(side)];
  while (!bytes.empty() && !half.done) {
    const std::size_t want = half.buffer.size() < 5 ? 5 : 5 + ((std::size_t{half.buffer[3]} << 8) | half.buffer[4]);
    const std::size_t take = std::min(want - half.buffer.size(), bytes.size());
    base::append(half.buffer, bytes.first(take));
    bytes = bytes.subspan(take);
    if (half.buffer.size() < 5) return;
    if (side == Side::client && (half.buffer[0] & 0x80) != 0 && half.buffer[2] == 1) {  // RFC 5246 appendix E.2
      client_.version = static_cast<std::uint16_t>((half.buffer[3] << 8) | half.buffer[4]);
      client_seen_ = half.done = true;
      break;
    }
    const std::size_t length = (std::size_t{half.buffer[3]} << 8) | half.buffer[4];
    if (length > kMaxRecord || half.buffer[0] != 22) {  // anything but a handshake first: the hello was not seen
      half.done = true;
      break;
    }
    if (half.buffer.size() < 5 + length) continue;
    record(half, base::View(half.buffer).subspan(5));
    half.buffer.clear();
  }
  if (half.done) {
    base::Bytes().swap(half.buffer);
    base::Bytes().swap(half.handshake);
  }
}

void Tls::record(Half& half, base::View payload) {
  base::append(half.handshake, payload);
  if (half.handshake.size() < 4) return;
  const std::size_t length = (std::size_t{half.handshake[1]} << 16) | (std::size_t{half.handshake[2]} << 8) | half.handshake[3];
  if (length > kMaxHandshake) half.done = true;
  if (half.done || half.handshake.size() < 4 + length) return;
  half.done = true;
  const auto hello = parse_hello(half.handshake);
  if (!hello) return;
  (hello->server ? server_ : client_) = *hello;
  (hello->server ? server_seen_ : client_seen_) = true;
  if (server_seen_) emit();
}

void Tls::gap(Side side, std::uint64_t) { halves_[static_cast<std::size_t>(side)].done = true; }

void Tls::finish() {
  if (client_seen_ || server_seen_) emit();
}

void Tls::emit() {
  if (emitted_) return;
  emitted_ = true;
  model::Activity activity;
  activity.time = conversation_.now;
  activity.class_uid = 4001;
  activity.activity_id = 1;
  activity.stage = model::Stage::transmission;
  activity.sensor = conversation_.room.sensor;
  activity.source = {"", "network_connection", ""};
  conversation_.describe(activity.fields);
  activity.fields.set("app_protocol_name", conversation_.app);
  activity.fields.set("tls.version", tls_version_name(server_seen_ ? server_.version : client_.version));
  if (!client_.server_name.empty()) activity.fields.set("tls.sni", client_.server_name);
  if (server_.cipher != 0) activity.fields.set("tls.cipher", tls_version_name(server_.cipher));
  if (!client_.alpn.empty()) activity.fields.set("unmapped.fengsui.tls_alpn", client_.alpn);
  if (!server_seen_) activity.fields.set("unmapped.fengsui.tls_unanswered", true);
  conversation_.room.sink.on_activity(std::move(activity));
}

}  // namespace fengsui::capture
