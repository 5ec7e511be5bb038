// Texts made to set ways of reading apart, and the findings of the engine in a form that compares. The same seed gives the same
// bytes whoever compiled this.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "classify/scan.h"

namespace fengsui::classify::test {

std::uint64_t draw(std::uint64_t& state);  // xorshift; `state` is not 0

// Swaps bytes of a text for bytes that matter to the rules.
std::string mutated(std::string text, std::uint64_t seed);
// Cuts, doubles and swaps bytes where characters have more than one.
std::string damaged(std::string_view text, std::uint64_t seed);
// Writes some runs of digits as people also write them: full width, in groups, with a zero-width character, in Chinese digits,
// masked.
std::string rewritten(std::string_view text, std::uint64_t seed);

// Texts of about `bytes` each: files of three forms at two densities, in both encodings, rewritten, mutated and damaged; and noise.
std::vector<std::string> hard_texts(std::size_t bytes, std::uint64_t seed);

struct Line {
  std::uint64_t start, length;
  int type, state, confidence;
  std::uint64_t reasons;
  auto operator<=>(const Line&) const = default;
};
// What a stream over `text`, cut at `cuts`, hands over. `anchors` null: the engine's own sieve.
std::vector<Line> lines_of(const Engine::State& engine, std::string_view text, const AnchorSource* anchors, const std::vector<std::size_t>& cuts = {});
// The first finding that is not the same, and the bytes around it as C would write them.
std::string difference(std::string_view text, const std::vector<Line>& a, const std::vector<Line>& b);

}  // namespace fengsui::classify::test
