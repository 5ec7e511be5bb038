#include "capture/flow_table.h"

#include <boost/unordered/unordered_flat_set.hpp>
#include <cstring>
#include <tuple>

namespace fengsui::capture {
namespace {

std::uint64_t mix(std::uint64_t h, std::uint64_t v) {
  h ^= v;
  h *= 0x9e3779b97f4a7c15ull;
  return h ^ (h >> 29);
}

struct KeyHash {
  using is_transparent = void;
  std::uint64_t seed = 0;
  std::size_t operator()(const std::unique_ptr<Flow>& flow) const { return (*this)(flow->key); }
  std::size_t operator()(const FlowKey& key) const {
    std::uint64_t words[4];
    std::memcpy(words, key.low.data(), 16);
    std::memcpy(words + 2, key.high.data(), 16);
    std::uint64_t h = seed;
    for (const std::uint64_t word : words) h = mix(h, word);
    h = mix(h, (std::uint64_t{key.low_port} << 32) | (std::uint64_t{key.high_port} << 16) | key.protocol);
    return static_cast<std::size_t>(mix(h, key.v6));
  }
};

struct SameKey {
  using is_transparent = void;
  static const FlowKey& key(const FlowKey& k) { return k; }
  static const FlowKey& key(const std::unique_ptr<Flow>& flow) { return flow->key; }
  bool operator()(const auto& a, const auto& b) const { return key(a) == key(b); }
};

}  // namespace

struct FlowTable::Index {
  // The seed is the address of the table: an outsider cannot choose keys that collide.
  Index() : flows(16, KeyHash{reinterpret_cast<std::uintptr_t>(this)}) {}
  boost::unordered_flat_set<std::unique_ptr<Flow>, KeyHash, SameKey> flows;
};

FlowTable::FlowTable(std::size_t max_flows) : index_(std::make_unique<Index>()), max_flows_(max_flows == 0 ? 1 : max_flows) {}
FlowTable::~FlowTable() = default;

Flow* FlowTable::find(const FlowKey& key) {
  const auto at = index_->flows.find(key);
  return at == index_->flows.end() ? nullptr : at->get();
}

Flow& FlowTable::create(const FlowKey& key) {
  auto flow = std::make_unique<Flow>();
  flow->key = key;
  Flow& out = *flow;
  index_->flows.insert(std::move(flow));
  link(out);
  return out;
}

void FlowTable::remove(Flow& flow) {
  unlink(flow);
  index_->flows.erase(index_->flows.find(flow.key));
}

void FlowTable::touch(Flow& flow) {
  if (list_of(flow).newest == &flow) return;
  unlink(flow);
  link(flow);
}

void FlowTable::rank(Flow& flow, Rank to) {
  if (flow.rank == to || flow.rank == Rank::closing) return;
  unlink(flow);
  flow.rank = to;
  link(flow);
}

std::uint64_t FlowTable::hash(const FlowKey& key) const { return index_->flows.hash_function()(key); }
bool FlowTable::full() const { return index_->flows.size() >= max_flows_; }
std::size_t FlowTable::size() const { return index_->flows.size(); }

Flow* FlowTable::least() const {
  if (Flow* closing = oldest(Rank::closing)) return closing;
  const auto& plain = lists_[static_cast<std::size_t>(Rank::plain)];
  Flow* read = oldest(Rank::read);
  return plain.oldest != nullptr && (read == nullptr || plain.size >= max_flows_ / 4) ? plain.oldest : read;
}

void FlowTable::link(Flow& flow) {
  List& list = list_of(flow);
  flow.newer = nullptr;
  flow.older = list.newest;
  if (list.newest != nullptr) list.newest->newer = &flow;
  list.newest = &flow;
  if (list.oldest == nullptr) list.oldest = &flow;
  ++list.size;
}

void FlowTable::unlink(Flow& flow) {
  List& list = list_of(flow);
  (flow.newer != nullptr ? flow.newer->older : list.newest) = flow.older;
  (flow.older != nullptr ? flow.older->newer : list.oldest) = flow.newer;
  flow.newer = flow.older = nullptr;
  --list.size;
}

FlowKey key_of(const Segment& s, bool& source_is_low) {
  FlowKey key;
  key.protocol = s.protocol;
  key.v6 = s.source.v6;
  source_is_low = std::tie(s.source.bytes, s.source_port) <= std::tie(s.destination.bytes, s.destination_port);
  key.low = source_is_low ? s.source.bytes : s.destination.bytes;
  key.high = source_is_low ? s.destination.bytes : s.source.bytes;
  key.low_port = source_is_low ? s.source_port : s.destination_port;
  key.high_port = source_is_low ? s.destination_port : s.source_port;
  return key;
}

}  // namespace fengsui::capture
