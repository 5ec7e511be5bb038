// CSV, TSV and other text with one record a line (RFC 4180, with the liberties its writers take).
#include <algorithm>
#include <string>
#include <vector>

#include "classify/cells.h"

namespace fengsui::classify {
namespace {

constexpr std::size_t kMaxHeadBytes = 8192;

class Delimited final : public CellReader {
 public:
  Delimited(char delimiter, bool utf8, CellSink& sink, std::size_t titles)
      : sink_(sink), titles_(titles), delimiter_(static_cast<std::uint8_t>(delimiter)), quotes_(delimiter != '\t'), pairs_(!utf8) {}

  std::size_t feed(base::View bytes) override {
    std::size_t i = 0;
    while (i < bytes.size() && !stopped_) step(bytes[i++]);
    return i;
  }

  void lose() override {
    cell_.clear();
    column_ = 0;
    used_ = false;
    state_ = State::lost;
    if (first_) stopped_ = true;  // a head with a hole is no head
  }

  void finish() override {
    if (!stopped_ && state_ != State::lost && (used_ || column_ != 0)) end_row();
    stopped_ = true;
  }

  bool stopped() const override { return stopped_; }
  std::string_view format() const override {
    switch (delimiter_) {
      case ',': return "csv";
      case '\t': return "tsv";
      case ';': return "ssv";
      case '|': return "psv";
      default: return "list";
    }
  }

 private:
  enum class State : std::uint8_t { start, plain, quoted, closing, lost };

  void step(std::uint8_t c) {
    if (pair_) {  // second byte of a character of GB 18030
      pair_ = false;
      if (c >= 0x40) return take(c);
    } else if (pairs_ && c >= 0x81 && c != 0xFF) {
      pair_ = true;
      if (state_ == State::closing || state_ == State::start) state_ = State::plain;
      return take(c);
    }
    switch (state_) {
      case State::lost:
        if (c == '\n') state_ = State::start;
        return;
      case State::start:
        if (c == '"' && quotes_) {
          state_ = State::quoted;
          used_ = true;
          return;
        }
        if (c == ' ' && cell_.total() == 0) return;
        state_ = State::plain;
        [[fallthrough]];
      case State::plain: return plain(c);
      case State::quoted:
        if (c == '"') state_ = State::closing;
        else if (c == '\n' && cell_.total() > kMaxQuoted) plain(c);
        else take(c);
        return;
      case State::closing:
        if (c == '"') {
          take(c);
          state_ = State::quoted;
          return;
        }
        if (c == ' ') return;
        state_ = State::plain;
        return plain(c);
    }
  }

  void plain(std::uint8_t c) {
    if (c == '\n') return end_row();
    if (c == delimiter_ && delimiter_ != 0) {
      used_ = true;
      return end_cell();
    }
    if (c != '\r') take(c);
  }

  void take(std::uint8_t c) {
    if (state_ == State::lost) return;
    used_ = true;
    cell_.add(c);
  }

  void end_cell() {
    base::View value = cell_.view();
    while (!value.empty() && value.back() == ' ' && !cell_.cut()) value = value.first(value.size() - 1);
    if (!quotes_ && value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.subspan(1, value.size() - 2);
    if (first_ && head_.size() < kMaxWidth) head_.emplace_back(base::text(value).substr(0, head_bytes_ < kMaxHeadBytes ? kMaxCell : 0));
    else if (!first_) give(column_, value, cell_.cut());
    head_bytes_ += value.size();
    ++column_;
    cell_.clear();
    state_ = State::start;
  }

  void give(std::size_t column, base::View value, bool cut) {
    if (column >= kMaxWidth) return;
    const std::string_view s = base::text(value);
    const bool null = s.empty() || s == "\\N" || s == "NULL" || s == "null";
    sink_.on_cell(column, value, null ? CellKind::null : cut ? CellKind::cut : CellKind::text);
  }

  void end_row() {
    if (!used_ && column_ == 0) {  // an empty line
      cell_.clear();
      state_ = State::start;
      return;
    }
    end_cell();
    const std::size_t width = column_;
    column_ = 0;
    used_ = false;
    if (titles_ != 0) {
      --titles_;
      head_.clear();
      return;
    }
    if (first_) return end_head(width);
    if (!sink_.on_row(width)) stopped_ = true;
  }

  // The first record names the columns, or is a row like the others.
  void end_head(std::size_t width) {
    first_ = false;
    bool head = true, any = false;
    if (!head_.empty() && head_[0].starts_with("\xEF\xBB\xBF")) head_[0].erase(0, 3);
    for (std::string& name : head_) {
      std::replace(name.begin(), name.end(), '\n', ' ');
      const std::string_view bare = bare_name(name);
      head = head && may_name_a_column(bare);
      any = any || !bare.empty();
    }
    sink_.on_table({});
    for (std::size_t i = 0; i < head_.size(); ++i)
      sink_.on_name(i, head && any ? base::view(bare_name(head_[i])) : base::View{}, {});
    if (!head || !any) {
      for (std::size_t i = 0; i < head_.size(); ++i) give(i, base::view(head_[i]), head_[i].size() >= kMaxCell);
      if (!sink_.on_row(width)) stopped_ = true;
    }
    head_ = {};
  }

  CellSink& sink_;
  std::size_t titles_;  // still to come
  const std::uint8_t delimiter_;
  const bool quotes_, pairs_;  // quotes mean something; two-byte characters may hold the delimiter
  State state_ = State::start;
  bool first_ = true, used_ = false, pair_ = false, stopped_ = false;
  std::size_t column_ = 0, head_bytes_ = 0;
  std::vector<std::string> head_;
  CellText cell_;
};

}  // namespace

std::unique_ptr<CellReader> delimited_reader(char delimiter, bool utf8, CellSink& sink, std::size_t titles) {
  return std::make_unique<Delimited>(delimiter, utf8, sink, titles);
}

}  // namespace fengsui::classify
