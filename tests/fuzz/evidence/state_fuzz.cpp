// The state that a bundle carries from one year's log to the next: any bytes. What is accepted is written and accepted again, and can be read on from.
#include <cstdlib>

#include "evidence/replay.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fengsui;
  const evidence::Policy policy;
  evidence::Checkpoint none{"", 0, {}};
  auto reader = evidence::Replay::restore(policy, base::text(base::View(data, size)), 0, INT64_MAX, none);
  if (!reader) return 0;
  auto again = evidence::Replay::restore(policy, reader->state(0), 0, INT64_MAX, none);
  if (!again || again->facts().leaves != reader->facts().leaves) std::abort();
  reader->add(base::view("fengsui-leaf/v1 hb u 1\n"), nullptr);
  return 0;
}
