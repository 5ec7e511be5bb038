// What one cell of a table could be by itself, without any context: the question that column mode asks of every cell.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "classify/scan.h"

namespace fengsui::classify {

// The detectors' types, and a date of birth, which is nothing outside a column of that name.
inline constexpr std::size_t kCellTypes = type_of("birth_date") ? kTypes : kTypes + 1;
inline constexpr std::size_t kBirthDate = type_of("birth_date") ? static_cast<std::size_t>(*type_of("birth_date")) : kTypes;
static_assert(kCellTypes <= 32);
constexpr std::string_view cell_type_id(std::size_t type) { return type < kTypes ? kTypeIds[type] : "birth_date"; }

// Sets of types as bits.
struct CellTypes {
  std::uint32_t clear = 0, masked = 0;
  std::uint32_t shape = 0;    // written like one, whatever its check says
  std::uint32_t weak = 0;     // of clear and masked: those that only a context would make certain
  std::uint32_t pattern = 0;  // of clear: those that prove nothing by themselves
  bool recoverable = false;   // masked, yet no more than kMaskedFits values fit
  bool recoverable_by_birth = false;  // the same for who knows the date of birth, as from another column
};

inline constexpr std::uint64_t kMaskedFits = 100;  // values that may fit a mask for it to be called weak [default]

CellTypes cell_types(const Engine::State& engine, base::View cell);

// How many values of the type fit what a masked text shows ('*' for each hidden character), at most 10^12; 0 when the
// type has no such count or nothing fits.
// `birth_known`: the date of birth of a citizen number is known from elsewhere.
std::uint64_t values_that_fit(Type type, std::string_view masked, const Tables& tables, bool birth_known = false);

// Whether a column of that name holds dates of birth.
bool names_birth_date(std::string_view utf8_name);

}  // namespace fengsui::classify
