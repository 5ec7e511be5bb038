// The condition grammar: or, and, not, parentheses, "1 of x*", "all of x*", "1 of them", "all of them".
#include <cctype>

#include "policy/rule.h"

namespace fengsui::policy {
namespace {

constexpr int kMaxDepth = 40;

struct Token {
  std::string text;
  std::size_t column;
};

std::string lower(std::string_view text) {
  std::string out;
  fold(text, out);
  return out;
}

bool name_matches(std::string_view pattern, std::string_view name) {
  // Only * is a wildcard in names.
  std::size_t p = 0, n = 0, star = std::string_view::npos, mark = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      mark = n;
    } else if (p < pattern.size() && pattern[p] == name[n]) {
      ++p, ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

class Parser {
 public:
  Parser(std::vector<Token> tokens, const std::vector<Selection>& selections)
      : tokens_(std::move(tokens)), selections_(selections) {}

  base::Result<Expression> parse() {
    auto out = either(0);
    if (out && at_ < tokens_.size()) return bad("unexpected \"" + tokens_[at_].text + "\"");
    return out;
  }

 private:
  std::unexpected<base::Error> bad(const std::string& what) const {
    const std::size_t column = at_ < tokens_.size() ? tokens_[at_].column
                               : tokens_.empty()    ? 0
                                                    : tokens_.back().column + tokens_.back().text.size();
    return base::fail(base::Errc::malformed, "condition, column " + std::to_string(column + 1) + ": " + what);
  }
  bool next_is(std::string_view word) const { return at_ < tokens_.size() && lower(tokens_[at_].text) == word; }

  base::Result<Expression> chain(int depth, std::string_view word, Expression::Op op) {
    const bool outer = op == Expression::Op::any_of;
    auto first = outer ? chain(depth, "and", Expression::Op::all_of) : unary(depth);
    if (!first || !next_is(word)) return first;
    Expression out;
    out.op = op;
    out.text = word;
    out.parts.push_back(std::move(*first));
    while (next_is(word)) {
      ++at_;
      auto more = outer ? chain(depth, "and", Expression::Op::all_of) : unary(depth);
      if (!more) return more;
      out.parts.push_back(std::move(*more));
    }
    return out;
  }
  base::Result<Expression> either(int depth) { return chain(depth, "or", Expression::Op::any_of); }

  base::Result<Expression> unary(int depth) {
    if (depth > kMaxDepth) return base::fail(base::Errc::limit, "condition deeper than 40");
    if (at_ >= tokens_.size()) return bad("ends where a selection is expected");
    if (next_is("not")) {
      ++at_;
      auto inner = unary(depth + 1);
      if (!inner) return inner;
      Expression out;
      out.op = Expression::Op::negation;
      out.text = "not";
      out.parts.push_back(std::move(*inner));
      return out;
    }
    if (next_is("(")) {
      ++at_;
      auto inner = either(depth + 1);
      if (!inner) return inner;
      if (!next_is(")")) return bad("missing )");
      ++at_;
      return inner;
    }
    if (at_ + 1 < tokens_.size() && lower(tokens_[at_ + 1].text) == "of") return quantified();
    return named();
  }

  base::Result<Expression> named() {
    for (std::size_t i = 0; i < selections_.size(); ++i) {
      if (selections_[i].name == tokens_[at_].text) {
        ++at_;
        Expression out;
        out.selection = i;
        out.text = selections_[i].name;
        return out;
      }
    }
    return bad("no selection \"" + tokens_[at_].text.substr(0, 60) + "\"");
  }

  base::Result<Expression> quantified() {
    const std::string count = lower(tokens_[at_].text);
    if (count != "1" && count != "any" && count != "all") return bad("expected 1, any or all before of");
    at_ += 2;
    if (at_ >= tokens_.size()) return bad("of what?");
    const std::string pattern = tokens_[at_].text;
    const bool them = lower(pattern) == "them";
    Expression out;
    out.op = count == "all" ? Expression::Op::all_of : Expression::Op::any_of;
    out.text = count + " of " + pattern;
    for (std::size_t i = 0; i < selections_.size(); ++i) {
      const std::string& name = selections_[i].name;
      if (them ? !name.starts_with('_') : name_matches(pattern, name)) {
        Expression part;
        part.selection = i;
        part.text = name;
        out.parts.push_back(std::move(part));
      }
    }
    if (out.parts.empty()) return bad("no selection matches \"" + pattern.substr(0, 60) + "\"");
    ++at_;
    return out;
  }

  std::vector<Token> tokens_;
  const std::vector<Selection>& selections_;
  std::size_t at_ = 0;
};

}  // namespace

base::Result<Expression> parse_condition(std::string_view text, const std::vector<Selection>& selections) {
  if (text.size() > 4096)
    return base::fail(base::Errc::limit, "condition of " + std::to_string(text.size()) + " bytes; limit 4096");
  std::vector<Token> tokens;
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (std::isspace(static_cast<unsigned char>(c))) {
      ++i;
    } else if (c == '(' || c == ')') {
      tokens.push_back({std::string(1, c), i++});
    } else if (c == '|') {
      return base::fail(base::Errc::unsupported,
                        "condition, column " + std::to_string(i + 1) + ": pipes are deprecated, use a correlation");
    } else {
      const std::size_t begin = i;
      while (i < text.size() && !std::isspace(static_cast<unsigned char>(text[i])) && text[i] != '(' &&
             text[i] != ')' && text[i] != '|')
        ++i;
      tokens.push_back({std::string(text.substr(begin, i - begin)), begin});
    }
  }
  return Parser(std::move(tokens), selections).parse();
}

}  // namespace fengsui::policy
