// Both sides of a POP3 conversation, in any pieces and with holes.
#include "capture/protocols/pop3.h"
#include "tests/fuzz/database_talk.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fengsui::fuzz::talk<fengsui::capture::Pop3>({data, size});
  return 0;
}
