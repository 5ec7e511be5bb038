// What kind of zip it is: a document of one of the office formats, or a container of files.
#include <fmt/format.h>

#include "classify/extract/archive.h"
#include "classify/extract/office.h"

namespace fengsui::classify::extract {
namespace {

// Looks at the names only.
class Names final : public Members {
 public:
  bool begin(const std::string& name) override {
    content_types |= name == "[Content_Types].xml";
    word |= name.starts_with("word/") && name.ends_with(".xml");
    sheets |= name.starts_with("xl/") && name.ends_with(".xml");
    binary_sheets |= name == "xl/workbook.bin";
    slides |= name.starts_with("ppt/") && name.ends_with(".xml");
    odf |= name == "mimetype";
    odf_content |= name == "content.xml";
    ofd |= name == "OFD.xml";
    return false;
  }
  void bytes(base::View) override {}
  void end() override {}
  void missed(Missed) override {}

  bool content_types = false, word = false, sheets = false, binary_sheets = false, slides = false, odf = false, odf_content = false, ofd = false;
};

// Errors of the first look are said by the second.
class Silent final : public Extracted {
 public:
  void begin(std::string_view, Bond) override {}
  void text(base::View) override {}
  void end() override {}
  void missed(Missed, Format) override {}
};

}  // namespace

void read_zip(Context& context, Format format, base::View bytes) {
  Names names;
  Silent silent;
  Budget budget{context.left()};
  Context look(context.limits(), context.charsets(), budget, silent);
  walk(look, format, bytes, names);
  if (names.word) return read_docx(context, bytes);
  if (names.sheets) return read_xlsx(context, bytes);
  if (names.slides) return read_pptx(context, bytes);
  if (names.odf && names.odf_content) return read_odf(context, bytes);
  if (names.ofd) return read_ofd(context, bytes);
  if (names.binary_sheets) context.missed(Missed::unsupported, format);  // xlsb: what else is in it is still read
  read_archive(context, format, bytes);
}

}  // namespace fengsui::classify::extract
