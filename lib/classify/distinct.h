// How many different values there were, in bounded memory (HyperLogLog with linear counting, Flajolet et al. 2007).
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

#include "base/bytes.h"

namespace fengsui::classify {

// 64 bits over `bytes`; `seed` keeps others from choosing values that collide. For counting only.
inline std::uint64_t mixed(base::View bytes, std::uint64_t seed) {
  const auto stir = [](std::uint64_t h) {
    h = (h ^ h >> 32) * 0xD6E8FEB86659FD93u;
    h = (h ^ h >> 29) * 0x9E3779B97F4A7C15u;
    return h ^ h >> 32;
  };
  std::uint64_t h = stir(seed + bytes.size()), word = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    word = word << 8 | bytes[i];
    if (i % 8 == 7) h = stir(h ^ word), word = 0;
  }
  return stir(h ^ word);
}

// A count of distinct values from their hashes. One byte per register; the standard error is 1.04 / sqrt(registers),
// and far below that while the values are fewer than the registers. Value type.
template <std::size_t kRegisters>
class Distinct {
 public:
  static_assert(std::has_single_bit(kRegisters) && kRegisters >= 16);

  void add(std::uint64_t hash) {
    const auto at = static_cast<std::size_t>(hash & (kRegisters - 1));
    const std::uint64_t rest = hash >> kBits;
    const auto rank = static_cast<std::uint8_t>(std::min(std::countr_zero(rest) + 1, static_cast<int>(64 - kBits)));
    registers_[at] = std::max(registers_[at], rank);
  }
  void merge(const Distinct& other) {
    for (std::size_t i = 0; i < kRegisters; ++i) registers_[i] = std::max(registers_[i], other.registers_[i]);
  }

  std::uint64_t estimate() const {
    double sum = 0;
    std::size_t empty = 0;
    for (const std::uint8_t r : registers_) {
      sum += std::ldexp(1.0, -static_cast<int>(r));
      empty += r == 0;
    }
    constexpr double m = kRegisters;
    const double bias = m <= 16 ? 0.673 : m <= 32 ? 0.697 : m <= 64 ? 0.709 : 0.7213 / (1 + 1.079 / m);
    double n = bias * m * m / sum;
    if (n <= 2.5 * m && empty != 0) n = m * std::log(m / static_cast<double>(empty));
    return static_cast<std::uint64_t>(std::llround(n));
  }

 private:
  static constexpr int kBits = std::bit_width(kRegisters) - 1;
  std::array<std::uint8_t, kRegisters> registers_{};
};

}  // namespace fengsui::classify
