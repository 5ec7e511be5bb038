// The cells of a table in text (RFC 4180: comma, tab, semicolon or bar; quotes; lines), one after the other, as bytes come.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"

namespace fengsui::classify {

struct Cell {
  std::uint64_t row = 0, column = 0;
  std::uint64_t offset = 0;  // of its first byte, a quote included
  std::uint32_t length = 0;  // bytes as written
  const std::string& value;  // without quotes; at most Cells::kMaxValue bytes of it
  bool cut = false;          // it had more
};

// Any split gives the same cells. Bounded: one cell. The delimiter is the one that is most frequent in the first line outside
// quotes. One thread.
class Cells {
 public:
  static constexpr std::size_t kMaxValue = 1024, kMaxHead = 16384;

  // `on(const Cell&)` for every cell of the bytes; cells of the first line come when it is complete.
  template <class On>
  void feed(base::View bytes, On&& on) {
    std::size_t i = 0;
    while (delimiter_ == 0 && i < bytes.size()) {
      head_.push_back(static_cast<char>(bytes[i++]));
      if ((head_.back() == '\n' && head_.size() > 1 && !odd_quotes()) || head_.size() >= kMaxHead) begin(on);
    }
    for (; i < bytes.size(); ++i) byte(static_cast<char>(bytes[i]), on);
  }
  template <class On>
  void finish(On&& on) {
    if (delimiter_ == 0) begin(on);
    if (length_ > 0 || column_ > 0) end_cell(on);
    end_row();
  }

 private:
  template <class On>
  void begin(On&& on) {
    delimiter_ = most_frequent();
    std::string head;
    head.swap(head_);
    for (const char c : head) byte(c, on);
  }
  template <class On>
  void byte(char c, On&& on) {
    if (c == '\n' && !quoted_) {
      if (length_ > 0 || column_ > 0) end_cell(on), ++row_;
      end_row();
      ++at_;
      start_ = at_;
      return;
    }
    ++at_;
    if (c == delimiter_ && !quoted_) {
      end_cell(on);
      ++column_;
      start_ = at_;
      return;
    }
    ++length_;
    if (c == '"' && (quoted_ || length_ == 1)) {
      quoted_ = !quoted_;
      closed_ = !quoted_;
      return;
    }
    if (c == '"' && closed_) quoted_ = true;  // "" inside quotes is one
    closed_ = false;
    if (c == '\r' && !quoted_) return;
    if (value_.size() < kMaxValue) value_.push_back(c);
    else cut_ = true;
  }
  template <class On>
  void end_cell(On&& on) {
    on(Cell{row_, column_, start_, length_, value_, cut_});
    value_.clear();
    length_ = 0;
    quoted_ = closed_ = cut_ = false;
  }
  void end_row() { column_ = 0, length_ = 0, value_.clear(), quoted_ = closed_ = cut_ = false; }
  char most_frequent() const;
  bool odd_quotes() const;

  char delimiter_ = 0;
  bool quoted_ = false, closed_ = false, cut_ = false;
  std::uint32_t length_ = 0;
  std::uint64_t row_ = 0, column_ = 0, at_ = 0, start_ = 0;
  std::string head_, value_;
};

}  // namespace fengsui::classify
