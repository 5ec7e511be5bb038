// Both sides of an SMB conversation, in any pieces and with holes.
#include "capture/protocols/smb.h"
#include "tests/fuzz/database_talk.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fengsui::fuzz::talk<fengsui::capture::Smb>({data, size});
  return 0;
}
