// Any bytes as a message or mbox, or as the RTF that may be in one.
#include "tests/fuzz/extraction.h"

using namespace fengsui;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const base::View bytes(data, std::min<std::size_t>(size, 64u << 10));
  const bool rtf = classify::recognise(bytes) == classify::Format::rtf;
  return fuzz::extract(rtf ? classify::Format::rtf : classify::Format::mail, bytes);
}
