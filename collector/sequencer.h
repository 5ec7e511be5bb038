// The writer of one unit's log for one year: gives leaves their receipt time, commits them in groups, and signs
// checkpoints. The order that survives a kill at any step (evidence.md 2.5): commit entries and nodes → root → sign in
// memory → compare-and-swap into the ledger → durable file beside it → only then may anything be acknowledged.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "crypto/sign.h"
#include "evidence/merkle.h"
#include "evidence/note.h"
#include "store/ledger.h"

namespace fengsui::collector {

// The steps of a write, for tests that let one of them fail: "failed and lost" and "failed but kept".
enum class Step : std::uint8_t { before_append, after_append, after_sign, after_swap, after_publish };
using FaultPoint = std::function<base::Status(Step)>;

// Stored nodes of a log as evidence reads them.
class LogHashes : public evidence::HashReader {
 public:
  explicit LogHashes(const store::UnitLog& log) : log_(log) {}
  base::Result<crypto::Digest> node(unsigned level, std::uint64_t index) const override {
    return log_.node(level, index);
  }

 private:
  const store::UnitLog& log_;
};

// One thread.
class Sequencer {
 public:
  struct Options {
    std::string unit, origin;
    int year = 0;
    std::filesystem::path published;  // the file with the newest checkpoint
    const crypto::SigningKey* key = nullptr;
    FaultPoint fault;  // tests only
  };
  // Checks the stored log against the newest checkpoint in the ledger and in the published file. Errc::mismatch when
  // the ledger is behind either of them (a restored snapshot, a lost database) or its root differs: the collector must
  // not go on then, it would sign a fork.
  static base::Result<std::unique_ptr<Sequencer>> open(store::UnitLog& log, Options options);

  // Gives the record its receipt time, leaf bytes and hash, and queues it; `entry.leaf` holds the note until then.
  // Returns the index it will have. Errc::limit when the leaf would exceed 65535 bytes, unavailable when the log is
  // closed.
  base::Result<std::uint64_t> add(store::NewEntry entry, base::UnixMs now);
  std::size_t pending() const { return pending_.size(); }
  void discard() { pending_.clear(); }  // after a failed commit: nothing of it is stored

  // Stores what is queued, durable and whole. After an error pending() tells: 0 = it is stored all the same, else
  // nothing is. Errc::conflict when the log holds some of it already: memory and ledger disagree, only a restart helps.
  base::Status commit();
  // Signs a checkpoint over everything committed, if the newest does not cover it yet.
  base::Status checkpoint(base::UnixMs now);
  // The newest checkpoint with more signature lines, of the same text (asserted): published in its place.
  base::Status cosigned(const std::string& note);
  // add + commit + checkpoint of one leaf of the collector's own. The index. Errc::conflict when records of agents
  // wait: their owner flushes them first.
  base::Result<std::uint64_t> append_now(const std::string& kind, const std::string& note, base::UnixMs now);

  store::UnitLog& log() { return log_; }
  const store::UnitLog& log() const { return log_; }
  const store::Checkpoint& newest() const { return newest_; }  // size 0 and no note before the first
  base::UnixMs newest_time() const { return newest_time_; }
  // The log ended with its final seal: nothing more goes into it (evidence.md 2.5, year change).
  bool closed() const { return closed_; }
  const std::string& origin() const { return options_.origin; }
  const std::string& unit() const { return options_.unit; }
  int year() const { return options_.year; }
  evidence::Vkey vkey() const { return evidence::make_vkey(options_.origin, options_.key->public_key()); }
  base::Result<std::vector<crypto::Digest>> consistency(std::uint64_t from) const;

 private:
  Sequencer(store::UnitLog& log, Options options) : log_(log), options_(std::move(options)) {}
  base::Status check_published();
  base::Status see_last();
  base::Status fault(Step step) const { return options_.fault ? options_.fault(step) : base::Status(); }

  store::UnitLog& log_;
  Options options_;
  std::vector<store::NewEntry> pending_;
  store::Checkpoint newest_;
  base::UnixMs newest_time_ = 0, last_rx_ = 0;
  bool closed_ = false;
};

}  // namespace fengsui::collector
