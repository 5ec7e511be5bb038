// The collector's log: one event a line, stable id, key=value, no content.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace fengsui::collector {

enum class Level : unsigned char { info, warning, error };

// Once, before the first event: lines go to standard error, where the journal takes them.
void start_log();
void event(Level level, std::string_view id,
           std::initializer_list<std::pair<std::string_view, std::string>> fields = {});

}  // namespace fengsui::collector
