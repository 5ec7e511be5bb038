// Making a file of exact values (exact_set.h) out of values, in bounded memory however many there are.
#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "classify/site/exact_set.h"

namespace fengsui::classify {

struct ExactTotals {
  std::uint64_t values = 0;      // read
  std::uint64_t duplicates = 0;  // equal after normalising
  std::uint64_t skipped = 0;     // shorter than kMinExact after normalising: they would match everywhere
  std::uint64_t kept = 0;
  std::uint64_t bytes = 0;  // of the file
};
inline constexpr std::size_t kMinExact = 4;  // bytes of a normalised value

// Sorted runs go to nameless files beside the target, then are merged. Holds at most `memory_bytes` of digests plus one
// buffer of 64 KiB a run. The file appears under its name, mode 0600, complete and synced, or not at all. One thread.
class ExactBuild {
 public:
  // Errc::usage when the description is not valid. The key outlives the build.
  static base::Result<ExactBuild> begin(const MatchKey& key, ExactDescription description, std::filesystem::path out,
                                        std::size_t memory_bytes = 64u << 20);
  ExactBuild(ExactBuild&&) noexcept;
  ~ExactBuild();

  // Errc::limit above kMaxExactValues, or of the disk.
  base::Status add(base::View value);
  base::Result<ExactTotals> finish();

 private:
  struct State;
  explicit ExactBuild(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Adds the cells below the named heads of a CSV or TSV (UTF-8 or GB 18030). Errc::not_found names a head that is not there.
base::Status add_columns(ExactBuild& build, std::istream& table, std::span<const std::string> heads);

// Whether a head as written (any of the two encodings, byte order mark, blanks) is `head` (UTF-8), ASCII without regard to case.
bool is_head(std::string_view written, std::string_view head);

}  // namespace fengsui::classify
