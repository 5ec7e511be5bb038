// A collector of the simulation's own: made in a temporary folder, started, killed and started again, measured,
// removed.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"

namespace fengsui::sim {

class Centre {
 public:
  // Uses fengsui-collector and fengsui in `programs`. Makes the unit and one token per agent.
  static base::Result<std::unique_ptr<Centre>> start(const std::filesystem::path& programs, int agents,
                                                     int heartbeat_seconds);
  ~Centre();  // ends the collector and removes its folder
  Centre(const Centre&) = delete;
  Centre& operator=(const Centre&) = delete;

  const std::string& endpoint() const { return endpoint_; }
  const std::string& key() const { return key_; }
  const std::vector<std::string>& tokens() const { return tokens_; }
  std::filesystem::path ledger() const { return folder_ / "collector" / "ledger"; }

  base::Status kill_and_restart();  // SIGKILL
  base::Status stop();              // SIGTERM, waits; SIGKILL after 20 s
  bool running();
  double cpu_seconds() const;                                  // user and system, of all lives so far
  std::uint64_t peak_resident_kb() const { return peak_kb_; }  // of lives that ended

 private:
  Centre() = default;
  base::Status launch();
  void reap(int signal_number);
  base::Status run_tool(const std::vector<std::string>& command, std::string* output = nullptr) const;

  std::filesystem::path programs_, folder_;
  std::string endpoint_, key_, url_;
  std::vector<std::string> tokens_;
  pid_t pid_ = -1;
  double cpu_of_ended_ = 0;
  std::uint64_t peak_kb_ = 0;
};

// User and system seconds of a running process; negative when it cannot be read.
double cpu_seconds_of(pid_t pid);

}  // namespace fengsui::sim
