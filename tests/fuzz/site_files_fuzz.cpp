// Any bytes as a file of exact values, of fingerprints, or a baseline: read, and asked for something.
#include <algorithm>
#include <cstdlib>

#include "classify/site/baseline.h"
#include "classify/site/documents.h"
#include "classify/site/exact_set.h"

using namespace fengsui;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const classify::MatchKey key = [] {
    base::Bytes secret(32);
    for (std::size_t i = 0; i < secret.size(); ++i) secret[i] = static_cast<std::uint8_t>(i);
    return classify::MatchKey(secret);
  }();
  const base::View file(data, size);
  if (auto view = classify::ExactView::read(file, key)) {
    // Whether its digest is right or not: an inside of any kind must not lead outside.
    (void)view->verify();
    for (std::uint64_t digest = 0x0123456789ABCDEFu, i = 0; i < 64; ++i, digest = digest * 0x9E3779B97F4A7C15u + 1)
      if (view->contains(digest) && !view->holds(digest)) std::abort();
    (void)view->holds(0);
    (void)view->holds(~std::uint64_t{0});
  }
  // A digest that does not agree would stop every change at the door: here it always does.
  base::Bytes agreed(data, data + size);
  if (size >= 48) {
    const auto digest = crypto::sha256({file.first(16), file.subspan(48)});
    std::copy(digest.begin(), digest.end(), agreed.begin() + 16);
  }
  if (auto documents = classify::read_documents(agreed)) {
    if (classify::write_documents(*documents) != agreed) std::abort();
    const classify::Documents index(std::move(*documents));
    classify::Print print;
    print.sketch.emplace();
    (void)index.find(print);
  }
  if (auto baseline = classify::Baseline::read(file, key)) {
    const std::string again = baseline->write(key);
    auto second = classify::Baseline::read(base::view(again), key);
    if (!second || second->write(key) != again) std::abort();
  }
  return 0;
}
