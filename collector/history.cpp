#include "collector/history.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace fengsui::collector {

std::uint64_t History::size() const {
  std::uint64_t sum = 0;
  for (const auto* book : books_) sum += book->log().size();
  return sum;
}

std::uint64_t History::first_of(const Sequencer& book) const {
  std::uint64_t first = 0;
  for (const auto* one : books_) {
    if (one == &book) return first;
    first += one->log().size();
  }
  return first;
}

base::Result<std::pair<Sequencer*, std::uint64_t>> History::locate(std::uint64_t number) const {
  auto local = number;
  for (auto* book : books_) {
    auto size = book->log().size();
    if (local < size) return std::pair(book, local);
    local -= size;
  }
  return base::fail(base::Errc::not_found, "leaf " + std::to_string(number) + " of " + std::to_string(size()));
}

base::Result<std::vector<store::Entry>> History::entries(std::uint64_t from, std::uint64_t to) const {
  std::vector<store::Entry> out;
  std::uint64_t first = 0;
  for (const auto* book : books_) {
    auto end = first + book->log().size();
    auto a = std::max(from, first), b = std::min(to, end);
    if (a < b) {
      auto part = book->log().entries(a - first, b - first);
      if (!part) return part;
      for (auto& entry : *part) {
        entry.index += first;
        out.push_back(std::move(entry));
      }
    }
    first = end;
  }
  return out;
}

base::Result<std::optional<store::Entry>> History::last_entry(const std::string& agent) const {
  for (auto book = books_.rbegin(); book != books_.rend(); ++book) {
    auto entry = (*book)->log().last_entry(agent);
    if (!entry) return entry;
    if (!*entry) continue;
    (*entry)->index += first_of(**book);
    return entry;
  }
  return std::optional<store::Entry>();
}

base::Result<std::vector<store::Entry>> History::entries_of_kind(const std::string& kind, base::UnixMs from,
                                                                 base::UnixMs to) const {
  std::vector<store::Entry> out;
  std::uint64_t first = 0;
  for (const auto* book : books_) {
    auto part = book->log().entries_of_kind(kind, from, to);
    if (!part) return part;
    for (auto& entry : *part) {
      entry.index += first;
      out.push_back(std::move(entry));
    }
    first += book->log().size();
  }
  return out;
}

base::Result<std::vector<store::StoredFinding>> History::findings(base::Day day, const store::FindingQuery& query) const {
  std::vector<store::StoredFinding> out;
  std::uint64_t first = 0;
  for (const auto* book : books_) {
    auto end = first + book->log().size();
    store::FindingQuery part = query;
    part.limit = query.limit - out.size();
    bool after_all = !query.from_start && query.after_index + 1 >= end;
    if (!query.from_start && query.after_index >= first) {
      part.after_index = query.after_index - first;
    } else if (!query.from_start) {
      part.from_start = true;
      part.after_index = 0;
    }
    if (!after_all && part.limit != 0) {
      auto found = book->log().findings(day, part);
      if (!found) return found;
      for (auto& finding : *found) {
        finding.index += first;
        out.push_back(std::move(finding));
      }
    }
    first = end;
  }
  return out;
}

base::Result<std::optional<store::StoredFinding>> History::finding(std::uint64_t index) const {
  auto place = locate(index);
  if (!place && place.error().code == base::Errc::not_found) return std::optional<store::StoredFinding>();
  if (!place) return std::unexpected(place.error());
  auto found = place->first->log().finding(place->second);
  if (found && *found) (*found)->index = index;
  return found;
}

base::Result<std::vector<store::Rollup>> History::rollup(base::Day day) const {
  std::map<std::tuple<int, std::string, std::uint8_t, std::uint8_t>, std::uint64_t> sums;
  for (const auto* book : books_) {
    auto part = book->log().rollup(day);
    if (!part) return part;
    for (const auto& row : *part) sums[{row.hour, row.rule, row.severity, row.stage}] += row.count;
  }
  std::vector<store::Rollup> out;
  for (const auto& [key, count] : sums)
    out.push_back({std::get<0>(key), std::get<1>(key), std::get<2>(key), std::get<3>(key), count});
  return out;
}

}  // namespace fengsui::collector
