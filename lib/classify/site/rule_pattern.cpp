#include "classify/site/rule_pattern.h"

#include <fmt/format.h>
#include <iconv.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/encode.h"
#include "classify/site/rule_node.h"

namespace fengsui::classify {

std::string utf8_of(std::uint32_t c) {
  std::string out;
  const auto put = [&](std::uint32_t b) { out.push_back(static_cast<char>(b)); };
  if (c < 0x80) put(c);
  else if (c < 0x800) put(0xC0 | c >> 6), put(0x80 | (c & 0x3F));
  else if (c < 0x10000) put(0xE0 | c >> 12), put(0x80 | (c >> 6 & 0x3F)), put(0x80 | (c & 0x3F));
  else put(0xF0 | c >> 18), put(0x80 | (c >> 12 & 0x3F)), put(0x80 | (c >> 6 & 0x3F)), put(0x80 | (c & 0x3F));
  return out;
}

GbTable::GbTable() {
  start_.assign(0x10001, 0);
  const iconv_t converter = iconv_open("GB18030", "UTF-8");
  if (converter == reinterpret_cast<iconv_t>(-1)) return;
  for (std::uint32_t c = 0; c < 0x10000; ++c) {
    start_[c] = static_cast<std::uint32_t>(bytes_.size());
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    std::string in = utf8_of(c);
    std::array<char, 8> out;
    char *from = in.data(), *to = out.data();
    std::size_t left = in.size(), room = out.size();
    if (iconv(converter, &from, &left, &to, &room) != static_cast<std::size_t>(-1)) bytes_.append(out.data(), out.size() - room);
    else iconv(converter, nullptr, nullptr, nullptr, nullptr);
  }
  start_[0x10000] = static_cast<std::uint32_t>(bytes_.size());
  iconv_close(converter);
}

std::string_view GbTable::of(std::uint32_t c) const {
  if (c >= 0x10000) return {};
  return std::string_view(bytes_).substr(start_[c], start_[c + 1] - start_[c]);
}

namespace {

using Node = RulePattern::Node;
using Ranges = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

Ranges tidy(Ranges ranges) {
  std::sort(ranges.begin(), ranges.end());
  Ranges out;
  for (const auto& r : ranges) {
    if (!out.empty() && r.first <= out.back().second + 1) out.back().second = std::max(out.back().second, r.second);
    else out.push_back(r);
  }
  return out;
}

Ranges opposite(const Ranges& ranges) {
  Ranges out;
  std::uint32_t from = 0;
  for (const auto& r : ranges) {
    if (r.first > from) out.emplace_back(from, r.first - 1);
    from = r.second + 1;
  }
  out.emplace_back(from, 0xFFFF);
  return out;
}

Ranges named(char letter) {
  switch (letter) {
    case 'd': return {{'0', '9'}};
    case 'w': return {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
    default: return {{'\t', '\r'}, {' ', ' '}};
  }
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::unique_ptr<Node> parse(std::string& problem) {
    auto root = std::make_unique<Node>();
    group(*root, 0);
    if (problem_.empty() && at_ < text_.size()) complain("a ) without its (");
    problem = problem_;
    return root;
  }

 private:
  void complain(std::string_view what) {
    if (problem_.empty()) problem_ = fmt::format("at byte {} of the pattern: {}", at_ + 1, what);
    at_ = text_.size();
  }
  bool more() const { return at_ < text_.size(); }
  bool take(char c) {
    if (!more() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  std::uint32_t character() {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text_[i]); };
    const std::uint8_t b = byte(at_);
    const std::size_t n = b < 0x80 ? 1 : b < 0xE0 ? 2 : b < 0xF0 ? 3 : 4;  // the text is UTF-8
    std::uint32_t c = n == 1 ? b : b & (0xFFu >> (n + 1));
    for (std::size_t i = 1; i < n; ++i) c = c << 6 | (byte(at_ + i) & 0x3F);
    at_ += n;
    if (c >= 0x10000) complain("a character outside the Basic Multilingual Plane");
    return c;
  }

  void group(Node& out, unsigned depth) {
    if (depth > kMaxNesting) return complain(fmt::format("groups nested deeper than {}", kMaxNesting));
    out.kind = Node::Kind::group;
    out.alternatives.emplace_back();
    while (more() && text_[at_] != ')') {
      if (take('|')) {
        out.alternatives.emplace_back();
        continue;
      }
      Node one;
      atom(one, depth);
      if (more()) repetition(one);
      if (++nodes_ > kMaxNodes) return complain(fmt::format("more than {} parts", kMaxNodes));
      out.alternatives.back().push_back(std::move(one));
    }
  }

  void atom(Node& out, unsigned depth) {
    const char c = text_[at_];
    if (c == '(') {
      ++at_;
      if (more() && text_[at_] == '?' && !text_.substr(at_).starts_with("?:")) return complain("(? is only allowed as (?: and as (?i) at the start");
      if (more() && text_[at_] == '?') at_ += 2;
      group(out, depth + 1);
      if (problem_.empty() && !take(')')) complain("a ( without its )");
    } else if (c == '[') {
      ++at_;
      set(out);
    } else if (c == '.') {
      ++at_;
      out.kind = Node::Kind::set;
      out.negated = true;
      out.ranges = {{'\n', '\n'}};
    } else if (c == '\\') {
      escape(out);
    } else if (c == '^' || c == '$') {
      complain("^ and $ are not allowed: a rule looks into running text");
    } else if (c == '*' || c == '+' || c == '?' || c == '{') {
      complain("a repetition of nothing; a sign that stands for itself is written with \\");
    } else {
      out.kind = Node::Kind::character;
      out.character = character();
    }
  }

  // After the backslash: a character, or a class as a set.
  void escape(Node& out) {
    ++at_;
    if (!more()) return complain("a \\ at the end");
    const char c = text_[at_];
    if (std::string_view("dwsDWS").find(c) != std::string_view::npos) {
      ++at_;
      out.kind = Node::Kind::set;
      out.negated = c < 'a';
      out.ranges = named(static_cast<char>(c | 0x20));
    } else if (c == 'b') {
      ++at_;
      out.kind = Node::Kind::boundary;
    } else {
      out.kind = Node::Kind::character;
      out.character = escaped();
    }
  }
  std::uint32_t escaped() {
    const char c = text_[at_];
    if (c == 't' || c == 'n' || c == 'r') {
      ++at_;
      return c == 't' ? '\t' : c == 'n' ? '\n' : '\r';
    }
    if (c == 'x') {
      const auto byte = at_ + 3 <= text_.size() ? base::from_hex(text_.substr(at_ + 1, 2)) : base::Result<base::Bytes>(base::Bytes{0x80});
      if (!byte || byte->at(0) >= 0x80) return complain("\\x takes two hexadecimal digits below 80"), 0;
      at_ += 3;
      return byte->at(0);
    }
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
      return complain(fmt::format("\\{} is not allowed", c)), 0;
    return character();
  }

  void set(Node& out) {
    out.kind = Node::Kind::set;
    out.negated = take('^');
    Ranges ranges;
    bool first = true;
    while (more() && (text_[at_] != ']' || first)) {
      first = false;
      Node one;
      if (text_[at_] == '\\') escape(one);
      else one.kind = Node::Kind::character, one.character = character();
      if (one.kind == Node::Kind::boundary) return complain("\\b inside a class");
      if (one.kind == Node::Kind::set) {
        const Ranges all = one.negated ? opposite(one.ranges) : one.ranges;
        ranges.insert(ranges.end(), all.begin(), all.end());
        continue;
      }
      std::uint32_t last = one.character;
      if (at_ + 1 < text_.size() && text_[at_] == '-' && text_[at_ + 1] != ']') {
        ++at_;
        if (text_[at_] == '\\') {
          ++at_;
          last = more() ? escaped() : 0;
        } else {
          last = character();
        }
        if (last < one.character) return complain("a range that ends before it begins");
      }
      ranges.emplace_back(one.character, last);
    }
    if (!take(']')) return complain("a [ without its ]");
    out.ranges = tidy(std::move(ranges));
    if (out.ranges.empty()) complain("an empty class");
  }

  void repetition(Node& one) {
    if (take('*')) one.least = 0, one.most = kNoEnd;
    else if (take('+')) one.most = kNoEnd;
    else if (take('?')) one.least = 0;
    else if (take('{')) braces(one);
    else return;
    if (one.kind == Node::Kind::boundary) return complain("a repetition of \\b");
    if (more() && (text_[at_] == '?' || text_[at_] == '+' || text_[at_] == '*' || text_[at_] == '{')) complain("a repetition of a repetition");
  }
  void braces(Node& one) {
    const auto number = [&]() -> std::optional<unsigned> {
      unsigned n = 0;
      const std::size_t from = at_;
      while (more() && text_[at_] >= '0' && text_[at_] <= '9' && n <= kMaxRepeat) n = n * 10 + static_cast<unsigned>(text_[at_++] - '0');
      return at_ == from ? std::nullopt : std::optional(n);
    };
    const auto least = number();
    if (!least) return complain("{ takes numbers; a { that stands for itself is written \\{");
    one.least = one.most = *least;
    if (take(',')) one.most = number().value_or(kNoEnd);
    if (one.least > kMaxRepeat || (one.most != kNoEnd && one.most > kMaxRepeat)) return complain(fmt::format("a repetition of more than {}", kMaxRepeat));
    if (one.most < one.least || one.most == 0) return complain("a repetition that ends before it begins");
    if (!take('}')) complain("a { without its }");
  }

  std::string_view text_;
  std::size_t at_ = 0, nodes_ = 0;
  std::string problem_;
};

bool has_no_end(const Node& node) {
  if (node.most == kNoEnd) return true;
  for (const auto& sequence : node.alternatives)
    for (const Node& one : sequence)
      if (has_no_end(one)) return true;
  return false;
}

}  // namespace

RulePattern::RulePattern() = default;
RulePattern::RulePattern(RulePattern&&) noexcept = default;
RulePattern& RulePattern::operator=(RulePattern&&) noexcept = default;
RulePattern::~RulePattern() = default;

base::Result<RulePattern> RulePattern::parse(std::string_view text) {
  if (text.size() > kMaxPattern) return base::fail(base::Errc::limit, fmt::format("a pattern of {} bytes; at most {}", text.size(), kMaxPattern));
  if (!base::is_utf8(base::view(text))) return base::fail(base::Errc::usage, "the pattern is not UTF-8");
  RulePattern out;
  if (text.starts_with("(?i)")) {
    out.caseless_ = true;
    text.remove_prefix(4);
  }
  std::string problem;
  out.root_ = Parser(text).parse(problem);
  if (!problem.empty()) return base::fail(base::Errc::usage, problem);
  return out;
}

bool RulePattern::unbounded() const { return has_no_end(*root_); }

}  // namespace fengsui::classify
