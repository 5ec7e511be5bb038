// docx and pptx: paragraphs as lines, rows of tables as tab-separated lines. A value that formatting cut into runs is whole.
#include <array>

#include "classify/extract/office.h"

namespace fengsui::classify::extract {
namespace {

// WordprocessingML and DrawingML (w:p w:t w:tab w:br w:tc w:tr; a:p a:t a:br a:tc a:tr), charts (c:v), comments.
class Text final : public XmlSink {
 public:
  explicit Text(Context& context) : context_(context) {}

  void start(std::string_view name, const Attributes&) override {
    if (name == "t" || name == "v" || name == "delText" || name == "instrText") ++inside_;
    else if (name == "tc") ++cell_;
    else if (name == "tab") put("\t");
    else if (name == "br" || name == "cr") put(cell_ > 0 ? " " : "\n");
    else if (name == "noBreakHyphen") put("-");
  }
  void end(std::string_view name) override {
    if (name == "t" || name == "v" || name == "delText" || name == "instrText") {
      inside_ = inside_ > 0 ? inside_ - 1 : 0;
      if (name == "v") put("\n");
    } else if (name == "p") {
      put(cell_ > 0 ? " " : "\n");
    } else if (name == "tc") {
      cell_ = cell_ > 0 ? cell_ - 1 : 0;
      put(cell_ > 0 ? " " : "\t");
    } else if (name == "tr") {
      put(cell_ > 0 ? " " : "\n");
    } else if (name == "comment" || name == "footnote" || name == "endnote") {
      put("\n");
    }
  }
  void text(std::string_view utf8) override {
    if (inside_ > 0) put(utf8);
  }
  void flush() {
    context_.text(line_);
    line_.clear();
  }

 private:
  void put(std::string_view s) {
    line_ += s;
    if (line_.size() >= 16384) flush();
  }
  Context& context_;
  int inside_ = 0, cell_ = 0;
  std::string line_;
};

bool one_of(std::string_view name, std::initializer_list<std::string_view> stems) {
  const auto slash = name.rfind('/');
  const std::string_view file = slash == std::string_view::npos ? name : name.substr(slash + 1);
  for (std::string_view stem : stems)
    if (file.starts_with(stem)) return true;
  return false;
}

// What an application writes about looks, not about content.
bool about_looks(std::string_view name) {
  return one_of(name, {"styles", "theme", "settings", "fontTable", "webSettings", "numbering", "presProps", "viewProps", "tableStyles", "slideLayout",
                       "slideMaster", "notesMaster", "handoutMaster", "stylesWithEffects", "printerSettings", "colors", "style", "commentsIds",
                       "commentsExtended", "commentsExtensible", "people", "presentation.", "quickStyle", "layout", "tags"});
}

// Parts that stand before others come first: the marking of a state secret is in a header or on the first page.
void read_text_parts(Context& context, base::View bytes, std::string_view folder, std::initializer_list<std::string_view> first) {
  Text text(context);
  const auto pass = [&](bool early) {
    Parts parts(
        context,
        [&](const std::string& name, XmlSink*& sink) {
          if (!name.starts_with(folder)) return name.starts_with("customXml/item") && !early && name.find("Props") == std::string::npos && !name.ends_with(".rels")
                                                  ? Parts::Use::inner : Parts::Use::skip;
          if (name.ends_with(".rels")) return Parts::Use::skip;
          if (!name.ends_with(".xml")) return early || one_of(name, {"printerSettings", "thumbnail"}) || name.ends_with(".odttf") || name.ends_with(".fntdata") ? Parts::Use::skip : Parts::Use::inner;
          if (one_of(name, first) != early || about_looks(name)) return Parts::Use::skip;
          sink = &text;
          return Parts::Use::xml;
        },
        [&](const std::string&) { text.flush(); });
    return walk(context, Format::zip, bytes, parts);
  };
  if (pass(true)) pass(false);
}

}  // namespace

void read_docx(Context& context, base::View bytes) { read_text_parts(context, bytes, "word/", {"header"}); }
void read_pptx(Context& context, base::View bytes) { read_text_parts(context, bytes, "ppt/", {"slide1.xml"}); }

}  // namespace fengsui::classify::extract
