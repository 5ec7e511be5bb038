// fingerprint: registers documents, so that their copies and edited versions are recognised anywhere.
#pragma once

#include <string>
#include <vector>

#include "agent/config.h"

namespace CLI {
class App;
}

namespace fengsui::agent {

struct FingerprintArguments {
  CLI::App *command = nullptr, *build = nullptr;
  std::string out, prefix;
  std::vector<std::string> paths;
};
// Adds the command; `arguments` outlives the parse.
void add_fingerprint(CLI::App& app, FingerprintArguments& arguments);
// Reads documents as a scan does, containers included. 0 done, 2 usage, 3 done but something could not be read.
int fingerprint(const Config& config, const FingerprintArguments& arguments);

}  // namespace fengsui::agent
