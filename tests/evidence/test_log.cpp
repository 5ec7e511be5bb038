#include "test_log.h"

#include <gtest/gtest.h>

#include "evidence/leaf.h"

namespace fengsui::evidence {

base::UnixMs at(int day, int hour, int minute) { return base::start_of(base::plus_days(kFirstDay, day)) + (hour * 60 + minute) * 60'000LL; }

TestLog::TestLog(std::string unit) : dept(std::move(unit)), origin(make_origin("fengsui.example.gov.cn", "510900", dept, 2026)) {
  policy.logs = {make_vkey(origin, keys.log.public_key())};
  policy.collectors = {make_vkey("fengsui.example.gov.cn/collector", keys.collector.public_key())};
  policy.operators = {make_vkey("op/li", keys.li.public_key()), make_vkey("op/wang", keys.wang.public_key())};
  policy.attesters = {make_vkey("fengsui.example.gov.cn/attester", keys.attester.public_key())};
  sources = {{"file_scan", {model::Stage::storage}, model::SensorState::effective, "", {}},
             {"login_log", {model::Stage::operation}, model::SensorState::effective, "", {}}};
}

std::uint64_t TestLog::append_leaf(base::Bytes leaf) {
  tree.push(leaf_hash(leaf));
  all.push_back(std::move(leaf));
  return all.size() - 1;
}

std::uint64_t TestLog::append(std::string_view kind, std::string_view note, base::UnixMs rx) {
  last_rx_ = std::max(last_rx_, rx);
  auto leaf = with_header(kind, dept, last_rx_, note);
  EXPECT_TRUE(leaf);
  return append_leaf(std::move(leaf->bytes));
}

std::string TestLog::sign_checkpoint_now() {
  auto note = sign_checkpoint({origin, tree.size(), *tree.root(tree.size())}, keys.log);
  checkpoints.push_back(note);
  Beacon beacon{tree.size(), digest_text(*tree.root(tree.size())), note};
  for (auto& [asset, chain] : agents_) {
    auto proof = consistency_proof(tree, chain->beacon().size, tree.size());
    EXPECT_TRUE(chain->advance_beacon(beacon, *proof));
  }
  return note;
}

void TestLog::by_operator(std::string_view kind, const Json& body, base::UnixMs rx, bool two_people) {
  auto note = sign_record(kind, body, "op/li", keys.li);
  if (two_people) note += signature_line(record_text(kind, body), "op/wang", keys.wang);
  append(kind, note, rx);
}

void TestLog::add_scope(base::UnixMs rx, Scope scope) {
  scope.dept = dept;
  by_operator("scope", to_json(scope), rx);
}

void TestLog::add_agent(const std::string& asset, base::UnixMs now) {
  auto name = dept + "/" + asset;
  auto identity = crypto::SigningKey::generate();
  Enrol e{name, asset, format_vkey(make_vkey(name, identity.public_key())), "", "ab", now};
  by_operator("enrol", to_json(e), now);
  auto& chain = agents_[asset] = std::make_unique<Chain>(name, std::move(identity), "boot-1", 0, crypto::Digest{});
  auto boot = chain->boot(now, "start", "ab");
  chain->commit();
  append("boot", boot.note, now);
}

void TestLog::beat_one(const std::string& asset, base::UnixMs t0, base::UnixMs t1, base::UnixMs rx) {
  HeartbeatInput in;
  in.t0 = t0;
  in.t1 = t1;
  in.b0 = t0 - at(-1);
  in.b1 = t1 - at(-1);
  in.rules_digest = in.config_digest = in.binary_digest = "ab";
  in.sources = sources;
  auto record = chain(asset).heartbeat(in);
  chain(asset).commit();
  append("hb", record.note, rx);
}

void TestLog::beat(base::UnixMs from, base::UnixMs to) {
  for (auto t = from; t < to; t += iv * 1000) {
    for (auto& [asset, chain] : agents_) beat_one(asset, t, t + iv * 1000, t + iv * 1000 + 1'000);
    if ((t - from) / (iv * 1000) % 12 == 0) sign_checkpoint_now();
  }
  sign_checkpoint_now();
}

void TestLog::find(const std::string& asset, base::UnixMs t, model::Severity severity, const std::string& fid) {
  model::Finding f;
  f.id = fid;
  f.rule = "STO-1";
  f.severity = severity;
  f.stage = model::Stage::storage;
  f.time = t;
  auto record = chain(asset).finding(f, R"({"class_uid":2006})", "ab");
  chain(asset).commit();
  append("find", record.note, t + 500);
}

Facts TestLog::facts() const {
  Replay replay(policy, dept);
  for (const auto& leaf : all) replay.add(leaf, &tree);
  for (const auto& p : replay.problems()) ADD_FAILURE() << "V" << p.step << " leaf " << p.leaf << ": " << p.what.en;
  return replay.facts();
}

void TestLog::seal(base::Day day) {
  auto s = make_seal(facts(), day, base::start_of(day), base::start_of(base::next(day)), *tree.root(tree.size()));
  append("seal", sign_record("seal", to_json(s), policy.collectors[0].name, keys.collector), base::start_of(base::next(day)) + 600'000);
  sign_checkpoint_now();
}

base::Result<std::vector<base::Bytes>> TestLog::leaves(std::uint64_t from, std::uint64_t to) const {
  if (to > all.size()) return base::fail(base::Errc::not_found, "no such leaf");
  return std::vector<base::Bytes>(all.begin() + static_cast<std::ptrdiff_t>(from), all.begin() + static_cast<std::ptrdiff_t>(to));
}

Files TestLog::bundle(base::UnixMs from, base::UnixMs to) const { return bundle_of(all, from, to, checkpoints); }

Files TestLog::bundle_of(const std::vector<base::Bytes>& leaves_in, base::UnixMs from, base::UnixMs to, const std::vector<std::string>& older,
                         const Score* score, std::string_view score_policy) const {
  TestLog forged(dept);
  for (const auto& leaf : leaves_in) forged.append_leaf(leaf);
  Replay replay(policy, dept);
  for (const auto& leaf : forged.all) replay.add(leaf, &forged.tree);
  Period period{dept, from, to, forged.tree.size()};
  auto decision = decide(replay.facts(), period, 0);
  Checkpoint now{origin, forged.tree.size(), *forged.tree.root(forged.tree.size())};
  auto text = statement(replay.facts(), period, decision, {"c1", "fengsui test", "ab"}, now, sign_checkpoint(now, keys.log), score);
  auto envelope_text = sign_envelope(kPayloadType, text, keys.attester);
  auto envelope = *parse_envelope(envelope_text);
  auto entry = forged.append_leaf(entry_leaf(rekor_entry(envelope, keys.attester.public_key()))->bytes);
  BundleInput in{forged.tree, forged, dept, from, to, envelope_text, keys.attester.public_key(), entry, policy.logs[0], forged.sign_checkpoint_now(), older, {}, std::string(score_policy), {}};
  for (const auto& s : replay.facts().seals) in.seals.emplace_back(s.body.day, s.leaf);
  auto files = bundle_files(in);
  if (!files) {
    ADD_FAILURE() << files.error().what;
    return {};
  }
  return *files;
}

TestLog three_days() {
  TestLog log;
  Scope scope;
  scope.from = at(0);
  scope.assets = {{"db01", log.dept + "/db01", {"file_scan", "login_log"}}, {"db02", log.dept + "/db02", {"file_scan", "login_log"}}};
  scope.heartbeat_seconds = log.iv;
  scope.late_hours = 1;
  log.add_scope(at(-1, 23, 50), scope);
  log.add_agent("db01", at(-1, 23, 55));
  log.add_agent("db02", at(-1, 23, 55));
  log.sign_checkpoint_now();
  for (int day = 0; day < 3; ++day) {
    log.beat(at(day, 0, day == 0 ? 0 : 10), at(day, 23));
    log.find("db01", at(day, 23), model::Severity::low, "fid-" + std::to_string(day));
    log.beat(at(day, 23), at(day + 1, 0, 10));  // the seal is made ten minutes later
    log.seal(base::plus_days(kFirstDay, day));
  }
  log.beat(at(3, 0, 10), at(3, 2));
  return log;
}

}  // namespace fengsui::evidence
