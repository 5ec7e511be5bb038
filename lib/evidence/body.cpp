#include "evidence/body.h"

#include <algorithm>

#include "evidence/leaf.h"

namespace fengsui::evidence {

namespace {
using base::Errc;
using base::fail;
constexpr std::size_t kMaxAssets = 4'096, kMaxSources = 64, kMaxDigests = 256, kMaxFids = 256;
constexpr std::array<std::string_view, 10> kStates = {"detected", "triaged", "reported", "notified", "handled",
                                                      "rectified", "verified", "summarised", "archived", "false_positive"};

base::UnixMs time(Fields& f, std::string_view key) { return f.integer(key, 0, kMaxInteger); }
std::uint64_t count(Fields& f, std::string_view key) { return static_cast<std::uint64_t>(f.integer(key, 0, kMaxInteger)); }
std::string word(Fields& f, std::string_view key) {
  auto s = f.text(key, 128);
  if (!is_word(s)) f.fail(key, "is not a word");
  return s;
}
Digest digest(Fields& f, std::string_view key) {
  auto d = parse_digest(f.text(key, 44));
  if (!d) f.fail(key, "is not a digest");
  return d.value_or(Digest{});
}
Json texts(const std::vector<std::string>& v) {
  Json out = Json::array();
  for (const auto& s : v) out.push(s);
  return out;
}
// At most n bytes, never cut inside a character.
std::string shortened(const std::string& s, std::size_t n) {
  if (s.size() <= n) return s;
  while (n > 0 && (static_cast<unsigned char>(s[n]) & 0xc0) == 0x80) --n;
  return s.substr(0, n);
}
void put_link(Json& j, const Link& l) {
  j.set("ag", l.agent).set("ep", l.epoch).set("sq", l.seq).set("pv", digest_text(l.pv));
}
Link take_link(Fields& f) {
  Link l;
  l.agent = word(f, "ag");
  l.epoch = static_cast<std::uint64_t>(f.integer("ep", 1, kMaxInteger));
  l.seq = static_cast<std::uint64_t>(f.integer("sq", 1, kMaxInteger));
  l.pv = digest(f, "pv");
  return l;
}
template <class T>
base::Result<T> done(const Fields& f, T value) {
  if (auto s = f.status(); !s) return std::unexpected(s.error());
  return value;
}
}  // namespace

Json to_json(const Scope& s) {
  Json assets = Json::array();
  for (const auto& a : s.assets) assets.push(Json::object().set("asset", a.asset).set("agent", a.agent).set("sources", texts(a.sources)));
  return Json::object().set("dept", s.dept).set("from", s.from).set("assets", assets).set("iv", s.heartbeat_seconds)
      .set("coveredPpm", s.covered_ppm).set("degradedPpm", s.degraded_ppm).set("liveMs", s.live_ms).set("lateHours", s.late_hours)
      .set("plannedMinutes", s.planned_minutes).set("threshold", s.threshold).set("gapPpm", s.gap_ppm).set("tz", s.tz_minutes)
      .set("rules", texts(s.rules)).set("configs", texts(s.configs)).set("binaries", texts(s.binaries));
}
base::Result<Scope> parse_scope(const Json& j) {
  Fields f(j, "scope");
  Scope s;
  s.dept = word(f, "dept");
  s.from = time(f, "from");
  for (const auto& item : f.array("assets", kMaxAssets)) {
    Fields a(item, "scope asset");
    ScopeAsset asset{word(a, "asset"), word(a, "agent"), a.texts("sources", kMaxSources)};
    if (auto r = a.status(); !r) return std::unexpected(r.error());
    for (const auto& other : s.assets)
      if (other.asset == asset.asset) f.fail("assets", "names an asset twice");
    auto sorted = asset.sources;
    std::sort(sorted.begin(), sorted.end());
    if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) f.fail("assets", "names a source twice");
    s.assets.push_back(std::move(asset));
  }
  s.heartbeat_seconds = f.integer("iv", 1, 3'600);
  s.covered_ppm = f.integer_or("coveredPpm", s.covered_ppm, 0, 1'000'000);
  s.degraded_ppm = f.integer_or("degradedPpm", s.degraded_ppm, s.covered_ppm, 1'000'000);
  s.live_ms = f.integer_or("liveMs", s.live_ms, 0, 86'400'000);
  s.late_hours = f.integer_or("lateHours", s.late_hours, 0, 24 * 366);
  s.planned_minutes = f.integer_or("plannedMinutes", s.planned_minutes, 0, 60 * 24 * 31);
  s.threshold = f.integer_or("threshold", s.threshold, 1, 5);
  s.gap_ppm = f.integer_or("gapPpm", s.gap_ppm, 0, 1'000'000);
  s.tz_minutes = f.integer_or("tz", s.tz_minutes, -840, 840);
  s.rules = f.texts("rules", kMaxDigests);
  s.configs = f.texts("configs", kMaxDigests);
  s.binaries = f.texts("binaries", kMaxDigests);
  return done(f, std::move(s));
}

Json to_json(const Enrol& e) {
  return Json::object().set("ag", e.agent).set("asset", e.asset).set("ik", e.identity).set("e0", e.e0).set("host", e.host).set("t", e.t);
}
base::Result<Enrol> parse_enrol(const Json& j) {
  Fields f(j, "enrol");
  return done(f, Enrol{word(f, "ag"), word(f, "asset"), f.text("ik", 1024), f.text_or("e0", 1024), f.text_or("host", 64), time(f, "t")});
}

Json to_json(const Revoke& r) { return Json::object().set("ag", r.agent).set("reason", r.reason).set("t", r.t); }
base::Result<Revoke> parse_revoke(const Json& j) {
  Fields f(j, "revoke");
  return done(f, Revoke{word(f, "ag"), f.text("reason"), time(f, "t")});
}

Json to_json(const Boot& b) {
  Json j = Json::object();
  put_link(j, b.link);
  return j.set("t", b.t).set("bt", b.boot_id).set("e0", b.e0).set("why", b.why).set("bin", b.binary);
}
base::Result<Boot> parse_boot(const Json& j) {
  Fields f(j, "boot");
  Boot b;
  b.link = take_link(f);
  b.t = time(f, "t");
  b.boot_id = f.text("bt", 128);
  b.e0 = f.text("e0", 1024);
  b.why = f.text_or("why", 256);
  b.binary = f.text_or("bin", 64);
  return done(f, std::move(b));
}

Json to_json(const Heartbeat& h) {
  Json j = Json::object();
  put_link(j, h.link);
  j.set("t0", h.t0).set("t1", h.t1).set("b0", h.b0).set("b1", h.b1).set("bt", h.boot_id);
  j.set("bk", Json::object().set("n", h.beacon.size).set("h", h.beacon.root).set("c", h.beacon.checkpoint));
  j.set("rs", h.rules).set("cf", h.config).set("bin", h.binary);
  Json sources = Json::array();
  for (const auto& s : h.sources) {
    Json stages = Json::array();
    for (auto stage : s.stages) stages.push(static_cast<int>(stage));
    Json one = Json::object().set("id", s.id).set("st", model::id(s.state)).set("sg", stages);
    if (!s.reason.empty()) one.set("why", shortened(s.reason, 256));
    one.set("rx", s.counters.rx).set("kdrop", s.counters.kdrop).set("ifdrop", s.counters.ifdrop).set("lost", s.counters.lost)
        .set("ovf", s.counters.ovf).set("bytes", s.counters.bytes);
    sources.push(std::move(one));
  }
  j.set("src", sources);
  j.set("sp", Json::object().set("q", h.spool_queued).set("oldest", h.spool_oldest).set("lost", h.spool_lost));
  Json counts = Json::object();
  for (std::size_t s = 1; s < h.findings.size(); ++s)
    if (h.findings[s]) counts.set(std::to_string(s), h.findings[s]);
  return j.set("fn", counts).set("nx", h.next);
}

namespace {
base::Result<model::SourceStatus> parse_source(const Json& j) {
  Fields f(j, "hb source");
  model::SourceStatus s;
  s.id = f.text("id", 128);
  auto state = f.text("st", 16);
  if (state == "effective") s.state = model::SensorState::effective;
  else if (state == "degraded") s.state = model::SensorState::degraded;
  else if (state == "unavailable") s.state = model::SensorState::unavailable;
  else f.fail("st", "is not a state");
  for (const auto& stage : f.array_or_empty("sg", 6)) {
    auto n = stage.integer();
    if (!n || *n < 1 || *n > 6) f.fail("sg", "holds something that is not a stage");
    else s.stages.push_back(static_cast<model::Stage>(*n));
  }
  s.reason = f.text_or("why", 1024);
  s.counters = {count(f, "rx"), count(f, "kdrop"), count(f, "ifdrop"), count(f, "lost"), count(f, "ovf"), count(f, "bytes")};
  return done(f, std::move(s));
}
}  // namespace

base::Result<Heartbeat> parse_heartbeat(const Json& j) {
  Fields f(j, "hb");
  Heartbeat h;
  h.link = take_link(f);
  h.t0 = time(f, "t0");
  h.t1 = time(f, "t1");
  h.b0 = time(f, "b0");
  h.b1 = time(f, "b1");
  h.boot_id = f.text("bt", 128);
  Fields bk(f.object("bk"), "hb bk");
  h.beacon = {count(bk, "n"), bk.text("h", 44), bk.text_or("c", 44)};
  h.rules = f.text("rs", 64);
  h.config = f.text("cf", 64);
  h.binary = f.text("bin", 64);
  for (const auto& item : f.array("src", kMaxSources)) {
    auto s = parse_source(item);
    if (!s) return std::unexpected(s.error());
    for (const auto& other : h.sources)
      if (other.id == s->id) f.fail("src", "names a source twice");
    h.sources.push_back(std::move(*s));
  }
  Fields sp(f.object("sp"), "hb sp");
  h.spool_queued = count(sp, "q");
  h.spool_oldest = time(sp, "oldest");
  h.spool_lost = count(sp, "lost");
  const auto& counts = f.object("fn");
  Fields fn(counts, "hb fn");
  for (std::size_t s = 1; s < h.findings.size(); ++s)
    h.findings[s] = static_cast<std::uint64_t>(fn.integer_or(std::to_string(s), 0, 0, kMaxInteger));
  h.next = f.text("nx", 1024);
  for (const auto* part : {&bk, &sp, &fn})
    if (auto s = part->status(); !s) return std::unexpected(s.error());
  return done(f, std::move(h));
}

Json to_json(const Find& d) {
  Json j = Json::object();
  put_link(j, d.link);
  j.set("t", d.t).set("sev", d.severity).set("rule", d.rule).set("rs", d.rules).set("fid", d.fid).set("cat", d.stage);
  if (!d.subject.empty()) j.set("sub", d.subject);
  j.set("cm", digest_text(d.commitment));
  if (!d.canary.empty()) j.set("mk", d.canary);
  return j;
}
base::Result<Find> parse_find(const Json& j) {
  Fields f(j, "find");
  Find d;
  d.link = take_link(f);
  d.t = time(f, "t");
  d.severity = static_cast<int>(f.integer("sev", 1, 5));
  d.rule = f.text("rule", 256);
  d.rules = f.text("rs", 64);
  d.fid = f.text("fid", 128);
  d.stage = f.text("cat", 32);
  if (!model::stage_from(d.stage)) f.fail("cat", "is not a stage");
  d.subject = f.text_or("sub", 64);
  d.commitment = digest(f, "cm");
  d.canary = f.text_or("mk", 128);
  return done(f, std::move(d));
}

Json to_json(const RulesChange& r) { return Json::object().set("digest", r.digest).set("signer", r.signer).set("from", r.from); }
base::Result<RulesChange> parse_rules(const Json& j) {
  Fields f(j, "rules");
  return done(f, RulesChange{f.text("digest", 64), f.text("signer", 256), time(f, "from")});
}

Json to_json(const Maintenance& m) {
  return Json::object().set("asset", m.asset).set("from", m.from).set("to", m.to).set("why", m.why);
}
base::Result<Maintenance> parse_maintenance(const Json& j) {
  Fields f(j, "maint");
  Maintenance m;
  m.asset = word(f, "asset");
  m.from = time(f, "from");
  m.to = time(f, "to");
  m.why = f.text("why");
  if (m.to <= m.from) f.fail("to", "is not after 'from'");
  return done(f, std::move(m));
}

bool is_incident_state(std::string_view state) { return std::find(kStates.begin(), kStates.end(), state) != kStates.end(); }

Json to_json(const IncidentStep& i) {
  return Json::object().set("iid", i.iid).set("fids", texts(i.fids)).set("sev", i.severity).set("level", i.level).set("state", i.state)
      .set("by", i.by).set("t", i.t).set("reportedAt", i.reported_at).set("reason", i.reason);
}
base::Result<IncidentStep> parse_incident(const Json& j) {
  Fields f(j, "incident");
  IncidentStep i;
  i.iid = word(f, "iid");
  i.fids = f.texts("fids", kMaxFids);
  i.severity = static_cast<int>(f.integer("sev", 1, 5));
  i.level = f.text_or("level", 2);
  if (!i.level.empty() && (i.level.size() != 2 || i.level[0] != 'l' || i.level[1] < '1' || i.level[1] > '4')) f.fail("level", "is not l1..l4");
  i.state = f.text("state", 32);
  if (!is_incident_state(i.state)) f.fail("state", "is not a state");
  i.by = f.text("by", 256);
  i.reason = f.text_or("reason");
  i.t = time(f, "t");
  i.reported_at = f.integer_or("reportedAt", 0, 0, kMaxInteger);
  return done(f, std::move(i));
}

Json to_json(const Gap& g) {
  return Json::object().set("asset", g.asset).set("source", g.source).set("from", g.from).set("to", g.to).set("cause", g.cause);
}
base::Result<Gap> parse_gap(const Json& j) {
  Fields f(j, "gap");
  Gap g;
  g.asset = word(f, "asset");
  g.source = f.text_or("source", 128);
  g.from = time(f, "from");
  g.to = f.integer_or("to", 0, 0, kMaxInteger);
  g.cause = f.text("cause");
  return done(f, std::move(g));
}

Json to_json(const GapExplained& g) {
  return Json::object().set("asset", g.asset).set("from", g.from).set("to", g.to).set("why", g.why).set("by", g.by);
}
base::Result<GapExplained> parse_gap_explained(const Json& j) {
  Fields f(j, "gap-explained");
  GapExplained g;
  g.asset = f.text_or("asset", 128);
  g.from = time(f, "from");
  g.to = time(f, "to");
  g.why = f.text("why");
  g.by = f.text("by", 256);
  return done(f, std::move(g));
}

}  // namespace fengsui::evidence
