// Any bytes as a database.
#include "tests/fuzz/extraction.h"

using namespace fengsui;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const base::View bytes(data, std::min<std::size_t>(size, 64u << 10));
  return fuzz::extract(classify::Format::sqlite, bytes);
}
