#include "classify/site/rule_stream.h"

#include <fmt/format.h>

#include <algorithm>

#include "classify/group.h"
#include "classify/site/rule_pattern.h"
#include "classify/words.h"

namespace fengsui::classify {
namespace {

constexpr std::size_t kPiece = 64u << 10;  // bytes searched at a time
constexpr std::size_t kReach = kRuleWindow + kMaxLiteral;
constexpr int kRuleBase = 55, kContextBonus = 20;

char lower(std::uint8_t c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c); }

// The nearest word before the match, or right behind it; -1 none.
int context_of(const SiteRule& rule, base::View window, std::size_t start, std::size_t end) {
  const std::size_t from = start > kContextBefore ? start - kContextBefore : 0, to = std::min(window.size(), end + kContextAfter);
  std::string before, after;
  for (std::size_t i = from; i < start; ++i) before.push_back(lower(window[i]));
  for (std::size_t i = end; i < to; ++i) after.push_back(lower(window[i]));
  for (std::size_t i = 0; i < rule.context_bytes.size(); ++i)
    if (before.find(rule.context_bytes[i]) != std::string::npos || after.find(rule.context_bytes[i]) != std::string::npos) return static_cast<int>(i);
  return -1;
}

// Three mask signs in a row.
bool is_masked(base::View value) {
  std::size_t run = 0, longest = 0;
  for (std::size_t at = 0; at < value.size();) {
    const Unit unit = unit_at(value, at);
    run = unit.kind == UnitKind::mask ? run + 1 : 0;
    longest = std::max(longest, run);
    at += std::max<std::size_t>(unit.size, 1);
  }
  return longest >= 3;
}

}  // namespace

RuleStream::RuleStream(const SiteRules& rules) : rules_(rules), scratch_(rules.engine().scratch()), per_rule_(rules.rules().size()) {}

bool RuleStream::crowded(std::size_t rule, std::uint64_t at) {
  PerRule& r = per_rule_[rule];
  const std::uint64_t block = at / kRuleBlock;
  if (r.block != block) r.block = block, r.windows = 0;
  if (r.windows++ < kMaxWindows) return false;
  if (skipped_++ == 0) skipped_rule_ = rule;
  return true;
}

void RuleStream::found(std::size_t form, std::size_t start, std::size_t end, const SiteReading& judge, SiteReading::OnHit on, void* self) {
  const std::size_t index = rules_.index_of_form(form);
  PerRule& r = per_rule_[index];
  if (base_ + start < r.end || crowded(index, base_ + start)) return;
  const std::size_t from = start > kRuleWindow ? start - kRuleWindow : 0, to = std::min(held_.size(), end + kRuleWindow);
  const base::View window = base::View(held_).subspan(from, to - from);
  const auto match = rules_.engine().match(*scratch_, form, window, static_cast<std::uint32_t>(start - from), static_cast<std::uint32_t>(end - from));
  if (!match || base_ + from + match->first < r.end) return;
  const SiteRule& rule = rules_.rules()[index];
  const base::View value = window.subspan(match->first, match->second - match->first);
  r.end = base_ + from + match->second;
  SiteHit hit;
  hit.type = rule.type;
  hit.offset = base_ + from + match->first;
  hit.length = match->second - match->first;
  hit.state = is_masked(value) ? model::ValueState::masked : model::ValueState::clear;
  hit.why = {"pattern", "literal"};
  int confidence = kRuleBase;
  if (const int word = context_of(rule, window, match->first, match->second); word >= 0) {
    confidence += kContextBonus;
    hit.why.push_back(rule.context_reason[static_cast<std::size_t>(word)]);
  }
  hit.judged = judge.judge(rule.type, value, hit.state == model::ValueState::clear);
  if (!hit.judged.allowed.empty()) confidence = std::max(5, confidence - kAllowedMalus);
  hit.confidence = static_cast<std::uint8_t>(confidence);
  hit.value = base::text(value);
  hit.mask_head = rule.mask_head;
  hit.mask_tail = rule.mask_tail;
  on(self, hit);
}

// Deals with every literal whose window is there.
void RuleStream::scan(bool last, const SiteReading& judge, SiteReading::OnHit on, void* self) {
  const std::size_t to = last ? held_.size() : held_.size() > kReach ? held_.size() - kReach : 0;
  const std::size_t from = static_cast<std::size_t>(done_ - base_);
  if (to <= from) return;
  rules_.engine().literals(*scratch_, base::View(held_).subspan(from, std::min(held_.size(), to + kMaxLiteral) - from), literals_);
  for (const auto& literal : literals_) {
    const std::size_t start = from + literal.start;
    if (start < to) found(literal.form, start, from + literal.end, judge, on, self);
  }
  done_ = base_ + to;
  if (to > kRuleWindow) {
    held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(to - kRuleWindow));
    base_ += to - kRuleWindow;
  }
}

void RuleStream::feed(base::View piece, const SiteReading& judge, SiteReading::OnHit on, void* self) {
  while (!piece.empty()) {
    const std::size_t take = std::min(piece.size(), kPiece);
    held_.insert(held_.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(take));
    piece = piece.subspan(take);
    if (held_.size() >= 4 * kReach) scan(false, judge, on, self);
  }
}

void RuleStream::finish(const SiteReading& judge, SiteReading::OnHit on, void* self) { scan(true, judge, on, self); }

void RuleStream::jump(std::uint64_t offset, const SiteReading& judge, SiteReading::OnHit on, void* self) {
  scan(true, judge, on, self);
  held_.clear();
  base_ = done_ = offset;
}

std::string RuleStream::skipped() const {
  if (skipped_ == 0) return {};
  return fmt::format("rule {}: {} places of its literal were not examined: more than {} in {} bytes", rules_.rules()[skipped_rule_].type, skipped_, kMaxWindows, kRuleBlock);
}

}  // namespace fengsui::classify
