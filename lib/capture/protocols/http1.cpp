#include "capture/protocols/http1.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "capture/segment.h"

namespace fengsui::capture {
namespace {

constexpr std::size_t kMaxHead = 256u << 10;     // start line and headers, or trailers; as much as browsers take
constexpr std::size_t kMaxPending = 256;         // pipelined requests without a response
constexpr std::size_t kMaxText = 2048;           // of one header value kept as metadata
constexpr std::size_t kMaxForwarded = 16;

constexpr std::array<std::string_view, 9> kMethods = {"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT", "TRACE", "PATCH"};
constexpr std::array<std::string_view, 30> kOtherMethods = {
    "PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "SEARCH", "REPORT", "CHECKOUT", "CHECKIN", "UNCHECKOUT", "MKWORKSPACE",
    "UPDATE", "LABEL", "MERGE", "BASELINE-CONTROL", "MKACTIVITY", "ORDERPATCH", "ACL", "PURGE", "LINK", "UNLINK", "SUBSCRIBE", "UNSUBSCRIBE",
    "NOTIFY", "M-SEARCH", "BIND", "REBIND", "MKCALENDAR"};

bool is_token(std::string_view s) {
  return !s.empty() && std::all_of(s.begin(), s.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

std::string_view trim(std::string_view s) {
  constexpr std::string_view blanks = " \t\r\n\v\f";
  const auto from = s.find_first_not_of(blanks);
  if (from == std::string_view::npos) return {};
  return s.substr(from, s.find_last_not_of(blanks) - from + 1);
}

std::string lower(std::string_view s) {
  std::string out(s);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

// The elements of a comma list (RFC 9110 section 5.6.1), lower case, parameters cut off.
std::vector<std::string> list_of(std::string_view value) {
  std::vector<std::string> out;
  while (!value.empty() && out.size() < 16) {
    const auto comma = value.find(',');
    const std::string_view item = trim(value.substr(0, comma));
    value = comma == std::string_view::npos ? std::string_view{} : value.substr(comma + 1);
    const std::string_view name = trim(item.substr(0, item.find(';')));
    if (!name.empty()) out.push_back(lower(name));
  }
  return out;
}

std::optional<std::uint64_t> decimal(std::string_view s) {
  while (s.size() > 1 && s[0] == '0') s.remove_prefix(1);
  if (s.empty() || s.size() > 18) return std::nullopt;
  std::uint64_t n = 0;
  for (const char c : s) {
    if (c < '0' || c > '9') return std::nullopt;
    n = n * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return n;
}

std::string bounded(std::string_view s) { return std::string(s.substr(0, kMaxText)); }

}  // namespace

bool is_http_method(std::string_view word) {
  return std::find(kMethods.begin(), kMethods.end(), word) != kMethods.end() ||
         std::find(kOtherMethods.begin(), kOtherMethods.end(), word) != kOtherMethods.end();
}

void HttpExchange::flag(std::string_view name) {
  if (std::find(flags.begin(), flags.end(), name) == flags.end()) flags.emplace_back(name);
}

void Http1::data(Side side, base::View bytes) {
  Half& h = half(side);
  while (!bytes.empty()) {
    switch (h.state) {
      case State::body_length: case State::chunk_data: {
        const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(h.remaining, bytes.size()));
        if (h.body) h.body->write(bytes.first(n));
        bytes = bytes.subspan(n);
        h.remaining -= n;
        if (h.remaining == 0) {
          if (h.state == State::chunk_data) h.state = State::chunk_end;
          else message_done(side);
        }
        break;
      }
      case State::body_close:
        if (h.body) h.body->write(bytes);
        return;
      case State::tunnel:
        if (inner_) inner_->data(side, bytes);
        return;
      case State::start:
        if (side == Side::server && bare_response(h, bytes)) break;
        [[fallthrough]];
      default: {
        std::string_view text;
        if (!take_line(h, bytes, text)) {
          if (h.head_bytes + h.line.size() > kMaxHead) {
            conversation_.room.tally.add(Count::http_head_limit);
            lose(side, "head_limit");
          }
          break;
        }
        line(side, text);
        h.line.clear();
      }
    }
  }
}

// A whole line without its ending, in `in` where possible, else joined in half.line.
bool Http1::take_line(Half& h, base::View& in, std::string_view& line) {
  const auto end = std::find(in.begin(), in.end(), std::uint8_t{'\n'});
  const auto n = static_cast<std::size_t>(end - in.begin());
  if (end == in.end()) {
    h.line.append(base::text(in.first(std::min(n, kMaxHead + 1))));
    in = {};
    return false;
  }
  line = base::text(in.first(n));
  in = in.subspan(n + 1);
  if (!h.line.empty()) {
    h.line.append(line);
    line = h.line;
  }
  h.line_return = !line.empty() && line.back() == '\r';
  if (h.line_return) line.remove_suffix(1);
  return true;
}

void Http1::line(Side side, std::string_view text) {
  Half& h = half(side);
  h.head_bytes += text.size() + 2;
  if (h.head_bytes > kMaxHead && h.state != State::lost && h.state != State::start) {
    conversation_.room.tally.add(Count::http_head_limit);
    return lose(side, "head_limit");
  }
  switch (h.state) {
    case State::start: case State::lost: return start_line(side, text);
    case State::headers: return header_line(side, text);
    case State::chunk_size: return chunk_size(side, text);
    case State::chunk_end:
      h.state = State::chunk_size;
      h.head_bytes = 0;
      if (!text.empty()) chunk_size(side, text);  // the line break after the chunk is missing
      return;
    case State::trailers:
      if (text.empty()) message_done(side);
      return;
    default: return;
  }
}

void Http1::start_line(Side side, std::string_view text) {
  Half& h = half(side);
  if (text.empty()) return;
  h.head_bytes = text.size() + 2;
  const bool understood = side == Side::client ? request_line(text) : status_line(text);
  if (understood) {
    h.state = State::headers;
    h.head = {};
    h.header.clear();
    return;
  }
  if (h.state != State::lost) {
    conversation_.room.tally.add(Count::http_malformed);
    h.state = State::lost;
  }
  // What is not HTTP where HTTP was due is shown all the same.
  unframed(side, base::view(text));
  unframed(side, base::view("\n"));
}

bool Http1::request_line(std::string_view text) {
  const auto space = text.find(' ');
  if (space == std::string_view::npos) return false;
  const std::string_view method = text.substr(0, space);
  std::string_view target = trim(text.substr(space + 1)), version;
  const auto last = target.rfind(' ');
  if (last != std::string_view::npos && target.substr(last + 1).starts_with("HTTP/")) {
    version = target.substr(last + 6);
    target = trim(target.substr(0, last));
  }
  if (!is_token(method) || method.size() > 32 || target.empty()) return false;
  if (version.empty() && (text.find("HTTP/") == std::string_view::npos) && !(method == "GET" && target[0] == '/')) return false;
  Half& h = half(Side::client);
  if (exchanges_.size() >= kMaxPending) {
    conversation_.room.tally.add(Count::http_pending_limit);
    if (exchanges_.front().get() == half(Side::server).exchange) half(Side::server).exchange = nullptr;
    emit_exchange(conversation_, *exchanges_.front());
    exchanges_.pop_front();
  }
  // A response that came first (captured out of order, or its request was lost) waits for nobody: a new pair begins.
  auto exchange = std::make_unique<HttpExchange>();
  exchange->time = conversation_.now;
  exchange->request_seen = true;
  exchange->method = std::string(method);
  exchange->version = version.empty() ? "0.9" : bounded(version);
  std::string_view path = target;
  if (const auto scheme = target.find("://"); scheme != std::string_view::npos && scheme < 8) {
    const auto slash = target.find('/', scheme + 3);
    exchange->host = bounded(target.substr(scheme + 3, slash == std::string_view::npos ? slash : slash - scheme - 3));
    path = slash == std::string_view::npos ? std::string_view("/") : target.substr(slash);
  }
  const auto mark = path.find('?');
  exchange->path = metadata_path(path.substr(0, mark));
  h.exchange = exchange.get();
  exchanges_.push_back(std::move(exchange));
  scan_target(conversation_, *h.exchange, path);
  return true;
}

// HTTP/0.9 (RFC 1945 section 3.1): the answer to a request without a version is the body alone, to the end. True when a state
// was entered that takes the bytes.
bool Http1::bare_response(Half& h, base::View bytes) {
  if (exchanges_.empty() || exchanges_.front()->version != "0.9" || !h.line.empty()) return false;
  if (bytes[0] == 'H' || bytes[0] == 'h') return false;  // most servers answer with a status line nevertheless
  h.exchange = exchanges_.front().get();
  h.head = {};
  begin_body(Side::server, State::body_close, 0);
  return true;
}

bool Http1::status_line(std::string_view text) {
  const std::string start = lower(text.substr(0, 5));
  if (start != "http/" && !text.starts_with("ICY ")) return false;
  const auto space = text.find_first_of(" \t");
  if (space == std::string_view::npos) return false;
  const std::string_view rest = trim(text.substr(space + 1));
  const auto code = decimal(rest.substr(0, rest.find_first_of(" \t")));
  if (!code || *code < 100 || *code > 999) return false;
  Half& h = half(Side::server);
  if (exchanges_.empty()) {
    exchanges_.push_back(std::make_unique<HttpExchange>());
    exchanges_.back()->time = conversation_.now;
    exchanges_.back()->request_done = true;
    exchanges_.back()->version = space > 5 ? bounded(text.substr(5, space - 5)) : "";
  }
  h.exchange = exchanges_.front().get();
  h.exchange->code = static_cast<int>(*code);
  const auto reason = rest.find_first_of(" \t");
  h.exchange->reason = reason == std::string_view::npos ? "" : bounded(trim(rest.substr(reason)));
  return true;
}

void Http1::header_line(Side side, std::string_view text) {
  Half& h = half(side);
  if (!text.empty() && (text[0] == ' ' || text[0] == '\t') && !h.header.empty()) {  // obsolete folding, RFC 9112 section 5.2
    h.header.append(" ").append(trim(text));
    return;
  }
  if (!h.header.empty()) header(side, h.header);
  h.header.assign(text);
  if (text.empty()) head_done(side);
}

void Http1::header(Side side, std::string_view text) {
  Half& h = half(side);
  if (h.exchange == nullptr) return;
  HttpExchange& x = *h.exchange;
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0) return x.flag("header_without_colon");
  std::string_view raw_name = text.substr(0, colon);
  const std::string_view value = trim(text.substr(colon + 1));
  if (trim(raw_name).size() != raw_name.size()) x.flag("space_before_colon");
  const std::string name = lower(trim(raw_name));
  if (name == "content-length") {
    for (const std::string& item : list_of(value.empty() ? "?" : value)) {
      const auto n = decimal(item);
      if (!n) h.head.length_bad = true;
      else if (h.head.length && *h.head.length != *n) h.head.length_conflict = true;
      else h.head.length = n;
    }
  } else if (name == "transfer-encoding") {
    h.head.transfer_seen = true;
    for (auto& item : list_of(value)) if (h.head.transfer.size() < 16) h.head.transfer.push_back(std::move(item));
  } else if (name == "content-encoding") {
    for (auto& item : list_of(value)) if (h.head.encodings.size() < 16) h.head.encodings.push_back(std::move(item));
  } else if (name == "upgrade") {
    h.head.upgrade = lower(value);
  } else if (name == "sec-websocket-extensions" && side == Side::server) {
    conversation_.extensions = lower(bounded(value));
  } else {
    keep_header(x, side == Side::client, name, value);
  }
}

void keep_header(HttpExchange& x, bool request, std::string_view name, std::string_view value) {
  if (name == "content-type") {
    (request ? x.request_type : x.response_type) = bounded(value);
  } else if (!request) {
    return;
  } else if (name == "host") {
    if (!x.host.empty() && x.host != value) x.flag("host_differs");
    x.host = bounded(value);
  } else if (name == "user-agent") {
    x.user_agent = bounded(value);
  } else if (name == "referer") {
    x.referrer = bounded(value.substr(0, value.find('?')));
  } else if (name == "authorization") {
    x.authorization = true;
  } else if (name == "cookie") {
    x.cookie = true;
  } else if (name == "x-forwarded-for") {
    for (auto& item : list_of(value)) {
      Address address;
      if (x.forwarded_for.size() < kMaxForwarded && parse_address(item, address)) x.forwarded_for.push_back(to_string(address));
    }
  }
}

void Http1::head_done(Side side) {
  Half& h = half(side);
  h.header.clear();
  h.head_bytes = 0;
  conversation_.room.tally.add(Count::http_messages);
  if (h.exchange == nullptr) {
    h.state = State::lost;
    return;
  }
  side == Side::client ? request_head_done(h) : response_head_done(h);
}

void Http1::lose(Side side, std::string_view flag) {
  Half& h = half(side);
  if (h.state == State::headers && !h.header.empty()) header(side, h.header);
  if (h.exchange != nullptr) h.exchange->flag(flag);
  h.line.clear();
  h.header.clear();
  const bool between = h.exchange == nullptr;
  if (!between) message_done(side);
  h.state = State::lost;
  h.head_bytes = 0;
}

void Http1::gap(Side side, std::uint64_t bytes) {
  Half& h = half(side);
  if ((h.state == State::body_length || h.state == State::chunk_data) && bytes <= h.remaining) {
    if (h.body) h.body->gap(bytes);
    h.remaining -= bytes;
    if (h.exchange != nullptr) h.exchange->flag("body_incomplete");
    if (h.remaining == 0) {
      if (h.state == State::chunk_data) h.state = State::chunk_end;
      else message_done(side);
    }
    return;
  }
  if (h.state == State::body_close || h.state == State::tunnel) {
    if (h.body) h.body->gap(bytes);
    if (h.state == State::tunnel && inner_) inner_->gap(side, bytes);
    return;
  }
  if (h.body) h.body->gap(bytes);
  lose(side, h.state == State::start ? "lost_between" : "lost_inside");
}

void Http1::unframed(Side side, base::View bytes) {
  Half& h = half(side);
  if (!h.stream) {
    h.stream = std::make_unique<Body>(conversation_.room, conversation_.content(model::ContentKind::message, "unframed"));
  }
  h.stream->write(bytes);
}

void Http1::emit_finished() {
  while (!exchanges_.empty() && exchanges_.front()->request_done && exchanges_.front()->response_done) {
    emit_exchange(conversation_, *exchanges_.front());
    exchanges_.pop_front();
  }
}

void Http1::finish() {
  if (inner_) inner_->finish();
  for (const Side side : {Side::client, Side::server}) {
    Half& h = half(side);
    if (h.exchange != nullptr) {
      const bool whole = h.state == State::body_close;
      if (!whole) h.exchange->flag(side == Side::client ? "request_incomplete" : "response_incomplete");
      if (h.state == State::headers) conversation_.room.tally.add(Count::http_malformed);
      message_done(side);
    }
    if (h.stream) h.stream->end();
  }
  for (const auto& exchange : exchanges_) emit_exchange(conversation_, *exchange);
  exchanges_.clear();
}

}  // namespace fengsui::capture
