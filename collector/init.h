// Making and checking the folder of a collector.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "collector/config.h"

namespace fengsui::collector {

struct Initialised {
  std::string administrator, password;  // the password is shown this once and kept nowhere
  std::string link_key_z85;             // what agents are told
  std::string policy_file;              // what an evaluator pins
};
// Creates keys, control database, first administrator, collector.toml, evaluator-policy. Errc::exists when the folder
// holds a collector already.
base::Result<Initialised> initialise(const std::filesystem::path& folder, const Config& config,
                                     const std::string& administrator, const base::Clock& clock);

// Another account with the given role ids; the password, shown this once. Works beside a running collector. Errc::usage
// for an unknown role, exists, not_found for a folder that holds no collector.
base::Result<std::string> add_account(const std::filesystem::path& folder, const std::string& name,
                                      const std::vector<std::string>& roles, const base::Clock& clock);

// Configuration, keys, and every log against what was signed; changes nothing but what opening creates.
base::Status check_folder(const std::filesystem::path& folder, const base::Clock& clock);

}  // namespace fengsui::collector
