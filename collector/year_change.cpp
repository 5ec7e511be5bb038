#include "collector/year_change.h"

#include <fmt/format.h>

#include "base/encode.h"
#include "base/fd.h"
#include "evidence/leaf.h"
#include "evidence/seal.h"
#include "evidence/shard.h"

namespace fengsui::collector {

std::filesystem::path state_path(const Centre& centre, const std::string& unit, int year) {
  return centre.folder() / "published" / fmt::format("{}-{}.state", unit, year);
}

base::Status YearChange::settle() {
  base::Status result;
  for (const auto& [unit, _] : centre_.roster().units())
    if (auto done = settle(unit); !done) result = done;
  return result;
}

base::Status YearChange::settle(const std::string& unit) {
  auto all = centre_.history(unit);
  if (!all) return std::unexpected(all.error());
  if (all->books().empty() || !all->books().back()->closed()) return {};
  Sequencer& old = *all->books().back();
  auto last = old.log().entries(old.log().size() - 1, old.log().size());
  if (!last) return std::unexpected(last.error());
  auto leaf = evidence::parse_leaf(last->front().leaf);
  if (!leaf) return std::unexpected(leaf.error());
  auto seal = evidence::parse_seal(leaf->record.body);
  if (!seal) return std::unexpected(seal.error());
  if (auto covered = old.checkpoint(centre_.now()); !covered) return covered;

  LogHashes hashes(old.log());
  evidence::Shard shard{old.origin(), old.log().size(), old.log().root(), old.newest().note, all->size(), seal->to, ""};
  auto reader = memory_.reader(unit, seal->to);
  if (!reader) return std::unexpected(reader.error());
  if (reader->facts().leaves != shard.first)
    return base::fail(base::Errc::unavailable, fmt::format("of the {} leaves of {} only {} could be read", shard.first, unit,
                                                           reader->facts().leaves));
  reader->next_log({shard.origin, shard.size, shard.root}, &hashes);
  auto state = reader->state(shard.cut);
  shard.state = base::hex(crypto::sha256(base::view(state)));
  int year = base::day_of(seal->to).year;
  // The state first: a shard leaf whose state nobody has could not be followed.
  if (auto kept = base::write_file_durable(state_path(centre_, unit, year), base::view(state), 0640); !kept) return kept;
  auto next = centre_.make_log(unit, year);
  if (!next) return std::unexpected(next.error());
  if ((*next)->log().size() != 0) return {};
  auto note =
      evidence::sign_record("shard", evidence::to_json(shard), centre_.collector_name(), centre_.keys().collector());
  auto begun = (*next)->append_now("shard", note, centre_.now());
  if (!begun) {
    (*next)->discard();
    return std::unexpected(begun.error());
  }
  return centre_.record("collector", "log_handed_over", fmt::format("{} to {}", old.origin(), (*next)->origin()));
}

}  // namespace fengsui::collector
