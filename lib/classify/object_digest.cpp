#include "classify/object_digest.h"

#include "base/encode.h"

namespace fengsui::classify {

void ObjectDigest::bytes(base::View piece, bool marked) {
  if (lost_) return;
  size_ += piece.size();
  if (!marked && size_ > kWindow) return lose();
  if (!hasher_) hasher_.emplace();
  hasher_->update(piece);
}

std::string ObjectDigest::hex(base::View key) {
  if (lost_) return {};
  if (!hasher_) hasher_.emplace();
  const crypto::Digest object = hasher_->finish();
  lose();
  return base::hex(base::View(crypto::hmac_sha256(key, object)).first(16));
}

}  // namespace fengsui::classify
