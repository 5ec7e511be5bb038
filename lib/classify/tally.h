// Counting hits into a conclusion. The last place that sees a raw value: what it keeps is counts, masks, keyed digests.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "classify/people.h"
#include "classify/scan.h"
#include "classify/site/reading.h"
#include "crypto/secret.h"
#include "model/finding.h"

namespace fengsui::classify {

class Tally {
 public:
  static constexpr std::size_t kSamples = 5, kDigests = 16, kWhy = 16;

  // `people` outlives the tally.
  Tally(const Engine::State& engine, const crypto::Secret& key, People& people) : engine_(&engine), key_(&key), people_(&people) {}

  void add(const Hit& hit, base::View bytes, const Judgement& judged = {});
  // Drops everything counted so far.
  void forget();
  // Moves the counts, the row count and the columns that held something into `out`.
  void conclude(const Table& table, model::Conclusion& out);

 private:
  model::TypeCount& count_of(Type type);

  const Engine::State* engine_;
  const crypto::Secret* key_;
  People* people_;
  std::vector<model::TypeCount> counts_;  // at most kTypes
  std::array<int, kTypes> place_ = [] {
    std::array<int, kTypes> a{};
    a.fill(-1);
    return a;
  }();
  std::uint64_t columns_hit_ = 0;  // bit per column

 public:
  void column_hit(int column) {
    if (column >= 0) columns_hit_ |= std::uint64_t{1} << column;
  }
};

}  // namespace fengsui::classify
