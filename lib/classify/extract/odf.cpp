// OpenDocument (ISO/IEC 26300-1): text, and the tables of spreadsheets as tables.
#include <algorithm>
#include <charconv>

#include "classify/extract/office.h"
#include "classify/extract/rows.h"

namespace fengsui::classify::extract {
namespace {

std::size_t times(std::string_view s) {
  std::size_t n = 1;
  std::from_chars(s.data(), s.data() + s.size(), n);
  return std::clamp<std::size_t>(n, 1, Rows::kMaxCells);
}

// content.xml and styles.xml (headers and footers).
class Content final : public XmlSink {
 public:
  explicit Content(Context& context) : context_(context) {}

  void start(std::string_view name, const Attributes& a) override {
    if (name == "spreadsheet") {
      sheets_ = true;
    } else if (name == "table" && sheets_ && !rows_) {
      flush();
      rows_.emplace(context_, a.get("name"));
    } else if (name == "table-row" && rows_) {
      cells_.clear();
    } else if ((name == "table-cell" || name == "covered-table-cell") && rows_) {
      repeat_ = times(a.get("number-columns-repeated"));
      cell_ = true;
      line_.clear();
      // A number shows its full value; dates their day.
      value_ = a.get("date-value").empty() ? a.get("value") : a.get("date-value");
    } else if (name == "table-cell") {
      ++table_;
    } else if (name == "tab") {
      line_ += '\t';
    } else if (name == "line-break") {
      line_ += table_ > 0 || cell_ ? ' ' : '\n';
    } else if (name == "s") {
      line_.append(std::min<std::size_t>(times(a.get("c")), 64), ' ');
    } else if (name == "p" || name == "h") {
      ++paragraph_;
    } else if (name == "binary-data") {
      binary_ = true;
    }
  }

  void end(std::string_view name) override {
    if (name == "p" || name == "h") {
      paragraph_ = std::max(paragraph_ - 1, 0);
      line_ += table_ > 0 || cell_ ? ' ' : '\n';
      if (line_.size() > 16384 && !cell_) flush();
    } else if ((name == "table-cell" || name == "covered-table-cell") && rows_) {
      end_cell();
    } else if (name == "table-cell" && table_ > 0) {
      --table_;
      line_ += '\t';
    } else if (name == "table-row" && rows_) {
      if (alive_) alive_ = rows_->row(cells_);
      cells_.clear();
    } else if (name == "table-row") {
      line_ += '\n';
    } else if (name == "table" && rows_) {
      rows_->finish();
      rows_.reset();
    } else if (name == "binary-data") {
      binary_ = false;
      context_.missed(Missed::unsupported, Format::image);
    }
  }

  void text(std::string_view s) override {
    if (paragraph_ > 0 && !binary_) line_ += s;
  }
  void flush() {
    context_.text(line_);
    line_.clear();
  }
  void finish() {
    if (rows_) rows_->finish(), rows_.reset();
    flush();
  }

 private:
  void end_cell() {
    cell_ = false;
    while (line_.ends_with(' ')) line_.pop_back();
    // What is shown may be rounded or in exponents; the value is whole.
    const bool exponent = line_.find('E') != std::string::npos || line_.find('#') != std::string::npos;
    std::string cell = (line_.empty() || exponent) && !value_.empty() ? value_ : line_;
    line_.clear();
    value_.clear();
    for (std::size_t i = 0; i < repeat_ && cells_.size() < Rows::kMaxCells; ++i) cells_.push_back(cell);
  }

  Context& context_;
  std::optional<Rows> rows_;
  bool sheets_ = false, cell_ = false, binary_ = false, alive_ = true;
  int table_ = 0, paragraph_ = 0;
  std::size_t repeat_ = 1;
  std::string line_, value_;
  std::vector<std::string> cells_;
};

// META-INF/manifest.xml of an encrypted document names how each file is encrypted.
class Manifest final : public XmlSink {
 public:
  void start(std::string_view name, const Attributes&) override { encrypted |= name == "encryption-data"; }
  void end(std::string_view) override {}
  void text(std::string_view) override {}
  bool encrypted = false;
};

}  // namespace

void read_odf(Context& context, base::View bytes) {
  Manifest manifest;
  Content headers(context);
  Parts first(
      context,
      [&](const std::string& name, XmlSink*& sink) {
        if (name == "META-INF/manifest.xml") sink = &manifest;
        return sink == nullptr ? Parts::Use::skip : Parts::Use::xml;
      });
  if (!walk(context, Format::zip, bytes, first)) return;
  if (manifest.encrypted) return context.missed(Missed::encrypted, Format::zip);
  Content content(context);
  const auto pass = [&](std::string_view wanted, Content& into, bool pictures) {
    Parts parts(
        context,
        [&](const std::string& name, XmlSink*& sink) {
          if (pictures && (name.starts_with("Pictures/") || (name.starts_with("Object ") && name.ends_with("/content.xml")))) return Parts::Use::inner;
          if (name != wanted) return Parts::Use::skip;
          sink = &into;
          return Parts::Use::xml;
        },
        [&](const std::string&) { into.finish(); });
    return walk(context, Format::zip, bytes, parts);
  };
  if (pass("styles.xml", headers, false)) pass("content.xml", content, true);
}

}  // namespace fengsui::classify::extract
