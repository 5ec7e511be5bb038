// One content read with what the site brings: beside the detectors, never in their way.
#pragma once

#include <cstdint>
#include <string>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "classify/scan.h"
#include "classify/site/cells.h"
#include "classify/site/site.h"
#include "model/content.h"
#include "model/finding.h"

namespace fengsui::classify {

// What the site says of one value.
struct Judgement {
  std::string_view exact;    // the set that holds it, "" none; lives as long as the site
  std::string_view allowed;  // what allows it: an excluding set, an entry of an allow-list, "baseline"; "" nothing does
};

// A value that no detector but the site finds. Views live during the call, `type`, `exact` and `allowed` as long as the site.
struct SiteHit {
  std::string_view type;
  std::uint64_t offset = 0;
  std::uint32_t length = 0;
  model::ValueState state = model::ValueState::clear;
  std::uint8_t confidence = 0;
  Judgement judged;
  std::vector<std::string_view> why;
  unsigned mask_head = 3, mask_tail = 2;  // characters a sample may show
  std::string_view value;  // raw: only for samples and digests, made at once
};

inline constexpr int kAllowedMalus = 50;  // per cent of confidence that being allowed takes

class RuleStream;

// Bounded state. One thread. `site` and `from` outlive it.
class SiteReading {
 public:
  using OnHit = void (*)(void* self, const SiteHit& hit);

  SiteReading(const Site& site, const model::Provenance* from);
  ~SiteReading();

  // `clear`: the value is there to be read; only such values are known to a baseline.
  Judgement judge(std::string_view type, base::View raw, bool clear) const;
  // What the site says of a finding about no value in particular, such as one of a document.
  std::string_view allowed(std::string_view type, std::string_view value, bool clear) const;
  // This was a file of the site's own (an allow-list, the baseline), unchanged: it is no finding.
  bool own_file() const { return own_; }
  // The content as it is, in order.
  void bytes(base::View content) {
    if (printer_) printer_->bytes(content);
    if (own_digest_ != nullptr) own_hash_->update(content);
  }
  // Text as it is scanned, in order, from its first byte on.
  void text(base::View bytes, OnHit on, void* self);
  // A hole: the next byte of text is at `offset`. Cells are not joined across it, so no more of them are looked at.
  void jump(std::uint64_t offset, OnHit on, void* self);
  void finish(OnHit on, void* self);
  // What could not be examined, for model::Conclusion::unread; "" nothing.
  std::string unread() const;

 private:
  struct Wanted {
    std::uint64_t column;
    const ExactView* set;
  };
  void cell(const Cell& cell, OnHit on, void* self);
  void finish_print(OnHit on, void* self);

  const Site& site_;
  const model::Provenance* from_;
  std::vector<const AllowEntry*> allow_;  // entries that hold for this content
  bool keeps_place_ = false;
  std::string place_;
  const crypto::Digest* own_digest_ = nullptr;
  std::optional<crypto::Hasher> own_hash_;
  bool own_ = false;
  std::optional<Printer> printer_;
  std::unique_ptr<RuleStream> rules_;
  Cells cells_;
  std::vector<Wanted> wanted_;  // columns of this table that a set speaks of
  bool lost_ = false, head_done_ = false;
};

// Counts of site hits, as of the detectors (model::TypeCount). One thread.
class SiteTally {
 public:
  explicit SiteTally(const crypto::Secret& key) : key_(&key) {}
  void add(const SiteHit& hit);
  void forget() { counts_.clear(); }
  // Appends to what the detectors found.
  void conclude(model::Conclusion& out);

 private:
  const crypto::Secret* key_;
  std::vector<model::TypeCount> counts_;
};

// Adds one to `name` in a list that keeps at most 16 names; further names count as "…".
void count_name(std::vector<model::NamedCount>& list, std::string_view name);

}  // namespace fengsui::classify
