// Baselines of a scan, and what a site allows, from the command line.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/config.h"
#include "agent/scrub.h"
#include "base/error.h"
#include "classify/site/baseline.h"
#include "classify/site/gathered.h"
#include "classify/site/site_files.h"

namespace CLI {
class App;
}

namespace fengsui::agent {

// The baseline of one scan: read before it, written after it. The site's files point into it: it outlives the engine.
class ScanBaseline {
 public:
  // `read` and `write` may be "" or the same file. Errc of the key or of the file.
  base::Status begin(const std::string& read, const std::string& write, classify::SiteFiles& site);
  // After the scan. What it wrote, or "" when nothing was to be written.
  base::Result<std::string> finish(Scrubber& scrubber);
  bool used() const { return gathered_.want_values; }
  std::size_t known() const { return known_; }  // values that the scan saw and the baseline holds
  std::size_t stale() const { return stale_; }  // values of the baseline that the scan did not see

 private:
  classify::Gathered gathered_;
  classify::Baseline before_;
  std::optional<classify::MatchKey> key_;
  std::string write_;
  std::size_t known_ = 0, stale_ = 0;
};

struct AllowArguments {
  CLI::App *allow = nullptr, *digest = nullptr, *list = nullptr;
  CLI::App *baseline = nullptr, *baseline_list = nullptr, *prune = nullptr;
  std::string key_file, type, file;
  std::vector<std::string> files;
  bool expired = false, stale = false;
};
// Adds `allow` and `baseline`; `arguments` outlives the parse.
void add_allow(CLI::App& app, AllowArguments& arguments);
// allow digest: a value a line on standard input, its 32 letters on standard output. allow list: entries with their last day; 1
// when some have expired. baseline list: values; --stale those that the last scan did not see, 1 when there are some. baseline
// prune: takes these out.
int allow(const Config& config, const AllowArguments& arguments);

}  // namespace fengsui::agent
