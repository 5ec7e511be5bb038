// A bundle from anywhere: the ZIP as it comes, and the verification of whatever files it holds.
#include <algorithm>

#include "base/encode.h"
#include "crypto/hash.h"
#include "evidence/verify.h"

using namespace fengsui;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  evidence::Policy policy;
  auto key = crypto::SigningKey::from_seed(base::Bytes(32, 1));
  policy.logs = {evidence::make_vkey("fengsui.example.gov.cn/510900/u/2026", key.public_key())};
  policy.attesters = policy.operators = policy.collectors = {evidence::make_vkey("a", key.public_key())};
  evidence::VerifyOptions options;
  options.limits = {64, 1u << 20, 4u << 20};
  // The digest at the end is made right, so that what lies behind it is reached.
  auto zip = base::to_bytes(base::View(data, size));
  if (size > 64) {
    auto end = zip.size() - 22 - 34 - 64;
    auto digest = base::hex(crypto::sha256(base::View(zip).first(end < zip.size() ? end : 0)));
    std::copy(digest.begin(), digest.end(), zip.end() - 64);
  }
  auto result = evidence::verify_bundle(zip, policy, options);
  (void)evidence::to_text(result, size % 2 == 0);
  (void)evidence::to_json(result).dump();
  FENGSUI_ASSERT(!result.verified || result.level == 3);
  return 0;
}
