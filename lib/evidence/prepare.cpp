#include "evidence/prepare.h"

#include <algorithm>

namespace fengsui::evidence {

namespace {
constexpr std::size_t kChunk = 64;  // leaves by call: a thread is woken for more than one of them

void in_chunks(const Parallel& parallel, std::size_t n, const std::function<void(std::size_t)>& one) {
  parallel((n + kChunk - 1) / kChunk, [&](std::size_t chunk) {
    for (auto i = chunk * kChunk; i < std::min(n, (chunk + 1) * kChunk); ++i) one(i);
  });
}

void remember(std::map<std::string, Vkey, std::less<>>& keys, std::string_view agent, std::string_view vkey) {
  if (auto key = parse_vkey(vkey)) keys.insert_or_assign(std::string(agent), std::move(*key));
}
}  // namespace

std::optional<Vkey> Preparer::expected(const ParsedLeaf& leaf) {
  const auto& body = leaf.record.body;
  auto agent = body.text("ag");
  if (leaf.kind == "enrol") remember(identities_, agent, body.text("ik"));
  if (leaf.kind != "boot" && leaf.kind != "hb" && leaf.kind != "find") return std::nullopt;
  const auto& keys = leaf.kind == "boot" ? identities_ : announced_;
  auto it = keys.find(agent);
  auto out = it == keys.end() ? std::nullopt : std::optional(it->second);
  if (leaf.kind != "find") remember(announced_, agent, body.text(leaf.kind == "boot" ? "e0" : "nx"));
  return out;
}

std::vector<Prepared> Preparer::prepare(std::span<const base::Bytes> leaves) {
  std::vector<Prepared> out(leaves.size());
  in_chunks(parallel_, leaves.size(), [&](std::size_t i) { out[i].leaf = parse_leaf(leaves[i]); });
  for (auto& one : out)
    if (one.leaf && one.leaf->known)
      if (auto key = expected(*one.leaf)) one.seen = Seen{std::move(*key), SignatureState::absent};
  in_chunks(parallel_, leaves.size(), [&](std::size_t i) {
    if (auto& seen = out[i].seen) seen->state = verify_note(out[i].leaf->record.note, seen->key).state;
  });
  return out;
}

}  // namespace fengsui::evidence
