// Check characters and calendar dates: pure functions over normalised text (ASCII digits and capital letters).
// Each answers false, or nullopt, when a character is outside its alphabet or the length is wrong.
#pragma once

#include <string_view>

namespace fengsui::classify::sums {

bool digits(std::string_view text);                    // all of [0-9], not empty
unsigned number(std::string_view text);                // of at most nine digits
bool mod_11_2(std::string_view text);                  // ISO 7064 MOD 11-2, last character is the check (GB 11643: 18)
char mod_11_2_check(std::string_view first17);
bool uscc(std::string_view text);                      // GB 32100-2015, 18 characters, outer check only
bool org_code(std::string_view text);                  // GB 11714, 8 + check, 9 characters without the dash
bool luhn(std::string_view text);                      // ISO/IEC 7812 annex B
bool mod_11_10(std::string_view text);                 // ISO 7064 MOD 11,10, last digit is the check (GS15-2006: 15)
bool icao_731(std::string_view text);                  // ICAO 9303 7-3-1, last digit is the check
bool vin(std::string_view text);                       // GB 16735 / ISO 3779, 17 characters, position 9 is the check
// YYYYMMDD, a real day of the calendar, from 1850 on and not after `latest` (YYYYMMDD as a number).
bool birth_date(std::string_view text, unsigned latest);
// YYMMDD of the twentieth century.
bool short_birth_date(std::string_view text);

}  // namespace fengsui::classify::sums
