#include "agent/ruleset.h"

#include "agent/system.h"
#include "base/encode.h"
#include "crypto/hash.h"

namespace fengsui::agent {

classify::SiteFiles site_files(const Config& config) {
  classify::SiteFiles out;
  out.key = config.match.key_file;
  out.exact.assign(config.match.exact.begin(), config.match.exact.end());
  out.documents.assign(config.match.documents.begin(), config.match.documents.end());
  out.allow.assign(config.match.allow.begin(), config.match.allow.end());
  out.baseline = config.match.baseline;
  out.roots = config.scan.paths;
  out.now = SystemClock().wall_ms();
  out.catalog = config.rules.catalog;
  return out;
}

base::Result<Ruleset> load_rules(const Config::Rules& config, base::Day last_birthday, const classify::SiteFiles& site) {
  Ruleset out;
  auto folder = find_rules(config.dir);
  if (!folder) return std::unexpected(folder.error());
  out.folder = *folder;
  auto classifier = classify::Engine::load(out.folder, last_birthday, site);
  if (!classifier) return std::unexpected(classifier.error());
  out.classifier = *classifier;
  std::vector<std::filesystem::path> folders;
  std::error_code error;
  for (const char* name : {"policies", "correlations"})
    if (std::filesystem::is_directory(out.folder / name, error)) folders.push_back(out.folder / name);
  for (const auto& extra : config.extra) folders.emplace_back(extra);
  auto policies = policy::RuleSet::load(folders);
  if (!policies) return std::unexpected(policies.error());
  out.policies = *policies;
  auto networks = policy::Networks::load(out.folder / "networks");
  if (!networks) return std::unexpected(networks.error());
  out.networks = *networks;
  out.digest = base::hex(crypto::sha256(
      {base::view(out.classifier->digest()), base::view(out.policies->digest()), base::view(out.networks->digest)}));
  return out;
}

}  // namespace fengsui::agent
