// SQL dumps: CREATE TABLE names the columns, INSERT … VALUES and COPY … FROM stdin hold the rows. Everything else is
// passed over to its semicolon.
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "classify/cells.h"

namespace fengsui::classify {
namespace {

constexpr std::size_t kMaxIdent = 128;

bool same_word(std::string_view text, std::string_view upper) {
  return text.size() == upper.size() && std::equal(text.begin(), text.end(), upper.begin(), [](char a, char b) {
           return (a >= 'a' && a <= 'z' ? a - 32 : a) == b;
         });
}

// What begins a part of CREATE TABLE that is no column.
bool no_column(std::string_view word) {
  constexpr std::array<std::string_view, 11> kWords = {"PRIMARY", "KEY",    "UNIQUE",   "CONSTRAINT", "INDEX", "FOREIGN",
                                                       "CHECK",   "FULLTEXT", "SPATIAL", "EXCLUDE",    "LIKE"};
  return std::any_of(kWords.begin(), kWords.end(), [&](std::string_view w) { return same_word(word, w); });
}

class Sql final : public CellReader {
 public:
  Sql(bool utf8, bool backslash, CellSink& sink) : sink_(sink), pairs_(!utf8), backslash_(backslash) {}

  std::size_t feed(base::View bytes) override {
    std::size_t i = 0;
    while (i < bytes.size() && !stopped_) step(bytes[i++]);
    return i;
  }
  void lose() override { stopped_ = true; }  // inside or outside of a string: nothing tells
  void finish() override { stopped_ = true; }
  bool stopped() const override { return stopped_; }
  std::string_view format() const override { return "sql"; }

 private:
  enum class Lex : std::uint8_t { ground, word, text, text_end, text_escape, quoted, minus, slash, line_comment, block_comment, block_star, copy, copy_escape };
  enum class Clause : std::uint8_t { begin, skip, into, create, table, insert_columns, values, row, create_columns, create_rest, copy_columns, copy_from };

  void step(std::uint8_t c) {
    bool second = false;
    if (pair_) {
      pair_ = false;
      second = c >= 0x40;
    } else if (pairs_ && c >= 0x81 && c != 0xFF) {
      pair_ = true;
    }
    switch (lex_) {
      case Lex::ground: return ground(c);
      case Lex::word:
        if (second || word_byte(c)) return token_.add(c);
        lex_ = Lex::ground;
        word();
        return ground(c);
      case Lex::text:
        if (!second && c == '\'') lex_ = Lex::text_end;
        else if (!second && c == '\\' && (backslash_ || escaped_)) lex_ = Lex::text_escape;
        else token_.add(c);
        return;
      case Lex::text_escape:
        token_.add(c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c == '0' ? ' ' : static_cast<char>(c));
        lex_ = Lex::text;
        return;
      case Lex::text_end:
        if (c == '\'') {
          token_.add(c);
          lex_ = Lex::text;
          return;
        }
        lex_ = Lex::ground;
        escaped_ = false;
        text();
        return ground(c);
      case Lex::quoted:
        if (second || c != close_) return token_.add(c);
        lex_ = Lex::ground;
        return identifier();
      case Lex::minus:
        if (c == '-') {
          lex_ = Lex::line_comment;
          return;
        }
        lex_ = Lex::ground;
        return ground(c);
      case Lex::slash:
        if (c == '*') {
          lex_ = Lex::block_comment;
          return;
        }
        lex_ = Lex::ground;
        return ground(c);
      case Lex::line_comment:
        if (c == '\n') lex_ = Lex::ground;
        return;
      case Lex::block_comment:
        if (c == '*') lex_ = Lex::block_star;
        return;
      case Lex::block_star:
        if (c != '*') lex_ = c == '/' ? Lex::ground : Lex::block_comment;
        return;
      case Lex::copy:
      case Lex::copy_escape: return copy(c, second);
    }
  }

  static bool word_start(std::uint8_t c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' || c >= 0x80;
  }
  // A number keeps its point, a name does not.
  bool word_byte(std::uint8_t c) const {
    if (word_start(c)) return true;
    return c == '.' && token_.view().front() >= '0' && token_.view().front() <= '9';
  }

  void ground(std::uint8_t c) {
    if (word_start(c)) {
      token_.clear();
      token_.add(c);
      lex_ = Lex::word;
      return;
    }
    switch (c) {
      case '\'':
        token_.clear();
        lex_ = Lex::text;
        return;
      case '`':
      case '"':
      case '[':
        token_.clear();
        close_ = c == '[' ? ']' : c;
        lex_ = Lex::quoted;
        return;
      case '-': lex_ = Lex::minus; return;
      case '/': lex_ = Lex::slash; return;
      case '#': lex_ = Lex::line_comment; return;
      case '\n':
        if (copy_next_) {
          copy_next_ = false;
          cell_.clear();
          column_ = 0;
          lex_ = Lex::copy;
        }
        return;
      case ' ':
      case '\t':
      case '\r': return;
      default: return mark(static_cast<char>(c));
    }
  }

  std::string_view token() const { return base::text(token_.view()); }

  // A bare word or a number.
  void word() {
    const std::string_view w = token();
    switch (clause_) {
      case Clause::begin:
        table_.clear();
        clause_ = same_word(w, "INSERT") || same_word(w, "REPLACE") ? Clause::into
                  : same_word(w, "CREATE")                          ? Clause::create
                  : same_word(w, "COPY")                            ? Clause::table
                                                                    : Clause::skip;
        copies_ = clause_ == Clause::table;
        inserts_ = clause_ == Clause::into;
        return;
      case Clause::into:
        if (same_word(w, "INTO")) clause_ = Clause::table;
        return;
      case Clause::create:
        if (same_word(w, "TABLE")) clause_ = Clause::table;
        else if (same_word(w, "VIEW") || same_word(w, "FUNCTION") || same_word(w, "TRIGGER") || same_word(w, "INDEX")) clause_ = Clause::skip;
        return;
      case Clause::table:
        if (same_word(w, "IF") || same_word(w, "NOT") || same_word(w, "EXISTS") || same_word(w, "ONLY")) return;
        if (!table_.empty() && !dotted_) {
          if (inserts_ && same_word(w, "VALUES")) return begin_rows({});
          if (copies_ && same_word(w, "FROM")) {
            clause_ = Clause::copy_from;
            return;
          }
          if (inserts_ && same_word(w, "SELECT")) clause_ = Clause::skip;
          return;  // ENGINE and the like
        }
        return identifier();
      case Clause::insert_columns:
      case Clause::copy_columns:
      case Clause::create_columns: return identifier();
      case Clause::values:
        if (!same_word(w, "VALUES") && !same_word(w, "VALUE")) clause_ = same_word(w, "ON") || same_word(w, "AS") || same_word(w, "SELECT") || same_word(w, "RETURNING") ? Clause::skip : clause_;
        return;
      case Clause::create_rest:
        if (same_word(w, "COMMENT")) want_remark_ = true;
        return;
      case Clause::row:
        if (w == "E" || w == "e") {
          escaped_ = true;
          return;
        }
        if (!have_text_) cell_ = token_;
        return;
      case Clause::copy_from:
        stdin_ = stdin_ || same_word(w, "STDIN");
        return;
      case Clause::skip: return;
    }
  }

  // A name, quoted or not.
  void identifier() {
    const std::string_view w = token().substr(0, kMaxIdent);
    switch (clause_) {
      case Clause::table:
        if (table_.empty() || dotted_) table_ = w;
        dotted_ = false;
        return;
      case Clause::insert_columns:
      case Clause::copy_columns:
        if (depth_ == 1 && names_.size() < kMaxWidth) names_.emplace_back(w);
        return;
      case Clause::create_columns:
        name_.clear();
        if (lex_quoted() || !no_column(w)) name_ = w;
        clause_ = Clause::create_rest;
        return;
      case Clause::row:  // text in double quotes, as some writers have it
        cell_ = token_;
        have_text_ = true;
        return;
      default: return;
    }
  }
  bool lex_quoted() const { return close_ != 0; }

  void text() {
    if (clause_ == Clause::row) {
      cell_ = token_;
      have_text_ = true;
    } else if (clause_ == Clause::create_rest && want_remark_) {
      remark_ = std::string(token());
      want_remark_ = false;
    }
  }

  void mark(char c) {
    close_ = 0;
    if (c == ';' && !(clause_ == Clause::row && depth_ > 0)) {
      copy_next_ = copies_ && stdin_;
      if (copy_next_) begin_rows(names_);
      clause_ = Clause::begin;
      depth_ = 0;
      stdin_ = copies_ = inserts_ = dotted_ = false;
      names_.clear();
      return;
    }
    switch (clause_) {
      case Clause::table:
        if (c == '.') dotted_ = true;
        if (c == '(' && !table_.empty()) {
          depth_ = 1;
          names_.clear();
          width_ = 0;
          clause_ = inserts_ ? Clause::insert_columns : copies_ ? Clause::copy_columns : Clause::create_columns;
          if (clause_ == Clause::create_columns) sink_.on_table(base::view(table_));
        }
        return;
      case Clause::insert_columns:
      case Clause::copy_columns:
        if (c == '(') ++depth_;
        if (c == ')' && --depth_ == 0) {
          if (inserts_) begin_rows(names_);
          else clause_ = Clause::copy_from;
        }
        return;
      case Clause::create_columns:
      case Clause::create_rest: return in_definition(c);
      case Clause::values:
        if (c == '(') {
          clause_ = Clause::row;
          depth_ = 1;
          column_ = 0;
          begin_cell();
        }
        return;
      case Clause::row: return in_row(c);
      default: return;
    }
  }

  void in_definition(char c) {
    if (c == '(') ++depth_;
    if (c == ')') --depth_;
    if ((c == ',' && depth_ == 1) || (c == ')' && depth_ == 0)) {
      if (!name_.empty() && width_ < kMaxWidth) sink_.on_name(width_++, base::view(name_), base::view(remark_));
      name_.clear();
      remark_.clear();
      want_remark_ = false;
      clause_ = c == ',' ? Clause::create_columns : Clause::skip;
    }
  }

  void begin_rows(const std::vector<std::string>& names) {
    sink_.on_table(base::view(table_));
    for (std::size_t i = 0; i < names.size(); ++i) sink_.on_name(i, base::view(names[i]), {});
    clause_ = Clause::values;
    depth_ = 0;
  }

  void begin_cell() {
    cell_.clear();
    have_text_ = false;
  }

  void in_row(char c) {
    if (c == '(') ++depth_;
    if (c == ')') --depth_;
    if ((c == ',' && depth_ == 1) || (c == ')' && depth_ == 0)) {
      const std::string_view s = base::text(cell_.view());
      const bool null = have_text_ ? s.empty() : s.empty() || same_word(s, "NULL");
      if (column_ < kMaxWidth) sink_.on_cell(column_, cell_.view(), null ? CellKind::null : cell_.cut() ? CellKind::cut : CellKind::text);
      ++column_;
      begin_cell();
      if (c == ')') {
        clause_ = Clause::values;
        if (!sink_.on_row(column_)) stopped_ = true;
      }
    }
  }

  // Rows of COPY: tabs between, \N for null, backslash escapes, "\." alone ends them.
  void copy(std::uint8_t c, bool second) {
    if (lex_ == Lex::copy_escape) {
      lex_ = Lex::copy;
      if (c == '.' && column_ == 0 && cell_.total() == 0) {
        lex_ = Lex::line_comment;  // the rest of that line
        return;
      }
      if (c == 'N' && cell_.total() == 0) {
        null_ = true;
        return;
      }
      return cell_.add(c == 't' ? '\t' : c == 'n' ? '\n' : c == 'r' ? '\r' : static_cast<char>(c));
    }
    if (second) return cell_.add(c);
    if (c == '\\') {
      lex_ = Lex::copy_escape;
      return;
    }
    if (c != '\t' && c != '\n') {
      if (c != '\r') cell_.add(c);
      return;
    }
    const bool null = null_ || cell_.total() == 0;
    if (column_ < kMaxWidth) sink_.on_cell(column_, cell_.view(), null ? CellKind::null : cell_.cut() ? CellKind::cut : CellKind::text);
    cell_.clear();
    null_ = false;
    ++column_;
    if (c == '\n') {
      if (!sink_.on_row(column_)) stopped_ = true;
      column_ = 0;
    }
  }

  CellSink& sink_;
  const bool pairs_, backslash_;
  Lex lex_ = Lex::ground;
  Clause clause_ = Clause::begin;
  bool stopped_ = false, pair_ = false, escaped_ = false, dotted_ = false, inserts_ = false, copies_ = false, stdin_ = false;
  bool copy_next_ = false, have_text_ = false, want_remark_ = false, null_ = false;
  std::uint8_t close_ = 0;
  std::size_t column_ = 0, width_ = 0;
  std::uint32_t depth_ = 0;
  std::string table_, name_, remark_;
  std::vector<std::string> names_;
  CellText token_, cell_;
};

}  // namespace

std::unique_ptr<CellReader> sql_reader(bool utf8, bool backslash, CellSink& sink) { return std::make_unique<Sql>(utf8, backslash, sink); }

}  // namespace fengsui::classify
