// Any bytes as the container they look like; what looks like none as a tar.
#include "tests/fuzz/extraction.h"

using namespace fengsui;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const base::View bytes(data, std::min<std::size_t>(size, 64u << 10));
  const auto format = classify::recognise(bytes);
  return fuzz::extract(classify::is_opened(format) && format < classify::Format::ole2 ? format : classify::Format::tar, bytes);
}
