#include "evidence/json.h"

#include <algorithm>
#include <set>

#include "base/encode.h"

namespace fengsui::evidence {

namespace {
using base::Errc;
using base::fail;

// The keys of an object so far: few are compared, many are kept in order, so that no object costs more than n log n.
class Keys {
 public:
  bool is_new(const Json::Object& members, const std::string& key) {
    if (members.size() < kFew) return std::none_of(members.begin(), members.end(), [&](const auto& m) { return m.first == key; });
    if (many_.empty())
      for (const auto& m : members) many_.insert(m.first);
    return many_.insert(key).second;
  }

 private:
  static constexpr std::size_t kFew = 24;
  std::set<std::string> many_;
};

class Parser {
 public:
  Parser(std::string_view text, const JsonLimits& limits) : text_(text), limits_(limits) {}

  base::Result<Json> run() {
    Json out;
    space();
    if (auto s = value(out, 0); !s) return std::unexpected(s.error());
    space();
    if (at_ != text_.size()) return bad("bytes after the value");
    return out;
  }

 private:
  std::unexpected<base::Error> bad(std::string_view what) const {
    return fail(Errc::malformed, "JSON: " + std::string(what) + " at offset " + std::to_string(at_));
  }
  bool more() const { return at_ < text_.size(); }
  void space() {
    while (more() && (text_[at_] == ' ' || text_[at_] == '\t' || (!limits_.one_line && (text_[at_] == '\n' || text_[at_] == '\r')))) ++at_;
  }
  bool literal(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }

  base::Status value(Json& out, unsigned depth) {
    if (depth >= limits_.max_depth && more() && (text_[at_] == '{' || text_[at_] == '['))
      return fail(Errc::limit, "JSON: nesting above " + std::to_string(limits_.max_depth));
    if (!more()) return fail(Errc::truncated, "JSON: ends where a value is expected");
    switch (text_[at_]) {
      case '{': return object(out, depth);
      case '[': return array(out, depth);
      case '"': {
        std::string s;
        if (auto r = string(s); !r) return r;
        out = Json(std::move(s));
        return {};
      }
      case 't': if (literal("true")) { out = Json(true); return {}; } return bad("unknown literal");
      case 'f': if (literal("false")) { out = Json(false); return {}; } return bad("unknown literal");
      case 'n': if (literal("null")) { out = Json(); return {}; } return bad("unknown literal");
      default: return number(out);
    }
  }

  base::Status number(Json& out) {
    bool negative = text_[at_] == '-';
    if (negative) ++at_;
    std::size_t start = at_;
    std::int64_t n = 0;
    while (more() && text_[at_] >= '0' && text_[at_] <= '9') {
      n = n * 10 + (text_[at_] - '0');
      if (n > kMaxInteger) return bad("an integer of 2^53 or more");
      ++at_;
    }
    if (at_ == start) return bad("not a value");
    if (text_[start] == '0' && at_ - start > 1) return bad("a number with a leading zero");
    if (negative && n == 0) return bad("a negative zero");
    if (more() && (text_[at_] == '.' || text_[at_] == 'e' || text_[at_] == 'E')) return bad("a number that is not an integer");
    out = Json(negative ? -n : n);
    return {};
  }

  int hex4() {
    if (text_.size() - at_ < 4) return -1;
    int code = 0;
    for (int i = 0; i < 4; ++i) {
      char c = text_[at_ + static_cast<std::size_t>(i)];
      int d = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
      if (d < 0) return -1;
      code = code << 4 | d;
    }
    at_ += 4;
    return code;
  }

  static void utf8(std::string& out, unsigned c) {
    auto put = [&](unsigned b) { out.push_back(static_cast<char>(b)); };
    if (c < 0x80) return put(c);
    if (c < 0x800) {
      put(0xc0 | c >> 6);
    } else if (c < 0x10000) {
      put(0xe0 | c >> 12);
      put(0x80 | (c >> 6 & 0x3f));
    } else {
      put(0xf0 | c >> 18);
      put(0x80 | (c >> 12 & 0x3f));
      put(0x80 | (c >> 6 & 0x3f));
    }
    put(0x80 | (c & 0x3f));
  }

  base::Status escape(std::string& out) {
    if (!more()) return bad("an escape that ends");
    char c = text_[at_++];
    switch (c) {
      case '"': case '\\': case '/': out.push_back(c); return {};
      case 'b': out.push_back('\b'); return {};
      case 'f': out.push_back('\f'); return {};
      case 'n': out.push_back('\n'); return {};
      case 'r': out.push_back('\r'); return {};
      case 't': out.push_back('\t'); return {};
      case 'u': break;
      default: return bad("an unknown escape");
    }
    int high = hex4();
    if (high < 0) return bad("an escape that is not four hexadecimal digits");
    unsigned code = static_cast<unsigned>(high);
    if (code >= 0xdc00 && code <= 0xdfff) return bad("a lone surrogate");
    if (code >= 0xd800 && code <= 0xdbff) {
      if (!literal("\\u")) return bad("a lone surrogate");
      int low = hex4();
      if (low < 0xdc00 || low > 0xdfff) return bad("a lone surrogate");
      code = 0x10000 + ((code - 0xd800) << 10) + (static_cast<unsigned>(low) - 0xdc00);
    }
    utf8(out, code);
    return {};
  }

  base::Status string(std::string& out) {
    ++at_;
    for (;;) {
      std::size_t start = at_;
      while (more() && text_[at_] != '"' && text_[at_] != '\\' && static_cast<unsigned char>(text_[at_]) >= 0x20) ++at_;
      out.append(text_.substr(start, at_ - start));
      if (!more()) return fail(Errc::truncated, "JSON: ends inside a string");
      char c = text_[at_];
      if (c != '"' && c != '\\') return bad("a control character in a string");
      ++at_;
      if (c == '"') return {};
      if (auto r = escape(out); !r) return r;
    }
  }

  base::Status array(Json& out, unsigned depth) {
    ++at_;
    Json::Array items;
    space();
    if (more() && text_[at_] == ']') {
      ++at_;
      out = Json(std::move(items));
      return {};
    }
    for (;;) {
      space();
      items.emplace_back();
      if (auto r = value(items.back(), depth + 1); !r) return r;
      space();
      if (!more()) return fail(Errc::truncated, "JSON: ends inside an array");
      char c = text_[at_++];
      if (c == ']') break;
      if (c != ',') return bad("neither ',' nor ']'");
    }
    out = Json(std::move(items));
    return {};
  }

  base::Status object(Json& out, unsigned depth) {
    ++at_;
    Json::Object members;
    Keys seen;
    space();
    if (more() && text_[at_] == '}') {
      ++at_;
      out = Json(std::move(members));
      return {};
    }
    for (;;) {
      space();
      if (!more()) return fail(Errc::truncated, "JSON: ends inside an object");
      if (text_[at_] != '"') return bad("a key that is not a string");
      std::string key;
      if (auto r = string(key); !r) return r;
      if (!seen.is_new(members, key)) return bad("a duplicate key");
      space();
      if (!more() || text_[at_] != ':') return bad("no ':' after a key");
      ++at_;
      space();
      members.emplace_back(std::move(key), Json());
      if (auto r = value(members.back().second, depth + 1); !r) return r;
      space();
      if (!more()) return fail(Errc::truncated, "JSON: ends inside an object");
      char c = text_[at_++];
      if (c == '}') break;
      if (c != ',') return bad("neither ',' nor '}'");
    }
    out = Json(std::move(members));
    return {};
  }

  std::string_view text_;
  const JsonLimits& limits_;
  std::size_t at_ = 0;
};

void dump_string(std::string& out, std::string_view s) {
  constexpr char digits[] = "0123456789abcdef";
  bool utf8 = base::is_utf8(base::view(s));
  out.push_back('"');
  for (char c : s) {
    auto u = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else if (u < 0x20 || u == 0x7f) {
      out += "\\u00";
      out.push_back(digits[u >> 4]);
      out.push_back(digits[u & 15]);
    } else if (u >= 0x80 && !utf8) {
      out += "\xef\xbf\xbd";  // U+FFFD
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

void dump_to(std::string& out, const Json& v) {
  if (v.is_null()) {
    out += "null";
  } else if (auto b = v.boolean()) {
    out += *b ? "true" : "false";
  } else if (auto n = v.integer()) {
    out += std::to_string(*n);
  } else if (auto s = v.string()) {
    dump_string(out, *s);
  } else if (auto a = v.items()) {
    out.push_back('[');
    for (std::size_t i = 0; i < a->size(); ++i) {
      if (i) out.push_back(',');
      dump_to(out, (*a)[i]);
    }
    out.push_back(']');
  } else if (auto o = v.members()) {
    out.push_back('{');
    for (std::size_t i = 0; i < o->size(); ++i) {
      if (i) out.push_back(',');
      dump_string(out, (*o)[i].first);
      out.push_back(':');
      dump_to(out, (*o)[i].second);
    }
    out.push_back('}');
  }
}

const Json::Array& no_items() {
  static const Json::Array none;
  return none;
}
const Json& no_object() {
  static const Json none = Json::object();
  return none;
}
}  // namespace

base::Result<Json> Json::parse(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.max_bytes)
    return fail(Errc::limit, "JSON of " + std::to_string(text.size()) + " bytes; limit " + std::to_string(limits.max_bytes));
  if (!base::is_utf8(base::view(text))) return fail(Errc::malformed, "JSON: not UTF-8");
  return Parser(text, limits).run();
}

std::string Json::dump() const {
  std::string out;
  dump_to(out, *this);
  return out;
}

const Json* Json::find(std::string_view key) const {
  auto o = members();
  if (!o) return nullptr;
  auto it = std::find_if(o->begin(), o->end(), [&](const auto& m) { return m.first == key; });
  return it == o->end() ? nullptr : &it->second;
}
std::string_view Json::text(std::string_view key) const {
  auto v = find(key);
  auto s = v ? v->string() : nullptr;
  return s ? std::string_view(*s) : std::string_view();
}
std::int64_t Json::number(std::string_view key, std::int64_t fallback) const {
  auto v = find(key);
  auto n = v ? v->integer() : nullptr;
  return n ? *n : fallback;
}
bool Json::flag(std::string_view key) const {
  auto v = find(key);
  auto b = v ? v->boolean() : nullptr;
  return b && *b;
}
const Json::Array& Json::list(std::string_view key) const {
  auto v = find(key);
  auto a = v ? v->items() : nullptr;
  return a ? *a : no_items();
}
Json& Json::set(std::string key, Json value) {
  auto o = std::get_if<Object>(&value_);
  FENGSUI_ASSERT(o != nullptr);
  for (auto& m : *o)
    if (m.first == key) {
      m.second = std::move(value);
      return *this;
    }
  o->emplace_back(std::move(key), std::move(value));
  return *this;
}
Json& Json::push(Json value) {
  auto a = std::get_if<Array>(&value_);
  FENGSUI_ASSERT(a != nullptr);
  a->push_back(std::move(value));
  return *this;
}

Fields::Fields(const Json& object, std::string_view thing) : object_(object), thing_(thing) {
  if (!object.members()) error_ = thing_ + ": not an object";
}
void Fields::fail(std::string_view key, std::string_view why) {
  if (error_.empty()) error_ = thing_ + ": '" + std::string(key) + "' " + std::string(why);
}
base::Status Fields::status() const {
  if (error_.empty()) return {};
  return base::fail(Errc::malformed, error_);
}
std::string Fields::text(std::string_view key, std::size_t max) {
  if (!object_.find(key)) fail(key, "is missing");
  return text_or(key, max);
}
std::string Fields::text_or(std::string_view key, std::size_t max) {
  auto v = object_.find(key);
  if (!v) return {};
  auto s = v->string();
  if (!s) fail(key, "is not a string");
  else if (s->size() > max) fail(key, "is longer than " + std::to_string(max) + " bytes");
  else return *s;
  return {};
}
std::int64_t Fields::integer(std::string_view key, std::int64_t min, std::int64_t max) {
  if (!object_.find(key)) fail(key, "is missing");
  return integer_or(key, min, min, max);
}
std::int64_t Fields::integer_or(std::string_view key, std::int64_t fallback, std::int64_t min, std::int64_t max) {
  auto v = object_.find(key);
  if (!v) return fallback;
  auto n = v->integer();
  if (!n) {
    fail(key, "is not an integer");
    return fallback;
  }
  if (*n < min || *n > max) {
    fail(key, "is outside " + std::to_string(min) + ".." + std::to_string(max));
    return fallback;
  }
  return *n;
}
const Json& Fields::object(std::string_view key) {
  auto v = object_.find(key);
  if (v && v->members()) return *v;
  fail(key, "is missing or not an object");
  return no_object();
}
const Json::Array& Fields::array(std::string_view key, std::size_t max_items) {
  if (!object_.find(key)) fail(key, "is missing");
  return array_or_empty(key, max_items);
}
const Json::Array& Fields::array_or_empty(std::string_view key, std::size_t max_items) {
  auto v = object_.find(key);
  if (!v) return no_items();
  auto a = v->items();
  if (!a) fail(key, "is not an array");
  else if (a->size() > max_items) fail(key, "has more than " + std::to_string(max_items) + " items");
  else return *a;
  return no_items();
}
std::vector<std::string> Fields::texts(std::string_view key, std::size_t max_items) {
  std::vector<std::string> out;
  for (const auto& item : array_or_empty(key, max_items)) {
    if (auto s = item.string()) out.push_back(*s);
    else fail(key, "holds something that is not a string");
  }
  return out;
}

}  // namespace fengsui::evidence
