// A log in which everything that accounting must bear happens at random: heartbeats of odd lengths and sub-second edges, drops, clock steps,
// reboots, spooling, lateness beyond the limit, losses, silent and degraded sensors, maintenance announced or not, gaps, explanations, scopes
// that change, findings and incidents.
#pragma once

#include "workshop.h"

namespace fengsui::evidence {

// Honest: every signature and chain is right. The same for the same seed. About `hours` of log in the workshop's period.
Forgery random_log(const Workshop& shop, unsigned seed, int hours = 40);

}  // namespace fengsui::evidence
