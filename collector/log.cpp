#include "collector/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace fengsui::collector {

void start_log() {
  auto logger = std::make_shared<spdlog::logger>("collector", std::make_shared<spdlog::sinks::stderr_sink_st>());
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z level=%l %v");
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
}

void event(Level level, std::string_view id, std::initializer_list<std::pair<std::string_view, std::string>> fields) {
  std::string line = "event=" + std::string(id);
  for (const auto& [key, value] : fields) {
    line += " " + std::string(key) + "=";
    bool plain = !value.empty() && value.find_first_of(" \"=\\") == std::string::npos;
    if (!plain) line += '"';
    for (char c : value) {
      if (c == '"' || c == '\\') line += '\\';
      line += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
    if (!plain) line += '"';
  }
  auto to = level == Level::info      ? spdlog::level::info
            : level == Level::warning ? spdlog::level::warn
                                      : spdlog::level::err;
  spdlog::log(to, "{}", line);
}

}  // namespace fengsui::collector
