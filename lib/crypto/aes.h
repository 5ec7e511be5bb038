// AES-128 (FIPS 197) as QUIC uses it on what everybody can read: one block, and GCM (NIST SP 800-38D) opened. HKDF (RFC 5869).
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "base/error.h"

namespace fengsui::crypto {

using Block = std::array<std::uint8_t, 16>;

// One block in ECB, `key` of 16 bytes.
Block aes128_block(base::View key, const Block& in);
// `sealed` is ciphertext and 16 bytes of tag. Errc::malformed when the tag does not fit.
base::Result<base::Bytes> aes128_gcm_open(base::View key, base::View nonce, base::View associated, base::View sealed);
// The other direction, for tests and for talking to oneself.
base::Result<base::Bytes> aes128_gcm_seal(base::View key, base::View nonce, base::View associated, base::View clear);
// HKDF-Expand over SHA-256; at most 255 × 32 bytes.
base::Bytes hkdf_expand(base::View key, base::View info, std::size_t size);

}  // namespace fengsui::crypto
