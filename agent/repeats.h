// The same finding again and again is one finding with a count.
#pragma once

#include <cstdint>
#include <list>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "model/finding.h"

namespace fengsui::agent {

// Remembers findings by id for a while. Bounded: the oldest is forgotten first, and then counted. One thread.
class Repeats {
 public:
  Repeats(std::int64_t window_ms, std::size_t max_remembered)
      : window_ms_(window_ms), max_remembered_(max_remembered) {}

  // True: new, or not seen within the window: report it. False: counted with the one reported before.
  bool offer(const model::Finding& finding, base::UnixMs now);
  // Findings whose window ended and that were repeated meanwhile, as one update each: last_seen and
  // unmapped.fengsui.repeats say how often and until when.
  std::vector<model::Finding> expire(base::UnixMs now);

  // What survives a restart: for each, 16 bytes of the id and 8 of the time since when (big endian). A restored finding
  // is counted as before, but makes no update at the end of its window: its words are not kept.
  base::Bytes save() const;
  // Bytes of another length or bound than save() makes are ignored: then findings are reported once more, none is lost.
  void restore(base::View saved);

  std::uint64_t repeated() const { return repeated_; }
  std::uint64_t forgotten() const { return forgotten_; }  // by the bound, with their counts
  std::size_t size() const { return order_.size(); }

 private:
  struct Entry {
    model::Finding finding;
    base::UnixMs since = 0;
    std::int64_t repeats = 0;
    bool restored = false;
  };
  std::int64_t window_ms_;
  std::size_t max_remembered_;
  std::list<Entry> order_;  // oldest first
  std::unordered_map<std::string, std::list<Entry>::iterator> by_id_;
  std::uint64_t repeated_ = 0, forgotten_ = 0;
};

}  // namespace fengsui::agent
