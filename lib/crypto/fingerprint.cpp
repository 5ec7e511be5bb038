#include "crypto/fingerprint.h"

#include <openssl/evp.h>

namespace fengsui::crypto {

std::array<std::uint8_t, 16> md5(base::View bytes) {
  std::array<std::uint8_t, 16> out{};
  EVP_Digest(bytes.data(), bytes.size(), out.data(), nullptr, EVP_md5(), nullptr);
  return out;
}

std::array<std::uint8_t, 20> sha1(base::View bytes) {
  std::array<std::uint8_t, 20> out{};
  EVP_Digest(bytes.data(), bytes.size(), out.data(), nullptr, EVP_sha1(), nullptr);
  return out;
}

}  // namespace fengsui::crypto
