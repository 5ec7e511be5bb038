// Rows of a sheet or table as tab-separated lines, so that the head names the columns of the values below it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "classify/extract/context.h"

namespace fengsui::classify::extract {

// Above the head there may be titles (rows of one cell): they are said to the document before the sheet begins, and the
// first row of two cells or more within kMaxTitles is the head. All rows are as wide as the head, or wider.
class Rows {
 public:
  static constexpr std::size_t kMaxTitles = 10, kMaxCells = 4096, kMaxCell = 64u << 10;

  Rows(Context& context, std::string_view name) : context_(context), name_(name) {}
  // The head is known: what comes is no title. Before the first row. False, also of row(), when the budget is used up.
  bool head(const std::vector<std::string>& cells);
  bool row(std::vector<std::string>& cells);
  // Says what is still held and ends the sheet. A sheet without rows is not said.
  void finish();

 private:
  bool begin();
  bool line(const std::vector<std::string>& cells, std::size_t width);

  Context& context_;
  std::string name_, line_;
  std::vector<std::string> titles_;
  std::size_t width_ = 0;
  bool begun_ = false, head_ = false;
};

}  // namespace fengsui::classify::extract
