#include "evidence/attest.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "base/encode.h"
#include "evidence/canary_count.h"
#include "evidence/leaf.h"

namespace fengsui::evidence {

namespace {
constexpr std::size_t kMaxReasons = 200;
constexpr std::array<std::string_view, 4> kAssumptions = {"host-root-not-compromised", "scope-complete", "sensor-sees-traffic", "operators-told-the-truth"};

// An incident as its newest step has it.
struct Case {
  const At<IncidentStep>* last = nullptr;
  std::vector<const At<IncidentStep>*> steps;
  bool false_positive = false;  // by two people
  bool confirmed = false;       // somebody triaged it and it was not false
};

std::map<std::string, Case> cases_of(const Facts& facts, std::uint64_t as_of) {
  std::map<std::string, Case> out;
  for (const auto& step : facts.incidents) {
    if (step.leaf >= as_of) continue;
    auto& c = out[step.body.iid];
    c.steps.push_back(&step);
    c.last = &step;
    if (step.body.state == "false_positive") {
      c.false_positive = step.signers >= 2;
      if (c.false_positive) c.confirmed = false;
    } else {
      c.false_positive = false;
      if (step.body.state != "detected") c.confirmed = true;
    }
  }
  return out;
}

const Case* case_of(const std::map<std::string, Case>& cases, const std::string& fid) {
  const Case* found = nullptr;
  for (const auto& [iid, c] : cases)
    for (const auto* step : c.steps)
      if (std::find(step->body.fids.begin(), step->body.fids.end(), fid) != step->body.fids.end() && (!found || found->false_positive)) found = &c;
  return found;
}

// Ids of the findings that are planted things.
std::set<std::string> canary_fids(const Facts& facts, const Period& p, const Canaries& canaries) {
  std::set<std::string> out;
  for (const auto& f : facts.finds)
    if (f.leaf < p.as_of && f.body.t >= p.from && canaries.excludes(f)) out.insert(f.body.fid);
  return out;
}
// Whether an incident is about nothing else.
bool only_canaries(const Case& c, const std::set<std::string>& fids) {
  bool any = false;
  for (const auto* step : c.steps)
    for (const auto& fid : step->body.fids) {
      if (!fids.contains(fid)) return false;
      any = true;
    }
  return any;
}

const Scope* newest_scope(const Facts& facts, std::uint64_t as_of) {
  const Scope* out = nullptr;
  for (const auto& s : facts.scopes)
    if (s.leaf < as_of) out = &s.body;
  return out;
}

class Decider {
 public:
  Decider(const Facts& facts, const Period& period, std::uint64_t problems) : facts_(facts), period_(period), cases_(cases_of(facts, period.as_of)), canaries_(facts, period.from, period.to, period.as_of), planted_(canary_fids(facts, period, canaries_)) {
    out_.coverage = account(facts, period.from, period.to, period.as_of);
    scope_ = newest_scope(facts, period.as_of);
    if (problems) refuse("chain", "", -1, "日志中有 " + std::to_string(problems) + " 处链或签名错误", "the log holds " + std::to_string(problems) + " broken chains or signatures");
  }

  Decision run() {
    days();
    scope();
    incidents();
    findings();
    coverage();
    amendments();
    canaries();
    if (facts_.unknown) note("unknown_leaves", "", -1, std::to_string(facts_.unknown) + " 条记录类型未知", std::to_string(facts_.unknown) + " leaves of unknown kinds");
    out_.outcome = !out_.refusals.empty() ? Outcome::refused : out_.notes.empty() ? Outcome::issued : Outcome::issued_with_notes;
    out_.incident_free = open_findings_ == 0 && out_.outcome != Outcome::refused && !out_.provisional && within_gap_policy();
    return std::move(out_);
  }

 private:
  static void add(std::vector<Reason>& to, std::string code, std::string day, std::int64_t leaf, std::string zh, std::string en) {
    if (to.size() < kMaxReasons) to.push_back({std::move(code), std::move(day), leaf, {std::move(zh), std::move(en)}});
  }
  void refuse(std::string code, std::string day, std::int64_t leaf, std::string zh, std::string en) {
    add(out_.refusals, std::move(code), std::move(day), leaf, std::move(zh), std::move(en));
  }
  void note(std::string code, std::string day, std::int64_t leaf, std::string zh, std::string en) {
    add(out_.notes, std::move(code), std::move(day), leaf, std::move(zh), std::move(en));
  }

  void days() {
    for (auto day = base::day_of(period_.from); base::start_of(day) < period_.to; day = base::next(day)) {
      auto a = std::max(period_.from, base::start_of(day)), b = std::min(period_.to, base::start_of(base::next(day)));
      bool sealed = std::any_of(facts_.seals.begin(), facts_.seals.end(), [&](const auto& s) {
        return s.leaf < period_.as_of && s.body.day == day && s.body.from <= a && s.body.to >= b;
      });
      if (sealed) continue;
      auto explained = std::find_if(facts_.explanations.begin(), facts_.explanations.end(), [&](const auto& e) {
        return e.leaf < period_.as_of && e.body.asset.empty() && e.body.from <= a && e.body.to >= b;
      });
      auto name = base::to_string(day);
      if (explained != facts_.explanations.end())
        note("explained_gap", name, static_cast<std::int64_t>(explained->leaf), name + " 无封存记录，已说明原因", name + " has no sealed record; explained");
      else
        refuse("day_not_sealed", name, -1, name + " 无封存记录，也无经批准的说明", name + " has no sealed record and no approved explanation");
    }
  }

  void scope() {
    auto from = out_.coverage.scope_from;
    if (out_.coverage.totals.required == 0) return refuse("scope_missing", "", -1, "时段内没有生效的监测范围", "no scope is in force in the period");
    if (from <= period_.from) return;
    auto day = base::to_string(base::day_of(from));
    if (base::start_of(base::next(base::day_of(period_.from))) <= from)
      refuse("scope_missing", base::to_string(base::day_of(period_.from)), -1, "监测范围自 " + day + " 起才生效", "the scope is in force only from " + day);
    else
      note("scope_starts", day, -1, "监测范围自 " + base::to_rfc3339(from) + " 起生效", "the scope is in force from " + base::to_rfc3339(from));
  }

  bool in_period(base::UnixMs t) const { return t >= period_.from && t < period_.to; }

  void incidents() {
    for (const auto& [iid, c] : cases_) {
      if (!c.confirmed || only_canaries(c, planted_)) continue;
      bool here = std::any_of(c.steps.begin(), c.steps.end(), [&](const auto* s) { return in_period(s->body.t); }) ||
                  std::any_of(facts_.finds.begin(), facts_.finds.end(), [&](const auto& f) {
                    return f.leaf < period_.as_of && in_period(f.body.t) && case_of(cases_, f.body.fid) == &c;
                  });
      if (here)
        refuse("incident", base::to_string(base::day_of(c.steps.front()->body.t)), static_cast<std::int64_t>(c.last->leaf), "时段内有经确认的数据安全事件 " + iid,
               "a confirmed incident in the period: " + iid);
    }
  }

  void findings() {
    auto threshold = scope_ ? scope_->threshold : 4;
    std::size_t untriaged = 0;
    for (const auto& f : facts_.finds) {
      if (f.leaf >= period_.as_of || !in_period(f.body.t) || canaries_.excludes(f)) continue;
      const auto* c = f.body.severity >= std::min<std::int64_t>(4, threshold) ? case_of(cases_, f.body.fid) : nullptr;
      if (f.body.severity >= threshold && !(c && c->false_positive)) ++open_findings_;
      if (f.body.severity >= 4 && !(c && (c->false_positive || c->confirmed)) && ++untriaged <= 20)
        refuse("untriaged", base::to_string(base::day_of(f.body.t)), static_cast<std::int64_t>(f.leaf), "橙色或红色发现未研判：" + f.body.rule,
               "an orange or red finding is untriaged: " + f.body.rule);
    }
    if (untriaged > 20)
      refuse("untriaged", "", -1, "另有 " + std::to_string(untriaged - 20) + " 项未研判", std::to_string(untriaged - 20) + " more are untriaged");
  }

  void coverage() {
    const auto& t = out_.coverage.totals;
    if (out_.coverage.unlisted) refuse("unlisted", "", -1, "缺口过多，无法全部列出", "more intervals than can be listed");
    auto ppm = covered_ppm_explained(t);
    if (t.required && t.required > t.planned + t.explained && ppm < period_.min_covered_ppm)
      refuse("coverage", "", -1, "主机覆盖率 " + percent_text(ppm) + "，低于 " + percent_text(period_.min_covered_ppm), "host coverage " + percent_text(ppm) + ", below " + percent_text(period_.min_covered_ppm));
    if (t.explained) note("explained_gap", "", -1, "有 " + std::to_string(t.explained) + " 秒缺口已说明", std::to_string(t.explained) + " seconds of gap are explained");
    if (t.gap > t.explained) note("gap", "", -1, "有 " + std::to_string(t.gap - t.explained) + " 秒监测缺口", std::to_string(t.gap - t.explained) + " seconds are a gap");
    std::set<std::string> seen;
    for (const auto& i : out_.coverage.intervals)
      if (i.cause.starts_with("unavailable") && seen.insert(i.asset + " " + i.source).second)
        note("sensor_unavailable", base::to_string(base::day_of(i.from)), i.leaf, i.asset + " 的 " + i.source + " 不可用", i.source + " of " + i.asset + " was unavailable");
    if (scope_ && facts_.last_rx < period_.to + scope_->late_hours * 3'600'000) {
      out_.provisional = true;
      note("provisional", "", -1, "补录期限未到，结论为暂定", "records may still arrive late: provisional");
    }
  }

  void amendments() {
    for (const auto& s : facts_.seals)
      for (const auto& a : s.body.amends)
        if (s.leaf < period_.as_of && base::start_of(a.day) < period_.to && base::start_of(base::next(a.day)) > period_.from)
          note("amended", base::to_string(a.day), static_cast<std::int64_t>(s.leaf), base::to_string(a.day) + " 有补录", base::to_string(a.day) + " has a supplement");
  }

  void canaries() {
    for (const auto& t : canaries_.tests()) {
      if (t.state == CanaryState::broken) {
        auto fault = canary_fault(t.why);
        refuse("canary_broken", "", t.at_fault(), "诱饵检验 " + t.cid + " 不成立：" + fault.zh, "the canary test " + t.cid + " does not hold up: " + fault.en);
      } else if (t.state == CanaryState::open) {
        note("canary_open", "", t.commit, "诱饵检验 " + t.cid + " 尚未揭示", "the canary test " + t.cid + " is not revealed");
      }
    }
    const auto planted = canaries_.planted(), found = canaries_.count(CanaryFate::found);
    if (found == planted) return;
    const std::string of = std::to_string(found) + "/" + std::to_string(planted);
    std::string zh = "诱饵按期发现 " + of + "，发现率下限 " + percent_text(canaries_.lower_bound()) + "（95%）";
    std::string en = of + " canaries were found in time; lower bound of the rate " + percent_text(canaries_.lower_bound()) + " (95 %)";
    if (found * 1'000'000 >= planted * period_.min_canary_ppm) return note("canary_missed", "", -1, std::move(zh), std::move(en));
    refuse("canary_missed", "", -1, zh + "，低于 " + percent_text(period_.min_canary_ppm), en + ", less than " + percent_text(period_.min_canary_ppm));
  }

  bool within_gap_policy() const {
    const auto& t = out_.coverage.totals;
    if (!scope_ || t.required == 0) return false;
    return static_cast<unsigned __int128>(t.gap) * 1'000'000 <= static_cast<unsigned __int128>(t.required) * static_cast<std::uint64_t>(scope_->gap_ppm);
  }

  const Facts& facts_;
  const Period& period_;
  std::map<std::string, Case> cases_;
  Canaries canaries_;
  std::set<std::string> planted_;  // ids of findings that are canaries
  const Scope* scope_ = nullptr;
  Decision out_;
  std::uint64_t open_findings_ = 0;
};

Json reasons(const std::vector<Reason>& list) {
  Json out = Json::array();
  for (const auto& r : list) {
    Json one = Json::object().set("code", r.code).set("zh", r.text.zh).set("en", r.text.en);
    if (!r.day.empty()) one.set("day", r.day);
    if (r.leaf >= 0) one.set("leaf", r.leaf);
    out.push(std::move(one));
  }
  return out;
}

Json findings_json(const Facts& facts, const Period& p, const std::map<std::string, Case>& cases, const Canaries& canaries) {
  SeverityCounts raw = count_findings(facts, p.from, p.to, p.as_of), now{};
  std::uint64_t planted = 0;
  Json downgrades = Json::array();
  for (const auto& f : facts.finds) {
    if (f.leaf >= p.as_of || f.body.t < p.from || f.body.t >= p.to) continue;
    if (canaries.excludes(f)) {
      ++planted;
      continue;
    }
    const auto* c = cases.empty() ? nullptr : case_of(cases, f.body.fid);
    int severity = f.body.severity;
    if (c && c->false_positive) severity = 0;
    else if (c && c->last->signers >= 2) severity = std::min(severity, c->last->body.severity);
    else if (c) severity = std::max(severity, c->last->body.severity);
    if (severity > 0) ++now[static_cast<std::size_t>(severity)];
    if (severity < f.body.severity && downgrades.items()->size() < 4'096)
      downgrades.push(Json::object().set("fid", f.body.fid).set("from", f.body.severity).set("to", severity).set("by", c->last->body.by).set("leaf", c->last->leaf));
  }
  Json out = Json::object().set("bySeverity", to_json(now)).set("rawBySeverity", to_json(raw)).set("downgrades", downgrades);
  if (planted) out.set("canaries", planted);
  return out;
}

Json incidents_json(const Facts& facts, const Period& p, const Decision& d, const std::map<std::string, Case>& cases, const std::set<std::string>& planted) {
  const auto* scope = newest_scope(facts, p.as_of);
  Json items = Json::array();
  std::uint64_t count = 0;
  for (const auto& [iid, c] : cases) {
    const auto& first = c.steps.front()->body;
    if (first.t >= p.to) continue;
    const bool exercise = only_canaries(c, planted);
    if (c.confirmed && !exercise) ++count;
    Json fids = Json::array();
    for (const auto& fid : c.last->body.fids) fids.push(fid);
    auto after = [&](std::string_view state) -> std::int64_t {
      for (const auto* s : c.steps)
        if (s->body.state == state) return (s->body.t - first.t) / 1000;
      return -1;
    };
    Json one = Json::object().set("id", iid).set("findings", fids).set("severity", c.last->body.severity).set("officialLevel", c.last->body.level)
                   .set("state", c.last->body.state).set("confirmed", c.confirmed).set("openedLeaf", c.steps.front()->leaf);
    if (exercise) one.set("canary", true);
    for (auto [key, state] : {std::pair{"reportedAfterS", "reported"}, {"handledAfterS", "handled"}, {"archivedAfterS", "archived"}})
      if (auto s = after(state); s >= 0) one.set(key, s);
    items.push(std::move(one));
  }
  return Json::object().set("threshold", scope ? scope->threshold : 4).set("incidentFree", d.incident_free).set("count", count).set("items", items);
}
}  // namespace

std::string percent_text(std::uint64_t ppm) {
  auto hundredths = ppm / 100;
  auto frac = std::to_string(hundredths % 100);
  return std::to_string(hundredths / 100) + "." + std::string(2 - frac.size(), '0') + frac + "%";
}

std::string_view id(Outcome outcome) {
  switch (outcome) {
    case Outcome::issued: return "issued";
    case Outcome::issued_with_notes: return "issued_with_notes";
    case Outcome::refused: return "refused";
  }
  return "refused";
}

Decision decide(const Facts& facts, const Period& period, std::uint64_t problems) { return Decider(facts, period, problems).run(); }

Json derived(const Facts& facts, const Period& p, const Decision& d) {
  auto cases = cases_of(facts, p.as_of);
  const Canaries canaries(facts, p.from, p.to, p.as_of);
  Json decision = Json::object().set("outcome", id(d.outcome)).set("minCoveredPpm", p.min_covered_ppm);
  if (!canaries.tests().empty()) decision.set("minCanaryPpm", p.min_canary_ppm);
  decision.set("refusals", reasons(d.refusals)).set("notes", reasons(d.notes));
  Json scope_leaves = Json::array(), seals = Json::array(), rules = Json::array(), agents = Json::array(), amendments = Json::array();
  for (const auto& s : facts.scopes)
    if (s.leaf < p.as_of) scope_leaves.push(s.leaf);
  for (const auto& s : facts.seals) {
    if (s.leaf >= p.as_of) continue;
    if (s.body.from < p.to && s.body.to > p.from) seals.push(s.leaf);
    for (const auto& a : s.body.amends)
      if (base::start_of(a.day) < p.to && base::start_of(base::next(a.day)) > p.from)
        amendments.push(Json::object().set("day", base::to_string(a.day)).set("seal", a.seal).set("by", s.leaf).set("leaves", a.leaves.size() + a.more));
  }
  std::map<std::string, std::pair<base::UnixMs, base::UnixMs>> digests;
  for (const auto& [agent, beats] : facts.beats)
    for (const auto& b : beats)
      if (b.leaf < p.as_of && b.body.t0 < p.to && b.body.t1 > p.from) {
        auto [it, fresh] = digests.try_emplace(b.body.rules, b.body.t0, b.body.t1);
        if (!fresh) it->second = {std::min(it->second.first, b.body.t0), std::max(it->second.second, b.body.t1)};
      }
  for (const auto& [digest, span] : digests) rules.push(Json::object().set("digest", Json::object().set("sha256", digest)).set("from", span.first).set("to", span.second));
  for (const auto& [name, a] : facts.agents)
    agents.push(Json::object().set("id", name).set("asset", a.asset).set("records", a.records).set("epochs", a.epochs).set("boots", a.boots)
                    .set("enrolLeaf", a.enrol_leaf).set("chainBreaks", a.chain_breaks).set("revoked", a.revoked));
  std::set<std::string> assets;
  for (const auto& s : d.coverage.by_source) assets.insert(s.asset);
  return Json::object()
      .set("scope", Json::object().set("department", p.dept).set("from", p.from).set("to", p.to).set("tz", base::kChinaOffsetMinutes)
                        .set("scopeLeaves", scope_leaves).set("assets", assets.size()).set("sources", d.coverage.by_source.size()))
      .set("seals", seals).set("coverage", to_json(d.coverage)).set("findings", findings_json(facts, p, cases, canaries))
      .set("incidents", incidents_json(facts, p, d, cases, canary_fids(facts, p, canaries))).set("rules", rules).set("agents", agents).set("amendments", amendments)
      .set("canaries", to_json(canaries)).set("provisional", d.provisional).set("decision", decision);
}

std::string statement(const Facts& facts, const Period& p, const Decision& d, const Issuer& issuer, const Checkpoint& at,
                      std::string_view checkpoint, const Score* score, std::string_view supersedes) {
  Json cosigners = Json::array();
  if (auto note = parse_note(checkpoint))
    for (const auto& line : note->signatures)
      if (line.name != at.origin) cosigners.push(Json::object().set("name", line.name));
  Json assumptions = Json::array();
  for (auto text : kAssumptions) assumptions.push(text);
  if (cosigners.items()->empty()) assumptions.push("collector-shows-everybody-the-same-log");
  auto facts_json = derived(facts, p, d);  // a named value: members() points into it
  assumptions.push(facts_json.find("canaries")->number("planted") == 0 ? kDetectionUntested : kCanariesToldApart);
  Json log = Json::object().set("origin", at.origin).set("fromIndex", 0).set("toIndex", at.size).set("asOf", at.size).set("checkpoint", checkpoint);
  if (facts.first != 0) {
    Json shards = Json::array();
    for (const auto& ended : facts.logs) shards.push(Json::object().set("origin", ended.origin).set("size", ended.size).set("root", digest_text(ended.root)));
    log.set("first", facts.first).set("shards", std::move(shards));
  }
  Json predicate = Json::object().set("version", 1)
                       .set("collector", Json::object().set("id", issuer.id).set("software", issuer.software).set("binaryDigest", issuer.binary_digest))
                       .set("log", std::move(log))
                       .set("witnesses", Json::object().set("cosigners", cosigners).set("timestamps", Json::array()));
  for (const auto& [key, value] : *facts_json.members()) predicate.set(key, value);
  predicate.set("supersedes", supersedes.empty() ? Json() : Json(supersedes));
  predicate.set("score", score ? to_json(*score) : Json());
  predicate.set("assumptions", assumptions).set("disclaimer", Json::object().set("zh", disclaimer().zh).set("en", disclaimer().en));
  Json subject = Json::array();
  subject.push(Json::object().set("name", at.origin + "@" + std::to_string(at.size)).set("digest", Json::object().set("sha256", base::hex(at.root))));
  return Json::object().set("_type", kStatementType).set("subject", subject).set("predicateType", kPredicateType).set("predicate", predicate).dump();
}

bool states_limits(const Json& predicate) {
  const auto& stated = predicate.list("assumptions");
  auto says = [&](std::string_view assumption) {
    return std::any_of(stated.begin(), stated.end(), [&](const auto& s) { return s.string() && *s.string() == assumption; });
  };
  auto sentence = predicate.find("disclaimer");
  return std::all_of(kAssumptions.begin(), kAssumptions.end(), says) && sentence && sentence->text("zh") == disclaimer().zh && sentence->text("en") == disclaimer().en;
}

model::Text disclaimer() {
  return {"仅说明在上述监测范围和时段内未发现数据安全事件，不构成对范围以外的保证",
          "This only says that no data-security incident was found within the stated scope and period; it is no assurance beyond them."};
}

}  // namespace fengsui::evidence
