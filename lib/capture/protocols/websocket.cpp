#include "capture/protocols/websocket.h"

#include <zlib.h>

#include <algorithm>
#include <array>

namespace fengsui::capture {
namespace {

// RFC 6455 section 5.2: 2 bytes, then 0, 2 or 8 of length, then 4 of mask. 0 while that is not known.
std::size_t header_size(base::View v) {
  if (v.size() < 2) return 0;
  const std::uint8_t length = v[1] & 0x7f;
  return 2u + (length == 126 ? 2u : length == 127 ? 8u : 0u) + ((v[1] & 0x80) != 0 ? 4u : 0u);
}

}  // namespace

class WebSocket::Inflate {
 public:
  Inflate() { open_ = inflateInit2(&z_, -15) == Z_OK; }
  ~Inflate() {
    if (open_) inflateEnd(&z_);
  }
  Inflate(const Inflate&) = delete;
  Inflate& operator=(const Inflate&) = delete;
  bool open() const { return open_; }
  void reset() { inflateReset(&z_); }
  z_stream& stream() { return z_; }

 private:
  z_stream z_{};
  bool open_ = false;
};

WebSocket::WebSocket(Conversation& conversation) : conversation_(conversation) {
  const std::string& agreed = conversation.extensions;
  deflate_ = agreed.find("permessage-deflate") != std::string::npos;
  half(Side::client).new_context = agreed.find("client_no_context_takeover") != std::string::npos;
  half(Side::server).new_context = agreed.find("server_no_context_takeover") != std::string::npos;
}
WebSocket::~WebSocket() = default;

void WebSocket::begin_message(Side side) {
  Half& h = half(side);
  auto from = conversation_.content(model::ContentKind::message, conversation_.object.empty() ? "websocket" : conversation_.object, {"", "webserver", ""});
  from->member = "websocket message";
  from->fields.set("unmapped.fengsui.app", "websocket");
  from->fields.set("unmapped.fengsui.carried_by", side == Side::client ? "request" : "response");
  h.body = std::make_unique<Body>(conversation_.room, std::move(from));
  h.wire = 0;
}

void WebSocket::data(Side side, base::View bytes) {
  Half& h = half(side);
  while (!bytes.empty() && !h.lost) {
    if (!h.in_frame) {
      const std::size_t known = header_size(h.head);
      const std::size_t want = (known == 0 ? 2 : known) - h.head.size();
      const std::size_t n = std::min(want, bytes.size());
      base::append(h.head, bytes.first(n));
      bytes = bytes.subspan(n);
      if (const std::size_t size = header_size(h.head); size == 0 || h.head.size() < size) continue;
      if (!frame(side)) {
        conversation_.room.tally.add(Count::http_malformed);
        h.lost = true;
        return;
      }
      h.head.clear();
      if (h.remaining == 0) frame_end(side);
      continue;
    }
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(h.remaining, bytes.size()));
    payload(side, bytes.first(n));
    bytes = bytes.subspan(n);
    h.remaining -= n;
    if (h.remaining == 0) frame_end(side);
  }
}

bool WebSocket::frame(Side side) {
  Half& h = half(side);
  base::Reader in(h.head);
  const std::uint8_t first = in.u8();
  std::uint64_t length = in.u8();
  const bool masked = (length & 0x80) != 0;
  length &= 0x7f;
  if (length == 126) length = in.u16be();
  else if (length == 127) length = in.u64be();
  for (std::uint8_t& m : h.mask) m = masked ? in.u8() : 0;
  const std::uint8_t opcode = first & 15;
  if (in.failed() || (opcode > 2 && opcode < 8) || opcode > 10 || (length >> 63) != 0 || (first & 0x30) != 0) return false;
  h.control = opcode >= 8;
  if (h.control && length > 125) return false;
  h.mask_at = 0;
  h.remaining = length;
  h.in_frame = true;
  h.final = (first & 0x80) != 0;
  if (h.control) return true;
  if (opcode != 0 || !h.body) {
    if (h.body) h.body->end();
    begin_message(side);
    h.compressed = deflate_ && (first & 0x40) != 0;
    if (h.compressed && !h.inflate) h.inflate = std::make_unique<Inflate>();
    if (h.compressed && h.new_context) h.inflate->reset();
  }
  return true;
}

void WebSocket::payload(Side side, base::View bytes) {
  Half& h = half(side);
  if (h.control) return;
  std::array<std::uint8_t, 4096> clear;
  while (!bytes.empty()) {
    const std::size_t n = std::min(bytes.size(), clear.size());
    for (std::size_t i = 0; i < n; ++i) clear[i] = bytes[i] ^ h.mask[h.mask_at++ & 3];
    bytes = bytes.subspan(n);
    h.wire += n;
    if (h.compressed) inflated(h, base::View(clear).first(n));
    else if (h.body) h.body->write(base::View(clear).first(n));
  }
}

void WebSocket::inflated(Half& h, base::View bytes) {
  if (!h.inflate->open() || !h.body) return;
  z_stream& z = h.inflate->stream();
  std::array<std::uint8_t, 16384> buffer;
  z.next_in = const_cast<Bytef*>(bytes.data());
  z.avail_in = static_cast<uInt>(bytes.size());
  for (;;) {
    z.next_out = buffer.data();
    z.avail_out = static_cast<uInt>(buffer.size());
    const int result = inflate(&z, Z_SYNC_FLUSH);
    const std::size_t written = buffer.size() - z.avail_out;
    if (written != 0) h.body->write(base::View(buffer).first(written));
    const bool swollen = h.body->decoded_bytes() > (1u << 20) && h.body->decoded_bytes() / conversation_.room.limits.max_expansion > h.wire;
    if (result == Z_STREAM_END) inflateReset(&z);
    if ((result != Z_OK && result != Z_BUF_ERROR && result != Z_STREAM_END) || swollen) {
      conversation_.room.tally.add(swollen ? Count::body_expansion : Count::body_undecodable);
      conversation_.room.lost_content = true;
      h.lost = true;
      return;
    }
    if (written == 0 || (z.avail_in == 0 && z.avail_out != 0)) return;
  }
}

void WebSocket::frame_end(Side side) {
  Half& h = half(side);
  h.in_frame = false;
  if (h.control || !h.final || !h.body) return;
  constexpr std::uint8_t tail[] = {0, 0, 0xff, 0xff};  // RFC 7692 section 7.2.2
  if (h.compressed) inflated(h, tail);
  h.body->end();
  h.body.reset();
}

void WebSocket::gap(Side side, std::uint64_t bytes) {
  Half& h = half(side);
  if (h.lost) return;
  if (h.in_frame && bytes <= h.remaining && (h.control || !h.compressed)) {
    if (h.body && !h.control) h.body->gap(bytes);
    h.remaining -= bytes;
    h.mask_at += static_cast<std::size_t>(bytes);
    if (h.remaining == 0) frame_end(side);
    return;
  }
  h.lost = true;  // where the next frame begins is not known
  conversation_.room.lost_content = true;
}

void WebSocket::finish() {
  for (Half& h : halves_) if (h.body) h.body->end();
}

}  // namespace fengsui::capture
