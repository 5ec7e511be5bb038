// One simulated agent: a real chain with real signatures and a real link; only what it reports is made up.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/time.h"
#include "evidence/chain.h"
#include "evidence/note.h"
#include "wire/link.h"
#include "wire/message.h"

namespace fengsui::sim {

struct AgentOptions {
  std::string collector, key;  // endpoint and CURVE key
  std::string token;
  int number = 0;             // names the host
  double rate = 0;            // records a second; 0 = as many as acknowledgements allow
  std::size_t window = 2000;  // records made and not acknowledged, at most
  std::shared_ptr<wire::LinkThreads> threads;
};

// One thread. The spool is in memory: what this agent made is lost with the process, which is why a simulation measures
// and counts, and the fault tests use the real agent.
class Agent {
 public:
  static base::Result<std::unique_ptr<Agent>> open(const AgentOptions& options, const base::Clock& clock);

  // Receives, enrols, makes what is due (until stop_making()), sends. Call when fd() fires and every few milliseconds.
  void pump();
  int fd() const { return link_->fd(); }
  void stop_making() { making_ = false; }

  bool enrolled() const { return chain_ != nullptr; }
  bool idle() const { return enrolled() && acknowledged_ == made_; }
  const std::string& name() const { return name_; }
  const std::string& unit() const { return unit_; }
  std::uint64_t made() const { return made_; }                  // records of this agent, seq 1 .. made
  std::uint64_t acknowledged() const { return acknowledged_; }  // up to this seq
  std::uint64_t sent() const { return sent_; }                  // records put on the link, repetitions included
  const std::string& trouble() const { return trouble_; }       // "" while nothing is wrong
  std::uint64_t refused() const { return refused_; }
  // Milliseconds from making a record to its acknowledgement, of every record acknowledged; at most 100,000 kept.
  const std::vector<std::uint32_t>& delays() const { return delays_; }

 private:
  Agent(const AgentOptions& options, const base::Clock& clock);

  struct Waiting {
    evidence::Record record;
    base::BootMs made = 0;
  };

  void receive();
  void on(const wire::Enrolled& answer);
  void on(const wire::Ack& ack);
  void on(const wire::Refused& refused);
  void make();
  void keep(evidence::Record record);
  void ship();

  AgentOptions options_;
  const base::Clock& clock_;
  wire::CurveKeys keys_;
  crypto::SigningKey identity_;
  std::unique_ptr<wire::AgentLink> link_;
  std::unique_ptr<evidence::Chain> chain_;
  evidence::Vkey log_key_;
  std::string name_, unit_, trouble_;
  wire::LinkState state_ = wire::LinkState::connecting;
  bool making_ = true, asked_ = false, greeted_ = false;
  std::int64_t heartbeat_ms_ = 60'000;
  base::UnixMs t0_ = 0;
  base::BootMs b0_ = 0, started_ = 0, progress_ = 0;
  std::uint64_t made_ = 0, acknowledged_ = 0, sent_ = 0, findings_ = 0, refused_ = 0, next_ = 1;
  std::deque<Waiting> waiting_;  // acknowledged_ + 1 .. made_
  std::vector<std::uint32_t> delays_;
};

}  // namespace fengsui::sim
