// Reasons that agents give for a sensor's state, in Chinese. Agents say them in English; their records never change, so the
// translation is made where they are shown.
#pragma once

#include <string>
#include <string_view>

namespace fengsui::collector {

// The Chinese of a reason: known beginnings are translated, what follows (a path, a number, the system's words) stays as it
// is. A reason that is not known is returned unchanged, so that nothing is hidden.
std::string reason_zh(std::string_view english);

}  // namespace fengsui::collector
