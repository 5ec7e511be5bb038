// V14: canaries. The commitment came before, the reveal is what was committed to, and what the statement says of them is what the log says.
#include <algorithm>

#include "evidence/canary_count.h"
#include "evidence/verifier.h"

namespace fengsui::evidence {

void Verifier::step14() {
  if (!replay_ || !have_log_) return;
  const Canaries canaries(replay_->facts(), period_.from, period_.to, period_.as_of);
  // Whatever the statement says of it: what was not tested is assumed, and so is that a test cannot be told from the real thing.
  const std::string assumed = canaries.planted() == 0 ? kDetectionUntested : kCanariesToldApart;
  if (std::find(out_.assumptions.begin(), out_.assumptions.end(), assumed) == out_.assumptions.end()) out_.assumptions.push_back(assumed);
  for (const auto& t : canaries.tests())
    if (t.state == CanaryState::broken) {
      auto fault = canary_fault(t.why);
      broken_number(14, static_cast<std::uint64_t>(t.at_fault()), "诱饵检验 " + t.cid + "：" + fault.zh, "canary test " + t.cid + ": " + fault.en);
    }
  const bool neither = part("canaries").is_null() && canaries.tests().empty();
  if (!neither && (!same(14, "canaries", "诱饵检验", "canaries") || step(14).state == StepState::failed)) return;
  if (canaries.tests().empty()) return set(14, StepState::not_present, "日志中没有诱饵；探测能力未经检验", "the log holds no canaries; detection itself is untested");
  const auto planted = canaries.planted(), found = canaries.count(CanaryFate::found), open = canaries.count(CanaryState::open);
  const std::string later_zh = open == 0 ? "" : "；另有 " + std::to_string(open) + " 项检验尚未揭示", later_en = open == 0 ? "" : "; tests not revealed yet: " + std::to_string(open);
  if (planted == 0) return set(14, StepState::not_present, "时段内没有已揭示的诱饵" + later_zh, "no canary of the period is revealed" + later_en);
  const auto percent = percent_text(canaries.lower_bound());
  pass(14, "按期发现 " + std::to_string(found) + "/" + std::to_string(planted) + "，发现率下限 " + percent + "（95%）" + later_zh,
       std::to_string(found) + " of " + std::to_string(planted) + " found in time, lower bound of the rate " + percent + " (95 %)" + later_en);
}

}  // namespace fengsui::evidence
