#include "store/unit_log.h"

#include <algorithm>
#include <unordered_set>

#include "evidence/leaf.h"

namespace fengsui::store {
namespace {

constexpr std::size_t kMaxName = 255;
constexpr std::size_t kMaxNames = 10'000;  // of the cache
constexpr std::size_t kOpenDays = 4;

// Nodes of level 0 are the leaf hashes in entries. The index on (agent, seq) is what makes storing exactly once.
constexpr DatabaseKind kLog = {
    .application_id = 0x46534c47,  // "FSLG"
    .version = 1,
    .name = "unit log",
    .schema =
        "CREATE TABLE names(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"
        "CREATE TABLE entries(idx INTEGER PRIMARY KEY, agent INTEGER NOT NULL, seq INTEGER NOT NULL, kind INTEGER NOT "
        "NULL, "
        "rx INTEGER NOT NULL, time INTEGER NOT NULL, hash BLOB NOT NULL, leaf BLOB NOT NULL);"
        "CREATE UNIQUE INDEX entries_once ON entries(agent, seq) WHERE seq>0;"
        "CREATE INDEX entries_kind ON entries(kind, time);"
        "CREATE TABLE nodes(level INTEGER, idx INTEGER, hash BLOB NOT NULL, PRIMARY KEY(level, idx)) WITHOUT ROWID;"
        "CREATE TABLE checkpoints(id INTEGER PRIMARY KEY AUTOINCREMENT, size INTEGER NOT NULL, root BLOB NOT NULL, "
        "note BLOB NOT NULL)",
};

// The stored nodes, as the tree arithmetic of lib/evidence asks for them.
class StoredNodes final : public evidence::HashReader {
 public:
  explicit StoredNodes(const UnitLog& log) : log_(log) {}
  base::Result<crypto::Digest> node(unsigned level, std::uint64_t index) const override {
    return log_.node(level, index);
  }

 private:
  const UnitLog& log_;
};

base::Result<crypto::Digest> digest_of(base::View bytes, std::string_view what) {
  crypto::Digest out;
  if (bytes.size() != out.size())
    return base::fail(base::Errc::malformed,
                      std::string(what) + " of " + std::to_string(bytes.size()) + " bytes; 32 expected");
  std::ranges::copy(bytes, out.begin());
  return out;
}

base::Result<Entry> entry_of(const Statement& row) {
  Entry out;
  out.index = row.number(0);
  out.agent = row.text(1);
  out.seq = row.number(2);
  out.kind = row.text(3);
  out.rx = row.integer(4);
  out.time = row.integer(5);
  auto hash = digest_of(row.bytes(6), "leaf hash");
  if (!hash) return std::unexpected(hash.error());
  out.leaf_hash = *hash;
  out.leaf = base::to_bytes(row.bytes(7));
  return out;
}

base::Result<std::vector<Entry>> all_of(Statement& statement) {
  std::vector<Entry> out;
  for (;;) {
    auto row = statement.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return out;
    auto entry = entry_of(statement);
    if (!entry) {
      statement.reset();
      return std::unexpected(entry.error());
    }
    out.push_back(std::move(*entry));
  }
}

base::Result<Checkpoint> checkpoint_of(const Statement& row) {
  auto root = digest_of(row.bytes(1), "checkpoint root");
  if (!root) return std::unexpected(root.error());
  return Checkpoint{row.number(0), *root, std::string(base::text(row.bytes(2)))};
}

}  // namespace

base::Result<std::unique_ptr<SqliteUnitLog>> SqliteUnitLog::open(const std::filesystem::path& folder, Mark mark) {
  if (auto made = make_folders(folder / "days"); !made) return std::unexpected(made.error());
  auto db = Database::open(folder / "log.db", kLog);
  if (!db) return std::unexpected(db.error());
  std::unique_ptr<SqliteUnitLog> log(new SqliteUnitLog(folder, std::move(*db), std::move(mark)));
  if (auto prepared = log->prepare(); !prepared) return std::unexpected(prepared.error());
  if (auto loaded = log->refresh(); !loaded) return std::unexpected(loaded.error());
  if (auto checked = log->check_marks(); !checked) return std::unexpected(checked.error());
  return log;
}

base::Status SqliteUnitLog::prepare() {
  constexpr const char* kEntry =
      "SELECT e.idx, a.name, e.seq, k.name, e.rx, e.time, e.hash, e.leaf FROM entries e "
      "JOIN names a ON a.id=e.agent JOIN names k ON k.id=e.kind ";
  const std::string entry = kEntry;
  for (const auto& [statement, sql] : std::initializer_list<std::pair<Statement*, std::string>>{
           {&insert_,
            "INSERT INTO entries(idx, agent, seq, kind, rx, time, hash, leaf) VALUES(?1,?2,?3,?4,?5,?6,?7,?8)"},
           {&insert_node_, "INSERT INTO nodes(level, idx, hash) VALUES(?1,?2,?3)"},
           {&size_row_, "SELECT idx+1 FROM entries ORDER BY idx DESC LIMIT 1"},
           {&node_row_, "SELECT hash FROM nodes WHERE level=?1 AND idx=?2"},
           {&leaf_row_, "SELECT hash FROM entries WHERE idx=?1"},
           {&range_, entry + "WHERE e.idx>=?1 AND e.idx<?2 ORDER BY e.idx"},
           {&exists_, "SELECT 1 FROM entries WHERE agent=?1 AND seq=?2 AND seq>0"},
           {&last_seq_row_, "SELECT seq FROM entries WHERE agent=?1 AND seq>0 ORDER BY seq DESC LIMIT 1"},
           {&last_row_, entry + "WHERE e.agent=?1 AND e.seq>0 ORDER BY e.seq DESC LIMIT 1"},
           {&kind_rows_, entry + "WHERE e.kind=?1 AND e.time>=?2 AND e.time<?3 ORDER BY e.idx"},
           {&day_count_, "SELECT count(*) FROM entries WHERE kind=?1 AND time>=?2 AND time<?3 AND idx<?4"},
           {&get_name_, "SELECT id FROM names WHERE name=?1"},
           {&put_name_, "INSERT INTO names(name) VALUES(?1)"},
           {&put_checkpoint_, "INSERT INTO checkpoints(size, root, note) VALUES(?1,?2,?3)"},
           {&newest_, "SELECT size, root, note FROM checkpoints ORDER BY id DESC LIMIT 1"},
           {&all_checkpoints_, "SELECT size, root, note FROM checkpoints ORDER BY id"}}) {
    auto prepared = db_->prepare(sql);
    if (!prepared) return std::unexpected(prepared.error());
    *statement = std::move(*prepared);
  }
  return {};
}

base::Status SqliteUnitLog::check_marks() const {
  auto stored = newest();
  if (!stored) return std::unexpected(stored.error());
  if (auto checked = check_mark(*stored, "its own checkpoint"); !checked) return checked;
  if (mark_.last) return check_mark(*mark_.last, "the checkpoint in the control database");
  return {};
}

base::Status SqliteUnitLog::check_mark(const Checkpoint& mark, const char* where) const {
  if (mark.size == 0) return {};
  if (mark.size > edge_.size())
    return base::fail(base::Errc::mismatch, folder_.string() + ": the log has " + std::to_string(edge_.size()) +
                                                " leaves, " + where + " says " + std::to_string(mark.size) +
                                                ": an older copy was put back");
  auto root = root_at(mark.size);
  if (!root) return std::unexpected(root.error());
  if (*root != mark.root)
    return base::fail(base::Errc::mismatch,
                      folder_.string() + ": another root for size " + std::to_string(mark.size) + " than " + where);
  return {};
}

base::Status SqliteUnitLog::check(const NewEntry& entry) const {
  if (entry.leaf.size() > evidence::kMaxLeafBytes)
    return base::fail(base::Errc::limit, "leaf of " + std::to_string(entry.leaf.size()) + " bytes; limit " +
                                             std::to_string(evidence::kMaxLeafBytes));
  if (entry.agent.size() > kMaxName || entry.kind.size() > kMaxName || entry.kind.empty())
    return base::fail(base::Errc::limit, "agent or kind of a leaf: 1 to " + std::to_string(kMaxName) + " bytes");
  if (entry.agent.empty() != (entry.seq == 0) || entry.seq > INT64_MAX)
    return base::fail(base::Errc::usage, "a leaf has either an agent and a seq, or neither");
  if (!entry.detail.empty() && (entry.severity < 1 || entry.severity > 5 || entry.stage < 1 || entry.stage > 6))
    return base::fail(base::Errc::usage, "a finding of severity " + std::to_string(entry.severity) + " and stage " +
                                             std::to_string(entry.stage));
  if (evidence::leaf_hash(entry.leaf) != entry.leaf_hash)
    return base::fail(base::Errc::mismatch,
                      "leaf hash of " + entry.agent + " " + std::to_string(entry.seq) + " is not that of its bytes");
  return {};
}

base::Result<UnitLog::Appended> SqliteUnitLog::append(const std::vector<NewEntry>& batch) {
  for (const auto& entry : batch) {
    if (auto checked = check(entry); !checked) return std::unexpected(checked.error());
  }
  // The log's write lock is taken first and held over both commits: no other connection can take the indices meanwhile.
  Transaction transaction(*db_);
  if (auto begun = transaction.begin(); !begun) return std::unexpected(begun.error());
  if (auto seen = refresh(); !seen) return std::unexpected(seen.error());
  auto fresh = new_ones(batch);
  if (!fresh) return std::unexpected(fresh.error());
  Appended result{edge_.size(), fresh->size(), batch.size() - fresh->size()};
  if (fresh->empty()) return result;
  if (orphans_possible_) {
    if (auto removed = remove_orphans(); !removed) return std::unexpected(removed.error());
  }
  orphans_possible_ = true;
  if (auto written = write_details(*fresh); !written) return std::unexpected(written.error());
  const auto undo = [&](base::Error error) {
    names_.clear();  // ids given in this transaction are gone
    return std::unexpected(std::move(error));
  };
  auto edge = write_leaves(*fresh);
  if (!edge) return undo(edge.error());
  if (auto committed = transaction.commit(); !committed) return undo(committed.error());
  edge_ = std::move(*edge);
  orphans_possible_ = false;
  return result;
}

base::Result<std::vector<const NewEntry*>> SqliteUnitLog::new_ones(const std::vector<NewEntry>& batch) const {
  std::vector<const NewEntry*> fresh;
  std::map<std::string_view, std::unordered_set<std::uint64_t>> in_batch;
  for (const auto& entry : batch) {
    if (!entry.agent.empty()) {
      if (!in_batch[entry.agent].insert(entry.seq).second) continue;
      auto agent = name_id(entry.agent, false);
      if (agent) {
        auto row = exists_.bind(1, *agent).bind(2, entry.seq).step();
        if (!row) return std::unexpected(row.error());
        exists_.reset();
        if (*row) continue;
      } else if (agent.error().code != base::Errc::not_found) {
        return std::unexpected(agent.error());
      }
    }
    fresh.push_back(&entry);
  }
  return fresh;
}

base::Status SqliteUnitLog::remove_orphans() const {
  auto known = days();
  if (!known) return std::unexpected(known.error());
  for (const base::Day day : *known) {
    auto file = day_file(day, false);
    if (!file) return std::unexpected(file.error());
    if (auto removed = (*file)->remove_from(edge_.size()); !removed) return removed;
  }
  return {};
}

base::Status SqliteUnitLog::write_details(const std::vector<const NewEntry*>& fresh) {
  std::map<base::Day, std::vector<DayFile::Row>> by_day;
  for (std::size_t i = 0; i < fresh.size(); ++i) {
    if (!fresh[i]->detail.empty()) by_day[base::day_of(fresh[i]->time)].push_back({edge_.size() + i, fresh[i]});
  }
  for (const auto& [day, rows] : by_day) {
    auto file = day_file(day, true);
    if (!file) return std::unexpected(file.error());
    if (auto added = (*file)->add(rows); !added) return added;
  }
  return {};
}

base::Result<evidence::CompactRange> SqliteUnitLog::write_leaves(const std::vector<const NewEntry*>& fresh) {
  evidence::CompactRange edge = edge_;
  std::vector<evidence::TreeNode> complete;
  for (const NewEntry* entry : fresh) {
    auto agent = name_id(entry->agent, true);
    if (!agent) return std::unexpected(agent.error());
    auto kind = name_id(entry->kind, true);
    if (!kind) return std::unexpected(kind.error());
    insert_.bind(1, edge.size())
        .bind(2, *agent)
        .bind(3, entry->seq)
        .bind(4, *kind)
        .bind(5, entry->rx)
        .bind(6, entry->time);
    if (auto done = insert_.bind(7, base::View(entry->leaf_hash)).bind(8, base::View(entry->leaf)).run(); !done)
      return std::unexpected(done.error());
    complete.clear();
    edge.push(entry->leaf_hash, complete);
    for (const auto& [level, index, hash] : complete) {
      if (level == 0) continue;  // stands in entries
      insert_node_.bind(1, static_cast<int>(level)).bind(2, index).bind(3, base::View(hash));
      if (auto done = insert_node_.run(); !done) return std::unexpected(done.error());
    }
  }
  return edge;
}

base::Result<std::int64_t> SqliteUnitLog::name_id(const std::string& name, bool create) const {
  if (auto known = names_.find(name); known != names_.end()) return known->second;
  std::int64_t id = 0;
  auto row = get_name_.bind(1, std::string_view(name)).step();
  if (!row) return std::unexpected(row.error());
  if (*row) {
    id = get_name_.integer(0);
    get_name_.reset();
  } else {
    if (!create) return base::fail(base::Errc::not_found, "no leaf of '" + name + "'");
    if (auto done = put_name_.bind(1, std::string_view(name)).run(); !done) return std::unexpected(done.error());
    row = get_name_.bind(1, std::string_view(name)).step();
    if (!row) return std::unexpected(row.error());
    id = get_name_.integer(0);
    get_name_.reset();
  }
  if (names_.size() < kMaxNames) names_.emplace(name, id);
  return id;
}

base::Result<std::uint64_t> SqliteUnitLog::committed_size() const {
  auto row = size_row_.step();
  if (!row) return std::unexpected(row.error());
  if (!*row) return 0;
  const std::uint64_t size = size_row_.number(0);
  size_row_.reset();
  return size;
}

base::Status SqliteUnitLog::refresh() const {
  auto now = committed_size();
  if (!now) return std::unexpected(now.error());
  if (*now == edge_.size()) return {};
  auto edge = evidence::CompactRange::load(StoredNodes(*this), *now);
  if (!edge) return std::unexpected(edge.error());
  edge_ = std::move(*edge);
  return {};
}

// A reading that fails leaves what was known: it was committed once, and a log only grows.
std::uint64_t SqliteUnitLog::size() const {
  static_cast<void>(refresh());
  return edge_.size();
}

crypto::Digest SqliteUnitLog::root() const {
  static_cast<void>(refresh());
  return edge_.root();
}

base::Result<crypto::Digest> SqliteUnitLog::root_at(std::uint64_t size) const {
  if (auto seen = refresh(); !seen) return std::unexpected(seen.error());
  if (size > edge_.size())
    return base::fail(base::Errc::not_found,
                      "root at " + std::to_string(size) + " of " + std::to_string(edge_.size()) + " leaves");
  return evidence::tree_root(StoredNodes(*this), size);
}

base::Result<crypto::Digest> SqliteUnitLog::node(unsigned level, std::uint64_t index) const {
  Statement& statement = level == 0 ? leaf_row_ : node_row_;
  if (level == 0) {
    statement.bind(1, index);
  } else {
    statement.bind(1, static_cast<int>(level)).bind(2, index);
  }
  auto row = statement.step();
  if (!row) return std::unexpected(row.error());
  if (!*row)
    return base::fail(base::Errc::not_found, "tree node " + std::to_string(level) + "/" + std::to_string(index));
  auto hash = digest_of(statement.bytes(0), "tree node");
  statement.reset();
  return hash;
}

base::Result<std::vector<Entry>> SqliteUnitLog::entries(std::uint64_t from, std::uint64_t to) const {
  range_.bind(1, from).bind(2, to);
  return all_of(range_);
}

std::uint64_t SqliteUnitLog::last_seq(const std::string& agent) const {
  auto id = name_id(agent, false);
  if (!id) return 0;
  auto row = last_seq_row_.bind(1, *id).step();
  if (!row || !*row) return 0;
  const std::uint64_t seq = last_seq_row_.number(0);
  last_seq_row_.reset();
  return seq;
}

base::Result<std::optional<Entry>> SqliteUnitLog::last_entry(const std::string& agent) const {
  auto id = name_id(agent, false);
  if (!id && id.error().code == base::Errc::not_found) return std::nullopt;
  if (!id) return std::unexpected(id.error());
  auto row = last_row_.bind(1, *id).step();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  auto entry = entry_of(last_row_);
  last_row_.reset();
  if (!entry) return std::unexpected(entry.error());
  return std::move(*entry);
}

base::Result<std::vector<Entry>> SqliteUnitLog::entries_of_kind(const std::string& kind, base::UnixMs from,
                                                                base::UnixMs to) const {
  auto id = name_id(kind, false);
  if (!id && id.error().code == base::Errc::not_found) return std::vector<Entry>{};
  if (!id) return std::unexpected(id.error());
  kind_rows_.bind(1, *id).bind(2, from).bind(3, to);
  return all_of(kind_rows_);
}

base::Result<Checkpoint> SqliteUnitLog::newest() const {
  auto row = newest_.step();
  if (!row) return std::unexpected(row.error());
  if (!*row) return Checkpoint{};
  auto out = checkpoint_of(newest_);
  newest_.reset();
  return out;
}

base::Status SqliteUnitLog::put_checkpoint(std::uint64_t expected, const Checkpoint& next) {
  Transaction transaction(*db_);
  if (auto begun = transaction.begin(); !begun) return begun;
  auto current = newest();
  if (!current) return std::unexpected(current.error());
  if (current->size != expected || next.size < expected)
    return base::fail(base::Errc::conflict, "checkpoint of size " + std::to_string(next.size) + " over " +
                                                std::to_string(expected) + "; the stored one has size " +
                                                std::to_string(current->size));
  auto root = root_at(next.size);
  if (!root) return std::unexpected(root.error());
  if (*root != next.root)
    return base::fail(base::Errc::mismatch, "checkpoint of size " + std::to_string(next.size) + " names another root");
  put_checkpoint_.bind(1, next.size).bind(2, base::View(next.root)).bind(3, base::view(next.note));
  if (auto done = put_checkpoint_.run(); !done) return done;
  // The mark goes first: when only it is kept, it speaks of leaves that are committed already and does no harm.
  if (mark_.put) {
    if (auto marked = mark_.put(next); !marked) return marked;
  }
  return transaction.commit();
}

std::optional<Checkpoint> SqliteUnitLog::checkpoint() const {
  auto stored = newest();
  if (!stored || stored->note.empty()) return std::nullopt;
  return std::move(*stored);
}

base::Result<std::vector<Checkpoint>> SqliteUnitLog::checkpoints() const {
  std::vector<Checkpoint> out;
  for (;;) {
    auto row = all_checkpoints_.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return out;
    auto one = checkpoint_of(all_checkpoints_);
    if (!one) {
      all_checkpoints_.reset();
      return std::unexpected(one.error());
    }
    out.push_back(std::move(*one));
  }
}

std::filesystem::path SqliteUnitLog::day_path(base::Day day) const {
  return folder_ / "days" / (base::to_string(day) + ".db");
}

base::Result<DayFile*> SqliteUnitLog::day_file(base::Day day, bool create) const {
  auto known = std::ranges::find(open_days_, day, [](const auto& open) { return open.first; });
  if (known != open_days_.end()) {
    std::rotate(known, known + 1, open_days_.end());
    return open_days_.back().second.get();
  }
  auto opened = DayFile::open(day_path(day), create);
  if (!opened) return std::unexpected(opened.error());
  if (open_days_.size() >= kOpenDays) open_days_.erase(open_days_.begin());
  open_days_.emplace_back(day, std::move(*opened));
  return open_days_.back().second.get();
}

// The leaves say how many findings a day has: a day file that is gone, cut or put back must not read as a quiet day.
base::Result<DayFile*> SqliteUnitLog::whole_day(base::Day day) const {
  std::uint64_t leaves = 0, kept = 0;
  auto kind = name_id("find", false);
  if (!kind && kind.error().code != base::Errc::not_found) return std::unexpected(kind.error());
  if (kind) {
    day_count_.bind(1, *kind).bind(2, base::start_of(day)).bind(3, base::start_of(base::next(day)));
    auto row = day_count_.bind(4, edge_.size()).step();
    if (!row) return std::unexpected(row.error());
    leaves = *row ? day_count_.number(0) : 0;
    day_count_.reset();
  }
  auto file = day_file(day, false);
  if (!file && file.error().code != base::Errc::not_found) return file;
  if (file) {
    auto count = (*file)->count(edge_.size());
    if (!count) return std::unexpected(count.error());
    kept = *count;
  }
  if (kept < leaves)
    return base::fail(base::Errc::mismatch, day_path(day).string() + " holds " + std::to_string(kept) +
                                                " findings, the log has " + std::to_string(leaves) +
                                                " of that day: it was removed or cut");
  if (!file) return nullptr;
  return file;
}

base::Result<std::vector<StoredFinding>> SqliteUnitLog::findings(base::Day day, const FindingQuery& query) const {
  if (auto seen = refresh(); !seen) return std::unexpected(seen.error());
  auto file = query.from_start ? whole_day(day) : day_file(day, false);
  if (!file && file.error().code == base::Errc::not_found) return std::vector<StoredFinding>{};
  if (!file) return std::unexpected(file.error());
  if (*file == nullptr) return std::vector<StoredFinding>{};
  return (*file)->findings(query, edge_.size());
}

base::Result<std::optional<StoredFinding>> SqliteUnitLog::finding(std::uint64_t index) const {
  auto found = entries(index, index + 1);
  if (!found) return std::unexpected(found.error());
  if (found->empty()) return std::nullopt;
  const base::Day day = base::day_of(found->front().time);
  auto file = day_file(day, false);
  if (!file && file.error().code != base::Errc::not_found) return std::unexpected(file.error());
  auto row = file ? (*file)->finding(index, index + 1) : std::optional<StoredFinding>{};
  if (row && !*row && found->front().kind == "find")
    return base::fail(base::Errc::mismatch, day_path(day).string() + " has no row of finding " + std::to_string(index) +
                                                ": it was removed or cut");
  return row;
}

base::Result<std::vector<Rollup>> SqliteUnitLog::rollup(base::Day day) const {
  if (auto seen = refresh(); !seen) return std::unexpected(seen.error());
  auto file = whole_day(day);
  if (!file) return std::unexpected(file.error());
  if (*file == nullptr) return std::vector<Rollup>{};
  auto lines = (*file)->rollup(edge_.size());
  auto rows = (*file)->count(edge_.size());
  if (!lines || !rows) return lines ? std::unexpected(rows.error()) : std::move(lines);
  std::uint64_t counted = 0;
  for (const auto& line : *lines) counted += line.count;
  if (counted != *rows)
    return base::fail(base::Errc::mismatch, day_path(day).string() + " counts " + std::to_string(counted) +
                                                " findings and holds " + std::to_string(*rows));
  return lines;
}

base::Result<std::vector<base::Day>> SqliteUnitLog::days() const {
  std::error_code error;
  std::vector<base::Day> out;
  std::filesystem::directory_iterator it(folder_ / "days", error), end;
  for (; !error && it != end; it.increment(error)) {
    if (it->path().extension() != ".db") continue;
    if (auto day = base::parse_day(it->path().stem().string())) out.push_back(*day);
  }
  if (error) return base::fail(base::Errc::io, "list " + (folder_ / "days").string() + ": " + error.message());
  std::ranges::sort(out);
  return out;
}

}  // namespace fengsui::store
