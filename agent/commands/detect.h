// detect: detections in texts from standard input, and the benchmark of the detectors.
#pragma once

#include <string>
#include <vector>

#include "agent/config.h"

namespace fengsui::agent {

struct DetectArguments {
  bool jsonl = false;
  std::vector<std::string> bench;
  std::string against;
};
int detect(const Config& config, const DetectArguments& arguments);

}  // namespace fengsui::agent
