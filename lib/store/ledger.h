// The collector's ledger: what makes "acknowledged" mean "committed, and inside a signed checkpoint".
// Layout (docs/decisions): one log database per unit and year (entries, complete tree nodes, checkpoint), one detail
// database per unit and day beside it, one control database for the collector. Details commit first, then leaves: a
// crash between the two leaves a detail without a leaf, which the retry overwrites; never a leaf without its detail.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "crypto/hash.h"

namespace fengsui::store {

// A leaf to append, with what the store needs to know of it. The store never parses the leaf.
struct NewEntry {
  std::string agent;           // "" for leaves the collector or an operator makes
  std::uint64_t seq = 0;       // of the agent; 0 when agent is ""
  std::string kind;            // "find", "hb", "seal" …
  base::UnixMs rx = 0;         // receipt time in the leaf header
  base::UnixMs time = 0;       // the record's own time: which day its detail belongs to
  base::Bytes leaf;            // exact bytes, at most 65535
  crypto::Digest leaf_hash{};  // SHA-256(0x00 ‖ leaf)
  // Of a finding, for the daily log and its rollup; "" otherwise.
  std::array<std::uint8_t, 32> salt{};
  std::string detail;  // OCSF JSON line
  std::string rule;
  std::uint8_t severity = 0;  // 1..5
  std::uint8_t stage = 0;     // 1..6
};

struct Entry {
  std::uint64_t index = 0;
  std::string agent, kind;
  std::uint64_t seq = 0;
  base::UnixMs rx = 0, time = 0;
  base::Bytes leaf;
  crypto::Digest leaf_hash{};
};

struct Checkpoint {
  std::uint64_t size = 0;
  crypto::Digest root{};
  std::string note;  // whole signed checkpoint
};

struct StoredFinding {
  std::uint64_t index = 0;  // of its leaf
  std::string agent;
  std::uint64_t seq = 0;
  base::UnixMs time = 0, rx = 0;
  std::string rule;
  std::uint8_t severity = 0, stage = 0;
  std::array<std::uint8_t, 32> salt{};
  std::string detail;
};

struct Rollup {  // one row per (day, hour, rule, severity, stage)
  int hour = 0;
  std::string rule;
  std::uint8_t severity = 0, stage = 0;
  std::uint64_t count = 0;
};

struct FindingQuery {
  std::string rule, agent;  // "" any
  std::uint8_t min_severity = 0, stage = 0;
  std::uint64_t after_index = 0;  // cursor: indices > this; entries are in index order
  bool from_start = true;         // true ignores after_index
  std::size_t limit = 100;
};

// Reading a log, or several of them one after another (collector/history.h).
class LogReader {
 public:
  virtual ~LogReader() = default;
  virtual std::uint64_t size() const = 0;                                                            // leaves committed
  virtual base::Result<std::vector<Entry>> entries(std::uint64_t from, std::uint64_t to) const = 0;  // [from, to)
  virtual base::Result<std::optional<Entry>> last_entry(const std::string& agent) const = 0;
  // By the record's own time, [from, to), in index order.
  virtual base::Result<std::vector<Entry>> entries_of_kind(const std::string& kind, base::UnixMs from,
                                                           base::UnixMs to) const = 0;
  virtual base::Result<std::vector<StoredFinding>> findings(base::Day day, const FindingQuery& query) const = 0;
  virtual base::Result<std::optional<StoredFinding>> finding(std::uint64_t index) const = 0;
  virtual base::Result<std::vector<Rollup>> rollup(base::Day day) const = 0;
};

// The log of one unit for one year. One writer thread; readers may be other threads with their own instance.
class UnitLog : public LogReader {
 public:
  // Atomic and durable when it returns: all of the batch or nothing. Entries whose (agent, seq) exists already are
  // skipped; `appended` in the result counts the others. Errc::full, io; limit, usage or mismatch (leaf_hash is
  // checked) for an entry that cannot be stored.
  struct Appended {
    std::uint64_t first_index = 0;
    std::size_t appended = 0, duplicates = 0;
  };
  virtual base::Result<Appended> append(const std::vector<NewEntry>& batch) = 0;

  virtual crypto::Digest root() const = 0;  // of all leaves, from stored nodes, O(log n)
  virtual base::Result<crypto::Digest> root_at(std::uint64_t size) const = 0;
  // Hash of the complete subtree (level, index): level 0 is a leaf hash. Errc::not_found.
  virtual base::Result<crypto::Digest> node(unsigned level, std::uint64_t index) const = 0;
  virtual std::uint64_t last_seq(const std::string& agent) const = 0;  // 0 when none

  // Compare-and-swap: Errc::conflict unless the stored checkpoint has size `expected` (0 = none) and next is not
  // smaller, Errc::mismatch when next.root is not the root at its size, not_found beyond the end. Durable.
  virtual base::Status put_checkpoint(std::uint64_t expected, const Checkpoint& next) = 0;
  virtual std::optional<Checkpoint> checkpoint() const = 0;               // newest
  virtual base::Result<std::vector<Checkpoint>> checkpoints() const = 0;  // all kept, oldest first
  virtual base::Result<std::vector<base::Day>> days() const = 0;          // that have details
};

// The control database: everything that is not in a log. Small; one writer. Values are opaque to the store.
class Control {
 public:
  virtual ~Control() = default;
  // A table of named JSON documents: ("agent", "510903-edu/db01") → {...}. Durable when it returns.
  virtual base::Status put(const std::string& table, const std::string& key, const std::string& json) = 0;
  // Errc::exists when the key is there: for one-time use.
  virtual base::Status insert(const std::string& table, const std::string& key, const std::string& json) = 0;
  virtual base::Result<std::optional<std::string>> get(const std::string& table, const std::string& key) const = 0;
  virtual base::Result<std::vector<std::pair<std::string, std::string>>> list(const std::string& table) const = 0;
  // Atomic: the document must equal `expected` now, else Errc::conflict.
  virtual base::Status swap(const std::string& table, const std::string& key, const std::string& expected,
                            const std::string& next) = 0;
};

// The folder of a collector's data. Opens and creates the databases in it.
class Ledger {
 public:
  static base::Result<std::unique_ptr<Ledger>> open(const std::filesystem::path& folder);
  virtual ~Ledger() = default;
  // Created when missing. The pointer stays valid as long as the ledger. Errc::mismatch when the log is behind, or
  // contradicts, a checkpoint that was stored (an older copy was put back); Errc::usage when the name cannot be a
  // folder's.
  virtual base::Result<UnitLog*> unit(const std::string& unit, int year) = 0;
  virtual base::Result<std::vector<std::pair<std::string, int>>> units() const = 0;
  virtual Control& control() = 0;
};

}  // namespace fengsui::store
