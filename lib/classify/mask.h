// Masked samples, the only form in which a value leaves this room.
#pragma once

#include <string>
#include <string_view>

namespace fengsui::classify {

// At most `head` (3) first and `tail` (2) last characters of `value` (UTF-8 or any bytes), the rest as '*', and never
// more than half of it. At most 40 characters long.
std::string masked_sample(std::string_view value, unsigned head = 3, unsigned tail = 2);

}  // namespace fengsui::classify
