// SQLite as the store uses it: durable by default, every error an Error, every file recognised before it is touched.
// Internal to lib/store; sqlite3.h stays in sqlite.cpp.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "base/error.h"

struct sqlite3;
struct sqlite3_stmt;

namespace fengsui::store {

// A prepared statement; belongs to its Database and must not outlive it. Move only. One thread.
class Statement {
 public:
  Statement() = default;
  Statement(sqlite3* db, sqlite3_stmt* raw) : db_(db), raw_(raw) {}
  Statement(Statement&& other) noexcept
      : db_(std::exchange(other.db_, nullptr)), raw_(std::exchange(other.raw_, nullptr)) {}
  Statement& operator=(Statement&& other) noexcept;
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement();

  // Parameters count from 1. Bytes and text are not copied: they must live until the next reset() or bind.
  Statement& bind(int at, std::int64_t value);
  Statement& bind(int at, std::uint64_t value) { return bind(at, static_cast<std::int64_t>(value)); }
  Statement& bind(int at, int value) { return bind(at, static_cast<std::int64_t>(value)); }
  Statement& bind(int at, std::string_view text);
  Statement& bind(int at, base::View bytes);

  // True: a row is there. False: done, and the statement is reset. On an error it is reset too.
  base::Result<bool> step();
  // For a statement that returns no rows.
  base::Status run();
  void reset();

  // Columns of the current row count from 0; the views are valid until the next step() or reset().
  std::int64_t integer(int column) const;
  std::uint64_t number(int column) const { return static_cast<std::uint64_t>(integer(column)); }
  std::string_view text(int column) const;
  base::View bytes(int column) const;

 private:
  sqlite3* db_ = nullptr;
  sqlite3_stmt* raw_ = nullptr;
};

// What a database file of ours is: checked in its header before SQLite opens it.
struct DatabaseKind {
  std::uint32_t application_id = 0;  // "FSSP", "FSLG" … at offset 68 of the file, big endian
  std::uint32_t version = 1;         // of the schema, in table schema_version
  std::string_view name;             // "spool", for messages
  std::string_view schema;           // statements that make version 1
};

// One connection. WAL, synchronous=FULL: a committed transaction survives a power cut. One thread.
class Database {
 public:
  // Opens, or creates when the file is absent or empty and `create` is set. A new file is made whole beside its place
  // and renamed into it, so that it is never seen half made. Errc::malformed when the file is something else (it is
  // left untouched), Errc::unsupported for a newer schema, Errc::not_found, io, denied, full.
  static base::Result<std::unique_ptr<Database>> open(const std::filesystem::path& file, const DatabaseKind& kind,
                                                      bool create = true);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  base::Status run(const char* sql);
  base::Result<Statement> prepare(std::string_view sql);
  // Takes the write lock at once; waits up to 5 s for another connection, then Errc::conflict.
  base::Status begin() { return run("BEGIN IMMEDIATE"); }
  // Durable when it succeeds. When it fails, nothing of the transaction is visible to this process; after a power cut
  // it may turn out to be there whole ("failed but kept").
  base::Status commit();
  void rollback();
  const std::filesystem::path& file() const { return file_; }

 private:
  Database(sqlite3* raw, std::filesystem::path file) : raw_(raw), file_(std::move(file)) {}

  sqlite3* raw_;
  std::filesystem::path file_;
};

// Rolls back unless committed.
class Transaction {
 public:
  explicit Transaction(Database& db) : db_(&db) {}
  ~Transaction() {
    if (open_) db_->rollback();
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  base::Status begin() {
    auto status = db_->begin();
    open_ = status.has_value();
    return status;
  }
  base::Status commit() {
    open_ = false;
    return db_->commit();
  }

 private:
  Database* db_;
  bool open_ = false;
};

// mkdir -p, with every new folder's entry made durable.
base::Status make_folders(const std::filesystem::path& folder);

}  // namespace fengsui::store
