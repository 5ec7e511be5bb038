// The subcommands of fengsui-agent. Each returns its exit code: tools 0 clean, 1 findings, 2 usage, 3 incomplete; check
// and run use sysexits (78: configuration).
#pragma once

#include <string>
#include <vector>

#include "agent/config.h"

namespace fengsui::agent {

inline constexpr int kClean = 0, kFindings = 1, kUsage = 2, kIncomplete = 3;

struct ScanArguments {
  std::vector<std::string> paths;
  bool json = false;
  std::string key, baseline, write_baseline;  // files; "" none, or those of the configuration
};
int scan(const Config& config, const ScanArguments& arguments);

struct ReadArguments {
  std::vector<std::string> files;
  bool json = false;
  std::string bodies;  // folder to write HTTP bodies to; "" none
};
int read(const Config& config, const ReadArguments& arguments);

// `captures`: interfaces that must open, beside those of the configuration.
int check(const Config& config, const std::vector<std::string>& captures);

int status(const Config& config, bool json);

struct EnrolArguments {
  std::string collector, key, token_file;
  int timeout_seconds = 20;
};
int enrol(const Config& config, const EnrolArguments& arguments);

}  // namespace fengsui::agent
