#include "capture/protocols/tls.h"

#include <algorithm>

namespace fengsui::capture {
namespace {

constexpr std::size_t kMaxHandshake = 128u << 10;  // of one message; chains of certificates stay below 32 KiB
constexpr std::size_t kMaxRecord = 16384 + 2048;
constexpr std::size_t kMaxCertificates = 10;       // of a chain that are read

}  // namespace

void Tls::data(Side side, base::View bytes) {
  Half& half = halves_[static_cast<std::size_t>(side)];
  while (!bytes.empty() && !half.done) {
    const std::size_t want = half.buffer.size() < 5 ? 5 : 5 + ((std::size_t{half.buffer[3]} << 8) | half.buffer[4]);
    const std::size_t take = std::min(want - half.buffer.size(), bytes.size());
    base::append(half.buffer, bytes.first(take));
    bytes = bytes.subspan(take);
    if (half.buffer.size() < 5) return;
    if (side == Side::client && (half.buffer[0] & 0x80) != 0 && half.buffer[2] == 1) {  // RFC 5246 appendix E.2
      client_.version = client_.legacy_version = static_cast<std::uint16_t>((half.buffer[3] << 8) | half.buffer[4]);
      client_seen_ = half.done = true;
      break;
    }
    const std::size_t length = (std::size_t{half.buffer[3]} << 8) | half.buffer[4];
    // Anything but a handshake: the hello was not seen, or what is in clear is over (ChangeCipherSpec, application data).
    if (length > kMaxRecord || half.buffer[0] != 22) {
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
    if (side == Side::server && server_seen_) emit();
  }
}

void Tls::record(Half& half, base::View payload) {
  base::append(half.handshake, payload);
  std::size_t at = 0;
  while (!half.done && half.handshake.size() - at >= 4) {
    const base::View rest = base::View(half.handshake).subspan(at);
    const std::size_t length = (std::size_t{rest[1]} << 16) | (std::size_t{rest[2]} << 8) | rest[3];
    if (length > kMaxHandshake) half.done = true;
    if (half.done || rest.size() < 4 + length) break;
    message(half, rest.first(4 + length));
    at += 4 + length;
  }
  if (!half.done && at != 0) half.handshake.erase(half.handshake.begin(), half.handshake.begin() + static_cast<std::ptrdiff_t>(at));
}

// RFC 8446 section 4, RFC 5246 section 7.4.
void Tls::message(Half& half, base::View message) {
  switch (message[0]) {
    case 1: case 2: {
      const auto hello = parse_hello(message);
      if (!hello) {
        half.done = true;
        return;
      }
      if (hello->server && hello->retry) {  // the real answer follows
        server_ = *hello;
        return;
      }
      (hello->server ? server_ : client_) = *hello;
      (hello->server ? server_seen_ : client_seen_) = true;
      seen_at_ = conversation_.now;
      half.done = !hello->server || hello->version >= 0x0304;  // in TLS 1.3 all that follows is encrypted
      return;
    }
    case 11:
      if (&half == &halves_[1]) {
        certificates(message.subspan(4));
        half.done = true;
      }
      return;
    case 14: case 20: half.done = true; return;
    default: return;
  }
}

// RFC 5246 section 7.4.2; TLCP sends the certificate for signatures first and the one for encryption second (GB/T 38636-2020
// section 6.4.5.4).
void Tls::certificates(base::View list) {
  certificates_seen_ = true;
  base::Reader in(list);
  in.skip(3);
  while (in.remaining() >= 3 && chain_.size() < kMaxCertificates) {
    auto one = crypto::read_certificate(in.take(in.u24be()));
    if (in.failed() || !one) {
      certificates_bad_ = true;
      return;
    }
    chain_.push_back(std::move(*one));
  }
}

void Tls::describe_certificates(model::Fields& fields) const {
  const bool hidden = server_seen_ && server_.version >= 0x0304;
  if (hidden) fields.set("unmapped.fengsui.tls_certificate_hidden", true);
  if (certificates_bad_) fields.set("unmapped.fengsui.tls_certificate_unreadable", true);
  if (chain_.empty()) return;
  const crypto::Certificate& leaf = chain_[0];
  fields.set("unmapped.fengsui.tls_certificate_subject", leaf.subject);
  fields.set("unmapped.fengsui.tls_certificate_issuer", leaf.issuer);
  fields.set("unmapped.fengsui.tls_certificate_serial", leaf.serial);
  fields.set("unmapped.fengsui.tls_certificate_sha1", leaf.sha1);
  fields.set("unmapped.fengsui.tls_certificate_not_before", std::int64_t{leaf.not_before});
  fields.set("unmapped.fengsui.tls_certificate_not_after", std::int64_t{leaf.not_after});
  fields.set("unmapped.fengsui.tls_certificate_key", leaf.key + (leaf.key_bits != 0 ? " " + std::to_string(leaf.key_bits) : ""));
  fields.set("unmapped.fengsui.tls_certificate_signature", leaf.signature);
  std::vector<std::string> problems;
  if (seen_at_ > leaf.not_after) problems.emplace_back("expired");
  if (seen_at_ < leaf.not_before) problems.emplace_back("not_yet_valid");
  if (leaf.self_signed) problems.emplace_back("self_signed");
  if (crypto::weak_key(leaf)) problems.emplace_back("weak_key");
  if (crypto::weak_signature(leaf)) problems.emplace_back("weak_signature");
  if (!client_.server_name.empty() && !crypto::covers(leaf, client_.server_name)) problems.emplace_back("name_mismatch");
  if (server_.version == 0x0101) {
    const bool pair = chain_.size() >= 2 && chain_[0].key == "sm2" && chain_[1].key == "sm2" && chain_[0].for_signing && chain_[1].for_encryption;
    fields.set("unmapped.fengsui.tlcp_certificate_pair", pair);
    if (!pair) problems.emplace_back("not_a_tlcp_pair");
  }
  if (!problems.empty()) fields.set("unmapped.fengsui.tls_certificate_problems", problems);
}

TlsWatch::TlsWatch(Conversation& conversation) : tls_(std::make_unique<Tls>(conversation)) {}
TlsWatch::~TlsWatch() = default;

void TlsWatch::data(Side side, base::View bytes) {
  const auto i = static_cast<std::size_t>(side);
  if (found_[i]) return tls_->data(side, bytes);
  base::Bytes joined;
  if (!held_[i].empty()) {
    joined.swap(held_[i]);
    base::append(joined, bytes);
    bytes = joined;
  }
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    const std::size_t n = tls_hello_at(bytes, at);
    if (n == 0) continue;
    found_[i] = n == kTlsHelloMark;
    if (found_[i]) return tls_->data(side, bytes.subspan(at));
    held_[i] = base::to_bytes(bytes.subspan(at));
    return;
  }
}

void TlsWatch::gap(Side side, std::uint64_t bytes) {
  held_[static_cast<std::size_t>(side)].clear();
  if (found_[static_cast<std::size_t>(side)]) tls_->gap(side, bytes);
}

void TlsWatch::finish() { tls_->finish(); }

void Tls::gap(Side side, std::uint64_t) {
  halves_[static_cast<std::size_t>(side)].done = true;
  if (side == Side::server && server_seen_) emit();
}

void Tls::finish() {
  if (client_seen_ || server_seen_) emit();
}

void Tls::emit() {
  if (emitted_) return;
  emitted_ = true;
  auto activity = handshake_activity(conversation_, seen_at_ != 0 ? seen_at_ : conversation_.now);
  if (!conversation_.upgraded.empty()) activity.fields.set("unmapped.fengsui.upgraded_to", conversation_.upgraded);
  describe_hellos(client_seen_ ? &client_ : nullptr, server_seen_ ? &server_ : nullptr, 't', activity.fields);
  describe_certificates(activity.fields);
  conversation_.room.sink.on_activity(std::move(activity));
}

}  // namespace fengsui::capture
