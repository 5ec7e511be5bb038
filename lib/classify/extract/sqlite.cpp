// SQLite databases (sqlite.org/fileformat2.html), in memory and read-only: each table a table.
#include <sqlite3.h>

#include <fmt/format.h>

#include <cstring>
#include <memory>

#include "base/encode.h"
#include "classify/extract/charsets.h"
#include "classify/extract/context.h"
#include "classify/extract/rows.h"

namespace fengsui::classify::extract {
namespace {

struct Close {
  void operator()(sqlite3* db) const { sqlite3_close(db); }
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Database = std::unique_ptr<sqlite3, Close>;
using Statement = std::unique_ptr<sqlite3_stmt, Close>;

Statement prepare(sqlite3* db, const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  sqlite3_prepare_v2(db, sql.c_str(), static_cast<int>(sql.size()), &statement, nullptr);
  return Statement(statement);
}

// The schema is as hostile as the rows: nothing of it is run but reading a table.
bool guard(sqlite3* db) {
  for (const auto& [option, value] : {std::pair{SQLITE_DBCONFIG_DEFENSIVE, 1}, {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0}, {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
                                      {SQLITE_DBCONFIG_ENABLE_VIEW, 0}, {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0}})
    if (sqlite3_db_config(db, option, value, nullptr) != SQLITE_OK) return false;
  sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
  sqlite3_limit(db, SQLITE_LIMIT_COLUMN, static_cast<int>(Rows::kMaxCells));
  return sqlite3_exec(db, "PRAGMA cell_size_check=ON; PRAGMA query_only=ON; PRAGMA temp_store=MEMORY", nullptr, nullptr, nullptr) == SQLITE_OK;
}

Database open(base::View bytes, Context& context) {
  sqlite3* raw = nullptr;
  if (sqlite3_open_v2(":memory:", &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY, nullptr) != SQLITE_OK) {
    sqlite3_close(raw);
    return nullptr;
  }
  Database db(raw);
  auto* copy = static_cast<unsigned char*>(sqlite3_malloc64(bytes.size()));
  if (copy == nullptr) {
    context.missed(Missed::out_of_memory, Format::sqlite);
    return nullptr;
  }
  std::memcpy(copy, bytes.data(), bytes.size());
  // Write and read version 2 say that there is a write-ahead log beside the file; here there is none (file format, 1.3.3).
  if (bytes.size() >= 20) copy[18] = copy[19] = 1;
  const auto size = static_cast<sqlite3_int64>(bytes.size());
  if (sqlite3_deserialize(raw, "main", copy, size, size, SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_READONLY) != SQLITE_OK || !guard(raw)) return nullptr;
  return db;
}

std::string quoted(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) out.append(c == '"' ? 2 : 1, c);
  return out + "\"";
}

// A BLOB that is text is text; one with a format of its own is a thing inside.
std::string cell(Context& context, sqlite3_stmt* row, int column, bool& alive, std::vector<base::Bytes>& inner) {
  switch (sqlite3_column_type(row, column)) {
    case SQLITE_NULL: return {};
    case SQLITE_BLOB: {
      const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(row, column));
      const base::View blob(data, static_cast<std::size_t>(sqlite3_column_bytes(row, column)));
      if (blob.empty()) return {};
      const Format format = recognise(blob.first(std::min(blob.size(), kSniff)));
      if (format == Format::text) return context.charsets().to_utf8("UTF-8", blob);
      alive = alive && context.spend(blob.size());
      if (alive && inner.size() < 64) inner.push_back(base::to_bytes(blob));
      return {};
    }
    default: {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(row, column));
      return text == nullptr ? std::string() : std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(row, column)));
    }
  }
}

// False when the rest of the database need not be tried.
bool read_table(Context& context, sqlite3* db, const std::string& name) {
  const Statement rows = prepare(db, "SELECT * FROM " + quoted(name));
  if (!rows) {
    context.missed(Missed::damaged, Format::sqlite);
    return true;
  }
  const int columns = sqlite3_column_count(rows.get());
  Rows out(context, name);
  std::vector<std::string> cells;
  for (int i = 0; i < columns; ++i) {
    const char* column = sqlite3_column_name(rows.get(), i);
    cells.emplace_back(column == nullptr ? "" : column);
  }
  // The head of a table is known, also of one with a single column.
  bool alive = out.head(cells);
  std::vector<base::Bytes> inner;
  int step = SQLITE_DONE;
  while (alive && (step = sqlite3_step(rows.get())) == SQLITE_ROW) {
    cells.clear();
    for (int i = 0; i < columns; ++i) cells.push_back(cell(context, rows.get(), i, alive, inner));
    alive = alive && out.row(cells);
  }
  std::size_t n = 0;
  for (const base::Bytes& bytes : inner)
    if (alive) alive = context.inner(fmt::format("{}.{}", name, ++n), Bond::part, bytes);
  if (alive && step != SQLITE_DONE) context.missed(Missed::damaged, Format::sqlite);
  out.finish();
  return alive;
}

}  // namespace

void read_sqlite(Context& context, Format format, base::View bytes) {
  const Database db = open(bytes, context);
  if (!db) return context.missed(Missed::damaged, format);
  // Tables with pages of their own: no views, no virtual tables.
  const Statement names = prepare(db.get(), "SELECT name FROM sqlite_schema WHERE type='table' AND rootpage>0 ORDER BY rowid");
  if (!names) return context.missed(Missed::damaged, format);
  int step = SQLITE_DONE;
  while ((step = sqlite3_step(names.get())) == SQLITE_ROW) {
    const auto* name = reinterpret_cast<const char*>(sqlite3_column_text(names.get(), 0));
    if (name == nullptr || std::string_view(name).starts_with("sqlite_")) continue;
    if (!read_table(context, db.get(), name)) return;
  }
  if (step != SQLITE_DONE) context.missed(Missed::damaged, format);
}

}  // namespace fengsui::classify::extract
