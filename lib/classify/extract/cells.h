// Numbers of spreadsheet cells as a person sees them: whole numbers without an exponent, dates as dates.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fengsui::classify::extract {

std::string number_text(double value);
// Days since 1899-12-30 (or 1904-01-01) as "1990-03-07"; the number itself when it is no day of 1900 to 2999.
std::string date_text(double serial, bool from_1904 = false);
// ECMA-376 Part 1 18.8.30: the built-in formats that are dates, and codes with y, m and d outside quotes and brackets.
bool is_date_format(int number_format_id);
bool is_date_code(std::string_view code);
// "BC12" → 54; -1 when it is no reference.
int column_of(std::string_view reference);

}  // namespace fengsui::classify::extract
