// Joins IP fragments (RFC 791 section 3.2, RFC 8200 section 4.5) within a bound on memory.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "capture/segment.h"
#include "capture/tally.h"

namespace fengsui::capture {

struct FragmentKey {
  Address source, destination;
  std::uint32_t id = 0;
  std::uint8_t protocol = 0;  // 0 for IPv6: its fragments are told apart by addresses and id alone
};
struct FragmentKeyLess {
  bool operator()(const FragmentKey& a, const FragmentKey& b) const;
};

struct Fragment {
  FragmentKey key;
  std::uint8_t protocol = 0;     // of the payload (the first fragment's counts)
  std::uint32_t offset = 0;      // bytes
  bool more = false;
  base::View payload;
  std::uint32_t ip_bytes = 0;
  base::UnixMs time = 0;
};

// A datagram that is whole, or, when `missing` is set, the contiguous beginning of one that never became whole.
struct Datagram {
  FragmentKey key;
  std::uint8_t protocol = 0;
  base::Bytes payload;
  std::uint32_t missing = 0;  // bytes after the payload that are not there
  bool whole = true;
  bool differs = false;       // fragments overlapped with different bytes: a Linux receiver drops it (RFC 5722)
  std::uint32_t packets = 0;
  std::uint32_t ip_bytes = 0;
  base::UnixMs time = 0;
};

// Where fragments overlap the bytes that came first stay; a differing overlap is counted. One thread.
class FragmentTable {
 public:
  FragmentTable(std::size_t max_bytes, Tally& tally) : max_bytes_(max_bytes), tally_(tally) {}

  // True when `done` is now a whole datagram.
  bool add(const Fragment& fragment, Datagram& done);
  // Takes out one datagram older than the limit of 30 s at `now` (all of them with `everything`); false when there is none.
  bool expire(base::UnixMs now, bool everything, Datagram& unfinished);
  bool empty() const { return table_.empty(); }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Pending {
    std::map<std::uint32_t, base::Bytes> parts;  // disjoint, by offset
    std::uint32_t total = 0;                     // 0 until the last fragment came
    std::uint32_t have = 0;
    std::uint8_t protocol = 0;
    std::uint32_t packets = 0;
    std::uint32_t ip_bytes = 0;
    base::UnixMs first = 0;
    bool differs = false;
  };
  using Table = std::map<FragmentKey, Pending, FragmentKeyLess>;

  void insert(Pending& pending, std::uint32_t offset, base::View bytes);
  Datagram take(Table::iterator at);
  static std::size_t cost(const Pending& pending) { return pending.have + pending.parts.size() * 96 + 128; }

  std::size_t max_bytes_;
  Tally& tally_;
  Table table_;
  std::size_t bytes_ = 0;
};

}  // namespace fengsui::capture
