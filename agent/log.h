// The agent's own log: one event a line on standard error, "time level id key=value …". No content, ever.
#pragma once

#include <initializer_list>
#include <string_view>
#include <utility>

#include "base/time.h"

namespace fengsui::agent {

// One thread.
class Log {
 public:
  explicit Log(const base::Clock& clock) : clock_(clock) {}
  using Pairs = std::initializer_list<std::pair<std::string_view, std::string_view>>;
  void info(std::string_view id, Pairs pairs = {}) { write("info", id, pairs); }
  void warn(std::string_view id, Pairs pairs = {}) { write("warn", id, pairs); }
  void error(std::string_view id, Pairs pairs = {}) { write("error", id, pairs); }

 private:
  void write(std::string_view level, std::string_view id, Pairs pairs);
  const base::Clock& clock_;
};

}  // namespace fengsui::agent
