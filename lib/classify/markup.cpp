#include "classify/markup.h"

namespace fengsui::classify {

void Markup::end_tag(std::string& out) {
  std::string_view name = name_;
  const bool closing = name.starts_with("/");
  if (closing) name.remove_prefix(1);
  const bool empty = name.ends_with("/");
  if (empty) name.remove_suffix(1);
  if (const auto colon = name.find(':'); colon != std::string_view::npos) name.remove_prefix(colon + 1);
  if (!closing && !empty && name != "br" && name != "tab") return;
  if (name == "p" || name == "row" || name == "si" || name == "tr" || name == "h" || name == "br" || name == "table-row" || name == "TextCode") out.push_back('\n');
  else if (name == "c" || name == "tc" || name == "tab" || name == "table-cell" || name == "is") out.push_back('\t');
}

void Markup::end_entity(std::string& out) {
  if (name_ == "lt") out.push_back('<');
  else if (name_ == "gt") out.push_back('>');
  else if (name_ == "amp") out.push_back('&');
  else if (name_ == "quot") out.push_back('"');
  else if (name_ == "apos") out.push_back('\'');
  else out.push_back(' ');
}

void Markup::feed(base::View piece, std::string& out) {
  for (const std::uint8_t b : piece) {
    const char c = static_cast<char>(b);
    switch (state_) {
      case State::text:
        if (c == '<') state_ = State::tag, named_ = false, name_.clear();
        else if (c == '&') state_ = State::entity, name_.clear();
        else out.push_back(c);
        break;
      case State::tag:
        if (c == '>') {
          end_tag(out);
          state_ = State::text;
        } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
          named_ = true;
        } else if ((!named_ || c == '/') && name_.size() < kMaxName) {
          name_.push_back(c);
        }
        break;
      case State::entity:
        if (c == ';' || name_.size() >= kMaxName || c == '<') {
          end_entity(out);
          state_ = State::text;
          if (c == '<') state_ = State::tag, named_ = false, name_.clear();
        } else {
          name_.push_back(c);
        }
        break;
    }
  }
}

bool office_member(std::string_view name) {
  if (!name.ends_with(".xml")) return false;
  return name.starts_with("word/") || name.starts_with("xl/") || name.starts_with("ppt/") || name == "content.xml" ||
         name.ends_with("/Content.xml");
}

}  // namespace fengsui::classify
