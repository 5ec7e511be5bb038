// Detection: one place in a content where a detector found something.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fengsui::model {

enum class ValueState : std::uint8_t { clear, masked, unclear };
constexpr std::string_view id(ValueState state) {
  return state == ValueState::clear ? "clear" : state == ValueState::masked ? "masked" : "unclear";
}

struct Detection {
  std::string_view type;     // "citizen_id"; lives as long as the engine that made it
  std::uint64_t offset = 0;  // bytes from the start of the content
  std::uint32_t length = 0;  // bytes
  ValueState state = ValueState::clear;
  std::uint8_t confidence = 0;             // percent, at most 99
  std::string_view exact_match;            // the site's set of exact values that holds it, "" none; lives like type
  std::string_view allowed;                // what the site allows it by, "" nothing; lives like type
  std::vector<std::string_view> why;       // stable reason ids ("checksum", "context:身份证", "area:current" …)
};

}  // namespace fengsui::model
