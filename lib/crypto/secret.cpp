#include "crypto/secret.h"

#include <sodium.h>

#include <cstring>

namespace fengsui::crypto {

namespace {
// libsodium's initialisation is idempotent and thread-safe; every entry that needs it passes here.
void ready() { FENGSUI_ASSERT(sodium_init() >= 0); }
}  // namespace

Secret::Secret(std::size_t size) : size_(size) {
  if (size == 0) return;
  ready();
  data_ = static_cast<std::uint8_t*>(sodium_malloc(size));
  FENGSUI_ASSERT(data_ != nullptr);
  sodium_memzero(data_, size_);
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe();
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

Secret Secret::copy_of(base::View bytes) {
  Secret out(bytes.size());
  if (!bytes.empty()) std::memcpy(out.data_, bytes.data(), bytes.size());
  return out;
}

void Secret::wipe() {
  if (data_ != nullptr) sodium_free(data_);
  data_ = nullptr;
  size_ = 0;
}

void wipe(std::span<std::uint8_t> bytes) { sodium_memzero(bytes.data(), bytes.size()); }

void random_bytes(std::span<std::uint8_t> out) {
  ready();
  randombytes_buf(out.data(), out.size());
}

base::Bytes random_bytes(std::size_t n) {
  base::Bytes out(n);
  random_bytes(std::span(out));
  return out;
}

bool equal(base::View a, base::View b) { return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0; }

}  // namespace fengsui::crypto
