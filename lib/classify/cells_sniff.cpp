// Which structured text this is, by its first bytes.
#include <algorithm>
#include <array>
#include <string>

#include "base/encode.h"
#include "classify/cells.h"

namespace fengsui::classify {
namespace {

constexpr std::string_view kBom = "\xEF\xBB\xBF";

bool blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

bool looks_like_json(std::string_view s) {
  if (s.empty() || (s[0] != '{' && s[0] != '[')) return false;
  std::size_t i = 1;
  while (i < s.size() && blank(s[i])) ++i;
  if (i == s.size()) return false;
  if (s[0] == '{') return s[i] == '"' || s[i] == '}';
  if (s[i] != '{' && s[i] != '[') return false;  // a list of numbers or an old way to name a section
  return looks_like_json(s.substr(i));
}

bool contains_word(std::string_view text, std::string_view upper) {
  const auto at = std::search(text.begin(), text.end(), upper.begin(), upper.end(), [](char a, char b) {
    return (a >= 'a' && a <= 'z' ? a - 32 : a) == b;
  });
  return at != text.end();
}

bool looks_like_sql(std::string_view s) {
  constexpr std::array<std::string_view, 13> kFirst = {"--", "/*", "SET", "DROP", "CREATE", "INSERT", "REPLACE", "COPY", "BEGIN", "USE", "START", "LOCK", "PRAGMA"};
  constexpr std::array<std::string_view, 6> kDoes = {"INSERT INTO", "CREATE TABLE", "FROM STDIN", "REPLACE INTO", "INSERT IGNORE INTO", "DUMP"};
  const bool first = std::any_of(kFirst.begin(), kFirst.end(), [&](std::string_view w) { return s.size() >= w.size() && contains_word(s.substr(0, w.size()), w); });
  return first && std::any_of(kDoes.begin(), kDoes.end(), [&](std::string_view w) { return contains_word(s, w); });
}

// How many delimiters the first records have, outside of quotes; the record that the head cuts is not counted.
struct Shape {
  std::size_t records = 0, cells = 0;  // cells of the first record that is no title
  std::size_t titles = 0;              // records of one cell before it
  std::size_t odd = 0;                 // records with another number of cells
  bool short_lines = true;
  // Hardly a text that happens to have commas.
  bool table() const { return odd == 0 || (cells >= 3 && (odd * 8 <= records || (odd == 1 && records >= 3))); }
};

constexpr std::size_t kMaxTitles = 3;

Shape shape_with(std::string_view s, char delimiter, bool whole, bool pairs) {
  Shape out;
  std::size_t count = 0, length = 0;
  bool quoted = false, start = true, used = false;
  const auto end_record = [&] {
    if (used) {
      if (delimiter != 0 && out.records == 0 && count == 0 && out.titles < kMaxTitles) {
        ++out.titles;
      } else {
        if (out.records == 0) out.cells = count + 1;
        out.odd += count + 1 != out.cells;
        out.short_lines = out.short_lines && length <= 64;
        ++out.records;
      }
    }
    count = length = 0;
    used = false;
    start = true;
  };
  for (std::size_t i = 0; i < s.size(); ++i) {
    const char c = s[i];
    if (pairs && static_cast<unsigned char>(c) >= 0x81 && i + 1 < s.size() && static_cast<unsigned char>(s[i + 1]) >= 0x40) {
      ++i;
      length += 2;
      used = true;
      start = false;
      continue;
    }
    if (c == '"' && delimiter != '\t' && (quoted || start)) {
      quoted = !quoted;
      used = true;
      continue;
    }
    if (c == '\n' && !quoted) {
      end_record();
      continue;
    }
    ++length;
    used = used || (c != '\r' && c != ' ');
    if (c == delimiter && !quoted) {
      ++count;
      start = true;
    } else {
      start = start && (c == ' ' || quoted);
      if (delimiter == 0 && blank(c) && c != '\r') out.short_lines = false;
    }
  }
  if (whole) end_record();
  return out;
}

}  // namespace

std::string_view bare_name(std::string_view s) {
  if (s.starts_with(kBom)) s.remove_prefix(3);
  const auto idle = [](char c) { return c == ' ' || c == '"' || c == '\'' || c == '\r' || c == '`'; };
  while (!s.empty() && idle(s.front())) s.remove_prefix(1);
  while (!s.empty() && idle(s.back())) s.remove_suffix(1);
  return s;
}

bool may_name_a_column(std::string_view s) {
  constexpr std::size_t kLongest = 60;
  std::size_t digits = 0;
  for (const char c : s) {
    digits += c >= '0' && c <= '9';
    if (c == ':' || c == '=' || c == '{' || c == '@' || c == '<' || c == '\n') return false;
  }
  return digits <= 4 && s.size() <= kLongest && s.find("\xEF\xBC\x9A") == std::string_view::npos;
}

std::unique_ptr<CellReader> cell_reader(base::View head, CellSink& sink) {
  std::string_view s = base::text(head);
  const bool whole = head.size() < kSniffTable;
  if (s.starts_with(kBom)) s.remove_prefix(3);
  while (!s.empty() && blank(s.front())) s.remove_prefix(1);
  if (s.empty()) return nullptr;
  // The head may end inside a character.
  bool utf8 = base::is_utf8(head);
  for (std::size_t cut = 1; !utf8 && !whole && cut < 4 && cut < head.size(); ++cut) utf8 = base::is_utf8(head.first(head.size() - cut));
  if (looks_like_json(s)) return json_reader(utf8, sink);
  if (looks_like_sql(s)) return sql_reader(utf8, !contains_word(s, "POSTGRESQL") && !contains_word(s, "PRAGMA"), sink);
  char best = 0;
  std::size_t cells = 1, titles = 0;
  for (const char delimiter : {'\t', ',', ';', '|'}) {  // a tab is never chance
    const Shape shape = shape_with(s, delimiter, whole, !utf8);
    if (shape.records < 2 || shape.cells < 2 || !shape.table()) continue;
    if (best == '\t' || (best != 0 && shape.titles > titles)) continue;
    if (best != 0 && shape.titles == titles && shape.cells <= cells) continue;
    best = delimiter;
    cells = shape.cells;
    titles = shape.titles;
  }
  if (best != 0) return delimited_reader(best, utf8, sink, titles);
  const Shape lines = shape_with(s, 0, whole, !utf8);
  if (lines.records >= 2 && lines.short_lines) return delimited_reader(0, utf8, sink);
  return nullptr;
}

}  // namespace fengsui::classify
