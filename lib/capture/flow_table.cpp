#include "capture/flow_table.h"

#include <boost/unordered/unordered_flat_map.hpp>
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
  std::uint64_t seed = 0;
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

}  // namespace

struct FlowTable::Index {
  // The seed is the address of the table: an outsider cannot choose keys that collide.
  Index() : map(16, KeyHash{reinterpret_cast<std::uintptr_t>(this)}) {}
  boost::unordered_flat_map<FlowKey, std::unique_ptr<Flow>, KeyHash> map;
};

FlowTable::FlowTable(std::size_t max_flows) : index_(std::make_unique<Index>()), max_flows_(max_flows == 0 ? 1 : max_flows) {}
FlowTable::~FlowTable() = default;

Flow* FlowTable::find(const FlowKey& key) {
  const auto at = index_->map.find(key);
  return at == index_->map.end() ? nullptr : at->second.get();
}

Flow& FlowTable::create(const FlowKey& key) {
  auto flow = std::make_unique<Flow>();
  flow->key = key;
  Flow& out = *flow;
  index_->map.insert_or_assign(key, std::move(flow));
  link(active_, out);
  return out;
}

void FlowTable::remove(Flow& flow) {
  unlink(flow.closing ? closing_ : active_, flow);
  const FlowKey key = flow.key;
  index_->map.erase(key);
}

void FlowTable::touch(Flow& flow) {
  List& list = flow.closing ? closing_ : active_;
  if (list.newest == &flow) return;
  unlink(list, flow);
  link(list, flow);
}

void FlowTable::close(Flow& flow) {
  if (flow.closing) return;
  unlink(active_, flow);
  flow.closing = true;
  link(closing_, flow);
}

bool FlowTable::full() const { return index_->map.size() >= max_flows_; }
std::size_t FlowTable::size() const { return index_->map.size(); }

void FlowTable::link(List& list, Flow& flow) {
  flow.newer = nullptr;
  flow.older = list.newest;
  if (list.newest != nullptr) list.newest->newer = &flow;
  list.newest = &flow;
  if (list.oldest == nullptr) list.oldest = &flow;
}

void FlowTable::unlink(List& list, Flow& flow) {
  (flow.newer != nullptr ? flow.newer->older : list.newest) = flow.older;
  (flow.older != nullptr ? flow.older->newer : list.oldest) = flow.newer;
  flow.newer = flow.older = nullptr;
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
