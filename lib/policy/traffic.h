// A flow as an event that rules are matched against.
#pragma once

#include "model/activity.h"
#include "model/flow.h"
#include "policy/networks.h"

namespace fengsui::policy {

// OCSF class 4001, logsource category network_connection (product linux where the owning process is known). Beside the
// fields of the flow: unmapped.fengsui.destination and .source (Networks::kind), .abroad (bool, only where domestic
// networks are known and the destination is outside), .hour (0–23, local time of China, of the flow's end).
model::Activity activity_of(const model::Flow& flow, const Networks* networks);

}  // namespace fengsui::policy
