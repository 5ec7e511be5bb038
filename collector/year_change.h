// The hand-over to a new year's log (lib/evidence/FORMAT.md "Shards"): when a unit's log has ended with the final seal of its year, the next
// log is made and begins with a `shard` leaf. Nothing is written in between, and a crash at any step is made good by the next call.
#pragma once

#include <filesystem>
#include <string>

#include "base/error.h"
#include "collector/centre.h"
#include "collector/memory.h"

namespace fengsui::collector {

// One thread.
class YearChange {
 public:
  YearChange(Centre& centre, Memory& memory) : centre_(centre), memory_(memory) {}

  // Every unit. Called before anything else is written after a start, and after each final seal.
  base::Status settle();
  // One unit: nothing to do unless its newest log is closed.
  base::Status settle(const std::string& unit);

 private:
  Centre& centre_;
  Memory& memory_;
};

// The state that the log of `year` began with: what a bundle that begins there must hold.
std::filesystem::path state_path(const Centre& centre, const std::string& unit, int year);

}  // namespace fengsui::collector
