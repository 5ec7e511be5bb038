// Patterns as bytes: required literals, and expressions in which a character is a sequence of bytes.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "classify/site/rule_node.h"
#include "classify/site/rule_pattern.h"

namespace fengsui::classify {
namespace {

using Node = RulePattern::Node;

struct Encoder {
  Charset charset;
  const GbTable& table;
  std::string of(std::uint32_t c) const { return charset == Charset::utf8 ? utf8_of(c) : std::string(table.of(c)); }
};

using Literal = std::vector<std::uint32_t>;

// Bytes of the shorter of both forms of the shortest literal: what the choice goes by, so that both encodings choose alike.
std::size_t worth(const std::vector<Literal>& set, const GbTable& table) {
  std::size_t least = kMaxLiteral * 2;
  for (const Literal& literal : set) {
    std::size_t utf8 = 0, gb = 0;
    for (const std::uint32_t c : literal) utf8 += utf8_of(c).size(), gb += table.of(c).size();
    least = std::min({least, utf8, gb});
  }
  return set.empty() ? 0 : least;
}

std::optional<std::uint32_t> single(const Node& node) {
  if (node.kind == Node::Kind::character) return node.character;
  if (node.kind == Node::Kind::set && !node.negated && node.ranges.size() == 1 && node.ranges[0].first == node.ranges[0].second) return node.ranges[0].first;
  return std::nullopt;
}

std::vector<Literal> of_group(const Node& group, const GbTable& table);

std::vector<Literal> of_sequence(const std::vector<Node>& sequence, const GbTable& table) {
  std::vector<Literal> best;
  std::size_t most = 0;
  const auto offer = [&](std::vector<Literal> set) {
    const std::size_t is = worth(set, table);
    if (is > most || (is == most && is > 0 && set.size() < best.size())) most = is, best = std::move(set);
  };
  Literal run;
  const auto end_run = [&] {
    if (!run.empty()) offer({run});
    run.clear();
  };
  for (const Node& node : sequence) {
    if (node.kind == Node::Kind::boundary) continue;
    if (const auto c = single(node); c && node.least >= 1) {
      for (unsigned i = 0; i < std::min<unsigned>(node.least, kMaxLiteral) && run.size() < kMaxLiteral; ++i) run.push_back(*c);
      if (node.most != node.least || run.size() >= kMaxLiteral) end_run();
      if (node.most != node.least) run.push_back(*c);  // the last of them stands before what follows
      continue;
    }
    end_run();
    if (node.kind == Node::Kind::group && node.least >= 1) offer(of_group(node, table));
  }
  end_run();
  return best;
}

std::vector<Literal> of_group(const Node& group, const GbTable& table) {
  std::vector<Literal> all;
  for (const auto& sequence : group.alternatives) {
    auto set = of_sequence(sequence, table);
    if (set.empty()) return {};
    all.insert(all.end(), set.begin(), set.end());
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

void hex(std::uint8_t byte, std::string& out) { out += fmt::format("\\x{:02x}", byte); }

// Sequences of bytes as a tree, so that equal endings are written once.
struct Trie {
  std::map<std::uint8_t, Trie> below;
  void add(std::string_view bytes) {
    Trie* at = this;
    for (const char c : bytes) at = &at->below[static_cast<std::uint8_t>(c)];
  }
  std::string expression() const {
    if (below.empty()) return {};
    std::map<std::string, std::vector<std::uint8_t>> by_ending;
    for (const auto& [byte, rest] : below) by_ending[rest.expression()].push_back(byte);
    std::string out;
    for (const auto& [ending, bytes] : by_ending) {
      if (!out.empty()) out += '|';
      out += bytes_class(bytes) + ending;
    }
    return by_ending.size() > 1 ? "(?:" + out + ")" : out;
  }
  static std::string bytes_class(const std::vector<std::uint8_t>& bytes) {
    std::string out;
    if (bytes.size() == 1) {
      hex(bytes[0], out);
      return out;
    }
    out = "[";
    for (std::size_t i = 0; i < bytes.size();) {
      std::size_t end = i;
      while (end + 1 < bytes.size() && bytes[end + 1] == bytes[end] + 1) ++end;
      hex(bytes[i], out);
      if (end > i) out += '-', hex(bytes[end], out);
      i = end + 1;
    }
    return out + "]";
  }
};

class Writer {
 public:
  explicit Writer(const Encoder& encoder) : encoder_(encoder) {}

  void node(const Node& n) {
    if (out.size() > kMaxExpression) return;
    switch (n.kind) {
      case Node::Kind::boundary: out += "\\b"; return;
      case Node::Kind::character: character(n); break;
      case Node::Kind::set: out += set(n); break;
      case Node::Kind::group: group(n); break;
    }
    if (n.most == kNoEnd) out += n.least == 0 ? "*" : n.least == 1 ? "+" : fmt::format("{{{},}}", n.least);
    else if (n.least == 0 && n.most == 1) out += "?";
    else if (n.most != 1 || n.least != 1) out += n.least == n.most ? fmt::format("{{{}}}", n.least) : fmt::format("{{{},{}}}", n.least, n.most);
  }
  void group(const Node& n) {
    out += "(?:";
    for (std::size_t i = 0; i < n.alternatives.size(); ++i) {
      if (i > 0) out += '|';
      for (const Node& one : n.alternatives[i]) node(one);
    }
    out += ')';
  }
  std::string out;

 private:
  void character(const Node& n) {
    const std::string bytes = encoder_.of(n.character);
    const bool many = bytes.size() > 1 && (n.least != 1 || n.most != 1);
    if (many) out += "(?:";
    for (const char c : bytes) {
      const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      if (plain) out += c;
      else hex(static_cast<std::uint8_t>(c), out);
    }
    if (many) out += ')';
  }
  // Made once for equal sets: the complement of a class has tens of thousands of characters.
  std::string set(const Node& n) {
    auto& made = sets_[{n.negated, n.ranges}];
    if (!made.empty()) return made;
    Trie trie;
    const auto add = [&](std::uint32_t c) {
      if (c >= 0xD800 && c <= 0xDFFF) return;
      if (const std::string bytes = encoder_.of(c); !bytes.empty()) trie.add(bytes);
    };
    auto at = n.ranges.begin();
    for (std::uint32_t c = 0; c < 0x10000; ++c) {
      while (at != n.ranges.end() && c > at->second) ++at;
      if ((at != n.ranges.end() && c >= at->first) != n.negated) add(c);
    }
    return made = "(?:" + trie.expression() + ")";
  }

  const Encoder& encoder_;
  std::map<std::pair<bool, std::vector<std::pair<std::uint32_t, std::uint32_t>>>, std::string> sets_;
};

}  // namespace

base::Result<std::vector<std::string>> RulePattern::literals(Charset charset, const GbTable& table) const {
  const auto found = of_group(*root_, table);
  const auto quoted = [](const Literal& literal) {
    std::string out;
    for (const std::uint32_t c : literal) out += utf8_of(c);
    return out;
  };
  if (found.empty()) return base::fail(base::Errc::usage, fmt::format("no match needs a literal: at least {} fixed bytes must be in every match", kMinLiteral));
  if (found.size() > kMaxLiterals) return base::fail(base::Errc::limit, fmt::format("{} alternative literals; at most {}", found.size(), kMaxLiterals));
  std::vector<std::string> out;
  for (const Literal& literal : found) {
    std::string bytes;
    for (const std::uint32_t c : literal) {
      const std::string more = Encoder{charset, table}.of(c);
      if (more.empty()) return base::fail(base::Errc::usage, fmt::format("{} cannot write a character of the literal \"{}\"", id(charset), quoted(literal)));
      if (bytes.size() + more.size() > kMaxLiteral) break;
      bytes += more;
    }
    if (bytes.size() < kMinLiteral)
      return base::fail(base::Errc::usage, fmt::format("the literal \"{}\" has {} bytes in {}; at least {} fixed bytes must be in every match",
                                                       quoted(literal), bytes.size(), id(charset), kMinLiteral));
    out.push_back(std::move(bytes));
  }
  return out;
}

base::Result<std::string> RulePattern::expression(Charset charset, const GbTable& table) const {
  const Encoder encoder{charset, table};
  Writer writer(encoder);
  writer.group(*root_);
  if (writer.out.size() > kMaxExpression)
    return base::fail(base::Errc::limit, fmt::format("the pattern becomes {} bytes or more in {}; at most {}", writer.out.size(), id(charset), kMaxExpression));
  return std::move(writer.out);
}

}  // namespace fengsui::classify
