// QUIC datagrams of both sides, in any pieces and with holes.
#include "capture/protocols/quic.h"
#include "tests/fuzz/database_talk.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fengsui::fuzz::talk<fengsui::capture::Quic>({data, size});
  return 0;
}
