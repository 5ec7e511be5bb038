#include "store/sqlite.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/fd.h"

namespace fengsui::store {
namespace {

constexpr int kBusyMs = 5000;
constexpr std::array<std::uint8_t, 16> kMagic = {'S', 'Q', 'L', 'i', 't', 'e', ' ', 'f',
                                                 'o', 'r', 'm', 'a', 't', ' ', '3', 0};

base::Error error_of(sqlite3* db, int code, std::string_view what) {
  base::Errc errc = base::Errc::io;
  const int system_error = db != nullptr ? sqlite3_system_errno(db) : 0;
  switch (code & 0xff) {
    case SQLITE_FULL:
      errc = base::Errc::full;
      break;
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      errc = base::Errc::malformed;
      break;
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_READONLY:
      errc = base::Errc::denied;
      break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      errc = base::Errc::conflict;
      break;
    case SQLITE_CONSTRAINT:
      errc = base::Errc::exists;
      break;
    case SQLITE_TOOBIG:
      errc = base::Errc::limit;
      break;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      // The system's errno is the truth about a disk that is full; SQLite reports some of those as input/output errors.
      if (system_error == ENOSPC || system_error == EDQUOT) errc = base::Errc::full;
      if (system_error == EACCES) errc = base::Errc::denied;
      break;
    default:
      break;
  }
  std::string text(what);
  text.append(": ").append(sqlite3_errstr(code & 0xff));
  text.append(" (code ").append(std::to_string(code)).append(")");
  if (((code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN) && system_error != 0)
    text.append(", ").append(std::strerror(system_error));
  return {errc, std::move(text)};
}

base::Status sync_folder(const std::filesystem::path& folder) {
  base::Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return base::fail_errno("open", folder.string(), errno);
  if (::fsync(fd.get()) != 0) return base::fail_errno("fsync", folder.string(), errno);
  return {};
}

std::filesystem::path folder_of(const std::filesystem::path& file) {
  return file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
}

enum class Found : std::uint8_t { absent, ours };

// Looks at the first 100 bytes only, so that a file of somebody else stays exactly as it is.
base::Result<Found> recognise(const std::filesystem::path& file, const DatabaseKind& kind) {
  base::Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) {
    if (errno == ENOENT) return Found::absent;
    return base::fail_errno("open", file.string(), errno);
  }
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return base::fail_errno("stat", file.string(), errno);
  const std::string refused = file.string() + " is not a " + std::string(kind.name) + "; it was left as it is";
  if (!S_ISREG(info.st_mode)) return base::fail(base::Errc::malformed, refused);
  if (info.st_size == 0) return Found::absent;
  std::array<std::uint8_t, 100> header{};
  const ssize_t n = ::pread(fd.get(), header.data(), header.size(), 0);
  if (n < 0) return base::fail_errno("read", file.string(), errno);
  base::Reader reader(base::View(header.data(), static_cast<std::size_t>(n)));
  const base::View magic = reader.take(kMagic.size());
  reader.skip(68 - kMagic.size());
  const std::uint32_t id = reader.u32be();
  if (reader.failed() || !std::equal(magic.begin(), magic.end(), kMagic.begin(), kMagic.end()) ||
      id != kind.application_id)
    return base::fail(base::Errc::malformed, refused);
  return Found::ours;
}

base::Result<sqlite3*> connect(const std::filesystem::path& file, int flags) {
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &raw, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  if (code == SQLITE_OK) return raw;
  base::Error error = error_of(raw, code, "open " + file.string());
  sqlite3_close(raw);
  return std::unexpected(std::move(error));
}

base::Status run_on(sqlite3* db, const std::filesystem::path& file, const std::string& sql) {
  const int code = sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr);
  if (code == SQLITE_OK) return {};
  return std::unexpected(error_of(db, code, file.string() + ": " + sql.substr(0, 40)));
}

void remove_quietly(const std::filesystem::path& file) {
  std::error_code ignored;
  std::filesystem::remove(file, ignored);
}

// The whole file in one rollback-journal transaction beside its place, then a rename: absent or complete, nothing else.
base::Status create_file(const std::filesystem::path& file, const DatabaseKind& kind) {
  std::filesystem::path beside = file;
  beside += ".new";
  for (const char* suffix : {"", "-journal", "-wal", "-shm"}) {
    std::filesystem::path stale = beside;
    stale += suffix;
    remove_quietly(stale);
    if (*suffix != '\0') {  // a log left by a removed file must not be replayed into the new one
      std::filesystem::path orphan = file;
      orphan += suffix;
      remove_quietly(orphan);
    }
  }
  auto raw = connect(beside, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  if (!raw) return std::unexpected(raw.error());
  std::string sql = "PRAGMA synchronous=FULL; BEGIN EXCLUSIVE; PRAGMA application_id=" +
                    std::to_string(static_cast<std::int32_t>(kind.application_id)) +
                    "; CREATE TABLE schema_version(version INTEGER NOT NULL); INSERT INTO schema_version VALUES(" +
                    std::to_string(kind.version) + "); ";
  sql.append(kind.schema).append("; COMMIT");
  base::Status made = run_on(*raw, file, sql);
  const int closed = sqlite3_close(*raw);
  if (made && closed != SQLITE_OK) made = std::unexpected(error_of(nullptr, closed, "close " + beside.string()));
  // The write-ahead log and its index take the mode of the file: what is stored is for its owner alone.
  if (made && ::chmod(beside.c_str(), 0600) != 0) made = base::fail_errno("chmod", beside.string(), errno);
  if (made && ::rename(beside.c_str(), file.c_str()) != 0) made = base::fail_errno("rename", file.string(), errno);
  if (!made) {
    remove_quietly(beside);
    return made;
  }
  return sync_folder(folder_of(file));
}

}  // namespace

Statement& Statement::operator=(Statement&& other) noexcept {
  if (this != &other) {
    sqlite3_finalize(raw_);
    db_ = std::exchange(other.db_, nullptr);
    raw_ = std::exchange(other.raw_, nullptr);
  }
  return *this;
}

Statement::~Statement() { sqlite3_finalize(raw_); }

Statement& Statement::bind(int at, std::int64_t value) {
  FENGSUI_ASSERT(sqlite3_bind_int64(raw_, at, value) == SQLITE_OK);
  return *this;
}

Statement& Statement::bind(int at, std::string_view text) {
  const char* data = text.data() == nullptr ? "" : text.data();
  FENGSUI_ASSERT(sqlite3_bind_text64(raw_, at, data, text.size(), SQLITE_STATIC, SQLITE_UTF8) == SQLITE_OK);
  return *this;
}

Statement& Statement::bind(int at, base::View bytes) {
  const void* data = bytes.data() == nullptr ? static_cast<const void*>("") : bytes.data();
  FENGSUI_ASSERT(sqlite3_bind_blob64(raw_, at, data, bytes.size(), SQLITE_STATIC) == SQLITE_OK);
  return *this;
}

base::Result<bool> Statement::step() {
  const int code = sqlite3_step(raw_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    sqlite3_reset(raw_);
    return false;
  }
  const char* file = sqlite3_db_filename(db_, "main");
  base::Error error = error_of(db_, code, std::string(file == nullptr ? "database" : file));
  sqlite3_reset(raw_);
  return std::unexpected(std::move(error));
}

base::Status Statement::run() {
  auto row = step();
  if (!row) return std::unexpected(row.error());
  FENGSUI_ASSERT(!*row);
  return {};
}

void Statement::reset() { sqlite3_reset(raw_); }

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(raw_, column); }

std::string_view Statement::text(int column) const {
  const auto* data = sqlite3_column_text(raw_, column);
  const int size = sqlite3_column_bytes(raw_, column);
  return data == nullptr ? std::string_view()
                         : std::string_view(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
}

base::View Statement::bytes(int column) const {
  const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(raw_, column));
  const int size = sqlite3_column_bytes(raw_, column);
  return data == nullptr ? base::View() : base::View(data, static_cast<std::size_t>(size));
}

base::Result<std::unique_ptr<Database>> Database::open(const std::filesystem::path& file, const DatabaseKind& kind,
                                                       bool create) {
  auto found = recognise(file, kind);
  if (!found) return std::unexpected(found.error());
  if (*found == Found::absent) {
    if (!create) return base::fail(base::Errc::not_found, "no " + std::string(kind.name) + " at " + file.string());
    if (auto made = create_file(file, kind); !made) return std::unexpected(made.error());
  }
  auto raw = connect(file, SQLITE_OPEN_READWRITE);
  if (!raw) return std::unexpected(raw.error());
  std::unique_ptr<Database> db(new Database(*raw, file));
  sqlite3_busy_timeout(*raw, kBusyMs);
  // journal_size_limit bounds the log file after a burst; the checkpoint at 4000 pages keeps it below 16 MiB otherwise.
  for (const char* sql : {"PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA journal_size_limit=33554432",
                          "PRAGMA wal_autocheckpoint=4000", "PRAGMA cache_size=-4000", "PRAGMA trusted_schema=OFF"}) {
    if (auto set = db->run(sql); !set) return std::unexpected(set.error());
  }
  auto statement = db->prepare("SELECT version FROM schema_version");
  if (!statement) return std::unexpected(statement.error());
  auto row = statement->step();
  if (!row) return std::unexpected(row.error());
  const std::uint64_t version = *row ? statement->number(0) : 0;
  if (version != kind.version)
    return base::fail(base::Errc::unsupported, file.string() + " has schema version " + std::to_string(version) +
                                                   "; this build reads version " + std::to_string(kind.version));
  return db;
}

Database::~Database() { sqlite3_close_v2(raw_); }

base::Status Database::run(const char* sql) { return run_on(raw_, file_, sql); }

base::Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* raw = nullptr;
  const int code =
      sqlite3_prepare_v3(raw_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  if (code != SQLITE_OK) return std::unexpected(error_of(raw_, code, file_.string() + ": prepare"));
  return Statement(raw_, raw);
}

base::Status Database::commit() {
  auto status = run("COMMIT");
  if (!status) rollback();
  return status;
}

void Database::rollback() {
  // SQLite has already rolled back on its own after some errors; a second one then says so and changes nothing.
  if (sqlite3_get_autocommit(raw_) == 0) sqlite3_exec(raw_, "ROLLBACK", nullptr, nullptr, nullptr);
}

base::Status make_folders(const std::filesystem::path& folder) {
  std::error_code error;
  if (std::filesystem::is_directory(folder, error)) return {};
  const std::filesystem::path above = folder_of(folder);
  if (above != folder && !above.empty()) {
    if (auto made = make_folders(above); !made) return made;
  }
  if (::mkdir(folder.c_str(), 0750) != 0 && errno != EEXIST) return base::fail_errno("mkdir", folder.string(), errno);
  return sync_folder(above);
}

}  // namespace fengsui::store
