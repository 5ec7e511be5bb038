#include "evidence/replay.h"

#include <algorithm>
#include <utility>

#include "base/encode.h"

namespace fengsui::evidence {


Replay::Replay(const Policy& policy, std::string dept, base::UnixMs keep_from, base::UnixMs keep_to)
    : policy_(policy), dept_(std::move(dept)), keep_from_(keep_from), keep_to_(keep_to) {
  facts_.dept = dept_;
}

void Replay::problem(int step, std::string zh, std::string en) {
  ++problem_count_;
  if (problems_.size() < kMaxProblems)
    problems_.push_back({step, facts_.leaves, base::day_of(facts_.last_rx), {std::move(zh), std::move(en)}});
}

void Replay::add(base::View bytes, const HashReader* roots) { add(Prepared{parse_leaf(bytes), std::nullopt}, roots); }

void Replay::add(const Prepared& prepared, const HashReader* roots) {
  roots_ = roots;
  const auto& leaf = prepared.leaf;
  if (shard_due_ && (!leaf || leaf->kind != "shard")) {
    problem(5, "新日志没有以交接记录开头", "the new log does not begin with the hand-over from the log before it");
    shard_due_ = false;
  }
  if (!leaf) {
    problem(6, "叶子无法解析", "the leaf cannot be parsed: " + leaf.error().what);
  } else {
    if (leaf->rx) {
      if (*leaf->rx < facts_.last_rx) problem(7, "接收时间早于前一条", "received before the leaf in front of it");
      else facts_.last_rx = *leaf->rx;
    }
    if (leaf->rx && leaf->dept != dept_) problem(8, "属于另一个单位", "belongs to another unit");
    else if (!leaf->known) ++facts_.unknown;
    else if (leaf->kind == "boot" || leaf->kind == "hb" || leaf->kind == "find") agent_record(*leaf, prepared.seen ? &*prepared.seen : nullptr);
    else if (leaf->kind == "dsse") entry(*leaf);
    else if (leaf->kind == "shard") take_shard(*leaf);
    else if (leaf->kind == "seal" || leaf->kind == "gap" || leaf->kind == "rules") collector_record(*leaf);
    else if (leaf->kind == "canary-commit" || leaf->kind == "canary-reveal") evaluator_record(*leaf);
    else operator_record(*leaf);
  }
  receipts_.push_back(facts_.last_rx);
  read_rx_ = facts_.last_rx;
  ++facts_.leaves;
}

unsigned Replay::signed_by(const Note& note, const std::vector<Vkey>& keys, bool& bad) const {
  unsigned good = 0;
  for (const auto& key : keys) {
    auto state = verify_note(note, key).state;
    if (state == SignatureState::bad) bad = true;
    if (state == SignatureState::good) ++good;
  }
  return good;
}

bool Replay::role(const ParsedLeaf& leaf, const std::vector<Vkey>& keys, const char* who_zh, const char* who_en, unsigned& signers) {
  bool bad = false;
  signers = signed_by(leaf.record.note, keys, bad);
  if (bad || signers == 0) {
    problem(8, std::string(bad ? "签名错误：" : "未由规定角色签名：") + who_zh,
            "the " + leaf.kind + " leaf " + (bad ? "has a wrong signature of " : "is not signed by ") + who_en);
    return false;
  }
  return true;
}

template <class T>
bool Replay::keep(std::vector<At<T>>& to, base::Result<T> body, unsigned signers) {
  if (!body) {
    problem(8, "内容不合格式", body.error().what);
    return false;
  }
  to.push_back({facts_.leaves, facts_.last_rx, std::move(*body), signers});
  return true;
}

void Replay::agent_record(const ParsedLeaf& leaf, const Seen* seen) {
  std::string agent(leaf.record.body.text("ag"));
  auto chain = chains_.find(agent);
  if (chain == chains_.end()) return problem(9, "监测代理未登记", "an agent that is not enrolled");
  auto& facts = facts_.agents[agent];
  if (facts.revoked) return problem(9, "监测代理已被撤销", "a record of an agent after its revocation");
  auto accepted = chain->second.accept(leaf.record, leaf.note, seen);
  if (!accepted) {
    // After the first break everything of this agent is out of place; one problem says where it began.
    if (facts.chain_breaks++ == 0) problem(9, "代理 " + agent + " 的记录链在此断开", accepted.error().what);
    return;
  }
  ++facts.records;
  facts.boots = chain->second.boots();
  facts.epochs = chain->second.epochs();
  facts.last_seq = chain->second.last_seq();
  facts.last_digest = chain->second.last_digest();
  if (auto* boot = std::get_if<Boot>(&accepted->body)) {
    auto& memory = memory_[agent];
    memory.boot_t = boot->t;
    memory.last_t1 = -1;
  } else if (auto* find = std::get_if<Find>(&accepted->body)) {
    if (find->t >= keep_from_ && find->t < keep_to_) facts_.finds.push_back({facts_.leaves, facts_.last_rx, std::move(*find), 1});
  } else if (auto* beat = std::get_if<Heartbeat>(&accepted->body)) {
    take_beat(std::move(*beat));
  }
}

// Number of the first leaf of the log that had this checkpoint; nothing when none had it.
std::optional<std::uint64_t> Replay::beacon_of(const BeaconRef& beacon) const {
  auto root = parse_digest(beacon.root);
  if (!root) return std::nullopt;
  auto size = facts_.leaves - facts_.first;
  if (beacon.size <= size) {
    if (!roots_) return facts_.first;
    if (prefix_ && beacon.size <= prefix_->size) {
      if (has_prefix(*roots_, prefix_->size, prefix_->root, beacon.size, *root)) return facts_.first;
    } else if (auto own = tree_root(*roots_, beacon.size); own && *own == *root) {
      return facts_.first;
    }
  }
  // An agent that was away over New Year still holds a checkpoint of the log before.
  auto first = facts_.first;
  for (auto t = earlier_.rbegin(); t != earlier_.rend(); ++t) {
    first -= t->at.size;
    if (beacon.size > t->at.size) continue;
    if (t->nodes ? has_prefix(*t->nodes, t->at.size, t->at.root, beacon.size, *root) : beacon.size == t->at.size && *root == t->at.root) return first;
  }
  return std::nullopt;
}

void Replay::take_beat(Heartbeat&& body) {
  auto& memory = memory_[body.link.agent];
  Beat beat;
  beat.leaf = facts_.leaves;
  beat.rx = facts_.last_rx;
  beat.follows = memory.last_t1 >= 0 && memory.last_t1 == body.t0;
  auto first = beacon_of(body.beacon);
  beat.beacon_ok = first.has_value();
  if (!first) problem(10, "心跳引用的检查点不属于本日志", "the heartbeat names a checkpoint that this log never had");
  else if (auto last = *first + body.beacon.size - 1; body.beacon.size > 0 && last < facts_.leaves) beat.beacon_rx = receipt(last);
  beat.boot_t = memory.boot_t;
  beat.newly_lost = body.spool_lost > memory.lost ? body.spool_lost - memory.lost : 0;
  memory.lost = body.spool_lost;
  memory.last_t1 = body.t1;
  if (body.t1 <= keep_from_ || body.t0 >= keep_to_) return;
  beat.body = std::move(body);
  facts_.beats[beat.body.link.agent].push_back(std::move(beat));
}

void Replay::take_enrolment(const Enrol& enrol) {
  auto identity = parse_vkey(enrol.identity);
  if (!identity || identity->name != enrol.agent || identity->type != kTypeEd25519) return problem(8, "登记的密钥不合格式", "an enrolment whose identity key is not one");
  if (!chains_.try_emplace(enrol.agent, *identity).second) return problem(8, "监测代理重复登记", "an agent enrolled twice");
  auto& agent = facts_.agents[enrol.agent];
  agent.asset = enrol.asset;
  agent.enrol_leaf = facts_.leaves;
}

void Replay::operator_record(const ParsedLeaf& leaf) {
  unsigned signers = 0;
  if (!role(leaf, policy_.operators, "操作员", "an operator", signers)) return;
  const auto& body = leaf.record.body;
  if (leaf.kind == "scope") {
    if (keep(facts_.scopes, parse_scope(body), signers) && facts_.scopes.back().body.dept != dept_) {
      facts_.scopes.pop_back();
      problem(8, "监测范围属于另一个单位", "a scope of another unit");
    }
  } else if (leaf.kind == "enrol") {
    if (keep(facts_.enrolments, parse_enrol(body), signers)) take_enrolment(facts_.enrolments.back().body);
  } else if (leaf.kind == "revoke") {
    if (keep(facts_.revocations, parse_revoke(body), signers)) facts_.agents[facts_.revocations.back().body.agent].revoked = true;
  } else if (leaf.kind == "maint") {
    keep(facts_.maintenance, parse_maintenance(body), signers);
  } else if (leaf.kind == "incident") {
    keep(facts_.incidents, parse_incident(body), signers);
  } else if (leaf.kind == "gap-explained") {
    keep(facts_.explanations, parse_gap_explained(body), signers);
  }
}

void Replay::evaluator_record(const ParsedLeaf& leaf) {
  unsigned signers = 0;
  if (!role(leaf, policy_.evaluators, "评估方", "an evaluator of the policy", signers)) return;
  if (leaf.kind == "canary-commit") keep(facts_.canary_commits, parse_canary_commit(leaf.record.body), signers);
  else keep(facts_.canary_reveals, parse_canary_reveal(leaf.record.body), signers);
}

void Replay::take_seal(const Seal& seal) {
  const auto before = facts_.seals.size() > 1 ? &facts_.seals[facts_.seals.size() - 2] : nullptr;
  auto previous = before ? static_cast<std::int64_t>(before->leaf) : -1;
  if (seal.prev != previous) problem(5, "封存记录没有接上前一个封存", "a seal that does not name the seal before it");
  if (seal.first != facts_.first) return problem(5, "封存记录的起始编号不对", "a seal whose numbers begin elsewhere than its log");
  if (seal.n > facts_.leaves || seal.n < facts_.first) return problem(5, "封存的条数超过日志", "a seal of more leaves than the log holds");
  if (!roots_) return;
  auto size = seal.n - facts_.first;
  auto root = prefix_ && size <= prefix_->size ? base::Result<Digest>(base::fail(base::Errc::not_found, "")) : tree_root(*roots_, size);
  bool holds = prefix_ && size <= prefix_->size ? has_prefix(*roots_, prefix_->size, prefix_->root, size, seal.root) : root && *root == seal.root;
  if (!holds) problem(5, "封存的根与日志不符", "the seal of " + base::to_string(seal.day) + " holds another root than the log");
}

void Replay::next_log(const Checkpoint& final, const HashReader* nodes) {
  if (final.size != facts_.leaves - facts_.first) problem(5, "日志的条数与其最后的检查点不符", "the log that ended holds another number of leaves than its final checkpoint");
  earlier_.push_back({final, nodes});
  facts_.logs.push_back(final);
  prefix_.reset();
  facts_.first = facts_.leaves;
  shard_due_ = true;
}

// What the new log says of the old one must be what was read of it.
void Replay::take_shard(const ParsedLeaf& leaf) {
  unsigned signers = 0;
  if (!std::exchange(shard_due_, false)) return problem(5, "交接记录不在日志的开头", "a hand-over that is not the first leaf of a log");
  if (!role(leaf, policy_.collectors, "汇聚端", "the collector", signers)) return;
  auto shard = parse_shard(leaf.record.body);
  if (!shard) return problem(5, "交接记录不合格式", shard.error().what);
  const auto& old = earlier_.back().at;
  if (shard->origin != old.origin || shard->size != old.size || shard->root != old.root || shard->first != facts_.first)
    return problem(5, "交接记录与前一个日志不符", "the hand-over names another log, size or root than the one before it");
  if (facts_.seals.empty() || facts_.seals.back().leaf + 1 != facts_.leaves || !facts_.seals.back().body.final || facts_.seals.back().body.to != shard->cut)
    return problem(5, "前一个日志没有以最终封存结束", "the log before does not end with its final seal");
  // A state that was given is compared as it was given, whatever the window; one that was read here only where the window holds all of it.
  auto given = std::exchange(given_, "");
  bool known = !given.empty() || (keep_from_ <= shard->cut && keep_to_ > facts_.last_rx);
  if (known && (given.empty() ? base::hex(crypto::sha256(base::view(state(shard->cut)))) : given) != shard->state)
    problem(5, "交接记录的状态摘要与重算不符", "the hand-over carries another state than follows from the log before it");
}

void Replay::collector_record(const ParsedLeaf& leaf) {
  unsigned signers = 0;
  if (!role(leaf, policy_.collectors, "汇聚端", "the collector", signers)) return;
  const auto& body = leaf.record.body;
  if (leaf.kind == "rules") {
    keep(facts_.rules, parse_rules(body), signers);
  } else if (leaf.kind == "gap") {
    keep(facts_.gaps, parse_gap(body), signers);
  } else if (leaf.kind == "seal") {
    if (!keep(facts_.seals, parse_seal(body), signers)) return;
    auto seal = facts_.seals.back().body;
    take_seal(seal);
  }
}

void Replay::entry(const ParsedLeaf& leaf) {
  auto spec = leaf.record.body.find("spec");
  auto dsse = spec ? spec->find("dsseV002") : nullptr;
  auto hash = dsse ? dsse->find("payloadHash") : nullptr;
  auto digest = hash ? base::from_base64(hash->text("digest")) : base::Result<base::Bytes>(base::fail(base::Errc::malformed, ""));
  if (leaf.record.body.text("kind") != "dsse" || !digest || digest->size() != 32) {
    ++facts_.unknown;
    return;
  }
  facts_.entries.emplace(base::hex(*digest), facts_.leaves);
}

}  // namespace fengsui::evidence
