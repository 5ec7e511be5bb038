#include "evidence/canary_count.h"

#include <algorithm>

namespace fengsui::evidence {

std::string_view id(CanaryState state) {
  switch (state) {
    case CanaryState::open: return "open";
    case CanaryState::revealed: return "revealed";
    case CanaryState::broken: return "broken";
  }
  return "broken";
}
std::string_view id(CanaryFate fate) {
  switch (fate) {
    case CanaryFate::found: return "found";
    case CanaryFate::late: return "late";
    case CanaryFate::early: return "early";
    case CanaryFate::missed: return "missed";
  }
  return "missed";
}

model::Text canary_fault(std::string_view why) {
  if (why == "no_commitment") return {"揭示之前没有对应的承诺", "a reveal without a commitment before it"};
  if (why == "commit_again") return {"同一检验承诺了两次", "a second commitment of the same test"};
  if (why == "reveal_again") return {"同一检验揭示了两次", "a second reveal of the same test"};
  if (why == "committed_late") return {"承诺晚于投放时段的开始", "committed to after its window had begun"};
  if (why == "mismatch") return {"揭示的内容与承诺不符", "the reveal is not what was committed to"};
  if (why == "plan") return {"揭示的计划不合格式", "the revealed plan is not one"};
  if (why == "other_unit") return {"揭示的是另一个单位的计划", "the revealed plan is of another unit"};
  if (why == "outside_window") return {"计划中有投放时段以外的诱饵", "the plan holds canaries outside its window"};
  if (why == "revealed_early") return {"期限未到就已揭示", "revealed before its last deadline"};
  if (why == "marker_again") return {"诱饵标记已在别的计划中用过", "a marker that an earlier plan has used"};
  return {"", ""};
}

Canaries::Canaries(const Facts& facts, base::UnixMs from, base::UnixMs to, std::uint64_t as_of) : facts_(facts), from_(from), to_(to) {
  std::map<std::string, std::size_t> by_cid;
  std::vector<Draft> drafts;
  for (const auto& c : facts.canary_commits) {
    if (c.leaf >= as_of) continue;
    Draft d{{c.body.cid, CanaryState::open, "", static_cast<std::int64_t>(c.leaf), -1, c.body.items, c.body.from, c.body.to}, c.rx, c.body.commitment};
    if (!by_cid.try_emplace(c.body.cid, drafts.size()).second) d.test.why = "commit_again";
    else if (c.rx > c.body.from) d.test.why = "committed_late";
    if (!d.test.why.empty()) d.test.state = CanaryState::broken;
    drafts.push_back(std::move(d));
  }
  std::vector<CanaryTest> orphans;
  for (const auto& r : facts.canary_reveals) {
    if (r.leaf >= as_of) continue;
    auto at = static_cast<std::int64_t>(r.leaf);
    auto known = by_cid.find(r.body.cid);
    if (known == by_cid.end() || drafts[known->second].test.commit > at) {
      if (r.rx >= from) orphans.push_back({r.body.cid, CanaryState::broken, "no_commitment", -1, at, 0, 0, 0});
    } else if (drafts[known->second].test.reveal >= 0) {
      if (r.rx >= from) orphans.push_back({r.body.cid, CanaryState::broken, "reveal_again", drafts[known->second].test.commit, at, 0, 0, 0});
    } else {
      judge(drafts[known->second], r);
    }
  }
  for (auto& d : drafts)
    if (d.test.from < to && d.test.to > from) tests_.push_back(std::move(d.test));
  tests_.insert(tests_.end(), orphans.begin(), orphans.end());
  sightings(facts, as_of);
}

void Canaries::judge(Draft& d, const At<CanaryReveal>& r) {
  auto& t = d.test;
  t.reveal = static_cast<std::int64_t>(r.leaf);
  if (t.state == CanaryState::broken) return;
  auto plan = parse_canary_plan(r.body.plan);
  auto outside = [&](const CanaryItem& i) { return i.at < t.from || i.at >= t.to; };
  auto running = [&](const CanaryItem& i) { return r.rx < i.at + i.within_s * 1000; };
  if (canary_commitment(r.body.salt, r.body.plan) != d.commitment) t.why = "mismatch";
  else if (!plan || plan->cid != t.cid || plan->items.size() != t.items) t.why = "plan";
  else if (plan->dept != facts_.dept) t.why = "other_unit";
  else if (std::any_of(plan->items.begin(), plan->items.end(), outside)) t.why = "outside_window";
  else if (r.rx < t.to || std::any_of(plan->items.begin(), plan->items.end(), running)) t.why = "revealed_early";
  else if (std::any_of(plan->items.begin(), plan->items.end(), [&](const auto& i) { return marked_.contains(i.mark); })) t.why = "marker_again";
  t.state = t.why.empty() ? CanaryState::revealed : CanaryState::broken;
  if (t.state == CanaryState::broken) return;
  for (auto& item : plan->items) {
    Marked m{item, d.commit_rx, r.leaf, SIZE_MAX, {}};
    if (item.at >= from_ && item.at < to_) {
      m.thing = things_.size();
      things_.push_back({t.cid, item, CanaryFate::missed, -1, 0, 0});
    }
    marked_.emplace(item.mark, std::move(m));
  }
}

bool Canaries::of_asset(const Find& find, const Marked& marked) const {
  auto agent = facts_.agents.find(find.link.agent);
  return agent != facts_.agents.end() && agent->second.asset == marked.item.asset;
}

void Canaries::sightings(const Facts& facts, std::uint64_t as_of) {
  if (marked_.empty()) return;
  for (const auto& f : facts.finds) {
    if (f.leaf >= as_of || f.body.canary.empty() || f.body.t < from_) continue;
    auto it = marked_.find(f.body.canary);
    if (it == marked_.end() || !of_asset(f.body, it->second)) continue;
    auto& m = it->second;
    if (f.leaf < m.reveal && f.rx >= m.commit_rx && m.fids.size() < kMaxFids) m.fids.push_back(f.body.fid);
    if (m.thing == SIZE_MAX || !excludes(f)) continue;
    auto& thing = things_[m.thing];
    if (thing.finds++ > 0) continue;
    thing.leaf = static_cast<std::int64_t>(f.leaf);
    thing.rx = f.rx;
    thing.fate = f.rx < m.item.at ? CanaryFate::early : f.rx <= m.item.at + m.item.within_s * 1000 ? CanaryFate::found : CanaryFate::late;
  }
}

bool Canaries::excludes(const At<Find>& f) const {
  if (f.body.canary.empty()) return false;
  auto it = marked_.find(f.body.canary);
  if (it == marked_.end()) return false;
  const auto& m = it->second;
  if (!of_asset(f.body, m) || f.rx < m.commit_rx) return false;
  return f.leaf < m.reveal || std::find(m.fids.begin(), m.fids.end(), f.body.fid) != m.fids.end();
}

std::uint64_t Canaries::count(CanaryFate fate) const {
  return static_cast<std::uint64_t>(std::count_if(things_.begin(), things_.end(), [&](const auto& t) { return t.fate == fate; }));
}
std::uint64_t Canaries::count(CanaryState state) const {
  return static_cast<std::uint64_t>(std::count_if(tests_.begin(), tests_.end(), [&](const auto& t) { return t.state == state; }));
}

std::uint64_t Canaries::lower_bound() const {
  auto n = planted(), k = count(CanaryFate::found);
  if (n > kMaxBoundPlanted) {
    k = k * kMaxBoundPlanted / n;
    n = kMaxBoundPlanted;
  }
  return lower_bound_ppm(k, n);
}

Json to_json(const Canaries& c) {
  Json commits = Json::array(), reveals = Json::array(), open = Json::array(), broken = Json::array(), items = Json::array();
  for (const auto& t : c.tests()) {
    if (t.commit >= 0) commits.push(t.commit);
    if (t.reveal >= 0) reveals.push(t.reveal);
    if (t.state == CanaryState::open) open.push(t.commit);
    if (t.state == CanaryState::broken) broken.push(Json::object().set("cid", t.cid).set("leaf", t.at_fault()).set("why", t.why));
  }
  for (const auto& t : c.things()) {
    if (items.items()->size() == kMaxBoundPlanted) break;
    Json one = Json::object().set("cid", t.cid).set("asset", t.item.asset).set("kind", t.item.kind).set("at", t.item.at).set("fate", id(t.fate));
    if (t.leaf >= 0) one.set("leaf", t.leaf).set("afterMs", t.rx - t.item.at).set("finds", t.finds);
    items.push(std::move(one));
  }
  return Json::object().set("commitLeaves", commits).set("revealLeaves", reveals).set("planted", c.planted()).set("detected", c.count(CanaryFate::found))
      .set("late", c.count(CanaryFate::late)).set("early", c.count(CanaryFate::early)).set("missed", c.count(CanaryFate::missed))
      .set("lowerBound95Ppm", c.lower_bound()).set("open", open).set("broken", broken).set("items", items);
}

}  // namespace fengsui::evidence
