#include "classify/extract/rows.h"

#include <algorithm>

namespace fengsui::classify::extract {
namespace {

// A cell stays within its cell: no tab, no line end, and quotes that close.
void append_cell(std::string_view cell, std::string& out) {
  const std::size_t from = out.size();
  std::size_t quotes = 0;
  for (const char c : cell.substr(0, Rows::kMaxCell)) {
    quotes += c == '"';
    out.push_back(c == '\t' || c == '\n' || c == '\r' || c == '\0' ? ' ' : c);
  }
  if (quotes % 2 != 0) std::replace(out.begin() + static_cast<std::ptrdiff_t>(from), out.end(), '"', '\'');
}

}  // namespace

bool Rows::begin() {
  if (begun_) return true;
  for (const std::string& title : titles_)
    if (!context_.text(title)) return false;
  titles_.clear();
  begun_ = context_.begin(name_, Bond::part);
  return begun_;
}

bool Rows::line(const std::vector<std::string>& cells, std::size_t width) {
  line_.clear();
  for (std::size_t i = 0; i < std::max(cells.size(), width); ++i) {
    if (i != 0) line_.push_back('\t');
    if (i < cells.size()) append_cell(cells[i], line_);
  }
  line_.push_back('\n');
  return context_.text(line_);
}

bool Rows::head(const std::vector<std::string>& cells) {
  head_ = true;
  width_ = cells.size();
  return begin() && line(cells, width_);
}

bool Rows::row(std::vector<std::string>& cells) {
  while (!cells.empty() && cells.back().empty()) cells.pop_back();
  if (cells.empty()) return true;
  const auto used = std::count_if(cells.begin(), cells.end(), [](const std::string& c) { return !c.empty(); });
  if (!head_ && used < 2 && titles_.size() < kMaxTitles) {
    std::string title;
    append_cell(*std::find_if(cells.begin(), cells.end(), [](const std::string& c) { return !c.empty(); }), title);
    titles_.push_back(title + '\n');
    return true;
  }
  if (!begin()) return false;
  if (!head_) width_ = cells.size();
  head_ = true;
  return line(cells, width_);
}

void Rows::finish() {
  if (!begun_ && titles_.empty()) return;
  // Only single cells: they are the sheet.
  if (!begun_) {
    std::vector<std::string> all;
    all.swap(titles_);
    if (!begin()) return;
    for (const std::string& one : all) context_.text(one);
  }
  if (begun_) context_.end();
}

}  // namespace fengsui::classify::extract
