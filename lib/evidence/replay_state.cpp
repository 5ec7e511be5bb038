// A reader's state as text and back: what a new year's log carries over, and what an evaluator keeps from one visit to the next.
#include <algorithm>

#include "base/encode.h"
#include "evidence/leaf.h"
#include "evidence/replay.h"

namespace fengsui::evidence {

namespace {
using base::Errc;
using base::fail;
constexpr JsonLimits kStateLimits = {.max_bytes = 256u << 20, .max_depth = 32, .one_line = true};
constexpr std::size_t kMaxItems = 4u << 20;

Json placed(std::uint64_t leaf, base::UnixMs rx, unsigned signers, Json body) {
  return Json::object().set("leaf", leaf).set("rx", rx).set("by", signers).set("body", std::move(body));
}

template <class T, class Keep>
Json list_of(const std::vector<At<T>>& items, Keep keep) {
  Json out = Json::array();
  for (const auto& item : items)
    if (keep(item)) out.push(placed(item.leaf, item.rx, item.signers, to_json(item.body)));
  return out;
}
template <class T>
Json list_of(const std::vector<At<T>>& items) {
  return list_of(items, [](const auto&) { return true; });
}

Json beat_json(const Beat& b) {
  return Json::object().set("leaf", b.leaf).set("rx", b.rx).set("follows", b.follows).set("ok", b.beacon_ok).set("beacon", b.beacon_rx)
      .set("boot", b.boot_t).set("lost", b.newly_lost).set("body", to_json(b.body));
}

class StateReader {
 public:
  explicit StateReader(Fields& fields) : f_(fields) {}

  // `always`: the list is there even when it is empty.
  template <class T>
  void list(std::string_view key, std::vector<At<T>>& to, base::Result<T> (*parse)(const Json&), bool always = true) {
    for (const auto& item : always ? f_.array(key, kMaxItems) : f_.array_or_empty(key, kMaxItems)) {
      Fields one(item, key);
      At<T> at;
      at.leaf = static_cast<std::uint64_t>(one.integer("leaf", 0, kMaxInteger));
      at.rx = one.integer("rx", 0, kMaxInteger);
      at.signers = static_cast<unsigned>(one.integer("by", 0, 64));
      auto body = parse(one.object("body"));
      if (!body) return f_.fail(key, body.error().what);
      at.body = std::move(*body);
      if (auto s = one.status(); !s) return f_.fail(key, s.error().what);
      to.push_back(std::move(at));
    }
  }

  void beats(std::map<std::string, std::vector<Beat>>& to) {
    const auto* members = f_.object("beats").members();
    for (const auto& [agent, list] : members ? *members : Json::Object{}) {
      if (!list.items()) return f_.fail("beats", "holds something that is no list");
      for (const auto& item : *list.items()) {
        Fields one(item, "beat");
        Beat b;
        b.leaf = static_cast<std::uint64_t>(one.integer("leaf", 0, kMaxInteger));
        b.rx = one.integer("rx", 0, kMaxInteger);
        b.follows = item.flag("follows");
        b.beacon_ok = item.flag("ok");
        b.beacon_rx = one.integer("beacon", 0, kMaxInteger);
        b.boot_t = one.integer("boot", 0, kMaxInteger);
        b.newly_lost = static_cast<std::uint64_t>(one.integer("lost", 0, kMaxInteger));
        auto body = parse_heartbeat(one.object("body"));
        if (!body) return f_.fail("beats", body.error().what);
        b.body = std::move(*body);
        if (auto s = one.status(); !s) return f_.fail("beats", s.error().what);
        to[agent].push_back(std::move(b));
      }
    }
  }

 private:
  Fields& f_;
};
}  // namespace

std::string Replay::state(base::UnixMs cut) const {
  const auto oldest = base::plus_days(base::day_of(cut), -kAmendDays - 1);
  Json beats = Json::object(), agents = Json::object(), entries = Json::object(), receipts = Json::array(), trees = Json::array();
  for (const auto& [agent, list] : facts_.beats) {
    Json kept = Json::array();
    for (const auto& b : list)
      if (b.body.t1 > cut - 2'000) kept.push(beat_json(b));
    if (!kept.items()->empty()) beats.set(agent, std::move(kept));
  }
  for (const auto& [name, a] : facts_.agents) {
    Json one = Json::object().set("asset", a.asset).set("enrol", a.enrol_leaf).set("records", a.records).set("epochs", a.epochs).set("boots", a.boots)
                   .set("breaks", a.chain_breaks).set("revoked", a.revoked);
    if (auto chain = chains_.find(name); chain != chains_.end()) one.set("chain", chain->second.state());
    if (auto m = memory_.find(name); m != memory_.end()) one.set("boot", m->second.boot_t).set("t1", m->second.last_t1).set("lost", m->second.lost);
    agents.set(name, std::move(one));
  }
  for (const auto& [payload, leaf] : facts_.entries) entries.set(payload, leaf);
  auto recent = std::upper_bound(receipts_.begin(), receipts_.end(), cut);  // receipt times never decrease
  for (auto r = recent; r != receipts_.end(); ++r) receipts.push(*r);
  for (const auto& t : earlier_) trees.push(Json::object().set("origin", t.at.origin).set("size", t.at.size).set("root", digest_text(t.at.root)));
  Json out = Json::object().set("v", 1).set("dept", dept_).set("leaves", facts_.leaves).set("first", facts_.first).set("rx", read_rx_)
                 .set("cut", cut).set("unknown", facts_.unknown).set("problems", problem_count_).set("logs", trees)
                 .set("receipts", receipts).set("scopes", list_of(facts_.scopes)).set("enrolments", list_of(facts_.enrolments))
                 .set("revocations", list_of(facts_.revocations)).set("rules", list_of(facts_.rules))
                 .set("maintenance", list_of(facts_.maintenance)).set("incidents", list_of(facts_.incidents))
                 .set("gaps", list_of(facts_.gaps, [cut](const auto& g) { return g.body.to == 0 || g.body.to > cut; }))
                 .set("explanations", list_of(facts_.explanations))
                 .set("finds", list_of(facts_.finds, [cut](const auto& f) { return f.body.t >= cut; }))
                 .set("seals", list_of(facts_.seals, [oldest](const auto& s) { return s.body.day >= oldest; }))
                 .set("beats", beats).set("agents", agents).set("entries", entries);
  if (!facts_.canary_commits.empty()) out.set("canaryCommits", list_of(facts_.canary_commits));
  if (!facts_.canary_reveals.empty()) out.set("canaryReveals", list_of(facts_.canary_reveals));
  return out.dump();
}

base::Result<Replay> Replay::restore(const Policy& policy, std::string_view text, base::UnixMs keep_from, base::UnixMs keep_to, const Checkpoint& at) {
  auto json = Json::parse(text, kStateLimits);
  if (!json) return std::unexpected(json.error());
  Fields f(*json, "state");
  if (f.integer("v", 0, kMaxInteger) != 1) return fail(Errc::unsupported, "state: a version other than 1");
  Replay out(policy, f.text("dept", 128), keep_from, keep_to);
  auto count = [](Fields& from, std::string_view key) { return static_cast<std::uint64_t>(from.integer(key, 0, kMaxInteger)); };
  out.facts_.leaves = count(f, "leaves");
  out.facts_.first = count(f, "first");
  out.facts_.last_rx = out.read_rx_ = f.integer("rx", 0, kMaxInteger);
  out.cut_ = f.integer("cut", 0, kMaxInteger);
  out.facts_.unknown = count(f, "unknown");
  out.problem_count_ = count(f, "problems");
  StateReader reader(f);
  reader.list("scopes", out.facts_.scopes, parse_scope);
  reader.list("enrolments", out.facts_.enrolments, parse_enrol);
  reader.list("revocations", out.facts_.revocations, parse_revoke);
  reader.list("rules", out.facts_.rules, parse_rules);
  reader.list("maintenance", out.facts_.maintenance, parse_maintenance);
  reader.list("incidents", out.facts_.incidents, parse_incident);
  reader.list("gaps", out.facts_.gaps, parse_gap);
  reader.list("explanations", out.facts_.explanations, parse_gap_explained);
  reader.list("finds", out.facts_.finds, parse_find);
  reader.list("seals", out.facts_.seals, parse_seal);
  reader.list("canaryCommits", out.facts_.canary_commits, parse_canary_commit, false);
  reader.list("canaryReveals", out.facts_.canary_reveals, parse_canary_reveal, false);
  reader.beats(out.facts_.beats);
  for (const auto& r : f.array("receipts", kMaxItems)) {
    if (!r.integer()) f.fail("receipts", "holds something that is no time");
    else out.receipts_.push_back(*r.integer());
  }
  if (out.receipts_.size() > out.facts_.leaves || out.facts_.first > out.facts_.leaves) return fail(Errc::malformed, "state: its counts contradict each other");
  out.receipts_from_ = out.facts_.leaves - out.receipts_.size();
  for (const auto& t : f.array("logs", kMaxShards)) {
    Fields one(t, "log");
    Tree tree{{one.text("origin", 255), count(one, "size"), {}}, nullptr};
    if (auto root = parse_digest(one.text("root", 44))) tree.at.root = *root;
    else one.fail("root", "is not a digest");
    if (auto s = one.status(); !s) return std::unexpected(s.error());
    out.facts_.logs.push_back(tree.at);
    out.earlier_.push_back(std::move(tree));
  }
  std::uint64_t ended = 0;
  for (const auto& tree : out.earlier_) ended += tree.at.size;
  if (ended != out.facts_.first) return fail(Errc::malformed, "state: the logs that ended hold another number of leaves");
  const auto* agents = f.object("agents").members();
  for (const auto& [name, a] : agents ? *agents : Json::Object{}) {
    Fields one(a, "agent");
    auto& facts = out.facts_.agents[name];
    facts.asset = one.text("asset", 128);
    facts.enrol_leaf = count(one, "enrol");
    facts.records = count(one, "records");
    facts.epochs = count(one, "epochs");
    facts.boots = count(one, "boots");
    facts.chain_breaks = count(one, "breaks");
    facts.revoked = a.flag("revoked");
    if (auto chain = one.text_or("chain", 65'536); !chain.empty()) {
      auto restored = ChainReader::restore(chain);
      if (!restored) return std::unexpected(restored.error());
      facts.last_seq = restored->last_seq();
      facts.last_digest = restored->last_digest();
      out.chains_.emplace(name, std::move(*restored));
    }
    if (a.find("t1")) out.memory_[name] = {one.integer("boot", 0, kMaxInteger), one.integer("t1", -1, kMaxInteger), count(one, "lost")};
    if (auto s = one.status(); !s) return std::unexpected(s.error());
  }
  const auto* entries = f.object("entries").members();
  for (const auto& [payload, leaf] : entries ? *entries : Json::Object{})
    if (leaf.integer() && *leaf.integer() >= 0) out.facts_.entries.emplace(payload, static_cast<std::uint64_t>(*leaf.integer()));
  if (auto s = f.status(); !s) return std::unexpected(s.error());
  if (at.size != out.facts_.leaves - out.facts_.first) return fail(Errc::mismatch, "state: is of another size than the checkpoint it goes with");
  if (at.size != 0) out.prefix_ = at;
  out.shard_due_ = at.size == 0 && out.facts_.first != 0;
  if (out.shard_due_) out.given_ = base::hex(crypto::sha256(base::view(text)));
  if (out.shard_due_ && out.earlier_.empty()) return fail(Errc::malformed, "state: names no log before the one that follows");
  return out;
}

}  // namespace fengsui::evidence
