// Column mode: what the columns of a table hold, by their names and by a sample of their cells (detectors.md, section 3).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "classify/cell_types.h"
#include "classify/cells.h"
#include "classify/people.h"
#include "classify/scan.h"
#include "classify/distinct.h"
#include "crypto/secret.h"
#include "model/finding.h"

namespace fengsui::classify {

inline constexpr std::size_t kMaxProfiled = 128;            // columns of one content, over all its tables
inline constexpr std::size_t kSampleRows = 1000;            // rows after which a sample may be complete
inline constexpr std::size_t kSampleCells = 200;            // cells that hold something, which a verdict on a part needs
inline constexpr std::uint64_t kSampleBytes = 1u << 20;     // bytes after which it is complete in any case
inline constexpr std::uint64_t kFollowBytes = 32u << 20;    // bytes to which columns of weak types are read on
inline constexpr unsigned kStrongRate = 60, kWeakRate = 90;  // per cent of the cells that hold something
inline constexpr std::size_t kUnnamedCells = 20;            // fewer cells prove nothing without a name

// One column. Small: kMaxProfiled of them are the memory of a table.
struct Profile {
  std::string table, name;
  std::uint32_t named = 0, against = 0;  // types that its name and remark speak for and against
  bool named_birth = false;
  int word = -1;
  std::uint32_t cells = 0, nulls = 0;
  std::uint32_t weak = 0, pattern = 0;  // types that were seen without a check of their own
  std::array<std::uint16_t, kCellTypes> clear{}, masked{}, shape{};
  std::uint16_t recoverable = 0, recoverable_by_birth = 0;
  std::array<std::uint16_t, 16> lengths{};
  Distinct<64> distinct;
  std::vector<std::string> samples, digests;  // of weak values: at most 3 of each
  // After the sample.
  int follow = -1;  // type whose cells are counted on
  std::uint64_t more_cells = 0, more_nulls = 0, more_clear = 0, more_masked = 0, more_wrong = 0;
};

// Of one content; fed with the same text as the Stream. Any split gives the same. One thread.
class Columns final : public CellSink {
 public:
  // All that is given outlives it.
  Columns(const Engine::State& engine, const crypto::Secret& key, People& people);

  void feed(base::View text);
  void lose();
  void finish();

  // Adds what the columns say to what the stream found: rows, counts of weak types, the profile.
  void conclude(model::Conclusion& out);
  // Names of all columns, in UTF-8, and of the tables; of the columns at most `limit`.
  std::vector<std::string> names(std::size_t limit) const;
  std::vector<std::string> tables() const;
  bool table() const { return reader_ != nullptr && rows_ > 0; }

  void on_table(base::View name) override;
  void on_name(std::size_t column, base::View name, base::View remark) override;
  void on_cell(std::size_t column, base::View value, CellKind kind) override;
  bool on_row(std::size_t width) override;

 private:
  enum class Phase : std::uint8_t { sniff, sample, follow, over };
  struct Verdict {
    int type = -1;
    bool weak = false, named = false;
  };
  struct Counted {
    const Profile* profile;
    Verdict verdict;
  };

  void start();
  void read(base::View text);
  void judge(Profile& profile, base::View value);
  void keep_example(Profile& profile, const CellTypes& types, base::View value);
  void sample_over();
  bool sampled_enough() const;
  Verdict verdict(const Profile& profile) const;
  bool admissible(const Profile& profile, std::size_t type, bool& weak, bool& named) const;
  Profile* profile_of(std::size_t column);
  void describe(const Profile& profile, const Verdict& verdict, model::ColumnFacts& out) const;
  bool tells_births(const std::string& table) const;
  void count(std::size_t type, const std::vector<Counted>& columns, model::Conclusion& out) const;
  static std::uint8_t confidence_of(const Profile& profile, const Verdict& verdict);
  double extrapolation() const;

  const Engine::State& engine_;
  const crypto::Secret& key_;
  People& people_;
  Phase phase_ = Phase::sniff;
  base::Bytes head_;
  std::unique_ptr<CellReader> reader_;
  std::vector<Profile> profiles_;
  std::vector<std::int16_t> map_;  // column of the current table to its profile
  std::string table_;
  std::uint64_t bytes_ = 0, read_ = 0;  // of the content; those that the reader took
  std::uint64_t rows_ = 0, beyond_ = 0;
  bool lost_ = false, cut_short_ = false, sampled_ = false;  // sampled_: some columns were not read on
};

}  // namespace fengsui::classify
