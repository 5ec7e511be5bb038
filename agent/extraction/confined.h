// Extraction in a child process that can compute and answer, and nothing else.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/counters.h"
#include "base/fd.h"
#include "base/time.h"
#include "classify/extractor.h"

namespace fengsui::agent {

struct ConfinedOptions {
  std::string program = "/proc/self/exe";
  std::vector<std::string> arguments;         // empty: the worker of this program
  std::int64_t time_limit_ms = 10'000;        // one object, from its first byte to the last answer
  std::uint32_t objects_per_child = 512;      // then a fresh one
  std::int64_t child_budget_ms = 20'000;      // of work, then a fresh one: within its limit of CPU time
  std::int64_t idle_ms = 30'000;              // without work; then the child is ended
};

// The child is started with the first object and serves many. When it dies, hangs or breaks the protocol, the object is said
// to be unread and the next one gets a fresh child. extract() returns within time_limit_ms and a little. One thread.
class ConfinedExtractor final : public classify::Extractor {
 public:
  explicit ConfinedExtractor(ConfinedOptions options = {});
  ~ConfinedExtractor() override;
  ConfinedExtractor(const ConfinedExtractor&) = delete;
  ConfinedExtractor& operator=(const ConfinedExtractor&) = delete;

  void extract(base::View object, const classify::ExamineLimits& limits, classify::Extracted& out) override;
  // Ends a child that had no work for idle_ms. `now`: CLOCK_MONOTONIC in milliseconds, as now_ms().
  void rest(std::int64_t now);
  void rest() { rest(now_ms()); }

  // Starts a child where there is none; whether there is one now.
  bool try_out();

  pid_t child() const { return pid_; }  // -1 none
  // How the last child was confined: "seccomp, Landlock ABI 7", "seccomp only: this kernel has no Landlock", or why there is none.
  const std::string& confinement() const { return confinement_; }
  // CPU time and memory of the children, for the budget of the agent.
  std::int64_t cpu_ms() const;
  std::uint64_t resident_bytes() const;
  std::vector<base::Sample> counters() const;
  static std::int64_t now_ms();

 private:
  base::Status start(std::int64_t deadline);
  void stop();
  base::Status send(base::View bytes, std::int64_t deadline);
  // Some bytes; Errc::expired at the deadline, io when the child is gone.
  base::Result<base::View> receive(std::int64_t deadline);
  base::Status converse(base::View object, const classify::ExamineLimits& limits, class Answers& answers, std::int64_t deadline);

  ConfinedOptions options_;
  pid_t pid_ = -1;
  base::Fd socket_;
  base::Bytes buffer_;
  std::string confinement_ = "not started yet";
  std::uint32_t served_ = 0;
  std::int64_t worked_ms_ = 0, last_ = 0, ended_cpu_ms_ = 0;
  std::uint64_t objects_ = 0, children_ = 0, died_ = 0, slow_ = 0, lied_ = 0, refused_ = 0;
};

}  // namespace fengsui::agent
