#include "capture/protocols/http2.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <charconv>

namespace fengsui::capture {
namespace {

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr std::size_t kMaxStreams = 1024;        // open at once
constexpr std::size_t kMaxBlock = 256u << 10;    // of one header block
constexpr std::uint32_t kMaxFrame = (1u << 24) - 1;
constexpr std::uint32_t kMaxTable = 1u << 20;    // of a direction's HPACK table: more is not believed
constexpr std::size_t kMaxText = 2048;

namespace frame {
constexpr std::uint8_t data = 0, headers = 1, reset = 3, settings = 4, push = 5, continuation = 9;
}
namespace flag {
constexpr std::uint8_t end_stream = 1, end_headers = 4, padded = 8, priority = 0x20;
}

bool read_whole(std::uint8_t type) {
  return type == frame::headers || type == frame::settings || type == frame::push || type == frame::continuation || type == frame::reset;
}

}  // namespace

class Http2::Fields {
 public:
  Fields() {
    if (nghttp2_hd_inflate_new(&inflater_) != 0) inflater_ = nullptr;
  }
  ~Fields() {
    if (inflater_ != nullptr) nghttp2_hd_inflate_del(inflater_);
  }
  Fields(const Fields&) = delete;
  Fields& operator=(const Fields&) = delete;

  void allow(std::uint32_t table) {
    if (inflater_ != nullptr && table > allowed_) nghttp2_hd_inflate_change_table_size(inflater_, allowed_ = std::min(table, kMaxTable));
  }
  // False when the block is not HPACK of this connection.
  template <class F>
  bool read(base::View block, F&& each) {
    if (inflater_ == nullptr) return false;
    while (true) {
      nghttp2_nv nv{};
      int flags = 0;
      const auto used = nghttp2_hd_inflate_hd2(inflater_, &nv, &flags, block.data(), block.size(), 1);
      if (used < 0) return false;
      block = block.subspan(static_cast<std::size_t>(used));
      if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
        each(std::string_view(reinterpret_cast<const char*>(nv.name), nv.namelen), std::string_view(reinterpret_cast<const char*>(nv.value), nv.valuelen));
      }
      if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) break;
      if ((flags & NGHTTP2_HD_INFLATE_EMIT) == 0 && block.empty()) break;
    }
    return nghttp2_hd_inflate_end_headers(inflater_) == 0;
  }

 private:
  nghttp2_hd_inflater* inflater_ = nullptr;
  std::uint32_t allowed_ = 4096;
};

Http2::Http2(Conversation& conversation) : conversation_(conversation) {
  for (Half& h : halves_) h.fields = std::make_unique<Fields>();
  halves_[0].preface_due = true;
}
Http2::~Http2() = default;

void Http2::data(Side side, base::View bytes) {
  Half& h = half(side);
  while (!bytes.empty() && !h.lost) {
    if (h.in_frame) {
      const std::size_t n = std::min<std::size_t>(h.remaining, bytes.size());
      payload(side, bytes.first(n));
      bytes = bytes.subspan(n);
      h.remaining -= static_cast<std::uint32_t>(n);
      if (h.remaining == 0) frame_end(side);
      continue;
    }
    const std::size_t want = (h.preface_due ? kPreface.size() : 9) - h.head.size();
    const std::size_t n = std::min(want, bytes.size());
    base::append(h.head, bytes.first(n));
    bytes = bytes.subspan(n);
    if (n < want) return;
    if (h.preface_due) {
      h.preface_due = false;
      if (base::text(h.head) != kPreface) return lose(side);
      h.head.clear();
      continue;
    }
    frame_begin(side);
  }
}

// RFC 9113 section 4.1.
void Http2::frame_begin(Side side) {
  Half& h = half(side);
  base::Reader in(h.head);
  h.length = h.remaining = in.u24be();
  h.type = in.u8();
  h.flags = in.u8();
  h.stream = in.u32be() & 0x7fffffff;
  h.head.clear();
  h.small.clear();
  h.padding = 0;
  h.in_frame = true;
  const bool block_open = h.block_stream != 0;
  const bool in_place = block_open ? h.type == frame::continuation && h.stream == h.block_stream : h.type != frame::continuation;
  if (!in_place || h.length > kMaxFrame || (read_whole(h.type) && h.length > kMaxBlock)) return lose(side);
  h.pad_length_due = h.type == frame::data && (h.flags & flag::padded) != 0;
  if (h.remaining == 0) frame_end(side);
}

void Http2::payload(Side side, base::View bytes) {
  Half& h = half(side);
  if (read_whole(h.type)) return base::append(h.small, bytes);
  if (h.type != frame::data || bytes.empty()) return;
  std::uint32_t left = h.remaining;  // of the frame, these bytes included
  if (h.pad_length_due) {
    h.padding = bytes[0];
    h.pad_length_due = false;
    bytes = bytes.subspan(1);
    --left;
  }
  const std::uint32_t content = left > h.padding ? left - h.padding : 0;
  bytes = bytes.first(std::min<std::size_t>(bytes.size(), content));
  Exchange* x = exchange(h.stream, true);
  if (x != nullptr && !bytes.empty()) body(side, *x, bytes);
}

void Http2::frame_end(Side side) {
  Half& h = half(side);
  h.in_frame = false;
  switch (h.type) {
    case frame::data:
      if ((h.flags & flag::end_stream) != 0) message_end(side, h.stream);
      return;
    case frame::headers: case frame::push: case frame::continuation: return header_frame(side);
    case frame::settings: return settings(side);
    case frame::reset:
      if (Exchange* x = exchange(h.stream, false)) {
        x->http.flag("reset");
        for (const Side each : {Side::client, Side::server}) message_end(each, h.stream);
      }
      return;
    default: return;
  }
}

// RFC 9113 sections 6.2, 6.6, 6.10.
void Http2::header_frame(Side side) {
  Half& h = half(side);
  base::Reader in(h.small);
  if (h.type != frame::continuation) {
    const std::uint8_t padding = (h.flags & flag::padded) != 0 ? in.u8() : 0;
    if (h.type == frame::headers && (h.flags & flag::priority) != 0) in.skip(5);
    std::uint32_t stream = h.stream;
    if (h.type == frame::push) stream = in.u32be() & 0x7fffffff;
    if (in.failed() || padding > in.remaining() || stream == 0) return lose(side);
    h.block_stream = stream;
    h.block_flags = h.type == frame::push ? 0xff : h.flags;  // 0xff: a request that the server makes up
    h.block = base::to_bytes(in.take(in.remaining() - padding));
  } else {
    if (h.block.size() + h.small.size() > kMaxBlock) return lose(side);
    base::append(h.block, h.small);
  }
  if ((h.flags & flag::end_headers) != 0) block_end(side);
}

void Http2::block_end(Side side) {
  Half& h = half(side);
  const std::uint32_t stream = h.block_stream;
  const bool pushed = h.block_flags == 0xff;
  h.block_stream = 0;
  Exchange* x = exchange(stream, true);
  Exchange unwanted;  // over the bound: read all the same, for the table
  Exchange& target = x != nullptr ? *x : unwanted;
  const Side whose = pushed ? Side::client : side;
  Message& message = target.sides[static_cast<std::size_t>(whose)];
  conversation_.room.tally.add(Count::http_messages);
  const bool read = h.fields->read(h.block, [&](std::string_view name, std::string_view value) { field(whose, target, message, name, value); });
  h.block.clear();
  if (!read) return lose(side);
  if (whose == Side::server && target.http.code >= 100 && target.http.code < 200) return;  // interim
  message.headers = true;
  if (pushed) message_end(Side::client, stream);
  else if ((h.block_flags & flag::end_stream) != 0) message_end(side, stream);
}

// RFC 9113 section 8.3.
void Http2::field(Side side, Exchange& exchange, Message& message, std::string_view name, std::string_view value) {
  HttpExchange& x = exchange.http;
  if (side == Side::client && name.starts_with(':')) {
    x.request_seen = true;
    x.version = "2";
    if (name == ":method") x.method = std::string(value.substr(0, 32));
    if (name == ":authority") x.host = std::string(value.substr(0, kMaxText));
    if (name == ":path") {
      x.path = metadata_path(value.substr(0, value.find('?')));
      scan_target(conversation_, x, value);
    }
    return;
  }
  if (name == ":status") {
    std::from_chars(value.data(), value.data() + value.size(), x.code);
    if (x.code < 100 || x.code > 999) x.code = 0;
    return;
  }
  if (name == "content-encoding") message.encoding = std::string(value.substr(0, 64));
  if (name == "grpc-encoding") message.grpc_encoding = std::string(value.substr(0, 64));
  if (name == "content-type" && value.starts_with("application/grpc")) message.grpc = true;
  keep_header(x, side == Side::client, name, value);
}

// RFC 9113 section 6.5: the reader of header fields says how large the writer's table may be.
void Http2::settings(Side side) {
  Half& h = half(side);
  base::Reader in(h.small);
  while (in.remaining() >= 6) {
    const std::uint16_t id = in.u16be();
    const std::uint32_t value = in.u32be();
    if (id == 1) half(side == Side::client ? Side::server : Side::client).fields->allow(value);
  }
}

Http2::Exchange* Http2::exchange(std::uint32_t stream, bool create) {
  if (const auto at = streams_.find(stream); at != streams_.end()) return &at->second;
  if (!create || stream == 0) return nullptr;
  if (streams_.size() >= kMaxStreams) {
    conversation_.room.tally.add(Count::http_pending_limit);
    conversation_.room.lost_content = true;
    return nullptr;
  }
  Exchange& x = streams_[stream];
  x.http.time = conversation_.now;
  return &x;
}

void Http2::open_body(Side side, Exchange& exchange, Message& message, const std::string& coding) {
  std::vector<std::string> codings;
  for (std::size_t at = 0; at < coding.size();) {
    const std::size_t comma = std::min(coding.find(',', at), coding.size());
    std::string one = coding.substr(at, comma - at);
    std::erase(one, ' ');
    if (!one.empty()) codings.push_back(std::move(one));
    at = comma + 1;
  }
  auto from = exchange_provenance(conversation_, exchange.http, model::ContentKind::http_body, side == Side::client);
  if (message.grpc) from->member = "grpc message";
  message.body = std::make_unique<Body>(conversation_.room, std::move(from), codings);
}

void Http2::body(Side side, Exchange& exchange, base::View bytes) {
  Message& message = exchange.sides[static_cast<std::size_t>(side)];
  if (message.grpc) return grpc(side, exchange, message, bytes);
  if (!message.body) open_body(side, exchange, message, message.encoding);
  message.body->write(bytes);
}

// gRPC over HTTP/2 (grpc.io, PROTOCOL-HTTP2): compressed flag, four bytes of length, message.
void Http2::grpc(Side side, Exchange& exchange, Message& message, base::View bytes) {
  while (!bytes.empty()) {
    if (!message.in_message) {
      const std::size_t n = std::min(5 - message.prefix.size(), bytes.size());
      base::append(message.prefix, bytes.first(n));
      bytes = bytes.subspan(n);
      if (message.prefix.size() < 5) return;
      base::Reader in(message.prefix);
      const bool compressed = in.u8() == 1;
      message.remaining = in.u32be();
      message.prefix.clear();
      message.in_message = message.remaining != 0;
      if (message.in_message) open_body(side, exchange, message, compressed ? message.grpc_encoding : "");
      continue;
    }
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(message.remaining, bytes.size()));
    message.body->write(bytes.first(n));
    bytes = bytes.subspan(n);
    message.remaining -= n;
    if (message.remaining != 0) continue;
    message.in_message = false;
    close_body(side, exchange, message);
  }
}

void Http2::close_body(Side side, Exchange& exchange, Message& message) {
  message.in_message = false;  // what comes after the end of a stream begins anew
  message.prefix.clear();
  if (!message.body) return;
  (side == Side::client ? exchange.http.request_body : exchange.http.response_body) += message.body->decoded_bytes();
  if (message.body->damaged()) exchange.http.flag("body_incomplete");
  message.body->end();
  message.body.reset();
}

void Http2::message_end(Side side, std::uint32_t stream) {
  Exchange* x = exchange(stream, false);
  if (x == nullptr) return;
  close_body(side, *x, x->sides[static_cast<std::size_t>(side)]);
  (side == Side::client ? x->http.request_done : x->http.response_done) = true;
  if (!x->http.request_done || !x->http.response_done) return;
  emit_exchange(conversation_, x->http);
  streams_.erase(stream);
}

void Http2::lose(Side side) {
  Half& h = half(side);
  h.lost = true;
  h.in_frame = false;
  conversation_.room.tally.add(Count::http_malformed);
  conversation_.room.lost_content = true;
  for (auto& [id, x] : streams_) x.http.flag("lost_inside");
}

void Http2::gap(Side side, std::uint64_t bytes) {
  Half& h = half(side);
  if (h.lost) return;
  if (!h.in_frame || h.type != frame::data || h.pad_length_due || bytes > h.remaining) return lose(side);
  if (Exchange* x = exchange(h.stream, false)) {
    Message& message = x->sides[static_cast<std::size_t>(side)];
    x->http.flag("body_incomplete");
    if (message.grpc && bytes > message.remaining) {
      message.grpc = false;  // where the next message begins is not known: what follows is handed on as it is
      close_body(side, *x, message);
    } else if (message.body) {
      message.body->gap(bytes);
      message.remaining -= std::min<std::uint64_t>(message.remaining, bytes);
    }
  }
  h.remaining -= static_cast<std::uint32_t>(bytes);
  if (h.remaining == 0) frame_end(side);
}

void Http2::finish() {
  for (auto& [id, x] : streams_) {
    for (const Side side : {Side::client, Side::server}) {
      const bool done = side == Side::client ? x.http.request_done : x.http.response_done;
      Message& message = x.sides[static_cast<std::size_t>(side)];
      if (!done && (message.headers || message.body)) x.http.flag(side == Side::client ? "request_incomplete" : "response_incomplete");
      close_body(side, x, message);
    }
    if (x.http.request_seen || x.http.code != 0) emit_exchange(conversation_, x.http);
  }
  streams_.clear();
}

}  // namespace fengsui::capture
