// Hexadecimal and base64 (RFC 4648 section 4), strict both ways.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"

namespace fengsui::base {

std::string hex(View bytes);  // lower case
// Errc::malformed on an odd length or a character outside [0-9a-fA-F].
Result<Bytes> from_hex(std::string_view text);

std::string base64(View bytes);  // with padding
// Strict: padding required, no white space, unused bits must be zero. Errc::malformed otherwise.
Result<Bytes> from_base64(std::string_view text);

// True when the bytes are well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, at most U+10FFFF).
bool is_utf8(View bytes);

}  // namespace fengsui::base
