#include <algorithm>
#include <cstring>

#include "store/spool.h"
#include "store/sqlite.h"

namespace fengsui::store {
namespace {

// `size` stands before the payload so that summing it reads no overflow pages.
constexpr DatabaseKind kSpool = {
    .application_id = 0x46535350,  // "FSSP"
    .version = 1,
    .name = "spool",
    .schema =
        "CREATE TABLE records(seq INTEGER PRIMARY KEY, size INTEGER NOT NULL, salt BLOB NOT NULL, note BLOB NOT NULL, "
        "detail BLOB NOT NULL);"
        "CREATE TABLE state(id INTEGER PRIMARY KEY CHECK(id=1), last_seq INTEGER NOT NULL, last_digest BLOB NOT NULL, "
        "acknowledged INTEGER NOT NULL, lost INTEGER NOT NULL);"
        "INSERT INTO state VALUES(1, 0, zeroblob(32), 0, 0);"
        "CREATE TABLE kept(key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
};

std::uint64_t size_of(const evidence::Record& record) {
  return record.note.size() + record.detail.size() + record.salt.size() + sizeof(record.seq);
}

class SqliteSpool final : public Spool {
 public:
  SqliteSpool(std::unique_ptr<Database> db, const SpoolLimits& limits) : db_(std::move(db)), limits_(limits) {}

  base::Status start() {
    for (auto [statement, sql] : std::initializer_list<std::pair<Statement*, const char*>>{
             {&insert_, "INSERT INTO records(seq, size, salt, note, detail) VALUES(?1, ?2, ?3, ?4, ?5)"},
             {&advance_, "UPDATE state SET last_seq=?1, last_digest=?2"},
             {&read_, "SELECT seq, salt, note, detail FROM records WHERE seq>=?1 ORDER BY seq"},
             {&doomed_, "SELECT count(*), coalesce(sum(size), 0) FROM records WHERE seq<=?1"},
             {&remove_, "DELETE FROM records WHERE seq<=?1"},
             {&acknowledge_, "UPDATE state SET acknowledged=?1"},
             {&lose_, "UPDATE state SET lost=?1"},
             {&put_, "INSERT INTO kept(key, value) VALUES(?1, ?2) ON CONFLICT(key) DO UPDATE SET value=excluded.value"},
             {&get_, "SELECT value FROM kept WHERE key=?1"}}) {
      auto prepared = db_->prepare(sql);
      if (!prepared) return std::unexpected(prepared.error());
      *statement = std::move(*prepared);
    }
    return load();
  }

  base::Status append(const std::vector<evidence::Record>& records, const crypto::Digest& last_digest) override {
    if (records.empty()) return {};
    std::uint64_t expected = last_seq_ == 0 ? records.front().seq : last_seq_ + 1, bytes = 0;
    for (const auto& record : records) {
      if (record.seq == 0 || record.seq != expected)
        return base::fail(base::Errc::conflict, "spool: record " + std::to_string(record.seq) + " where " +
                                                    std::to_string(expected) + " comes next");
      ++expected;
      bytes += size_of(record);
    }
    if (bytes > limits_.max_bytes || queued_bytes_ > limits_.max_bytes - bytes)
      return base::fail(base::Errc::full, "spool: " + std::to_string(queued_bytes_) + " bytes queued and " +
                                              std::to_string(bytes) + " more; limit " +
                                              std::to_string(limits_.max_bytes));
    Transaction transaction(*db_);
    if (auto begun = transaction.begin(); !begun) return begun;
    for (const auto& record : records) {
      insert_.bind(1, record.seq).bind(2, size_of(record)).bind(3, base::View(record.salt));
      insert_.bind(4, base::view(record.note)).bind(5, base::view(record.detail));
      if (auto done = insert_.run(); !done) return done;
    }
    if (auto done = advance_.bind(1, records.back().seq).bind(2, base::View(last_digest)).run(); !done) return done;
    if (auto done = transaction.commit(); !done) return done;
    last_seq_ = records.back().seq;
    last_digest_ = last_digest;
    queued_ += records.size();
    queued_bytes_ += bytes;
    return {};
  }

  base::Result<std::vector<evidence::Record>> read(std::uint64_t from_seq, std::size_t max_records,
                                                   std::size_t max_bytes) override {
    std::vector<evidence::Record> out;
    std::uint64_t bytes = 0;
    read_.bind(1, from_seq);
    while (out.size() < max_records) {
      auto row = read_.step();
      if (!row) return std::unexpected(row.error());
      if (!*row) return out;
      evidence::Record record;
      record.seq = read_.number(0);
      const base::View salt = read_.bytes(1);
      record.note = base::text(read_.bytes(2));
      record.detail = base::text(read_.bytes(3));
      if (salt.size() != record.salt.size()) {
        read_.reset();
        return base::fail(base::Errc::malformed, "spool: record " + std::to_string(record.seq) + " has a salt of " +
                                                     std::to_string(salt.size()) + " bytes");
      }
      std::ranges::copy(salt, record.salt.begin());
      bytes += size_of(record);
      if (bytes > max_bytes && !out.empty()) break;  // one record always passes, or a large one would stop the queue
      out.push_back(std::move(record));
    }
    read_.reset();
    return out;
  }

  base::Status acknowledge(std::uint64_t up_to) override {
    if (up_to > last_seq_)
      return base::fail(base::Errc::conflict, "spool: acknowledgement of " + std::to_string(up_to) +
                                                  "; the last record is " + std::to_string(last_seq_));
    if (up_to <= acknowledged_) return {};
    Transaction transaction(*db_);
    if (auto begun = transaction.begin(); !begun) return begun;
    auto row = doomed_.bind(1, up_to).step();
    if (!row) return std::unexpected(row.error());
    const std::uint64_t count = doomed_.number(0), bytes = doomed_.number(1);
    doomed_.reset();
    if (auto done = remove_.bind(1, up_to).run(); !done) return done;
    if (auto done = acknowledge_.bind(1, up_to).run(); !done) return done;
    if (auto done = transaction.commit(); !done) return done;
    acknowledged_ = up_to;
    queued_ -= count;
    queued_bytes_ -= bytes;
    return {};
  }

  std::uint64_t last_seq() const override { return last_seq_; }
  crypto::Digest last_digest() const override { return last_digest_; }
  std::uint64_t acknowledged() const override { return acknowledged_; }
  std::uint64_t queued() const override { return queued_; }
  std::uint64_t queued_bytes() const override { return queued_bytes_; }
  std::uint64_t lost() const override { return lost_; }

  base::Status count_lost(std::uint64_t n) override {
    lost_ += n;  // first in memory: a full disk must not hide that something was lost
    return lose_.bind(1, lost_).run();
  }

  base::Status put(const std::string& key, base::View value) override {
    return put_.bind(1, std::string_view(key)).bind(2, value).run();
  }

  base::Result<base::Bytes> get(const std::string& key) override {
    auto row = get_.bind(1, std::string_view(key)).step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return base::fail(base::Errc::not_found, "spool: no value '" + key + "'");
    base::Bytes value = base::to_bytes(get_.bytes(0));
    get_.reset();
    return value;
  }

 private:
  base::Status load() {
    auto state = db_->prepare("SELECT last_seq, last_digest, acknowledged, lost FROM state WHERE id=1");
    if (!state) return std::unexpected(state.error());
    auto row = state->step();
    if (!row) return std::unexpected(row.error());
    if (!*row || state->bytes(1).size() != last_digest_.size())
      return base::fail(base::Errc::malformed, db_->file().string() + ": the spool's state row is damaged");
    last_seq_ = state->number(0);
    std::ranges::copy(state->bytes(1), last_digest_.begin());
    acknowledged_ = state->number(2);
    lost_ = state->number(3);
    auto sums = db_->prepare("SELECT count(*), coalesce(sum(size), 0) FROM records");
    if (!sums) return std::unexpected(sums.error());
    row = sums->step();
    if (!row) return std::unexpected(row.error());
    queued_ = sums->number(0);
    queued_bytes_ = sums->number(1);
    return {};
  }

  std::unique_ptr<Database> db_;  // before the statements: they are finalised first
  SpoolLimits limits_;
  Statement insert_, advance_, read_, doomed_, remove_, acknowledge_, lose_, put_, get_;
  std::uint64_t last_seq_ = 0, acknowledged_ = 0, queued_ = 0, queued_bytes_ = 0, lost_ = 0;
  crypto::Digest last_digest_{};
};

}  // namespace

base::Result<std::unique_ptr<Spool>> Spool::open(const std::filesystem::path& file, const SpoolLimits& limits) {
  auto db = Database::open(file, kSpool);
  if (!db) return std::unexpected(db.error());
  auto spool = std::make_unique<SqliteSpool>(std::move(*db), limits);
  if (auto started = spool->start(); !started) return std::unexpected(started.error());
  return spool;
}

}  // namespace fengsui::store
