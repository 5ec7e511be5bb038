#include "capture/protocols/datastore.h"

#include <algorithm>

namespace fengsui::capture {
namespace {

constexpr std::size_t kFlush = 16384;
constexpr std::size_t kMaxColumnName = 60;  // a longer one means to the reader of tables that there is no head

std::string object_name(const SqlStatement& sql) { return sql.kind + (sql.table.empty() ? "" : " " + sql.table); }

std::int64_t number(std::uint64_t n) { return static_cast<std::int64_t>(std::min<std::uint64_t>(n, INT64_MAX)); }

}  // namespace

void Datastore::who(model::Fields& fields) const {
  conversation_.describe(fields);
  if (!user.empty()) fields.set("actor.user.name", user);
  // OCSF asks for a name or a uid; a session without a chosen database still is one with that server.
  if (!database.empty()) fields.set("database.name", database);
  else fields.set("database.uid", conversation_.server.ip + ":" + std::to_string(conversation_.server.port));
  const std::string_view product = product_;
  fields.set("database.type_id", std::int64_t{product == "redis" || product == "mongodb" ? 6 : 1});  // NoSQL, relational
  fields.set("unmapped.fengsui.app", product_);
  if (!version.empty()) fields.set("unmapped.fengsui.server_version", version);
}

std::shared_ptr<model::Provenance> Datastore::provenance(model::ContentKind kind, model::Stage stage, std::string object) const {
  auto from = std::make_shared<model::Provenance>();
  from->kind = kind;
  from->stage = stage;
  from->sensor = conversation_.room.sensor;
  from->source = {product_, "database", ""};
  from->time = conversation_.now;
  from->cleartext = true;
  from->object = std::move(object);
  who(from->fields);
  return from;
}

void Datastore::request(base::View bytes) {
  if (!request_) {
    auto from = provenance(model::ContentKind::message, model::Stage::transmission, std::string(product_) + " request");
    from->fields.set("unmapped.fengsui.carried_by", "request");
    request_ = std::make_unique<Body>(conversation_.room, std::move(from));
  }
  request_->write(bytes);
}

void Datastore::open(Running& running, bool head) {
  if (running.body) return;
  auto from = provenance(model::ContentKind::db_rows, model::Stage::processing, object_name(running.sql));
  if (head) from->media_type = "text/tab-separated-values";
  if (!running.sql.table.empty()) from->fields.set("table.name", running.sql.table);
  running.body = std::make_unique<Body>(conversation_.room, std::move(from));
  if (!head || running.columns.empty()) return;
  for (std::size_t i = 0; i < running.columns.size(); ++i) {
    if (i != 0) running.lines.push_back('\t');
    running.lines += running.columns[i];
  }
  running.lines.push_back('\n');
}

void Datastore::flush(Running& running) {
  if (running.body && !running.lines.empty()) running.body->write(base::view(running.lines));
  running.lines.clear();
}

void Datastore::row(Running& running, std::string_view line) {
  open(running, true);
  running.lines.append(line);
  running.lines.push_back('\n');
  if (running.lines.size() >= kFlush) flush(running);
}

void Datastore::copy_data(Running& running, base::View bytes) {
  if (!running.body) {
    running.columns.clear();
    for (const auto& name : running.sql.columns) running.columns.push_back(column_name(base::view(name)));
    open(running, true);
  }
  running.bytes += bytes.size();
  running.rows += static_cast<std::uint64_t>(std::count(bytes.begin(), bytes.end(), std::uint8_t{'\n'}));
  running.lines.append(base::text(bytes));
  if (running.lines.size() >= kFlush) flush(running);
}

void Datastore::raw_data(Running& running, base::View bytes) {
  open(running, false);
  running.bytes += bytes.size();
  running.body->write(bytes);
}

void Datastore::lost(Running& running) {
  running.incomplete = true;
  if (!running.body) return;
  flush(running);
  running.body->gap(1);
}

void Datastore::done(Running&& running) {
  flush(running);
  if (running.body) running.body->end();
  conversation_.room.tally.add(Count::sql_statements);
  if (running.sql.kind.empty()) return;
  model::Activity activity;
  activity.time = running.sent;
  activity.class_uid = 6005;
  activity.activity_id = 4;
  activity.stage = model::Stage::processing;
  activity.sensor = conversation_.room.sensor;
  activity.source = {product_, "database", ""};
  model::Fields& f = activity.fields;
  who(f);
  f.set("type_id", std::int64_t{1});
  f.set("query_info.query_string", running.sql.masked);
  if (running.bytes != 0) f.set("query_info.bytes", number(running.bytes));
  if (!running.sql.table.empty()) f.set("table.name", running.sql.table);
  f.set("unmapped.fengsui.statement", running.sql.kind);
  f.set("unmapped.fengsui.table", running.sql.table.empty() ? std::string("-") : running.sql.table);
  f.set("unmapped.fengsui.has_where", running.sql.has_where);
  f.set("unmapped.fengsui.has_limit", running.sql.has_limit);
  f.set("unmapped.fengsui.exports", running.sql.exports);
  f.set("unmapped.fengsui.rows", number(running.rows));
  if (running.affected != 0) f.set("unmapped.fengsui.rows_affected", number(running.affected));
  if (running.prepared) f.set("unmapped.fengsui.prepared", true);
  if (running.sql.cut) f.set("unmapped.fengsui.statement_cut", true);
  if (running.incomplete) f.set("unmapped.fengsui.incomplete", true);
  f.set("status_id", std::int64_t{running.failed ? 2 : running.incomplete ? 0 : 1});
  if (!running.error.empty()) f.set("status_code", running.error);
  conversation_.room.sink.on_activity(std::move(activity));
}

void Datastore::login(int status, std::string_view error, std::string_view unread) {
  model::Activity activity;
  activity.time = conversation_.now;
  activity.class_uid = 6005;
  activity.activity_id = 3;
  activity.stage = model::Stage::processing;
  activity.sensor = conversation_.room.sensor;
  activity.source = {product_, "database", ""};
  who(activity.fields);
  activity.fields.set("type_id", std::int64_t{1});
  activity.fields.set("status_id", std::int64_t{status});
  if (!error.empty()) activity.fields.set("status_code", error);
  if (!unread.empty()) activity.fields.set("unmapped.fengsui.unread", unread);
  conversation_.room.sink.on_activity(std::move(activity));
}

void Datastore::end() {
  if (request_) request_->end();
  request_.reset();
}

void Datastore::add_field(std::string& line, base::View value) {
  for (const std::uint8_t c : value) line.push_back(c == '\t' || c == '\n' || c == '\r' ? ' ' : static_cast<char>(c));
}

std::string Datastore::column_name(base::View name) {
  std::string out;
  add_field(out, name.first(std::min<std::size_t>(name.size(), kMaxColumnName)));
  if (name.size() > kMaxColumnName) {  // cut on a character
    while (!out.empty() && (static_cast<unsigned char>(out.back()) & 0xc0) == 0x80) out.pop_back();
    if (!out.empty() && (static_cast<unsigned char>(out.back()) & 0x80) != 0) out.pop_back();
  }
  return out;
}

}  // namespace fengsui::capture
