// Text out of the XML of office documents: tags fall away, and what they separate is separated.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace fengsui::classify {

// In pieces; bounded state. A tag that ends a paragraph, a row or a shared string gives a line break, one that ends a cell
// or a tab gives a tab, others nothing: so a value that formatting cut into runs is whole again (ECMA-376 w:p, w:tc,
// row, c, si; GB/T 33190 TextCode). Attributes are dropped. The five entities of XML are resolved.
class Markup {
 public:
  void feed(base::View piece, std::string& out);

 private:
  void end_tag(std::string& out);
  void end_entity(std::string& out);

  enum class State : std::uint8_t { text, tag, entity };
  State state_ = State::text;
  bool named_ = false;   // the name of the tag is complete
  std::string name_;     // at most kMaxName bytes of a tag's or an entity's name
  static constexpr std::size_t kMaxName = 24;
};

// Whether a member of a container is such XML: word/*.xml, xl/*.xml, ppt/*.xml, content.xml, OFD Content.xml.
bool office_member(std::string_view name);

}  // namespace fengsui::classify
