// Ed25519 (RFC 8032), by libsodium. Secret keys live in locked memory only.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "base/error.h"
#include "crypto/secret.h"

namespace fengsui::crypto {

using PublicKey = std::array<std::uint8_t, 32>;
using Signature = std::array<std::uint8_t, 64>;

// A signing key. Move only; wiped when destroyed. One thread at a time.
class SigningKey {
 public:
  static SigningKey generate();
  static SigningKey from_seed(base::View seed);  // asserts 32 bytes
  // A 32-byte seed in a file of mode 0600. Errc::exists rather than overwriting.
  static base::Result<SigningKey> create_file(const std::string& path);
  // Errc::denied when others may read the file, Errc::malformed when it is not 32 bytes.
  static base::Result<SigningKey> load_file(const std::string& path);

  const PublicKey& public_key() const { return public_key_; }
  Signature sign(base::View message) const;

 private:
  SigningKey() = default;
  Secret secret_;  // libsodium's 64-byte form
  PublicKey public_key_{};
};

// False for any signature that is not exactly right, including non-canonical ones.
bool verify(const PublicKey& key, base::View message, base::View signature);

// DER SubjectPublicKeyInfo of an Ed25519 key (RFC 8410), for PEM files that OpenSSL reads.
base::Bytes spki_der(const PublicKey& key);

}  // namespace fengsui::crypto
