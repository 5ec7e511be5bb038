// Memory for secrets, and random bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "base/bytes.h"
#include "base/error.h"

namespace fengsui::crypto {

// Owns bytes in locked memory that is left out of core dumps and wiped when released (libsodium guarded heap).
// Move only; a moved-from Secret is empty. One thread.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::size_t size);  // zero-filled; asserts that the memory could be had
  Secret(Secret&& other) noexcept : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { wipe(); }

  static Secret copy_of(base::View bytes);

  std::span<std::uint8_t> bytes() { return {data_, size_}; }
  base::View view() const { return {data_, size_}; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  void wipe();  // zeroes and releases

 private:
  std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
};

// Overwrites memory in a way the compiler does not remove.
void wipe(std::span<std::uint8_t> bytes);

// From the kernel's generator.
void random_bytes(std::span<std::uint8_t> out);
base::Bytes random_bytes(std::size_t n);

// Constant-time equality.
bool equal(base::View a, base::View b);

}  // namespace fengsui::crypto
