// A streaming reader of XML, for the parts of office documents. No DTD is read, no entity but the five of XML and numbers is
// known: nothing expands and nothing is fetched. Bounded state: one tag of at most kMaxTag bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "classify/text.h"

namespace fengsui::classify::extract {

// The inside of a start tag.
class Attributes {
 public:
  explicit Attributes(std::string_view raw) : raw_(raw) {}
  // By local name (the prefix is passed over), entities resolved; "" when absent.
  std::string get(std::string_view local_name) const;

 private:
  std::string_view raw_;
};

// Names come without their prefix.
class XmlSink {
 public:
  virtual ~XmlSink() = default;
  virtual void start(std::string_view name, const Attributes& attributes) = 0;
  virtual void end(std::string_view name) = 0;  // also of an empty element
  virtual void text(std::string_view utf8) = 0;  // in pieces
};

class Xml {
 public:
  explicit Xml(XmlSink& sink) : sink_(sink) {}
  static constexpr std::size_t kMaxTag = 64u << 10;

  void feed(base::View piece);
  void finish();

 private:
  enum class State : std::uint8_t { text, tag, quoted, comment, cdata, instruction, declaration, entity };
  void units(std::string_view utf8);
  void step(char c);
  void tag_byte(char c);
  void end_tag();
  void flush();

  XmlSink& sink_;
  State state_ = State::text;
  char quote_ = 0;
  int brackets_ = 0;
  std::string tag_, text_;
  std::string head_;  // the first bytes, until the encoding is known
  bool started_ = false;
  std::optional<Utf16> utf16_;
};

// "&#x59D3;" and the five names of XML; others as they are.
std::string unescape(std::string_view text);
// What is no character (0, a surrogate, above U+10FFFF) becomes U+FFFD.
void append_utf8(std::uint32_t code_point, std::string& out);

}  // namespace fengsui::classify::extract
