#include "tools/fengsui/context.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>

namespace fengsui::cli {

namespace json = boost::json;

void report(Context& context, const base::Error& error) {
  std::fprintf(stderr, "fengsui: %s\n", error.what.c_str());
  context.exit_code = error.code == base::Errc::usage ? 2 : error.code == base::Errc::unavailable ? 3 : 1;
}

std::unique_ptr<Client> connect(Context& context) {
  auto session = load_session(context.url);
  if (!session) {
    report(context, session.error());
    context.exit_code = 2;
    return nullptr;
  }
  return std::make_unique<Client>(std::move(*session));
}

namespace {
// Columns of a terminal that a UTF-8 text takes: Chinese characters take two.
std::size_t width(std::string_view text) {
  std::size_t total = 0;
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xc0) == 0x80) continue;
    total += byte >= 0xe2 ? 2 : 1;
  }
  return total;
}

std::string show(const json::value& value) {
  if (value.is_string()) return std::string(value.as_string());
  if (value.is_null()) return "-";
  return json::serialize(value);
}

std::string at_path(const json::value& item, std::string_view path) {
  const json::value* at = &item;
  while (!path.empty()) {
    auto dot = path.find('.');
    if (!at->is_object()) return "-";
    at = at->as_object().if_contains(path.substr(0, dot));
    if (at == nullptr) return "-";
    path = dot == std::string_view::npos ? "" : path.substr(dot + 1);
  }
  return show(*at);
}

void print_flat(const std::string& prefix, const json::value& value) {
  if (value.is_object() && !value.as_object().empty()) {
    for (const auto& [key, inner] : value.as_object()) print_flat(prefix.empty() ? std::string(key) : prefix + "." + std::string(key), inner);
  } else {
    std::printf("%s: %s\n", prefix.c_str(), show(value).c_str());
  }
}
}  // namespace

base::Result<std::size_t> print_rows(const Context& context, const std::string& body, std::string_view member,
                                     const std::vector<Column>& columns) {
  boost::system::error_code error;
  json::value value = json::parse(body, error);
  const json::value* rows = &value;
  if (!error && !member.empty() && value.is_object()) rows = value.as_object().if_contains(member);
  if (error || rows == nullptr || !rows->is_array()) return base::fail(base::Errc::malformed, "the collector's answer is not the list it should be");
  const auto& items = rows->as_array();
  if (context.json) {
    for (const auto& item : items) std::printf("%s\n", json::serialize(item).c_str());
    return items.size();
  }
  std::vector<std::vector<std::string>> table(1);
  for (const auto& column : columns) table[0].push_back(column.title);
  for (const auto& item : items) {
    auto& row = table.emplace_back();
    for (const auto& column : columns) row.push_back(at_path(item, column.path));
  }
  std::vector<std::size_t> widths(columns.size());
  for (const auto& row : table)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  for (const auto& row : table) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] - width(row[i]) + 2, ' ');
    }
    std::printf("%s\n", line.c_str());
  }
  return items.size();
}

base::Status print_object(const Context& context, const std::string& body) {
  boost::system::error_code error;
  json::value value = json::parse(body, error);
  if (error) return base::fail(base::Errc::malformed, "the collector's answer is not JSON");
  if (context.json)
    std::printf("%s\n", json::serialize(value).c_str());
  else
    print_flat("", value);
  return {};
}

}  // namespace fengsui::cli
