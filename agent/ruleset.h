// The rules in force: detectors and policies, and the digest that every record names.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "agent/config.h"
#include "base/error.h"
#include "base/time.h"
#include "classify/examination.h"
#include "policy/engine.h"

namespace fengsui::agent {

struct Ruleset {
  std::filesystem::path folder;
  std::shared_ptr<const classify::Engine> classifier;
  std::shared_ptr<const policy::RuleSet> policies;
  std::shared_ptr<const policy::Networks> networks;
  std::string digest;  // hex SHA-256 over the three digests
};

classify::SiteFiles site_files(const Config& config);

// detectors/ and areas/, networks/, policies/, correlations/ where present, and [rules] extra.
// No date of birth after `last_birthday` is believed. What the site's files could not give is in
// classifier->site_problems(): the rest works.
base::Result<Ruleset> load_rules(const Config::Rules& config, base::Day last_birthday,
                                 const classify::SiteFiles& site = {});

}  // namespace fengsui::agent
