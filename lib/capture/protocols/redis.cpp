#include "capture/protocols/redis.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "capture/protocols/http1.h"

namespace fengsui::capture {
namespace {

constexpr std::size_t kMaxName = 24;   // of a command
constexpr std::size_t kMaxKey = 256;

// Their first argument is no key.
constexpr std::array<std::string_view, 49> kKeyless = {
    "acl", "auth", "bgrewriteaof", "bgsave", "client", "cluster", "command", "config", "dbsize", "debug", "discard", "echo", "eval", "eval_ro", "evalsha", "evalsha_ro", "exec",
    "failover", "fcall", "fcall_ro", "flushall", "flushdb", "function", "hello", "info", "keys", "latency", "lastsave", "memory", "migrate", "module", "monitor", "multi", "object",
    "ping", "psync", "quit", "replconf", "reset", "role", "save", "scan", "script", "select", "shutdown", "slowlog", "swapdb", "time", "wait"};
// Nothing happens to data: no activity.
constexpr std::array<std::string_view, 6> kQuiet = {"ping", "echo", "quit", "replconf", "time", "wait"};

template <std::size_t N>
bool among(const std::array<std::string_view, N>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

// Number of the argument from which on all are secrets or stand beside one.
std::uint64_t secret_from(std::string_view verb) {
  if (verb == "auth" || verb == "hello") return 1;
  if (verb == "acl") return 2;
  if (verb == "config") return 3;
  if (verb == "migrate") return 5;
  return UINT64_MAX;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return out;
}

bool is_name(std::string_view text) {  // modules have names like "ft.search"
  return !text.empty() && text.size() <= kMaxName && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
  });
}

bool number(std::string_view text, std::int64_t& n) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  return error == std::errc{} && end == text.data() + text.size() && !text.empty();
}

}  // namespace

void Redis::data(Side side, base::View bytes) {
  if (closed_ || bytes.empty()) return;
  Half& half = halves_[static_cast<std::size_t>(side)];
  const auto digit = [](std::uint8_t c) { return c >= '0' && c <= '9'; };
  if (half.lost && side == Side::client && bytes.size() > 1 && bytes[0] == '*' && digit(bytes[1])) half.lost = false;
  if (half.lost && side == Side::server && !pending_.empty() && std::string_view("+-:$*~%_,#").find(static_cast<char>(bytes[0])) != std::string_view::npos) half.lost = false;
  if (side == Side::client) client(bytes);
  else server(bytes);
}

void Redis::client(base::View bytes) {
  Half& half = halves_[0];
  while (!bytes.empty() && !closed_) {
    if (half.lost) return store_.request(bytes);
    if (half.in_bulk) {
      const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(half.bulk, bytes.size()));
      const std::uint64_t value = half.bulk > 2 ? half.bulk - 2 : 0;
      if (value != 0) argument(bytes.first(static_cast<std::size_t>(std::min<std::uint64_t>(value, n))));
      half.bulk -= n;
      bytes = bytes.subspan(n);
      if (half.bulk != 0) continue;
      half.in_bulk = false;
      argument_ends();
      continue;
    }
    if (!half.lines.take(bytes)) return;
    if (!client_line(half.lines.line())) lose(half, true);
  }
}

bool Redis::client_line(std::string_view line) {
  Half& half = halves_[0];
  std::int64_t n = 0;
  if (!half.frames.empty()) {
    if (!line.starts_with('$') || !number(line.substr(1), n) || n < 0) return false;
    half.in_bulk = true;
    half.bulk = static_cast<std::uint64_t>(n) + 2;
    argument_begins();
    return true;
  }
  if (line.empty()) return true;
  if (line[0] == '*') {
    if (!number(line.substr(1), n)) return false;
    if (n <= 0) return true;
    half.frames.push_back({static_cast<std::uint64_t>(n), false, false});
    return true;
  }
  const std::string_view first = line.substr(0, line.find(' '));
  if (!is_name(first)) return false;
  if (half.lines.cut()) conversation_.room.lost_content = true;
  inline_command(line);
  return true;
}

void Redis::inline_command(std::string_view line) {
  std::uint64_t words = 0;
  for (std::size_t at = 0; at < line.size(); ++at) words += line[at] != ' ' && (at == 0 || line[at - 1] == ' ');
  halves_[0].frames.push_back({words, false, false});
  while (!line.empty()) {
    const auto n = std::min(line.size(), line.find(' '));
    if (n != 0) {
      argument_begins();
      argument(base::view(line.substr(0, n)));
      argument_ends();
    }
    line.remove_prefix(std::min(line.size(), n + 1));
  }
}

void Redis::argument_begins() {
  if (!sending_) {
    sending_ = std::make_unique<Command>();
    sending_->running.sent = conversation_.now;
    arguments_ = 0;
  }
  argument_.clear();
  argument_secret_ = arguments_ != 0 && arguments_ >= secret_from(sending_->verb);
}

void Redis::argument(base::View part) {
  if (argument_.size() < kMaxKey) argument_.append(base::text(part.first(std::min(part.size(), kMaxKey - argument_.size()))));
  if (arguments_ != 0 && !argument_secret_) store_.request(part);
}

void Redis::argument_ends() {
  Half& half = halves_[0];
  Command& c = *sending_;
  SqlStatement& sql = c.running.sql;
  if (arguments_ == 0) {
    c.verb = is_name(argument_) ? lower(argument_) : "other";
    sql.kind = among(kQuiet, c.verb) ? "" : c.verb;
    sql.masked = c.verb == "other" ? "?" : c.verb;
    for (char& ch : sql.masked) ch = static_cast<char>(ch >= 'a' && ch <= 'z' ? ch - 32 : ch);
    if (secret_from(c.verb) > 1) store_.request(base::view(sql.masked));
  } else {
    if (arguments_ == 1 && !among(kKeyless, c.verb) && c.verb != "other") {
      sql.masked += " " + metadata_path(argument_);
      sql.table = metadata_path(std::string_view(argument_).substr(0, argument_.find(':')));
    } else if (arguments_ < 8) {
      sql.masked += " ?";
    }
    if (arguments_ == 1 && c.verb == "select") c.database = argument_;
  }
  ++arguments_;
  argument_.clear();
  if (--half.frames.back().left == 0) {
    half.frames.pop_back();
    if (secret_from(c.verb) > 1) store_.request(base::view("\n"));
    return command_ends();
  }
  if (arguments_ < secret_from(c.verb)) store_.request(base::view("\t"));
}

void Redis::command_ends() {
  Command& c = *sending_;
  if (arguments_ > 8) c.running.sql.masked += " …";
  c.running.sql.has_where = !c.running.sql.table.empty();
  if (c.verb == "psync" || c.verb == "sync") {  // a dump of everything follows, in a format of its own
    store_.login(0, "", "replication");
    conversation_.room.lost_content = true;
    closed_ = true;
    return;
  }
  if (pending_.size() >= kMaxPending) {
    conversation_.room.tally.add(Count::database_limit);
    drop(*pending_.front());
    pending_.pop_front();
    ++skip_;
  }
  pending_.push_back(std::move(sending_));
}

void Redis::drop(Command& command) {
  command.running.incomplete = true;
  if (command.verb == "auth") store_.login(0, "", "");
  else store_.done(std::move(command.running));
}

Running& Redis::target() { return pushed_ || skip_ != 0 || pending_.empty() ? unasked_ : pending_.front()->running; }

void Redis::server(base::View bytes) {
  Half& half = halves_[1];
  while (!bytes.empty() && !closed_) {
    if (half.lost) return store_.copy_data(unasked_, bytes);
    if (half.in_bulk) {
      const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(half.bulk, bytes.size()));
      const std::uint64_t left = half.bulk > 2 ? half.bulk - 2 : 0;
      if (left != 0) value(bytes.first(static_cast<std::size_t>(std::min<std::uint64_t>(left, n))));
      half.bulk -= n;
      bytes = bytes.subspan(n);
      if (half.bulk != 0) continue;
      half.in_bulk = false;
      element_ends(true);
      continue;
    }
    if (!half.lines.take(bytes)) return;
    if (!server_line(half.lines.line())) lose(half, true);
  }
}

bool Redis::server_line(std::string_view line) {
  Half& half = halves_[1];
  if (line.empty()) return false;
  if (half.lines.cut()) conversation_.room.lost_content = true;
  const bool top = half.frames.empty();
  const char type = line[0];
  const std::string_view rest = line.substr(1);
  std::int64_t n = 0;
  if (top) elements_ = 0;
  switch (type) {
    case '+':
      if (top && !pending_.empty() && skip_ == 0) return element_ends(false), true;  // a status
      value(base::view(rest));
      return element_ends(true), true;
    case '-':
      if (top && skip_ == 0 && !pending_.empty()) {
        Running& running = pending_.front()->running;
        running.failed = true;
        const std::string_view code = rest.substr(0, rest.find(' '));
        running.error = is_name(code) ? std::string(code) : "ERR";
      }
      return element_ends(false), true;
    case ':':
      if (!number(rest, n)) return false;
      if (top) target().affected = n > 0 ? static_cast<std::uint64_t>(n) : 0;
      else value(base::view(rest));
      return element_ends(!top), true;
    case ',':
    case '(':
      value(base::view(rest));
      return element_ends(true), true;
    case '#':
    case '_': return element_ends(false), true;
    case '$':
    case '=':
    case '!':
      if (!number(rest, n) || n < -1) return false;
      if (n < 0) return element_ends(false), true;
      half.in_bulk = true;
      half.bulk = static_cast<std::uint64_t>(n) + 2;
      return true;
    case '*':
    case '~':
    case '>':
    case '%':
    case '|': {
      if (!number(rest, n) || n < -1) return false;
      if (top && type == '>') pushed_ = true;
      const bool pairs = type == '%' || type == '|';
      if (n <= 0) return type == '|' ? true : (element_ends(false), true);
      if (half.frames.size() >= kMaxDepth) {
        conversation_.room.tally.add(Count::database_limit);
        return false;
      }
      half.frames.push_back({static_cast<std::uint64_t>(n) * (pairs ? 2 : 1), pairs, type == '|'});
      return true;
    }
    default: return false;
  }
}

void Redis::value(base::View part) {
  if (!part.empty()) store_.copy_data(target(), part);
}

void Redis::element_ends(bool counts) {
  Half& half = halves_[1];
  if (counts) {
    ++elements_;
    const bool name = !half.frames.empty() && half.frames.back().pairs && half.frames.back().left % 2 == 0;
    store_.copy_data(target(), base::view(name ? "\t" : "\n"));
  }
  while (!half.frames.empty()) {
    if (--half.frames.back().left != 0) return;
    const bool attribute = half.frames.back().attribute;
    half.frames.pop_back();
    if (attribute) return;  // what it describes follows
  }
  reply_ends();
}

void Redis::reply_ends() {
  if (pushed_ || pending_.empty()) {
    pushed_ = false;
    return;
  }
  if (skip_ != 0) {
    --skip_;
    return;
  }
  const std::unique_ptr<Command> c = std::move(pending_.front());
  pending_.pop_front();
  if (c->verb == "auth") return store_.login(c->running.failed ? 2 : 1, c->running.error, "");
  if (c->verb == "select" && !c->running.failed) store_.database = c->database;
  c->running.rows = elements_;
  store_.done(std::move(c->running));
}

void Redis::lose(Half& half, bool malformed) {
  if (malformed) conversation_.room.tally.add(Count::database_malformed);
  const bool of_server = &half == &halves_[1];
  half.lost = true;
  half.in_bulk = false;
  half.frames.clear();
  if (malformed && of_server) store_.copy_data(unasked_, base::view(half.lines.line()));
  if (malformed && !of_server) store_.request(base::view(half.lines.line()));
  half.lines.clear();
  if (!of_server) {
    store_.request(base::view("\n"));
    sending_.reset();
    return;
  }
  for (auto& command : pending_) {
    store_.lost(command->running);
    drop(*command);
  }
  pending_.clear();
  skip_ = 0;
  pushed_ = false;
}

void Redis::gap(Side side, std::uint64_t bytes) {
  Half& half = halves_[static_cast<std::size_t>(side)];
  if (closed_) return;
  if (half.in_bulk && bytes + 2 < half.bulk) {  // inside a value: what follows is still in step
    half.bulk -= bytes;
    if (side == Side::server) store_.lost(target());
    else store_.request(base::view("\n"));  // so that what stands before and after is not read as one value
    return;
  }
  lose(half, false);
  if (side == Side::client) return;
  if (unasked_.body) store_.lost(unasked_);
}

void Redis::finish() {
  for (auto& command : pending_) drop(*command);
  pending_.clear();
  unasked_.sql.kind.clear();  // no command of anybody: content, no activity
  if (unasked_.body) store_.done(std::move(unasked_));
  store_.end();
}

}  // namespace fengsui::capture
