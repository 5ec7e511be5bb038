#include "random_log.h"

#include <algorithm>
#include <random>

#include "evidence/leaf.h"

namespace fengsui::evidence {

namespace {
class Maker {
 public:
  Maker(const Workshop& shop, unsigned seed, int hours) : shop_(shop), random_(seed), end_(shop.from + hours * 3'600'000LL) {}

  Forgery run() {
    scope(shop_.from - 600'000, shop_.from + (one_in(3) ? below(7'200'000) : 0));
    for (auto& a : agents_) enrol(a);
    now_ = shop_.from - 500'000;
    bool sealed = false;
    while (now_ < end_) {
      for (auto& a : agents_) beat(a);
      if (one_in(12)) act();
      if (!sealed && now_ > shop_.from + 86'400'000 + 600'000) sealed = seal();
      if (one_in(4)) beacon_ = {tree_.size(), digest_text(*tree_.root(tree_.size())), ""};
      now_ += kStep;
    }
    auto f = shop_.honest();
    f.leaves = leaves_;
    f.older = {};
    return f;
  }

 private:
  static constexpr std::int64_t kStep = 900'000;
  struct Running {
    OpenAgent agent;
    std::string asset;
    base::UnixMs t = 0, boot = 0;
    std::int64_t skew = 0;  // of the boot clock
    std::uint64_t lost = 0;
    std::vector<std::string> spool;
    int cut_off = 0, boots = 0;
    std::string boot_id;
  };

  bool one_in(unsigned n) { return random_() % n == 0; }
  std::int64_t below(std::int64_t n) { return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(n)); }
  template <class T>
  const T& any(const std::vector<T>& of) { return of[random_() % of.size()]; }

  void append(std::string_view kind, const std::string& note) {
    rx_ = std::max(rx_, now_);
    auto leaf = with_header(kind, shop_.dept, rx_, note);
    FENGSUI_ASSERT(leaf.has_value());
    tree_.push(leaf->hash);
    leaves_.push_back(std::move(leaf->bytes));
  }
  void by_operator(std::string_view kind, const Json& body, bool two = false) {
    auto note = sign_record(kind, body, "op/li", shop_.li);
    if (two) note += signature_line(record_text(kind, body), "op/wang", shop_.wang);
    append(kind, note);
  }

  void scope(base::UnixMs rx, base::UnixMs from) {
    now_ = rx;
    Scope s;
    s.dept = shop_.dept;
    s.from = from;
    for (const auto& a : agents_)
      if (a.asset == "db01" || !one_in(4)) s.assets.push_back({a.asset, a.agent.name(), one_in(2) ? std::vector<std::string>{"wire", "file_scan"} : std::vector<std::string>{"wire"}});
    s.heartbeat_seconds = one_in(3) ? 600 : 900;
    s.late_hours = one_in(2) ? 2 : 12;
    s.planned_minutes = one_in(2) ? 60 : 240;
    if (one_in(3)) s.rules = {"ab"};
    by_operator("scope", to_json(s));
  }
  void enrol(Running& a) {
    by_operator("enrol", to_json(Enrol{a.agent.name(), a.asset, format_vkey(make_vkey(a.agent.name(), a.agent.identity().public_key())), "", "", now_}));
    boot(a);
    a.t = shop_.from - below(kStep);
  }
  void boot(Running& a) {
    a.boot = a.boots++ == 0 ? now_ : a.t;
    a.skew = below(1'000'000);
    a.boot_id = "boot-1";
    send(a, "boot", a.agent.boot(a.boot));
  }
  void send(Running& a, std::string_view kind, const std::string& note) {
    if (a.cut_off > 0) return a.spool.push_back(std::string(kind) + "\n" + note);
    for (const auto& late : std::exchange(a.spool, {})) append(late.substr(0, late.find('\n')), late.substr(late.find('\n') + 1));
    append(kind, note);
  }

  model::SourceStatus source(const std::string& id) {
    model::SourceStatus s{id, {model::Stage::storage}, model::SensorState::effective, "", {}};
    if (one_in(15)) s.state = model::SensorState::degraded, s.reason = one_in(2) ? "budget" : "";
    if (one_in(20)) s.state = model::SensorState::unavailable, s.reason = one_in(2) ? "没有权限" : "";
    s.counters.rx = static_cast<std::uint64_t>(below(1'000'000));
    if (one_in(5)) s.counters.kdrop = static_cast<std::uint64_t>(below(3'000));
    if (one_in(12)) s.counters.ifdrop = static_cast<std::uint64_t>(below(90'000));
    if (one_in(20)) s.counters.lost = 1;
    return s;
  }

  void beat(Running& a) {
    if (a.cut_off > 0) --a.cut_off;
    else if (one_in(25)) a.cut_off = 1 + static_cast<int>(below(12));
    if (one_in(30)) {  // silence
      a.t += kStep;
      return;
    }
    if (one_in(40)) a.t += below(kStep), boot(a);
    Heartbeat h;
    h.t0 = a.t;
    // Usually to the step, sometimes odd, sometimes far too long.
    h.t1 = std::max(h.t0, one_in(3) ? now_ + below(999) : now_ - below(2'000));
    if (one_in(40)) h.t1 += below(7'200'000);
    h.b0 = h.t0 - shop_.from + a.skew + 10'000'000;
    h.b1 = std::max(h.b0, h.b0 + (h.t1 - h.t0) + (one_in(20) ? below(6'000) - 3'000 : 0));
    h.boot_id = a.boot_id;
    h.beacon = beacon_;
    h.rules = one_in(25) ? "cd" : "ab";
    h.config = h.binary = "ab";
    if (one_in(40)) ++a.lost;
    h.spool_lost = a.lost;
    h.sources = {source("wire")};
    if (!one_in(10)) h.sources.push_back(source("file_scan"));
    if (one_in(15)) {
      auto fid = "f-" + std::to_string(++findings_);
      send(a, "find", a.agent.find(h.t0 + (h.t1 - h.t0) / 2, 1 + static_cast<int>(below(5)), fid));
      fids_.push_back(fid);
    }
    send(a, "hb", a.agent.beat(h));
    a.t = h.t1;
  }

  void act() {
    auto from = now_ + below(4 * 3'600'000) - 3'600'000;
    auto to = from + 60'000 + below(3 * 3'600'000);
    switch (below(5)) {
      case 0: return by_operator("maint", to_json(Maintenance{any(agents_).asset, "补丁", from, to}));
      case 1: {
        Gap g{any(agents_).asset, one_in(2) ? "wire" : "", "no heartbeat", from, one_in(4) ? 0 : to};
        return append("gap", sign_record("gap", to_json(g), shop_.policy.collectors[0].name, shop_.collector));
      }
      case 2: return by_operator("gap-explained", to_json(GapExplained{one_in(2) ? any(agents_).asset : "", "断网", "li", from, to}));
      case 3: return one_in(3) ? scope(now_, from) : void();
      default: break;
    }
    if (fids_.empty()) return;
    IncidentStep step{"i-" + std::to_string(below(4)), {any(fids_)}, 1 + static_cast<int>(below(5)), one_in(2) ? "l4" : "", one_in(2) ? "detected" : one_in(2) ? "false_positive" : "reported", "li", "", now_, 0};
    by_operator("incident", to_json(step), one_in(2));
  }

  bool seal() {
    Replay replay(shop_.policy, shop_.dept);
    for (const auto& leaf : leaves_) replay.add(leaf, &tree_);
    auto s = make_seal(replay.facts(), base::day_of(shop_.from), shop_.from, shop_.from + 86'400'000, *tree_.root(tree_.size()));
    append("seal", sign_record("seal", to_json(s), shop_.policy.collectors[0].name, shop_.collector));
    return true;
  }

  const Workshop& shop_;
  std::mt19937 random_;
  base::UnixMs end_, now_ = 0, rx_ = 0;
  std::vector<Running> agents_ = {{OpenAgent("510903-edu/db01"), "db01", 0, 0, 0, 0, {}, 0, 0, ""}, {OpenAgent("510903-edu/db02"), "db02", 0, 0, 0, 0, {}, 0, 0, ""}};
  std::vector<base::Bytes> leaves_;
  MemoryTree tree_;
  BeaconRef beacon_{0, digest_text(empty_root()), ""};
  std::vector<std::string> fids_;
  int findings_ = 0;
};
}  // namespace

Forgery random_log(const Workshop& shop, unsigned seed, int hours) { return Maker(shop, seed, hours).run(); }

}  // namespace fengsui::evidence
