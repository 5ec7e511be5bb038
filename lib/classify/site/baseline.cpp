#include "classify/site/baseline.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "base/encode.h"

namespace fengsui::classify {
namespace {

std::string key_letters(const MatchKey& key) {
  std::string out;
  for (const std::uint8_t b : key.id()) {
    out.push_back(static_cast<char>('a' + (b >> 4)));
    out.push_back(static_cast<char>('a' + (b & 15)));
  }
  return out;
}

std::string_view word(std::string_view& line) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view out = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return out;
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(n) : std::nullopt;
}

}  // namespace

std::string Baseline::write(const MatchKey& key) const {
  std::string out = fmt::format("fengsui-baseline 1 {} {}\n", key_letters(key), scans);
  for (const auto& [name, value] : values) {
    std::string place = value.place;
    for (char& c : place)
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
    out += fmt::format("{} {} {} {}\n", name, value.type, value.last, place);
  }
  return out;
}

base::Result<Baseline> Baseline::read(base::View file, const MatchKey& key) {
  std::string_view rest = base::text(file);
  Baseline out;
  for (std::size_t n = 1; !rest.empty(); ++n) {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) return base::fail(base::Errc::truncated, fmt::format("{}: the line does not end", n));
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    const auto bad = [&](std::string_view what) { return base::fail(base::Errc::malformed, fmt::format("{}: {}", n, what)); };
    if (n == 1) {
      if (word(line) != "fengsui-baseline") return bad("not a baseline");
      if (word(line) != "1") return base::fail(base::Errc::unsupported, "a version of the format that this program does not read");
      if (word(line) != key_letters(key)) return base::fail(base::Errc::denied, "made under another key");
      const auto scans = number(line);
      if (!scans || *scans > kMaxScans) return bad("the number of scans is missing or too large");
      out.scans = *scans;
      continue;
    }
    const std::string_view name = word(line), type = word(line);
    const auto last = number(word(line));
    if (!is_letters(name) || type.empty() || !last || *last > out.scans) return bad("not: 32 letters, a type, a scan, a place");
    if (out.values.size() >= kMaxKnown) return base::fail(base::Errc::limit, fmt::format("more than {} values", kMaxKnown));
    out.values.emplace(name, KnownValue{std::string(type), std::string(line), *last});
  }
  if (out.scans == 0) return base::fail(base::Errc::malformed, "1: not a baseline");
  return out;
}

}  // namespace fengsui::classify
