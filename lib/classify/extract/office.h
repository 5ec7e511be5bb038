// Documents that are a zip of XML: ECMA-376 (docx, xlsx, pptx), ISO/IEC 26300 (odt, ods, odp), GB/T 33190 (OFD).
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "classify/extract/archive.h"
#include "classify/extract/xml.h"

namespace fengsui::classify::extract {

void read_docx(Context& context, base::View bytes);
void read_pptx(Context& context, base::View bytes);
void read_xlsx(Context& context, base::View bytes);
void read_odf(Context& context, base::View bytes);
void read_ofd(Context& context, base::View bytes);

// One pass over the zip of a document. A member that `choose` gives a sink for goes there; Use::inner is a thing
// inside the document (a picture, an embedded table); everything else is passed over.
class Parts final : public Members {
 public:
  enum class Use : std::uint8_t { skip, xml, inner };
  // Called once per member. For Use::xml it sets `sink`.
  using Choose = std::function<Use(const std::string& name, XmlSink*& sink)>;
  using Done = std::function<void(const std::string& name)>;  // after a member of Use::xml

  Parts(Context& context, Choose choose, Done done = {}) : context_(context), choose_(std::move(choose)), done_(std::move(done)) {}
  bool begin(const std::string& name) override;
  void bytes(base::View bytes) override;
  void end() override;
  void missed(Missed why) override;

 private:
  Context& context_;
  Choose choose_;
  Done done_;
  std::string name_;
  std::optional<Xml> xml_;
  std::optional<Inner> inner_;
};

// The files of a package, in numeric order of their name: header2.xml before header10.xml.
bool natural_less(std::string_view a, std::string_view b);
// "_rels/workbook.xml.rels": relation id → target, made absolute against `folder` ("xl/").
class Relations final : public XmlSink {
 public:
  explicit Relations(std::string folder) : folder_(std::move(folder)) {}
  void start(std::string_view name, const Attributes& attributes) override;
  void end(std::string_view) override {}
  void text(std::string_view) override {}
  std::map<std::string, std::string> targets;

 private:
  std::string folder_;
};

}  // namespace fengsui::classify::extract
