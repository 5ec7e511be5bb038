// Rules of the detectors and of the site, checked and tried with the examples they carry: `fengsui rule lint`.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"

namespace fengsui::classify {

struct RuleLint {
  struct Problem {
    std::string file;
    int line = 0;
    std::string what;
  };
  struct Note {
    std::string id, file, text;  // "site:contract": what it costs
  };
  std::size_t detectors = 0, site_rules = 0, tests = 0;
  std::vector<Problem> problems;  // the first that stops the load, or every example that does not hold
  std::vector<Note> notes;        // one a site rule
};

// `rules` holds detectors/ (and areas/, bins/, perhaps site/), or is itself a folder of site rules. Anything else has nothing to
// check. Errc::not_found when it is no folder.
base::Result<RuleLint> lint(const std::filesystem::path& rules);

}  // namespace fengsui::classify
