#include "capture/sources/memory.h"

#include <utility>

namespace fengsui::capture {

base::Result<Next> MemorySource::next(Packet& out) {
  if (at_ == packets_.size()) return Next::end;
  const Stored& stored = packets_[at_++];
  out.time_ns = stored.time_ns;
  out.bytes = stored.bytes;
  out.original_length = stored.original_length != 0 ? stored.original_length : static_cast<std::uint32_t>(stored.bytes.size());
  out.link_type = stored.link_type;
  counters_.rx += 1;
  counters_.bytes += stored.bytes.size();
  return Next::packet;
}

model::SourceCounters MemorySource::take_counters() { return std::exchange(counters_, {}); }

}  // namespace fengsui::capture
