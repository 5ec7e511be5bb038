#include "agent/log.h"

#include <fmt/format.h>

#include <cstdio>

namespace fengsui::agent {

void Log::write(std::string_view level, std::string_view id, Pairs pairs) {
  std::string line = fmt::format("{} {} {}", base::to_rfc3339(clock_.wall_ms()), level, id);
  for (const auto& [key, value] : pairs) {
    bool plain = !value.empty() && value.find_first_of(" \"=\n\r\t") == std::string_view::npos;
    line += fmt::format(" {}=", key);
    if (plain) {
      line += value;
      continue;
    }
    line += '"';
    for (char c : value) {
      if (c == '"' || c == '\\') line += '\\';
      line += c == '\n' || c == '\r' ? ' ' : c;
    }
    line += '"';
  }
  line += '\n';
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace fengsui::agent
