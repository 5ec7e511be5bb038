// The words of an SQL text: for the files of SQL reading only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "capture/protocols/sql.h"

namespace fengsui::capture {

struct SqlToken {
  enum class Type : std::uint8_t { word, name, literal, symbol };  // name: a quoted identifier
  Type type = Type::symbol;
  bool blank_before = false;
  std::string text;   // as written; of a name without quotes; of a literal nothing
  std::string lower;  // of a word

  bool is(std::string_view word) const { return type == Type::word && lower == word; }
  bool is(char symbol) const { return type == Type::symbol && text.size() == 1 && text[0] == symbol; }
};

inline constexpr std::size_t kMaxSqlTokens = 16384;

// `cut` is set when there were more.
std::vector<SqlToken> sql_tokens(std::string_view text, SqlRules rules, bool& cut);

}  // namespace fengsui::capture
