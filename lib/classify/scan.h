// From bytes to hits: anchors of the sieve, validators, context, columns, confidence, overlap. Streams keep a short tail.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "classify/checks/check.h"
#include "classify/detectors.h"
#include "classify/catalog.h"
#include "classify/examination.h"
#include "classify/grade.h"
#include "classify/group.h"
#include "classify/lexicon.h"
#include "classify/sieve.h"
#include "classify/table.h"
#include "classify/tables.h"
#include "classify/words.h"

namespace fengsui::classify {

class Site;

// What Engine owns.
struct Engine::State {
  std::unique_ptr<const Tables> tables;
  std::unique_ptr<const Lexicon> lexicon;
  std::vector<Detector> detectors;
  Words words;
  std::uint32_t enabled = 0;                                // types with a detector file
  std::array<const Detector*, kTypes> by_type{};
  // Checks as bits: those that take a value of that length, one that begins so, one with more than digits.
  std::array<std::uint32_t, kMaxUnits + 1> by_length{};
  std::array<std::uint32_t, 128> by_first{};
  std::array<std::uint32_t, kSums> by_sum{};  // checks that need it
  std::uint32_t not_only_digits = 0, only_named = 0;
  std::string digest;
  GradeRules grading;
  Catalog catalog;
  std::shared_ptr<const Site> site;  // what the site brings itself; null when it brings nothing
  Isa isa = best_isa();
  Sieve sieve{isa};
  ClassesFn classes = classes_for(isa);
};

// A detection inside the engine: half a cache line and without ownership.
struct Hit {
  Type type;
  model::ValueState state = model::ValueState::clear;
  std::uint8_t confidence = 0;
  Strength strength = Strength::structure;
  bool needs_context = false, weak_without = false, against = false, neighbour = false;
  bool beaten = false;                  // by a better one it overlaps
  std::int16_t table_column = -1;       // of the table it stands in
  std::int16_t word = -1, column = -1;  // words that named the type near the value, and in its key or column
  std::uint64_t reasons = 0;
  std::uint32_t start = 0, end = 0;  // bytes of the scanned buffer
};
static_assert(sizeof(Hit) == 32);

// Where hits go: `hit.start` and `hit.end` index `bytes`, whose first byte is at `base` of the content.
using OnHit = void (*)(void* self, const Hit& hit, base::View bytes, std::uint64_t base);

inline constexpr std::size_t kLeft = 144;   // bytes before a hit that may bear on it
inline constexpr std::size_t kRight = 224;  // bytes from its start on that may bear on it
inline constexpr std::size_t kTile = 32768;  // bytes scanned at a time, so that they and their hits stay in the nearest cache

// A content in pieces. Any split gives the same hits. Bounded: sizeof(Stream) and nothing on the heap but the columns of
// a table (at most kMaxColumns). One thread.
class Stream {
 public:
  // `anchors` (the engine's sieve when null) outlives the stream.
  explicit Stream(const Engine::State& engine, const AnchorSource* anchors = nullptr);

  void feed(base::View piece, OnHit on, void* self);
  void finish(OnHit on, void* self);
  // A hole: what came before is finished, and the next byte is at `offset`.
  void jump(std::uint64_t offset, OnHit on, void* self);

  const Table& table() const { return table_; }

 private:
  // Hands over the hits of [from, to) and moves the table from bytes[0] to kLeft before `to`. `hits` is working space.
  void scan(base::View bytes, std::size_t from, std::size_t to, std::vector<Hit>& hits, OnHit on, void* self);
  void keep(base::View bytes, std::size_t next, std::uint64_t base);

  const Engine::State* engine_;
  const AnchorSource* anchors_;
  std::uint64_t base_ = 0;            // content offset of tail_[0]
  std::uint16_t size_ = 0, next_ = 0;  // bytes kept; the first whose hits were not handed over
  Table table_;                       // as of tail_[0]
  std::array<std::uint8_t, kLeft + kRight> tail_;
};

// The candidates whose start is in [from, to) and those that may overlap them; before context of columns and overlap. `columns`
// are the types that the column of a hit may name.
void candidates(const Engine::State& engine, const AnchorSource& anchors, base::View bytes, std::size_t from, std::size_t to, std::vector<Hit>& out,
                std::uint32_t columns = ~0u);
// Settles state and confidence from what is known; false when the hit is nothing.
bool settle(const Engine::State& engine, Hit& hit);
// Overlap policy over hits in order of place: nothing unclear over something clear, then the longer, the surer, the earlier of
// the registry.
void resolve(std::vector<Hit>& hits);

std::vector<std::string_view> reasons_of(const Engine::State& engine, const Hit& hit);
// ASCII digits, capitals, no separators, no prefix: what digests are made over.
std::string normal_value(Type type, base::View raw);

}  // namespace fengsui::classify
