// The folder of a collector: control.db beside units/<unit>/<year>/{log.db,days/…}.
#include <algorithm>
#include <charconv>
#include <map>

#include "store/ledger.h"
#include "store/sqlite.h"
#include "store/unit_log.h"

namespace fengsui::store {
namespace {

constexpr DatabaseKind kControl = {
    .application_id = 0x46534354,  // "FSCT"
    .version = 1,
    .name = "control database",
    .schema =
        "CREATE TABLE documents(folder TEXT NOT NULL, key TEXT NOT NULL, json TEXT NOT NULL, PRIMARY KEY(folder, key)) "
        "WITHOUT ROWID;"
        "CREATE TABLE marks(log TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, note BLOB NOT NULL) "
        "WITHOUT ROWID",
};

class SqliteControl final : public Control {
 public:
  explicit SqliteControl(std::unique_ptr<Database> db) : db_(std::move(db)) {}

  base::Status prepare() {
    for (auto [statement, sql] : std::initializer_list<std::pair<Statement*, const char*>>{
             {&put_,
              "INSERT INTO documents(folder, key, json) VALUES(?1,?2,?3) ON CONFLICT(folder, key) DO UPDATE SET "
              "json=excluded.json"},
             {&insert_, "INSERT INTO documents(folder, key, json) VALUES(?1,?2,?3)"},
             {&get_, "SELECT json FROM documents WHERE folder=?1 AND key=?2"},
             {&list_, "SELECT key, json FROM documents WHERE folder=?1 ORDER BY key"},
             {&mark_,
              "INSERT INTO marks(log, size, root, note) VALUES(?1,?2,?3,?4) ON CONFLICT(log) DO UPDATE SET "
              "size=excluded.size, root=excluded.root, note=excluded.note"},
             {&get_mark_, "SELECT size, root, note FROM marks WHERE log=?1"}}) {
      auto prepared = db_->prepare(sql);
      if (!prepared) return std::unexpected(prepared.error());
      *statement = std::move(*prepared);
    }
    return {};
  }

  base::Status put(const std::string& table, const std::string& key, const std::string& json) override {
    return put_.bind(1, std::string_view(table)).bind(2, std::string_view(key)).bind(3, std::string_view(json)).run();
  }

  base::Status insert(const std::string& table, const std::string& key, const std::string& json) override {
    auto done =
        insert_.bind(1, std::string_view(table)).bind(2, std::string_view(key)).bind(3, std::string_view(json)).run();
    if (!done && done.error().code == base::Errc::exists)
      return base::fail(base::Errc::exists, table + " '" + key + "' exists already");
    return done;
  }

  base::Result<std::optional<std::string>> get(const std::string& table, const std::string& key) const override {
    auto row = get_.bind(1, std::string_view(table)).bind(2, std::string_view(key)).step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return std::nullopt;
    std::string json(get_.text(0));
    get_.reset();
    return json;
  }

  base::Result<std::vector<std::pair<std::string, std::string>>> list(const std::string& table) const override {
    std::vector<std::pair<std::string, std::string>> out;
    list_.bind(1, std::string_view(table));
    for (;;) {
      auto row = list_.step();
      if (!row) return std::unexpected(row.error());
      if (!*row) return out;
      out.emplace_back(list_.text(0), list_.text(1));
    }
  }

  base::Status swap(const std::string& table, const std::string& key, const std::string& expected,
                    const std::string& next) override {
    Transaction transaction(*db_);
    if (auto begun = transaction.begin(); !begun) return begun;
    auto current = get(table, key);
    if (!current) return std::unexpected(current.error());
    if (!*current || **current != expected)
      return base::fail(base::Errc::conflict, table + " '" + key + "' is not what it was");
    if (auto done = put(table, key, next); !done) return done;
    return transaction.commit();
  }

  base::Status put_mark(const std::string& log, const Checkpoint& mark) {
    return mark_.bind(1, std::string_view(log))
        .bind(2, mark.size)
        .bind(3, base::View(mark.root))
        .bind(4, base::view(mark.note))
        .run();
  }

  base::Result<std::optional<Checkpoint>> mark(const std::string& log) {
    auto row = get_mark_.bind(1, std::string_view(log)).step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return std::nullopt;
    Checkpoint out;
    out.size = get_mark_.number(0);
    const base::View root = get_mark_.bytes(1);
    if (root.size() == out.root.size()) std::ranges::copy(root, out.root.begin());
    out.note = base::text(get_mark_.bytes(2));
    get_mark_.reset();
    return out;
  }

 private:
  std::unique_ptr<Database> db_;
  mutable Statement put_, insert_, get_, list_, mark_, get_mark_;
};

base::Result<std::unique_ptr<SqliteControl>> open_control(const std::filesystem::path& file) {
  auto db = Database::open(file, kControl);
  if (!db) return std::unexpected(db.error());
  auto control = std::make_unique<SqliteControl>(std::move(*db));
  if (auto prepared = control->prepare(); !prepared) return std::unexpected(prepared.error());
  return control;
}

// The name becomes a folder, so it is held to what a folder name may safely be.
bool is_unit_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && name.front() != '.' && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  });
}

class SqliteLedger final : public Ledger {
 public:
  SqliteLedger(std::filesystem::path folder, std::unique_ptr<SqliteControl> control,
               std::unique_ptr<SqliteControl> marks)
      : folder_(std::move(folder)), control_(std::move(control)), marks_(std::move(marks)) {}

  base::Result<UnitLog*> unit(const std::string& unit, int year) override {
    if (!is_unit_name(unit) || year < 1970 || year > 9999)
      return base::fail(base::Errc::usage, "a unit is named by 1 to 64 of A-Z a-z 0-9 - _ . and a year");
    const std::string name = unit + "/" + std::to_string(year);
    if (auto known = logs_.find(name); known != logs_.end()) return known->second.get();
    auto last = marks_->mark(name);
    if (!last) return std::unexpected(last.error());
    Mark mark{[this, name](const Checkpoint& next) { return marks_->put_mark(name, next); }, std::move(*last)};
    auto log = SqliteUnitLog::open(folder_ / "units" / unit / std::to_string(year), std::move(mark));
    if (!log) return std::unexpected(log.error());
    return logs_.emplace(name, std::move(*log)).first->second.get();
  }

  base::Result<std::vector<std::pair<std::string, int>>> units() const override {
    std::vector<std::pair<std::string, int>> out;
    std::error_code error;
    const std::filesystem::path top = folder_ / "units";
    if (!std::filesystem::exists(top, error)) return out;
    std::filesystem::directory_iterator it(top, error), end;
    for (; !error && it != end; it.increment(error)) {
      std::error_code inner;
      for (std::filesystem::directory_iterator year_it(it->path(), inner); !inner && year_it != end;
           year_it.increment(inner)) {
        const std::string text = year_it->path().filename().string();
        int year = 0;
        const auto [stop, failed] = std::from_chars(text.data(), text.data() + text.size(), year);
        if (failed != std::errc() || stop != text.data() + text.size()) continue;
        if (std::filesystem::exists(year_it->path() / "log.db", inner))
          out.emplace_back(it->path().filename().string(), year);
      }
    }
    if (error) return base::fail(base::Errc::io, "list " + top.string() + ": " + error.message());
    std::ranges::sort(out);
    return out;
  }

  Control& control() override { return *control_; }

 private:
  std::filesystem::path folder_;
  std::unique_ptr<SqliteControl> control_, marks_;  // two connections: a mark may be put while a document is being read
  std::map<std::string, std::unique_ptr<SqliteUnitLog>> logs_;
};

}  // namespace

base::Result<std::unique_ptr<Ledger>> Ledger::open(const std::filesystem::path& folder) {
  if (auto made = make_folders(folder); !made) return std::unexpected(made.error());
  auto control = open_control(folder / "control.db");
  if (!control) return std::unexpected(control.error());
  auto marks = open_control(folder / "control.db");
  if (!marks) return std::unexpected(marks.error());
  return std::make_unique<SqliteLedger>(folder, std::move(*control), std::move(*marks));
}

}  // namespace fengsui::store
