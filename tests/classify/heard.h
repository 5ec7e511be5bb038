// What an extraction said, as text: a member as [name] … [/], a part as (name) … (/), and what was not read as {why}.
#pragma once

#include <string>
#include <vector>

#include "classify/extractor.h"

namespace fengsui::classify::test {

class Heard final : public Extracted {
 public:
  void begin(std::string_view name, Bond bond) override {
    bonds_.push_back(bond);
    all += (bond == Bond::part ? "(" : "[") + std::string(name) + (bond == Bond::part ? ")" : "]");
  }
  void text(base::View bytes) override { all += base::text(bytes); }
  void end() override {
    all += bonds_.empty() ? "{end without begin}" : bonds_.back() == Bond::part ? "(/)" : "[/]";
    if (!bonds_.empty()) bonds_.pop_back();
  }
  void missed(Missed why, Format what) override { all += "{" + std::string(id(what)) + ": " + words(why, {}) + "}"; }

  std::string all;
  bool open() const { return !bonds_.empty(); }

 private:
  std::vector<Bond> bonds_;
};

inline std::string heard(Extractor& extractor, base::View object, const ExamineLimits& limits = {}) {
  Heard out;
  extractor.extract(object, limits, out);
  return out.all + (out.open() ? "{left open}" : "");
}

}  // namespace fengsui::classify::test
