// Family names and the characters around names, in UTF-8 and GB 18030.
#pragma once

#include <cstddef>

#include "base/bytes.h"

namespace fengsui::classify {

// Bytes of the family name that ends at `at` (the longest), 0 when none does.
std::size_t family_name_before(base::View bytes, std::size_t at);
// Bytes of the family name that starts at `at` (the longest), 0 when none does.
std::size_t family_name_at(base::View bytes, std::size_t at);
// Bytes of the Chinese character that starts at `at`, 0 when there is none.
std::size_t character_at(base::View bytes, std::size_t at);
// Whether what ends at `at` may stand before a name: punctuation, or a word that introduces one.
bool name_boundary_before(base::View bytes, std::size_t at);

}  // namespace fengsui::classify
