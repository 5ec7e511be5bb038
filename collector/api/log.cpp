// The public log, read only, in C2SP tlog-tiles layout: checkpoint, tile/<L>/<N>[.p/<W>], tile/entries/<N>[.p/<W>].
#include <charconv>

#include "collector/api/handlers.h"

namespace fengsui::collector::api {

namespace {

Response absent() { return problem(404, "not_found", "Not found", "日志中没有这一项", "the log has no such item"); }

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || (text.size() > 1 && text[0] == '0'))
    return std::nullopt;
  return value;
}

struct Tile {
  bool entries = false;
  unsigned level = 0;
  std::uint64_t index = 0;
  std::uint64_t width = 256;
};

// "<L>/x001/x234/067.p/5": groups of three digits, all but the last with an x (C2SP tlog-tiles).
std::optional<Tile> parse_tile(std::string_view path) {
  Tile tile;
  auto slash = path.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  auto level = path.substr(0, slash);
  path.remove_prefix(slash + 1);
  if (level == "entries") {
    tile.entries = true;
  } else {
    auto n = number(level);
    if (!n || *n > 7) return std::nullopt;
    tile.level = static_cast<unsigned>(*n);
  }
  if (auto dot = path.find(".p/"); dot != std::string_view::npos) {
    auto width = number(path.substr(dot + 3));
    if (!width || *width == 0 || *width > 255) return std::nullopt;
    tile.width = *width;
    path = path.substr(0, dot);
  }
  for (int groups = 0;; ++groups) {
    bool more = path.starts_with('x');
    if (groups > 5 || path.size() < (more ? 4u : 3u)) return std::nullopt;
    auto digits = path.substr(more ? 1 : 0, 3);
    std::uint64_t value = 0;
    for (char c : digits) {
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + static_cast<std::uint64_t>(c - '0');
    }
    if (groups > 0 || !more || value > 0) tile.index = tile.index * 1000 + value;
    path.remove_prefix(more ? 4 : 3);
    if (!more) return path.empty() ? std::optional(tile) : std::nullopt;
    if (!path.starts_with('/')) return std::nullopt;
    path.remove_prefix(1);
  }
}

// The log of that year; adding a unit made its first one, so asking makes none.
base::Result<Sequencer*> book_of(Service& service, const Call& call) {
  auto year = number(call.path[1]);
  if (service.centre.roster().unit(call.path[0]) == nullptr || !year || *year > 9999)
    return base::fail(base::Errc::not_found, "log");
  return service.centre.book_of_year(call.path[0], static_cast<int>(*year));
}

}  // namespace

Response get_checkpoint(Service& service, const Call& call) {
  auto book = book_of(service, call);
  if (!book) return book.error().code == base::Errc::not_found ? absent() : problem(book.error());
  if ((*book)->newest().note.empty()) return absent();
  return {200, "text/plain; charset=utf-8", (*book)->newest().note, {}};
}

Response get_tile(Service& service, const Call& call) {
  auto book = book_of(service, call);
  if (!book) return book.error().code == base::Errc::not_found ? absent() : problem(book.error());
  auto tile = parse_tile(call.path[2]);
  if (!tile) return absent();
  const auto& log = (*book)->log();
  std::uint64_t available = (*book)->newest().size >> (8 * tile->level);  // nothing outside a signed checkpoint
  std::uint64_t first = tile->index * 256;
  if (tile->index > (available >> 8) || first + tile->width > available) return absent();
  std::string body;
  if (tile->entries) {
    auto entries = log.entries(first, first + tile->width);
    if (!entries) return problem(entries.error());
    for (const auto& entry : *entries) {
      body += static_cast<char>(entry.leaf.size() >> 8);
      body += static_cast<char>(entry.leaf.size() & 0xff);
      body += base::text(entry.leaf);
    }
  } else {
    for (std::uint64_t i = 0; i < tile->width; ++i) {
      auto hash = log.node(8 * tile->level, first + i);
      if (!hash) return problem(hash.error());
      body += base::text(*hash);
    }
  }
  Response response{200, "application/octet-stream", std::move(body), {}};
  response.headers.emplace_back("Cache-Control",
                                tile->width == 256 ? "public, max-age=31536000, immutable" : "public, max-age=60");
  return response;
}

}  // namespace fengsui::collector::api
