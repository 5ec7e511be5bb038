// Fingerprint of a document: what stays the same when it is copied, sent in another encoding, or edited a little.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/bytes.h"
#include "crypto/hash.h"

namespace fengsui::classify {

inline constexpr std::size_t kGram = 5;           // characters of a gram
inline constexpr std::size_t kBins = 128;         // of a sketch
inline constexpr std::uint32_t kMinGrams = 64;    // a text with fewer has no sketch: it would resemble too much
inline constexpr std::uint64_t kMinDocument = 64;  // bytes; a smaller content is no document

// Of the grams of a text: SimHash (Charikar 2002), 64 bits, over all of them; MinHash of 128 values over the set of them, by one
// permutation in 128 bins (Li, Owen, Zhang 2012), empty bins filled from their right neighbour, 16 bits of each kept.
struct Sketch {
  std::uint64_t simhash = 0;
  std::array<std::uint16_t, kBins> bins{};
  std::uint32_t grams = 0;  // counted with repetition; saturates
};
unsigned hamming(const Sketch& a, const Sketch& b);
// Estimated share of common grams, 0..1.
double jaccard(const Sketch& a, const Sketch& b);
// Hamming <= 3 (and at least 0.4 in common: a text of one repeated phrase has a SimHash of its phrase), or Jaccard >= 0.7.
bool near(const Sketch& a, const Sketch& b);

struct Print {
  crypto::Digest bytes{};             // SHA-256 of the content as it is
  crypto::Digest text{};              // SHA-256 of its characters as compared; zero when there is no sketch
  std::optional<Sketch> sketch;       // of its text; absent when it has too little, or is no text
  std::uint64_t size = 0;             // bytes of the content
  bool whole = true;                  // no hole: the digests are those of all of it
};

// Makes a print in one pass. Text may be UTF-8 or GB 18030, told apart by the first bytes that are not ASCII. Characters are
// compared without blanks and control characters, full-width forms as ASCII, ASCII in lower case. Any split gives the same
// print. Bounded: about 3 KiB. One thread.
class Printer {
 public:
  Printer();
  ~Printer();
  Printer(Printer&&) noexcept;

  void bytes(base::View content);  // the content as it is, in order
  void text(base::View text);      // its text, in order
  void hole();
  Print finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fengsui::classify
