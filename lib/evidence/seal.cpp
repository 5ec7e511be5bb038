#include "evidence/seal.h"

#include <algorithm>
#include <set>

#include "evidence/facts.h"
#include "evidence/leaf.h"

namespace fengsui::evidence {

namespace {
constexpr std::size_t kMaxAmendedLeaves = 4'096, kMaxFront = 4'096;

std::int64_t minus(std::uint64_t a, std::uint64_t b) { return static_cast<std::int64_t>(a) - static_cast<std::int64_t>(b); }

// A record that came after the seal before: its leaf and the time it speaks of.
struct Late {
  std::uint64_t leaf = 0;
  base::UnixMs from = 0, to = 0;
};

std::vector<Late> late_records(const Facts& facts, std::uint64_t since, std::uint64_t n) {
  std::vector<Late> out;
  auto begin = [since](const auto& list) {
    return std::partition_point(list.begin(), list.end(), [since](const auto& x) { return x.leaf < since; });
  };
  for (auto f = begin(facts.finds); f != facts.finds.end() && f->leaf < n; ++f) out.push_back({f->leaf, f->body.t, f->body.t + 1});
  for (const auto& [agent, beats] : facts.beats)
    for (auto b = begin(beats); b != beats.end() && b->leaf < n; ++b) out.push_back({b->leaf, b->body.t0, b->body.t1});
  std::sort(out.begin(), out.end(), [](const Late& a, const Late& b) { return a.leaf < b.leaf; });
  return out;
}

// What came for the day of `earlier` between the seal before (at size `since`) and now (size `n`).
Amendment amendment(const Facts& facts, const At<Seal>& earlier, const std::vector<Late>& late, std::uint64_t since, std::uint64_t n) {
  Amendment out;
  out.day = earlier.body.day;
  out.seal = earlier.leaf;
  const auto from = earlier.body.from, to = earlier.body.to;
  const auto before = std::max(since, earlier.body.n);
  for (const auto& record : late) {
    if (record.leaf < before || record.from >= to || record.to <= from) continue;
    if (out.leaves.size() < kMaxAmendedLeaves) out.leaves.push_back(record.leaf);
    else ++out.more;
  }
  if (out.leaves.empty()) return out;
  auto old_counts = count_findings(facts, from, to, before), new_counts = count_findings(facts, from, to, n);
  for (std::size_t s = 0; s < out.counts.size(); ++s) out.counts[s] = new_counts[s] - old_counts[s];
  auto old_cover = account(facts, from, to, before).totals, new_cover = account(facts, from, to, n).totals;
  out.covered = minus(new_cover.covered, old_cover.covered);
  out.degraded = minus(new_cover.degraded, old_cover.degraded);
  out.gap = minus(new_cover.gap, old_cover.gap);
  return out;
}

SeverityCounts parse_counts(Fields& f, std::string_view key) {
  SeverityCounts out{};
  Fields counts(f.object(key), key);
  for (std::size_t s = 1; s < out.size(); ++s) out[s] = static_cast<std::uint64_t>(counts.integer_or(std::to_string(s), 0, 0, kMaxInteger));
  if (auto st = counts.status(); !st) f.fail(key, st.error().what);
  return out;
}
}  // namespace

Json to_json(const SeverityCounts& counts) {
  Json out = Json::object();
  for (std::size_t s = 1; s < counts.size(); ++s) out.set(std::to_string(s), counts[s]);
  return out;
}

SeverityCounts count_findings(const Facts& facts, base::UnixMs from, base::UnixMs to, std::uint64_t as_of) {
  SeverityCounts out{};
  for (const auto& f : facts.finds)
    if (f.leaf < as_of && f.body.t >= from && f.body.t < to) ++out[static_cast<std::size_t>(f.body.severity)];
  return out;
}

std::vector<Amendment> amendments_of(const Facts& facts, base::Day day, std::size_t seals, std::uint64_t n) {
  std::vector<Amendment> out;
  if (seals == 0) return out;
  const auto since = facts.seals[seals - 1].body.n;
  const auto late = late_records(facts, since, n);
  if (late.empty()) return out;
  const auto oldest = base::plus_days(day, -kAmendDays);
  for (std::size_t i = 0; i < seals; ++i) {
    const auto& earlier = facts.seals[i];
    if (earlier.body.day == day || earlier.body.day < oldest) continue;
    if (auto a = amendment(facts, earlier, late, since, n); !a.leaves.empty()) out.push_back(std::move(a));
  }
  return out;
}

Seal make_seal(const Facts& facts, base::Day day, base::UnixMs from, base::UnixMs to, const Digest& root, std::string store) {
  Seal s;
  s.day = day;
  s.from = from;
  s.to = to;
  s.n = facts.leaves;
  s.root = root;
  s.counts = count_findings(facts, from, to, s.n);
  s.coverage = account(facts, from, to, s.n).totals;
  for (const auto& [agent, a] : facts.agents)
    if (a.last_seq != 0 && s.front.size() < kMaxFront) s.front[agent] = {a.last_seq, a.last_digest};
  std::set<std::string> rules;
  for (const auto& [agent, beats] : facts.beats)
    for (const auto& b : beats)
      if (b.body.t0 < to && b.body.t1 > from) rules.insert(b.body.rules);
  s.rules.assign(rules.begin(), rules.end());
  s.first = facts.first;
  s.amends = amendments_of(facts, day, facts.seals.size(), s.n);
  if (!facts.seals.empty()) s.prev = static_cast<std::int64_t>(facts.seals.back().leaf);
  s.store = std::move(store);
  return s;
}

Json to_json(const Seal& s) {
  Json front = Json::object(), rules = Json::array(), amends = Json::array();
  for (const auto& [agent, at] : s.front) front.set(agent, Json::array().push(at.first).push(digest_text(at.second)));
  for (const auto& r : s.rules) rules.push(r);
  for (const auto& a : s.amends) {
    Json leaves = Json::array();
    for (auto l : a.leaves) leaves.push(l);
    amends.push(Json::object().set("day", base::to_string(a.day)).set("seal", a.seal).set("leaves", leaves).set("more", a.more)
                    .set("countsDelta", to_json(a.counts))
                    .set("covDelta", Json::object().set("covered", a.covered).set("degraded", a.degraded).set("gap", a.gap)));
  }
  Json out = Json::object().set("day", base::to_string(s.day)).set("tz", s.tz_minutes).set("from", s.from).set("to", s.to).set("n", s.n - s.first)
                 .set("h", digest_text(s.root)).set("counts", to_json(s.counts)).set("cov", to_json(s.coverage)).set("front", front)
                 .set("rules", rules).set("amends", amends);
  if (s.prev >= 0) out.set("prev", s.prev);
  if (s.first > 0) out.set("first", s.first);
  if (s.final) out.set("final", true);
  if (!s.store.empty()) out.set("store", s.store);
  return out;
}

base::Result<Seal> parse_seal(const Json& j) {
  Fields f(j, "seal");
  Seal s;
  auto day = [&](Fields& from) {
    auto d = base::parse_day(from.text("day", 10));
    if (!d) from.fail("day", "is not a date");
    return d.value_or(base::Day{});
  };
  s.day = day(f);
  s.tz_minutes = static_cast<int>(f.integer("tz", -840, 840));
  s.from = f.integer("from", 0, kMaxInteger);
  s.to = f.integer("to", 0, kMaxInteger);
  if (s.from % 1000 != 0 || s.to % 1000 != 0 || s.to < s.from || s.to - s.from > 86'400'000) f.fail("to", "is not a day in whole seconds");
  s.first = static_cast<std::uint64_t>(f.integer_or("first", 0, 0, kMaxInteger / 2));
  s.n = s.first + static_cast<std::uint64_t>(f.integer("n", 0, kMaxInteger / 2));
  s.final = j.flag("final");
  if (auto h = parse_digest(f.text("h", 44))) s.root = *h;
  else f.fail("h", "is not a digest");
  s.counts = parse_counts(f, "counts");
  if (auto totals = parse_totals(f.object("cov"))) s.coverage = *totals;
  else f.fail("cov", totals.error().what);
  if (auto front = f.object("front").members()) {
    for (const auto& [agent, at] : *front) {
      auto items = at.items();
      auto digest = items && items->size() == 2 && (*items)[1].string() ? parse_digest(*(*items)[1].string()) : base::Result<Digest>(base::fail(base::Errc::malformed, ""));
      if (!digest || !(*items)[0].integer() || *(*items)[0].integer() < 0) f.fail("front", "holds something that is not [seq, digest]");
      else s.front[agent] = {static_cast<std::uint64_t>(*(*items)[0].integer()), *digest};
    }
  }
  s.rules = f.texts("rules", 4'096);
  for (const auto& item : f.array("amends", 366)) {
    Fields a(item, "seal amends");
    Amendment m;
    m.day = day(a);
    m.seal = static_cast<std::uint64_t>(a.integer("seal", 0, kMaxInteger));
    for (const auto& l : a.array("leaves", kMaxAmendedLeaves)) {
      if (auto n = l.integer(); n && *n >= 0) m.leaves.push_back(static_cast<std::uint64_t>(*n));
      else a.fail("leaves", "holds something that is not an index");
    }
    m.more = static_cast<std::uint64_t>(a.integer_or("more", 0, 0, kMaxInteger));
    m.counts = parse_counts(a, "countsDelta");
    Fields d(a.object("covDelta"), "covDelta");
    m.covered = d.integer("covered", -kMaxInteger, kMaxInteger);
    m.degraded = d.integer("degraded", -kMaxInteger, kMaxInteger);
    m.gap = d.integer("gap", -kMaxInteger, kMaxInteger);
    for (const auto* part : {&a, &d})
      if (auto st = part->status(); !st) return std::unexpected(st.error());
    s.amends.push_back(std::move(m));
  }
  s.prev = f.integer_or("prev", -1, -1, kMaxInteger);
  s.store = f.text_or("store", 64);
  if (auto st = f.status(); !st) return std::unexpected(st.error());
  return s;
}

}  // namespace fengsui::evidence
