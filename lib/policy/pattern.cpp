#include "policy/pattern.h"

#include <arpa/inet.h>
#include <re2/re2.h>

#include <charconv>
#include <cstdlib>
#include <cstring>

#include "base/encode.h"

namespace fengsui::policy {

struct Regex {
  Regex(const std::string& text, const RE2::Options& options) : re(text, options) {}
  RE2 re;
};

namespace {

constexpr std::uint16_t kOne = 256;   // ?
constexpr std::uint16_t kMany = 257;  // *
constexpr std::uint16_t kDash = 258;  // any of - / and the three long dashes
constexpr std::size_t kMaxValueBytes = 64u << 10;

bool is_word(std::uint16_t c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         (c >= 128 && c < 256);
}

// Sigma strings: * and ? are wildcards, a backslash before one of * ? \ takes it literally, any other backslash is
// itself.
std::vector<std::uint16_t> sigma_string(std::string_view text) {
  std::vector<std::uint16_t> out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && i + 1 < text.size() && (text[i + 1] == '*' || text[i + 1] == '?' || text[i + 1] == '\\')) {
      out.push_back(static_cast<std::uint8_t>(text[++i]));
    } else if (c == '*') {
      if (out.empty() || out.back() != kMany) out.push_back(kMany);
    } else if (c == '?') {
      out.push_back(kOne);
    } else {
      out.push_back(static_cast<std::uint8_t>(c));
    }
  }
  return out;
}

// A dash or slash that begins an option: not after a word character, before one (the expression \B[-/]\b).
void mark_dashes(std::vector<std::uint16_t>& elements) {
  for (std::size_t i = 0; i + 1 < elements.size(); ++i) {
    if ((elements[i] == '-' || elements[i] == '/') && (i == 0 || !is_word(elements[i - 1])) &&
        is_word(elements[i + 1])) {
      elements[i] = kDash;
    }
  }
}

// UTF-8 to UTF-16. Errc::malformed when it is not UTF-8.
base::Result<std::string> to_utf16(std::string_view text, Modifiers::Encode how) {
  if (!base::is_utf8(base::view(text))) return base::fail(base::Errc::malformed, "value of wide is not UTF-8");
  std::string out;
  const bool big = how == Modifiers::Encode::utf16be;
  auto unit = [&](std::uint32_t u) {
    const char high = static_cast<char>(u >> 8), low = static_cast<char>(u & 0xff);
    out.push_back(big ? high : low);
    out.push_back(big ? low : high);
  };
  if (how == Modifiers::Encode::utf16) unit(0xfeff);
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<std::uint8_t>(text[i]);
    const std::size_t n = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    std::uint32_t point = n == 1 ? lead : lead & (0xffu >> (n + 1));
    for (std::size_t k = 1; k < n; ++k) point = point << 6 | (static_cast<std::uint8_t>(text[i + k]) & 0x3fu);
    i += n;
    if (point >= 0x10000) {
      point -= 0x10000;
      unit(0xd800 + (point >> 10));
      unit(0xdc00 + (point & 0x3ff));
    } else {
      unit(point);
    }
  }
  return out;
}

// The part of base64(prefix of `offset` bytes + text + anything) that depends on the text alone.
std::string base64_at(std::string_view text, std::size_t offset) {
  std::string shifted(offset, ' ');
  shifted += text;
  std::string coded = base::base64(base::view(shifted));
  static constexpr std::array<std::size_t, 3> begin = {0, 2, 3};
  static constexpr std::array<std::size_t, 3> cut = {0, 3, 2};
  const std::size_t end = coded.size() - cut[shifted.size() % 3];
  return end > begin[offset] ? coded.substr(begin[offset], end - begin[offset]) : std::string();
}

std::vector<std::uint16_t> literal(std::string_view text) {
  std::vector<std::uint16_t> out;
  for (const char c : text) out.push_back(static_cast<std::uint8_t>(c));
  return out;
}

bool parse_number(std::string_view text, double& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

// The address in the last bytes; false when it is neither IPv4 nor IPv6.
bool parse_address(std::string_view text, std::array<std::uint8_t, 16>& out, bool& v6) {
  std::array<char, 64> z{};
  if (text.empty() || text.size() >= z.size() || text.find('\0') != std::string_view::npos) return false;
  std::memcpy(z.data(), text.data(), text.size());
  out.fill(0);
  v6 = text.find(':') != std::string_view::npos;
  if (!v6) return inet_pton(AF_INET, z.data(), out.data() + 12) == 1;
  if (inet_pton(AF_INET6, z.data(), out.data()) != 1) return false;
  static constexpr std::array<std::uint8_t, 12> mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::memcmp(out.data(), mapped.data(), 12) == 0) {  // ::ffff:a.b.c.d is the IPv4 address
    std::memset(out.data(), 0, 12);
    v6 = false;
  }
  return true;
}

std::size_t code_point_length(std::string_view text, std::size_t at) {
  std::size_t n = 1;
  while (at + n < text.size() && (static_cast<std::uint8_t>(text[at + n]) & 0xc0) == 0x80 && n < 4 &&
         static_cast<std::uint8_t>(text[at]) >= 0xc0) {
    ++n;
  }
  return n;
}

std::size_t dash_length(std::string_view text, std::size_t at) {
  if (text[at] == '-' || text[at] == '/') return 1;
  const std::string_view three = text.substr(at, 3);
  return three == "\xe2\x80\x93" || three == "\xe2\x80\x94" || three == "\xe2\x80\x95" ? 3 : 0;
}

}  // namespace

base::Result<Modifiers> parse_modifiers(const std::vector<std::string>& names) {
  Modifiers m;
  using P = Modifiers::Place;
  using C = Modifiers::Compare;
  using E = Modifiers::Encode;
  for (const std::string& name : names) {
    if (name == "contains")
      m.place = P::contains;
    else if (name == "startswith")
      m.place = P::starts;
    else if (name == "endswith")
      m.place = P::ends;
    else if (name == "all")
      m.all = true;
    else if (name == "cased")
      m.cased = true;
    else if (name == "re")
      m.regex = true;
    else if (name == "i" && m.regex)
      m.re_i = true;
    else if (name == "m" && m.regex)
      m.re_m = true;
    else if (name == "s" && m.regex)
      m.re_s = true;
    else if (name == "cidr")
      m.cidr = true;
    else if (name == "exists")
      m.exists = true;
    else if (name == "fieldref")
      m.fieldref = true;
    else if (name == "windash")
      m.windash = true;
    else if (name == "base64")
      m.base64 = true;
    else if (name == "base64offset")
      m.base64offset = true;
    else if (name == "wide" || name == "utf16le")
      m.encode = E::utf16le;
    else if (name == "utf16be")
      m.encode = E::utf16be;
    else if (name == "utf16")
      m.encode = E::utf16;
    else if (name == "lt")
      m.compare = C::less;
    else if (name == "lte")
      m.compare = C::less_equal;
    else if (name == "gt")
      m.compare = C::greater;
    else if (name == "gte")
      m.compare = C::greater_equal;
    else if (name == "neq")
      m.negate = true;
    else if (name == "expand")
      return base::fail(base::Errc::unsupported, "modifier expand: site values are not configured");
    else
      return base::fail(base::Errc::unsupported, "modifier " + name.substr(0, 40) + " is not known");
  }
  const int exclusive =
      (m.compare != C::none) + m.regex + m.cidr + m.exists + m.fieldref + (m.base64 || m.base64offset);
  if (exclusive > 1) return base::fail(base::Errc::malformed, "modifiers exclude each other");
  if (m.encode != E::none && !m.base64 && !m.base64offset) {
    return base::fail(base::Errc::malformed, "modifier wide without base64 or base64offset");
  }
  return m;
}

Pattern Pattern::null() {
  Pattern p;
  p.op_ = Op::null;
  return p;
}

Pattern Pattern::from_elements(std::vector<std::uint16_t> elements, const Modifiers& m) {
  using P = Modifiers::Place;
  bool open_left = m.place == P::contains || m.place == P::ends;
  bool open_right = m.place == P::contains || m.place == P::starts;
  std::size_t begin = 0, end = elements.size();
  while (begin < end && elements[begin] == kMany) ++begin, open_left = true;
  while (end > begin && elements[end - 1] == kMany) --end, open_right = true;
  Pattern p;
  p.cased_ = m.cased;
  bool plain = true;
  for (std::size_t i = begin; i < end; ++i) {
    if (!m.cased && elements[i] >= 'A' && elements[i] <= 'Z')
      elements[i] = static_cast<std::uint16_t>(elements[i] + 32);
    if (elements[i] > 255)
      plain = false;
    else
      p.literal_.push_back(static_cast<char>(elements[i]));
  }
  if (plain) {
    p.op_ = open_left && open_right ? Op::contains : open_left ? Op::ends : open_right ? Op::starts : Op::equals;
    return p;
  }
  p.op_ = Op::glob;
  p.literal_.clear();
  if (open_left) p.elements_.push_back(kMany);
  p.elements_.insert(p.elements_.end(), elements.begin() + static_cast<std::ptrdiff_t>(begin),
                     elements.begin() + static_cast<std::ptrdiff_t>(end));
  if (open_right) p.elements_.push_back(kMany);
  return p;
}

base::Result<std::vector<Pattern>> Pattern::compile(std::string_view value, const Modifiers& m) {
  if (value.size() > kMaxValueBytes) return base::fail(base::Errc::limit, "value above 64 KiB");
  std::vector<Pattern> out;
  Pattern p;
  if (m.regex) {
    RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(1 << 20);
    std::string flags;
    if (m.re_i) flags += 'i';
    if (m.re_m) flags += 'm';
    if (m.re_s) flags += 's';
    const std::string text = (flags.empty() ? "" : "(?" + flags + ")") + std::string(value);
    auto regex = std::make_shared<const Regex>(text, options);
    if (!regex->re.ok()) return base::fail(base::Errc::malformed, "regular expression: " + regex->re.error());
    p.op_ = Op::regex;
    p.regex_ = std::move(regex);
    out.push_back(std::move(p));
    return out;
  }
  if (m.cidr) {
    const std::size_t slash = value.find('/');
    bool ok = parse_address(value.substr(0, slash), p.network_, p.v6_);
    unsigned bits = p.v6_ ? 128 : 32;
    if (ok && slash != std::string_view::npos) {
      const std::string_view text = value.substr(slash + 1);
      unsigned given = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), given);
      ok = error == std::errc() && end == text.data() + text.size() && given <= bits;
      bits = given;
    }
    if (!ok) return base::fail(base::Errc::malformed, "cidr: not a network");
    p.op_ = Op::network;
    p.bits_ = static_cast<std::uint8_t>(p.v6_ ? bits : bits + 96);
    out.push_back(std::move(p));
    return out;
  }
  if (m.compare != Modifiers::Compare::none) {
    if (!parse_number(value, p.number_)) return base::fail(base::Errc::malformed, "comparison needs a number");
    p.op_ = Op::compare;
    p.compare_ = m.compare;
    out.push_back(std::move(p));
    return out;
  }
  std::vector<std::uint16_t> elements = sigma_string(value);
  if (m.windash) mark_dashes(elements);
  if (m.base64 || m.base64offset) {
    std::string text;
    for (const std::uint16_t e : elements) {
      if (e > 255) return base::fail(base::Errc::malformed, "base64 takes no wildcard");
      text.push_back(static_cast<char>(e));
    }
    if (m.encode != Modifiers::Encode::none) {
      auto wide = to_utf16(text, m.encode);
      if (!wide) return std::unexpected(wide.error());
      text = std::move(*wide);
    }
    if (m.base64) {
      out.push_back(from_elements(literal(base::base64(base::view(text))), m));
      return out;
    }
    for (std::size_t offset = 0; offset < 3; ++offset) {
      const std::string coded = base64_at(text, offset);
      if (coded.empty()) return base::fail(base::Errc::malformed, "base64offset: value is too short");
      out.push_back(from_elements(literal(coded), m));
    }
    return out;
  }
  out.push_back(from_elements(std::move(elements), m));
  return out;
}

bool Pattern::matches(const Scalar& value) const {
  if (op_ == Op::null) return value.kind == Scalar::Kind::null;
  if (value.kind == Scalar::Kind::null) return false;
  const std::string_view text = cased_ ? std::string_view(value.text) : std::string_view(value.folded);
  switch (op_) {
    case Op::equals:
      return text == literal_;
    case Op::contains:
      return text.find(literal_) != std::string_view::npos;
    case Op::starts:
      return text.starts_with(literal_);
    case Op::ends:
      return text.ends_with(literal_);
    case Op::glob:
      return glob(text);
    case Op::regex:
      return RE2::PartialMatch(re2::StringPiece(value.text.data(), value.text.size()), regex_->re);
    case Op::network:
      return in_network(value.text);
    case Op::compare: {
      double number = value.number;
      if (value.kind != Scalar::Kind::number && !parse_number(value.text, number)) return false;
      switch (compare_) {
        case Modifiers::Compare::less:
          return number < number_;
        case Modifiers::Compare::less_equal:
          return number <= number_;
        case Modifiers::Compare::greater:
          return number > number_;
        case Modifiers::Compare::greater_equal:
          return number >= number_;
        case Modifiers::Compare::none:
          return false;
      }
      return false;
    }
    case Op::null:
      return false;
  }
  return false;
}

bool Pattern::glob(std::string_view text) const {
  std::size_t t = 0, e = 0, star_e = std::string::npos, star_t = 0;
  while (true) {
    bool step = false;
    if (e < elements_.size() && elements_[e] == kMany) {
      star_e = e++;
      star_t = t;
      continue;
    }
    if (e == elements_.size() && t == text.size()) return true;
    if (e < elements_.size() && t < text.size()) {
      const std::uint16_t want = elements_[e];
      std::size_t n = 0;
      if (want == kOne)
        n = code_point_length(text, t);
      else if (want == kDash)
        n = dash_length(text, t);
      else
        n = static_cast<std::uint8_t>(text[t]) == want ? 1 : 0;
      if (n > 0) {
        t += n;
        ++e;
        step = true;
      }
    }
    if (step) continue;
    if (star_e == std::string::npos || star_t >= text.size()) return false;
    t = ++star_t;
    e = star_e + 1;
  }
}

bool Pattern::in_network(std::string_view text) const {
  std::array<std::uint8_t, 16> address{};
  bool v6 = false;
  if (!parse_address(text, address, v6) || v6 != v6_) return false;
  const std::size_t whole = bits_ / 8;
  if (std::memcmp(address.data(), network_.data(), whole) != 0) return false;
  const unsigned rest = bits_ % 8;
  return rest == 0 || ((address[whole] ^ network_[whole]) >> (8 - rest)) == 0;
}

bool relates(const Scalar& left, const Scalar& right, Modifiers::Place place, bool cased) {
  if (left.kind == Scalar::Kind::null || right.kind == Scalar::Kind::null) return false;
  const std::string_view a = cased ? left.text : left.folded;
  const std::string_view b = cased ? right.text : right.folded;
  switch (place) {
    case Modifiers::Place::whole:
      return a == b;
    case Modifiers::Place::contains:
      return a.find(b) != std::string_view::npos;
    case Modifiers::Place::starts:
      return a.starts_with(b);
    case Modifiers::Place::ends:
      return a.ends_with(b);
  }
  return false;
}

}  // namespace fengsui::policy
