#include "classify/site/site.h"

#include <algorithm>

namespace fengsui::classify {

std::shared_ptr<const Site> Site::load(const SiteFiles& files) {
  if (files.exact.empty()) return nullptr;
  std::shared_ptr<Site> site(new Site);
  if (files.key.empty()) {
    site->problems_.push_back("no key is configured, so no file of exact values can be read");
  } else if (auto key = MatchKey::load(files.key)) {
    site->key_ = std::move(*key);
  } else {
    site->problems_.push_back(key.error().what);
  }
  if (site->key_) site->load_exact(files);
  return site;
}

std::string Site::digest() const {
  std::string out;
  for (const ExactSet& set : exact_) out += "exact " + set.view().description().name + " " + set.view().digest() + "\n";
  return out;
}

void Site::load_exact(const SiteFiles& files) {
  for (const auto& file : files.exact) {
    auto set = ExactSet::open(file, *key_);
    if (!set) {
      problems_.push_back(set.error().what);
      continue;
    }
    has_columns_ |= !set->view().description().columns.empty();
    exact_.push_back(std::move(*set));
  }
  std::stable_partition(exact_.begin(), exact_.end(), [](const ExactSet& s) { return s.view().description().excludes; });
}

const ExactView* Site::exact_match(std::string_view type, base::View raw) const {
  std::uint64_t digest = 0;
  bool made = false;
  for (const ExactSet& set : exact_) {
    if (set.view().description().type != type) continue;
    if (!made) {
      const std::string value = match_value(type, raw);
      digest = key_->exact(value);
      made = true;
    }
    if (set.view().contains(digest)) return &set.view();
  }
  return nullptr;
}

}  // namespace fengsui::classify
