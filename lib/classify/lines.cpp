#include "classify/lines.h"

#include <fmt/format.h>

#include "base/bytes.h"
#include "base/fd.h"

namespace fengsui::classify {
namespace {
constexpr std::size_t kMaxTable = 4u << 20;
}

base::Status each_line(const std::filesystem::path& path, std::string& digested, const std::function<bool(std::string_view)>& take) {
  auto bytes = base::read_file(path, kMaxTable);
  if (!bytes) return std::unexpected(bytes.error());
  std::string_view rest = base::text(*bytes);
  digested.append(rest);
  for (std::size_t line = 1; !rest.empty(); ++line) {
    const auto end = rest.find('\n');
    std::string_view one = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    if (!one.empty() && one.back() == '\r') one.remove_suffix(1);
    if (one.empty() || one[0] == '#') continue;
    if (!take(one)) return base::fail(base::Errc::malformed, fmt::format("{}:{}: not a line of this table", path.string(), line));
  }
  return {};
}

base::Status each_word(const std::filesystem::path& path, std::string& digested,
                       const std::function<bool(std::string_view, std::string_view)>& take) {
  std::string section;
  return each_line(path, digested, [&](std::string_view line) {
    if (line[0] == '[') {
      if (line.back() != ']') return false;
      section = line.substr(1, line.size() - 2);
      return true;
    }
    while (!line.empty()) {
      const auto end = std::min(line.find(' '), line.size());
      if (end != 0 && !take(section, line.substr(0, end))) return false;
      line.remove_prefix(std::min(end + 1, line.size()));
    }
    return true;
  });
}

}  // namespace fengsui::classify
