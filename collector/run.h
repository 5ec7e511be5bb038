// The daemon: builds every part in the order of the data's walk, then one thread of Asio drives link, HTTP and timers.
#pragma once

#include <filesystem>

#include "base/error.h"
#include "base/time.h"
#include "collector/config.h"

namespace fengsui::collector {

// Returns when SIGTERM or SIGINT came and everything taken was committed (0), or 75 when memory and ledger disagree and
// only a restart helps. An error means it could not start.
base::Result<int> run(const std::filesystem::path& folder, const Config& config, const base::Clock& clock);

}  // namespace fengsui::collector
