#include <cstdlib>
#include <sstream>

#include "classify/commands.h"

using namespace fengsui;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto engine = classify::Engine::load(FENGSUI_SOURCE_DIR "/rules");
  if (!engine) std::abort();
  std::istringstream in(std::string(reinterpret_cast<const char*>(data), size));
  std::ostringstream out;
  classify::detect_jsonl(**engine, in, out);
  return 0;
}
