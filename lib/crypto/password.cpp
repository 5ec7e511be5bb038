#include "crypto/password.h"

#include <sodium.h>

namespace fengsui::crypto {

base::Result<std::string> hash_password(const std::string& password) {
  char out[crypto_pwhash_STRBYTES];
  if (crypto_pwhash_str(out, password.data(), password.size(), crypto_pwhash_OPSLIMIT_INTERACTIVE,
                        crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0)
    return base::fail(base::Errc::unavailable, "argon2id needs 64 MiB of memory, which could not be had");
  return std::string(out);
}

bool verify_password(const std::string& hash, const std::string& password) {
  return hash.size() < crypto_pwhash_STRBYTES &&
         crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0;
}

}  // namespace fengsui::crypto
