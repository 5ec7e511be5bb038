// All logs of a unit, the oldest first, read as one: leaves are numbered over all of them (lib/evidence/FORMAT.md "Shards"), and a day's
// findings come from every log that holds some.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "collector/sequencer.h"
#include "store/ledger.h"

namespace fengsui::collector {

// A view; the sequencers must outlive it. One thread. Sizes are those of the moment of the call.
class History final : public store::LogReader {
 public:
  explicit History(std::vector<Sequencer*> books) : books_(std::move(books)) {}

  std::uint64_t size() const override;
  base::Result<std::vector<store::Entry>> entries(std::uint64_t from, std::uint64_t to) const override;
  base::Result<std::optional<store::Entry>> last_entry(const std::string& agent) const override;
  base::Result<std::vector<store::Entry>> entries_of_kind(const std::string& kind, base::UnixMs from,
                                                          base::UnixMs to) const override;
  base::Result<std::vector<store::StoredFinding>> findings(base::Day day, const store::FindingQuery& query) const override;
  base::Result<std::optional<store::StoredFinding>> finding(std::uint64_t index) const override;
  base::Result<std::vector<store::Rollup>> rollup(base::Day day) const override;

  // The log that holds the leaf, and its index there. Errc::not_found.
  base::Result<std::pair<Sequencer*, std::uint64_t>> locate(std::uint64_t number) const;
  // Number of the first leaf of one of the logs.
  std::uint64_t first_of(const Sequencer& book) const;
  const std::vector<Sequencer*>& books() const { return books_; }

 private:
  std::vector<Sequencer*> books_;
};

}  // namespace fengsui::collector
