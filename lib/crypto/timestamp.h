// Time-stamps of RFC 3161 (GB/T 20520): the question, and what a time-stamping authority's answer says. Imprints are SHA-256.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "base/time.h"
#include "crypto/hash.h"

namespace fengsui::crypto {

inline constexpr std::size_t kMaxTimestamp = 64u << 10;     // an answer with its certificates
inline constexpr std::size_t kMaxTsaCertificates = 64;      // in one file of trust

// TimeStampReq (2.4.1) in DER: version 1, the imprint, the nonce, certReq true.
base::Bytes timestamp_request(const Digest& imprint, std::uint64_t nonce);

struct Timestamp {
  Digest imprint{};                    // SHA-256 of what was stamped
  std::optional<std::uint64_t> nonce;  // nothing when there is none, or one of more than 64 bits
  base::UnixMs time = 0;               // genTime, fractions of a second cut off
};

// TimeStampResp (2.4.2) in DER, read without trusting it. Errc::limit above kMaxTimestamp; malformed; denied when the authority refused, with its
// status; unsupported for an imprint that is not SHA-256.
base::Result<Timestamp> read_timestamp(base::View response);

// PEM: certificates of authorities, or of those that certify them. Errc::malformed when one cannot be read or there is none; limit.
base::Status check_tsa_certificates(std::string_view pem);
// The same answer, whose signature must lead to one of the certificates as they were valid at its time, for the purpose of stamping (2.3).
// Errc::not_found when it was signed by an authority that the certificates do not name; mismatch when the signature or the certificate is wrong.
base::Result<Timestamp> verify_timestamp(base::View response, std::string_view pem);

}  // namespace fengsui::crypto
