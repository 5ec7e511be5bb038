// V5 and V6: which logs are read and from where, every leaf hashed again, and the checkpoints that must have held.
#include <algorithm>

#include "evidence/leaf.h"
#include "evidence/shard.h"
#include "evidence/tile.h"
#include "evidence/verifier.h"

namespace fengsui::evidence {

namespace {
using base::Errc;

// What VerifyResult::state holds.
struct Saved {
  std::string checkpoint, reader;
};
base::Result<Saved> parse_saved(std::string_view text) {
  auto json = Json::parse(text, {.max_bytes = 512u << 20, .max_depth = 4, .one_line = false});
  if (!json) return std::unexpected(json.error());
  Fields f(*json, "state file");
  if (f.integer("v", 0, kMaxInteger) != 1) return base::fail(Errc::unsupported, "state file: a version other than 1");
  Saved out{f.text("checkpoint", kMaxNoteBytes), f.text("reader", 512u << 20)};
  if (auto s = f.status(); !s) return std::unexpected(s.error());
  return out;
}
}  // namespace

bool Verifier::plan() {
  std::uint64_t first = 0;
  for (const auto& shard : shards_) {
    logs_.push_back(std::make_unique<BundleLog>(BundleLog{"shards/" + std::to_string(year_of_origin(shard.origin)) + "/", shard, first, 0, {}, {}, {}}));
    first += shard.size;
  }
  logs_.push_back(std::make_unique<BundleLog>(BundleLog{"", at_, first, 0, {}, {}, {}}));
  if (!options_.state.empty()) return plan_from_visit();
  if (!file("state.json")) return true;
  auto carried = Replay::restore(policy_, text("state.json"), keep_from(), keep_to(), {"", 0, {}});
  if (!carried) return fail(5, "交接状态有误", "state.json: " + carried.error().what), false;
  return start_at(std::move(*carried), 0);
}

bool Verifier::plan_from_visit() {
  auto saved = parse_saved(options_.state);
  if (!saved) return fail(0, "上次核验保存的状态无法读取", saved.error().what), false;
  auto note = parse_note(saved->checkpoint);
  auto plain = note ? parse_checkpoint_text(note->text) : base::Result<Checkpoint>(std::unexpected(note.error()));
  auto key = plain ? log_key(plain->origin) : nullptr;
  auto seen = key ? open_checkpoint(saved->checkpoint, *key) : base::Result<Checkpoint>(base::fail(Errc::mismatch, "another log"));
  if (!seen) return fail(0, "上次核验保存的状态属于另一个日志", "the state of the earlier visit is of another log"), false;
  auto reader = Replay::restore(policy_, saved->reader, keep_from(), keep_to(), *seen);
  if (!reader) return fail(0, "上次核验保存的状态无法读取", reader.error().what), false;
  return start_at(std::move(*reader), seen->size, &*seen);
}

bool Verifier::start_at(Replay reader, std::uint64_t from, const Checkpoint* seen) {
  const auto& facts = reader.facts();
  if (have_statement_ && reader.state_cut() > period_.from)
    return set(5, StepState::incomplete, "状态只适用于更晚的时段", "the state speaks for later periods only"), false;
  if (have_statement_ && facts.leaves > period_.as_of) return set(5, StepState::incomplete, "状态晚于本证明", "the state is newer than this statement"), false;
  for (std::size_t i = 0; i < facts.logs.size(); ++i)
    if (i >= shards_.size() || facts.logs[i] != shards_[i]) return fail(5, "历年日志与状态不符", "the logs of earlier years are others than in the state"), false;
  auto log = std::find_if(logs_.begin(), logs_.end(), [&](const auto& l) { return l->first == facts.first; });
  if (log == logs_.end() || facts.leaves != facts.first + from || (seen && seen->origin != (*log)->at.origin) || from > (*log)->at.size)
    return fail(5, "日志没有接上上次所见", "the log does not continue where the state ends"), false;
  (*log)->from = from;
  if (seen) (*log)->seen = seen->root;
  if (log != logs_.begin()) before_ = std::make_unique<TileFiles>(files_, (*std::prev(log))->folder, (*std::prev(log))->at.size);
  reader.give_nodes(before_.get());
  logs_.erase(logs_.begin(), log);
  replay_.emplace(std::move(reader));
  if (!seen) out_.notes.push_back({"从历年交接时由汇聚端签名的状态开始核验，更早的日志不在包内", "read from the state that the collector signed at the hand-over; the logs before are not in the bundle"});
  return true;
}

void Verifier::read_logs() {
  if (!have_checkpoint_ || !plan()) return;
  bool whole = true;
  for (auto& log : logs_) {
    if (log != logs_.back() && !check_ended(*log)) return;
    LogFault fault = [&](std::int64_t index, std::string zh, std::string en) {
      if (index >= 0) broken(6, *log, static_cast<std::uint64_t>(index), std::move(zh), std::move(en));
      else fail(6, std::move(zh), std::move(en));
    };
    if (!read_bundle_log(files_, *log, fault)) locate(*log);
    readers_.push_back(std::make_unique<WithTiles>(log->tree, TileFiles(files_, log->folder, log->at.size)));
    out_.leaves = log->first + log->read();
    whole = whole && log->read() == log->at.size;
    if (!whole) break;
  }
  logs_.resize(readers_.size());
  have_log_ = !logs_.empty() && logs_.back()->folder.empty();
  if (step(6).state == StepState::skipped) pass(6, std::to_string(out_.leaves) + " 条", std::to_string(out_.leaves) + " leaves");
}

bool Verifier::check_ended(const BundleLog& log) {
  auto key = log_key(log.at.origin);
  if (!key) return fail(3, "策略中没有这个日志的密钥", "the policy has no key for the log " + log.at.origin), false;
  auto opened = open_checkpoint(text(log.folder + "checkpoint"), *key);
  if (!opened) return fail(3, "历年日志的检查点有误", log.folder + "checkpoint: " + opened.error().what), false;
  if (*opened != log.at) return fail(3, "历年日志与证明所述不符", "the log " + log.at.origin + " is another than the statement names"), false;
  return true;
}

void Verifier::locate(const BundleLog& log) {
  std::uint64_t good = log.from;
  for (const auto& [size, root] : log.folder.empty() ? older() : std::vector<std::pair<std::uint64_t, Digest>>{})
    if (size <= log.read() && size > good) {
      auto own = log.tree.root(size);
      if (own && *own == root) good = size;
    }
  auto named = out_.first_broken;
  auto day = out_.first_broken_day;
  broken(6, log, std::min<std::uint64_t>(good, log.at.size - 1), "根不符；此前的检查点仍然一致",
         "the root is another; checkpoints up to " + std::to_string(good) + " still hold");
  // Only a lower bound: a record that is itself broken says it better.
  bound_ = out_.first_broken;
  bound_day_ = out_.first_broken_day;
  out_.first_broken = named;
  out_.first_broken_day = day;
}

std::vector<std::pair<std::uint64_t, Digest>> Verifier::older() {
  std::vector<std::pair<std::uint64_t, Digest>> out;
  if (!log_key_) return out;
  for (auto it = files_.lower_bound("checkpoints/"); it != files_.end() && it->first.starts_with("checkpoints/"); ++it) {
    auto c = open_checkpoint(base::text(it->second), *log_key_);
    if (!c) {
      fail(5, "旧检查点签名错误", it->first + ": " + c.error().what);
      continue;
    }
    out.emplace_back(c->size, c->root);
  }
  return out;
}

void Verifier::step5() {
  if (!have_log_) return;
  std::size_t shown = 0;
  for (const auto& [size, root] : older()) {
    if (!had(size, root)) fail(5, "检查点 " + std::to_string(size) + " 与日志不一致", "checkpoint " + std::to_string(size) + " is not a prefix of the log");
    ++shown;
  }
  if (have_statement_ && step(3).state == StepState::passed) {
    if (!had(stated_.size, stated_.root)) fail(5, "证明时的检查点与日志不一致", "the statement's checkpoint is not a prefix of the log");
  }
  if (options_.last_seen) {
    const auto& seen = *options_.last_seen;
    auto log = std::find_if(logs_.begin(), logs_.end(), [&](const auto& l) { return l->at.origin == seen.origin; });
    if (log == logs_.end() || !had(seen.size, seen.root, static_cast<std::size_t>(log - logs_.begin())))
      fail(5, "与上次所见的检查点不一致", "the log does not continue the checkpoint seen before");
  }
  check_seal_proofs();
  if (step(5).state == StepState::skipped)
    pass(5, std::to_string(shown) + " 个旧检查点", std::to_string(shown) + " older checkpoints");
}

bool Verifier::had(std::uint64_t size, const Digest& root, std::size_t at) {
  const auto& log = *logs_[at];
  if (size > log.tree.size()) return false;
  if (log.from != 0 && size <= log.from) return has_prefix(*readers_[at], log.from, log.seen, size, root);
  auto own = log.tree.root(size);
  return own && *own == root;
}

void Verifier::check_seal_proofs() {
  for (auto it = files_.lower_bound("seals/"); it != files_.end() && it->first.starts_with("seals/"); ++it) {
    auto line = base::text(it->second);
    auto at = line.find("\nindex ");
    std::uint64_t index = 0;
    for (std::size_t i = at == line.npos ? line.size() : at + 7; i < line.size() && line[i] >= '0' && line[i] <= '9' && index < kMaxVerifiedLeaves; ++i)
      index = index * 10 + static_cast<std::uint64_t>(line[i] - '0');
    auto& log = newest();
    if (index < log.from) continue;  // was read on the earlier visit
    auto proof = inclusion_proof(*readers_.back(), index, std::min<std::uint64_t>(at_.size, log.tree.size()));
    auto leaf = index >= log.from && index < log.read() ? parse_leaf(log.leaves[index - log.from]) : base::Result<ParsedLeaf>(base::fail(Errc::not_found, ""));
    if (!proof || !leaf || leaf->kind != "seal" || tlog_proof(index, *proof, text("checkpoint")) != line)
      fail(5, "封存证明有误：" + it->first, "a seal's proof is wrong: " + it->first);
  }
}

}  // namespace fengsui::evidence
