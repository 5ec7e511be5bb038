// The first byte chooses where the rest is split; whole and split must agree, and every span must lie inside the bytes.
#include <algorithm>
#include <cstdlib>
#include <vector>

#include "classify/scan.h"

using namespace fengsui;
using namespace fengsui::classify;

namespace {

const Engine& engine() {
  static const auto loaded = Engine::load(FENGSUI_SOURCE_DIR "/rules");
  if (!loaded) std::abort();
  return **loaded;
}

using Lines = std::vector<std::array<std::uint64_t, 4>>;

void note(void* self, const Hit& h, base::View, std::uint64_t base) {
  static_cast<Lines*>(self)->push_back({base + h.start, base + h.end, static_cast<std::uint64_t>(h.type) << 8 | static_cast<std::uint64_t>(h.state), h.reasons});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 8192) return 0;
  const base::View bytes(data + 1, size - 1);
  const std::size_t step = 1 + data[0] * std::size_t{3};
  Lines whole, split;
  Stream one(engine().state()), many(engine().state());
  one.feed(bytes, note, &whole);
  one.finish(note, &whole);
  for (std::size_t at = 0; at < bytes.size(); at += step) many.feed(bytes.subspan(at, std::min(step, bytes.size() - at)), note, &split);
  many.finish(note, &split);
  if (whole != split) std::abort();
  for (const auto& line : whole)
    if (line[0] >= line[1] || line[1] > bytes.size()) std::abort();
  return 0;
}
