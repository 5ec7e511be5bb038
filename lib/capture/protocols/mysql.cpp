#include "capture/protocols/mysql.h"

#include <algorithm>
#include <array>
#include <utility>

#include "capture/protocols/mysql_wire.h"

namespace fengsui::capture {
namespace {

using namespace mysql;

constexpr std::size_t kMaxName = 256;
constexpr SqlRules kRules{true, true};

std::string zero_ended(base::Reader& in) {
  const auto found = in.until(0, in.remaining());
  const base::View bytes = found ? *found : in.rest();
  return std::string(base::text(bytes.first(std::min(bytes.size(), kMaxName))));
}

bool carries_values(std::uint8_t code) {
  return code == command::query || code == command::prepare || code == command::execute || code == command::long_data || code == command::bulk_execute;
}

// Where a packet could begin after bytes were lost: a command that fills the chunk.
bool begins_command(base::View v, bool compressed) {
  const std::size_t head = compressed ? 7 : 4;
  if (v.size() <= head) return false;
  const std::size_t length = std::size_t{v[0]} | (std::size_t{v[1]} << 8) | (std::size_t{v[2]} << 16);
  if (v[3] != 0 || length + head != v.size()) return false;
  return compressed || v[4] <= command::last || v[4] == command::bulk_execute;
}

}  // namespace

void Mysql::data(Side side, base::View bytes) {
  if (phase_ == Phase::stopped) return;
  Framing& f = framing_[static_cast<std::size_t>(side)];
  if (f.lost) {
    if (side == Side::server || !begins_command(bytes, unpack_[0] != nullptr)) return;  // the server's side starts again with the next command
    f.reset();
    if (unpack_[0]) unpack_[0]->reset();
  }
  unpack_[0] ? unpack(side, bytes) : feed(side, bytes);
}

void Mysql::unpack(Side side, base::View bytes) {
  std::array<std::uint8_t, 16384> buffer;
  MysqlUnpack& packed = *unpack_[static_cast<std::size_t>(side)];
  while (phase_ != Phase::stopped && !framing_[static_cast<std::size_t>(side)].lost) {
    std::size_t written = 0;
    const std::size_t before = bytes.size();
    const MysqlUnpack::Step step = packed.step(bytes, buffer, written, conversation_.room.limits.max_expansion);
    if (written != 0) feed(side, base::View(buffer).first(written));
    if (step != MysqlUnpack::Step::more) {
      if (step == MysqlUnpack::Step::expansion) conversation_.room.tally.add(Count::body_expansion);
      conversation_.room.lost_content = true;
      return gap(side, bytes.size());
    }
    if (written == 0 && bytes.size() == before) return;
  }
}

void Mysql::feed(Side side, base::View bytes) {
  const bool compressed = unpack_[0] != nullptr;
  Framing& f = framing_[static_cast<std::size_t>(side)];
  while (phase_ != Phase::stopped && !f.lost) {
    if (!f.in_payload) {
      const std::size_t n = std::min<std::size_t>(4 - f.head.size(), bytes.size());
      base::append(f.head, bytes.first(n));
      bytes = bytes.subspan(n);
      if (f.head.size() < 4) return;
      f.left = std::uint32_t{f.head[0]} | (std::uint32_t{f.head[1]} << 8) | (std::uint32_t{f.head[2]} << 16);
      f.sequence = f.head[3];
      if (f.size == 0 && !f.continues) f.first_sequence = f.sequence;
      f.continues = f.left == 0xffffff;
      f.head.clear();
      f.in_payload = true;
    }
    const base::View chunk = bytes.first(std::min<std::size_t>(f.left, bytes.size()));
    bytes = bytes.subspan(chunk.size());
    f.left -= static_cast<std::uint32_t>(chunk.size());
    const std::size_t kept = std::min(chunk.size(), kMaxMysqlPacket - f.payload.size());
    if (side == Side::client && phase_ == Phase::commands && !chunk.empty()) {
      if (f.first_sequence == 0) {
        const std::uint8_t code = f.size == 0 ? chunk[0] : f.payload[0];
        if (carries_values(code)) store_.request(f.size == 0 ? chunk.subspan(1) : chunk);
      } else if (!pending_.empty() && pending_.front().expect == Expect::infile) {
        store_.copy_data(pending_.front().running, chunk);
      }
    }
    base::append(f.payload, chunk.first(kept));
    f.size += chunk.size();
    if (f.left != 0) return;
    f.in_payload = false;
    if (f.continues) continue;
    const Packet whole{f.payload, f.size, side == Side::client ? f.sequence : f.first_sequence};
    if (f.size > f.payload.size()) conversation_.room.tally.add(Count::database_limit);
    packet(side, whole);
    f.payload.clear();
    if (f.payload.capacity() > 65536) f.payload.shrink_to_fit();
    f.size = 0;
    if (bytes.empty()) return;
    if (unpack_[0] && !compressed) return unpack(side, bytes);  // what follows the end of the login
  }
}

void Mysql::packet(Side side, const Packet& packet) {
  const bool client = side == Side::client;
  const std::uint8_t first_sequence = framing_[static_cast<std::size_t>(side)].first_sequence;
  switch (phase_) {
    case Phase::hello:
      if (!client) return hello(packet);
      if (first_sequence != 0) return login_request(packet);
      phase_ = Phase::commands;  // joined later
      if (!packet.bytes.empty() && carries_values(packet.bytes[0])) store_.request(packet.bytes.subspan(1));
      return command(packet);
    case Phase::login:
      if (!client) return login_answer(packet);
      if (!flags_known_ && first_sequence == 1) return login_request(packet);
      return;
    case Phase::commands:
      return client ? command(packet) : answer(packet);
    case Phase::stopped:
      return;
  }
}

// Protocol::HandshakeV10, or an ERR instead of it.
void Mysql::hello(const Packet& packet) {
  base::Reader in(packet.bytes);
  const std::uint8_t version = in.u8();
  if (version == 0xff) {
    phase_ = Phase::stopped;
    return store_.login(2, std::to_string(in.u16le()), {});
  }
  if (version != 10 || packet.sequence != 0) {
    phase_ = Phase::commands;
    return;
  }
  store_.version = zero_ended(in);
  in.skip(4 + 8 + 1);
  server_flags_ = in.u16le();
  in.skip(1 + 2);
  server_flags_ |= std::uint64_t{in.u16le()} << 16;
  in.skip(1 + 6);
  const std::uint64_t extended = in.u32le();
  if ((server_flags_ & 1) == 0) server_flags_ |= extended << 32;  // MariaDB: not CLIENT_MYSQL
  phase_ = Phase::login;
}

// Protocol::SSLRequest, Protocol::HandshakeResponse41.
void Mysql::login_request(const Packet& packet) {
  base::Reader in(packet.bytes);
  std::uint64_t flags = in.u16le();
  if ((flags & flag::protocol_41) == 0) return stop("a protocol older than 4.1");
  flags |= std::uint64_t{in.u16le()} << 16;
  in.skip(4 + 1 + 19);
  const std::uint64_t extended = in.u32le();
  if (in.failed()) return conversation_.room.tally.add(Count::database_malformed);
  if ((flags & 1) == 0) flags |= extended << 32;
  if ((flags & flag::ssl) != 0 && in.at_end()) {
    conversation_.upgraded = "tls";
    return stop("TLS");
  }
  flags_ = phase_ == Phase::hello ? flags : flags & server_flags_;
  flags_known_ = true;
  phase_ = Phase::login;
  store_.user = zero_ended(in);
  if ((flags & flag::plugin_auth_lenenc) != 0) lenenc_text(in);
  else if ((flags & flag::secure_connection) != 0) in.skip(in.u8());
  else zero_ended(in);
  if ((flags & flag::connect_with_db) != 0 && !in.failed()) store_.database = zero_ended(in);
}

void Mysql::login_answer(const Packet& packet) {
  base::Reader in(packet.bytes);
  const std::uint8_t kind = in.u8();
  if (in.failed()) return;
  if (kind == 0xff) {
    phase_ = Phase::stopped;
    return store_.login(2, std::to_string(in.u16le()), {});
  }
  if (kind != 0) return;  // more to agree on
  begin_commands();
  store_.login(1, {}, {});
}

void Mysql::begin_commands() {
  phase_ = Phase::commands;
  if (!flags_known_ || (flags_ & (flag::compress | flag::zstd)) == 0) return;
  for (auto& side : unpack_) side = std::make_unique<MysqlUnpack>();
}

void Mysql::stop(std::string_view why) {
  phase_ = Phase::stopped;
  store_.login(0, {}, why);
}

void Mysql::command(const Packet& packet) {
  const std::uint8_t first_sequence = framing_[0].first_sequence;
  if (first_sequence != 0) {
    if (!pending_.empty() && pending_.front().expect == Expect::infile && packet.size == 0) {
      pending_.front().expect = Expect::first;
      pending_.front().last_sequence = packet.sequence;
    }
    return;
  }
  if (packet.bytes.empty()) return conversation_.room.tally.add(Count::database_malformed);
  base::Reader in(packet.bytes);
  Command c;
  c.code = in.u8();
  c.last_sequence = packet.sequence;
  if (carries_values(c.code)) store_.request(base::view("\n"));
  if (framing_[1].lost && unpack_[1]) unpack_[1]->reset();
  if (framing_[1].lost || (pending_.empty() && framing_[1].in_payload)) framing_[1].reset();
  switch (c.code) {
    case command::quit: return;
    case command::long_data: return;
    case command::close: return close_statement(in.u32le());
    case command::query: query(packet, c); break;
    case command::prepare: prepare(packet, c); break;
    case command::execute: case command::bulk_execute: case command::fetch:
      if (!execute(packet, c)) return;
      break;
    case command::reset: {
      const auto at = statements_.find(in.u32le());
      if (at != statements_.end() && at->second.cursor) store_.done(std::move(*std::exchange(at->second.cursor, nullptr)));
      break;
    }
    case command::init_db: c.text = std::string(base::text(packet.bytes.subspan(1, std::min(packet.bytes.size() - 1, kMaxName)))); break;
    case command::change_user: c.text = zero_ended(in); break;
    case command::field_list: c.expect = Expect::field_list; break;
    case command::binlog_dump: case command::binlog_dump_gtid: c.expect = Expect::stream; break;
    default: break;
  }
  if (pending_.size() >= kMaxMysqlPending) {
    conversation_.room.tally.add(Count::database_limit);
    drop_pending();
  }
  pending_.push_back(std::move(c));
}

void Mysql::begin(Command& c) {
  c.running.sent = conversation_.now;
  if (c.at < c.sql.size()) c.running.sql = c.sql[c.at];
}

// COM_QUERY. With CLIENT_QUERY_ATTRIBUTES parameters stand before the text.
void Mysql::query(const Packet& packet, Command& c) {
  base::Reader in(packet.bytes);
  in.skip(1);
  const base::View rest = packet.bytes.subspan(1);
  const bool attributes = flags_known_ ? (flags_ & flag::query_attributes) != 0 : rest.size() > 2 && rest[0] == 0 && rest[1] == 1;
  if (attributes) {
    const std::uint64_t n = lenenc(in).value_or(0);
    lenenc(in);
    if (n > 0 && n < 65536) {
      in.skip(static_cast<std::size_t>((n + 7) / 8));
      std::vector<std::uint8_t> types;
      if (in.u8() == 1) {
        for (std::uint64_t i = 0; i < n && !in.failed(); ++i) {
          types.push_back(static_cast<std::uint8_t>(in.u16le()));
          lenenc_text(in);
        }
      }
      for (const std::uint8_t type : types) {
        bool is_text = false;
        if (!binary_value(in, type, is_text)) break;
      }
    }
  }
  c.sql = read_sql(base::text(in.rest()), kRules);
  if (packet.size > packet.bytes.size()) c.sql.back().cut = true;
  begin(c);
}

void Mysql::prepare(const Packet& packet, Command& c) {
  c.sql = read_sql(base::text(packet.bytes.subspan(1)), kRules);
  if (packet.size > packet.bytes.size()) c.sql.back().cut = true;
}

// COM_STMT_EXECUTE, COM_STMT_BULK_EXECUTE, COM_STMT_FETCH. False when no answer is to be waited for.
bool Mysql::execute(const Packet& packet, Command& c) {
  base::Reader in(packet.bytes);
  in.skip(1);
  c.statement = in.u32le();
  if (in.failed()) return false;
  if (c.statement == 0xffffffff) c.statement = last_prepared_;  // MariaDB: the one prepared last
  c.binary = true;
  const auto at = statements_.find(c.statement);
  if (c.code == command::fetch) {
    c.expect = Expect::rows;
    if (at == statements_.end() || !at->second.cursor) return true;
    c.columns = at->second.columns;
    c.running = std::move(*std::exchange(at->second.cursor, nullptr));
    return true;
  }
  if (at != statements_.end()) {
    if (at->second.cursor) store_.done(std::move(*std::exchange(at->second.cursor, nullptr)));
    c.sql = {at->second.sql};
  } else {
    SqlStatement unknown;  // prepared before the capture began
    unknown.kind = "execute";
    unknown.masked = "?";
    c.sql = {unknown};
  }
  begin(c);
  c.running.prepared = true;
  return true;
}

void Mysql::close_statement(std::uint32_t id) {
  const auto at = statements_.find(id);
  if (at == statements_.end()) return;
  if (at->second.cursor) store_.done(std::move(*at->second.cursor));
  remembered_ -= at->second.columns.size();
  statements_.erase(at);
}

// What was sent and will not be seen answered is reported as far as it went.
void Mysql::drop_pending(bool hole) {
  while (!pending_.empty()) {
    Command& c = pending_.front();
    if (!c.running.sql.kind.empty()) {
      if (hole) store_.lost(c.running);
      c.running.incomplete = true;
      store_.done(std::move(c.running));
    }
    pending_.pop_front();
  }
}

void Mysql::gap(Side side, std::uint64_t) {
  if (phase_ == Phase::stopped) return;
  if (phase_ != Phase::commands) begin_commands();
  Framing& f = framing_[static_cast<std::size_t>(side)];
  f.reset();
  f.lost = true;
  if (side == Side::server) drop_pending();
  conversation_.room.tally.add(Count::database_malformed);
}

void Mysql::finish() {
  drop_pending(false);
  for (auto& [id, statement] : statements_) {
    if (statement.cursor) store_.done(std::move(*statement.cursor));
  }
  statements_.clear();
  if (phase_ == Phase::login && flags_known_) store_.login(0, {}, {});
  store_.end();
}

}  // namespace fengsui::capture
