// Where a site keeps what it brings itself; what a configuration names.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/time.h"

namespace fengsui::classify {

struct Gathered;

struct SiteFiles {
  std::filesystem::path key;                 // match_key.h; needed as soon as one of the others is named
  std::vector<std::filesystem::path> exact;  // sets of exact values, exact_set.h
  std::vector<std::filesystem::path> documents;  // fingerprints of registered documents, documents.h
  std::vector<std::filesystem::path> allow;      // allow-lists, allow_list.h
  std::filesystem::path baseline;                // of values that are known already, baseline.h
  std::vector<std::string> roots;                // folders that are scanned: places of a baseline are below the longest of them
  base::UnixMs now = 0;                          // for contents that say no time: whether an entry has expired
  std::filesystem::path catalog;  // the data-resource catalogue (catalog.h)
  Gathered* gather = nullptr;  // for commands: where the examination puts what it saw (gathered.h); outlives the engine
};

}  // namespace fengsui::classify
