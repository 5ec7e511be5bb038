#include "watch/text.h"

#include <array>

#include "base/bytes.h"
#include "base/encode.h"

namespace fengsui::watch {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_space(char c) { return c == ' ' || c == '\t'; }

std::size_t sequence_length(std::uint8_t lead) {
  return lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return out;
}

std::string mask_digits(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    if (!is_digit(text[i])) {
      out += text[i++];
      continue;
    }
    std::size_t end = i;
    while (end < text.size() && is_digit(text[end])) ++end;
    if (end - i == 17 && end < text.size() && (text[end] == 'X' || text[end] == 'x')) ++end;
    const std::size_t n = end - i;
    if (n < 9) {
      out.append(text.substr(i, n));
    } else {
      out.append(text.substr(i, 3)).append(n - 5, '*').append(text.substr(end - 2, 2));
    }
    i = end;
  }
  return out;
}

// Where the value of a secret begins after `at`, or npos: "password=…", "--password …", "-pVALUE".
std::size_t secret_value(std::string_view low, std::size_t at) {
  static constexpr std::array<std::string_view, 7> kNames = {"password", "passwd",  "pwd",   "token",
                                                             "secret",   "api_key", "apikey"};
  const bool boundary = at == 0 || !((low[at - 1] >= 'a' && low[at - 1] <= 'z') || is_digit(low[at - 1]));
  if (!boundary) return std::string_view::npos;
  for (const std::string_view name : kNames) {
    if (!low.substr(at).starts_with(name)) continue;
    const std::size_t end = at + name.size();
    if (end < low.size() && (low[end] == '=' || low[end] == ':') && end + 1 < low.size() && !is_space(low[end + 1]) &&
        name != "pwd")
      return end + 1;
    if (end < low.size() && is_space(low[end]) && at >= 2 && low[at - 1] == '-' && low[at - 2] == '-') return end + 1;
  }
  const bool client = low.find("mysql") != std::string_view::npos || low.find("mariadb") != std::string_view::npos;
  if (client && low.substr(at).starts_with("-p") && at > 0 && is_space(low[at - 1]) && at + 2 < low.size() &&
      !is_space(low[at + 2]))
    return at + 2;
  return std::string_view::npos;
}

std::string hide_secrets(std::string_view text) {
  const std::string low = lower(text);
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t value = secret_value(low, i);
    if (value != std::string::npos) {
      std::size_t end = value;
      while (end < text.size() && !is_space(text[end]) && text[end] != ';' && text[end] != '&') ++end;
      out.append(text.substr(i, value - i)).append("***");
      i = end;
      continue;
    }
    if (low.compare(i, 3, "://") == 0) {
      std::size_t end = i + 3;
      while (end < text.size() && !is_space(text[end]) && text[end] != '/' && text[end] != '@') ++end;
      if (end < text.size() && text[end] == '@') {
        out += "://***";
        i = end;
        continue;
      }
    }
    out += text[i++];
  }
  return out;
}

}  // namespace

std::string safe_text(std::string_view text, std::size_t limit) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<std::uint8_t>(text[i]);
    const std::size_t n = sequence_length(lead);
    const bool good = n > 0 && i + n <= text.size() && base::is_utf8(base::view(text.substr(i, n)));
    if (out.size() + (good ? n : 4) > limit) break;
    if (good) {
      out.append(text.substr(i, n));
      i += n;
    } else {
      out.append("\\x").append(1, kHex[lead >> 4]).append(1, kHex[lead & 15]);
      ++i;
    }
  }
  return out;
}

std::string minimised(std::string_view text) { return mask_digits(hide_secrets(text)); }

}  // namespace fengsui::watch
