// Who the agent is: its signing key, its link key, and what the collector answered when it enrolled. All in the state
// folder, readable by the agent only.
#pragma once

#include <filesystem>
#include <string>

#include "base/error.h"
#include "crypto/secret.h"
#include "crypto/sign.h"
#include "wire/link.h"

namespace fengsui::agent {

struct Enrolment {
  std::string agent, unit, origin, log_vkey;  // as the collector assigned them
  std::string endpoint, server_key;           // where it enrolled
  std::int64_t heartbeat_seconds = 60;
};

// The state folder and its files. Makes the folder with mode 0700 when it is missing.
class State {
 public:
  static base::Result<State> open(const std::filesystem::path& folder);

  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path spool_file() const { return folder_ / "spool.db"; }
  std::filesystem::path status_file() const { return folder_ / "status.json"; }

  // Made on first use, 0600. Errc::denied when others may read the file.
  base::Result<crypto::SigningKey> identity_key() const;
  base::Result<wire::CurveKeys> link_keys() const;
  // Errc::not_found before enrolment.
  base::Result<Enrolment> enrolment() const;
  base::Result<crypto::Secret> digest_key() const;
  // The digest key first, the enrolment last: an enrolment is there whole or not at all.
  base::Status save_enrolment(const Enrolment& enrolment, base::View digest_key) const;

 private:
  explicit State(std::filesystem::path folder) : folder_(std::move(folder)) {}
  std::filesystem::path folder_;
};

// Short stable name of an identity: the first 8 bytes of SHA-256 of its public key, hex.
std::string instance_of(const crypto::PublicKey& key);

}  // namespace fengsui::agent
