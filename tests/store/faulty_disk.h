// A disk that fails: a SQLite VFS in front of the real one, the default while it lives. Counts the calls that make
// things durable and lets the n-th of them fail.
#pragma once

#include <cstdint>

namespace fengsui::store::testing {

enum class Fault : std::uint8_t {
  lost,  // the call does nothing and reports an input/output error
  kept,  // the call does its work and reports an input/output error
  full,  // the call does nothing and reports a full disk
};

// One at a time in a process. Connections opened while it lives must be closed before it ends.
class FaultyDisk {
 public:
  FaultyDisk();
  ~FaultyDisk();
  FaultyDisk(const FaultyDisk&) = delete;
  FaultyDisk& operator=(const FaultyDisk&) = delete;

  // The n-th write, truncation, sync or deletion from now (1 = the next) fails, and with `from_then_on` all after it.
  void fail_at(std::uint64_t n, Fault fault, bool from_then_on = false);
  void heal();
  bool has_failed() const;      // the fault was reached
  std::uint64_t calls() const;  // counted since fail_at() or heal()
};

}  // namespace fengsui::store::testing
