// Any bytes as the answers of an extraction child, in two pieces: what is passed on is within the limits and closed.
#include "agent/extraction/answers.h"
#include "tests/fuzz/extraction.h"

using namespace fengsui;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const base::View bytes(data + 1, size - 1);
  const std::size_t cut = bytes.size() * data[0] / 255;
  classify::ExamineLimits limits;
  limits.max_unpacked = 1u << 20;
  fuzz::Checked out;
  agent::Answers answers(limits, out);
  const bool believed = answers.feed(bytes.first(cut)) && answers.feed(bytes.subspan(cut));
  if (!believed || !answers.done()) answers.give_up(classify::Missed::damaged);
  out.done(limits.max_unpacked);
  return 0;
}
