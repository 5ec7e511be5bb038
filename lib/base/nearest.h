// The known word that an unknown one was probably meant to be: for messages about configuration and rules.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace fengsui::base {

// Levenshtein distance in bytes; cost is the product of the lengths.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The one with the smallest distance, the first of several; "" when there is none. Only the first 64 bytes of `word` count.
std::string_view nearest(std::string_view word, std::span<const std::string_view> among);

}  // namespace fengsui::base
