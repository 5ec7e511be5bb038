// The Merkle tree of RFC 6962 / RFC 9162 over SHA-256: roots, proofs, and what to store for an append-only log.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "crypto/hash.h"

namespace fengsui::evidence {

using crypto::Digest;

Digest leaf_hash(base::View leaf);                              // SHA-256(0x00 ‖ leaf)
Digest node_hash(const Digest& left, const Digest& right);      // SHA-256(0x01 ‖ left ‖ right)
Digest empty_root();                                            // SHA-256("")

// Stored hashes of complete subtrees: (level, index) covers leaves [index·2^level, (index+1)·2^level).
class HashReader {
 public:
  virtual ~HashReader() = default;
  // Errc::not_found when the subtree is not complete or not stored.
  virtual base::Result<Digest> node(unsigned level, std::uint64_t index) const = 0;
};

struct TreeNode {
  unsigned level = 0;
  std::uint64_t index = 0;
  Digest hash{};
};

// All functions below pass on the reader's errors and cost O(log size) reads.
base::Result<Digest> tree_root(const HashReader& reader, std::uint64_t size);
// RFC 9162 2.1.3.1. Errc::usage unless index < size.
base::Result<std::vector<Digest>> inclusion_proof(const HashReader& reader, std::uint64_t index, std::uint64_t size);
// RFC 9162 2.1.4.1. Errc::usage unless old_size <= size. Empty for old_size 0 or size.
base::Result<std::vector<Digest>> consistency_proof(const HashReader& reader, std::uint64_t old_size, std::uint64_t size);

// Errc::mismatch when the proof does not show it.
base::Status verify_inclusion(std::uint64_t index, std::uint64_t size, const Digest& leaf, const std::vector<Digest>& proof, const Digest& root);
// old_size 0 is an error: nothing can be shown about an empty tree.
base::Status verify_consistency(std::uint64_t old_size, std::uint64_t size, const Digest& old_root, const Digest& root, const std::vector<Digest>& proof);

// True when the tree of `size` leaves with `root` had `old_root` at `old_size`, shown with nodes of a reader that nobody need trust. An empty
// old tree has the empty root.
bool has_prefix(const HashReader& nodes, std::uint64_t size, const Digest& root, std::uint64_t old_size, const Digest& old_root);

// The right edge of a growing tree. push() gives exactly the nodes that became complete and must be stored, the leaf first.
// One thread. Memory: one digest per level.
class CompactRange {
 public:
  CompactRange() = default;
  // The edge of an existing log of `size` leaves, from its stored nodes.
  static base::Result<CompactRange> load(const HashReader& reader, std::uint64_t size);

  void push(const Digest& leaf, std::vector<TreeNode>& complete);
  std::uint64_t size() const { return size_; }
  Digest root() const;

 private:
  std::uint64_t size_ = 0;
  std::vector<Digest> edge_;  // roots of the complete subtrees of size_'s binary digits, largest first
};

// All complete nodes in memory: for verification and tests. 64 bytes per leaf.
class MemoryTree : public HashReader {
 public:
  // A tree of which the first `from` leaves are known by their root alone: the complete subtrees that make it up come from `nodes` and must
  // give that root. Nodes inside them other than those are not found. Errc::mismatch, and the reader's errors.
  static base::Result<MemoryTree> continued(const HashReader& nodes, std::uint64_t from, const Digest& root);

  void push(const Digest& leaf);
  std::uint64_t size() const { return size_; }
  base::Result<Digest> node(unsigned level, std::uint64_t index) const override;
  base::Result<Digest> root(std::uint64_t size) const { return tree_root(*this, size); }

 private:
  std::uint64_t size_ = 0, from_ = 0;
  CompactRange edge_;
  std::vector<TreeNode> complete_;             // of the last push
  std::vector<std::vector<Digest>> levels_;    // level l holds nodes from index from_ >> l on
  std::vector<TreeNode> known_;                // the subtrees of the first from_ leaves
};

}  // namespace fengsui::evidence
