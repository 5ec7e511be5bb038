#include "workshop.h"

#include <algorithm>
#include <cstdio>

#include "base/encode.h"
#include "base/fd.h"
#include "evidence/chain_reader.h"
#include "evidence/leaf.h"
#include "evidence/tile.h"

namespace fengsui::evidence {

namespace {
constexpr base::Day kFirst{2026, 11, 2};
constexpr std::int64_t kBeat = 1'200'000;
base::UnixMs moment(int day, int hour = 0, int minute = 0) { return base::start_of(base::plus_days(kFirst, day)) + (hour * 60 + minute) * 60'000LL; }
crypto::SigningKey key_of(const std::string& name) { return crypto::SigningKey::from_seed(crypto::sha256(base::view("workshop " + name))); }

class Leaves : public EntryReader {
 public:
  explicit Leaves(const std::vector<base::Bytes>& all) : all_(all) {}
  base::Result<std::vector<base::Bytes>> leaves(std::uint64_t from, std::uint64_t to) const override {
    if (to > all_.size()) return base::fail(base::Errc::not_found, "no such leaf");
    return std::vector<base::Bytes>(all_.begin() + static_cast<std::ptrdiff_t>(from), all_.begin() + static_cast<std::ptrdiff_t>(to));
  }

 private:
  const std::vector<base::Bytes>& all_;
};

MemoryTree tree_of(const std::vector<base::Bytes>& leaves) {
  MemoryTree tree;
  for (const auto& leaf : leaves) tree.push(leaf_hash(leaf));
  return tree;
}
constexpr JsonLimits kLarge = {.max_bytes = 16u << 20, .max_depth = 32, .one_line = false};
}  // namespace

crypto::SigningKey OpenAgent::identity() const { return key_of("identity " + name_); }
crypto::SigningKey OpenAgent::key(std::uint64_t epoch) const { return key_of(epoch_name(name_, epoch)); }
std::string OpenAgent::vkey(std::uint64_t epoch) const { return format_vkey(make_vkey(epoch_name(name_, epoch), key(epoch).public_key())); }

std::string OpenAgent::taken(std::string note) {
  ++seq_;
  last_ = chain_digest(note);
  return note;
}

std::string OpenAgent::boot(base::UnixMs t) {
  epoch_ = seq_ + 1;
  counts_ = {};
  return taken(sign_record("boot", to_json(Boot{link(), t, "boot-1", vkey(epoch_), "start", "ab"}), name_, identity()));
}

std::string OpenAgent::find(base::UnixMs t, int severity, const std::string& fid, const std::string& mark) {
  ++counts_[static_cast<std::size_t>(severity)];
  Find body{link(), t, severity, "STO-1", "ab", fid, "storage", "", {}, mark};
  return taken(sign_record("find", to_json(body), epoch_name(name_, epoch_), key(epoch_)));
}

std::string OpenAgent::beat(Heartbeat body) {
  body.link = link();
  body.findings = counts_;
  body.next = vkey(seq_ + 1);
  auto note = taken(sign_record("hb", to_json(body), epoch_name(name_, epoch_), key(epoch_)));
  epoch_ = seq_;
  counts_ = {};
  return note;
}

Workshop::Workshop(std::string twist)
    : log_key(key_of("log")), collector(key_of("collector")), li(key_of("li")), wang(key_of("wang")), attester(key_of("attester")),
      witness1(key_of("w1")), witness2(key_of("w2")), mallory(key_of("mallory")), evaluator(key_of("evaluator")), origin(make_origin("fengsui.example.gov.cn", "510900", dept, 2026)),
      from(moment(0)), to(moment(2)), twist_(std::move(twist)) {
  policy.logs = {make_vkey(origin, log_key.public_key())};
  policy.witnesses = {{"w1", make_vkey("province.example.gov.cn/w1", witness1.public_key(), kTypeCosignature)},
                      {"w2", make_vkey("city.example.gov.cn/w2", witness2.public_key(), kTypeCosignature)}};
  policy.groups = {{"both", 2, {"w1", "w2"}}};
  policy.quorum = "both";
  policy.attesters = {make_vkey("fengsui.example.gov.cn/attester", attester.public_key())};
  policy.operators = {make_vkey("op/li", li.public_key()), make_vkey("op/wang", wang.public_key())};
  policy.collectors = {make_vkey("fengsui.example.gov.cn/collector", collector.public_key())};
  policy.evaluators = {make_vkey("province.example.gov.cn/evaluator", evaluator.public_key())};
  auto score = base::read_file(std::string(FENGSUI_SOURCE_DIR) + "/rules/score/row16.toml", 65'536);
  if (score) score_policy = base::text(*score);

  Scope scope;
  scope.dept = dept;
  scope.from = moment(0);
  scope.assets = {{"db01", db01.name(), {"file_scan", "login_log"}}, {"db02", db02.name(), {"file_scan", "login_log"}}};
  scope.heartbeat_seconds = kBeat / 1000;
  scope.late_hours = 12;
  by_operator("scope", to_json(scope), moment(-1, 23, 50), "scope");
  for (auto* agent : {&db01, &db02}) {
    auto asset = agent->name().substr(dept.size() + 1);
    Enrol enrol{agent->name(), asset, format_vkey(make_vkey(agent->name(), agent->identity().public_key())), "", "ab", moment(-1, 23, 55)};
    by_operator("enrol", to_json(enrol), moment(-1, 23, 56), agent == &db01 ? "enrol1" : "enrol2");
    append("boot", agent->boot(moment(-1, 23, 56)), moment(-1, 23, 56), agent == &db01 ? "boot1" : "boot2");
  }
  sign_now();
  for (auto t = moment(0); t < moment(2, 12, 40); t += kBeat) step(t);
  sign_now();
  clean_ = bundle(honest());
}

namespace {
std::string mark_of(const std::string& name) { return make_marker(base::View(crypto::sha256(base::view("workshop canary " + name))).first(12)); }
}  // namespace

void Workshop::by_evaluator(std::string_view kind, const Json& body, base::UnixMs rx, const std::string& name) {
  append(kind, sign_record(kind, body, policy.evaluators[0].name, evaluator), rx, name);
}

// Two tests of an evaluator: of the first, two things are found in time and one is missed; the second is of one thing, and found.
void Workshop::canaries(base::UnixMs t) {
  CanaryPlan one{"c-1", dept, {{mark_of("a"), "db01", "file", moment(0, 6), 3600}, {mark_of("b"), "db02", "file", moment(0, 16), 3600}, {mark_of("c"), "db01", "login", moment(1, 10), 3600}}};
  CanaryPlan two{"c-2", dept, {{mark_of("d"), "db01", "file", moment(1, 15), 3600}}};
  CanaryCommit early{"c-1", {}, moment(0, 1), moment(1, 20), one.items.size(), moment(0)}, later{"c-2", {}, moment(1, 2), moment(1, 20), two.items.size(), moment(0, 20)};
  if (twist_ == "marker_again") two.items[0].mark = mark_of("c");
  if (twist_ == "other_unit") two.dept = "510903-civil";
  if (twist_ == "plan") two.items.push_back({mark_of("e"), "db01", "file", moment(1, 16), 3600});
  if (twist_ == "outside_window") two.items[0].at = moment(1, 21);
  if (twist_ == "revealed_early") later.to = moment(2, 2);
  if (twist_ == "committed_late") later.from = moment(0, 21);
  if (twist_ == "commit_again") later.cid = "c-1";
  auto salt = [](const CanaryPlan& plan) { return base::to_bytes(base::View(crypto::sha256(base::view("workshop salt " + plan.cid)))); };
  auto text = [](const CanaryPlan& plan) { return to_json(plan).dump(); };
  early.commitment = canary_commitment(salt(one), text(one));
  later.commitment = canary_commitment(salt(two), text(two));
  if (twist_ == "mismatch") two.items[0].within_s = 7200;
  if (t == moment(0)) by_evaluator("canary-commit", to_json(early), t + 1'500, "commit1");
  if (t == moment(0, 6)) append("find", db01.find(t + 1'000, 4, "f-a", mark_of("a")), t + 2'000, "canary_a");
  if (t == moment(0, 21, 40) && twist_ != "no_commitment") by_evaluator("canary-commit", to_json(later), t + 2'000, "commit2");
  if (t == moment(1, 10)) append("find", db01.find(t + 1'000, 3, "f-c", mark_of("c")), t + 2'000, "canary_c");
  if (t == moment(1, 15)) append("find", db01.find(t + 1'000, 3, "f-d", mark_of("d")), t + 2'000, "canary_d");
  if (t == moment(2, 0, 40)) by_evaluator("canary-reveal", to_json(CanaryReveal{"c-1", salt(one), text(one), t}), t + 2'000, "reveal1");
  if (t == moment(2, 1)) by_evaluator("canary-reveal", to_json(CanaryReveal{twist_ == "reveal_again" ? "c-1" : "c-2", salt(two), text(two), t}), t + 2'000, "reveal2");
}

// What happens besides heartbeats in [t, t + kBeat), after those that end at t were received.
void Workshop::events(base::UnixMs t) {
  canaries(t);
  if (t == moment(0, 10)) append("find", db01.find(t, 2, "f-low"), t + 2'000, "low");
  if (t == moment(0, 14)) {
    append("find", db01.find(t, 4, "f-high"), t + 2'000, "high");
    IncidentStep one{"i-1", {"f-high"}, 4, "", "detected", "li", "", t, 0};
    by_operator("incident", to_json(one), t + 300'000, "detected");
    one.state = "false_positive";
    one.reason = "演练";
    by_operator("incident", to_json(one), t + 600'000, "false_positive", true);
  }
  if (t == moment(0, 20)) by_operator("maint", to_json(Maintenance{"db02", "补丁", moment(1, 12), moment(1, 13)}), t + 2'000, "maint");
  if (t == moment(1, 0, 20)) seal(0);
  if (t == moment(1, 3, 40)) {
    Gap gap{"db02", "", "no heartbeat", moment(1, 3), 0};
    gap.to = moment(1, 3, 40);
    append("gap", sign_record("gap", to_json(gap), policy.collectors[0].name, collector), t + 2'000, "gap");
  }
  if (t == moment(1, 9)) by_operator("gap-explained", to_json(GapExplained{"db02", "断网", "li", moment(1, 3), moment(1, 3, 40)}), t + 2'000, "explained");
  if (t == moment(2, 0, 20)) seal(1);
}

void Workshop::step(base::UnixMs t) {
  events(t);
  bool cut_off = t >= moment(0, 22) && t < moment(1, 0, 40);  // db01 spools
  beat(db01, t, cut_off ? &spool_ : nullptr);
  bool silent = (t >= moment(1, 3) && t < moment(1, 3, 40)) || (t >= moment(1, 12) && t < moment(1, 13));
  if (!silent) beat(db02, t);
  if ((t - moment(0)) / kBeat % 4 == 3) sign_now();
}

void Workshop::beat(OpenAgent& agent, base::UnixMs t, std::vector<std::pair<std::string, std::string>>* pending) {
  Heartbeat h;
  h.t0 = t;
  h.t1 = t + kBeat;
  h.b0 = h.t0 - moment(-1);
  h.b1 = h.t1 - moment(-1);
  h.boot_id = "boot-1";
  if (!pending && &agent == &db01) reached_ = beacon_;
  h.beacon = &agent == &db01 ? reached_ : beacon_;
  h.rules = h.config = h.binary = "ab";
  h.sources = {{"file_scan", {model::Stage::storage}, model::SensorState::effective, "", {}},
               {"login_log", {model::Stage::operation}, model::SensorState::effective, "", {}}};
  auto asset = agent.name().substr(dept.size() + 1);
  auto day = static_cast<int>((t - moment(0)) / 86'400'000);
  auto name = asset + " " + std::to_string(day) + " " + base::to_rfc3339(t).substr(11, 5);
  auto note = agent.beat(h);
  if (pending) return void(pending->emplace_back(name, note));
  if (&agent == &db01)
    for (auto& [late_name, late] : std::exchange(spool_, {})) append("hb", late, h.t1 + 1'000, late_name);
  append("hb", note, h.t1 + 1'000, name);
}

void Workshop::append(std::string_view kind, const std::string& note, base::UnixMs rx, const std::string& name) {
  auto leaf = with_header(kind, dept, rx, note);
  FENGSUI_ASSERT(leaf.has_value() && (receipts_.empty() || rx >= receipts_.back()));
  if (!name.empty()) places_[name] = leaves.size();
  tree_.push(leaf->hash);
  leaves.push_back(std::move(leaf->bytes));
  receipts_.push_back(rx);
}

void Workshop::by_operator(std::string_view kind, const Json& body, base::UnixMs rx, const std::string& name, bool two) {
  auto note = sign_record(kind, body, "op/li", li);
  if (two) note += signature_line(record_text(kind, body), "op/wang", wang);
  append(kind, note, rx, name);
}

void Workshop::sign_now() {
  auto root = *tree_.root(tree_.size());
  checkpoints.push_back(sign_checkpoint({origin, tree_.size(), root}, log_key));
  beacon_ = {tree_.size(), digest_text(root), digest_text(crypto::sha256(base::view(checkpoints.back())))};
}

void Workshop::seal(int day) {
  Replay replay(policy, dept);
  for (const auto& leaf : leaves) replay.add(leaf, &tree_);
  FENGSUI_ASSERT(replay.problem_count() == 0);
  auto s = make_seal(replay.facts(), base::plus_days(kFirst, day), moment(day), moment(day + 1), *tree_.root(tree_.size()));
  append("seal", sign_record("seal", to_json(s), policy.collectors[0].name, collector), moment(day + 1, 0, 20) + 1'000, "seal" + std::to_string(day));
  sign_now();
}

std::uint64_t Workshop::at(const std::string& thing) const {
  auto it = places_.find(thing);
  FENGSUI_ASSERT(it != places_.end());
  return it->second;
}
std::string Workshop::day_of(std::uint64_t leaf) const { return base::to_string(base::day_of(receipts_.at(leaf))); }

std::string Workshop::witnessed(const std::string& note, base::UnixMs t) const {
  auto text = parse_note(note)->text;
  auto out = add_line(note, cosignature_line(text, policy.witnesses[0].key.name, witness1, t / 1000));
  return add_line(out, cosignature_line(text, policy.witnesses[1].key.name, witness2, t / 1000 + 1));
}

Forgery Workshop::honest() const {
  Forgery f;
  f.leaves = leaves;
  f.older = checkpoints;
  return f;
}

Files Workshop::bundle(const Forgery& f) const {
  const auto& log_signer = f.log ? *f.log : log_key;
  const auto& signer = f.attester ? *f.attester : attester;
  auto tree = tree_of(f.leaves);
  Replay replay(policy, dept);
  for (const auto& leaf : f.leaves) replay.add(leaf, &tree);
  Period period{dept, from, to, f.leaves.size()};
  // A forger decides as if all were well.
  auto decision = decide(replay.facts(), period, 0);
  Checkpoint now{origin, f.leaves.size(), *tree.root(f.leaves.size())};
  ScoreInputs inputs;
  inputs.documents = Known::of(5);
  inputs.days = 2;
  inputs.records = inputs.reviewed = Known::of(2);
  auto points = score(*parse_score_policy(score_policy), inputs);
  auto payload = statement(replay.facts(), period, decision, {"c1", "fengsui", "ab"}, now, witnessed(sign_checkpoint(now, log_signer), moment(2, 12, 41)), &points);
  if (f.statement) {
    auto json = *Json::parse(payload, kLarge);
    f.statement(json);
    payload = json.dump();
  }
  if (f.payload) payload = f.payload(std::move(payload));
  auto envelope_text = sign_envelope(f.payload_type, payload, signer);
  auto envelope = *parse_envelope(envelope_text);
  auto all = f.leaves;
  auto logged = f.logged_envelope.empty() ? envelope : *parse_envelope(f.logged_envelope);
  if (f.logged) all.push_back(entry_leaf(rekor_entry(logged, signer.public_key()))->bytes);
  else all.push_back(all.back());  // the log went on without it
  auto after = tree_of(all);
  Checkpoint newest{origin, all.size(), *after.root(all.size())};
  auto note = sign_checkpoint(newest, log_signer);
  note = f.checkpoint ? f.checkpoint(note) : witnessed(note, moment(2, 12, 42));
  Leaves entries(all);
  auto log_vkey = make_vkey(origin, log_signer.public_key());
  BundleInput in{after, entries, dept, from, to, envelope_text, signer.public_key(), all.size() - 1, log_vkey, note, f.older, {}, f.score_policy.empty() ? score_policy : f.score_policy, f.people};
  for (const auto& s : replay.facts().seals) in.seals.emplace_back(s.body.day, s.leaf);
  auto files = bundle_files(in);
  if (!files) std::fprintf(stderr, "workshop: %s\n", files.error().what.c_str());
  FENGSUI_ASSERT(files.has_value());
  if (f.envelope) {
    (*files)["attestation.dsse.json"] = base::to_bytes(f.envelope(envelope_text));
    relist(*files);
  }
  return std::move(*files);
}

void relist(Files& files) {
  auto manifest = *Json::parse(base::text(files["manifest.json"]), kLarge);
  Json::Object list;
  for (const auto& [path, content] : files)
    if (path != "manifest.json") list.emplace_back(path, Json(base::hex(crypto::sha256(base::View(content)))));
  manifest.set("files", Json(std::move(list)));
  files["manifest.json"] = base::to_bytes(manifest.dump() + "\n");
}

void put_log(Files& files, const std::vector<base::Bytes>& leaves, bool hashes) {
  auto tree = tree_of(leaves);
  Leaves reader(leaves);
  std::erase_if(files, [&](const auto& f) { return f.first.starts_with(hashes ? "tile/" : "tile/entries/"); });
  auto put = [&](std::string_view path, base::View content) -> base::Status {
    if (hashes || path.starts_with("tile/entries/")) files[std::string(path)] = base::to_bytes(content);
    return {};
  };
  FENGSUI_ASSERT(export_tiles(tree, reader, leaves.size(), put).has_value());
  relist(files);
}

std::vector<base::Bytes> leaves_of(const Files& files) {
  std::vector<base::Bytes> out;
  for (const auto& [path, content] : files) {
    if (!path.starts_with("tile/entries/")) continue;
    auto leaves = parse_entry_bundle(content);
    for (auto& leaf : *leaves) out.push_back(std::move(leaf));
  }
  return out;
}

}  // namespace fengsui::evidence
