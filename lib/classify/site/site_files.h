// Where a site keeps what it brings itself; what a configuration names.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace fengsui::classify {

struct Gathered;

struct SiteFiles {
  std::filesystem::path key;                 // match_key.h; needed as soon as one of the others is named
  std::vector<std::filesystem::path> exact;  // sets of exact values, exact_set.h
  std::vector<std::filesystem::path> documents;  // fingerprints of registered documents, documents.h
  Gathered* gather = nullptr;  // for commands: where the examination puts what it saw (gathered.h); outlives the engine
};

}  // namespace fengsui::classify
