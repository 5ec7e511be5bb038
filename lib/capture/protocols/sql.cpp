#include "capture/protocols/sql.h"

#include <algorithm>
#include <array>
#include <span>

#include "capture/protocols/sql_token.h"

namespace fengsui::capture {
namespace {

using Tokens = std::span<const SqlToken>;
using Type = SqlToken::Type;

constexpr auto kVerbs = std::to_array<std::string_view>(
    {"abort", "alter", "analyze", "base_backup", "begin", "call", "change", "checkpoint", "close", "cluster", "comment", "commit", "copy", "create", "cursor",
     "deallocate", "declare", "delete", "desc", "describe", "discard", "do", "drop", "end", "execute", "explain", "fetch", "flush", "grant",
     "handler", "import", "insert", "kill", "listen", "load", "lock", "merge", "move", "notify", "optimize", "prepare", "purge", "reindex",
     "release", "rename", "repair", "replace", "reset", "revoke", "rollback", "savepoint", "select", "set", "show", "start", "start_replication", "table",
     "truncate", "unlisten", "unlock", "update", "use", "vacuum", "values", "with", "xa"});

bool one_of(const SqlToken& token, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [&token](std::string_view w) { return token.is(w); });
}

// Reads one statement: finds its verb, then walks over it with the parentheses it is in.
class Reading {
 public:
  explicit Reading(Tokens tokens) : tokens_(tokens) {}

  SqlStatement run() {
    std::size_t first = 0;
    while (first < tokens_.size() && tokens_[first].is('(')) ++first;
    if (tokens_.empty()) return out_;
    if (first == tokens_.size() || tokens_[first].type != Type::word ||
        std::find(kVerbs.begin(), kVerbs.end(), tokens_[first].lower) == kVerbs.end()) {
      out_.kind = "other";
      out_.masked = "?";
      return out_;
    }
    out_.kind = tokens_[first].lower;
    if (out_.kind == "cursor") out_.kind = "declare";  // openGauss: CURSOR name FOR query
    base_depth_ = first;
    write();
    walk();
    if (out_.kind == "table") {
      out_.kind = "select";
      name_at(first + 1);
    }
    if (out_.kind == "copy") copy(first + 1);
    if (out_.kind == "start_replication" || out_.kind == "base_backup") out_.exports = true;  // PostgreSQL: the whole server leaves
    if (one_of(tokens_[first], {"declare", "cursor", "fetch", "move", "close"})) cursor(first);
    return std::move(out_);
  }

 private:
  void write() {
    std::string& s = out_.masked;
    const auto literal = [this](std::size_t k) { return k < tokens_.size() && tokens_[k].type == Type::literal; };
    const auto between = [&](std::size_t k) { return k > 0 && tokens_[k].is(',') && literal(k - 1) && literal(k + 1); };
    for (std::size_t i = 0; i < tokens_.size() && s.size() <= kMaxSqlMasked; ++i) {
      const SqlToken& t = tokens_[i];
      if (between(i) || (i > 0 && literal(i) && between(i - 1))) continue;  // a list of values is one mark
      if (t.blank_before && !s.empty()) s.push_back(' ');
      s += t.type == Type::literal ? std::string_view("?") : std::string_view(t.text);
    }
    if (s.size() <= kMaxSqlMasked) return;
    std::size_t end = kMaxSqlMasked;
    while (end > 0 && (static_cast<unsigned char>(s[end]) & 0xc0) == 0x80) --end;
    s.resize(end);
  }

  bool in_query() const { return levels_.empty() || levels_.back(); }
  bool outermost() const { return levels_.size() <= base_depth_; }

  void walk() {
    const bool with = out_.kind == "with";
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      const SqlToken& t = tokens_[i];
      if (t.is('(')) {
        levels_.push_back(i < base_depth_ || (i + 1 < tokens_.size() && (one_of(tokens_[i + 1], {"select", "with", "table"}) || tokens_[i + 1].is('('))));
        continue;
      }
      if (t.is(')') && !levels_.empty()) levels_.pop_back();
      if (t.type != Type::word) continue;
      if (with && out_.kind == "with" && outermost() && one_of(t, {"select", "insert", "update", "delete", "merge", "values"})) out_.kind = t.lower;
      const bool changes = out_.kind == "update" || out_.kind == "delete";
      if (t.is("where") && (changes ? outermost() : in_query()) && !always_true(i + 1)) out_.has_where = true;
      if (outermost() && (t.is("limit") || (t.is("fetch") && i + 1 < tokens_.size() && one_of(tokens_[i + 1], {"first", "next"})))) out_.has_limit = true;
      if (t.is("into") && i + 1 < tokens_.size() && one_of(tokens_[i + 1], {"outfile", "dumpfile"})) out_.exports = true;
      if (out_.table.empty()) table(i);
    }
  }

  // "1=1", "TRUE", "1" and then nothing more of the condition.
  bool always_true(std::size_t i) const {
    const auto ends = [this](std::size_t k) {
      return k >= tokens_.size() || tokens_[k].is(')') || one_of(tokens_[k], {"order", "group", "limit", "into", "for", "returning", "union", "or"});
    };
    if (i >= tokens_.size()) return true;
    if (tokens_[i].is("true")) return ends(i + 1);
    if (tokens_[i].type != Type::literal) return false;
    if (ends(i + 1)) return true;
    return tokens_[i + 1].is('=') && i + 2 < tokens_.size() && tokens_[i + 2].type == Type::literal && ends(i + 3);
  }

  // The table that is named after the word at i, when that word introduces one.
  void table(std::size_t i) {
    const SqlToken& t = tokens_[i];
    const std::string& kind = out_.kind;
    if (kind == "select" || kind == "delete" || kind == "copy" || kind == "declare" || kind == "show") {
      if (t.is("from") && in_query() && !(i > 0 && tokens_[i - 1].is("distinct"))) name_at(i + 1);
    } else if (kind == "update") {
      if (t.is("update")) name_at(i + 1);
    } else if (kind == "insert" || kind == "replace" || kind == "merge") {
      if (t.is("into")) name_at(i + 1);
      else if (t.is(kind) && i + 1 < tokens_.size() && !tokens_[i + 1].is("into") && !one_of(tokens_[i + 1], {"low_priority", "delayed", "high_priority", "ignore", "overwrite"})) name_at(i + 1);
    } else if (kind == "truncate") {
      if (t.is("truncate")) name_at(i + 1);
    } else if (kind == "drop" || kind == "alter" || kind == "create" || kind == "load" || kind == "lock" || kind == "use") {
      if (one_of(t, {"table", "database", "schema", "view", "tables", "use"})) name_at(i + 1);
    }
  }

  // Reads "a", "a.b" or "a.b.c" at i, after words that may stand before a name.
  void name_at(std::size_t i) {
    while (i < tokens_.size() && one_of(tokens_[i], {"only", "if", "exists", "not", "table", "low_priority", "ignore", "lateral", "quick"})) ++i;
    std::string name;
    while (i < tokens_.size() && name.size() < 192) {
      const SqlToken& t = tokens_[i];
      if (t.type == Type::symbol || one_of(t, {"select", "values"})) return;
      name += t.type == Type::literal ? std::string_view("?") : std::string_view(t.text);
      if (i + 1 >= tokens_.size() || !tokens_[i + 1].is('.')) break;
      name.push_back('.');
      i += 2;
    }
    if (i + 1 < tokens_.size() && tokens_[i + 1].is('(') && out_.kind == "select") return;  // a function
    out_.table = name;
  }

  // PostgreSQL manual, "DECLARE", "FETCH", "CLOSE": the name stands after the verb, or of FETCH and MOVE at the end.
  void cursor(std::size_t verb) {
    const bool reads = one_of(tokens_[verb], {"fetch", "move"});
    const std::size_t at = reads ? tokens_.size() - 1 : verb + 1;
    if (at == verb || at >= tokens_.size()) return;
    const SqlToken& name = tokens_[at];
    if (name.type == Type::word) out_.cursor = name.lower;
    if (name.type == Type::name) out_.cursor = name.text;
    for (std::size_t i = at; !reads && i + 1 < tokens_.size() && !tokens_[i].is("for"); ++i) {
      if (tokens_[i].is("with") && tokens_[i + 1].is("hold")) out_.hold = true;
    }
  }

  void copy(std::size_t i) {
    if (i >= tokens_.size()) return;
    if (!tokens_[i].is('(')) {
      name_at(i);
      while (i < tokens_.size() && !tokens_[i].is('(') && !one_of(tokens_[i], {"to", "from"})) ++i;
      if (i < tokens_.size() && tokens_[i].is('(')) {
        for (++i; i < tokens_.size() && !tokens_[i].is(')'); ++i) {
          if (tokens_[i].type != Type::symbol && out_.columns.size() < 1024) out_.columns.push_back(tokens_[i].type == Type::literal ? "?" : tokens_[i].text);
        }
      }
    }
    std::size_t depth = 0;
    for (; i < tokens_.size(); ++i) {
      if (tokens_[i].is('(')) ++depth;
      if (tokens_[i].is(')') && depth > 0) --depth;
      if (depth > 0) continue;
      if (tokens_[i].is("from")) return;
      if (tokens_[i].is("to")) {
        out_.exports = true;
        return;
      }
    }
  }

  Tokens tokens_;
  SqlStatement out_;
  std::vector<bool> levels_;  // true: the parenthesis holds a query
  std::size_t base_depth_ = 0;
};

}  // namespace

std::vector<SqlStatement> read_sql(std::string_view text, SqlRules rules) {
  bool cut = text.size() > kMaxSqlRead;
  const auto tokens = sql_tokens(text.substr(0, kMaxSqlRead), rules, cut);
  std::vector<SqlStatement> out;
  const Tokens all(tokens);
  std::size_t from = 0;
  for (std::size_t i = 0; i <= all.size(); ++i) {
    if (i < all.size() && !all[i].is(';')) continue;
    if (i > from) {
      if (out.size() == kMaxSqlStatements) {
        out.back().cut = true;
        break;
      }
      out.push_back(Reading(all.subspan(from, i - from)).run());
    }
    from = i + 1;
  }
  if (out.empty()) out.emplace_back();
  if (cut) out.back().cut = true;
  return out;
}

}  // namespace fengsui::capture
