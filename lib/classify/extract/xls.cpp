// Excel 5 to 2003 and WPS Spreadsheets: each sheet a table ([MS-XLS] 2.4: records of type, length and data; 2.5.293
// XLUnicodeRichExtendedString; BIFF5 and 7 have byte strings in the code page of the workbook).
#include <algorithm>
#include <bit>
#include <map>

#include "classify/extract/cells.h"
#include "classify/extract/charsets.h"
#include "classify/extract/old_office.h"
#include "classify/extract/rows.h"

namespace fengsui::classify::extract {
namespace {

enum Record : std::uint16_t {
  kFormula = 0x06, kEof = 0x0A, kDateMode = 0x22, kFilePass = 0x2F, kContinue = 0x3C, kCodePage = 0x42, kBoundSheet = 0x85, kMulRk = 0xBD, kRString = 0xD6,
  kXf = 0xE0, kSst = 0xFC, kLabelSst = 0xFD, kTxo = 0x1B6, kNumber = 0x203, kLabel = 0x204, kString = 0x207, kRk = 0x27E, kFormat = 0x41E, kBof = 0x809,
};

// The data of a record and of the CONTINUE records behind it.
class Pieces {
 public:
  void add(base::View piece) { pieces_.push_back(piece); }
  bool done() const { return at_ >= pieces_.size() || (at_ + 1 == pieces_.size() && offset_ >= pieces_[at_].size()); }
  std::size_t left_here() const { return at_ < pieces_.size() ? pieces_[at_].size() - offset_ : 0; }
  // Crosses into the next piece when this one is used up. True when it did.
  bool turn() {
    if (at_ + 1 >= pieces_.size() || left_here() > 0) return false;
    ++at_;
    offset_ = 0;
    return true;
  }
  std::uint8_t u8() {
    turn();
    return left_here() > 0 ? pieces_[at_][offset_++] : (failed_ = true, std::uint8_t{0});
  }
  std::uint16_t u16() {
    const std::uint16_t low = u8();
    return static_cast<std::uint16_t>(low | u8() << 8);
  }
  std::uint32_t u32() {
    const std::uint32_t low = u16();
    return low | static_cast<std::uint32_t>(u16()) << 16;
  }
  void skip(std::size_t n) {
    while (n > 0 && !failed_) {
      turn();
      const std::size_t take = std::min(n, left_here());
      if (take == 0) failed_ = true;
      offset_ += take;
      n -= take;
    }
  }
  // `count` characters; where a string crosses into a CONTINUE, a new byte says how wide they are from there on.
  std::string characters(std::size_t count, bool wide) {
    std::string out;
    while (count > 0 && !failed_) {
      if (turn()) wide = (u8() & 1) != 0;
      const std::size_t width = wide ? 2 : 1, take = std::min(count, left_here() / width);
      if (take == 0) {
        failed_ = true;
        break;
      }
      const base::View raw = pieces_[at_].subspan(offset_, take * width);
      if (wide) out += Charsets::utf16_le(raw);
      else
        for (const std::uint8_t b : raw) {
          if (b < 0x80) out.push_back(static_cast<char>(b));
          else out.push_back(static_cast<char>(0xC0 | b >> 6)), out.push_back(static_cast<char>(0x80 | (b & 0x3F)));
        }
      offset_ += take * width;
      count -= take;
    }
    return out;
  }
  bool failed() const { return failed_; }

 private:
  std::vector<base::View> pieces_;
  std::size_t at_ = 0, offset_ = 0;
  bool failed_ = false;
};

double rk_number(std::uint32_t rk) {
  const double value = (rk & 2) != 0 ? static_cast<double>(static_cast<std::int32_t>(rk) >> 2) : std::bit_cast<double>(static_cast<std::uint64_t>(rk & 0xFFFFFFFC) << 32);
  return (rk & 1) != 0 ? value / 100 : value;
}

class Workbook {
 public:
  explicit Workbook(Context& context) : context_(context) {}

  void read(base::View stream) {
    base::Reader r(stream);
    while (r.remaining() >= 4 && alive_) {
      const std::size_t start = r.position();
      const std::uint16_t type = r.u16le();
      const std::uint16_t length = r.u16le();
      Pieces data;
      const base::View first = r.take(length);
      if (r.failed()) {
        context_.missed(Missed::damaged, Format::ole2);
        break;
      }
      data.add(first);
      const bool continued = type == kSst;
      while (continued && r.remaining() >= 4) {
        base::Reader look(stream.subspan(r.position()));
        if (look.u16le() != kContinue) break;
        const base::View more = look.take(look.u16le());
        if (look.failed()) break;
        data.add(more);
        r.skip(look.position());
      }
      if (type == kFilePass) {
        context_.missed(Missed::encrypted, Format::ole2);
        break;
      }
      record(type, first, data, start);
    }
    end_sheet();
  }

 private:
  void record(std::uint16_t type, base::View data, Pieces& pieces, std::size_t start) {
    base::Reader r(data);
    switch (type) {
      case kBof:
        biff8_ = r.u16le() >= 0x0600;
        if (const auto sheet = sheets_.find(static_cast<std::uint32_t>(start)); sheet != sheets_.end()) begin_sheet(sheet->second);
        return;
      case kEof: return end_sheet();
      case kCodePage: code_page_ = r.u16le(); return;
      case kDateMode: from_1904_ = r.u16le() == 1; return;
      case kBoundSheet: {
        const std::uint32_t at = r.u32le();
        r.skip(2);
        const std::size_t count = r.u8();
        if (sheets_.size() < kMaxMembers) sheets_[at] = text(r, count);
        return;
      }
      case kFormat: {
        const int id = r.u16le();
        const std::size_t count = biff8_ ? r.u16le() : r.u8();
        if (is_date_code(text(r, count)) && formats_.size() < 4096) formats_.push_back(id);
        return;
      }
      case kXf: {
        r.skip(2);
        const int id = r.u16le();
        if (dates_.size() < 65'536) dates_.push_back(is_date_format(id) || std::find(formats_.begin(), formats_.end(), id) != formats_.end());
        return;
      }
      case kSst: return strings(pieces);
      default: return cell(type, r);
    }
  }

  // A count of characters was read: BIFF8 says how wide they are, before that they are bytes of the code page.
  std::string text(base::Reader& r, std::size_t count) {
    if (!biff8_) return context_.charsets().to_utf8(code_page_, r.take(std::min(count, r.remaining())));
    const std::uint8_t flags = r.u8();
    if ((flags & 8) != 0) r.skip(2);
    if ((flags & 4) != 0) r.skip(4);
    Pieces p;
    p.add(r.rest());
    return p.characters(count, (flags & 1) != 0);
  }

  void strings(Pieces& p) {
    p.skip(4);
    const std::uint32_t unique = p.u32();
    while (strings_.size() < unique && !p.done() && !p.failed()) {
      const std::size_t count = p.u16();
      const std::uint8_t flags = p.u8();
      const std::size_t runs = (flags & 8) != 0 ? p.u16() : 0;
      const std::size_t extended = (flags & 4) != 0 ? p.u32() : 0;
      std::string s = p.characters(count, (flags & 1) != 0);
      p.skip(4 * runs + extended);
      if (!context_.spend(s.size() + sizeof s)) return void(alive_ = false);
      strings_.push_back(std::move(s));
    }
    if (strings_.size() < unique) context_.missed(Missed::damaged, Format::ole2);
  }

  void cell(std::uint16_t type, base::Reader& r) {
    if (!rows_) return;
    if (type == kString) {  // the result of the formula before it
      const std::size_t count = r.u16le();
      return put(formula_row_, formula_column_, text(r, count));
    }
    if (type != kFormula && type != kMulRk && type != kRString && type != kLabelSst && type != kNumber && type != kLabel && type != kRk) return;
    const std::uint16_t row = r.u16le(), column = r.u16le();
    if (type == kMulRk) {
      for (std::uint16_t i = 0; r.remaining() >= 8; ++i) {
        const std::uint16_t xf = r.u16le();
        put(row, static_cast<std::uint16_t>(column + i), number(rk_number(r.u32le()), xf));
      }
      return;
    }
    const std::uint16_t xf = r.u16le();
    if (type == kLabelSst) {
      const std::uint32_t index = r.u32le();
      if (index < strings_.size()) put(row, column, strings_[index]);
    } else if (type == kLabel || type == kRString) {
      const std::size_t count = r.u16le();
      put(row, column, text(r, count));
    } else if (type == kRk) {
      put(row, column, number(rk_number(r.u32le()), xf));
    } else {
      const std::uint64_t bits = r.u64le();
      if (r.failed()) return;
      formula_row_ = row, formula_column_ = column;
      if (type == kFormula && (bits >> 48) == 0xFFFF) return;  // text, truth or error
      put(row, column, number(std::bit_cast<double>(bits), xf));
    }
  }

  std::string number(double value, std::uint16_t xf) const { return xf < dates_.size() && dates_[xf] ? date_text(value, from_1904_) : number_text(value); }

  void put(std::uint16_t row, std::uint16_t column, std::string text) {
    if (row != row_) end_row();
    row_ = row;
    if (column >= Rows::kMaxCells) return;
    if (column >= cells_.size()) cells_.resize(column + 1u);
    cells_[column] = std::move(text);
  }
  void end_row() {
    if (rows_ && alive_ && !cells_.empty()) alive_ = rows_->row(cells_);
    cells_.clear();
  }
  void begin_sheet(const std::string& name) {
    end_sheet();
    rows_.emplace(context_, name);
    row_ = 0;
  }
  void end_sheet() {
    if (!rows_) return;
    end_row();
    rows_->finish();
    rows_.reset();
  }

  Context& context_;
  bool biff8_ = true, from_1904_ = false, alive_ = true;
  int code_page_ = 936;
  std::map<std::uint32_t, std::string> sheets_;  // by where they begin
  std::vector<std::string> strings_;
  std::vector<int> formats_;
  std::vector<bool> dates_;
  std::optional<Rows> rows_;
  std::vector<std::string> cells_;
  std::uint16_t row_ = 0, formula_row_ = 0, formula_column_ = 0;
};

}  // namespace

void read_xls(Context& context, base::View workbook) { Workbook(context).read(workbook); }

}  // namespace fengsui::classify::extract
