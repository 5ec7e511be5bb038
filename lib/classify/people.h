// How many different values of the types that stand for a person there were. In memory only; what leaves is a number.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "classify/distinct.h"
#include "classify/types.h"

namespace fengsui::classify {

// Types of which one person has one or few.
constexpr bool stands_for_a_person(Type type) {
  switch (type) {
    case Type::citizen_id:
    case Type::citizen_id_15:
    case Type::foreign_residence:
    case Type::travel_permit:
    case Type::passport:
    case Type::mobile:
    case Type::bank_card:
    case Type::social_security:
    case Type::email:
    case Type::person_name: return true;
    default: return false;
  }
}

// One thread. A sketch of 4 KiB per type that occurs.
class People {
 public:
  explicit People(std::uint64_t seed) : seed_(seed) {}
  // `value` in its normal form (normal_value).
  void add(Type type, std::string_view value) {
    auto& sketch = sketches_[static_cast<std::size_t>(type)];
    if (!sketch) sketch = std::make_unique<Distinct<4096>>();
    sketch->add(mixed(base::view(value), seed_));
  }
  std::uint64_t distinct(Type type) const {
    const auto& sketch = sketches_[static_cast<std::size_t>(type)];
    return sketch ? sketch->estimate() : 0;
  }
  void forget() { sketches_ = {}; }
  std::uint64_t seed() const { return seed_; }

 private:
  std::uint64_t seed_;
  std::array<std::unique_ptr<Distinct<4096>>, kTypes> sketches_;
};

}  // namespace fengsui::classify
