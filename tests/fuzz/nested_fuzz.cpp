// What a tunnel may carry, in any pieces and with holes.
#include "capture/protocols/nested.h"
#include "tests/fuzz/database_talk.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fengsui::fuzz::talk<fengsui::capture::Nested>({data, size});
  return 0;
}
