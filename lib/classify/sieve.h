// The sieve: 64 bytes at a time, it finds the few places where a validator has something to look at.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"

namespace fengsui::classify {

inline constexpr std::size_t kAnchors = 8;

// What made the sieve stop (detectors.md section 2).
enum class Anchor : std::uint8_t {
  group,   // a run of digits and capitals, a loose run of digits, mask signs, full-width digits, zero-width characters
  at,      // '@'
  plate,   // a capital right after a high byte
  dotted,  // two dots close together between digits
  colons,  // colons as in MAC and IPv6 addresses
  name,    // a mask sign right after a high byte
  secrecy,  // 密 or 内部
  token,    // five dashes, "eyJ", or a part of a word like password, secret, token, key
};

// Called for each anchor in rising order of position per kind. Returns the position from which anchors of this kind are
// wanted again (at most `at` for "the next one").
using OnAnchor = std::size_t (*)(void* self, Anchor kind, std::size_t at);

// Sieves bytes[from, to), seeing the bytes behind `to` where a run crosses it.
using SieveFn = void (*)(base::View bytes, std::size_t from, std::size_t to, OnAnchor on, void* self);

enum class Isa : std::uint8_t { portable, sse42, avx2, avx512 };
inline constexpr std::array kIsas = {Isa::portable, Isa::sse42, Isa::avx2, Isa::avx512};
constexpr std::string_view id(Isa isa) {
  return isa == Isa::avx512 ? "avx512" : isa == Isa::avx2 ? "avx2" : isa == Isa::sse42 ? "sse4.2" : "portable";
}

Isa best_isa();               // of this processor, by CPUID
SieveFn sieve_for(Isa isa);   // the portable one where the wanted one was not built

// Whatever finds anchors: the sieve, or a reference engine it is compared with. Immutable; shared by threads.
class AnchorSource {
 public:
  virtual ~AnchorSource() = default;
  // As a SieveFn. An anchor may be anywhere inside what it stands for.
  virtual void run(base::View bytes, std::size_t from, std::size_t to, OnAnchor on, void* self) const = 0;
};

class Sieve final : public AnchorSource {
 public:
  explicit Sieve(Isa isa) : run_(sieve_for(isa)) {}
  void run(base::View bytes, std::size_t from, std::size_t to, OnAnchor on, void* self) const override { run_(bytes, from, to, on, self); }

 private:
  SieveFn run_;
};

void sieve_portable(base::View bytes, std::size_t from, std::size_t to, OnAnchor on, void* self);
void sieve_sse42(base::View bytes, std::size_t from, std::size_t to, OnAnchor on, void* self);
void sieve_avx2(base::View bytes, std::size_t from, std::size_t to, OnAnchor on, void* self);
void sieve_avx512(base::View bytes, std::size_t from, std::size_t to, OnAnchor on, void* self);

}  // namespace fengsui::classify
