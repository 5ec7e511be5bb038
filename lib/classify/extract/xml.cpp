#include "classify/extract/xml.h"

#include <charconv>

#include "classify/text.h"

namespace fengsui::classify::extract {
namespace {

constexpr std::size_t kMaxEntity = 12;
constexpr std::size_t kTextPiece = 4096;

std::string_view local(std::string_view name) {
  const auto colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}
bool blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Without & and ;. False when it is not known.
bool entity(std::string_view name, std::string& out) {
  if (name == "lt") return out.push_back('<'), true;
  if (name == "gt") return out.push_back('>'), true;
  if (name == "amp") return out.push_back('&'), true;
  if (name == "quot") return out.push_back('"'), true;
  if (name == "apos") return out.push_back('\''), true;
  if (name == "nbsp") return out.push_back(' '), true;
  if (name.size() < 2 || name[0] != '#') return false;
  const bool hex = name[1] == 'x' || name[1] == 'X';
  const std::string_view digits = name.substr(hex ? 2 : 1);
  std::uint32_t code = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), code, hex ? 16 : 10);
  if (error != std::errc() || end != digits.data() + digits.size()) return false;
  append_utf8(code, out);
  return true;
}

// Passes over bytes until `mark` (at most three bytes) stands at their end.
bool passed(std::string& window, char c, std::string_view mark) {
  window.push_back(c);
  if (window.size() > mark.size()) window.erase(0, window.size() - mark.size());
  return window == mark;
}

}  // namespace

void append_utf8(std::uint32_t c, std::string& out) {
  put_utf8(c == 0 || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000) ? 0xFFFD : c, out);
}

std::string unescape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto amp = text.find('&');
    out += text.substr(0, amp);
    if (amp == std::string_view::npos) break;
    text.remove_prefix(amp + 1);
    const auto end = text.substr(0, kMaxEntity).find(';');
    if (end == std::string_view::npos || !entity(text.substr(0, end), out)) {
      out.push_back('&');
      continue;
    }
    text.remove_prefix(end + 1);
  }
  return out;
}

std::string Attributes::get(std::string_view wanted) const {
  std::string_view rest = raw_;
  while (!rest.empty()) {
    while (!rest.empty() && blank(rest.front())) rest.remove_prefix(1);
    const auto equals = rest.find('=');
    if (equals == std::string_view::npos) break;
    std::string_view name = rest.substr(0, equals);
    while (!name.empty() && blank(name.back())) name.remove_suffix(1);
    rest.remove_prefix(equals + 1);
    while (!rest.empty() && blank(rest.front())) rest.remove_prefix(1);
    if (rest.empty() || (rest.front() != '"' && rest.front() != '\'')) break;
    const auto end = rest.find(rest.front(), 1);
    if (end == std::string_view::npos) break;
    if (local(name) == wanted) return unescape(rest.substr(1, end - 1));
    rest.remove_prefix(end + 1);
  }
  return {};
}

void Xml::flush() {
  if (text_.empty()) return;
  sink_.text(text_);
  text_.clear();
}

void Xml::end_tag() {
  std::string_view tag = tag_;
  if (tag.starts_with('/')) {
    tag.remove_prefix(1);
    while (!tag.empty() && blank(tag.back())) tag.remove_suffix(1);
    flush();
    return sink_.end(local(tag));
  }
  const bool empty = tag.ends_with('/');
  if (empty) tag.remove_suffix(1);
  std::size_t n = 0;
  while (n < tag.size() && !blank(tag[n])) ++n;
  const std::string_view name = local(tag.substr(0, n));
  if (name.empty()) return;
  flush();
  sink_.start(name, Attributes(tag.substr(n)));
  if (empty) sink_.end(name);
}

void Xml::tag_byte(char c) {
  if (c == '>') {
    end_tag();
    tag_.clear();
    state_ = State::text;
    return;
  }
  if (c == '"' || c == '\'') quote_ = c, state_ = State::quoted;
  if (tag_.size() < kMaxTag) tag_.push_back(c);
  if (tag_ == "!--") state_ = State::comment, tag_.clear();
  else if (tag_ == "![CDATA[") state_ = State::cdata, tag_.clear();
  else if (tag_ == "?") state_ = State::instruction, tag_.clear();
  else if (tag_.starts_with('!') && tag_ != "!" && tag_ != "!-" && !std::string_view("![CDATA[").starts_with(tag_)) state_ = State::declaration, brackets_ = 0;
}

void Xml::step(char c) {
  switch (state_) {
    case State::text:
      if (c == '<') {
        state_ = State::tag;
        tag_.clear();
      } else if (c == '&') {
        state_ = State::entity;
        tag_.clear();
      } else {
        text_.push_back(c);
        if (text_.size() >= kTextPiece && ((static_cast<unsigned char>(c) & 0x80) == 0 || text_.size() >= 2 * kTextPiece)) flush();
      }
      return;
    case State::tag: return tag_byte(c);
    case State::quoted:
      if (tag_.size() < kMaxTag) tag_.push_back(c);
      if (c == quote_) state_ = State::tag;
      return;
    case State::comment:
      if (passed(tag_, c, "-->")) state_ = State::text, tag_.clear();
      return;
    case State::instruction:
      if (passed(tag_, c, "?>")) state_ = State::text, tag_.clear();
      return;
    case State::cdata:
      if (passed(tag_, c, "]]>")) {
        text_.resize(text_.size() >= 2 ? text_.size() - 2 : 0);
        state_ = State::text;
        tag_.clear();
        return;
      }
      text_.push_back(c);
      if (text_.size() >= 2 * kTextPiece && c != ']') flush();
      return;
    case State::declaration:
      brackets_ += c == '[' ? 1 : c == ']' ? -1 : 0;
      if (c == '>' && brackets_ <= 0) state_ = State::text, tag_.clear();
      return;
    case State::entity:
      if (c == ';') {
        if (!entity(tag_, text_)) text_.push_back(' ');
        state_ = State::text;
      } else if (tag_.size() >= kMaxEntity || c == '<' || c == '&' || blank(c)) {
        (text_ += '&') += tag_;
        state_ = State::text;
        return step(c);
      } else {
        tag_.push_back(c);
      }
      return;
  }
}

void Xml::units(std::string_view utf8) {
  for (const char c : utf8) step(c);
}

void Xml::feed(base::View piece) {
  if (!started_) {
    head_ += base::text(piece);
    if (head_.size() < 4) return;
    started_ = true;
    std::string head;
    head.swap(head_);
    if (head.starts_with("\xFF\xFE") || head.starts_with("\xFE\xFF")) utf16_.emplace(head[0] == '\xFE');
    if (head.starts_with("\xEF\xBB\xBF")) head.erase(0, 3);
    return feed(base::view(head).subspan(utf16_ ? 2 : 0));
  }
  if (!utf16_) return units(base::text(piece));
  std::string utf8;
  utf16_->feed(piece, utf8);
  units(utf8);
}

void Xml::finish() {
  if (!started_) {
    started_ = true;
    units(head_);
  }
  flush();
}

}  // namespace fengsui::classify::extract
