// Site rules over a text in pieces.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "classify/site/reading.h"
#include "classify/site/site_rules.h"

namespace fengsui::classify {

inline constexpr std::size_t kRuleWindow = 256;         // bytes on either side of a literal in which its rule is looked for
inline constexpr std::size_t kRuleBlock = 64u << 10;    // of the content
inline constexpr std::size_t kMaxWindows = 1024;        // of one rule in one block: a literal more frequent than that is none

// Any split gives the same hits. Bounded: about 132 KiB of text and the working memory of Vectorscan. A match covers the literal
// that led to it and lies in its window; the longest counts; matches of one rule do not overlap. One thread.
class RuleStream {
 public:
  explicit RuleStream(const SiteRules& rules);

  // `judge` is asked for each hit; `on` gets it with an offset in the content. `value` of the hit lives during the call.
  void feed(base::View piece, const SiteReading& judge, SiteReading::OnHit on, void* self);
  void finish(const SiteReading& judge, SiteReading::OnHit on, void* self);
  // A hole: what came before is finished, the next byte is at `offset`.
  void jump(std::uint64_t offset, const SiteReading& judge, SiteReading::OnHit on, void* self);

  // Windows that were not searched because of kMaxWindows, by the first rule that it happened to; "" none.
  std::string skipped() const;

 private:
  void scan(bool last, const SiteReading& judge, SiteReading::OnHit on, void* self);
  void found(std::size_t form, std::size_t start, std::size_t end, const SiteReading& judge, SiteReading::OnHit on, void* self);
  bool crowded(std::size_t rule, std::uint64_t at);

  struct PerRule {
    std::uint64_t end = 0;    // of its last hit in the content
    std::uint64_t block = 0;  // in which `windows` were searched
    std::uint32_t windows = 0;
  };
  const SiteRules& rules_;
  std::unique_ptr<RuleEngine::Scratch> scratch_;
  std::vector<PerRule> per_rule_;
  std::vector<RuleEngine::Found> literals_;
  base::Bytes held_;        // from kRuleWindow and a literal before done_ on
  std::uint64_t base_ = 0;  // content offset of held_[0]
  std::uint64_t done_ = 0;  // literals that start before this were dealt with
  std::uint64_t skipped_ = 0;
  std::size_t skipped_rule_ = 0;
};

}  // namespace fengsui::classify
