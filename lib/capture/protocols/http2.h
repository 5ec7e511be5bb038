// HTTP/2 in clear: RFC 9113, by prior knowledge or after "Upgrade: h2c"; header fields by nghttp2's HPACK (RFC 7541). gRPC inside.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "capture/protocols/http1.h"

namespace fengsui::capture {

// Streams become exchanges as HTTP/1.x makes them. A gRPC message becomes a body of its own, without its five bytes of prefix.
// Bounded: streams at once, bytes of a header block, size of a frame; what is over a bound is counted and its exchange flagged.
// After a hole outside of DATA the table of header fields is lost, and with it the connection's rest, which is said. One thread.
class Http2 final : public Session {
 public:
  explicit Http2(Conversation& conversation);
  ~Http2() override;

  void data(Side side, base::View bytes) override;
  void gap(Side side, std::uint64_t bytes) override;
  void finish() override;

 private:
  class Fields;  // one direction's HPACK decoder
  struct Message {
    std::unique_ptr<Body> body;
    std::string encoding, grpc_encoding;
    base::Bytes prefix;          // of a gRPC message, unfinished
    std::uint64_t remaining = 0; // of the gRPC message
    bool headers = false, grpc = false, in_message = false;
  };
  struct Exchange {
    HttpExchange http;
    Message sides[2];
  };
  struct Half {
    base::Bytes head;            // preface or frame header, unfinished
    base::Bytes block;           // a header block, unfinished
    base::Bytes small;           // payload of a frame that is read whole
    std::unique_ptr<Fields> fields;
    std::uint32_t length = 0, remaining = 0, stream = 0, block_stream = 0;
    std::uint8_t type = 0, flags = 0, block_flags = 0;
    std::uint32_t padding = 0;   // of a DATA frame, at its end
    bool in_frame = false, pad_length_due = false, preface_due = false, lost = false;
  };
  Half& half(Side side) { return halves_[static_cast<std::size_t>(side)]; }
  void frame_begin(Side side);
  void frame_end(Side side);
  void payload(Side side, base::View bytes);
  void header_frame(Side side);
  void block_end(Side side);
  void field(Side side, Exchange& exchange, Message& message, std::string_view name, std::string_view value);
  void settings(Side side);
  void body(Side side, Exchange& exchange, base::View bytes);
  void grpc(Side side, Exchange& exchange, Message& message, base::View bytes);
  void open_body(Side side, Exchange& exchange, Message& message, const std::string& coding);
  void message_end(Side side, std::uint32_t stream);
  void close_body(Side side, Exchange& exchange, Message& message);
  void lose(Side side);
  Exchange* exchange(std::uint32_t stream, bool create);

  Conversation& conversation_;
  Half halves_[2];
  std::map<std::uint32_t, Exchange> streams_;
};

}  // namespace fengsui::capture
