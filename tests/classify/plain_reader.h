// A second, slow reading of the rules of detectors.md section 1 for the five first types in plain ASCII text, written
// without the engine: character by character, sums from the standards' own words. The engine must agree with it.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace fengsui::classify::test {

struct Found {
  std::string type;
  std::size_t start, end;
  auto operator<=>(const Found&) const = default;
};

// Clear findings of citizen_id, mobile, bank_card, uscc and email among the given areas and prefixes. Only solid
// writing; `text` must hold no words that speak for or against a type.
class PlainReader {
 public:
  PlainReader(std::set<std::string> areas, std::set<std::pair<std::string, std::size_t>> bins)
      : areas_(std::move(areas)), bins_(std::move(bins)) {}
  std::vector<Found> read(std::string_view text) const;

 private:
  bool citizen(std::string_view s) const;
  bool card(std::string_view s) const;
  bool credit(std::string_view s) const;
  static bool mobile(std::string_view s);

  std::set<std::string> areas_;
  std::set<std::pair<std::string, std::size_t>> bins_;
};

}  // namespace fengsui::classify::test
