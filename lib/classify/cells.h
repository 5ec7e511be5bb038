// Structured text as cells: CSV and its kin, JSON and NDJSON, SQL dumps. Streaming; any split gives the same cells.
// Sources: RFC 4180; RFC 8259; the dump formats of MySQL (mysqldump), PostgreSQL (pg_dump) and SQLite (.dump).
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/bytes.h"

namespace fengsui::classify {

inline constexpr std::size_t kMaxCell = 256;         // bytes of a cell handed over; the rest is left out and it is `cut`
inline constexpr std::size_t kMaxQuoted = 64 << 10;  // a quoted cell longer than this was no quoted cell: it ends at the next line
inline constexpr std::size_t kMaxWidth = 512;        // columns of one table that are told apart
inline constexpr std::size_t kSniffTable = 4096;     // bytes that decide the format

enum class CellKind : std::uint8_t {
  text,  // as between the quotes, with escapes resolved
  null,  // NULL, \N, null, or nothing at all
  cut,   // only its first kMaxCell bytes
};

// Where cells go. `column` counts from 0 within the table.
class CellSink {
 public:
  virtual ~CellSink() = default;
  // What follows belongs to the table of that name ("" unknown). Its columns are numbered anew.
  virtual void on_table(base::View name) = 0;
  // A column's name, before its first cell. `remark` is a comment in the definition of the table, mostly empty.
  virtual void on_name(std::size_t column, base::View name, base::View remark) = 0;
  virtual void on_cell(std::size_t column, base::View value, CellKind kind) = 0;
  // The end of a row with `width` cells. False stops the reader for good.
  virtual bool on_row(std::size_t width) = 0;
};

// One content of one format. One thread. The sink outlives it. Bounded: a cell, a path of names, a table's names.
class CellReader {
 public:
  virtual ~CellReader() = default;
  // Bytes taken: all of them, or fewer once the sink has said stop.
  virtual std::size_t feed(base::View bytes) = 0;
  // After a hole: what can find its way goes on at the next line, the others stop.
  virtual void lose() = 0;
  // The content ends here.
  virtual void finish() = 0;
  virtual bool stopped() const = 0;
  virtual std::string_view format() const = 0;  // "csv", "tsv", "psv", "ssv", "list", "json", "ndjson", "sql"
};

// The reader for a content that begins with `head` (kSniffTable bytes, or all of a shorter one); nullptr when it is no
// structured text. The head is not consumed.
std::unique_ptr<CellReader> cell_reader(base::View head, CellSink& sink);

// Delimiter 0: one column. `titles` lines come before the head.
std::unique_ptr<CellReader> delimited_reader(char delimiter, bool utf8, CellSink& sink, std::size_t titles = 0);
std::unique_ptr<CellReader> json_reader(bool utf8, CellSink& sink);
std::unique_ptr<CellReader> sql_reader(bool utf8, bool backslash, CellSink& sink);

// Whether the text may name a column: short, and nothing that only a value, a sentence or a key with its value holds.
bool may_name_a_column(std::string_view text);
// Without blanks and quotes around it.
std::string_view bare_name(std::string_view text);

// A cell in the making: its first kMaxCell bytes and how long it is.
class CellText {
 public:
  void clear() { size_ = 0; total_ = 0; }
  void add(std::uint8_t c) {
    if (size_ < kMaxCell) bytes_[size_++] = c;
    ++total_;
  }
  void add(std::string_view text) {
    for (const char c : text) add(static_cast<std::uint8_t>(c));
  }
  base::View view() const { return {bytes_, size_}; }
  std::size_t total() const { return total_; }
  bool cut() const { return total_ > size_; }

 private:
  std::uint8_t bytes_[kMaxCell] = {};
  std::size_t size_ = 0, total_ = 0;
};

}  // namespace fengsui::classify
