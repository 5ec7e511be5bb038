// V14: canaries.
#include "evidence/verifier.h"

namespace fengsui::evidence {

void Verifier::step14() { set(14, StepState::not_present, "日志中没有诱饵；探测能力未经检验", "the log holds no canaries; detection itself is untested"); }

}  // namespace fengsui::evidence
