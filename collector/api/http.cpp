#include "collector/api/http.h"

#include <boost/json.hpp>

#include "base/encode.h"

namespace fengsui::collector::api {

namespace json = boost::json;

namespace {

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

base::Result<std::string> decoded(std::string_view text, bool plus_is_space) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      int high = text.size() - i > 2 ? digit(text[i + 1]) : -1;
      int low = text.size() - i > 2 ? digit(text[i + 2]) : -1;
      if (high < 0 || low < 0) return base::fail(base::Errc::malformed, "percent coding in the request target");
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += plus_is_space && text[i] == '+' ? ' ' : text[i];
    }
  }
  for (char c : out)
    if (static_cast<unsigned char>(c) < 0x20)
      return base::fail(base::Errc::malformed, "control character in the request target");
  if (!base::is_utf8(base::view(out))) return base::fail(base::Errc::malformed, "request target is not UTF-8");
  return out;
}

}  // namespace

Response answer(int status, const json::object& body) { return {status, "application/json", to_text(body), {}}; }

Response problem(int status, std::string_view code, std::string_view title, const std::string& zh,
                 const std::string& en) {
  json::object o{{"type", "about:blank"},
                 {"title", std::string(title)},
                 {"status", status},
                 {"code", std::string(code)},
                 {"detail", json::object{{"zh", zh}, {"en", en}}}};
  return {status, "application/problem+json", to_text(o), {}};
}

Response problem(const base::Error& error) {
  switch (error.code) {
    case base::Errc::not_found:
      return problem(404, "not_found", "Not found", "没有这一项：" + error.what, error.what);
    case base::Errc::exists:
    case base::Errc::conflict:
      return problem(409, "conflict", "Conflict", "当前状态不允许此操作：" + error.what, error.what);
    case base::Errc::denied:
      return problem(403, "forbidden", "Forbidden", "没有权限：" + error.what, error.what);
    case base::Errc::malformed:
    case base::Errc::truncated:
    case base::Errc::limit:
    case base::Errc::usage:
      return problem(400, "invalid", "Invalid request", "请求无效：" + error.what, error.what);
    default:
      return problem(503, "unavailable", "Part of the collector failed", "汇聚端的一个部分不可用：" + error.what,
                     error.what);
  }
}

base::Status parse_target(std::string_view target, Request& into) {
  if (target.size() > 4096) return base::fail(base::Errc::limit, "request target above 4096 bytes");
  if (target.empty() || target.front() != '/')
    return base::fail(base::Errc::malformed, "request target must begin with '/'");
  auto mark = target.find('?');
  auto path = decoded(target.substr(0, mark), false);
  if (!path) return std::unexpected(path.error());
  into.path = std::move(*path);
  if (mark == std::string_view::npos) return {};
  auto rest = target.substr(mark + 1);
  while (!rest.empty()) {
    auto end = rest.find('&');
    auto pair = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    if (pair.empty()) continue;
    auto equals = pair.find('=');
    auto name = decoded(pair.substr(0, equals), true);
    auto value = decoded(equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1), true);
    if (!name || !value) return std::unexpected(name ? value.error() : name.error());
    if (into.query.size() >= 32) return base::fail(base::Errc::limit, "more than 32 query parameters");
    if (!into.query.emplace(std::move(*name), std::move(*value)).second)
      return base::fail(base::Errc::malformed, "a query parameter is there twice");
  }
  return {};
}

}  // namespace fengsui::collector::api
