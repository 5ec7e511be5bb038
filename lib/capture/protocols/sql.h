// What the text of an SQL statement says of itself, and the text without its values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fengsui::capture {

// How a server reads quotes. MySQL: MySQL manual "Lexical structure" (string literals in either quote, names in backticks,
// backslash escapes); PostgreSQL: manual chapter 4.1 (names in double quotes, E'' and dollar-quoted strings).
struct SqlRules {
  bool mysql = false;      // backticks, "strings", # comments, executable comments
  bool backslash = false;  // a backslash escapes in an ordinary string
};

inline constexpr std::size_t kMaxSqlRead = 65536;      // bytes of a text that are read; what follows is not
inline constexpr std::size_t kMaxSqlMasked = 1024;     // bytes of the masked form
inline constexpr std::size_t kMaxSqlStatements = 64;   // of one text

struct SqlStatement {
  std::string masked;                // every string and number is "?", comments are left out; a text that does not begin as SQL is "?"
  std::string kind;                  // lower case: "select", "insert", "copy" …; "other" when unknown; "" when empty
  std::string table;                 // the first one named, without quotes; "" none
  std::vector<std::string> columns;  // the list of a COPY
  std::string cursor;                // named by DECLARE, FETCH, MOVE, CLOSE ("all" closes every one); "" none
  bool hold = false;                 // DECLARE … WITH HOLD: it outlives its transaction
  bool has_where = false;            // a condition that can be false: "WHERE 1=1" is none
  bool has_limit = false;
  bool exports = false;              // COPY … TO, INTO OUTFILE, INTO DUMPFILE
  bool cut = false;                  // the text was longer than what is read
};

// The statements of one text, at least one. Never fails: an unfinished string or comment reaches to the end.
std::vector<SqlStatement> read_sql(std::string_view text, SqlRules rules);

}  // namespace fengsui::capture
