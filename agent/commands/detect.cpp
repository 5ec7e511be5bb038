#include "agent/commands/detect.h"

#include <fmt/format.h>

#include "agent/commands/commands.h"
#include "agent/ruleset.h"

namespace fengsui::agent {

int detect(const Config& config, const DetectArguments& arguments) {
  fmt::print(stderr, "detect waits for classify/commands.h\n");
  (void)config, (void)arguments;
  return kUsage;
}

}  // namespace fengsui::agent
