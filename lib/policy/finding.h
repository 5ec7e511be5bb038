// Findings: what a hit says to people and to the record.
#pragma once

#include "model/finding.h"
#include "policy/correlate.h"
#include "policy/rule.h"

namespace fengsui::policy {

// Replaces %field% by the values of the field in the event, at most 200 bytes each, "-" when absent.
std::string fill(const std::string& pattern, const RuleSet::State& rules, const EventSource& source,
                 const Fired* fired);

model::Finding make_finding(const RuleSet::State& rules, const Rule& rule, const model::Activity& activity,
                            const EventSource& source, const Fired* fired);
model::Finding make_finding(const RuleSet::State& rules, const Rule& rule, const model::Conclusion& conclusion,
                            const EventSource& source);

}  // namespace fengsui::policy
