#include "capture/protocols/mongodb.h"

#include <algorithm>
#include <array>

#include "capture/protocols/http1.h"

namespace fengsui::capture {
namespace {

constexpr std::uint32_t kReply = 1, kQuery = 2004, kCompressed = 2012, kMsg = 2013;
constexpr std::uint32_t kChecksum = 1, kMoreToCome = 2;  // flags of OP_MSG
constexpr std::size_t kHeader = 16, kMaxName = 40, kMaxCollection = 256;

constexpr std::array<std::string_view, 8> kSecret = {"saslstart", "saslcontinue", "authenticate", "createuser", "updateuser", "getnonce", "copydbsaslstart", "logout"};
constexpr std::array<std::string_view, 3> kLogin = {"saslstart", "saslcontinue", "authenticate"};
constexpr std::array<std::string_view, 10> kQuiet = {"hello", "ismaster", "getnonce", "logout", "ping", "buildinfo", "endsessions", "getlasterror", "whatsmyuri", "getparameter"};

template <std::size_t N>
bool among(const std::array<std::string_view, N>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

std::string lower(std::string_view text) {
  std::string out(text.substr(0, kMaxName));
  for (char& c : out) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return out;
}

}  // namespace

void Mongodb::data(Side side, base::View bytes) {
  Half& half = halves_[static_cast<std::size_t>(side)];
  while (!bytes.empty()) {
    if (half.lost) return raw(side, bytes);
    if (half.raw != 0) {
      const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(half.raw, bytes.size()));
      raw(side, bytes.first(n));
      half.raw -= n;
      bytes = bytes.subspan(n);
      continue;
    }
    const std::size_t have = half.buffer.size();
    std::size_t wanted = kHeader;
    if (have >= kHeader) {
      base::Reader in(half.buffer);
      wanted = in.u32le();
    }
    const std::size_t n = std::min(wanted - have, bytes.size());
    base::append(half.buffer, bytes.first(n));
    bytes = bytes.subspan(n);
    if (half.buffer.size() < wanted) return;
    if (have < kHeader) {
      base::Reader in(half.buffer);
      const std::uint32_t length = in.u32le();
      if (length < kHeader || length > 48'000'000) {  // the largest message a server takes
        conversation_.room.tally.add(Count::database_malformed);
        half.lost = true;
        const base::Bytes held = std::move(half.buffer);
        half.buffer.clear();
        raw(side, held);
        continue;
      }
      if (length > kMaxMessage) {
        conversation_.room.tally.add(Count::database_limit);
        half.raw = length - kHeader;
        half.buffer.clear();
        continue;
      }
      if (length > kHeader) continue;
    }
    const base::Bytes whole = std::move(half.buffer);
    half.buffer.clear();
    message(side, whole);
  }
}

void Mongodb::message(Side side, base::View bytes) {
  base::Reader in(bytes);
  in.skip(4);
  const std::uint32_t id = in.u32le(), answers = in.u32le(), opcode = in.u32le();
  if (opcode == kCompressed) return compressed(side, id, answers, in.rest());
  body(side, id, answers, opcode, in.rest());
}

void Mongodb::body(Side side, std::uint32_t id, std::uint32_t answers, std::uint32_t opcode, base::View bytes) {
  if (opcode == kMsg) return op_msg(side, id, answers, bytes);
  if (opcode == kQuery && side == Side::client) return query(id, bytes);
  if (opcode == kReply && side == Side::server) return old_reply(answers, bytes);
  raw(side, bytes);
}

void Mongodb::unread() {
  conversation_.room.tally.add(Count::body_undecodable);
  conversation_.room.lost_content = true;
}

void Mongodb::compressed(Side side, std::uint32_t id, std::uint32_t answers, base::View bytes) {
  base::Reader in(bytes);
  const std::uint32_t opcode = in.u32le(), size = in.u32le();
  const std::uint8_t compressor = in.u8();
  base::View packed = in.rest();
  if (in.failed() || size > kMaxMessage) return unread();
  if (compressor == 0) return body(side, id, answers, opcode, packed);
  const auto coding = compressor == 2 ? open_coding("deflate") : compressor == 3 ? open_coding("zstd") : nullptr;  // 1 is snappy
  if (!coding) return unread();
  base::Bytes plain(size);
  std::size_t have = 0;
  while (have < plain.size()) {
    std::size_t written = 0;
    const std::size_t before = packed.size();
    if (coding->step(packed, std::span(plain).subspan(have), written) == Coding::Step::bad) return unread();
    have += written;
    if (written == 0 && (packed.empty() || packed.size() == before)) break;
  }
  plain.resize(have);
  if (have != size) unread();
  body(side, id, answers, opcode, plain);
}

void Mongodb::op_msg(Side side, std::uint32_t id, std::uint32_t answers, base::View bytes) {
  base::Reader in(bytes);
  const std::uint32_t flags = in.u32le();
  if ((flags & kChecksum) != 0 && bytes.size() >= 8) {
    in = base::Reader(bytes.subspan(4, bytes.size() - 8));
  }
  std::vector<base::View> sequences;  // of kind 1; they may stand before the command
  base::View document;
  while (!in.at_end()) {
    const std::uint8_t kind = in.u8();
    base::Reader ahead = in;
    const std::size_t size = ahead.u32le();
    const base::View section = in.take(size);
    if (in.failed() || size < 5 || kind > 1) {
      conversation_.room.tally.add(Count::database_malformed);
      break;
    }
    if (kind == 0) document = section;
    else if (sequences.size() < kMaxPending) sequences.push_back(section.subspan(4));
  }
  if (document.empty()) return raw(side, bytes);
  if (side == Side::server) return reply(answers, document);
  command(id, document, (flags & kMoreToCome) == 0);
  for (const base::View sequence : sequences) {
    base::Reader part(sequence);
    if (!part.until(0, kMaxCollection)) continue;
    if (!secret_) documents(part.rest());
  }
}

void Mongodb::documents(base::View bytes) {
  while (!bytes.empty()) {
    BsonWalk walk(bytes);
    if (walk.size() == 0) return store_.request(bytes);
    std::string line;
    append_bson(line, BsonElement{3, {}, bytes.first(walk.size())});
    store_.request(base::view(line + "\n"));
    bytes = bytes.subspan(walk.size());
  }
}

void Mongodb::command(std::uint32_t id, base::View document, bool answered) {
  Command c;
  c.id = id;
  c.running.sent = conversation_.now;
  SqlStatement& sql = c.running.sql;
  BsonWalk walk(document);
  BsonElement element;
  bool first = true;
  std::string text;
  while (walk.next(element)) {
    if (first) {
      first = false;
      c.verb = lower(element.name);
      secret_ = among(kSecret, c.verb);
      sql.masked = metadata_path(element.name.substr(0, kMaxName));
      if (!element.string().empty()) sql.table = metadata_path(element.string().substr(0, kMaxCollection));
      if (!sql.table.empty()) sql.masked += " " + sql.table;
      continue;
    }
    if (element.name == "collection" && c.verb == "getmore") sql.table = metadata_path(element.string().substr(0, kMaxCollection));
    if (element.name == "$db") store_.database = metadata_path(element.string().substr(0, kMaxCollection));
    if (element.name == "limit") sql.has_limit = element.number() > 0;
    if ((element.name == "filter" || element.name == "query" || element.name == "pipeline") && element.value.size() > 5) sql.has_where = true;
    if (element.name == "speculativeAuthenticate" || element.name.starts_with("$") || element.name == "lsid" || element.name == "client") continue;
    if (element.is_document() || element.is_array() || element.type == 2) {
      text += element.name;
      text += ": ";
      append_bson(text, element);
      text.push_back('\t');
    }
  }
  if (first) return raw(Side::client, document);
  if (walk.bad()) conversation_.room.tally.add(Count::database_malformed);
  sql.kind = among(kQuiet, c.verb) ? "" : c.verb;
  if (!secret_ && !sql.kind.empty()) store_.request(base::view(sql.masked + "\t" + text + "\n"));
  if (!answered) return end(std::move(c));
  if (pending_.size() >= kMaxPending) {
    conversation_.room.tally.add(Count::database_limit);
    pending_.front().running.incomplete = true;
    end(std::move(pending_.front()));
    pending_.pop_front();
  }
  pending_.push_back(std::move(c));
}

void Mongodb::query(std::uint32_t id, base::View bytes) {
  base::Reader in(bytes);
  in.skip(4);
  const auto name = in.until(0, kMaxCollection);
  in.skip(8);
  if (!name || in.failed()) return raw(Side::client, bytes);
  const base::View document = in.rest();
  const std::string_view full = base::text(*name);
  const auto dot = full.find('.');
  if (dot != std::string_view::npos && full.substr(dot + 1) == "$cmd") {
    store_.database = metadata_path(full.substr(0, dot));
    return command(id, document, true);
  }
  Command c;
  c.id = id;
  c.running.sent = conversation_.now;
  c.verb = c.running.sql.kind = "find";
  store_.database = metadata_path(full.substr(0, dot));
  if (dot != std::string_view::npos) c.running.sql.table = metadata_path(full.substr(dot + 1));
  c.running.sql.masked = "find " + c.running.sql.table;
  BsonWalk walk(document);
  c.running.sql.has_where = walk.size() > 5;
  secret_ = false;
  documents(document.first(walk.size()));
  if (pending_.size() >= kMaxPending) {
    conversation_.room.tally.add(Count::database_limit);
    end(std::move(pending_.front()));
    pending_.pop_front();
  }
  pending_.push_back(std::move(c));
}

Mongodb::Command* Mongodb::waiting(std::uint32_t id) {
  const auto at = std::find_if(pending_.begin(), pending_.end(), [id](const Command& c) { return c.id == id; });
  return at == pending_.end() ? nullptr : &*at;
}

void Mongodb::row(Running& running, base::View document) {
  BsonWalk walk(document);
  BsonElement element;
  std::string line;
  const bool head = running.columns.empty() && running.rows == 0;
  bool first = true;
  while (walk.next(element)) {
    if (head) running.columns.push_back(Datastore::column_name(base::view(element.name)));
    if (!first) line.push_back('\t');
    first = false;
    append_bson(line, element);
  }
  if (walk.bad()) Datastore::add_field(line, document);
  store_.count_row(running, document.size());
  store_.row(running, line);
}

void Mongodb::rows(Running& running, base::View array) {
  BsonWalk walk(array);
  BsonElement element;
  while (walk.next(element)) {
    if (element.is_document()) row(running, element.value);
  }
}

void Mongodb::reply(std::uint32_t answers, base::View document) {
  Command* c = waiting(answers);
  Running& running = c != nullptr ? c->running : unasked_;
  const bool secret = c != nullptr && among(kSecret, c->verb);
  bool done = true;
  BsonWalk walk(document);
  BsonElement element;
  std::string other;
  while (walk.next(element)) {
    if (element.name == "ok" && element.number() == 0) running.failed = true;
    else if (element.name == "code") running.error = std::to_string(element.number());
    else if (element.name == "n" && element.number() > 0) running.affected = static_cast<std::uint64_t>(element.number());
    else if (element.name == "done") done = element.number() != 0;
    else if (element.name == "cursor" && element.is_document()) {
      BsonWalk cursor(element.value);
      BsonElement batch;
      while (cursor.next(batch)) if (batch.is_array() && batch.name != "partialResultsReturned") rows(running, batch.value);
    } else if (!secret && (element.name == "value" || element.name == "values" || element.name == "results") && (element.is_document() || element.is_array())) {
      row(running, element.value);  // findAndModify, distinct
    }
  }
  if (walk.bad()) conversation_.room.tally.add(Count::database_malformed);
  if (c == nullptr) return;
  if (secret && !running.failed && !done) running.sql.kind.clear();  // a step of a login
  Command ended = std::move(*c);
  pending_.erase(std::find_if(pending_.begin(), pending_.end(), [&](const Command& p) { return &p == c; }));
  end(std::move(ended));
}

void Mongodb::old_reply(std::uint32_t answers, base::View bytes) {
  base::Reader in(bytes);
  const std::uint32_t flags = in.u32le();
  in.skip(16);
  if (in.failed()) return raw(Side::server, bytes);
  base::View rest = in.rest();
  Command* c = waiting(answers);
  if (c != nullptr && c->verb != "find") return reply(answers, rest);
  Running& running = c != nullptr ? c->running : unasked_;
  running.failed = (flags & 2) != 0;
  while (!rest.empty()) {
    BsonWalk walk(rest);
    if (walk.size() == 0) break;
    row(running, rest.first(walk.size()));
    rest = rest.subspan(walk.size());
  }
  if (c == nullptr) return;
  Command ended = std::move(*c);
  pending_.erase(std::find_if(pending_.begin(), pending_.end(), [&](const Command& p) { return &p == c; }));
  end(std::move(ended));
}

void Mongodb::end(Command&& command) {
  if (among(kLogin, command.verb) && !command.running.sql.kind.empty()) {
    return store_.login(command.running.incomplete ? 0 : command.running.failed ? 2 : 1, command.running.error, "");
  }
  store_.done(std::move(command.running));
}

void Mongodb::raw(Side side, base::View bytes) {
  if (bytes.empty()) return;
  if (side == Side::client) store_.request(bytes);
  else store_.copy_data(unasked_, bytes);
}

void Mongodb::gap(Side side, std::uint64_t bytes) {
  Half& half = halves_[static_cast<std::size_t>(side)];
  if (half.raw > bytes) {
    half.raw -= bytes;
    return raw(side, base::view("\n"));
  }
  if (!half.lost) raw(side, half.buffer);
  raw(side, base::view("\n"));
  half.buffer.clear();
  half.raw = 0;
  half.lost = true;
  for (auto& command : pending_) {
    command.running.incomplete = true;
    end(std::move(command));
  }
  pending_.clear();
}

void Mongodb::finish() {
  for (const Side side : {Side::client, Side::server}) {
    Half& half = halves_[static_cast<std::size_t>(side)];
    if (half.buffer.size() > kHeader) raw(side, base::View(half.buffer).subspan(kHeader));
    half.buffer.clear();
  }
  for (auto& command : pending_) {
    command.running.incomplete = true;
    end(std::move(command));
  }
  pending_.clear();
  unasked_.sql.kind.clear();
  if (unasked_.body) store_.done(std::move(unasked_));
  store_.end();
}

}  // namespace fengsui::capture
