#include "capture/protocols/postgres.h"

#include <algorithm>
#include <utility>

namespace fengsui::capture {
namespace {

constexpr std::uint32_t kSsl = 80877103, kGss = 80877104, kCancel = 80877102;
constexpr std::string_view kClientTypes = "BCDEFHPQSUXcdfp";  // U is openGauss's
constexpr std::string_view kServerTypes = "123ACDEGHIKNRSTVWZcdnstv";

std::string text_of(base::View bytes, std::size_t limit = 256) { return std::string(base::text(bytes.first(std::min(bytes.size(), limit)))); }

bool carries_values(std::uint8_t type) { return type == 'Q' || type == 'P' || type == 'B' || type == 'F' || type == 'U'; }

std::string name_in(base::Reader& in) {
  const auto found = in.until(0, in.remaining());
  return found ? text_of(*found, kMaxPostgresName) : std::string{};
}

}  // namespace

void Postgres::data(Side side, base::View bytes) {
  if (phase_ == Phase::stopped || bytes.empty()) return;
  if (phase_ == Phase::asked && side == Side::server) {  // the answer to SSLRequest or GSSENCRequest has no frame
    if (bytes[0] == 'S') return stop("TLS", "tls");
    if (bytes[0] == 'G') return stop("GSSAPI encryption", "gssapi");
    phase_ = Phase::start;
    if (bytes[0] == 'N') bytes = bytes.subspan(1);
  }
  Framing& f = framing_[static_cast<std::size_t>(side)];
  if (f.lost) {  // after a hole: a chunk that begins like a message
    const std::string_view types = side == Side::client ? "QPBS" : "ZTCE1";
    if (bytes.size() < 5 || types.find(static_cast<char>(bytes[0])) == std::string_view::npos) return;
    base::Reader in(bytes.subspan(1));
    const std::uint32_t length = in.u32be();
    if (length < 4 || length > 65536) return;
    f.reset();
  }
  feed(side, bytes);
}

// The type and the length; false when more bytes are needed or the rest is not to be read.
bool Postgres::head(Side side, base::View& bytes) {
  Framing& f = framing_[static_cast<std::size_t>(side)];
  // Before the start-up message nothing has a type; its length begins with a zero byte.
  const bool bare = side == Side::client && phase_ == Phase::start && (f.head.empty() ? bytes.empty() || bytes[0] == 0 : f.head[0] == 0);
  const std::size_t need = bare ? 4 : 5;
  const std::size_t n = std::min(need - f.head.size(), bytes.size());
  base::append(f.head, bytes.first(n));
  bytes = bytes.subspan(n);
  if (f.head.size() < need) return false;
  base::Reader in(f.head);
  f.type = bare ? 0 : in.u8();
  const std::uint32_t length = in.u32be();
  const std::string_view types = side == Side::client ? kClientTypes : kServerTypes;
  if (length < 4 || length > (1u << 30) || (!bare && types.find(static_cast<char>(f.type)) == std::string_view::npos)) {
    conversation_.room.tally.add(Count::database_malformed);
    if (side == Side::server) drop_pending();
    f.reset();
    f.lost = true;
    return false;
  }
  f.head.clear();
  f.left = length - 4;
  f.in_payload = true;
  return true;
}

void Postgres::feed(Side side, base::View bytes) {
  Framing& f = framing_[static_cast<std::size_t>(side)];
  while (phase_ != Phase::stopped && !f.lost) {
    if (!f.in_payload && !head(side, bytes)) return;
    const base::View chunk = bytes.first(static_cast<std::size_t>(std::min<std::uint64_t>(f.left, bytes.size())));
    bytes = bytes.subspan(chunk.size());
    f.left -= chunk.size();
    f.size += chunk.size();
    if (!chunk.empty()) stream(side, chunk);
    if (f.type != 'd') base::append(f.payload, chunk.first(std::min(chunk.size(), kMaxPostgresMessage - f.payload.size())));
    if (f.left != 0) return;
    message(side);
    const bool lost = f.lost;
    f.reset();
    f.lost = lost;
    if (bytes.empty()) return;
    if (phase_ == Phase::asked && side == Side::server) return data(side, bytes);
  }
}

// What is handed on as it comes: statements, values of parameters, COPY data.
void Postgres::stream(Side side, base::View chunk) {
  const Framing& f = framing_[static_cast<std::size_t>(side)];
  if (f.type == 'd') {
    Pending* p = front();
    if (p == nullptr) return;
    if (p->running.sql.kind == "start_replication") return replication(side, *p, chunk);
    if (p->running.sql.kind == "base_backup") return store_.raw_data(p->running, chunk);
    return store_.copy_data(p->running, chunk);
  }
  if (side == Side::client && carries_values(f.type)) store_.request(chunk);
}

// PostgreSQL manual, "Streaming Replication Protocol": XLogData is 'w', three numbers of 8 bytes and then what was written;
// "Logical Replication Message Formats": there a row is an Insert, Update or Delete. Keepalives and what the client says hold none.
void Postgres::replication(Side side, Pending& p, base::View chunk) {
  constexpr std::uint64_t kHead = 25;
  Framing& f = framing_[static_cast<std::size_t>(side)];
  const std::uint64_t at = f.size - chunk.size();
  if (at == 0) f.carries = side == Side::server && chunk[0] == 'w';
  if (!f.carries || f.size <= kHead) return;
  const base::View data = at < kHead ? chunk.subspan(static_cast<std::size_t>(kHead - at)) : chunk;
  const bool logical = p.running.sql.masked.find("LOGICAL") != std::string::npos;
  if (at <= kHead && logical && (data[0] == 'I' || data[0] == 'U' || data[0] == 'D')) ++p.running.rows;
  store_.raw_data(p.running, data);
}

void Postgres::message(Side side) {
  const Framing& f = framing_[static_cast<std::size_t>(side)];
  if (f.size > f.payload.size() && f.type != 'd') conversation_.room.tally.add(Count::database_limit);
  if (side == Side::server) return server(f.type, f.payload, f.size);
  if (f.type == 0) return startup(f.payload);
  if (carries_values(f.type)) store_.request(base::view("\n"));
  client(f.type, f.payload, f.size > f.payload.size());
}

void Postgres::startup(base::View bytes) {
  base::Reader in(bytes);
  const std::uint32_t code = in.u32be();
  if (code == kSsl || code == kGss) {
    phase_ = Phase::asked;
    return;
  }
  if (code == kCancel) {
    phase_ = Phase::stopped;
    return;
  }
  if (in.failed() || (code >> 16) != 3) {
    conversation_.room.tally.add(Count::database_malformed);
    return stop("a protocol that is not version 3", "");
  }
  phase_ = Phase::login;
  started_ = true;
  while (!in.at_end()) {
    const auto name = in.until(0, in.remaining());
    const auto value = name ? in.until(0, in.remaining()) : std::nullopt;
    if (!name || name->empty() || !value) break;
    if (base::text(*name) == "user") store_.user = text_of(*value);
    if (base::text(*name) == "database") store_.database = text_of(*value);
  }
  if (store_.database.empty()) store_.database = store_.user;  // the manual: it defaults to the user name
}

void Postgres::stop(std::string_view why, std::string_view upgraded) {
  phase_ = Phase::stopped;
  conversation_.upgraded = upgraded;
  store_.login(0, {}, why);
}

void Postgres::push(Pending&& pending) {
  if (pending_.size() >= kMaxPostgresPending) {
    conversation_.room.tally.add(Count::database_limit);
    drop_pending();
  }
  pending.running.sent = conversation_.now;
  pending_.push_back(std::move(pending));
}

void Postgres::client(std::uint8_t type, base::View bytes, bool cut) {
  if (phase_ == Phase::start) phase_ = Phase::commands;  // joined later
  base::Reader in(bytes);
  Pending p;
  switch (type) {
    case 'Q': {
      const auto found = in.until(0, in.remaining());
      p.what = What::query;
      p.sql = read_sql(base::text(found ? *found : bytes), rules());
      if (cut) p.sql.back().cut = true;
      return push(std::move(p));
    }
    case 'P': {
      const std::string name = name_in(in);
      const auto text = in.until(0, in.remaining());
      if (statements_.size() >= kMaxPostgresNames && !statements_.contains(name)) {
        conversation_.room.tally.add(Count::database_limit);
        statements_.erase(statements_.begin());
      }
      Prepared prepared;
      prepared.sql = read_sql(base::text(text ? *text : in.rest()), rules()).front();
      if (cut) prepared.sql.cut = true;
      statements_[name] = std::move(prepared);
      return;
    }
    case 'B': return bind(bytes);
    case 'U': return batch(bytes);
    case 'D':
      p.what = in.u8() == 'S' ? What::describe_statement : What::describe_portal;
      p.name = name_in(in);
      return push(std::move(p));
    case 'E': {
      p.what = What::execute;
      p.name = name_in(in);
      return push(std::move(p));
    }
    case 'C': return close(bytes);
    case 'S':
      p.what = What::sync;
      return push(std::move(p));
    default: return;
  }
}

void Postgres::bind(base::View bytes) {
  base::Reader in(bytes);
  const std::string name = name_in(in);
  const std::string statement = name_in(in);
  for (std::uint16_t n = in.u16be(); n > 0 && !in.failed(); --n) in.skip(2);
  for (std::uint16_t n = in.u16be(); n > 0 && !in.failed(); --n) {
    const std::uint32_t length = in.u32be();
    if (length != 0xffffffff) in.skip(length);
  }
  std::vector<std::uint16_t> formats;
  for (std::uint16_t n = in.u16be(); n > 0 && !in.failed(); --n) formats.push_back(in.u16be());
  place(name, statement, std::move(formats));
}

// openGauss, exec_batch_bind_execute of its server: so many sets of parameters of one statement, then what Describe and
// Execute say. It is answered as one Describe and one Execute.
void Postgres::batch(base::View bytes) {
  base::Reader in(bytes);
  in.skip(4);
  const std::string name = name_in(in);
  place(name, name_in(in), {});
  Pending p;
  p.what = What::describe_portal;
  p.name = name;
  push(std::move(p));
  Pending run;
  run.what = What::execute;
  run.name = name;
  push(std::move(run));
}

// A portal of a prepared statement; what ran under its name before is over.
void Postgres::place(const std::string& name, const std::string& statement, std::vector<std::uint16_t>&& formats) {
  const auto at = statements_.find(statement);
  Portal portal;
  if (at != statements_.end()) {
    portal.prepared = at->second;
  } else {
    portal.prepared.sql.kind = "execute";  // prepared before the capture began
    portal.prepared.sql.masked = "?";
  }
  portal.formats = std::move(formats);
  if (portal.formats.size() > kMaxPostgresColumns) portal.formats.resize(kMaxPostgresColumns);
  if (portals_.size() >= kMaxPostgresNames && !portals_.contains(name)) {
    conversation_.room.tally.add(Count::database_limit);
    if (portals_.begin()->second.running) store_.done(std::move(*portals_.begin()->second.running));
    portals_.erase(portals_.begin());
  }
  Portal& place = portals_[name];
  if (place.running) store_.done(std::move(*place.running));
  place = std::move(portal);
}

void Postgres::close(base::View bytes) {
  base::Reader in(bytes);
  const bool statement = in.u8() == 'S';
  const std::string name = name_in(in);
  if (statement) {
    statements_.erase(name);
    return;
  }
  const auto at = portals_.find(name);
  if (at == portals_.end()) return;
  // An Execute that is not yet answered still needs it.
  const bool used = std::any_of(pending_.begin(), pending_.end(), [&name](const Pending& p) { return p.what == What::execute && p.name == name; });
  if (used) return;
  if (at->second.running) store_.done(std::move(*at->second.running));
  portals_.erase(at);
}

void Postgres::drop_pending(bool hole) {
  while (!pending_.empty()) {
    Pending& p = pending_.front();
    if (p.what == What::query || p.what == What::execute) {
      ensure(p);
      if (p.open) {
        if (hole) store_.lost(p.running);
        p.running.incomplete = true;
        store_.done(std::move(p.running));
        if (!p.cursor.empty()) cursors_.erase(p.cursor);
      }
    }
    pending_.pop_front();
  }
}

void Postgres::gap(Side side, std::uint64_t) {
  if (phase_ == Phase::stopped) return;
  if (phase_ != Phase::commands) phase_ = Phase::commands;
  Framing& f = framing_[static_cast<std::size_t>(side)];
  f.reset();
  f.lost = true;
  if (side == Side::server) drop_pending();
  conversation_.room.tally.add(Count::database_malformed);
}

void Postgres::finish() {
  drop_pending(false);
  for (auto& [name, portal] : portals_) {
    if (portal.running) store_.done(std::move(*portal.running));
  }
  portals_.clear();
  close_cursors("all", true);
  if (started_ && !reported_ && phase_ != Phase::stopped) store_.login(0, {}, {});
  store_.end();
}

}  // namespace fengsui::capture
