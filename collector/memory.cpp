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
  std::uint64_t next = 0;
};

Memory::Memory(Centre& centre) : centre_(centre) {}
Memory::~Memory() = default;

base::Result<Memory::Reading*> Memory::read(const std::string& unit, base::UnixMs at, std::uint64_t most) {
  auto book = centre_.book(unit, at);
  if (!book) return std::unexpected(book.error());
  auto key = std::pair(unit, (*book)->year());
  auto& reading = readings_[key];
  if (!reading || at < reading->keep_from) {
    auto day = base::day_of(at);
    reading = std::make_unique<Reading>(centre_.policy(**book), unit, base::start_of(base::plus_days(day, -kDaysKept)));
  }
  LogHashes hashes((*book)->log());
  std::uint64_t size = (*book)->log().size();
  if (size - reading->next > most) size = reading->next + most;
  while (reading->next < size) {
    auto entries = (*book)->log().entries(reading->next, std::min(reading->next + kChunk, size));
    if (!entries) return std::unexpected(entries.error());
    if (entries->empty())
      return base::fail(base::Errc::unavailable,
                        "leaf " + std::to_string(reading->next) + " of " + unit + " is missing");
    for (const auto& entry : *entries) reading->replay.add(entry.leaf, &hashes);
    reading->next += entries->size();
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

const evidence::Facts* Memory::known(const std::string& unit, int year) const {
  auto it = readings_.find({unit, year});
  return it == readings_.end() || !it->second ? nullptr : &it->second->replay.facts();
}

std::uint64_t Memory::known_problems() const {
  std::uint64_t sum = 0;
  for (const auto& [_, reading] : readings_)
    if (reading) sum += reading->replay.problem_count();
  return sum;
}

}  // namespace fengsui::collector
