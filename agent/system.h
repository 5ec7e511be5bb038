// The machine the agent runs on: clocks, host facts, its own binary, limits of its process.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/error.h"
#include "base/time.h"
#include "model/finding.h"

namespace fengsui::agent {

// The kernel's clocks.
class SystemClock final : public base::Clock {
 public:
  base::UnixMs wall_ms() const override;
  base::BootMs boot_ms() const override;
};

// hostname, first address that is not loopback, operating system, program version. unit, agent and instance stay empty.
model::Host host_facts();
base::Day today();           // in Asia/Shanghai
int local_offset_minutes();  // of the host's local time now, east of UTC
std::string boot_id();       // of this boot of the kernel; "" unknown
std::string
machine_id_digest();  // hex SHA-256 of /etc/machine-id, "" when there is none: notices clones, is no identity
// Hex SHA-256 of the running program.
base::Result<std::string> program_digest();

// No core dumps and no tracing by others: key memory stays here. More descriptors, for ZeroMQ.
void harden_process();

struct Usage {
  std::int64_t cpu_ms = 0;  // user and system time of this process so far
  std::uint64_t resident_bytes = 0;
};
Usage process_usage();
std::int64_t thread_cpu_us();  // CPU time of the calling thread so far

// The folder that holds detectors/ and policies/: `configured` when given, else rules/ in a folder above the program,
// else /usr/share/fengsui/rules. Errc::not_found names where it looked.
base::Result<std::filesystem::path> find_rules(const std::string& configured);

// sd_notify(3) without its library: does nothing without NOTIFY_SOCKET.
void notify_service_manager(std::string_view state);

}  // namespace fengsui::agent
