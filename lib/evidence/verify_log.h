// One log of a bundle, hashed again leaf by leaf. The verifier's reading of files, and a mirror's of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "evidence/checkpoint.h"
#include "evidence/merkle.h"
#include "evidence/zip.h"
#include "model/stage.h"

namespace fengsui::evidence {

inline constexpr std::uint64_t kMaxVerifiedLeaves = 16u << 20;

// Hashes out of a bundle's tiles. Nobody need trust them: what is shown with them is shown against a root.
class TileFiles : public HashReader {
 public:
  // The tiles under `folder` ("" or "shards/2026/") of a log of `size` leaves. `files` must outlive this.
  TileFiles(const Files& files, std::string folder, std::uint64_t size) : files_(files), folder_(std::move(folder)), size_(size) {}
  base::Result<Digest> node(unsigned level, std::uint64_t index) const override;

 private:
  const Files& files_;
  std::string folder_;
  std::uint64_t size_;
};

struct BundleLog {
  std::string folder;       // "" for the newest, "shards/2026/" for an earlier one
  Checkpoint at;            // signed, and checked as such
  std::uint64_t first = 0;  // number of its first leaf over all logs of the unit
  std::uint64_t from = 0;   // leaves below were read on an earlier visit, whose root is in `seen`
  Digest seen{};
  MemoryTree tree;
  std::vector<base::Bytes> leaves;  // [from, from + leaves.size())
  std::uint64_t read() const { return from + leaves.size(); }
  std::string day_of(std::uint64_t index) const;  // of the receipt of the leaf or the one before it
};

// What is wrong, at which leaf of this log; -1 when that cannot be told.
using LogFault = std::function<void(std::int64_t index, std::string zh, std::string en)>;
// V6: entries → leaf hashes → tree; hashes of the bundle are compared, never used. False when the leaves that are there fit every tile and
// yet give another root: the caller can narrow that down with checkpoints.
bool read_bundle_log(const Files& files, BundleLog& log, const LogFault& fault);

}  // namespace fengsui::evidence
