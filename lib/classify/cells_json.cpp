// JSON and NDJSON (RFC 8259). A column is a path of keys without the indexes of arrays; a row is an object in the
// outermost array of objects, or a whole value where there is none.
#include <array>
#include <string>
#include <unordered_map>

#include "classify/cells.h"
#include "classify/text.h"

namespace fengsui::classify {
namespace {

constexpr std::size_t kMaxNesting = 64;
constexpr std::size_t kMaxKey = 60, kMaxPath = 240;

class Json final : public CellReader {
 public:
  Json(bool utf8, CellSink& sink) : sink_(sink), pairs_(!utf8) { sink_.on_table({}); }

  std::size_t feed(base::View bytes) override {
    std::size_t i = 0;
    while (i < bytes.size() && !stopped_) step(bytes[i++]);
    return i;
  }
  void lose() override { stopped_ = true; }
  void finish() override {
    if (!stopped_ && state_ == State::bare) end_bare();
    stopped_ = true;
  }
  bool stopped() const override { return stopped_; }
  std::string_view format() const override { return roots_ > 1 ? "ndjson" : "json"; }

 private:
  enum class State : std::uint8_t { between, text, escape, unicode, bare };

  void step(std::uint8_t c) {
    switch (state_) {
      case State::between: return between(c);
      case State::text: return text(c);
      case State::escape: return escape(c);
      case State::unicode: return unicode(c);
      case State::bare:
        if (c == ',' || c == '}' || c == ']' || c == ' ' || c == '\n' || c == '\r' || c == '\t') {
          end_bare();
          state_ = State::between;
          return between(c);
        }
        cell_.add(c);
        return;
    }
  }

  void between(std::uint8_t c) {
    switch (c) {
      case '{': return open(true);
      case '[': return open(false);
      case '}':
      case ']': return close();
      case '"':
        state_ = State::text;
        is_key_ = depth_ > 0 && objects_[depth_ - 1] && !after_key_;
        cell_.clear();
        high_ = 0;
        pair_ = false;
        return;
      case ':': after_key_ = true; return;
      case ',': after_key_ = false; return;
      case ' ':
      case '\n':
      case '\r':
      case '\t': return;
      default:
        state_ = State::bare;
        cell_.clear();
        cell_.add(c);
    }
  }

  void open(bool object) {
    if (depth_ >= kMaxNesting) {
      stopped_ = true;
      return;
    }
    if (depth_ == 0) {
      ++roots_;
      rows_inside_ = false;
      width_ = 0;
      row_depth_ = object && roots_ > 1 ? 1 : 0;
    } else if (object && row_depth_ == 0 && !objects_[depth_ - 1]) {
      row_depth_ = depth_ + 1;
      rows_inside_ = true;
      width_ = 0;
    }
    starts_[depth_] = static_cast<std::uint16_t>(path_.size());
    objects_[depth_++] = object;
    base_ = path_.size();
    after_key_ = false;
  }

  void close() {
    if (depth_ == 0) return;
    --depth_;
    const bool row = objects_[depth_] && (row_depth_ == depth_ + 1 || (depth_ == 0 && !rows_inside_));
    if (row_depth_ == depth_ + 1) row_depth_ = 0;
    // The path as it was when this was opened: of its own key, which goes with the next key.
    path_.resize(starts_[depth_]);
    base_ = depth_ > 0 ? starts_[depth_ - 1] : 0;
    after_key_ = false;
    if (row && !sink_.on_row(width_)) stopped_ = true;
  }

  void text(std::uint8_t c) {
    if (pair_) {  // the second byte of a character of GB 18030 may be a backslash
      pair_ = false;
      if (c >= 0x40) return cell_.add(c);
    } else if (pairs_ && c >= 0x81 && c != 0xFF) {
      pair_ = true;
      return cell_.add(c);
    }
    if (c == '\\') {
      state_ = State::escape;
    } else if (c == '"') {
      state_ = State::between;
      if (is_key_) return name();
      give(cell_.total() == 0 ? CellKind::null : cell_.cut() ? CellKind::cut : CellKind::text);
    } else {
      cell_.add(c);
    }
  }

  void escape(std::uint8_t c) {
    state_ = State::text;
    switch (c) {
      case 'n': return cell_.add('\n');
      case 't': return cell_.add('\t');
      case 'r': return cell_.add('\r');
      case 'b':
      case 'f': return cell_.add(' ');
      case 'u':
        state_ = State::unicode;
        unit_ = 0;
        digits_ = 0;
        return;
      default: cell_.add(c);
    }
  }

  void unicode(std::uint8_t c) {
    const int v = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
    if (v < 0) {  // no escape after all
      state_ = State::text;
      return text(c);
    }
    unit_ = unit_ << 4 | static_cast<unsigned>(v);
    if (++digits_ < 4) return;
    state_ = State::text;
    std::string out;
    if (unit_ >= 0xD800 && unit_ < 0xDC00) {
      high_ = unit_;
      return;
    }
    if (unit_ >= 0xDC00 && unit_ < 0xE000) {
      put_utf8(high_ != 0 ? 0x10000 + ((high_ - 0xD800) << 10) + (unit_ - 0xDC00) : 0xFFFD, out);
    } else {
      put_utf8(unit_, out);
    }
    high_ = 0;
    cell_.add(out);
  }

  void end_bare() {
    const std::string_view s = base::text(cell_.view());
    if (depth_ == 0) ++roots_;
    give(s == "null" ? CellKind::null : CellKind::text);
  }

  // The key of the next value. A key that no column would have is a value itself and is not kept.
  void name() {
    const std::string_view key = base::text(cell_.view());
    path_.resize(base_);
    if (!path_.empty()) path_.push_back('.');
    if (key.size() > kMaxKey || !may_name_a_column(key)) path_.push_back('*');
    else if (path_.size() < kMaxPath) path_.append(key);
  }

  void give(CellKind kind) {
    if (depth_ == 0) return;  // a value alone
    if (!objects_[depth_ - 1] || after_key_) {
      auto found = columns_.find(path_);
      if (found == columns_.end()) {
        if (columns_.size() >= kMaxWidth) return;
        found = columns_.emplace(path_, columns_.size()).first;
        sink_.on_name(found->second, base::view(path_), {});
      }
      ++width_;
      sink_.on_cell(found->second, cell_.view(), kind);
    }
    after_key_ = false;
  }

  CellSink& sink_;
  const bool pairs_;
  State state_ = State::between;
  bool stopped_ = false, is_key_ = false, after_key_ = false, pair_ = false, rows_inside_ = false;
  std::size_t depth_ = 0, base_ = 0, row_depth_ = 0, width_ = 0;
  std::uint64_t roots_ = 0;
  unsigned unit_ = 0, digits_ = 0, high_ = 0;
  std::array<bool, kMaxNesting> objects_{};
  std::array<std::uint16_t, kMaxNesting> starts_{};
  std::string path_;
  std::unordered_map<std::string, std::size_t> columns_;
  CellText cell_;
};

}  // namespace

std::unique_ptr<CellReader> json_reader(bool utf8, CellSink& sink) { return std::make_unique<Json>(utf8, sink); }

}  // namespace fengsui::classify
