// The beginnings of both sides of a flow, between ports that the input chooses: nothing is read beyond the end, and a name is of
// the right transport.
#include "base/error.h"
#include "capture/protocols/registry.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fengsui;
  base::Reader in({data, size});
  const std::uint8_t protocol = (in.u8() & 1) != 0 ? 6 : 17;
  const std::uint16_t client_port = in.u16be(), server_port = in.u16be();
  const base::View client = in.take(std::min<std::size_t>(in.u8(), in.remaining()));
  const base::View next = in.take(std::min<std::size_t>(in.u8(), in.remaining()));
  const base::View server = in.take(in.remaining());
  for (const bool final : {false, true}) {
    for (const bool known : {false, true}) {
      const capture::First first{client, server, client_port, server_port, final, next, {}};
      const capture::Verdict verdict = capture::recognise(protocol, first, known);
      FENGSUI_ASSERT(verdict.protocol == nullptr || verdict.protocol->ip_protocol == protocol);
    }
  }
  return 0;
}
