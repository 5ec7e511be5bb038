// OFD, GB/T 33190-2016: the pages' TextCode (11.3), in the order of the pages. Text that is cut into one object per character
// or word is joined where the objects stand in one line.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "classify/extract/office.h"

namespace fengsui::classify::extract {
namespace {

struct Box {
  double x = 0, y = 0, width = 0, height = 0;
};

Box box_of(const std::string& s) {
  Box b;
  const char* at = s.c_str();
  for (double* into : {&b.x, &b.y, &b.width, &b.height}) {
    char* end = nullptr;
    *into = std::strtod(at, &end);
    if (end == at) return {};
    at = end;
  }
  return b;
}

class Page final : public XmlSink {
 public:
  explicit Page(Context& context) : context_(context) {}

  void start(std::string_view name, const Attributes& a) override {
    if (name == "TextObject") {
      const Box next = box_of(a.get("Boundary"));
      // The same line, and close behind: nothing; further right: a tab; else a new line.
      const bool line = any_ && std::fabs(next.y - last_.y) <= 0.5 * std::max(last_.height, 1.0);
      const double gap = next.x - (last_.x + last_.width);
      if (any_) text_ += !line ? "\n" : gap > std::max(last_.height, 1.0) || next.x < last_.x ? "\t" : "";
      last_ = next;
      any_ = true;
    } else if (name == "TextCode") {
      if (code_y_ != a.get("Y") && first_code_) text_ += '\n';
      code_y_ = a.get("Y");
      inside_ = true;
    }
  }
  void end(std::string_view name) override {
    if (name == "TextCode") inside_ = false, first_code_ = true;
    if (name == "TextObject") first_code_ = false;
    if (text_.size() > 16384) flush();
  }
  void text(std::string_view s) override {
    if (inside_) text_ += s;
  }
  void finish() {
    text_ += '\n';
    any_ = false;
    flush();
  }

 private:
  void flush() {
    context_.text(text_);
    text_.clear();
  }
  Context& context_;
  Box last_;
  bool any_ = false, inside_ = false, first_code_ = false;
  std::string text_, code_y_;
};

}  // namespace

void read_ofd(Context& context, base::View bytes) {
  Page page(context);
  bool encrypted = false;
  Parts parts(
      context,
      [&](const std::string& name, XmlSink*& sink) {
        encrypted |= name.ends_with("Encryptions.xml");
        const auto slash = name.rfind('/');
        const std::string_view file = slash == std::string::npos ? std::string_view(name) : std::string_view(name).substr(slash + 1);
        if (name.find("/Res/") != std::string::npos || name.find("/Attachs/") != std::string::npos || name.find("/Attachments/") != std::string::npos) {
          const bool font = name.ends_with(".ttf") || name.ends_with(".otf") || name.ends_with(".ttc");
          const bool description = file == "Attachments.xml" || file.starts_with("Font");
          return font || description ? Parts::Use::skip : Parts::Use::inner;
        }
        // Pages, page templates, annotations (12.2), custom tags and descriptions of invoices.
        const bool read = file == "Content.xml" || file.starts_with("Annotation") || name.find("/Tags/") != std::string::npos;
        if (!read || !name.ends_with(".xml")) return Parts::Use::skip;
        sink = &page;
        return Parts::Use::xml;
      },
      [&](const std::string&) { page.finish(); });
  walk(context, Format::zip, bytes, parts);
  if (encrypted) context.missed(Missed::encrypted, Format::zip);
}

}  // namespace fengsui::classify::extract
