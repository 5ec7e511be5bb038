// The end of the walk on the host: a finding becomes an OCSF line, a signed record of the chain, and a durable row of
// the spool.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
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

// A record exists once it is durable in the spool: what the spool refused is counted as lost, and its place in the
// chain is taken by the next record. Findings wait for one write of many: until flush(), which settle() and heartbeat()
// call too, or until kMaxPending wait. One thread.
class Recorder : public Outlet {
 public:
  // All outlive the recorder. `host` is copied.
  Recorder(evidence::Chain& chain, store::Spool& spool, const base::Clock& clock, model::Host host, Digests digests,
           model::Language language, Log& log);

  base::Status boot(std::string_view reason);
  // Speaks of the time since the heartbeat before, the first of the time since boot().
  base::Status heartbeat(const std::vector<model::SourceStatus>& sources);

  void on_finding(const model::Finding& finding) override;
  void settle() override { flush(); }
  // Makes the findings that wait durable.
  void flush();
  // Called when the first finding waits: the owner calls flush() soon.
  void on_waiting(std::function<void()> call) { waiting_ = std::move(call); }
  static constexpr std::size_t kMaxPending = 256;
  void on_activity(const model::Activity&) override {}
  void on_flow(const model::Flow&) override {}
  void on_conclusion(const model::Conclusion& conclusion, bool) override;

  std::uint64_t recorded() const { return recorded_; }
  std::uint64_t lost() const { return lost_; }      // findings, since start
  std::uint64_t unread() const { return unread_; }  // contents not examined whole, since start
  base::UnixMs last_heartbeat() const { return heartbeat_t1_; }

 private:
  base::Status keep(const evidence::Record& record);
  base::Status keep_all(std::span<const model::Finding> findings);
  void lose(const model::Finding& finding, const base::Error& why);

  evidence::Chain& chain_;
  store::Spool& spool_;
  const base::Clock& clock_;
  model::Host host_;
  Digests digests_;
  model::Language language_;
  Log& log_;
  std::vector<model::Finding> pending_;
  std::function<void()> waiting_;
  base::UnixMs t0_ = 0, heartbeat_t1_ = 0;
  base::BootMs b0_ = 0;
  std::uint64_t recorded_ = 0, lost_ = 0, unread_ = 0, lost_since_heartbeat_ = 0;
};

}  // namespace fengsui::agent
