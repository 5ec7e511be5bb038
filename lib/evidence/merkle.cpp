#include "evidence/merkle.h"

#include <bit>

namespace fengsui::evidence {

namespace {
using base::Errc;
using base::fail;

// Root of leaves [low, high), high > low, where low is a multiple of the smallest power of two >= high - low.
base::Result<Digest> range_root(const HashReader& reader, std::uint64_t low, std::uint64_t high) {
  std::uint64_t n = high - low;
  if (std::has_single_bit(n)) {
    auto level = static_cast<unsigned>(std::countr_zero(n));
    return reader.node(level, low >> level);
  }
  std::uint64_t k = std::bit_floor(n);
  auto left = range_root(reader, low, low + k);
  if (!left) return left;
  auto right = range_root(reader, low + k, high);
  if (!right) return right;
  return node_hash(*left, *right);
}

// Largest power of two smaller than n (n > 1).
std::uint64_t split(std::uint64_t n) { return std::bit_floor(n - 1); }

std::unexpected<base::Error> wrong(const char* what) { return fail(Errc::mismatch, what); }
}  // namespace

Digest leaf_hash(base::View leaf) {
  const std::uint8_t prefix = 0;
  return crypto::sha256({base::View(&prefix, 1), leaf});
}
Digest node_hash(const Digest& left, const Digest& right) {
  const std::uint8_t prefix = 1;
  return crypto::sha256({base::View(&prefix, 1), left, right});
}
Digest empty_root() { return crypto::sha256(base::View{}); }

base::Result<Digest> tree_root(const HashReader& reader, std::uint64_t size) {
  if (size == 0) return empty_root();
  return range_root(reader, 0, size);
}

base::Result<std::vector<Digest>> inclusion_proof(const HashReader& reader, std::uint64_t index, std::uint64_t size) {
  if (index >= size) return fail(Errc::usage, "inclusion proof of leaf " + std::to_string(index) + " in a tree of " + std::to_string(size));
  std::vector<Digest> down;
  std::uint64_t low = 0, high = size;
  while (high - low > 1) {
    std::uint64_t middle = low + split(high - low);
    auto sibling = index < middle ? range_root(reader, middle, high) : range_root(reader, low, middle);
    if (!sibling) return std::unexpected(sibling.error());
    down.push_back(*sibling);
    (index < middle ? high : low) = middle;
  }
  return std::vector<Digest>(down.rbegin(), down.rend());
}

base::Result<std::vector<Digest>> consistency_proof(const HashReader& reader, std::uint64_t old_size, std::uint64_t size) {
  if (old_size > size) return fail(Errc::usage, "consistency proof from " + std::to_string(old_size) + " to the smaller size " + std::to_string(size));
  if (old_size == 0 || old_size == size) return std::vector<Digest>{};
  std::vector<Digest> down;
  std::uint64_t low = 0, high = size;
  bool whole = true;  // the old tree is a complete subtree that the verifier already knows
  while (old_size != high) {
    std::uint64_t middle = low + split(high - low);
    bool left = old_size <= middle;
    auto sibling = left ? range_root(reader, middle, high) : range_root(reader, low, middle);
    if (!sibling) return std::unexpected(sibling.error());
    down.push_back(*sibling);
    if (left) {
      high = middle;
    } else {
      low = middle;
      whole = false;
    }
  }
  if (!whole) {
    auto last = range_root(reader, low, high);
    if (!last) return std::unexpected(last.error());
    down.push_back(*last);
  }
  return std::vector<Digest>(down.rbegin(), down.rend());
}

// RFC 9162 section 2.1.3.2.
base::Status verify_inclusion(std::uint64_t index, std::uint64_t size, const Digest& leaf, const std::vector<Digest>& proof, const Digest& root) {
  if (index >= size) return wrong("inclusion: the index is not inside the tree");
  std::uint64_t fn = index, sn = size - 1;
  Digest r = leaf;
  for (const auto& p : proof) {
    if (sn == 0) return wrong("inclusion: the proof is too long");
    if ((fn & 1) != 0 || fn == sn) {
      r = node_hash(p, r);
      while ((fn & 1) == 0 && fn != 0) {
        fn >>= 1;
        sn >>= 1;
      }
    } else {
      r = node_hash(r, p);
    }
    fn >>= 1;
    sn >>= 1;
  }
  if (sn != 0) return wrong("inclusion: the proof is too short");
  if (r != root) return wrong("inclusion: the proof leads to another root");
  return {};
}

// RFC 9162 section 2.1.4.2.
base::Status verify_consistency(std::uint64_t old_size, std::uint64_t size, const Digest& old_root, const Digest& root, const std::vector<Digest>& proof) {
  if (old_size > size) return wrong("consistency: the older tree is larger");
  if (old_size == 0) return wrong("consistency: nothing can be shown about an empty tree");
  if (old_size == size) {
    if (!proof.empty()) return wrong("consistency: a proof where none is needed");
    if (old_root != root) return wrong("consistency: equal sizes with different roots");
    return {};
  }
  if (proof.empty()) return wrong("consistency: the proof is empty");
  std::uint64_t fn = old_size - 1, sn = size - 1;
  while ((fn & 1) != 0) {
    fn >>= 1;
    sn >>= 1;
  }
  std::size_t at = 0;
  Digest fr, sr;
  if (std::has_single_bit(old_size)) {
    fr = sr = old_root;
  } else {
    fr = sr = proof[at++];
  }
  for (; at < proof.size(); ++at) {
    if (sn == 0) return wrong("consistency: the proof is too long");
    const auto& c = proof[at];
    if ((fn & 1) != 0 || fn == sn) {
      fr = node_hash(c, fr);
      sr = node_hash(c, sr);
      while ((fn & 1) == 0 && fn != 0) {
        fn >>= 1;
        sn >>= 1;
      }
    } else {
      sr = node_hash(sr, c);
    }
    fn >>= 1;
    sn >>= 1;
  }
  if (sn != 0) return wrong("consistency: the proof is too short");
  if (fr != old_root) return wrong("consistency: the proof does not start at the older root");
  if (sr != root) return wrong("consistency: the proof does not lead to the newer root");
  return {};
}

bool has_prefix(const HashReader& nodes, std::uint64_t size, const Digest& root, std::uint64_t old_size, const Digest& old_root) {
  if (old_size == 0) return old_root == empty_root();
  if (old_size >= size) return old_size == size && old_root == root;
  auto proof = consistency_proof(nodes, old_size, size);
  return proof && verify_consistency(old_size, size, old_root, root, *proof);
}

base::Result<CompactRange> CompactRange::load(const HashReader& reader, std::uint64_t size) {
  CompactRange out;
  std::uint64_t low = 0;
  while (low < size) {
    std::uint64_t k = std::bit_floor(size - low);
    auto level = static_cast<unsigned>(std::countr_zero(k));
    auto hash = reader.node(level, low >> level);
    if (!hash) return std::unexpected(hash.error());
    out.edge_.push_back(*hash);
    low += k;
  }
  out.size_ = size;
  return out;
}

void CompactRange::push(const Digest& leaf, std::vector<TreeNode>& complete) {
  Digest hash = leaf;
  complete.push_back({0, size_, hash});
  unsigned level = 0;
  for (std::uint64_t n = size_; (n & 1) != 0; n >>= 1) {
    hash = node_hash(edge_.back(), hash);
    edge_.pop_back();
    ++level;
    complete.push_back({level, n >> 1, hash});
  }
  edge_.push_back(hash);
  ++size_;
}

Digest CompactRange::root() const {
  if (edge_.empty()) return empty_root();
  Digest hash = edge_.back();
  for (std::size_t i = edge_.size() - 1; i-- > 0;) hash = node_hash(edge_[i], hash);
  return hash;
}

base::Result<MemoryTree> MemoryTree::continued(const HashReader& nodes, std::uint64_t from, const Digest& root) {
  auto edge = CompactRange::load(nodes, from);
  if (!edge) return std::unexpected(edge.error());
  if (edge->root() != root) return fail(Errc::mismatch, "the hashes of the first " + std::to_string(from) + " leaves give another root");
  MemoryTree out;
  std::uint64_t low = 0;
  while (low < from) {
    auto level = static_cast<unsigned>(std::bit_width(from - low) - 1);
    auto hash = nodes.node(level, low >> level);
    if (!hash) return std::unexpected(hash.error());
    out.known_.push_back({level, low >> level, *hash});
    low += std::uint64_t{1} << level;
  }
  out.edge_ = std::move(*edge);
  out.size_ = out.from_ = from;
  return out;
}

void MemoryTree::push(const Digest& leaf) {
  complete_.clear();
  edge_.push(leaf, complete_);
  for (const auto& [level, index, hash] : complete_) {
    if (levels_.size() == level) levels_.emplace_back();
    levels_[level].push_back(hash);
  }
  ++size_;
}

base::Result<Digest> MemoryTree::node(unsigned level, std::uint64_t index) const {
  auto first = level < 64 ? from_ >> level : 0;
  if (level < levels_.size() && index >= first && index - first < levels_[level].size()) return levels_[level][index - first];
  for (const auto& known : known_)
    if (known.level == level && known.index == index) return known.hash;
  return fail(Errc::not_found, "node " + std::to_string(level) + "/" + std::to_string(index) + " is not in the tree");
}

}  // namespace fengsui::evidence
