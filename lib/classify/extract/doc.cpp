// Word 97 to 2003 and WPS Writer: the text of all stories through the piece table ([MS-DOC] 2.5 Fib, 2.8.35 Clx, 2.9.177 Pcd).
#include "classify/extract/charsets.h"
#include "classify/extract/old_office.h"

namespace fengsui::classify::extract {
namespace {

constexpr std::size_t kFlags = 0x0A, kFcClx = 0x01A2, kLcbClx = 0x01A6, kCcp = 0x004C;
constexpr std::uint32_t kMaxPieces = 1'000'000;

std::uint32_t u32(base::View v, std::size_t at) {
  base::Reader r(v);
  r.skip(at);
  return r.u32le();
}

// Marks of [MS-DOC] 2.4.1: paragraph 0x0D, cell and row 0x07, tab, line 0x0B, page 0x0C; fields 0x13 code 0x14 result 0x15.
class Marks {
 public:
  explicit Marks(Context& context) : context_(context) {}
  bool feed(std::string_view utf8) {
    for (const char c : utf8) {
      if (c == 0x13) ++field_, code_ = true;
      else if (c == 0x14) code_ = false;
      else if (c == 0x15) field_ = field_ > 0 ? field_ - 1 : 0, code_ = false;
      else if (field_ > 0 && code_) continue;
      else if (c == 0x07) end_cell();
      else one(c);
    }
    if (out_.size() < 16384) return true;
    return flush();
  }
  bool flush() {
    const bool alive = context_.text(out_);
    out_.clear();
    return alive;
  }

 private:
  // A row ends with one mark more than it has cells: an empty one.
  void end_cell() {
    if (cell_ended_) out_ += '\n', cell_ended_ = false;
    else out_ += '\t', cell_ended_ = true;
  }
  void one(char c) {
    cell_ended_ = false;
    if (c == 0x0D || c == 0x0B || c == 0x0C || c == 0x0E) out_ += '\n';
    else if (c == 0x1E) out_ += '-';
    else if (static_cast<unsigned char>(c) >= 0x20 || c == '\t') out_ += c;
  }
  Context& context_;
  std::string out_;
  int field_ = 0;
  bool code_ = false, cell_ended_ = false;
};

struct Piece {
  std::uint32_t first, last, fc;
};

// 2.9.38: grpprls of property changes, then the piece table.
std::vector<Piece> piece_table(base::View clx) {
  std::vector<Piece> out;
  base::Reader r(clx);
  while (!r.at_end() && r.peek() == 1) {
    r.skip(1);
    if (!r.skip(r.u16le())) return out;
  }
  if (r.u8() != 2) return out;
  const base::View plc = r.take(r.u32le());
  const std::size_t n = plc.size() < 16 ? 0 : (plc.size() - 4) / 12;
  if (n > kMaxPieces) return out;
  for (std::size_t i = 0; i < n; ++i) out.push_back({u32(plc, 4 * i), u32(plc, 4 * i + 4), u32(plc, 4 * (n + 1) + 8 * i + 2)});
  return out;
}

}  // namespace

void read_doc(Context& context, const Ole& ole) {
  const auto stream = [&](std::string_view name) -> base::Bytes {
    const auto found = ole.find(name);
    if (!found) return {};
    auto bytes = ole.read(ole.entries()[*found], context.left());
    if (!bytes) context.missed(Missed::too_much, Format::ole2);
    return bytes && context.spend(bytes->size()) ? std::move(*bytes) : base::Bytes();
  };
  const base::Bytes document = stream("WordDocument");
  if (document.size() < kLcbClx + 4 || (document[0] != 0xEC || document[1] != 0xA5)) {
    // Word 6 and 95 have another piece table, and none that was saved lately is.
    return context.missed(document.size() > 2 && document[0] == 0xDC ? Missed::unsupported : Missed::damaged, Format::ole2);
  }
  const unsigned flags = document[kFlags] | document[kFlags + 1] << 8;
  if ((flags & 0x0100) != 0) return context.missed(Missed::encrypted, Format::ole2);
  const base::Bytes table = stream((flags & 0x0200) != 0 ? "1Table" : "0Table");
  const std::uint64_t at = u32(document, kFcClx), size = u32(document, kLcbClx);
  if (at + size > table.size() || size == 0) return context.missed(Missed::damaged, Format::ole2);
  const auto pieces = piece_table(base::View(table).subspan(at, size));
  if (pieces.empty()) return context.missed(Missed::damaged, Format::ole2);
  // The header's story stands behind the body; a marking may be in it, so it is read first.
  const std::uint64_t body = u32(document, kCcp), notes = u32(document, kCcp + 4), headers = u32(document, kCcp + 8);
  Marks marks(context);
  const auto story = [&](std::uint64_t from, std::uint64_t to) {
    for (const Piece& piece : pieces) {
      if (piece.last <= piece.first || piece.last <= from || piece.first >= to) continue;
      const std::uint64_t begin = std::max<std::uint64_t>(piece.first, from), end = std::min<std::uint64_t>(piece.last, to);
      const bool bytes = (piece.fc & 0x4000'0000) != 0;  // one byte a character, Windows-1252
      const std::uint64_t offset = (bytes ? (piece.fc & 0x3FFF'FFFF) / 2 : piece.fc & 0x3FFF'FFFF) + (begin - piece.first) * (bytes ? 1 : 2);
      const std::uint64_t length = (end - begin) * (bytes ? 1 : 2);
      if (offset + length > document.size()) {
        context.missed(Missed::damaged, Format::ole2);
        continue;
      }
      const base::View raw = base::View(document).subspan(offset, length);
      if (!marks.feed(bytes ? context.charsets().to_utf8(1252, raw) : Charsets::utf16_le(raw))) return false;
    }
    return true;
  };
  if (story(body + notes, body + notes + headers) && story(0, body + notes) && story(body + notes + headers, ~std::uint64_t{0})) marks.flush();
}

}  // namespace fengsui::classify::extract
