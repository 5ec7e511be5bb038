// Tables in text: which column of a CSV or TSV a byte is in, and what its head says. Bounded and streaming.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "classify/words.h"

namespace fengsui::classify {

inline constexpr std::size_t kMaxColumns = 64;       // columns after these have no context
inline constexpr std::size_t kMaxColumnName = 60;    // bytes; a longer name means that this is no head of a table
inline constexpr std::size_t kMaxHead = 4096;        // bytes of the first line

struct Column {
  std::string name;            // as written, without quotes and blanks; may be in another encoding than UTF-8
  std::uint32_t types = 0, against = 0;
  int word = -1;
};

// A cursor over the bytes of a content in order. Value type.
class Table {
 public:
  // Moves from bytes[from] to bytes[to]; bytes behind `to` are not part of it. The head is read on the way.
  void advance(const Words& words, base::View bytes, std::size_t from, std::size_t to);
  // After a hole: nothing is known until the next line.
  void lose() { lost_ = state_ != State::no_table; }

  bool is_table() const { return state_ == State::rows; }
  // Column under the cursor, -1 when there is none or it is unknown.
  int column() const { return is_table() && !lost_ && at_ < columns().size() ? static_cast<int>(at_) : -1; }
  // The types that the columns from here on may name; all while the head is not complete.
  std::uint32_t named() const;
  const std::vector<Column>& columns() const { return head_ ? *head_ : columns_; }
  std::uint64_t rows() const;  // lines after the head that hold something; of a head with one data row of equal width on

 private:
  enum class State : std::uint8_t { head, rows, no_table };
  void head_byte(const Words& words, std::uint8_t c);
  void end_field(const Words& words);
  void row_bytes(base::View bytes);
  void few_bytes(base::View bytes, std::size_t n);
  base::View through_line(base::View bytes);
  static std::uint64_t used_lines(base::View bytes);
  void rest_of_line(base::View bytes);

  State state_ = State::head;
  bool quoted_ = false, lost_ = false, line_used_ = false, odd_ = false;
  char delimiter_ = 0;
  std::uint16_t at_ = 0;         // column under the cursor
  std::uint32_t head_bytes_ = 0;
  std::uint64_t rows_ = 0;
  std::string field_;
  std::vector<Column> columns_;                      // while the head is read
  std::shared_ptr<const std::vector<Column>> head_;  // once it is complete; shared by copies of the cursor
};

}  // namespace fengsui::classify
