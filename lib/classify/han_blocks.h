// Where Chinese text may hold something: blocks of 64 bytes as masks. Text without any sign of a sentence, a short cell or a
// number beside a character is passed over at little cost.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"

namespace fengsui::classify {

// One bit per byte. `sign`: a mark of punctuation of U+2000..303F or full width, an edge of a short run of high bytes, a
// digit before a high byte, 人, the edges of `bytes`, or two bytes as only GB 18030 has them beside each other (`gb` too).
struct HanBlock {
  std::uint64_t high = 0, sign = 0, gb = 0;
};

inline constexpr std::size_t kShortRun = 18;       // bytes of a run of high bytes that may be a cell of its own
inline constexpr std::size_t kSignReach = 128;     // bytes from a sign within which characters are looked at
inline constexpr std::size_t kGbReach = 64;        // bytes from a pair of GB 18030 within which text may be of it

// Blocks from bytes[begin] on until bytes[end) is covered. Bytes behind `bytes` count as blanks.
void han_blocks(base::View bytes, std::size_t begin, std::size_t end, std::vector<HanBlock>& out);

// Of block `k`, the bytes that have a sign within kSignReach.
std::uint64_t near_sign(const std::vector<HanBlock>& blocks, std::size_t k);
// Of block `k`, the bytes that have a pair as only GB 18030 has it within kGbReach.
std::uint64_t near_gb(const std::vector<HanBlock>& blocks, std::size_t k);

}  // namespace fengsui::classify
