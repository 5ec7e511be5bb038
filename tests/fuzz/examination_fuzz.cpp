// Any bytes as a file: text, table, or container within small limits.
#include <cstdlib>

#include "classify/examination.h"
#include "classify/extract/local.h"

using namespace fengsui;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto engine = classify::Engine::load(FENGSUI_SOURCE_DIR "/rules");
  static const auto key = crypto::Secret::copy_of(base::view("key"));
  static const auto extractor = classify::local_extractor();
  if (!engine) std::abort();
  if (size > (64u << 10)) return 0;
  classify::ExamineLimits limits;
  limits.max_depth = 2;
  limits.max_unpacked = 256u << 10;
  limits.max_container = 64u << 10;
  classify::Examination e(*engine, key, std::make_shared<model::Provenance>(), limits, extractor.get());
  e.feed(base::View(data, size));
  if (e.finish().empty()) std::abort();
  return 0;
}
