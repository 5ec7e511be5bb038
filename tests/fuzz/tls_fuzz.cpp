// Both sides of a TLS handshake, in any pieces and with holes.
#include "capture/protocols/tls.h"
#include "tests/fuzz/database_talk.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fengsui::fuzz::talk<fengsui::capture::Tls>({data, size});
  return 0;
}
