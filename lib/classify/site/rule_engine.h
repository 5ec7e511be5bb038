// Literals of all rules in one search, and the expression of one rule in a window: Vectorscan behind it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace fengsui::classify {

// One rule in one encoding, or in both when they write it alike.
struct RuleForm {
  std::string expression;             // over bytes
  std::vector<std::string> literals;  // one of them is in every match
  bool caseless = false;
};

// Immutable, shared by threads; each thread brings a Scratch of its own.
class RuleEngine {
 public:
  class Scratch;
  struct Cost {
    std::size_t database = 0;  // bytes of the form's automaton
    unsigned shortest = 0, longest = 0;  // bytes of a match; kUnbounded
  };
  static constexpr unsigned kUnbounded = 0xFFFFFFFF;
  static constexpr std::size_t kMaxDatabase = 1u << 20;

  // Errc::unavailable when this build has no Vectorscan.
  static base::Result<std::unique_ptr<RuleEngine>> make();
  ~RuleEngine();

  // The index of the form. Errc::usage with what Vectorscan says against it; limit for an automaton above kMaxDatabase.
  base::Result<std::size_t> add(const RuleForm& form);
  // After the last add, before the first search.
  base::Status seal();
  Cost cost(std::size_t form) const;

  std::unique_ptr<Scratch> scratch() const;
  struct Found {
    std::size_t form;
    std::uint32_t start, end;  // of the literal in the bytes
  };
  // Every literal in the bytes, by end, then by form. `out` is overwritten.
  void literals(Scratch& scratch, base::View bytes, std::vector<Found>& out) const;
  // The longest match of the form that holds [from, to) of the bytes; the first of equals.
  std::optional<std::pair<std::uint32_t, std::uint32_t>> match(Scratch& scratch, std::size_t form, base::View bytes, std::uint32_t from,
                                                               std::uint32_t to) const;

 private:
  struct State;
  explicit RuleEngine(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

class RuleEngine::Scratch {
 public:
  ~Scratch();

 private:
  friend class RuleEngine;
  explicit Scratch(void* memory) : memory_(memory) {}
  void* memory_;
};

}  // namespace fengsui::classify
