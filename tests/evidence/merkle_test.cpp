#include "evidence/merkle.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "base/encode.h"
#include "evidence/leaf.h"
#include "shared_data.h"

namespace fengsui::evidence {
namespace {

Digest leaf(int i) { return leaf_hash(base::view("leaf " + std::to_string(i))); }

// RFC 6962 section 2.1 written down as it stands: the second implementation.
Digest mth(const std::vector<Digest>& d, std::size_t low, std::size_t high) {
  if (low == high) return empty_root();
  if (high - low == 1) return d[low];
  std::size_t k = 1;
  while (k * 2 < high - low) k *= 2;
  return node_hash(mth(d, low, low + k), mth(d, low + k, high));
}

std::vector<Digest> proof_of(const boost::json::value& v, bool& sound) {
  std::vector<Digest> out;
  if (!v.is_array()) return out;
  for (const auto& item : v.as_array()) {
    auto d = parse_digest(std::string_view(item.as_string()));
    if (!d) sound = false;
    else out.push_back(*d);
  }
  return out;
}
// A root that is not 32 bytes can equal no root: the vectors call such cases errors or "do not care".
Digest root_of(const boost::json::value& v, bool& sound) {
  auto d = v.is_string() ? parse_digest(std::string_view(v.as_string())) : base::Result<Digest>(base::fail(base::Errc::malformed, ""));
  if (!d) sound = false;
  return d.value_or(Digest{});
}

TEST(Merkle, EveryPublicInclusionCaseIsAnsweredAsItsAuthorsSay) {
  NEEDS_LOG_VECTORS();
  int cases = 0;
  for (const auto& f : std::filesystem::recursive_directory_iterator(log_vectors() / "merkle/testdata/inclusion")) {
    if (f.path().extension() != ".json") continue;
    auto j = boost::json::parse(slurp(f.path()));
    bool sound = true;
    auto root = root_of(j.at("root"), sound);
    auto leaf_digest = root_of(j.at("leafHash"), sound);
    auto proof = proof_of(j.at("proof"), sound);
    bool ok = sound && verify_inclusion(j.at("leafIdx").to_number<std::uint64_t>(), j.at("treeSize").to_number<std::uint64_t>(), leaf_digest, proof, root).has_value();
    EXPECT_EQ(ok, !j.at("wantErr").as_bool()) << f.path();
    ++cases;
  }
  EXPECT_GT(cases, 90);
}

TEST(Merkle, EveryPublicConsistencyCaseIsAnsweredAsItsAuthorsSay) {
  NEEDS_LOG_VECTORS();
  int cases = 0;
  for (const auto& f : std::filesystem::recursive_directory_iterator(log_vectors() / "merkle/testdata/consistency")) {
    if (f.path().extension() != ".json") continue;
    auto j = boost::json::parse(slurp(f.path()));
    bool sound = true, roots_sound = true;
    auto a = root_of(j.at("root1"), roots_sound), b = root_of(j.at("root2"), roots_sound);
    auto proof = proof_of(j.at("proof"), sound);
    bool same_text = j.at("root1") == j.at("root2");
    bool ok = sound && (roots_sound || same_text) &&
              verify_consistency(j.at("size1").to_number<std::uint64_t>(), j.at("size2").to_number<std::uint64_t>(), a, b, proof).has_value();
    EXPECT_EQ(ok, !j.at("wantErr").as_bool()) << f.path();
    ++cases;
  }
  EXPECT_GT(cases, 90);
}

TEST(Merkle, RootsAndProofsAgreeWithTheDefinitionForEverySmallSize) {
  std::vector<Digest> leaves;
  MemoryTree tree;
  CompactRange range;
  std::vector<TreeNode> nodes;
  for (int n = 0; n <= 70; ++n) {
    auto size = static_cast<std::uint64_t>(n);
    auto root = mth(leaves, 0, leaves.size());
    ASSERT_EQ(*tree.root(size), root) << n;
    ASSERT_EQ(range.root(), root) << n;
    ASSERT_EQ(CompactRange::load(tree, size)->root(), root) << n;
    for (std::uint64_t i = 0; i < size; ++i) {
      auto proof = inclusion_proof(tree, i, size);
      ASSERT_TRUE(proof);
      ASSERT_TRUE(verify_inclusion(i, size, leaves[i], *proof, root)) << i << "/" << n;
    }
    for (std::uint64_t old = 1; old <= size; ++old) {
      auto proof = consistency_proof(tree, old, size);
      ASSERT_TRUE(proof);
      ASSERT_TRUE(verify_consistency(old, size, mth(leaves, 0, old), root, *proof)) << old << "/" << n;
      if (old < size) {
        ASSERT_FALSE(verify_consistency(old, size, mth(leaves, 0, old - 1), root, *proof));
      }
    }
    leaves.push_back(leaf(n));
    tree.push(leaves.back());
    range.push(leaves.back(), nodes);
  }
  // Every complete node exactly once, and equal to the tree's.
  for (const auto& node : nodes) EXPECT_EQ(*tree.node(node.level, node.index), node.hash);
  EXPECT_EQ(nodes.size(), 71u + 35 + 17 + 8 + 4 + 2 + 1);
}

TEST(Merkle, AMissingNodeIsAnErrorAndNotAnotherRoot) {
  MemoryTree tree;
  for (int i = 0; i < 5; ++i) tree.push(leaf(i));
  EXPECT_EQ(tree.root(6).error().code, base::Errc::not_found);
  EXPECT_EQ(inclusion_proof(tree, 5, 5).error().code, base::Errc::usage);
  EXPECT_EQ(consistency_proof(tree, 6, 5).error().code, base::Errc::usage);
}

}  // namespace
}  // namespace fengsui::evidence
