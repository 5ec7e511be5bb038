#include "classify/tally.h"

#include <iconv.h>

#include <algorithm>

#include "base/encode.h"
#include "classify/cell_types.h"
#include "classify/mask.h"
#include "classify/text.h"
#include "crypto/hash.h"

namespace fengsui::classify {

model::TypeCount& Tally::count_of(Type type) {
  int& place = place_[static_cast<std::size_t>(type)];
  if (place < 0) {
    place = static_cast<int>(counts_.size());
    counts_.push_back({});
    counts_.back().type = std::string(id(type));
  }
  return counts_[static_cast<std::size_t>(place)];
}

void Tally::add(const Hit& hit, base::View bytes, const Judgement& judged) {
  model::TypeCount& c = count_of(hit.type);
  if (!judged.exact.empty()) count_name(c.exact, judged.exact);
  if (!judged.allowed.empty()) {
    ++c.allowed;
    return count_name(c.allowed_by, judged.allowed);
  }
  (hit.state == model::ValueState::clear ? c.clear : hit.state == model::ValueState::masked ? c.masked : c.unclear)++;
  c.confidence = std::max(c.confidence, hit.confidence);
  if (c.why.size() < kWhy) {
    for (std::string_view why : reasons_of(*engine_, hit))
      if (c.why.size() < kWhy && std::find(c.why.begin(), c.why.end(), why) == c.why.end()) c.why.emplace_back(why);
  }
  column_hit(hit.table_column);
  const bool want_digest = hit.state == model::ValueState::clear && c.digests.size() < kDigests;
  const bool person = hit.state == model::ValueState::clear && stands_for_a_person(hit.type);
  if (!want_digest && !person && hit.state != model::ValueState::masked && c.samples.size() >= kSamples) return;
  const std::string value = normal_value(hit.type, bytes.subspan(hit.start, hit.end - hit.start));
  if (person) people_->add(hit.type, value);
  if (hit.state == model::ValueState::masked) {
    const std::uint64_t fits = values_that_fit(hit.type, value, *engine_->tables);
    c.weak_masked += fits != 0 && fits <= kMaskedFits;
  }
  if (c.samples.size() < kSamples) {
    const Detector* d = engine_->by_type[static_cast<std::size_t>(hit.type)];
    std::string sample = masked_sample(value, d->mask_head, d->mask_tail);
    if (std::find(c.samples.begin(), c.samples.end(), sample) == c.samples.end()) c.samples.push_back(std::move(sample));
  }
  if (want_digest) {
    const crypto::Digest digest = crypto::hmac_sha256(key_->view(), base::view(value));
    std::string hex = base::hex(base::View(digest).first(16));
    if (std::find(c.digests.begin(), c.digests.end(), hex) == c.digests.end()) c.digests.push_back(std::move(hex));
  }
}

void Tally::forget() {
  counts_.clear();
  place_.fill(-1);
  columns_hit_ = 0;
}

void Tally::conclude(const Table& table, model::Conclusion& out) {
  out.types = std::move(counts_);
  out.rows = table.rows();
  const auto& columns = table.columns();
  for (std::size_t i = 0; i < columns.size() && i < 64; ++i)
    if ((columns_hit_ >> i & 1) != 0 && !columns[i].name.empty()) out.columns.push_back(to_utf8(columns[i].name));
}

}  // namespace fengsui::classify
