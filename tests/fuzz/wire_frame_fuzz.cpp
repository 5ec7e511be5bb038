// Any bytes as a message of the link: read or refused; what is read and written again is read the same.
#include "base/error.h"
#include "wire/message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fengsui;
  auto message = wire::decode({data, size}, 1u << 20);
  if (!message) return 0;
  const base::Bytes again = wire::encode(*message);
  auto back = wire::decode(again, 1u << 20);
  FENGSUI_ASSERT(back.has_value());
  FENGSUI_ASSERT(wire::encode(*back) == again);
  return 0;
}
