// Hash functions: SHA-256 (FIPS 180-4), SM3 (GB/T 32905-2016), HMAC over SHA-256 (RFC 2104). OpenSSL EVP inside.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory>

#include "base/bytes.h"

namespace fengsui::crypto {

using Digest = std::array<std::uint8_t, 32>;

enum class HashKind : std::uint8_t { sha256, sm3 };

// An incremental hash. One thread; update any number of times, then finish once; reset to use it again.
class Hasher {
 public:
  explicit Hasher(HashKind kind = HashKind::sha256);
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;
  ~Hasher();

  void update(base::View bytes);
  Digest finish();
  void reset();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Of the concatenation of the parts.
Digest sha256(std::initializer_list<base::View> parts);
inline Digest sha256(base::View bytes) { return sha256({bytes}); }
Digest sm3(std::initializer_list<base::View> parts);
inline Digest sm3(base::View bytes) { return sm3({bytes}); }

Digest hmac_sha256(base::View key, base::View message);

}  // namespace fengsui::crypto
