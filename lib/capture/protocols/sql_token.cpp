#include "capture/protocols/sql_token.h"

#include <algorithm>

namespace fengsui::capture {
namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }
bool blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r') || c == '\0'; }
bool word_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80; }
bool word_part(char c) { return word_start(c) || digit(c) || c == '$'; }
char low(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// A name that may go on as it is. A long run of digits is a number that somebody put into a name.
bool plain_name(std::string_view name) {
  constexpr std::size_t kMaxName = 192, kMaxDigits = 8;
  if (name.empty() || name.size() > kMaxName) return false;
  std::size_t run = 0;
  for (const char c : name) {
    run = digit(c) ? run + 1 : 0;
    if (run > kMaxDigits || !(word_part(c) || c == '.' || c == '-' || c == ' ')) return false;
  }
  return !digit(name.front()) || std::any_of(name.begin(), name.end(), word_start);
}

class Scanner {
 public:
  Scanner(std::string_view text, SqlRules rules) : text_(text), rules_(rules) {}

  std::vector<SqlToken> run(bool& cut) {
    while (at_ < text_.size()) {
      if (out_.size() >= kMaxSqlTokens) {
        cut = true;
        break;
      }
      if (!skip_blank()) step();
    }
    return std::move(out_);
  }

 private:
  char look(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  void put(SqlToken::Type type, std::string_view text = {}) {
    SqlToken token;
    token.type = type;
    token.blank_before = blank_;
    token.text = text;
    if (type == SqlToken::Type::word) {
      token.lower = token.text;
      std::transform(token.lower.begin(), token.lower.end(), token.lower.begin(), low);
    }
    blank_ = false;
    out_.push_back(std::move(token));
  }
  void put_name(std::string_view name, SqlToken::Type type) { plain_name(name) ? put(type, name) : put(SqlToken::Type::literal); }

  bool skip_blank() {
    const char c = look();
    if (blank(c)) {
      ++at_;
    } else if ((c == '-' && look(1) == '-' && (!rules_.mysql || blank(look(2)))) || (c == '#' && rules_.mysql)) {
      while (at_ < text_.size() && text_[at_] != '\n') ++at_;
    } else if (c == '/' && look(1) == '*') {
      block_comment();
    } else if (executable_ && c == '*' && look(1) == '/') {
      executable_ = false;
      at_ += 2;
    } else {
      return false;
    }
    blank_ = true;
    return true;
  }

  void block_comment() {
    const bool maria = look(2) == 'M' && look(3) == '!';
    if (rules_.mysql && (look(2) == '!' || maria)) {  // what is inside is executed
      at_ += maria ? 4 : 3;
      while (digit(look())) ++at_;
      executable_ = true;
      return;
    }
    std::size_t depth = 1;
    at_ += 2;
    while (at_ < text_.size() && depth > 0) {
      if (look() == '*' && look(1) == '/') { --depth; at_ += 2; }
      else if (!rules_.mysql && look() == '/' && look(1) == '*') { ++depth; at_ += 2; }  // PostgreSQL's comments nest
      else ++at_;
    }
    at_ = std::min(at_, text_.size());
  }

  // Past the closing quote; a doubled quote stays inside.
  void quoted(char quote, bool backslash) {
    ++at_;
    while (at_ < text_.size()) {
      if (backslash && text_[at_] == '\\') { at_ += 2; continue; }
      if (text_[at_++] != quote) continue;
      if (look() != quote) break;
      ++at_;
    }
    at_ = std::min(at_, text_.size());
  }

  void step() {
    const char c = look();
    if (c == '\'' || (c == '"' && rules_.mysql)) {
      quoted(c, rules_.backslash);
      return put(SqlToken::Type::literal);
    }
    if (c == '"' || (c == '`' && rules_.mysql)) {
      const std::size_t from = at_ + 1;
      quoted(c, false);
      const std::size_t to = at_ > from && text_[at_ - 1] == c ? at_ - 1 : at_;
      return put_name(text_.substr(std::min(from, to), to - std::min(from, to)), SqlToken::Type::name);
    }
    if (digit(c) || (c == '.' && digit(look(1)))) return number();
    if (c == '$' && !rules_.mysql) return dollar();
    if (word_start(c)) return word();
    ++at_;
    put(SqlToken::Type::symbol, text_.substr(at_ - 1, 1));
  }

  void number() {  // 12, 1.5e-3, 0xff, and anything that begins so
    while (at_ < text_.size() && (word_part(text_[at_]) || text_[at_] == '.')) {
      const char c = low(text_[at_++]);
      if (c == 'e' && (look() == '-' || look() == '+') && digit(look(1))) ++at_;
    }
    put(SqlToken::Type::literal);
  }

  void dollar() {  // $1, $$…$$, $tag$…$tag$
    std::size_t end = at_ + 1;
    while (end < text_.size() && word_part(text_[end]) && text_[end] != '$') ++end;
    if (end >= text_.size() || text_[end] != '$') {
      at_ = std::max(end, at_ + 1);
      return put(SqlToken::Type::literal);
    }
    const std::string_view tag = text_.substr(at_, end + 1 - at_);
    const auto close = text_.find(tag, end + 1);
    at_ = close == std::string_view::npos ? text_.size() : close + tag.size();
    put(SqlToken::Type::literal);
  }

  void word() {
    const std::size_t from = at_;
    while (at_ < text_.size() && word_part(text_[at_])) ++at_;
    const std::string_view text = text_.substr(from, at_ - from);
    // E'…', N'…', X'…', B'…', U&'…' and _charset'…' are one literal.
    const bool introducer = text.size() == 1 || text[0] == '_';
    if (introducer && (look() == '\'' || (look() == '"' && rules_.mysql))) {
      quoted(look(), rules_.backslash || low(text[0]) == 'e');
      return put(SqlToken::Type::literal);
    }
    put_name(text, SqlToken::Type::word);
  }

  std::string_view text_;
  SqlRules rules_;
  std::size_t at_ = 0;
  bool blank_ = false;
  bool executable_ = false;
  std::vector<SqlToken> out_;
};

}  // namespace

std::vector<SqlToken> sql_tokens(std::string_view text, SqlRules rules, bool& cut) { return Scanner(text, rules).run(cut); }

}  // namespace fengsui::capture
