#include "classify/site/site.h"

#include <algorithm>
#include <iterator>

#include "base/encode.h"
#include "base/fd.h"
#include "crypto/hash.h"

namespace fengsui::classify {

base::Result<std::shared_ptr<const Site>> Site::load(const SiteFiles& files, const std::filesystem::path& rules) {
  std::shared_ptr<Site> site(new Site);
  std::string written;
  auto loaded = SiteRules::load(rules, written);
  if (!loaded) return std::unexpected(loaded.error());
  const bool keyed = !files.exact.empty() || !files.allow.empty() || !files.baseline.empty() || (files.gather != nullptr && files.gather->want_values);
  if (!keyed && files.documents.empty() && files.gather == nullptr && loaded->empty()) return nullptr;
  site->roots_ = files.roots;
  site->now_ = files.now;
  if (!loaded->empty()) site->rules_digest_ = "rules " + base::hex(crypto::sha256(base::view(written))) + "\n";
  site->rules_ = std::move(*loaded);
  site->gather_ = files.gather;
  site->load_documents(files);
  if (!keyed) return site;
  if (files.key.empty()) {
    site->problems_.push_back("no key is configured ([match] key_file), so exact values, allow-lists and baselines cannot be used");
  } else if (auto key = MatchKey::load(files.key)) {
    site->key_ = std::move(*key);
  } else {
    site->problems_.push_back(key.error().what);
  }
  if (site->key_) site->load_exact(files), site->load_allowed(files);
  return site;
}

std::string Site::digest() const {
  std::string out;
  for (const ExactSet& set : exact_) out += "exact " + set.view().description().name + " " + set.view().digest() + "\n";
  return out + documents_digest_ + allowed_digest_ + rules_digest_;
}

void Site::load_documents(const SiteFiles& files) {
  std::vector<Document> all;
  for (const auto& file : files.documents) {
    auto bytes = base::read_file(file, kMaxDocuments * (kMaxLabel + 512));
    if (!bytes) {
      problems_.push_back(bytes.error().what);
      continue;
    }
    auto documents = read_documents(*bytes);
    if (!documents) {
      problems_.push_back(file.string() + ": " + documents.error().what);
      continue;
    }
    if (all.size() + documents->size() > kMaxDocuments) {
      problems_.push_back(file.string() + ": more than " + std::to_string(kMaxDocuments) + " documents in all");
      continue;
    }
    documents_digest_ += "documents " + base::hex(crypto::sha256(*bytes)) + "\n";
    std::move(documents->begin(), documents->end(), std::back_inserter(all));
  }
  documents_ = Documents(std::move(all));
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

void Site::load_allowed(const SiteFiles& files) {
  std::vector<AllowEntry> entries;
  const auto own = [&](const std::filesystem::path& file, base::View bytes, const char* kind) {
    const crypto::Digest digest = crypto::sha256(bytes);
    own_files_.emplace_back(std::filesystem::absolute(file).lexically_normal().string(), digest);
    allowed_digest_ += std::string(kind) + " " + base::hex(digest) + "\n";
  };
  for (const auto& file : files.allow) {
    const auto bytes = base::read_file(file, 16u << 20);
    if (!bytes) {
      problems_.push_back(bytes.error().what);
      continue;
    }
    auto read = read_allow_list(base::text(*bytes), file.string());
    if (!read) {
      problems_.push_back(read.error().what);
      continue;
    }
    own(file, *bytes, "allow");
    std::move(read->begin(), read->end(), std::back_inserter(entries));
  }
  allow_ = AllowList(std::move(entries));
  if (files.baseline.empty()) return;
  const auto bytes = base::read_file(files.baseline, 512u << 20);
  auto read = bytes ? Baseline::read(*bytes, *key_) : std::unexpected(bytes.error());
  if (!read) return problems_.push_back(bytes ? files.baseline.string() + ":" + read.error().what : read.error().what);
  own(files.baseline, *bytes, "baseline");
  baseline_ = std::move(*read);
}

std::string Site::place_of(std::string_view object, std::string_view member) const {
  std::string_view best = object;
  for (const std::string_view root : roots_) {
    if (!object.starts_with(root) || root.empty()) continue;
    std::string_view below = object.substr(root.size());
    if (below.empty()) below = object.substr(std::min(object.rfind('/') + 1, object.size()));  // a file that was named itself
    else if (below.front() != '/' && root.back() != '/') continue;
    while (below.starts_with('/')) below.remove_prefix(1);
    if (below.size() < best.size()) best = below;
  }
  return std::string(best) + (member.empty() ? "" : "!" + std::string(member));
}

const crypto::Digest* Site::own_file(std::string_view object) const {
  for (const auto& [path, digest] : own_files_)
    if (path == object) return &digest;
  return nullptr;
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
