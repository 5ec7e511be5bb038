// The end of the walk on the host: a finding becomes an OCSF line, a signed record of the chain, and a durable row of the spool.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "agent/log.h"
#include "agent/pipeline.h"
#include "base/error.h"
#include "base/time.h"
#include "evidence/chain.h"
#include "model/finding.h"
#include "model/ocsf.h"
#include "store/spool.h"

namespace fengsui::agent {

// Digests every heartbeat names.
struct Digests {
  std::string rules, config, binary;  // hex SHA-256
};

// Order of every record: made by the chain, durable in the spool, then committed to the chain. A record that the spool
// refused is counted as lost and its place in the chain is taken by the next one. One thread.
class Recorder : public Outlet {
 public:
  // All outlive the recorder. `host` is copied.
  Recorder(evidence::Chain& chain, store::Spool& spool, const base::Clock& clock, model::Host host, Digests digests,
           model::Language language, Log& log);

  base::Status boot(std::string_view reason);
  // Speaks of the time since the heartbeat before, the first of the time since boot().
  base::Status heartbeat(const std::vector<model::SourceStatus>& sources);

  void on_finding(const model::Finding& finding) override;
  void on_activity(const model::Activity&) override {}
  void on_flow(const model::Flow&) override {}
  void on_conclusion(const model::Conclusion& conclusion, bool) override;

  std::uint64_t recorded() const { return recorded_; }
  std::uint64_t lost() const { return lost_; }               // findings, since start
  std::uint64_t unread() const { return unread_; }           // contents not examined whole, since start
  base::UnixMs last_heartbeat() const { return heartbeat_t1_; }

 private:
  base::Status keep(const evidence::Record& record);

  evidence::Chain& chain_;
  store::Spool& spool_;
  const base::Clock& clock_;
  model::Host host_;
  Digests digests_;
  model::Language language_;
  Log& log_;
  base::UnixMs t0_ = 0, heartbeat_t1_ = 0;
  base::BootMs b0_ = 0;
  std::uint64_t recorded_ = 0, lost_ = 0, unread_ = 0, lost_since_heartbeat_ = 0;
};

}  // namespace fengsui::agent
