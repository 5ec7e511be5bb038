#include "capture/protocols/quic.h"

#include <algorithm>
#include <array>

#include "crypto/aes.h"
#include "crypto/hash.h"

namespace fengsui::capture {
namespace {

constexpr std::size_t kMaxDatagrams = 16;       // of a side: a client hello with post-quantum keys takes two or three
constexpr std::size_t kMaxHandshake = 32u << 10;
constexpr std::size_t kMaxWaiting = 64;
constexpr std::size_t kTag = 16;

using Salt = std::array<std::uint8_t, 20>;
constexpr Salt kVersion1 = {0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a};
constexpr Salt kVersion2 = {0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93, 0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9};
constexpr Salt kDraft29 = {0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97, 0x86, 0xf1, 0x9c, 0x61, 0x11, 0xe0, 0x43, 0x90, 0xa8, 0x99};
constexpr Salt kDraft23 = {0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7, 0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65, 0xbe, 0xf9, 0xf5, 0x02};
constexpr std::uint32_t kVersion2Number = 0x6b3343cf;

const Salt* salt_of(std::uint32_t version) {
  if (version == 1) return &kVersion1;
  if (version == kVersion2Number) return &kVersion2;
  if ((version >> 8) != 0xff0000) return nullptr;
  const std::uint32_t draft = version & 0xff;
  return draft >= 33 && draft <= 34 ? &kVersion1 : draft >= 29 && draft < 33 ? &kDraft29 : draft >= 23 && draft < 29 ? &kDraft23 : nullptr;
}

// RFC 9000 section 16.
std::uint64_t varint(base::Reader& in) {
  const std::uint8_t first = in.u8();
  std::uint64_t n = first & 0x3f;
  for (int more = (1 << (first >> 6)) - 1; more > 0; --more) n = (n << 8) | in.u8();
  return n;
}

// HKDF-Expand-Label of RFC 8446 section 7.1.
base::Bytes labelled(base::View secret, std::string_view label, std::size_t size) {
  base::Bytes info;
  base::append_u16be(info, static_cast<std::uint16_t>(size));
  info.push_back(static_cast<std::uint8_t>(6 + label.size()));
  base::append(info, base::view("tls13 "));
  base::append(info, base::view(label));
  info.push_back(0);
  return crypto::hkdf_expand(secret, info, size);
}

}  // namespace

void Quic::derive(std::uint32_t version, base::View connection_id) {
  const Salt* salt = salt_of(version);
  if (salt == nullptr) return;
  const crypto::Digest initial = crypto::hmac_sha256(base::View(*salt), connection_id);
  const std::string prefix = version == kVersion2Number ? "quicv2 " : "quic ";
  for (const int side : {0, 1}) {
    const base::Bytes secret = labelled(initial, side == 0 ? "client in" : "server in", 32);
    halves_[side].keys = {labelled(secret, prefix + "key", 16), labelled(secret, prefix + "iv", 12), labelled(secret, prefix + "hp", 16)};
  }
}

void Quic::data(Side side, base::View datagram) {
  Half& half = halves_[static_cast<std::size_t>(side)];
  if (half.done || ++half.datagrams > kMaxDatagrams) return;
  while (!half.done && packet(side, datagram)) {}
}

// RFC 9000 section 17.2. True when another packet may follow in the datagram.
bool Quic::packet(Side side, base::View& datagram) {
  base::Reader in(datagram);
  const std::uint8_t first = in.u8();
  const std::uint32_t version = in.u32be();
  const base::View destination = in.take(in.u8());
  in.skip(in.u8());
  if (in.failed() || (first & 0xc0) != 0xc0 || salt_of(version) == nullptr || destination.size() > 20) return false;
  const int type = ((first >> 4) & 3) - (version == kVersion2Number ? 1 : 0);
  if (type == 0) in.skip(static_cast<std::size_t>(std::min<std::uint64_t>(varint(in), datagram.size())));
  if (type != 0 && type != 1 && type != 2) return false;  // Retry has no length
  const std::uint64_t length = varint(in);
  if (in.failed() || length > in.remaining() || length < 4 + kTag) return false;
  const std::size_t number_at = in.position();
  const base::View whole = datagram.first(number_at + static_cast<std::size_t>(length));
  datagram = datagram.subspan(whole.size());
  if (type != 0) return true;
  Half& half = halves_[static_cast<std::size_t>(side)];
  base::Bytes clear;
  bool opened = !half.keys.key.empty() && open(half, whole, number_at, static_cast<std::size_t>(length), clear);
  if (!opened && side == Side::client) {  // the first one, or the one after a Retry: its destination makes the keys
    derive(version, destination);
    opened = open(half, whole, number_at, static_cast<std::size_t>(length), clear);
  }
  if (opened) frames(half, clear);
  return true;
}

// RFC 9001 sections 5.3 and 5.4.
bool Quic::open(Half& half, base::View whole, std::size_t number_at, std::size_t length, base::Bytes& clear) const {
  if (number_at + 4 + 16 > whole.size()) return false;
  crypto::Block sample{};
  std::copy_n(whole.begin() + static_cast<std::ptrdiff_t>(number_at + 4), 16, sample.begin());
  const crypto::Block mask = crypto::aes128_block(half.keys.header, sample);
  base::Bytes header = base::to_bytes(whole.first(number_at + 4));
  header[0] = static_cast<std::uint8_t>(header[0] ^ (mask[0] & 0x0f));
  const std::size_t number_size = (header[0] & 3u) + 1u;
  header.resize(number_at + number_size);
  base::Bytes nonce = half.keys.iv;
  for (std::size_t i = 0; i < number_size; ++i) {
    header[number_at + i] = static_cast<std::uint8_t>(header[number_at + i] ^ mask[1 + i]);
    nonce[12 - number_size + i] = static_cast<std::uint8_t>(nonce[12 - number_size + i] ^ header[number_at + i]);
  }
  auto opened = crypto::aes128_gcm_open(half.keys.key, nonce, header, whole.subspan(header.size(), length - number_size));
  if (!opened) return false;
  clear = std::move(*opened);
  return true;
}

// RFC 9000 section 12.4: what an Initial packet may hold.
void Quic::frames(Half& half, base::View clear) {
  base::Reader in(clear);
  while (!in.at_end() && !in.failed() && !half.done) {
    const std::uint64_t type = varint(in);
    if (type == 0 || type == 1) continue;  // PADDING, PING
    if (type == 2 || type == 3) {          // ACK
      varint(in);
      varint(in);
      const std::uint64_t ranges = varint(in);
      varint(in);
      for (std::uint64_t i = 0; i < ranges * 2 && !in.failed(); ++i) varint(in);
      for (int i = 0; type == 3 && i < 3; ++i) varint(in);
      continue;
    }
    if (type != 6) return;
    const std::uint64_t offset = varint(in), size = varint(in);
    if (size > in.remaining()) return;
    const base::View bytes = in.take(static_cast<std::size_t>(size));
    if (!in.failed()) crypto(half, offset, bytes);
  }
}

void Quic::crypto(Half& half, std::uint64_t offset, base::View bytes) {
  if (offset + bytes.size() > kMaxHandshake || half.waiting.size() >= kMaxWaiting) return;
  half.waiting.try_emplace(offset, base::to_bytes(bytes));
  for (auto at = half.waiting.begin(); at != half.waiting.end() && at->first <= half.handshake.size();) {
    const std::size_t old = half.handshake.size() - static_cast<std::size_t>(at->first);
    if (old < at->second.size()) base::append(half.handshake, base::View(at->second).subspan(old));
    at = half.waiting.erase(at);
  }
  const base::Bytes& h = half.handshake;
  if (h.size() < 4) return;
  const std::size_t length = (std::size_t{h[1]} << 16) | (std::size_t{h[2]} << 8) | h[3];
  if (length > kMaxHandshake) half.done = true;
  if (half.done || h.size() < 4 + length) return;
  half.done = true;
  const auto hello = parse_hello(h);
  if (!hello) return;
  (hello->server ? server_ : client_) = *hello;
  (hello->server ? server_seen_ : client_seen_) = true;
  if (server_seen_) emit();
}

void Quic::finish() {
  if (client_seen_) emit();
}

void Quic::emit() {
  if (emitted_) return;
  emitted_ = true;
  auto activity = handshake_activity(conversation_, conversation_.now);
  describe_hellos(client_seen_ ? &client_ : nullptr, server_seen_ ? &server_ : nullptr, 'q', activity.fields);
  activity.fields.set("unmapped.fengsui.tls_certificate_hidden", true);
  conversation_.room.sink.on_activity(std::move(activity));
}

}  // namespace fengsui::capture
