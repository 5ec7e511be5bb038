// What a collector's ledger really holds, counted from its folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "base/error.h"

namespace fengsui::sim {

struct Stored {
  std::uint64_t records = 0;         // leaves of the agents asked for
  std::uint64_t duplicates = 0;      // of them, (agent, seq) seen before
  std::uint64_t missing = 0;         // acknowledged, not there
  std::uint64_t without_detail = 0;  // finding leaves whose line is not in a day file
};

// `acknowledged`: highest acknowledged seq by agent. Errc::not_found when the folder holds no ledger. Reads only: it
// may be asked while the collector runs.
base::Result<Stored> count(const std::filesystem::path& ledger,
                           const std::map<std::string, std::uint64_t>& acknowledged);

}  // namespace fengsui::sim
