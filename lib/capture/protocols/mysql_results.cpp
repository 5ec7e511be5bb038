// The answers of a MySQL server: results of statements, rows, prepared statements.
#include <algorithm>
#include <utility>

#include "capture/protocols/mysql.h"
#include "capture/protocols/mysql_wire.h"

namespace fengsui::capture {

using namespace mysql;

namespace {

// 0xfe begins the end of rows; as a length it would mean a value that does not fit one packet.
bool ends_rows(base::View bytes, std::uint64_t size) { return !bytes.empty() && bytes[0] == 0xfe && size < 0xffffff; }

bool string_type(std::uint8_t type) {  // VARCHAR, JSON, ENUM, SET, the blobs and texts, VAR_STRING, STRING; DECIMAL is text too
  return type == 0x00 || type == 0x0f || type >= 0xf5;
}

}  // namespace

void Mysql::pop() { pending_.pop_front(); }

void Mysql::answer(const Packet& packet) {
  if (pending_.empty() || packet.bytes.empty()) return;
  Command& c = pending_.front();
  switch (c.expect) {
    case Expect::first: return first(packet, c);
    case Expect::columns: return definition(packet, c);
    case Expect::rows_or_eof:
      c.expect = Expect::rows;
      if (ends_rows(packet.bytes, packet.size) && packet.bytes.size() == 5) {  // the EOF after the columns; an OK is longer
        if ((read_ok(packet.bytes).status & status::cursor_exists) != 0) return result_end(packet, c, true);
        return;
      }
      return row(packet, c);
    case Expect::rows: return row(packet, c);
    case Expect::prepared: case Expect::definitions: return prepared(packet, c);
    case Expect::field_list:
      if (packet.bytes[0] == 0xff || ends_rows(packet.bytes, packet.size)) pop();
      return;
    case Expect::infile: return;
    case Expect::stream: return;
  }
}

void Mysql::first(const Packet& packet, Command& c) {
  // An answer is numbered from its command on: anything else belongs to what came before. Compressed packets are numbered
  // on their own, and what is inside takes their number over.
  if (!unpack_[0] && c.code != command::change_user && c.at == 0 && packet.sequence != static_cast<std::uint8_t>(c.last_sequence + 1)) return;
  const std::uint8_t kind = packet.bytes[0];
  if (kind == 0xff) return result_failed(packet, c);
  if (c.code == command::prepare) return prepared(packet, c);
  const bool result = c.code == command::query || c.code == command::execute || c.code == command::bulk_execute || c.code == command::process_info;
  if (c.code == command::change_user && kind != 0) return;  // more to agree on
  if (!result || kind == 0) return succeeded(packet, c);
  if (kind == 0xfb) {  // LOCAL INFILE: the client sends a file
    c.expect = Expect::infile;
    return;
  }
  result_head(packet, c);
}

void Mysql::succeeded(const Packet& packet, Command& c) {
  const Ok ok = read_ok(packet.bytes);
  c.running.affected = ok.affected;
  if (c.code == command::init_db) store_.database = c.text;
  if (c.code == command::change_user) {
    store_.user = c.text;
    store_.login(1, {}, {});
  }
  if (c.code == command::query && c.running.sql.kind == "use") store_.database = c.running.sql.table;
  const bool more = packet.bytes[0] == 0 && (ok.status & status::more_results) != 0;
  report(c);
  if (!more) return pop();
  ++c.at;
  c.expect = Expect::first;
  begin(c);
}

// Reports the running statement, if there is one, and leaves the place empty.
void Mysql::report(Command& c) {
  Running done = std::exchange(c.running, Running{});
  const bool was_prepared = done.prepared;
  if (!done.sql.kind.empty()) store_.done(std::move(done));
  c.running.prepared = was_prepared;
}

void Mysql::result_failed(const Packet& packet, Command& c) {
  base::Reader in(packet.bytes);
  in.skip(1);
  const std::uint16_t code = in.u16le();
  if (code == 0xffff) {  // MariaDB: progress, not an error; the answer follows
    c.last_sequence = packet.sequence;
    return;
  }
  c.running.failed = true;
  c.running.error = std::to_string(code);
  if (c.code == command::change_user) store_.login(2, c.running.error, {});
  report(c);
  pop();
}

void Mysql::result_head(const Packet& packet, Command& c) {
  base::Reader in(packet.bytes);
  bool follows = true;
  if ((flags_ & flag::optional_metadata) != 0) follows = in.u8() != 0;
  const auto count = lenenc(in);
  if ((flags_ & flag::maria_cache_metadata) != 0 && in.remaining() > 0) follows = in.u8() != 0;
  if (!count || *count == 0 || *count > kMaxMysqlColumns) {
    conversation_.room.tally.add(Count::database_malformed);
    framing_[1].lost = true;
    return drop_pending();
  }
  if (c.running.sql.kind.empty() && !c.sql.empty()) c.running.sql = c.sql.back();  // a CALL may have several results
  c.running.columns.clear();
  c.columns.clear();
  c.definitions = *count;
  c.expect = Expect::columns;
  if (follows) return;
  const auto at = statements_.find(c.statement);
  if (c.binary && at != statements_.end()) c.columns = at->second.columns;
  for (const Column& column : c.columns) c.running.columns.push_back(column.name);
  c.expect = Expect::rows_or_eof;
}

// Protocol::ColumnDefinition41.
Mysql::Column Mysql::definition_in(const Packet& packet) {
  base::Reader in(packet.bytes);
  for (int i = 0; i < 4; ++i) lenenc_text(in);  // catalog, schema, table, original table
  Column column;
  column.name = Datastore::column_name(lenenc_text(in));
  lenenc_text(in);  // original name
  if ((flags_ & flag::maria_extended_types) != 0) lenenc_text(in);
  lenenc(in);
  in.skip(2 + 4);
  column.type = in.u8();
  column.is_unsigned = (in.u16le() & 0x20) != 0;
  if (in.failed()) conversation_.room.tally.add(Count::database_malformed);
  return column;
}

void Mysql::definition(const Packet& packet, Command& c) {
  if (packet.bytes[0] == 0xff) return result_failed(packet, c);
  c.columns.push_back(definition_in(packet));
  c.running.columns.push_back(c.columns.back().name);
  if (--c.definitions != 0) return;
  c.expect = Expect::rows_or_eof;
  if (c.binary) remember(c.statement, std::vector<Column>(c.columns));
}

void Mysql::remember(std::uint32_t statement, std::vector<Column>&& columns) {
  const auto at = statements_.find(statement);
  if (at == statements_.end()) return;
  remembered_ -= at->second.columns.size();
  at->second.columns.clear();
  if (remembered_ + columns.size() > kMaxMysqlRemembered) return conversation_.room.tally.add(Count::database_limit);
  remembered_ += columns.size();
  at->second.columns = std::move(columns);
}

void Mysql::row(const Packet& packet, Command& c) {
  if (packet.bytes[0] == 0xff) return result_failed(packet, c);
  if (ends_rows(packet.bytes, packet.size)) return result_end(packet, c, (read_ok(packet.bytes).status & status::cursor_exists) != 0);
  store_.count_row(c.running, packet.size);
  if (packet.size > packet.bytes.size()) {
    conversation_.room.lost_content = true;
    c.running.sql.cut = true;
  }
  c.binary ? binary_row(packet, c) : text_row(packet, c);
}

void Mysql::text_row(const Packet& packet, Command& c) {
  base::Reader in(packet.bytes);
  std::string line;
  bool first_field = true;
  while (!in.at_end() && !in.failed()) {
    if (!std::exchange(first_field, false)) line.push_back('\t');
    if (in.peek() == std::uint8_t{0xfb}) {
      in.skip(1);
      continue;
    }
    const auto n = lenenc(in);
    if (!n) break;
    Datastore::add_field(line, in.take(static_cast<std::size_t>(std::min<std::uint64_t>(*n, in.remaining()))));
  }
  store_.row(c.running, line);
}

void Mysql::binary_row(const Packet& packet, Command& c) {
  base::Reader in(packet.bytes);
  in.skip(1);
  const base::View nulls = in.take((c.columns.size() + 7 + 2) / 8);
  if (in.failed()) return conversation_.room.tally.add(Count::database_malformed);
  std::string line;
  for (std::size_t i = 0; i < c.columns.size(); ++i) {
    if (i != 0) line.push_back('\t');
    if ((nulls[(i + 2) / 8] >> ((i + 2) % 8) & 1) != 0) continue;
    bool is_text = false;
    const auto value = binary_value(in, c.columns[i].type, is_text);
    if (!value) break;
    if (string_type(c.columns[i].type)) {
      Datastore::add_field(line, *value);
    } else if (value->size() == 8 && c.columns[i].type == 0x08) {  // numbers of persons and phones are kept in BIGINT too
      base::Reader number(*value);
      const std::uint64_t n = number.u64le();
      line += c.columns[i].is_unsigned ? std::to_string(n) : std::to_string(static_cast<std::int64_t>(n));
    }
  }
  store_.row(c.running, line);
}

// EOF or OK at the end of a result set. With a cursor the rows come later.
void Mysql::result_end(const Packet& packet, Command& c, bool cursor_opened) {
  const Ok ok = read_ok(packet.bytes);
  const bool last_row = (ok.status & status::last_row_sent) != 0;
  const auto at = statements_.find(c.statement);
  if (cursor_opened && !last_row && c.binary && at != statements_.end()) {
    at->second.cursor = std::make_unique<Running>(std::move(c.running));
    return pop();
  }
  report(c);
  if ((ok.status & status::more_results) == 0) return pop();
  ++c.at;
  c.expect = Expect::first;
  begin(c);
}

// COM_STMT_PREPARE_OK and the definitions that follow it.
void Mysql::prepared(const Packet& packet, Command& c) {
  if (c.expect == Expect::definitions) {
    if (ends_rows(packet.bytes, packet.size)) {
      if (c.definitions == 0) pop();
      return;
    }
    if (c.definitions == 0) return pop();
    if (c.parameters != 0) --c.parameters;
    else c.columns.push_back(definition_in(packet));
    if (--c.definitions != 0) return;
    remember(c.statement, std::move(c.columns));
    if (!flags_known_ || (flags_ & flag::deprecate_eof) != 0) pop();  // else an EOF follows
    return;
  }
  base::Reader in(packet.bytes);
  in.skip(1);
  const std::uint32_t id = in.u32le();
  const std::uint64_t columns = in.u16le(), parameters = in.u16le();
  in.skip(1 + 2);
  const bool follows = (flags_ & flag::optional_metadata) == 0 || in.u8() != 0;
  if (statements_.size() >= kMaxMysqlStatements && !statements_.contains(id)) {
    conversation_.room.tally.add(Count::database_limit);
    close_statement(statements_.begin()->first);
  }
  close_statement(id);
  statements_[id].sql = c.sql.front();
  last_prepared_ = id;
  c.statement = id;
  c.parameters = parameters;
  c.definitions = follows ? columns + parameters : 0;
  c.expect = Expect::definitions;
  if (c.definitions == 0) pop();
}

}  // namespace fengsui::capture
