// From what a file says to catalogue items: shared by the formats a catalogue may be written in.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "classify/catalog.h"

namespace fengsui::classify {

// The fields of one item under the names that the file gives them.
struct CatalogFields {
  std::vector<std::pair<std::string, std::string>> texts;
  std::vector<std::pair<std::string, std::vector<std::string>>> lists;
};

// Checks items and collects them; remembers the first problem.
class CatalogBuilder {
 public:
  explicit CatalogBuilder(std::string source) : source_(std::move(source)) {}

  // False when the item is refused. `where` says which one: "line 3", "item 2".
  bool add(const CatalogFields& fields, const std::string& where);
  bool complain(const std::string& where, const std::string& what);
  base::Result<Catalog> finish();

  // The field that a name stands for, "" when it is none: "目录编号" is "id".
  static std::string_view field_of(std::string_view name);

 private:
  bool set(CatalogItem& item, std::string_view field, std::string value, const std::string& where);
  bool set(CatalogItem& item, std::string_view field, std::vector<std::string> values, const std::string& where);

  std::string source_;
  std::string problem_;
  base::Errc code_ = base::Errc::usage;
  Catalog catalog_;
};

}  // namespace fengsui::classify
