// What a site brings itself: its own values as digests, and what it allows. Loaded beside the detectors.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "classify/site/allow_list.h"
#include "classify/site/baseline.h"
#include "classify/site/documents.h"
#include "classify/site/exact_set.h"
#include "classify/site/gathered.h"
#include "classify/site/match_key.h"
#include "classify/site/site_files.h"
#include "classify/site/site_rules.h"

namespace fengsui::classify {

// Immutable after load, shared by threads.
class Site {
 public:
  // What cannot be used (a corrupt file, one under another key, a missing key) is left out and named in problems():
  // whoever loads decides whether to go on without it. Null when there is nothing.
  // Errors of the rules below `rules` are errors: file and line.
  static base::Result<std::shared_ptr<const Site>> load(const SiteFiles& files, const std::filesystem::path& rules);

  std::string digest() const;  // of what was loaded, a line each: part of the digest of the rules
  const std::vector<std::string>& problems() const { return problems_; }
  const std::vector<ExactSet>& exact() const { return exact_; }
  const MatchKey* key() const { return key_ ? &*key_ : nullptr; }

  // The first set that holds a value of a type; null when none does. Excluding sets are asked first.
  const ExactView* exact_match(std::string_view type, base::View raw) const;
  const SiteRules& rules() const { return rules_; }
  const Documents& documents() const { return documents_; }
  const AllowList& allow() const { return allow_; }
  const Baseline& baseline() const { return baseline_; }
  // The day of a content: of its own time, else of the load.
  base::Day day(base::UnixMs time) const { return base::day_of(time != 0 ? time : now_); }
  // The path below the longest root that holds it, or the path itself.
  std::string place_of(std::string_view object, std::string_view member) const;
  // The digest of a file of the site itself by its path, null for any other: such a file is no finding.
  const crypto::Digest* own_file(std::string_view object) const;
  Gathered* gather() const { return gather_; }
  bool prints() const { return !documents_.empty() || (gather_ != nullptr && gather_->want_prints); }
  bool has_columns() const { return has_columns_; }  // some set is of cells of columns

 private:
  Site() = default;
  void load_exact(const SiteFiles& files);
  void load_documents(const SiteFiles& files);
  void load_allowed(const SiteFiles& files);

  std::optional<MatchKey> key_;
  std::vector<ExactSet> exact_;  // excluding ones first
  bool has_columns_ = false;
  SiteRules rules_;
  std::string rules_digest_;
  Documents documents_;
  std::string documents_digest_;
  AllowList allow_;
  Baseline baseline_;
  std::string allowed_digest_;
  std::vector<std::pair<std::string, crypto::Digest>> own_files_;
  std::vector<std::string> roots_;
  base::UnixMs now_ = 0;
  Gathered* gather_ = nullptr;
  std::vector<std::string> problems_;
};

}  // namespace fengsui::classify
