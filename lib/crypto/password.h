// Password hashes: argon2id (RFC 9106) by libsodium's crypto_pwhash_str at its interactive limits (64 MiB, 2 passes).
#pragma once

#include <string>

#include "base/error.h"

namespace fengsui::crypto {

// A text of at most 127 characters that holds algorithm, limits, salt and hash. Errc::unavailable when 64 MiB of memory
// could not be had.
base::Result<std::string> hash_password(const std::string& password);
// Constant time for a given hash. False for anything that is not a hash of this password.
bool verify_password(const std::string& hash, const std::string& password);

}  // namespace fengsui::crypto
