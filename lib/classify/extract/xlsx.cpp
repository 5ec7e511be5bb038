// xlsx: each sheet a table (ECMA-376 Part 1, 18.3 worksheets, 18.4 shared strings, 18.8 styles).
#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "classify/extract/cells.h"
#include "classify/extract/office.h"
#include "classify/extract/rows.h"

namespace fengsui::classify::extract {
namespace {

int integer(std::string_view s, int fallback) {
  int out = fallback;
  std::from_chars(s.data(), s.data() + s.size(), out);
  return out;
}

// workbook.xml: the sheets in order, by relation.
class Workbook final : public XmlSink {
 public:
  void start(std::string_view name, const Attributes& a) override {
    // r:id and sheetId differ in their local names.
    if (name == "sheet" && sheets.size() < kMaxMembers) sheets.emplace_back(a.get("id"), a.get("name"));
    if (name == "workbookPr") from_1904 = a.get("date1904") == "1" || a.get("date1904") == "true";
  }
  void end(std::string_view) override {}
  void text(std::string_view) override {}
  std::vector<std::pair<std::string, std::string>> sheets;
  bool from_1904 = false;
};

// sharedStrings.xml. Phonetic readings (rPh) are not the string.
class Strings final : public XmlSink {
 public:
  explicit Strings(Context& context) : context_(context) {}
  void start(std::string_view name, const Attributes&) override {
    if (name == "si" && !full_) all.emplace_back();
    text_ += name == "t";
    reading_ += name == "rPh";
  }
  void end(std::string_view name) override {
    text_ -= name == "t" && text_ > 0;
    reading_ -= name == "rPh" && reading_ > 0;
    if (name == "si" && !all.empty() && !context_.spend(sizeof(std::string))) full_ = true;
  }
  void text(std::string_view s) override {
    if (text_ > 0 && reading_ == 0 && !all.empty() && !full_) all.back() += s;
  }
  std::vector<std::string> all;

 private:
  Context& context_;
  int text_ = 0, reading_ = 0;
  bool full_ = false;
};

// styles.xml: which cell formats show dates.
class Styles final : public XmlSink {
 public:
  void start(std::string_view name, const Attributes& a) override {
    if (name == "cellXfs") inside_ = true;
    if (name == "numFmt" && is_date_code(a.get("formatCode"))) custom_.push_back(integer(a.get("numFmtId"), -1));
    if (name == "xf" && inside_ && dates_.size() < 65'536) {
      const int id = integer(a.get("numFmtId"), 0);
      dates_.push_back(is_date_format(id) || std::find(custom_.begin(), custom_.end(), id) != custom_.end());
    }
  }
  void end(std::string_view name) override {
    if (name == "cellXfs") inside_ = false;
  }
  void text(std::string_view) override {}
  bool date(int style) const { return style >= 0 && static_cast<std::size_t>(style) < dates_.size() && dates_[static_cast<std::size_t>(style)]; }

 private:
  bool inside_ = false;
  std::vector<int> custom_;
  std::vector<bool> dates_;
};

class Sheet final : public XmlSink {
 public:
  Sheet(Context& context, std::string_view name, const Strings& strings, const Styles& styles, bool from_1904)
      : rows_(context, name), strings_(strings), styles_(styles), from_1904_(from_1904) {}

  void start(std::string_view name, const Attributes& a) override {
    if (name == "row") {
      cells_.clear();
    } else if (name == "c") {
      type_ = a.get("t");
      style_ = integer(a.get("s"), -1);
      const int column = column_of(a.get("r"));
      at_ = column >= 0 ? static_cast<std::size_t>(column) : cells_.size();
      value_.clear();
    } else if (name == "v" || name == "t") {
      inside_ = true;
    }
  }
  void end(std::string_view name) override {
    if (name == "v" || name == "t") inside_ = false;
    else if (name == "c") cell();
    else if (name == "row" && alive_) alive_ = rows_.row(cells_);
    if (name == "oddHeader" || name == "firstHeader") inside_ = false;
  }
  void text(std::string_view s) override {
    if (inside_ && value_.size() < Rows::kMaxCell) value_ += s;
  }
  void finish() { rows_.finish(); }

 private:
  void cell() {
    if (value_.empty() || at_ >= Rows::kMaxCells) return;
    if (at_ >= cells_.size()) cells_.resize(at_ + 1);
    std::string& out = cells_[at_];
    if (type_ == "s") {
      const int index = integer(value_, -1);
      if (index >= 0 && static_cast<std::size_t>(index) < strings_.all.size()) out = strings_.all[static_cast<std::size_t>(index)];
    } else if (type_.empty() || type_ == "n") {
      const double number = std::strtod(value_.c_str(), nullptr);
      out = styles_.date(style_) ? date_text(number, from_1904_) : value_.find_first_of("eE.") != std::string::npos ? number_text(number) : value_;
    } else {
      out = value_;
    }
    value_.clear();
  }

  Rows rows_;
  const Strings& strings_;
  const Styles& styles_;
  bool from_1904_, inside_ = false, alive_ = true;
  std::string type_, value_;
  int style_ = -1;
  std::size_t at_ = 0;
  std::vector<std::string> cells_;
};

// Comments and text boxes beside the sheets.
class Loose final : public XmlSink {
 public:
  explicit Loose(Context& context) : context_(context) {}
  void start(std::string_view name, const Attributes&) override { inside_ += name == "t"; }
  void end(std::string_view name) override {
    inside_ -= name == "t" && inside_ > 0;
    if (name == "comment" || name == "p" || name == "threadedComment") line_ += '\n';
    if (line_.size() > 16384) flush();
  }
  void text(std::string_view s) override {
    if (inside_ > 0) line_ += s;
  }
  void flush() {
    context_.text(line_);
    line_.clear();
  }

 private:
  Context& context_;
  int inside_ = 0;
  std::string line_;
};

}  // namespace

void read_xlsx(Context& context, base::View bytes) {
  Workbook workbook;
  Relations relations("xl/");
  Strings strings(context);
  Styles styles;
  Loose loose(context);
  Parts first(
      context,
      [&](const std::string& name, XmlSink*& sink) {
        if (name == "xl/workbook.xml") sink = &workbook;
        else if (name == "xl/_rels/workbook.xml.rels") sink = &relations;
        else if (name == "xl/sharedStrings.xml") sink = &strings;
        else if (name == "xl/styles.xml") sink = &styles;
        else if ((name.starts_with("xl/comments") || name.starts_with("xl/threadedComments/") || name.starts_with("xl/drawings/")) && name.ends_with(".xml")) sink = &loose;
        return sink == nullptr ? Parts::Use::skip : Parts::Use::xml;
      },
      [&](const std::string&) { loose.flush(); });
  if (!walk(context, Format::zip, bytes, first)) return;

  const auto sheet_name = [&](const std::string& part) {
    for (const auto& [id, name] : workbook.sheets)
      if (const auto found = relations.targets.find(id); found != relations.targets.end() && found->second == part) return name;
    return part;
  };
  std::optional<Sheet> sheet;
  bool any = false;
  Parts second(
      context,
      [&](const std::string& name, XmlSink*& sink) {
        if (name.starts_with("xl/media/") || name.starts_with("xl/embeddings/")) return Parts::Use::inner;
        if (!name.starts_with("xl/worksheets/") || !name.ends_with(".xml")) return Parts::Use::skip;
        sheet.emplace(context, sheet_name(name), strings, styles, workbook.from_1904);
        any = true;
        sink = &*sheet;
        return Parts::Use::xml;
      },
      [&](const std::string&) {
        if (sheet) sheet->finish();
        sheet.reset();
      });
  if (!walk(context, Format::zip, bytes, second) || any) return;
  for (const std::string& string : strings.all)
    if (!context.text(string + "\n")) return;
}

}  // namespace fengsui::classify::extract
