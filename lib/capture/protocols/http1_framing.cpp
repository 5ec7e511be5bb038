// Where an HTTP body begins and ends: RFC 9112 sections 6 and 7, with the readings that real recipients give to faulty framing.
#include <algorithm>

#include "capture/protocols/http1.h"
#include "capture/protocols/nested.h"

namespace fengsui::capture {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string_view trim(std::string_view s) {
  constexpr std::string_view blanks = " \t\v\f\r";
  const auto from = s.find_first_not_of(blanks);
  if (from == std::string_view::npos) return {};
  return s.substr(from, s.find_last_not_of(blanks) - from + 1);
}

// "chunked" as such, or something that a lenient recipient may take for it ("xchunked"): then the first line of the body decides.
bool speaks_of_chunks(const std::vector<std::string>& transfer) {
  return std::any_of(transfer.begin(), transfer.end(), [](const std::string& name) { return name.find("chunked") != std::string::npos; });
}

}  // namespace

// RFC 9112 sections 6.1 and 6.3: what the framing headers say, and where they invite two readings.
void Http1::framing(Half& h, bool chunked_last) {
  HttpExchange& x = *h.exchange;
  if (h.head.transfer_seen && h.head.length) x.flag("te_and_cl");
  if (h.head.transfer_seen && !chunked_last) x.flag("te_not_chunked");
  if (std::count(h.head.transfer.begin(), h.head.transfer.end(), "chunked") > 1) x.flag("te_chunked_twice");
  if (h.head.transfer.size() > 1) x.flag("te_several");
  if (h.head.length_conflict) x.flag("cl_differs");
  if (h.head.length_bad) x.flag("cl_invalid");
  if (h.head.transfer_seen && x.version == "1.0") x.flag("te_in_http10");
}

void Http1::request_head_done(Half& h) {
  framing(h, !h.head.transfer.empty() && h.head.transfer.back() == "chunked");
  HttpExchange& x = *h.exchange;
  if (speaks_of_chunks(h.head.transfer)) return begin_body(Side::client, State::chunk_size, 0);
  // Faulty framing must be refused by the server (sections 6.1, 6.3): what follows is shown whole rather than guessed at.
  if (h.head.transfer_seen || h.head.length_conflict || (h.head.length_bad && !h.head.length)) {
    if (h.head.length && !h.head.length_conflict) return begin_body(Side::client, State::body_length, *h.head.length);
    return begin_body(Side::client, State::body_close, 0);
  }
  if (h.head.length && *h.head.length > 0) return begin_body(Side::client, State::body_length, *h.head.length);
  if (x.version == "0.9") h.state = State::start;
  message_done(Side::client);
}

void Http1::response_head_done(Half& h) {
  HttpExchange& x = *h.exchange;
  if (x.code == 101 || x.method == "CONNECT") conversation_.object = x.method + " " + x.path;
  if (x.code >= 100 && x.code < 200) {  // interim: the exchange goes on, except for 101
    if (x.code != 101) {
      h.state = State::start;
      return;
    }
    conversation_.upgraded = h.head.upgrade.find("websocket") != std::string::npos ? "websocket" : h.head.upgrade == "h2c" ? "http2" : "";
    return enter_tunnel(std::make_unique<Nested>(conversation_));
  }
  if (x.method == "CONNECT" && x.code < 300) return enter_tunnel(std::make_unique<Nested>(conversation_));
  framing(h, !h.head.transfer.empty() && h.head.transfer.back() == "chunked");
  if (x.method == "HEAD" || x.code == 204 || x.code == 304) return message_done(Side::server);
  if (speaks_of_chunks(h.head.transfer)) return begin_body(Side::server, State::chunk_size, 0);
  if (h.head.length && !h.head.length_conflict) {
    if (*h.head.length == 0) return message_done(Side::server);
    return begin_body(Side::server, State::body_length, *h.head.length);
  }
  begin_body(Side::server, State::body_close, 0);
}

// After 101 or an accepted CONNECT both sides speak another protocol.
void Http1::enter_tunnel(std::unique_ptr<Session> inner) {
  inner_ = std::move(inner);
  halves_[1].exchange->response_done = halves_[1].exchange->request_done = true;
  for (Half& h : halves_) {
    if (h.body) h.body->end();
    h.body.reset();
    h.exchange = nullptr;
    h.line.clear();
    h.state = State::tunnel;
  }
  emit_finished();
}

void Http1::begin_body(Side side, State state, std::uint64_t length) {
  Half& h = half(side);
  std::vector<std::string> codings = h.head.encodings;
  for (const auto& coding : h.head.transfer) if (is_coding(coding)) codings.push_back(coding);
  h.body = std::make_unique<Body>(conversation_.room, exchange_provenance(conversation_, *h.exchange, model::ContentKind::http_body, side == Side::client), codings);
  h.state = state;
  h.remaining = length;
  h.head_bytes = 0;
  h.first_chunk = state == State::chunk_size;
}

// The body was said to be chunked and is not: all of it, with the line that was read, is what a recipient gets who does not
// believe it either, up to the Content-Length if there is one.
void Http1::not_chunked(Side side, std::string_view line) {
  Half& h = half(side);
  const std::string whole = std::string(line) + (h.line_return ? "\r\n" : "\n");
  conversation_.room.tally.add(Count::http_malformed);
  const bool bounded = h.first_chunk && h.head.length && !h.head.length_conflict;
  h.first_chunk = false;
  h.state = State::body_close;
  if (bounded && *h.head.length <= whole.size()) {
    if (h.body) h.body->write(base::view(whole).first(static_cast<std::size_t>(*h.head.length)));
    return message_done(side);
  }
  if (h.body) h.body->write(base::view(whole));
  if (!bounded) return;
  h.state = State::body_length;
  h.remaining = *h.head.length - whole.size();
}

// RFC 9112 section 7.1. Digits count up to the first character that is none, as most recipients read them.
void Http1::chunk_size(Side side, std::string_view text) {
  Half& h = half(side);
  h.head_bytes = 0;
  if (text.find(';') != std::string_view::npos && h.exchange != nullptr) h.exchange->flag("chunk_extension");
  const std::string_view size_text = trim(text.substr(0, text.find(';')));
  std::string_view digits = size_text;
  if (digits.size() > 2 && digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X')) digits.remove_prefix(2);
  std::uint64_t size = 0;
  std::size_t n = 0;
  std::string_view wrong;
  for (; n < digits.size() && hex_digit(digits[n]) >= 0 && wrong.empty(); ++n) {
    if (size >> 58 != 0) wrong = "chunk_size_overflow";
    size = size * 16 + static_cast<std::uint64_t>(hex_digit(digits[n]));
  }
  if (wrong.empty() && (n != digits.size() || digits.size() != size_text.size() || n == 0)) wrong = "chunk_size_invalid";
  if (!wrong.empty() && h.exchange != nullptr) h.exchange->flag(wrong);
  const bool legible = n != 0 && (n == digits.size() || digits[n] == ' ' || digits[n] == '\t' || digits[n] == ',' || digits[n] == '\0');
  if (wrong == "chunk_size_overflow") {  // no recipient can mean it: whatever follows is shown
    conversation_.room.tally.add(Count::http_malformed);
    h.state = State::body_close;
    return;
  }
  if (!legible) return not_chunked(side, text);
  h.first_chunk = false;
  h.remaining = size;
  h.state = size == 0 ? State::trailers : State::chunk_data;
}

void Http1::message_done(Side side) {
  Half& h = half(side);
  if (h.body) {
    if (h.exchange != nullptr) {
      (side == Side::client ? h.exchange->request_body : h.exchange->response_body) = h.body->decoded_bytes();
      if (h.body->damaged()) h.exchange->flag("body_incomplete");
    }
    h.body->end();
    h.body.reset();
  }
  if (h.exchange != nullptr) (side == Side::client ? h.exchange->request_done : h.exchange->response_done) = true;
  h.exchange = nullptr;
  h.state = State::start;
  h.head_bytes = 0;
  emit_finished();
}

}  // namespace fengsui::capture
