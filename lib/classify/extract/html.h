// HTML as a person reads it.
#pragma once

#include <string>
#include <string_view>

namespace fengsui::classify::extract {

// Tags fall away, blocks and rows become lines, cells tabs; entities are resolved. Scripts and styles are not text; the
// values of form fields are. Never fails: HTML has no errors.
std::string html_text(std::string_view html);
// What a person does not see and a value may be in: scripts, and attributes with six digits or more. One a line.
std::string html_rest(std::string_view html);
// Of <meta charset=…> or http-equiv within the first bytes; "" unknown.
std::string html_charset(std::string_view html);

}  // namespace fengsui::classify::extract
