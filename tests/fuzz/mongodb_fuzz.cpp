// Both sides of a MongoDB conversation, in any pieces and with holes.
#include "capture/protocols/mongodb.h"
#include "tests/fuzz/database_talk.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fengsui::fuzz::talk<fengsui::capture::Mongodb>({data, size});
  return 0;
}
