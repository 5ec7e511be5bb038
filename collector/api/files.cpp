// The dashboard's files. A path is served only when every segment is a plain name and the file, links resolved, lies
// under the configured folder.
#include <algorithm>

#include "base/encode.h"
#include "base/fd.h"
#include "collector/api/handlers.h"
#include "crypto/hash.h"

namespace fengsui::collector::api {

namespace {

constexpr std::size_t kMaxFile = 16u << 20;
constexpr struct {
  std::string_view suffix, type;
} kTypes[] = {{".html", "text/html; charset=utf-8"},
              {".js", "text/javascript; charset=utf-8"},
              {".css", "text/css; charset=utf-8"},
              {".svg", "image/svg+xml"},
              {".json", "application/json"},
              {".png", "image/png"},
              {".ico", "image/x-icon"},
              {".woff2", "font/woff2"},
              {".txt", "text/plain; charset=utf-8"}};

bool is_plain(std::string_view segment) {
  return !segment.empty() && segment.front() != '.' && std::all_of(segment.begin(), segment.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == '_';
  });
}

Response not_there() { return problem(404, "not_found", "Not found", "没有这个页面", "no such page"); }

}  // namespace

Response get_file(Service& service, const Request& request) {
  const std::filesystem::path root = service.centre.config().http.dashboard;
  if (root.empty())
    return problem(404, "not_found", "No dashboard", "未配置看板目录（http.dashboard）",
                   "no dashboard folder is configured (http.dashboard)");
  std::filesystem::path relative;
  std::string_view rest = std::string_view(request.path).substr(1);
  while (!rest.empty()) {
    auto segment = rest.substr(0, rest.find('/'));
    if (!is_plain(segment)) return not_there();
    relative /= std::string(segment);
    rest.remove_prefix(std::min(rest.size(), segment.size() + 1));
  }
  if (relative.empty() || !relative.has_extension()) relative = "index.html";  // views of the page live behind one file
  std::error_code error;
  auto top = std::filesystem::canonical(root, error);
  auto file = error ? std::filesystem::path() : std::filesystem::canonical(top / relative, error);
  if (error || !std::filesystem::is_regular_file(file, error) ||
      std::mismatch(top.begin(), top.end(), file.begin(), file.end()).first != top.end())
    return not_there();
  auto type =
      std::find_if(std::begin(kTypes), std::end(kTypes), [&](const auto& t) { return file.extension() == t.suffix; });
  if (type == std::end(kTypes)) return not_there();
  auto bytes = base::read_file(file, kMaxFile);
  if (!bytes) return problem(bytes.error());
  Response response{200, std::string(type->type), {}, {}};
  auto tag = "\"" + base::hex(crypto::sha256(*bytes)).substr(0, 32) + "\"";
  bool hashed = relative.begin()->string() == "assets";  // Vite puts the digest into these names
  response.headers.emplace_back("ETag", tag);
  response.headers.emplace_back("Cache-Control", hashed ? "public, max-age=31536000, immutable" : "no-cache");
  response.headers.emplace_back("Content-Security-Policy",
                                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
                                "font-src 'self'; connect-src 'self'; "
                                "base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
  if (request.if_none_match == tag)
    response.status = 304;
  else
    response.body = std::string(base::text(*bytes));
  return response;
}

}  // namespace fengsui::collector::api
