// Hashes that other people's identifiers are made of: MD5 (JA3), SHA-1 (certificate fingerprints). Never for trust.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"

namespace fengsui::crypto {

std::array<std::uint8_t, 16> md5(base::View bytes);
std::array<std::uint8_t, 20> sha1(base::View bytes);

}  // namespace fengsui::crypto
