// The details of one unit and day: finding rows, their OCSF lines and the rollup. Internal to lib/store.
// Rows carry the index of their leaf. A row whose index is not below the log's size has no leaf (the append stopped
// between the two commits): readers do not see it, and the next append removes it before it can use that index.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "store/ledger.h"
#include "store/sqlite.h"

namespace fengsui::store {

// One connection to one day. One thread.
class DayFile {
 public:
  static base::Result<std::unique_ptr<DayFile>> open(const std::filesystem::path& file, bool create);

  struct Row {
    std::uint64_t index = 0;
    const NewEntry* entry = nullptr;  // outlives the call
  };
  // All rows and their rollup in one durable transaction.
  base::Status add(const std::vector<Row>& rows);
  // Removes rows with index >= size and takes them out of the rollup; durable. Does nothing when there are none.
  base::Status remove_from(std::uint64_t size);

  // Below `size` only: leaves committed.
  base::Result<std::uint64_t> count(std::uint64_t size);  // of the rows below `size`
  base::Result<std::vector<StoredFinding>> findings(const FindingQuery& query, std::uint64_t size);
  base::Result<std::optional<StoredFinding>> finding(std::uint64_t index, std::uint64_t size);
  base::Result<std::vector<Rollup>> rollup(std::uint64_t size);

 private:
  explicit DayFile(std::unique_ptr<Database> db) : db_(std::move(db)) {}
  base::Status prepare();

  std::unique_ptr<Database> db_;
  Statement insert_, detail_, count_, orphan_, uncount_, remove_detail_, remove_, drop_empty_, find_, get_, rollup_,
      size_;
};

}  // namespace fengsui::store
