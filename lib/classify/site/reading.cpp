#include "classify/site/reading.h"

#include <algorithm>

#include "base/encode.h"
#include "classify/mask.h"
#include "classify/site/exact_build.h"
#include "classify/site/rule_stream.h"
#include "classify/tally.h"
#include "classify/text.h"
#include "crypto/hash.h"

namespace fengsui::classify {

void count_name(std::vector<model::NamedCount>& list, std::string_view name) {
  constexpr std::size_t kNames = 16;
  auto at = std::find_if(list.begin(), list.end(), [&](const auto& n) { return n.name == name; });
  if (at == list.end() && list.size() >= kNames) return count_name(list, "…");
  if (at == list.end()) at = list.insert(list.end(), {std::string(name), 0});
  ++at->count;
}

SiteReading::SiteReading(const Site& site, const model::Provenance* from) : site_(site), from_(from) {
  if (site.prints()) printer_.emplace();
  const std::string_view object = from != nullptr ? std::string_view(from->object) : std::string_view();
  allow_ = site.allow().for_values(object, site.day(from != nullptr ? from->time : 0));
  keeps_place_ = site.key() != nullptr && (!site.baseline().values.empty() || (site.gather() != nullptr && site.gather()->want_values));
  if (keeps_place_ && from != nullptr) place_ = site.place_of(object, from->member);
  if (from != nullptr && from->member.empty()) own_digest_ = site.own_file(object);
  if (own_digest_ != nullptr) own_hash_.emplace();
  if (!site.rules().empty()) rules_ = std::make_unique<RuleStream>(site.rules());
}
SiteReading::~SiteReading() = default;

std::string_view SiteReading::allowed(std::string_view type, std::string_view value, bool clear) const {
  std::string letters;
  for (const AllowEntry* e : allow_) {
    if (!e->type.empty() && e->type != type) continue;
    if (e->value.empty()) return e->id;
    if (letters.empty()) letters = site_.key()->allowed(type, value);
    if (e->value == letters) return e->id;
  }
  if (!keeps_place_ || !clear) return {};
  std::string name = site_.key()->known(type, value, place_);
  const bool known = site_.baseline().holds(name);
  if (Gathered* gather = site_.gather(); gather != nullptr && gather->want_values) {
    if (gather->values.size() < Gathered::kMaxValues || gather->values.contains(name)) gather->values.insert_or_assign(std::move(name), Gathered::Value{std::string(type), place_, known});
    else ++gather->lost;
  }
  return known ? std::string_view("baseline") : std::string_view();
}

Judgement SiteReading::judge(std::string_view type, base::View raw, bool clear) const {
  Judgement out;
  if (const ExactView* set = site_.exact_match(type, raw)) {
    out.exact = set->description().name;
    if (set->description().excludes) out.allowed = out.exact;
  }
  if (out.allowed.empty() && (!allow_.empty() || keeps_place_)) out.allowed = allowed(type, match_value(type, raw), clear);
  return out;
}

void SiteReading::cell(const Cell& cell, OnHit on, void* self) {
  if (cell.row == 0) {
    for (const ExactSet& set : site_.exact())
      for (const auto& head : set.view().description().columns)
        if (is_head(cell.value, head)) wanted_.push_back({cell.column, &set.view()});
    return;
  }
  head_done_ = true;
  for (const Wanted& w : wanted_) {
    if (w.column != cell.column || cell.cut) continue;
    const std::string value = match_value({}, base::view(cell.value));
    if (value.size() < kMinExact || !w.set->contains(site_.key()->exact(value))) continue;
    const ExactDescription& d = w.set->description();
    SiteHit hit;
    hit.type = "exact";
    hit.offset = cell.offset;
    hit.length = cell.length;
    hit.judged = {d.name, d.excludes ? std::string_view(d.name) : allowed("exact", value, true)};
    hit.confidence = hit.judged.allowed.empty() ? 99 : 99 - kAllowedMalus;
    hit.why = {"exact", "column"};
    hit.value = cell.value;
    on(self, hit);
  }
}

void SiteReading::text(base::View bytes, OnHit on, void* self) {
  if (printer_) printer_->text(bytes);
  if (rules_) rules_->feed(bytes, *this, on, self);
  if (!site_.has_columns() || lost_ || (head_done_ && wanted_.empty())) return;
  cells_.feed(bytes, [&](const Cell& c) { cell(c, on, self); });
}

// A content that is a registered document, or comes from one: a finding that names it.
void SiteReading::finish_print(OnHit on, void* self) {
  const Print print = printer_->finish();
  if (Gathered* gather = site_.gather(); gather != nullptr && gather->want_prints && from_ != nullptr) {
    if (gather->prints.size() < Gathered::kMaxPrints) gather->prints.push_back({from_->object, from_->member, print});
    else ++gather->lost;
  }
  const auto match = site_.documents().find(print);
  if (!match) return;
  SiteHit hit;
  hit.type = "document";
  hit.length = static_cast<std::uint32_t>(std::min<std::uint64_t>(print.size, 0xFFFFFFFFu));
  hit.confidence = match->likeness == Documents::Likeness::near ? static_cast<std::uint8_t>(50 + match->jaccard * 45) : std::uint8_t{99};
  hit.judged = {match->label, allowed("document", match_value("document", base::view(match->label)), true)};
  if (!hit.judged.allowed.empty()) hit.confidence = static_cast<std::uint8_t>(std::max(5, hit.confidence - kAllowedMalus));
  hit.why = {id(match->likeness)};
  on(self, hit);
}

void SiteReading::finish(OnHit on, void* self) {
  if (printer_) finish_print(on, self);
  if (rules_) rules_->finish(*this, on, self);
  own_ = own_digest_ != nullptr && own_hash_->finish() == *own_digest_;
  if (!site_.has_columns() || lost_) return;
  cells_.finish([&](const Cell& c) { cell(c, on, self); });
}

void SiteReading::jump(std::uint64_t offset, OnHit on, void* self) {
  lost_ = true;
  if (printer_) printer_->hole();
  if (rules_) rules_->jump(offset, *this, on, self);
}

std::string SiteReading::unread() const { return rules_ ? rules_->skipped() : std::string(); }

void SiteTally::add(const SiteHit& hit) {
  auto at = std::find_if(counts_.begin(), counts_.end(), [&](const auto& c) { return c.type == hit.type; });
  if (at == counts_.end()) {
    at = counts_.insert(counts_.end(), model::TypeCount{});
    at->type = std::string(hit.type);
  }
  model::TypeCount& c = *at;
  if (!hit.judged.allowed.empty()) {
    ++c.allowed;
    count_name(c.allowed_by, hit.judged.allowed);
  } else {
    (hit.state == model::ValueState::clear ? c.clear : hit.state == model::ValueState::masked ? c.masked : c.unclear)++;
  }
  if (!hit.judged.exact.empty()) count_name(c.exact, hit.judged.exact);
  c.confidence = std::max(c.confidence, hit.confidence);
  for (const std::string_view why : hit.why)
    if (c.why.size() < Tally::kWhy && std::find(c.why.begin(), c.why.end(), why) == c.why.end()) c.why.emplace_back(why);
  if (!hit.judged.allowed.empty() || hit.value.empty()) return;
  const std::string value = match_value(hit.type, base::view(hit.value));
  if (c.samples.size() < Tally::kSamples) {
    std::string sample = masked_sample(value, hit.mask_head, hit.mask_tail);
    if (std::find(c.samples.begin(), c.samples.end(), sample) == c.samples.end()) c.samples.push_back(std::move(sample));
  }
  if (c.digests.size() < Tally::kDigests) {
    std::string hex = base::hex(base::View(crypto::hmac_sha256(key_->view(), base::view(value))).first(16));
    if (std::find(c.digests.begin(), c.digests.end(), hex) == c.digests.end()) c.digests.push_back(std::move(hex));
  }
}

void SiteTally::conclude(model::Conclusion& out) {
  for (auto& count : counts_) out.types.push_back(std::move(count));
  counts_.clear();
}

}  // namespace fengsui::classify
