#include "classify/extract/html.h"

#include <algorithm>
#include <array>

#include "classify/extract/charsets.h"
#include "classify/extract/context.h"
#include "classify/extract/xml.h"

namespace fengsui::classify::extract {
namespace {

bool same_start(std::string_view text, std::string_view lower) {
  if (text.size() < lower.size()) return false;
  for (std::size_t i = 0; i < lower.size(); ++i) {
    const char c = text[i];
    if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != lower[i]) return false;
  }
  return true;
}
bool one_of(std::string_view name, std::initializer_list<std::string_view> names) { return std::find(names.begin(), names.end(), name) != names.end(); }

// Behind `</name` and its '>'; the end when there is none.
std::size_t behind(std::string_view html, std::size_t from, std::string_view name) {
  for (std::size_t at = html.find("</", from); at != std::string_view::npos; at = html.find("</", at + 2))
    if (same_start(html.substr(at + 2), name)) {
      const auto end = html.find('>', at);
      return end == std::string_view::npos ? html.size() : end + 1;
    }
  return html.size();
}

}  // namespace

std::string html_text(std::string_view html) {
  std::string out;
  out.reserve(html.size() / 2);
  const auto put = [&](char c) {
    if (c == ' ' && (out.empty() || out.back() == ' ' || out.back() == '\n')) return;
    out.push_back(c);
  };
  std::size_t at = 0;
  while (at < html.size()) {
    const auto open = html.find('<', at);
    for (const char c : unescape(html.substr(at, open == std::string_view::npos ? open : open - at))) put(c == '\n' || c == '\r' || c == '\t' ? ' ' : c);
    if (open == std::string_view::npos) break;
    if (same_start(html.substr(open), "<!--")) {
      const auto end = html.find("-->", open);
      at = end == std::string_view::npos ? html.size() : end + 3;
      continue;
    }
    // A quote inside a tag may hold '>'.
    std::size_t end = open + 1;
    char quote = 0;
    for (; end < html.size() && (quote != 0 || html[end] != '>'); ++end) {
      if (quote != 0 ? html[end] == quote : html[end] == '"' || html[end] == '\'') quote = quote != 0 ? 0 : html[end];
    }
    std::string_view tag = html.substr(open + 1, end - open - 1);
    at = std::min(end + 1, html.size());
    const bool closing = tag.starts_with('/');
    if (closing) tag.remove_prefix(1);
    std::string name;
    while (name.size() < tag.size() && name.size() < 12 && ((tag[name.size()] | 32) >= 'a' || (tag[name.size()] >= '0' && tag[name.size()] <= '9')))
      name.push_back(static_cast<char>(tag[name.size()] >= 'A' && tag[name.size()] <= 'Z' ? tag[name.size()] + 32 : tag[name.size()]));
    if (!closing && one_of(name, {"script", "style"})) at = behind(html, at, name);
    else if (!closing && one_of(name, {"input", "meta", "option"})) {
      const std::string value = Attributes(tag.substr(name.size())).get(name == "meta" ? "content" : "value");
      if (!value.empty()) (out += value) += '\n';
    } else if (one_of(name, {"br", "p", "div", "tr", "li", "h1", "h2", "h3", "h4", "h5", "h6", "title", "table", "dt", "dd", "hr", "pre", "section", "article"})) {
      put('\n');
    } else if (closing && one_of(name, {"td", "th"})) {
      put('\t');
    }
  }
  return out;
}

std::string html_rest(std::string_view html) {
  std::string out;
  for (std::size_t at = html.find('<'); at != std::string_view::npos; at = html.find('<', at)) {
    const bool script = same_start(html.substr(at + 1), "script");
    const auto end = std::min(html.find('>', at), html.size());
    for (std::size_t open = html.find('"', at); open < end;) {
      const auto close = html.find('"', open + 1);
      if (close == std::string_view::npos) break;
      const std::string_view value = html.substr(open + 1, close - open - 1);
      if (std::count_if(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; }) >= 6 && value.size() < 4096) (out += unescape(value)) += '\n';
      open = html.find('"', close + 1);
    }
    at = std::min(end + 1, html.size());
    if (!script) continue;
    const auto stop = behind(html, at, "script");
    (out += html.substr(at, stop - at)) += '\n';
    at = stop;
  }
  return out;
}

std::string html_charset(std::string_view html) {
  const std::string_view head = html.substr(0, 2048);
  for (std::size_t at = head.find('='); at != std::string_view::npos; at = head.find('=', at + 1)) {
    if (at < 7 || !same_start(head.substr(at - 7), "charset")) continue;
    std::string_view name = head.substr(at + 1);
    while (!name.empty() && (name.front() == '"' || name.front() == '\'' || name.front() == ' ')) name.remove_prefix(1);
    return std::string(name.substr(0, std::min<std::size_t>(name.find_first_of("\"'; />"), 40)));
  }
  return {};
}

void read_html(Context& context, Format, base::View bytes) {
  const std::string page = context.charsets().to_utf8(html_charset(base::text(bytes)), bytes);
  if (context.text(html_text(page) + "\n")) context.text(html_rest(page));
}

}  // namespace fengsui::classify::extract
