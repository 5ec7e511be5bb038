// Sends what the spool holds to the collector and removes what the collector has acknowledged.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "agent/log.h"
#include "base/error.h"
#include "base/time.h"
#include "evidence/chain.h"
#include "evidence/note.h"
#include "store/spool.h"
#include "wire/link.h"
#include "wire/message.h"

namespace fengsui::agent {

struct ShipperLimits {
  std::size_t max_in_flight = 4;          // batches sent and not acknowledged
  std::size_t max_records = 500;          // of a batch
  std::size_t max_bytes = 1u << 20;       // of a batch, before compression
  std::int64_t resend_after_ms = 30'000;  // without an acknowledgement
  std::int64_t pause_after_refusal_ms = 60'000;
};

// One thread, the one of the chain and the spool. Never blocks. Call pump() when the link's descriptor fires, after
// each new record, and about once a second.
class Shipper {
 public:
  // `log_vkey` pins the log: an acknowledgement removes nothing unless its checkpoint is signed by
  // it and proven to extend the one before. "" pins nothing.
  Shipper(wire::AgentLink& link, store::Spool& spool, evidence::Chain& chain, const base::Clock& clock,
          std::string agent, std::string version, const std::string& log_vkey, Log& log,
          const ShipperLimits& limits = {});

  void pump();

  // In words for people: "" while everything is in order.
  const std::string& trouble() const { return trouble_; }
  wire::LinkState state() const { return state_; }
  std::uint64_t sent_batches() const { return sent_batches_; }
  std::uint64_t refused_batches() const { return refused_; }
  std::uint64_t unproven_acks() const { return unproven_; }  // not taken: their proof starts at another size
  base::UnixMs last_acknowledgement() const { return last_ack_; }

 private:
  void receive();
  void on_ack(const wire::Ack& ack);
  void on_refused(const wire::Refused& refused);
  base::Status check(const wire::Ack& ack);
  bool proves_another_size(const wire::Ack& ack) const;
  base::Result<evidence::Checkpoint> next_beacon(const wire::Ack& ack) const;
  bool say_hello();
  void send_batches();
  void start_over(std::uint64_t from);

  wire::AgentLink& link_;
  store::Spool& spool_;
  evidence::Chain& chain_;
  const base::Clock& clock_;
  std::string agent_, version_;
  std::string log_vkey_text_;
  evidence::Vkey log_vkey_;     // of the log of the beacon: the enrolment's key, under the name of that log
  std::string pinned_origin_;   // the enrolment's
  Log& log_;
  ShipperLimits limits_;
  wire::LinkState state_ = wire::LinkState::connecting;
  std::string trouble_;
  std::uint64_t next_ = 0;               // seq to send next
  std::deque<std::uint64_t> in_flight_;  // last seq of each batch
  bool greeted_ = false;
  std::uint64_t greeted_size_ = 0;  // beacon size in the last hello
  base::BootMs progress_ = 0, paused_until_ = 0;
  base::UnixMs last_ack_ = 0;
  std::uint64_t sent_batches_ = 0, refused_ = 0, unproven_ = 0;
};

}  // namespace fengsui::agent
