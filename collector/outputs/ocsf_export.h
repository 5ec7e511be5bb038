// A day's events as NDJSON: the stored OCSF 1.8.0 lines, exactly as the agents sent them, in the order of their leaves.
#pragma once

#include <functional>
#include <string>

#include "base/error.h"
#include "base/time.h"
#include "store/ledger.h"

namespace fengsui::collector::outputs {

// Calls `sink` for each line, without its line feed; stops at its first error. Reads in pages: memory does not grow
// with the day.
base::Status export_events(const store::LogReader& log, base::Day day,
                           const std::function<base::Status(const std::string& line)>& sink);

}  // namespace fengsui::collector::outputs
