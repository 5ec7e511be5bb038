// UnitLog over SQLite: log.db (entries, complete tree nodes, checkpoints) and days/YYYY-MM-DD.db. Internal to
// lib/store.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "evidence/merkle.h"
#include "store/day_file.h"
#include "store/ledger.h"
#include "store/sqlite.h"

namespace fengsui::store {

// The newest checkpoint of a log, kept a second time outside the log's own folder: a log folder put back from an older
// copy is then noticed. Durable when it returns.
struct Mark {
  std::function<base::Status(const Checkpoint&)> put;
  std::optional<Checkpoint> last;  // as of opening
};

class SqliteUnitLog final : public UnitLog {
 public:
  // Errc::mismatch when the entries are behind a checkpoint that was signed, or give another root for it.
  static base::Result<std::unique_ptr<SqliteUnitLog>> open(const std::filesystem::path& folder, Mark mark);

  base::Result<Appended> append(const std::vector<NewEntry>& batch) override;
  std::uint64_t size() const override;
  crypto::Digest root() const override;
  base::Result<crypto::Digest> root_at(std::uint64_t size) const override;
  base::Result<crypto::Digest> node(unsigned level, std::uint64_t index) const override;
  base::Result<std::vector<Entry>> entries(std::uint64_t from, std::uint64_t to) const override;
  std::uint64_t last_seq(const std::string& agent) const override;
  base::Result<std::optional<Entry>> last_entry(const std::string& agent) const override;
  base::Result<std::vector<Entry>> entries_of_kind(const std::string& kind, base::UnixMs from,
                                                   base::UnixMs to) const override;
  base::Status put_checkpoint(std::uint64_t expected, const Checkpoint& next) override;
  std::optional<Checkpoint> checkpoint() const override;
  base::Result<std::vector<Checkpoint>> checkpoints() const override;
  base::Result<std::vector<StoredFinding>> findings(base::Day day, const FindingQuery& query) const override;
  base::Result<std::optional<StoredFinding>> finding(std::uint64_t index) const override;
  base::Result<std::vector<Rollup>> rollup(base::Day day) const override;
  base::Result<std::vector<base::Day>> days() const override;

 private:
  SqliteUnitLog(std::filesystem::path folder, std::unique_ptr<Database> db, Mark mark)
      : folder_(std::move(folder)), db_(std::move(db)), mark_(std::move(mark)) {}

  base::Status prepare();
  base::Status check_marks() const;
  base::Status check(const NewEntry& entry) const;
  base::Status check_mark(const Checkpoint& mark, const char* where) const;
  base::Result<std::vector<const NewEntry*>> new_ones(const std::vector<NewEntry>& batch) const;
  base::Status remove_orphans() const;
  base::Status write_details(const std::vector<const NewEntry*>& fresh);
  base::Result<evidence::CompactRange> write_leaves(const std::vector<const NewEntry*>& fresh);
  base::Result<std::int64_t> name_id(const std::string& name, bool create) const;
  base::Result<std::uint64_t> committed_size() const;
  base::Status refresh() const;             // edge_ from the file, when another connection has appended
  base::Result<Checkpoint> newest() const;  // size 0 and an empty note when there is none
  base::Result<DayFile*> day_file(base::Day day, bool create) const;
  // nullptr when the day has neither a file nor a finding in the log.
  base::Result<DayFile*> whole_day(base::Day day) const;
  std::filesystem::path day_path(base::Day day) const;

  std::filesystem::path folder_;
  std::unique_ptr<Database> db_;
  Mark mark_;
  mutable Statement insert_, insert_node_, size_row_, node_row_, leaf_row_, range_, exists_, last_seq_row_, last_row_,
      day_count_, kind_rows_, get_name_, put_name_, put_checkpoint_, newest_, all_checkpoints_;
  mutable std::map<std::string, std::int64_t, std::less<>> names_;  // at most kMaxNames, then asked each time
  mutable evidence::CompactRange edge_;                             // of the leaves committed, as last seen
  mutable std::vector<std::pair<base::Day, std::unique_ptr<DayFile>>>
      open_days_;  // most recent last, at most kOpenDays
  bool orphans_possible_ = true;
};

}  // namespace fengsui::store
