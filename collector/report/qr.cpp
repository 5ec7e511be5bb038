#include "collector/report/qr.h"

#include <fmt/format.h>
#include <qrencode.h>

#include <memory>

namespace fengsui::collector::report {

base::Result<std::string> qr_svg(std::string_view text, int millimetres) {
  if (text.size() > 1'000) return base::fail(base::Errc::limit, fmt::format("QR code of {} bytes; limit 1000", text.size()));
  std::unique_ptr<QRcode, void (*)(QRcode*)> code(
      QRcode_encodeData(static_cast<int>(text.size()), reinterpret_cast<const unsigned char*>(text.data()), 0, QR_ECLEVEL_M), QRcode_free);
  if (!code) return base::fail(base::Errc::unavailable, "QR code cannot be made");
  constexpr int kQuiet = 4;
  const int side = code->width + 2 * kQuiet;
  std::string path;
  for (int y = 0; y < code->width; ++y)
    for (int x = 0; x < code->width;) {
      int run = 0;
      while (x + run < code->width && (code->data[y * code->width + x + run] & 1) != 0) ++run;
      if (run > 0) path += fmt::format("M{} {}h{}v1h-{}z", x + kQuiet, y + kQuiet, run, run);
      x += run > 0 ? run : 1;
    }
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}mm\" height=\"{0}mm\" viewBox=\"0 0 {1} {1}\" shape-rendering=\"crispEdges\" role=\"img\" aria-label=\"QR\">"
      "<rect width=\"{1}\" height=\"{1}\" fill=\"#fff\"/><path d=\"{2}\"/></svg>",
      millimetres, side, path);
}

}  // namespace fengsui::collector::report
