// UTF-16 as SMB, TDS and their like write it, in UTF-8.
#pragma once

#include <string>

#include "base/bytes.h"

namespace fengsui::capture {

// Little-endian (RFC 2781). Lone surrogates become U+FFFD; an odd last byte is dropped; line breaks and tabs stay.
void append_utf16(std::string& out, base::View bytes);
std::string utf16_text(base::View bytes);
// Latin-1 (ISO/IEC 8859-1) likewise.
void append_latin1(std::string& out, base::View bytes);

}  // namespace fengsui::capture
