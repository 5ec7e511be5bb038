// The collector's keys, one file each under DIR/keys, mode 0600: CURVE for the link, and separate Ed25519 keys for
// seals (collector), attestations (attester), acts of an operator (operator, second) and, per unit, its log. Never one
// key for two uses.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "base/error.h"
#include "crypto/sign.h"
#include "wire/link.h"

namespace fengsui::collector {

class Keys {
 public:
  // Errc::exists when any of them is there already: init never replaces a key.
  static base::Result<Keys> create(const std::filesystem::path& folder);
  static base::Result<Keys> load(const std::filesystem::path& folder);

  const wire::CurveKeys& curve() const { return curve_; }
  const crypto::SigningKey& collector() const { return collector_; }
  const crypto::SigningKey& attester() const { return attester_; }
  const crypto::SigningKey& operator_key() const { return operator_; }
  const crypto::SigningKey& second() const { return second_; }  // for acts that need two persons
  // Made on first use. The reference stays valid as long as the Keys.
  base::Result<const crypto::SigningKey*> log(const std::string& unit);
  // For the cosignatures that this collector gives to other logs. Made on first use.
  base::Result<const crypto::SigningKey*> witness() { return named("witness.key"); }

 private:
  base::Result<const crypto::SigningKey*> named(const std::string& file);
  Keys(std::filesystem::path folder, wire::CurveKeys curve, crypto::SigningKey collector, crypto::SigningKey attester,
       crypto::SigningKey operator_key, crypto::SigningKey second);

  std::filesystem::path folder_;
  wire::CurveKeys curve_;
  crypto::SigningKey collector_, attester_, operator_, second_;
  std::map<std::string, crypto::SigningKey> logs_;
};

}  // namespace fengsui::collector
