// What a document marked as a state secret is known by: a keyed digest of its bytes, and nothing of its content.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "crypto/hash.h"

namespace fengsui::classify {

// Over the bytes of a content in order. Whether it is marked is known within its first page; of a content that is not, no more
// than kWindow bytes are hashed. One thread.
class ObjectDigest {
 public:
  static constexpr std::uint64_t kWindow = 256u << 10;

  void bytes(base::View piece, bool marked);
  void lose() { hasher_.reset(), lost_ = true; }  // bytes are missing
  // Hex of the first 16 bytes of HMAC-SHA-256 under `key` of the SHA-256 of the object; "" when bytes are missing.
  std::string hex(base::View key);

 private:
  std::optional<crypto::Hasher> hasher_;
  std::uint64_t size_ = 0;
  bool lost_ = false;
};

}  // namespace fengsui::classify
