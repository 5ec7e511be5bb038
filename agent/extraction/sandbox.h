// The confinement of the extraction child: what a process that reads hostile bytes can still do is compute and answer.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"

namespace fengsui::agent {

struct SandboxOptions {
  // Folders of public tables that may be read, where Landlock can see to it; without Landlock no file is opened at all.
  std::vector<std::string> readable = {"/usr/share/poppler"};
  std::uint64_t max_memory = 1280ull << 20;  // bytes of address space
  std::uint64_t max_cpu_seconds = 60;        // over the life of the process
};

struct Sandbox {
  bool seccomp = false;
  std::uint32_t landlock = 0;  // ABI of the kernel; 0 = it has none
};

// Confines the calling process, for good: limits of resources, no new privileges, Landlock, then a list of the system calls
// that remain (reading and writing what is open, memory, time). Others fail with EPERM; those that start, reach or change
// something end the process. The process must have one thread. Errc::unavailable when the kernel cannot filter system calls.
base::Result<Sandbox> confine(const SandboxOptions& options);

}  // namespace fengsui::agent
