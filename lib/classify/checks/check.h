// Validators: pure functions from a written value to a verdict, shared by every path that finds candidates (sieve, site
// rules, the reference engines of the benchmark). One file per family; registry.cpp lists them all.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "classify/tables.h"
#include "classify/types.h"
#include "model/detection.h"

namespace fengsui::classify {

// A sum without which a validator refuses the value. Reckoned once for all validators before any of them is asked.
enum class Sum : std::uint8_t { none, luhn, mod_11_2, uscc, org_code, vin };  // org_code: of the first nine characters
inline constexpr std::size_t kSums = 6;

// A candidate with its writing folded away: ASCII, capital letters, no separators.
struct Value {
  std::string_view text;
  std::span<const std::uint8_t> layout;  // lengths of its runs; one entry when written solid
  char separator = 0;                    // the one between its runs, '?' when they differ
  bool had_lower = false;
  bool masked = false;                   // holds mask signs ('*')
  std::uint8_t mask_count = 0;
  std::uint8_t right = 0;                // bit of each Sum that was found right already
  bool solid() const { return layout.size() == 1; }
  bool has(Sum sum) const { return (right >> static_cast<unsigned>(sum) & 1) != 0; }
};

// How much the validator proves by itself; the base of the confidence (detectors.md section 3).
enum class Strength : std::uint8_t { pattern, structure, checksum };

struct Verdict {
  Type type;
  Strength strength = Strength::structure;
  model::ValueState state = model::ValueState::clear;
  bool needs_context = false;  // without a word or column that names the type it is nothing
  bool weak_without = false;   // without one it is unclear
  std::uint64_t reasons = 0;
};

using CheckFn = std::optional<Verdict> (*)(const Value&, const Tables&);

// What the writing must be before the validator is asked. It refuses everything else by itself as well.
struct Check {
  std::uint8_t shortest, longest;  // characters
  std::string_view first;          // characters it may begin with
  bool digits;                     // nothing but digits
  CheckFn run;
  Sum sum = Sum::none;
  // Bit of the type of its verdicts, when they all need context and are nothing without.
  std::uint32_t only_named = 0;
};

// Every validator, in order of precedence among equals.
std::span<const Check> checks();

// people.cpp
std::optional<Verdict> check_citizen_id(const Value&, const Tables&);
std::optional<Verdict> check_citizen_id_15(const Value&, const Tables&);
std::optional<Verdict> check_foreign_residence(const Value&, const Tables&);
std::optional<Verdict> check_travel_permit(const Value&, const Tables&);
std::optional<Verdict> check_passport(const Value&, const Tables&);
std::optional<Verdict> check_social_security(const Value&, const Tables&);
// bodies.cpp
std::optional<Verdict> check_uscc(const Value&, const Tables&);
std::optional<Verdict> check_org_code(const Value&, const Tables&);
std::optional<Verdict> check_business_reg(const Value&, const Tables&);
std::optional<Verdict> check_medical_org(const Value&, const Tables&);
// cards.cpp
std::optional<Verdict> check_bank_card(const Value&, const Tables&);
std::optional<Verdict> check_imei(const Value&, const Tables&);
std::optional<Verdict> check_iccid(const Value&, const Tables&);
std::optional<Verdict> check_imsi(const Value&, const Tables&);
// phones.cpp
std::optional<Verdict> check_mobile(const Value&, const Tables&);
std::optional<Verdict> check_landline(const Value&, const Tables&);
// vehicles.cpp
std::optional<Verdict> check_vin(const Value&, const Tables&);
// masked.cpp: values with mask signs
std::optional<Verdict> check_masked(const Value&, const Tables&);

}  // namespace fengsui::classify
