// Bytes that claim to be a certificate.
#include "crypto/certificate.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto read = fengsui::crypto::read_certificate({data, size});
  if (read) (void)(fengsui::crypto::covers(*read, "a.gov.example") && fengsui::crypto::weak_key(*read));
  return 0;
}
