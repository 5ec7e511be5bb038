#include "classify/extract/mime.h"

#include <algorithm>
#include <array>

namespace fengsui::classify::extract {
namespace {

char lower(char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c); }
std::string lowered(std::string_view s) {
  std::string out(s);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}
std::string_view trimmed(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t' || s.back() == '\r')) s.remove_suffix(1);
  return s;
}
int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}
std::string_view take_line(std::string_view& rest) {
  const auto end = rest.find('\n');
  std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::string percent_decoded(std::string_view s) {
  std::string out;
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (s[i] == '%' && i + 2 < s.size() && hex_digit(s[i + 1]) >= 0 && hex_digit(s[i + 2]) >= 0) {
      out.push_back(static_cast<char>(hex_digit(s[i + 1]) << 4 | hex_digit(s[i + 2])));
      i += 2;
    } else {
      out.push_back(s[i]);
    }
  }
  return out;
}

// The parameters in order, names in lower case, quotes off.
std::vector<std::pair<std::string, std::string>> parameters(std::string_view field) {
  std::vector<std::pair<std::string, std::string>> out;
  std::size_t at = field.find(';');
  while (at != std::string_view::npos && out.size() < 64) {
    field.remove_prefix(at + 1);
    const auto equals = field.find('=');
    if (equals == std::string_view::npos) break;
    std::string name = lowered(trimmed(field.substr(0, equals)));
    field.remove_prefix(equals + 1);
    field = trimmed(field);
    std::string value;
    if (field.starts_with('"')) {
      std::size_t i = 1;
      for (; i < field.size() && field[i] != '"'; ++i) {
        if (field[i] == '\\' && i + 1 < field.size()) ++i;
        value.push_back(field[i]);
      }
      field.remove_prefix(std::min(i + 1, field.size()));
      at = field.find(';');
    } else {
      at = field.find(';');
      value = std::string(trimmed(field.substr(0, at)));
    }
    out.emplace_back(std::move(name), std::move(value));
  }
  return out;
}

}  // namespace

std::string_view Headers::get(std::string_view name) const {
  for (const HeaderField& field : fields)
    if (field.name == name) return field.value;
  return {};
}

Headers take_headers(std::string_view& rest) {
  Headers out;
  std::size_t used = 0;
  while (!rest.empty()) {
    const std::string_view before = rest;
    const std::string_view line = take_line(rest);
    if (line.empty()) break;
    used += line.size();
    if ((line[0] == ' ' || line[0] == '\t') && !out.fields.empty()) {
      if (used <= Headers::kMaxBytes) (out.fields.back().value += ' ') += trimmed(line);
      continue;
    }
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0 || line.substr(0, colon).find(' ') != std::string_view::npos) {
      // Not a header: the body began without its empty line. The From line of an mbox is passed over.
      if (out.fields.empty() && line.starts_with("From ")) continue;
      rest = before;
      break;
    }
    if (out.fields.size() < Headers::kMaxFields && used <= Headers::kMaxBytes)
      out.fields.push_back({lowered(trimmed(line.substr(0, colon))), std::string(trimmed(line.substr(colon + 1)))});
  }
  return out;
}

std::string media_type(std::string_view field) { return lowered(trimmed(field.substr(0, field.find(';')))); }

std::string parameter(std::string_view field, std::string_view wanted, const Charsets& charsets) {
  std::string joined, charset;
  bool encoded = false, found = false;
  for (const auto& [name, value] : parameters(field)) {
    if (name == wanted) return decode_words(value, charsets);
    if (!name.starts_with(wanted) || name.size() <= wanted.size() || name[wanted.size()] != '*') continue;
    std::string_view piece = value;
    const bool percent = name.ends_with('*');
    if (!found && percent) {  // charset'language'value
      const auto first = piece.find('\''), second = first == std::string_view::npos ? first : piece.find('\'', first + 1);
      if (second != std::string_view::npos) {
        charset = std::string(piece.substr(0, first));
        piece.remove_prefix(second + 1);
        encoded = true;
      }
    }
    found = true;
    joined += percent ? percent_decoded(piece) : std::string(piece);
  }
  return encoded || found ? charsets.to_utf8(charset, base::view(joined)) : std::string();
}

std::string decode_words(std::string_view raw, const Charsets& charsets) {
  std::string out, pending, pending_charset;
  const auto flush = [&] {
    if (!pending.empty()) out += charsets.to_utf8(pending_charset, base::view(pending));
    pending.clear();
  };
  while (!raw.empty()) {
    const auto start = raw.find("=?");
    const std::string_view plain = raw.substr(0, start);
    // White space between two encoded words is not text (RFC 2047 6.2); a character may be cut between them.
    if (!plain.empty() && (start == std::string_view::npos || pending.empty() || !trimmed(plain).empty())) {
      flush();
      out += charsets.to_utf8("", base::view(plain));
    }
    if (start == std::string_view::npos) break;
    raw.remove_prefix(start + 2);
    const auto charset_end = raw.find('?');
    const auto encoding_end = charset_end == std::string_view::npos ? charset_end : raw.find('?', charset_end + 1);
    const auto end = encoding_end == std::string_view::npos ? encoding_end : raw.find("?=", encoding_end + 1);
    if (end == std::string_view::npos || encoding_end != charset_end + 2) {
      flush();
      out += "=?";
      continue;
    }
    std::string charset(raw.substr(0, std::min(charset_end, raw.substr(0, charset_end).find('*'))));
    const char encoding = lower(raw[charset_end + 1]);
    const std::string_view word = raw.substr(encoding_end + 1, end - encoding_end - 1);
    const base::Bytes bytes = encoding == 'b' ? decode_base64(word) : decode_quoted_printable(word, true);
    if (charset != pending_charset) flush();
    pending_charset = std::move(charset);
    pending += base::text(bytes);
    raw.remove_prefix(end + 2);
  }
  flush();
  return out;
}

base::Bytes decode_base64(std::string_view text) {
  static constexpr auto kValue = [] {
    std::array<std::int8_t, 256> t{};
    t.fill(-1);
    const std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (std::size_t i = 0; i < letters.size(); ++i) t[static_cast<unsigned char>(letters[i])] = static_cast<std::int8_t>(i);
    return t;
  }();
  base::Bytes out;
  out.reserve(text.size() / 4 * 3);
  std::uint32_t bits = 0;
  int have = 0;
  for (const char c : text) {
    const int v = kValue[static_cast<unsigned char>(c)];
    if (v < 0) {
      if (c == '=') have = 0, bits = 0;  // padding ends a group; another may follow
      continue;
    }
    bits = bits << 6 | static_cast<std::uint32_t>(v);
    have += 6;
    if (have >= 8) {
      have -= 8;
      out.push_back(static_cast<std::uint8_t>(bits >> have));
    }
  }
  return out;
}

base::Bytes decode_quoted_printable(std::string_view text, bool header) {
  base::Bytes out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '=' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
      out.push_back(static_cast<std::uint8_t>(hex_digit(text[i + 1]) << 4 | hex_digit(text[i + 2])));
      i += 2;
    } else if (c == '=' && i + 1 < text.size() && text[i + 1] == '\n') {
      i += 1;
    } else if (c == '=' && i + 2 < text.size() && text[i + 1] == '\r' && text[i + 2] == '\n') {
      i += 2;
    } else {
      out.push_back(static_cast<std::uint8_t>(header && c == '_' ? ' ' : c));
    }
  }
  return out;
}

}  // namespace fengsui::classify::extract
