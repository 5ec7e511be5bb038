// match: keys, and files of exact values, for matching against a site's own data.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace fengsui::agent {

struct MatchArguments {
  CLI::App *command = nullptr, *key = nullptr, *build = nullptr;  // of the command line
  std::string key_file, out, name, type;
  std::vector<std::string> columns, where, tables;
  bool exclude = false;
  std::int64_t memory_mib = 64;
};
// Adds the command; `arguments` outlives the parse.
void add_match(CLI::App& app, MatchArguments& arguments);
// Makes what was asked for. 0 done, 2 usage, 3 a table could not be read.
int match(const MatchArguments& arguments);

}  // namespace fengsui::agent
