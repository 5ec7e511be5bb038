#include "store/day_file.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace fengsui::store {
namespace {

// The line and its salt are in a table of their own: scans of a day stay narrow, and a detail can be erased where the
// law asks for it without touching the rows that counts rest on.
constexpr DatabaseKind kDay = {
    .application_id = 0x46534459,  // "FSDY"
    .version = 1,
    .name = "day file",
    .schema =
        "CREATE TABLE findings(idx INTEGER PRIMARY KEY, agent TEXT NOT NULL, seq INTEGER NOT NULL, time INTEGER NOT "
        "NULL, "
        "rx INTEGER NOT NULL, rule TEXT NOT NULL, severity INTEGER NOT NULL, stage INTEGER NOT NULL, hour INTEGER NOT "
        "NULL);"
        "CREATE TABLE details(idx INTEGER PRIMARY KEY, salt BLOB NOT NULL, line BLOB NOT NULL);"
        "CREATE TABLE rollup(hour INTEGER, rule TEXT, severity INTEGER, stage INTEGER, n INTEGER NOT NULL, "
        "PRIMARY KEY(hour, rule, severity, stage)) WITHOUT ROWID",
};

int hour_of(base::UnixMs time) { return static_cast<int>((time - base::start_of(base::day_of(time))) / 3'600'000); }

StoredFinding row_of(const Statement& row) {
  StoredFinding out;
  out.index = row.number(0);
  out.agent = row.text(1);
  out.seq = row.number(2);
  out.time = row.integer(3);
  out.rx = row.integer(4);
  out.rule = row.text(5);
  out.severity = static_cast<std::uint8_t>(row.integer(6));
  out.stage = static_cast<std::uint8_t>(row.integer(7));
  const base::View salt = row.bytes(8);
  if (salt.size() == out.salt.size()) std::ranges::copy(salt, out.salt.begin());
  out.detail = base::text(row.bytes(9));
  return out;
}

}  // namespace

base::Result<std::unique_ptr<DayFile>> DayFile::open(const std::filesystem::path& file, bool create) {
  auto db = Database::open(file, kDay, create);
  if (!db) return std::unexpected(db.error());
  std::unique_ptr<DayFile> day(new DayFile(std::move(*db)));
  if (auto prepared = day->prepare(); !prepared) return std::unexpected(prepared.error());
  return day;
}

base::Status DayFile::prepare() {
  for (auto [statement, sql] : std::initializer_list<std::pair<Statement*, const char*>>{
           {&insert_,
            "INSERT INTO findings(idx, agent, seq, time, rx, rule, severity, stage, hour) "
            "VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9)"},
           {&detail_, "INSERT INTO details(idx, salt, line) VALUES(?1, ?2, ?3)"},
           {&count_,
            "INSERT INTO rollup(hour, rule, severity, stage, n) VALUES(?1,?2,?3,?4,?5) "
            "ON CONFLICT(hour, rule, severity, stage) DO UPDATE SET n=n+excluded.n"},
           {&orphan_, "SELECT max(idx) FROM findings"},
           {&uncount_,
            "INSERT INTO rollup(hour, rule, severity, stage, n) "
            "SELECT hour, rule, severity, stage, -count(*) FROM findings WHERE idx>=?1 GROUP BY hour, rule, severity, "
            "stage "
            "ON CONFLICT(hour, rule, severity, stage) DO UPDATE SET n=n+excluded.n"},
           {&remove_detail_, "DELETE FROM details WHERE idx>=?1"},
           {&remove_, "DELETE FROM findings WHERE idx>=?1"},
           {&drop_empty_, "DELETE FROM rollup WHERE n=0"},
           {&find_,
            "SELECT f.idx, agent, seq, time, rx, rule, severity, stage, salt, line FROM findings f LEFT JOIN details d "
            "ON d.idx=f.idx "
            "WHERE f.idx>=?1 AND f.idx<?2 AND (?3='' OR rule=?3) AND (?4='' OR agent=?4) AND severity>=?5 "
            "AND (?6=0 OR stage=?6) ORDER BY f.idx LIMIT ?7"},
           {&size_, "SELECT count(*) FROM findings WHERE idx<?1"},
           {&get_,
            "SELECT f.idx, agent, seq, time, rx, rule, severity, stage, salt, line FROM findings f LEFT JOIN details d "
            "ON d.idx=f.idx "
            "WHERE f.idx=?1"},
           // Rows beyond the log's size are few and at the end of the key: taken off here, so that no reader counts
           // them.
           {&rollup_,
            "SELECT r.hour, r.rule, r.severity, r.stage, r.n - coalesce(o.n, 0) AS m FROM rollup r LEFT JOIN "
            "(SELECT hour, rule, severity, stage, count(*) AS n FROM findings WHERE idx>=?1 GROUP BY hour, rule, "
            "severity, stage) o "
            "ON o.hour=r.hour AND o.rule=r.rule AND o.severity=r.severity AND o.stage=r.stage "
            "WHERE m>0 ORDER BY r.hour, r.rule, r.severity, r.stage"}}) {
    auto prepared = db_->prepare(sql);
    if (!prepared) return std::unexpected(prepared.error());
    *statement = std::move(*prepared);
  }
  return {};
}

base::Status DayFile::add(const std::vector<Row>& rows) {
  std::map<std::tuple<int, std::string_view, int, int>, std::uint64_t> counts;
  Transaction transaction(*db_);
  if (auto begun = transaction.begin(); !begun) return begun;
  for (const auto& [index, entry] : rows) {
    const int hour = hour_of(entry->time);
    insert_.bind(1, index)
        .bind(2, std::string_view(entry->agent))
        .bind(3, entry->seq)
        .bind(4, entry->time)
        .bind(5, entry->rx);
    insert_.bind(6, std::string_view(entry->rule))
        .bind(7, int{entry->severity})
        .bind(8, int{entry->stage})
        .bind(9, hour);
    if (auto done = insert_.run(); !done) return done;
    detail_.bind(1, index).bind(2, base::View(entry->salt)).bind(3, base::view(entry->detail));
    if (auto done = detail_.run(); !done) return done;
    ++counts[{hour, entry->rule, entry->severity, entry->stage}];
  }
  for (const auto& [key, n] : counts) {
    const auto& [hour, rule, severity, stage] = key;
    count_.bind(1, hour).bind(2, rule).bind(3, severity).bind(4, stage).bind(5, n);
    if (auto done = count_.run(); !done) return done;
  }
  return transaction.commit();
}

base::Status DayFile::remove_from(std::uint64_t size) {
  auto row = orphan_.step();
  if (!row) return std::unexpected(row.error());
  // max() of no rows is NULL, which reads as 0: with size 0 the deletions below then find nothing.
  const std::uint64_t last = *row ? orphan_.number(0) : 0;
  orphan_.reset();
  if (last < size) return {};
  Transaction transaction(*db_);
  if (auto begun = transaction.begin(); !begun) return begun;
  if (auto done = uncount_.bind(1, size).run(); !done) return done;
  if (auto done = drop_empty_.run(); !done) return done;
  if (auto done = remove_detail_.bind(1, size).run(); !done) return done;
  if (auto done = remove_.bind(1, size).run(); !done) return done;
  return transaction.commit();
}

base::Result<std::uint64_t> DayFile::count(std::uint64_t size) {
  auto row = size_.bind(1, size).step();
  if (!row) return std::unexpected(row.error());
  const std::uint64_t count = *row ? size_.number(0) : 0;
  size_.reset();
  return count;
}

base::Result<std::vector<StoredFinding>> DayFile::findings(const FindingQuery& query, std::uint64_t size) {
  const std::uint64_t from = query.from_start ? 0 : query.after_index + 1;
  find_.bind(1, from).bind(2, size).bind(3, std::string_view(query.rule)).bind(4, std::string_view(query.agent));
  find_.bind(5, int{query.min_severity}).bind(6, int{query.stage}).bind(7, static_cast<std::uint64_t>(query.limit));
  std::vector<StoredFinding> out;
  for (;;) {
    auto row = find_.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return out;
    out.push_back(row_of(find_));
  }
}

base::Result<std::optional<StoredFinding>> DayFile::finding(std::uint64_t index, std::uint64_t size) {
  if (index >= size) return std::nullopt;
  auto row = get_.bind(1, index).step();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  StoredFinding out = row_of(get_);
  get_.reset();
  return out;
}

base::Result<std::vector<Rollup>> DayFile::rollup(std::uint64_t size) {
  rollup_.bind(1, size);
  std::vector<Rollup> out;
  for (;;) {
    auto row = rollup_.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return out;
    Rollup line;
    line.hour = static_cast<int>(rollup_.integer(0));
    line.rule = rollup_.text(1);
    line.severity = static_cast<std::uint8_t>(rollup_.integer(2));
    line.stage = static_cast<std::uint8_t>(rollup_.integer(3));
    line.count = rollup_.number(4);
    out.push_back(std::move(line));
  }
}

}  // namespace fengsui::store
