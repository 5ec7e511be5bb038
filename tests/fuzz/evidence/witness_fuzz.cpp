// A request to a witness: any bytes, against a log that is known and has been seen at size 1.
#include "evidence/witness.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fengsui;
  auto request = evidence::parse_add_checkpoint(base::text(base::View(data, size)));
  if (!request) return 0;
  if (evidence::format_add_checkpoint(*request).size() != size) std::abort();  // exactly one spelling is read
  auto key = crypto::SigningKey::from_seed(base::Bytes(32, 1));
  auto log = evidence::make_vkey("o", key.public_key());
  auto seen = evidence::sign_checkpoint({"o", 1, {}}, key);
  auto answer = evidence::witness(*request, &log, seen, "w", key, 1);
  if (answer.status == 200 && !answer.keep) std::abort();
  return 0;
}
