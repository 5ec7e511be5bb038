// The agent's spool: records wait here until the collector has acknowledged them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "crypto/hash.h"
#include "evidence/record.h"

namespace fengsui::store {

struct SpoolLimits {
  std::uint64_t max_bytes = 512u << 20;  // of records; more than this and new findings are refused and counted
};

// Durable when append() returns (SQLite, WAL, synchronous=FULL). Records come back in order of seq. One thread.
// Order: append(n) is durable before append(n+1) begins. The last seq and digest survive even when every record was
// acknowledged and removed, so a chain can continue.
class Spool {
 public:
  // Creates or opens. Errc::malformed when the file is not a spool (it is left as it is), io/full/denied.
  static base::Result<std::unique_ptr<Spool>> open(const std::filesystem::path& file, const SpoolLimits& limits = {});
  virtual ~Spool() = default;

  // Errc::full at the bound or on a full disk: nothing was stored; the caller counts it with count_lost().
  virtual base::Status append(const std::vector<evidence::Record>& records, const crypto::Digest& last_digest) = 0;
  virtual base::Result<std::vector<evidence::Record>> read(std::uint64_t from_seq, std::size_t max_records,
                                                           std::size_t max_bytes) = 0;
  // Removes records with seq <= up_to.
  virtual base::Status acknowledge(std::uint64_t up_to) = 0;

  virtual std::uint64_t last_seq() const = 0;  // 0 when never used
  virtual crypto::Digest last_digest() const = 0;
  virtual std::uint64_t acknowledged() const = 0;  // highest acknowledged seq
  virtual std::uint64_t queued() const = 0;
  virtual std::uint64_t queued_bytes() const = 0;
  virtual base::Status count_lost(std::uint64_t n) = 0;  // durable where the disk allows it, kept in memory otherwise
  virtual std::uint64_t lost() const = 0;                // since the spool was made
  // Small durable values beside the records (beacon, enrolment). Errc::not_found when absent.
  virtual base::Status put(const std::string& key, base::View value) = 0;
  virtual base::Result<base::Bytes> get(const std::string& key) = 0;
};

}  // namespace fengsui::store
