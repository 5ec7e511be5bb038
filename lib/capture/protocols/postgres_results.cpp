// The answers of a PostgreSQL server: rows, COPY, ends and errors of statements.
#include <algorithm>
#include <charconv>
#include <utility>

#include "capture/protocols/postgres.h"

namespace fengsui::capture {
namespace {

// Types whose binary form is text: text, varchar, bpchar, name, char, json, xml, unknown (pg_type.dat).
bool text_type(std::uint32_t oid) {
  return oid == 25 || oid == 1043 || oid == 1042 || oid == 19 || oid == 18 || oid == 114 || oid == 142 || oid == 705;
}
constexpr std::uint32_t kInt8 = 20;

}  // namespace

Postgres::Pending* Postgres::front() {
  if (pending_.empty()) return nullptr;
  Pending& p = pending_.front();
  if (p.what != What::query && p.what != What::execute) return nullptr;
  ensure(p);
  return p.open ? &p : nullptr;
}

// Takes up the statement that runs now.
void Postgres::ensure(Pending& p) {
  if (p.open) return;
  const base::UnixMs sent = p.running.sent;
  if (p.what == What::query) {
    if (p.at >= p.sql.size() || p.sql[p.at].kind.empty()) return;
    p.running = Running{};
    p.running.sql = p.sql[p.at];
  } else {
    const auto at = portals_.find(p.name);
    if (at == portals_.end()) return;
    if (at->second.running) {
      p.running = std::move(*std::exchange(at->second.running, nullptr));
      p.open = true;
      return;
    }
    p.running = Running{};
    p.running.sql = at->second.prepared.sql;
    p.running.prepared = true;
  }
  p.running.sent = sent;
  p.open = true;
  if (p.running.sql.kind != "fetch" || p.running.sql.cursor.empty()) return;
  const auto at = cursors_.find(p.running.sql.cursor);
  if (at == cursors_.end() || !at->second.running) return;
  p.cursor = at->first;
  p.running = std::move(*std::exchange(at->second.running, nullptr));
}

// A DECLARE has succeeded: its SELECT runs from now on.
void Postgres::declared(Pending& p) {
  const std::string name = p.running.sql.cursor;
  close_cursors(name, true);
  if (cursors_.size() >= kMaxPostgresNames) {
    conversation_.room.tally.add(Count::database_limit);
    close_cursors(std::string(cursors_.begin()->first), true);
  }
  Cursor& cursor = cursors_[name];
  cursor.hold = p.running.sql.hold;
  p.running.sql.kind = "select";
  cursor.running = std::make_unique<Running>(std::move(p.running));
}

// Those are over: one, or all of them; held ones outlive their transaction.
void Postgres::close_cursors(std::string_view name, bool held) {
  for (auto at = cursors_.begin(); at != cursors_.end();) {
    if ((name != "all" && at->first != name) || (at->second.hold && !held)) {
      ++at;
      continue;
    }
    if (at->second.running) store_.done(std::move(*at->second.running));
    at = cursors_.erase(at);
  }
}

void Postgres::server(std::uint8_t type, base::View bytes, std::uint64_t size) {
  if (phase_ == Phase::start) phase_ = Phase::commands;
  Pending* p = nullptr;
  switch (type) {
    case 'R': return authentication(bytes);
    case 'S': return parameter(bytes);
    case 'Z': return ready(bytes);
    case 'T': return description(bytes);
    case 'n':
      if (!pending_.empty() && (pending_.front().what == What::describe_statement || pending_.front().what == What::describe_portal)) pending_.pop_front();
      return;
    case 'D': return row(bytes, size);
    case 'C': return complete(bytes);
    case 'E': return error(bytes);
    case 'I':  // an empty statement
      if (!pending_.empty() && pending_.front().what == What::execute) pending_.pop_front();
      return;
    case 's':  // the portal has more rows than were asked for
      p = front();
      if (p == nullptr || p->what != What::execute) return;
      if (const auto at = portals_.find(p->name); at != portals_.end()) at->second.running = std::make_unique<Running>(std::move(p->running));
      else store_.done(std::move(p->running));
      pending_.pop_front();
      return;
    case 'G': case 'H': case 'W': front(); return;
    default: return;
  }
}

void Postgres::authentication(base::View bytes) {
  base::Reader in(bytes);
  if (in.u32be() == 0 && !in.failed() && phase_ != Phase::stopped && !reported_) {
    phase_ = Phase::login;  // reported with the first ReadyForQuery, when the server has told its version
  }
}

void Postgres::parameter(base::View bytes) {
  base::Reader in(bytes);
  const auto name = in.until(0, in.remaining());
  const auto value = name ? in.until(0, in.remaining()) : std::nullopt;
  if (!value) return;
  const std::string_view key = base::text(*name), text = base::text(*value);
  if (key == "server_version") store_.version = std::string(text.substr(0, 256));
  if (key == "standard_conforming_strings") backslash_ = text == "off";
}

void Postgres::ready(base::View bytes) {
  if (phase_ == Phase::login) {
    phase_ = Phase::commands;
    reported_ = true;
    return store_.login(1, {}, {});
  }
  // Everything up to the Query or Sync that this answers is over.
  for (bool ends = false; !ends && !pending_.empty(); pending_.pop_front()) {
    Pending& p = pending_.front();
    ends = p.what == What::sync || p.what == What::query;
    if (!p.open) continue;
    p.running.incomplete = true;
    store_.done(std::move(p.running));
    if (!p.cursor.empty()) cursors_.erase(p.cursor);
  }
  if (!bytes.empty() && bytes[0] == 'I') close_cursors("all", false);  // no transaction is open
}

// RowDescription: of the statement that runs, or the answer to a Describe.
void Postgres::description(base::View bytes) {
  if (pending_.empty()) return;
  base::Reader in(bytes);
  std::vector<Column> columns;
  for (std::uint16_t n = in.u16be(); n > 0 && columns.size() < kMaxPostgresColumns; --n) {
    const auto name = in.until(0, in.remaining());
    if (!name) break;
    Column column;
    column.name = Datastore::column_name(*name);
    in.skip(4 + 2);
    column.type = in.u32be();
    in.skip(2 + 4);
    column.format = in.u16be();
    if (in.failed()) break;
    columns.push_back(std::move(column));
  }
  Pending& p = pending_.front();
  if (p.what == What::query) {
    ensure(p);
    p.columns = std::move(columns);
    if (!p.running.body) {  // a cursor's rows have had their head already
      p.running.columns.clear();
      for (const Column& c : p.columns) p.running.columns.push_back(c.name);
    }
    return;
  }
  if (p.what == What::describe_statement) {
    if (const auto at = statements_.find(p.name); at != statements_.end()) at->second.columns = columns;
    for (auto& [name, portal] : portals_) {  // those already bound and not yet run
      if (portal.prepared.columns.empty()) portal.prepared.columns = columns;
    }
  } else if (p.what == What::describe_portal) {
    if (const auto at = portals_.find(p.name); at != portals_.end()) at->second.prepared.columns = std::move(columns);
  } else {
    return;
  }
  pending_.pop_front();
}

void Postgres::row(base::View bytes, std::uint64_t size) {
  Pending* p = front();
  if (p == nullptr) return;
  store_.count_row(p->running, size);
  if (size > bytes.size()) {
    conversation_.room.lost_content = true;
    p->running.sql.cut = true;
  }
  const std::vector<Column>* columns = &p->columns;
  const std::vector<std::uint16_t>* formats = nullptr;
  if (p->what == What::execute) {
    const auto at = portals_.find(p->name);
    if (at == portals_.end()) return;
    columns = &at->second.prepared.columns;
    formats = &at->second.formats;
    if (p->running.columns.empty() && !p->running.body) for (const Column& c : *columns) p->running.columns.push_back(c.name);
  }
  base::Reader in(bytes);
  std::string line;
  const std::uint16_t n = in.u16be();
  for (std::uint16_t i = 0; i < n && !in.failed() && !in.at_end(); ++i) {
    if (i != 0) line.push_back('\t');
    const std::uint32_t length = in.u32be();
    if (length == 0xffffffff) continue;
    const base::View value = in.take(std::min<std::size_t>(length, in.remaining()));
    const Column* column = i < columns->size() ? &(*columns)[i] : nullptr;
    std::uint16_t format = column != nullptr ? column->format : 0;
    if (formats != nullptr) format = formats->empty() ? 0 : formats->size() == 1 ? formats->front() : i < formats->size() ? (*formats)[i] : 0;
    if (format == 0 || column == nullptr || text_type(column->type)) {
      Datastore::add_field(line, value);
    } else if (column->type == kInt8 && value.size() == 8) {
      base::Reader number(value);
      line += std::to_string(static_cast<std::int64_t>(number.u64be()));
    }
  }
  store_.row(p->running, line);
}

// "SELECT 5", "INSERT 0 3", "COPY 5": the last word is a number where there is one.
void Postgres::complete(base::View bytes) {
  Pending* p = front();
  if (p == nullptr) return;
  const std::string_view tag = base::text(bytes).substr(0, base::text(bytes).find('\0'));
  std::uint64_t n = 0;
  const auto space = tag.rfind(' ');
  if (space != std::string_view::npos) {
    const auto [end, failed] = std::from_chars(tag.data() + space + 1, tag.data() + tag.size(), n);
    if (failed != std::errc{} || end != tag.data() + tag.size()) n = 0;
  }
  if (tag.starts_with("COPY") && n > 0) p->running.rows = n;  // servers before 8.2 do not say
  else if (!tag.starts_with("SELECT") && !tag.starts_with("FETCH")) p->running.affected = n;
  statement_done(*p);
}

void Postgres::statement_done(Pending& p) {
  const base::UnixMs sent = p.running.sent;
  const auto cursor = p.cursor.empty() ? cursors_.end() : cursors_.find(p.cursor);
  if (cursor != cursors_.end()) {
    cursor->second.running = std::make_unique<Running>(std::exchange(p.running, Running{}));
  } else if (p.running.sql.kind == "declare" && !p.running.sql.cursor.empty() && !p.running.failed) {
    declared(p);
    p.running = Running{};
  } else {
    if (p.running.sql.kind == "close" && !p.running.failed) close_cursors(p.running.sql.cursor, true);
    store_.done(std::exchange(p.running, Running{}));
  }
  p.cursor.clear();
  p.open = false;
  p.columns.clear();
  p.running.sent = sent;
  if (p.what == What::execute) pending_.pop_front();
  else ++p.at;
}

void Postgres::error(base::View bytes) {
  base::Reader in(bytes);
  std::string code;
  while (!in.at_end()) {
    const std::uint8_t field = in.u8();
    const auto value = field == 0 ? std::nullopt : in.until(0, in.remaining());
    if (!value) break;
    if (field != 'C') continue;
    const bool plain = value->size() == 5 && std::all_of(value->begin(), value->end(), [](std::uint8_t c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); });
    if (plain) code = std::string(base::text(*value));
  }
  if (phase_ == Phase::login || phase_ == Phase::start) {
    phase_ = Phase::stopped;
    reported_ = true;
    return store_.login(2, code, {});
  }
  Pending* p = front();
  if (p != nullptr) {
    if (p->cursor.empty()) {  // what was fetched before is not undone by a FETCH that fails
      p->running.failed = true;
      p->running.error = code;
    } else {
      cursors_.erase(p->cursor);
    }
    if (p->what == What::query) {
      statement_done(*p);
      p->at = p->sql.size();  // what follows in the text is not run
      return;
    }
    statement_done(*p);
  }
  // In the extended protocol the server skips everything up to the Sync.
  while (!pending_.empty() && pending_.front().what != What::sync && pending_.front().what != What::query) pending_.pop_front();
}

}  // namespace fengsui::capture
