#include "capture/fragment.h"

#include <algorithm>
#include <tuple>

namespace fengsui::capture {
namespace {

constexpr base::UnixMs kFragmentTimeoutMs = 30'000;  // Linux ipfrag_time
constexpr std::uint32_t kMaxDatagram = 65535;
constexpr std::size_t kMaxParts = 8192;  // the most that 8-byte fragments of one datagram can be

}  // namespace

bool FragmentKeyLess::operator()(const FragmentKey& a, const FragmentKey& b) const {
  return std::tie(a.id, a.protocol, a.source.v6, a.source.bytes, a.destination.bytes) <
         std::tie(b.id, b.protocol, b.source.v6, b.source.bytes, b.destination.bytes);
}

void FragmentTable::insert(Pending& pending, std::uint32_t offset, base::View bytes) {
  bool overlapped = false;
  while (!bytes.empty()) {
    auto next = pending.parts.upper_bound(offset);
    if (next != pending.parts.begin()) {
      auto& [start, part] = *std::prev(next);
      const std::uint32_t end = start + static_cast<std::uint32_t>(part.size());
      if (end > offset) {
        const std::size_t same = std::min<std::size_t>(end - offset, bytes.size());
        overlapped = overlapped || !std::equal(bytes.begin(), bytes.begin() + same, part.begin() + (offset - start));
        offset += static_cast<std::uint32_t>(same);
        bytes = bytes.subspan(same);
        continue;
      }
    }
    std::size_t room = bytes.size();
    if (next != pending.parts.end()) room = std::min<std::size_t>(room, next->first - offset);
    pending.parts.emplace_hint(next, offset, base::to_bytes(bytes.first(room)));
    pending.have += static_cast<std::uint32_t>(room);
    offset += static_cast<std::uint32_t>(room);
    bytes = bytes.subspan(room);
  }
  if (!overlapped) return;
  pending.differs = true;
  tally_.add(Count::fragment_overlap);
}

bool FragmentTable::add(const Fragment& fragment, Datagram& done) {
  tally_.add(Count::fragments);
  const std::uint64_t end = std::uint64_t{fragment.offset} + fragment.payload.size();
  if (end > kMaxDatagram || fragment.payload.empty() || (fragment.more && fragment.payload.size() % 8 != 0)) {
    tally_.add(Count::fragment_bad);
    return false;
  }
  auto [at, fresh] = table_.try_emplace(fragment.key);
  Pending& pending = at->second;
  if (fresh) {
    pending.first = fragment.time;
    bytes_ += cost(pending);
  }
  if (pending.parts.size() >= kMaxParts || bytes_ + fragment.payload.size() + 96 > max_bytes_) {
    tally_.add(Count::fragment_limit);
    bytes_ -= cost(pending);
    table_.erase(at);
    return false;
  }
  bytes_ -= cost(pending);
  pending.packets += 1;
  pending.ip_bytes += fragment.ip_bytes;
  if (fragment.offset == 0 || pending.protocol == 0) pending.protocol = fragment.protocol;
  const bool contradicts = pending.total != 0 && (end > pending.total || (!fragment.more && end != pending.total));
  if (contradicts) {
    tally_.add(Count::fragment_bad);
  } else {
    if (!fragment.more) pending.total = static_cast<std::uint32_t>(end);
    insert(pending, fragment.offset, fragment.payload);
  }
  bytes_ += cost(pending);
  const bool whole = pending.total != 0 && pending.have >= pending.total;
  if (whole) {
    done = take(at);
    tally_.add(Count::fragments_joined);
  }
  return whole;
}

Datagram FragmentTable::take(Table::iterator at) {
  Pending& pending = at->second;
  Datagram out;
  out.key = at->first;
  out.protocol = pending.protocol;
  out.packets = pending.packets;
  out.ip_bytes = pending.ip_bytes;
  out.time = pending.first;
  out.differs = pending.differs;
  for (auto& [offset, part] : pending.parts) {
    if (offset != out.payload.size()) break;
    base::append(out.payload, base::View(part));
  }
  const auto have = static_cast<std::uint32_t>(out.payload.size());
  out.whole = pending.total != 0 && have >= pending.total;
  if (pending.total > have) out.missing = pending.total - have;
  bytes_ -= cost(pending);
  table_.erase(at);
  return out;
}

bool FragmentTable::expire(base::UnixMs now, bool everything, Datagram& unfinished) {
  for (auto at = table_.begin(); at != table_.end(); ++at) {
    if (!everything && now - at->second.first < kFragmentTimeoutMs) continue;
    tally_.add(Count::fragment_expired);
    unfinished = take(at);
    return true;
  }
  return false;
}

}  // namespace fengsui::capture
