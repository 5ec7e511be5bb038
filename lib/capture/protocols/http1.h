// HTTP/1.x: RFC 9112, with what real senders do around it.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "capture/body.h"
#include "capture/protocols/session.h"

namespace fengsui::capture {

// One request and its response, whatever was seen of them.
struct HttpExchange {
  base::UnixMs time = 0;
  std::string method, path, host, port, user_agent, version, referrer, request_type;
  std::vector<std::string> forwarded_for;
  int code = 0;
  std::string reason, response_type, server_encoding;
  std::uint64_t request_body = 0, response_body = 0;
  std::vector<std::string> flags;  // "te_and_cl" …: framing that invites smuggling, and damage
  bool request_seen = false, request_done = false, response_done = false;
  bool authorization = false, cookie = false;

  void flag(std::string_view name);
};

// Requests and responses in order, paired (pipelining bounded). Bodies go to the sink as they come; an exchange becomes
// an Activity 4002 when it is over.
class Http1 final : public Session {
 public:
  explicit Http1(Conversation& conversation) : conversation_(conversation) {}

  void data(Side side, base::View bytes) override;
  void gap(Side side, std::uint64_t bytes) override;
  void finish() override;

 private:
  enum class State : std::uint8_t { start, headers, body_length, body_close, chunk_size, chunk_data, chunk_end, trailers, lost, tunnel };
  struct Head {
    std::optional<std::uint64_t> length;
    bool length_conflict = false, length_bad = false;
    std::vector<std::string> transfer, encodings;
    bool transfer_seen = false;
    std::string upgrade;
  };
  struct Half {
    State state = State::start;
    std::string line;        // an unfinished line
    bool line_return = false;  // the last line ended in CR LF
    bool first_chunk = false;  // no chunk was read yet
    std::string header;      // a header line that may be continued
    std::size_t head_bytes = 0;
    std::uint64_t remaining = 0;
    Head head;
    std::unique_ptr<Body> body;
    std::unique_ptr<Body> stream;  // bytes that are not HTTP
    HttpExchange* exchange = nullptr;
  };

  bool take_line(Half& half, base::View& in, std::string_view& line);
  void line(Side side, std::string_view text);
  void start_line(Side side, std::string_view text);
  bool request_line(std::string_view text);
  bool status_line(std::string_view text);
  bool bare_response(Half& half, base::View bytes);
  void header_line(Side side, std::string_view text);
  void header(Side side, std::string_view text);
  void head_done(Side side);
  void request_head_done(Half& half);
  void response_head_done(Half& half);
  void enter_tunnel(std::unique_ptr<Session> inner);
  void not_chunked(Side side, std::string_view line);
  void begin_body(Side side, State state, std::uint64_t length);
  void framing(Half& half, bool chunked_last);
  void chunk_size(Side side, std::string_view text);
  void message_done(Side side);
  void lose(Side side, std::string_view flag);
  void unframed(Side side, base::View bytes);
  void emit_finished();
  Half& half(Side side) { return halves_[static_cast<std::size_t>(side)]; }

  Conversation& conversation_;
  Half halves_[2];
  std::deque<std::unique_ptr<HttpExchange>> exchanges_;
  std::unique_ptr<Session> inner_;  // what both sides speak after an upgrade or an accepted CONNECT
};

// What HTTP/1 and HTTP/2 make of an exchange: fields, the provenance of a body, the Activity 4002.
void describe_exchange(const Conversation& conversation, const HttpExchange& exchange, model::Fields& fields);
std::shared_ptr<model::Provenance> exchange_provenance(const Conversation& conversation, const HttpExchange& exchange, model::ContentKind kind, bool request);
void emit_exchange(Conversation& conversation, const HttpExchange& exchange);
// Hands a request target on as content when it holds more than metadata may ("?", escapes, six digits in a row).
void scan_target(Conversation& conversation, const HttpExchange& exchange, std::string_view target);
// A header field that exchanges keep, by its lower-case name.
void keep_header(HttpExchange& exchange, bool request, std::string_view name, std::string_view value);

// A path as it may appear in metadata: runs of 11 or more digits, which may be personal numbers, are starred.
std::string metadata_path(std::string_view path);
// "%41+b" → "A b"; broken escapes stay.
std::string percent_decode(std::string_view text);

bool is_http_method(std::string_view word);

}  // namespace fengsui::capture
