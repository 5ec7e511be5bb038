// The data-resource catalogue (数据资源目录): which item an object belongs to, and what that item declares.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace fengsui::classify {

inline constexpr std::size_t kMaxCatalogItems = 20'000;
inline constexpr std::size_t kMaxCatalogFile = 16u << 20;   // bytes
inline constexpr std::size_t kMaxCatalogText = 512;         // bytes of one text
inline constexpr std::size_t kMaxCatalogList = 1'024;       // paths, or columns, of one item

struct CatalogItem {
  std::string id, name, unit;
  // "/srv/exchange/edu/*.csv" is compared with the whole path, "t_person*" with the name of a table or of a file;
  // '*' stands for any characters, '?' for one.
  std::vector<std::string> paths;
  std::vector<std::string> columns;  // declared; empty = the item declares none, and nothing is compared
  std::string data_class, grade;     // "" not graded
  std::string share;                 // unconditional | conditional | none; "" not said
  bool use_without_view = false;     // 可用不可见
  bool operator==(const CatalogItem&) const = default;
};

// What an object is called: its path, the member inside a container, and the tables that it holds or came from.
struct ObjectNames {
  std::string_view path, member;
  std::vector<std::string_view> tables;
};

// Immutable after it is made.
class Catalog {
 public:
  // A list of items, or {"items":[…]}. `source` names the input in errors: Errc::malformed when it is no JSON, usage with
  // the item's number for an unknown key or a wrong value, limit for too many items.
  static base::Result<Catalog> from_json(std::string_view text, const std::string& source);
  // CSV with a head line in Chinese or English (RFC 4180; UTF-8 or GB 18030; comma, semicolon or tab), lists divided by
  // ; ； 、 or |. Errors as above, with the line.
  static base::Result<Catalog> from_csv(std::string_view text, const std::string& source);
  // By the ending of its name.
  static base::Result<Catalog> load(const std::filesystem::path& file);

  std::string to_json() const;  // one line: {"items":[…]}
  const std::vector<CatalogItem>& items() const { return items_; }
  const CatalogItem* find(std::string_view id) const;

  // The first item one of whose paths fits; nullptr = the object is unregistered.
  const CatalogItem* match(const ObjectNames& names) const;

 private:
  friend class CatalogBuilder;
  std::vector<CatalogItem> items_;
};

// '*' any characters, '?' one; without regard to ASCII case when `fold`.
bool fits_pattern(std::string_view pattern, std::string_view text, bool fold);
// Columns that the item does not declare. Nothing when it declares none, or when none of the names is declared: then they
// are no names. Blanks, underscores, quotes and ASCII case do not count; of a path of keys only the last one does.
std::vector<std::string> undeclared_columns(const CatalogItem& item, const std::vector<std::string>& names);

}  // namespace fengsui::classify
