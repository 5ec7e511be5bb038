#include "collector/memory.h"

#include <algorithm>

#include "evidence/replay.h"

namespace fengsui::collector {

namespace {
constexpr std::uint64_t kChunk = 2000;
constexpr int kDaysKept = 40;  // before the day that is asked for: a month's attestation and its days before
}  // namespace

struct Memory::Reading {
  Reading(evidence::Policy p, const std::string& unit, base::UnixMs from)
      : policy(std::move(p)), keep_from(from), replay(policy, unit, from) {}
  evidence::Policy policy;
  base::UnixMs keep_from;
  evidence::Replay replay;
  std::size_t log = 0;     // which of the unit's logs is being read
  std::uint64_t next = 0;  // leaf of it
  std::vector<std::unique_ptr<LogHashes>> trees;
};

Memory::Memory(Centre& centre) : centre_(centre) {}
Memory::~Memory() = default;

base::Result<Memory::Reading*> Memory::read(const std::string& unit, base::UnixMs at, std::uint64_t most) {
  if (auto known = centre_.speaks_of(unit, at); !known) return std::unexpected(known.error());
  auto all = centre_.history(unit);
  if (!all) return std::unexpected(all.error());
  auto& reading = readings_[unit];
  if (!reading || at < reading->keep_from) {
    auto policy = centre_.policy_of(unit);
    if (!policy) return std::unexpected(policy.error());
    auto day = base::day_of(at);
    reading = std::make_unique<Reading>(std::move(*policy), unit, base::start_of(base::plus_days(day, -kDaysKept)));
  }
  const auto& books = all->books();
  while (reading->log < books.size()) {
    const auto& log = books[reading->log]->log();
    while (reading->trees.size() <= reading->log)
      reading->trees.push_back(std::make_unique<LogHashes>(books[reading->trees.size()]->log()));
    std::uint64_t size = log.size();
    while (reading->next < size && most > 0) {
      auto entries = log.entries(reading->next, reading->next + std::min({kChunk, size - reading->next, most}));
      if (!entries) return std::unexpected(entries.error());
      if (entries->empty())
        return base::fail(base::Errc::unavailable,
                          "leaf " + std::to_string(reading->next) + " of " + unit + " is missing");
      for (const auto& entry : *entries) reading->replay.add(entry.leaf, reading->trees[reading->log].get());
      reading->next += entries->size();
      most -= entries->size();
    }
    if (reading->next < size || reading->log + 1 == books.size()) break;
    reading->replay.next_log({books[reading->log]->origin(), size, log.root()}, reading->trees[reading->log].get());
    ++reading->log;
    reading->next = 0;
  }
  return reading.get();
}

base::Result<const evidence::Facts*> Memory::facts(const std::string& unit, base::UnixMs at) {
  auto reading = read(unit, at);
  if (!reading) return std::unexpected(reading.error());
  return &(*reading)->replay.facts();
}

base::Status Memory::advance(std::uint64_t leaves) {
  for (const auto& [unit, _] : centre_.roster().units())
    if (auto reading = read(unit, base::start_of(base::day_of(centre_.now())), leaves); !reading)
      return std::unexpected(reading.error());
  return {};
}

base::Result<std::uint64_t> Memory::problems(const std::string& unit, base::UnixMs at) {
  auto reading = read(unit, at);
  if (!reading) return std::unexpected(reading.error());
  return (*reading)->replay.problem_count();
}

const evidence::Facts* Memory::known(const std::string& unit) const {
  auto it = readings_.find(unit);
  return it == readings_.end() || !it->second ? nullptr : &it->second->replay.facts();
}

base::Result<evidence::Replay> Memory::reader(const std::string& unit, base::UnixMs at) {
  auto reading = read(unit, at);
  if (!reading) return std::unexpected(reading.error());
  return (*reading)->replay;
}

std::uint64_t Memory::known_problems() const {
  std::uint64_t sum = 0;
  for (const auto& [_, reading] : readings_)
    if (reading) sum += reading->replay.problem_count();
  return sum;
}

}  // namespace fengsui::collector
