#include "collector/sequencer.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/fd.h"
#include "evidence/checkpoint.h"
#include "evidence/leaf.h"

namespace fengsui::collector {

base::Result<std::unique_ptr<Sequencer>> Sequencer::open(store::UnitLog& log, Options options) {
  auto out = std::unique_ptr<Sequencer>(new Sequencer(log, std::move(options)));
  if (auto stored = log.checkpoint()) {
    auto opened = evidence::open_checkpoint(stored->note, out->vkey());
    if (!opened)
      return base::fail(base::Errc::mismatch,
                        "checkpoint in the ledger of " + out->origin() + ": " + opened.error().what);
    if (log.size() < opened->size)
      return base::fail(base::Errc::mismatch, fmt::format("ledger of {} holds {} leaves, its signed checkpoint says {}",
                                                          out->origin(), log.size(), opened->size));
    auto root = log.root_at(opened->size);
    if (!root) return std::unexpected(root.error());
    if (*root != opened->root || stored->size != opened->size)
      return base::fail(base::Errc::mismatch,
                        fmt::format("ledger of {} at {} leaves has another root than its signed checkpoint",
                                    out->origin(), opened->size));
    out->newest_ = *stored;
  }
  if (auto published = out->check_published(); !published) return std::unexpected(published.error());
  if (auto seen = out->see_last(); !seen) return std::unexpected(seen.error());
  return out;
}

base::Status Sequencer::see_last() {
  if (log_.size() == 0) return {};
  auto last = log_.entries(log_.size() - 1, log_.size());
  if (!last) return std::unexpected(last.error());
  if (last->empty()) return {};
  last_rx_ = last->front().rx;
  if (last->front().kind != "seal") return {};
  auto leaf = evidence::parse_leaf(last->front().leaf);
  if (!leaf) return std::unexpected(leaf.error());
  closed_ = leaf->record.body.flag("final");
  return {};
}

base::Status Sequencer::check_published() {
  auto bytes = base::read_file(options_.published, evidence::kMaxNoteBytes);
  if (!bytes && bytes.error().code == base::Errc::not_found) return {};
  if (!bytes) return std::unexpected(bytes.error());
  auto opened = evidence::open_checkpoint(base::text(*bytes), vkey());
  if (!opened)
    return base::fail(base::Errc::mismatch,
                      "checkpoint file " + options_.published.string() + ": " + opened.error().what);
  if (opened->size > log_.size())
    return base::fail(base::Errc::mismatch,
                      fmt::format("the ledger of {} is behind what was signed: it holds {} leaves, {} says {}. Restore "
                                  "the newest copy of the ledger; "
                                  "going on would fork the log",
                                  origin(), log_.size(), options_.published.string(), opened->size));
  auto root = log_.root_at(opened->size);
  if (!root) return std::unexpected(root.error());
  if (*root != opened->root)
    return base::fail(base::Errc::mismatch, fmt::format("the ledger of {} at {} leaves has another root than {}",
                                                        origin(), opened->size, options_.published.string()));
  return {};
}

base::Result<std::uint64_t> Sequencer::add(store::NewEntry entry, base::UnixMs now) {
  if (closed_)
    return base::fail(base::Errc::unavailable,
                      "the log " + origin() + " ended with its final seal and the next one has not begun");
  base::UnixMs rx = std::max(last_rx_, now);
  // An issued attestation goes in as it is, in Rekor's form; everything else gets the header.
  auto leaf = entry.kind == "dsse" ? evidence::entry_leaf(base::text(entry.leaf))
                                   : evidence::with_header(entry.kind, options_.unit, rx, base::text(entry.leaf));
  if (!leaf) return std::unexpected(leaf.error());
  entry.leaf = std::move(leaf->bytes);
  entry.leaf_hash = leaf->hash;
  entry.rx = rx;
  if (entry.time == 0) entry.time = rx;
  last_rx_ = rx;
  pending_.push_back(std::move(entry));
  return log_.size() + pending_.size() - 1;
}

base::Status Sequencer::commit() {
  if (pending_.empty()) return {};
  if (auto step = fault(Step::before_append); !step) return step;
  std::uint64_t before = log_.size();
  auto appended = log_.append(pending_);
  if (!appended) {
    if (log_.size() == before + pending_.size()) pending_.clear();  // failed but kept
    return std::unexpected(appended.error());
  }
  pending_.clear();
  if (appended->duplicates != 0)
    return base::fail(base::Errc::conflict,
                      fmt::format("the ledger of {} held {} of the records already", origin(), appended->duplicates));
  return fault(Step::after_append);
}

base::Status Sequencer::checkpoint(base::UnixMs now) {
  std::uint64_t size = log_.size();
  if (size == newest_.size) return {};
  store::Checkpoint next{size, log_.root(), ""};
  next.note = evidence::sign_checkpoint({options_.origin, size, next.root}, *options_.key);
  if (auto step = fault(Step::after_sign); !step) return step;
  if (auto swapped = log_.put_checkpoint(newest_.size, next); !swapped) {
    // "Failed but kept": an earlier try may have stored its checkpoint although it said otherwise, and the log may have
    // grown since. Only one that we signed is gone on from.
    auto stored = log_.checkpoint();
    if (!stored || stored->size < newest_.size || stored->size > size) return swapped;
    auto ours = evidence::open_checkpoint(stored->note, vkey());
    auto root = log_.root_at(stored->size);
    if (!ours || !root || *root != stored->root) return swapped;
    if (stored->size != size)
      if (auto again = log_.put_checkpoint(stored->size, next); !again) return again;
  }
  if (auto step = fault(Step::after_swap); !step) return step;
  if (auto written = base::write_file_durable(options_.published, base::view(next.note)); !written) return written;
  newest_ = std::move(next);
  newest_time_ = now;
  return fault(Step::after_publish);
}

base::Status Sequencer::cosigned(const std::string& note) {
  auto text = [](const std::string& of) { return of.substr(0, of.find("\n\n")); };
  FENGSUI_ASSERT(text(note) == text(newest_.note));
  auto next = newest_;
  next.note = note;
  if (auto stored = log_.put_checkpoint(newest_.size, next); !stored) return stored;
  if (auto written = base::write_file_durable(options_.published, base::view(note)); !written) return written;
  newest_ = std::move(next);
  return {};
}

base::Result<std::uint64_t> Sequencer::append_now(const std::string& kind, const std::string& note, base::UnixMs now) {
  if (!pending_.empty()) return base::fail(base::Errc::conflict, "records wait for a commit of " + origin());
  store::NewEntry entry;
  entry.kind = kind;
  entry.leaf = base::to_bytes(note);
  auto index = add(std::move(entry), now);
  if (!index) return index;
  if (auto committed = commit(); !committed) {
    if (pending_.empty())
      if (auto seen = see_last(); !seen) return std::unexpected(seen.error());  // failed but kept
    discard();
    return std::unexpected(committed.error());
  }
  if (kind == "seal")
    if (auto seen = see_last(); !seen) return std::unexpected(seen.error());
  if (auto signed_now = checkpoint(now); !signed_now) return std::unexpected(signed_now.error());
  return index;
}

base::Result<std::vector<crypto::Digest>> Sequencer::consistency(std::uint64_t from) const {
  if (from == 0 || from >= newest_.size) return std::vector<crypto::Digest>();
  return evidence::consistency_proof(LogHashes(log_), from, newest_.size);
}

}  // namespace fengsui::collector
