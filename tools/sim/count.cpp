#include "tools/sim/count.h"

#include <vector>

#include "store/ledger.h"

namespace fengsui::sim {
namespace {

constexpr std::uint64_t kChunk = 5000;

}  // namespace

base::Result<Stored> count(const std::filesystem::path& folder,
                           const std::map<std::string, std::uint64_t>& acknowledged) {
  std::error_code ignored;
  if (!std::filesystem::exists(folder / "control.db", ignored))
    return base::fail(base::Errc::not_found, folder.string() + " holds no ledger");
  auto ledger = store::Ledger::open(folder);
  if (!ledger) return std::unexpected(ledger.error());
  auto units = (*ledger)->units();
  if (!units) return std::unexpected(units.error());
  Stored out;
  std::map<std::string, std::vector<bool>> seen;
  for (const auto& [unit, year] : *units) {
    auto log = (*ledger)->unit(unit, year);
    if (!log) return std::unexpected(log.error());
    std::uint64_t finding_leaves = 0, details = 0;
    const std::uint64_t size = (*log)->size();
    for (std::uint64_t at = 0; at < size; at += kChunk) {
      auto entries = (*log)->entries(at, std::min(at + kChunk, size));
      if (!entries) return std::unexpected(entries.error());
      for (const auto& entry : *entries) {
        finding_leaves += entry.kind == "find";
        if (!acknowledged.contains(entry.agent)) continue;
        auto& known = seen[entry.agent];
        if (known.size() <= entry.seq) known.resize(static_cast<std::size_t>(entry.seq) * 2 + 1);
        ++out.records;
        if (known[static_cast<std::size_t>(entry.seq)]) ++out.duplicates;
        known[static_cast<std::size_t>(entry.seq)] = true;
      }
    }
    auto days = (*log)->days();
    if (!days) return std::unexpected(days.error());
    for (const base::Day day : *days) {
      store::FindingQuery query;
      query.limit = kChunk;
      for (;;) {
        auto page = (*log)->findings(day, query);
        if (!page) return std::unexpected(page.error());
        if (page->empty()) break;
        for (const auto& finding : *page) details += finding.index < size && !finding.detail.empty();
        query.from_start = false;
        query.after_index = page->back().index;
      }
    }
    out.without_detail += finding_leaves > details ? finding_leaves - details : 0;
  }
  for (const auto& [agent, up_to] : acknowledged) {
    const auto& known = seen[agent];
    for (std::uint64_t seq = 1; seq <= up_to; ++seq)
      out.missing += known.size() <= seq || !known[static_cast<std::size_t>(seq)];
  }
  return out;
}

}  // namespace fengsui::sim
