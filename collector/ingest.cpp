#include "collector/ingest.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/encode.h"
#include "collector/json.h"
#include "evidence/leaf.h"
#include "model/stage.h"

namespace fengsui::collector {

namespace json = boost::json;

namespace {

constexpr std::uint64_t kReplayChunk = 2000;

std::string_view code_of(const base::Error& error) {
  switch (error.code) {
    case base::Errc::mismatch:
      return "signature";
    case base::Errc::limit:
      return "limit";
    case base::Errc::conflict:
      return "gap";
    case base::Errc::full:
      return "full";
    case base::Errc::unavailable:  // between the last leaf of a year's log and the first of the next
    case base::Errc::io:
      return "io";
    default:
      return "chain";
  }
}

std::string short_name(const Agent& agent) { return agent.id.substr(agent.unit.size() + 1); }

}  // namespace

Ingest::Ingest(Centre& centre, Send send, OnHeartbeat on_heartbeat)
    : centre_(centre), send_(std::move(send)), on_heartbeat_(std::move(on_heartbeat)) {}

Ingest::Lane* Ingest::lane(const Agent& agent) {
  auto it = lanes_.find(agent.id);
  if (it == lanes_.end()) {
    evidence::ChainReader reader(evidence::make_vkey(agent.id, agent.identity_key));
    it = lanes_.emplace(agent.id, Lane{reader, reader, "", 0, "", false}).first;
  }
  return &it->second;
}

const evidence::ChainReader* Ingest::chain(const std::string& agent) const {
  auto it = lanes_.find(agent);
  return it == lanes_.end() ? nullptr : &it->second.committed;
}

// ---- start

base::Status Ingest::restore() {
  for (const auto& [unit, _] : centre_.roster().units()) {
    auto saved = centre_.control().get("chains", unit);
    if (!saved) return std::unexpected(saved.error());
    int saved_year = 0;
    std::uint64_t from = 0;
    if (*saved) {
      auto o = parse_object(**saved, 64 << 20);
      if (!o) return base::fail(base::Errc::malformed, "saved chains of " + unit + ": " + o.error().what);
      saved_year = static_cast<int>(number_of(*o, "year"));
      from = static_cast<std::uint64_t>(number_of(*o, "size"));
      for (const auto& name : texts_of(*o, "enrolled")) enrolled_[name] = true;
      if (const auto* states = object_of(*o, "states"))
        for (const auto& entry : *states) {
          std::string name(entry.key().data(), entry.key().size());
          if (!entry.value().is_string())
            return base::fail(base::Errc::malformed, "saved chain of " + name + " is not text");
          auto reader = evidence::ChainReader::restore(
              std::string_view(entry.value().as_string().data(), entry.value().as_string().size()));
          if (!reader) return base::fail(base::Errc::malformed, "saved chain of " + name + ": " + reader.error().what);
          lanes_.emplace(name, Lane{*reader, *reader, "", 0, "", false});
        }
    }
    auto all = centre_.history(unit);
    if (!all) return std::unexpected(all.error());
    for (auto* book : all->books()) {
      if (book->year() < saved_year) continue;
      if (auto done = replay(unit, *book, book->year() == saved_year ? from : 0); !done) return done;
      // Committed before the crash, not yet signed: sign now, the agents ask by Hello.
      if (auto done = book->checkpoint(centre_.now()); !done) return done;
    }
  }
  for (const auto& [_, agent] : centre_.roster().agents())
    if (!enrolled_[agent.id])
      if (auto done = write_enrolment(agent); !done) return done;
  return save();
}

base::Status Ingest::replay(const std::string& unit, Sequencer& book, std::uint64_t from) {
  for (std::uint64_t at = from; at < book.log().size(); at += kReplayChunk) {
    auto entries = book.log().entries(at, std::min(at + kReplayChunk, book.log().size()));
    if (!entries) return std::unexpected(entries.error());
    for (const auto& entry : *entries) {
      auto leaf = evidence::parse_leaf(entry.leaf);
      if (!leaf)
        return base::fail(base::Errc::mismatch, fmt::format("leaf {} of {}: {}", entry.index, unit, leaf.error().what));
      if (entry.kind == "enrol") enrolled_[std::string(leaf->record.body.text("ag"))] = true;
      if (entry.agent.empty()) continue;
      const Agent* agent = centre_.roster().agent(entry.agent);
      if (agent == nullptr)
        return base::fail(base::Errc::mismatch,
                          fmt::format("leaf {} of {} is of agent {}, which the control database does not know",
                                      entry.index, unit, entry.agent));
      Lane* l = lane(*agent);
      if (auto accepted = l->committed.accept(leaf->note); !accepted)
        return base::fail(base::Errc::mismatch, fmt::format("leaf {} of {} breaks the chain of {}: {}", entry.index,
                                                            unit, entry.agent, accepted.error().what));
      l->pending = l->committed;
    }
  }
  return {};
}

base::Status Ingest::save() {
  for (const auto& [unit, _] : centre_.roster().units()) {
    auto all = centre_.history(unit);
    if (!all) return std::unexpected(all.error());
    if (all->books().empty()) continue;
    auto* book = all->books().back();
    if (book->pending() != 0 || saved_size_[unit] == all->size()) continue;
    json::object states;
    json::array enrolled;
    for (const auto& [name, agent] : centre_.roster().agents()) {
      if (agent.unit != unit) continue;
      if (auto it = lanes_.find(name); it != lanes_.end()) states[name] = it->second.committed.state();
      if (enrolled_[name]) enrolled.emplace_back(name);
    }
    json::object saved{{"year", book->year()},
                       {"size", book->log().size()},
                       {"enrolled", std::move(enrolled)},
                       {"states", std::move(states)}};
    if (auto done = centre_.control().put("chains", unit, to_text(saved)); !done) return done;
    saved_size_[unit] = all->size();
  }
  return {};
}

// ---- messages

bool Ingest::full() const {
  return pending_records_ >= static_cast<std::size_t>(centre_.config().ingest.pending_records);
}

void Ingest::send(const std::string& peer, const wire::Message& message) {
  if (auto sent = send_(peer, message); !sent) lost_answers_.add();
}

void Ingest::refuse(const std::string& peer, std::uint64_t expected, std::string_view code, const std::string& reason) {
  ++refused_[std::string(code)];
  send(peer, wire::Refused{expected, std::string(code), reason});
}

void Ingest::take(const std::string& peer, const std::string& curve_z85, base::View bytes) {
  messages_.add();
  auto message = wire::decode(bytes);
  if (!message) {
    malformed_.add();
    return refuse(peer, 0, message.error().code == base::Errc::limit ? "limit" : "chain", message.error().what);
  }
  if (const auto* m = std::get_if<wire::Enrol>(&*message)) return enrol(peer, curve_z85, *m);
  const auto* greeting = std::get_if<wire::Hello>(&*message);
  const auto* records = std::get_if<wire::Batch>(&*message);
  if (greeting == nullptr && records == nullptr) {
    malformed_.add();
    return refuse(peer, 0, "chain", "an agent sends enrol, hello or batch only");
  }
  const Agent* agent = centre_.roster().agent_by_curve(curve_z85);
  if (agent == nullptr) return refuse(peer, 0, "identity", "this key is not enrolled");
  if (agent->state != AgentState::active)
    return refuse(peer, 0, "revoked", "agent " + agent->id + " is " + std::string(id(agent->state)));
  if (agent->id != (greeting != nullptr ? greeting->agent : records->agent))
    return refuse(peer, 0, "identity", "this key is enrolled as " + agent->id);
  if (greeting != nullptr) return hello(peer, *agent, *greeting);
  batch(peer, *agent, *records);
}

void Ingest::enrol(const std::string& peer, const std::string& curve_z85, const wire::Enrol& message) {
  auto result = enrolled(message, curve_z85);
  if (result) return send(peer, *result);
  ++refused_["enrol"];
  wire::Enrolled no;
  no.reason = result.error().what;
  // The token itself is never written; the host is what the other side says of itself.
  std::string host = message.hostname.substr(0, 200);
  if (!base::is_utf8(base::view(host))) host = "?";
  if (may_record()) {
    if (auto done = centre_.record("link", "enrolment_refused", "host " + host + ": " + no.reason); !done)
      health_ = done.error().what;
  } else {
    unrecorded_.add();
  }
  send(peer, no);
}

// Refusals cost a durable write each: 20 at once and then one a second are recorded, the others counted.
bool Ingest::may_record() {
  constexpr base::UnixMs kBurst = 20'000, kEach = 1000;
  auto now = centre_.now();
  record_credit_ = std::min(kBurst, record_credit_ + std::max<base::UnixMs>(0, now - credit_time_));
  credit_time_ = now;
  if (record_credit_ < kEach) return false;
  record_credit_ -= kEach;
  return true;
}

base::Result<wire::Enrolled> Ingest::enrolled(const wire::Enrol& message, const std::string& curve_z85) {
  Agent facts;
  if (message.identity_key.size() != facts.identity_key.size())
    return base::fail(base::Errc::malformed, "identity key is not 32 bytes");
  if (message.token.empty() || message.token.size() > 256) return base::fail(base::Errc::denied, "token is not known");
  std::copy(message.identity_key.begin(), message.identity_key.end(), facts.identity_key.begin());
  facts.curve_z85 = curve_z85;
  facts.hostname = message.hostname;
  facts.version = message.version;
  facts.os = message.os;
  facts.machine_id_digest = message.machine_id_digest;
  auto agent = centre_.roster().redeem(message.token, facts, centre_.now());
  if (!agent) return std::unexpected(agent.error());
  if (!enrolled_[agent->id]) {
    if (auto done = write_enrolment(*agent); !done) return std::unexpected(done.error());
    if (auto done = centre_.record("link", "enrolled", agent->id + " on host " + agent->hostname); !done)
      return std::unexpected(done.error());
  }
  auto book = centre_.book(agent->unit);
  if (!book) return std::unexpected(book.error());
  auto digest_key = base::from_hex(centre_.roster().unit(agent->unit)->digest_key_hex);
  if (!digest_key) return std::unexpected(digest_key.error());
  wire::Enrolled yes;
  yes.ok = true;
  yes.agent = agent->id;
  yes.unit = agent->unit;
  yes.origin = (*book)->origin();
  yes.log_vkey = evidence::format_vkey((*book)->vkey());
  yes.digest_key = std::move(*digest_key);
  yes.heartbeat_seconds = static_cast<std::uint32_t>(centre_.config().evidence.heartbeat_seconds);
  return yes;
}

base::Status Ingest::write_enrolment(const Agent& agent) {
  evidence::Enrol body;
  body.agent = agent.id;
  body.asset = short_name(agent);
  body.identity = evidence::format_vkey(evidence::make_vkey(agent.id, agent.identity_key));
  body.host = base::hex(crypto::sha256({base::view(agent.hostname), base::view("\n"), base::view(agent.os),
                                        base::view("\n"), base::view(agent.machine_id_digest)}));
  body.t = centre_.now();
  auto note =
      evidence::sign_record("enrol", evidence::to_json(body), centre_.operator_name(), centre_.keys().operator_key());
  if (auto written = append_now(agent.unit, "enrol", note); !written) return std::unexpected(written.error());
  enrolled_[agent.id] = true;
  return write_scope(agent.unit);
}

base::Status Ingest::write_scope(const std::string& unit) {
  evidence::Scope scope;
  scope.dept = unit;
  scope.from = centre_.now();
  scope.heartbeat_seconds = centre_.config().evidence.heartbeat_seconds;
  scope.late_hours = centre_.config().evidence.lateness_hours;
  for (const auto& [_, agent] : centre_.roster().agents())
    if (agent.unit == unit && agent.state == AgentState::active && !agent.required.empty())
      scope.assets.push_back({short_name(agent), agent.id, agent.required});
  if (scope.assets.empty()) return {};
  auto note =
      evidence::sign_record("scope", evidence::to_json(scope), centre_.operator_name(), centre_.keys().operator_key());
  auto written = append_now(unit, "scope", note);
  return written ? base::Status() : std::unexpected(written.error());
}

base::Status Ingest::revoke(const std::string& name, AgentState state, const std::string& reason) {
  const Agent* agent = centre_.roster().agent(name);
  if (agent == nullptr) return base::fail(base::Errc::not_found, "agent " + name + " is not known");
  if (agent->state != AgentState::active)
    return base::fail(base::Errc::conflict, "agent " + name + " is " + std::string(id(agent->state)));
  Agent changed = *agent;
  changed.state = state;
  if (auto done = centre_.roster().update(changed); !done) return done;
  evidence::Revoke body{name, reason, centre_.now()};
  auto note =
      evidence::sign_record("revoke", evidence::to_json(body), centre_.operator_name(), centre_.keys().operator_key());
  if (auto written = append_now(changed.unit, "revoke", note); !written) return std::unexpected(written.error());
  return write_scope(changed.unit);
}

void Ingest::hello(const std::string& peer, const Agent& agent, const wire::Hello& message) {
  Lane* l = lane(agent);
  l->peer = peer;
  l->beacon = message.beacon_size;
  l->origin = message.origin;
  l->answer = true;
  dirty_[agent.unit] = true;
  compare(agent, *l, message);
}

// An agent that holds more than was ever signed here: the ledger is an older copy of itself, or the agent lies. Said in
// /healthz and recorded once, going on all the same: what the agents still hold is better stored than refused.
void Ingest::compare(const Agent& agent, const Lane& l, const wire::Hello& message) {
  auto book = centre_.book(agent.unit);
  if (!book) return;
  // Sizes of two years' logs do not compare.
  bool same_log = message.origin.empty() ? base::day_of(agent.enrolled).year >= (*book)->year() : message.origin == (*book)->origin();
  std::uint64_t size = (*book)->newest().size, stored = l.committed.last_seq();
  if (message.acknowledged <= stored && (!same_log || message.beacon_size <= size)) {
    ahead_.erase(agent.id);
    return;
  }
  auto words = fmt::format(
      "agent {} was given record {} and {} leaves as stored, this ledger has {} and {}: an older copy was put back",
      agent.id, message.acknowledged, message.beacon_size, stored, size);
  if (!ahead_.emplace(agent.id, words).second) return;
  if (auto done = centre_.record("link", "ledger_behind_agent", words); !done) health_ = done.error().what;
}

void Ingest::batch(const std::string& peer, const Agent& agent, const wire::Batch& message) {
  Lane* l = lane(agent);
  l->peer = peer;
  dirty_[agent.unit] = true;
  for (const auto& record : message.records) {
    if (record.seq < l->pending.next_seq()) {
      duplicates_.add();
      continue;
    }
    l->answer = true;  // what came before a refusal is acknowledged all the same
    if (record.seq > l->pending.next_seq())
      return refuse(peer, l->pending.next_seq(), "gap",
                    fmt::format("record {} came, {} is expected", record.seq, l->pending.next_seq()));
    auto before = l->pending;
    auto accepted = l->pending.accept(record.note);
    base::Status queued;
    if (!accepted) {
      queued = std::unexpected(accepted.error());
    } else if (accepted->seq != record.seq) {
      queued = base::fail(base::Errc::mismatch, fmt::format("record {} is signed as {}", record.seq, accepted->seq));
    } else {
      queued = queue(agent, record, *accepted);
    }
    if (!queued) {
      l->pending = before;
      return refuse(peer, before.next_seq(), code_of(queued.error()),
                    fmt::format("record {}: {}", record.seq, queued.error().what));
    }
  }
  l->answer = true;
}

base::Status Ingest::queue(const Agent& agent, const evidence::Record& record, const evidence::Accepted& accepted) {
  auto book = group_book(agent.unit);
  if (!book) return std::unexpected(book.error());
  store::NewEntry entry;
  entry.agent = agent.id;
  entry.seq = record.seq;
  entry.kind = accepted.kind;
  entry.time = accepted.time;
  entry.leaf = base::to_bytes(record.note);
  const auto* find = std::get_if<evidence::Find>(&accepted.body);
  if (find != nullptr) {
    if (record.detail.empty() || record.detail.size() > (1u << 20))
      return base::fail(base::Errc::limit,
                        fmt::format("detail of {} bytes; 1 to 1048576 are allowed", record.detail.size()));
    if (record.detail.find('\n') != std::string::npos || !base::is_utf8(base::view(record.detail)))
      return base::fail(base::Errc::malformed, "detail is not one line of UTF-8");
    if (evidence::detail_commitment(record.salt, record.detail) != find->commitment)
      return base::fail(base::Errc::mismatch, "detail does not belong to the commitment in the record");
    auto stage = model::stage_from(find->stage);
    if (!stage) return base::fail(base::Errc::malformed, "stage of the finding is not one of the six");
    entry.salt = record.salt;
    entry.detail = record.detail;
    entry.rule = find->rule;
    entry.severity = static_cast<std::uint8_t>(find->severity);
    entry.stage = static_cast<std::uint8_t>(*stage);
  } else if (!record.detail.empty()) {
    return base::fail(base::Errc::malformed, "a record that is no finding carries a detail");
  }
  if (auto added = (*book)->add(std::move(entry), centre_.now()); !added) return std::unexpected(added.error());
  if (const auto* beat = std::get_if<evidence::Heartbeat>(&accepted.body))
    beats_[agent.unit].push_back({agent.id, *beat, centre_.now()});
  ++pending_records_;
  return {};
}

// ---- commit

base::Status Ingest::flush() {
  base::Status result;
  auto units = std::exchange(dirty_, {});
  for (const auto& [unit, _] : units)
    if (auto done = flush_unit(unit); !done) result = done;
  return result;
}

base::Status Ingest::probe() {
  constexpr std::size_t kProbeBytes = 256 << 10;  // more than a page that happens to be free
  auto stored =
      centre_.control().put("probe", "write", to_text(json::object{{"filler", std::string(kProbeBytes, '.')}}));
  if (!stored) return stored;
  if (auto emptied = centre_.control().put("probe", "write", "{}"); !emptied) return emptied;
  if (!waiting()) health_.clear();
  return {};
}

base::Status Ingest::flush_all() {
  for (const auto& [unit, _] : centre_.roster().units()) dirty_[unit] = true;
  return flush();
}

// A group of records goes to the log of the year in which it began, and is committed there: one that is split by
// midnight of New Year would wait for ever, and be acknowledged with the next one.
base::Result<Sequencer*> Ingest::group_book(const std::string& unit) {
  auto& began = groups_[unit];
  if (began != nullptr && began->pending() != 0) return began;
  auto book = centre_.book(unit);
  if (book) began = *book;
  return book;
}

base::Status Ingest::flush_unit(const std::string& unit) {
  auto book = group_book(unit);
  if (!book) return std::unexpected(book.error());
  std::size_t waiting = (*book)->pending();
  if (waiting != 0) {
    auto committed = (*book)->commit();
    if (!committed && (*book)->pending() != 0) {
      roll_back(unit, committed.error());
      return committed;
    }
    pending_records_ -= std::min(pending_records_, waiting);
    commits_.add();
    records_.add(waiting);
    for (auto& [name, l] : lanes_)
      if (const Agent* agent = centre_.roster().agent(name); agent != nullptr && agent->unit == unit)
        l.committed = l.pending;
    for (const auto& beat : std::exchange(beats_[unit], {})) on_heartbeat_(beat.agent, beat.heartbeat, beat.rx);
    if (!committed) {
      health_ = committed.error().what;
      broken_ = broken_ || committed.error().code == base::Errc::conflict;
      dirty_[unit] = true;  // stored, not signed: the answers wait for the next flush
      unsigned_.insert(unit);
      return committed;
    }
  }
  if (auto signed_now = (*book)->checkpoint(centre_.now()); !signed_now) {
    failed_commits_.add();
    health_ = signed_now.error().what;
    broken_ = broken_ || signed_now.error().code == base::Errc::conflict;
    dirty_[unit] = true;
    unsigned_.insert(unit);
    return signed_now;
  }
  if (waiting != 0 || unsigned_.erase(unit) != 0) health_.clear();  // a flush that wrote nothing proves nothing
  for (auto& [name, l] : lanes_)
    if (l.answer)
      if (const Agent* agent = centre_.roster().agent(name); agent != nullptr && agent->unit == unit)
        answer(*agent, l, **book);
  return {};
}

// With a proof from the checkpoint that the agent holds: inside the log, or over every hand-over since it.
base::Result<wire::Ack> Ingest::acknowledgement(const Agent& agent, const Lane& l, const Sequencer& book) {
  wire::Ack ack;
  ack.seq = l.committed.last_seq();
  ack.checkpoint = book.newest().note;
  ack.from_size = l.beacon;
  auto all = centre_.history(agent.unit);
  if (!all) return std::unexpected(all.error());
  const auto& books = all->books();
  std::size_t held = 0;
  for (std::size_t i = 0; i < books.size(); ++i)
    if (l.origin.empty() ? books[i]->year() <= base::day_of(agent.enrolled).year : books[i]->origin() == l.origin)
      held = i;
  for (std::size_t i = held; i + 1 < books.size() && books[i] != &book; ++i) {
    auto& next = *books[i + 1];
    evidence::Handover h;
    h.final_checkpoint = books[i]->newest().note;
    h.next_checkpoint = next.newest().note;
    auto first = next.log().entries(0, 1);
    if (!first) return std::unexpected(first.error());
    if (first->empty() || next.newest().size == 0)
      return base::fail(base::Errc::unavailable, next.origin() + " has not begun");
    h.leaf = std::move(first->front().leaf);
    auto consistency = books[i]->consistency(i == held ? l.beacon : books[i]->newest().size);
    auto inclusion = evidence::inclusion_proof(LogHashes(next.log()), 0, next.newest().size);
    if (!consistency) return std::unexpected(consistency.error());
    if (!inclusion) return std::unexpected(inclusion.error());
    h.consistency = std::move(*consistency);
    h.inclusion = std::move(*inclusion);
    ack.handovers.push_back(std::move(h));
  }
  if (ack.handovers.size() > wire::kMaxHandovers)
    return base::fail(base::Errc::limit, fmt::format("{} logs have ended since the one that the agent holds; {} is the limit",
                                                     ack.handovers.size(), wire::kMaxHandovers));
  if (!ack.handovers.empty()) return ack;
  auto proof = book.consistency(l.beacon);
  if (!proof) return std::unexpected(proof.error());
  ack.consistency = std::move(*proof);
  return ack;
}

void Ingest::answer(const Agent& agent, Lane& l, const Sequencer& book) {
  l.answer = false;
  auto ack = acknowledgement(agent, l, book);
  if (!ack) {
    health_ = "proof for " + agent.id + ": " + ack.error().what;
    return;
  }
  if (auto sent = send_(l.peer, *ack); !sent) {
    lost_answers_.add();
    return;
  }
  acks_.add();
  l.beacon = book.newest().size;
  l.origin = book.origin();
}

void Ingest::roll_back(const std::string& unit, const base::Error& error) {
  failed_commits_.add();
  health_ = error.what;
  broken_ = broken_ || error.code == base::Errc::conflict;
  auto book = group_book(unit);
  if (book) {
    pending_records_ -= std::min(pending_records_, (*book)->pending());
    (*book)->discard();
  }
  beats_[unit].clear();
  for (auto& [name, l] : lanes_) {
    const Agent* agent = centre_.roster().agent(name);
    if (agent == nullptr || agent->unit != unit) continue;
    bool waited = l.answer || l.pending.last_seq() != l.committed.last_seq();
    l.pending = l.committed;
    l.answer = false;
    if (waited)
      refuse(l.peer, l.committed.next_seq(), code_of(error) == "full" ? "full" : "io",
             "the collector could not store it: " + error.what);
  }
}

base::Result<std::uint64_t> Ingest::append_now(const std::string& unit, const std::string& kind,
                                               const std::string& note) {
  if (auto done = flush_unit(unit); !done) return std::unexpected(done.error());
  auto book = centre_.book(unit);
  if (!book) return std::unexpected(book.error());
  auto index = (*book)->append_now(kind, note, centre_.now());
  if (!index) {
    failed_commits_.add();
    health_ = index.error().what;
    broken_ = broken_ || index.error().code == base::Errc::conflict;
  }
  return index;
}

std::vector<base::Sample> Ingest::counters() const {
  std::vector<base::Sample> out{{"collector_messages_total", {}, messages_.value()},
                                {"collector_malformed_messages_total", {}, malformed_.value()},
                                {"collector_records_total", {}, records_.value()},
                                {"collector_duplicate_records_total", {}, duplicates_.value()},
                                {"collector_commits_total", {}, commits_.value()},
                                {"collector_failed_commits_total", {}, failed_commits_.value()},
                                {"collector_acks_total", {}, acks_.value()},
                                {"collector_lost_answers_total", {}, lost_answers_.value()},
                                {"collector_unrecorded_refusals_total", {}, unrecorded_.value()},
                                {"collector_agents_ahead", {}, ahead_.size()},
                                {"collector_pending_records", {}, pending_records_}};
  for (const auto& [code, count] : refused_) out.push_back({"collector_refused_total", {{"code", code}}, count});
  return out;
}

}  // namespace fengsui::collector
