// A QR code (ISO/IEC 18004) as inline SVG, for paper that must be found again in a computer.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace fengsui::collector::report {

// `text` at error correction M, with the quiet zone of four modules, as an <svg> of `millimetres` a side. Errc::limit above 1 000 bytes.
base::Result<std::string> qr_svg(std::string_view text, int millimetres);

}  // namespace fengsui::collector::report
