// Bytes that claim to be an authority's answer. The first byte says how many of the others are the certificates.
#include "crypto/timestamp.h"

#include <algorithm>

#include "base/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto pem = std::min<std::size_t>(size - 1, data[0] * 16u);
  const fengsui::base::View all(data + 1, size - 1);
  (void)fengsui::crypto::read_timestamp(all.subspan(pem));
  (void)fengsui::crypto::verify_timestamp(all.subspan(pem), fengsui::base::text(all.first(pem)));
  return 0;
}
