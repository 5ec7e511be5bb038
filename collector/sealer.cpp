#include "collector/sealer.h"

#include <algorithm>

#include "base/encode.h"
#include "collector/outputs/ocsf_export.h"
#include "evidence/leaf.h"

namespace fengsui::collector {

namespace {

base::UnixMs end_of(base::Day day) { return base::start_of(base::next(day)); }

// Hex digest of the day's export, line by line: what the seal binds the details to.
base::Result<std::string> export_digest(const store::LogReader& log, base::Day day) {
  crypto::Hasher hasher;
  auto done = outputs::export_events(log, day, [&](const std::string& line) {
    hasher.update(base::view(line));
    hasher.update(base::view("\n"));
    return base::Status();
  });
  if (!done) return std::unexpected(done.error());
  return base::hex(hasher.finish());
}

}  // namespace

base::UnixMs Sealer::so_far(const std::string& unit, base::Day day) const {
  auto start = base::start_of(day), end = end_of(day);
  if (end <= centre_.now()) return end;
  auto horizon = watch_.horizon(unit, centre_.now());
  return std::max(start, horizon / 1000 * 1000);
}

base::Result<const std::vector<Sealed>*> Sealer::seals(const std::string& unit) {
  if (auto known = seals_.find(unit); known != seals_.end()) return &known->second;
  auto all = centre_.history(unit);
  if (!all) return std::unexpected(all.error());
  auto entries = all->entries_of_kind("seal", 0, INT64_MAX);
  if (!entries) return std::unexpected(entries.error());
  std::vector<Sealed> out;
  for (const auto& entry : *entries) {
    auto leaf = evidence::parse_leaf(entry.leaf);
    if (!leaf) return std::unexpected(leaf.error());
    auto seal = evidence::parse_seal(leaf->record.body);
    if (!seal) return std::unexpected(seal.error());
    out.push_back({entry.index, entry.rx, std::move(*seal)});
  }
  return &seals_.emplace(unit, std::move(out)).first->second;
}

base::Result<std::optional<Sealed>> Sealer::sealed(const std::string& unit, base::Day day) {
  auto known = seals(unit);
  if (!known) return std::unexpected(known.error());
  for (auto it = (*known)->rbegin(); it != (*known)->rend(); ++it)
    if (it->seal.day == day) return std::optional(*it);
  return std::optional<Sealed>();
}

base::Result<Sealed> Sealer::seal(const std::string& unit, base::Day day) {
  const Unit* known = centre_.roster().unit(unit);
  if (known == nullptr) return base::fail(base::Errc::not_found, "unit " + unit + " is not known");
  auto start = base::start_of(day), now = centre_.now();
  if (start > now) return base::fail(base::Errc::not_found, base::to_string(day) + " has not begun");
  if (day < base::day_of(known->created))
    return base::fail(base::Errc::not_found, unit + " was added after " + base::to_string(day));
  auto before = sealed(unit, day);
  if (!before) return std::unexpected(before.error());
  auto to = so_far(unit, day);
  if (*before && (*before)->seal.to >= to)
    return base::fail(base::Errc::conflict,
                      base::to_string(day) + " is sealed up to " + base::to_rfc3339((*before)->seal.to));
  if (auto flushed = ingest_.flush_all(); !flushed) return std::unexpected(flushed.error());
  auto all = centre_.history(unit);
  if (!all) return std::unexpected(all.error());
  if (all->books().empty()) return base::fail(base::Errc::unavailable, unit + " has no log");
  auto store = export_digest(*all, day);
  if (!store) return std::unexpected(store.error());
  auto facts = memory_.facts(unit, start);
  if (!facts) return std::unexpected(facts.error());
  const auto& log = all->books().back()->log();
  auto root = log.root_at((*facts)->leaves - (*facts)->first);
  if (!root) return std::unexpected(root.error());
  Sealed out;
  out.seal = evidence::make_seal(**facts, day, start, to, *root, *store);
  out.seal.final = to == end_of(day) && base::next(day).year > all->books().back()->year();
  auto note =
      evidence::sign_record("seal", evidence::to_json(out.seal), centre_.collector_name(), centre_.keys().collector());
  auto index = ingest_.append_now(unit, "seal", note);
  if (!index) {
    seals_.erase(unit);  // it may have been stored all the same
    return std::unexpected(index.error());
  }
  out.index = out.seal.first + *index;
  out.rx = now;
  seals_[unit].push_back(out);
  return out;
}

base::Status Sealer::tick() {
  auto now = centre_.now();
  auto due = base::day_of(now - centre_.config().evidence.seal_minutes * 60'000);  // days before it are due
  base::Status result;
  for (const auto& [unit, known] : centre_.roster().units()) {
    auto& done = done_until_[unit];
    auto day = done == base::Day() ? base::day_of(known.created) : base::next(done);
    for (; day < due; day = base::next(day)) {
      if (auto settled = year_change_.settle(unit); !settled) {
        result = settled;
        break;
      }
      auto sealed_now = seal(unit, day);
      if (!sealed_now && sealed_now.error().code != base::Errc::conflict) {
        result = std::unexpected(sealed_now.error());
        break;
      }
      done = day;
    }
    if (auto settled = year_change_.settle(unit); !settled) result = settled;
  }
  health_ = result ? "" : result.error().what;
  return result;
}

}  // namespace fengsui::collector
