// Scan: one pass over trees of files, in bounded steps; the one-shot form behind `fengsui-agent scan`.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "model/sink.h"
#include "watch/sensor.h"

namespace fengsui::watch {

struct NotExamined {
  std::string path;
  std::string reason;  // "permission denied", "socket", "larger than 268435456 bytes: the rest was not read" …
};

struct ScanReport {
  static constexpr std::size_t kMaxNamed = 10'000;
  std::uint64_t folders = 0, files = 0, unchanged = 0, excluded = 0, bytes = 0;
  std::uint64_t special = 0;             // links, sockets, pipes, devices: not content
  std::uint64_t not_examined_count = 0;  // all of them, also those beyond kMaxNamed
  std::vector<NotExamined> not_examined;
  void miss(std::string path, std::string reason);
};

// Files already examined, so that a later pass reads only what changed. Bounded; what does not fit is examined again.
class SeenFiles {
 public:
  static constexpr std::size_t kMaxEntries = 500'000;
  struct Stamp {
    std::int64_t mtime_ns = 0, ctime_ns = 0;
    std::uint64_t size = 0;
    std::uint32_t pass = 0;  // in which it was last met
    bool operator==(const Stamp& o) const { return mtime_ns == o.mtime_ns && ctime_ns == o.ctime_ns && size == o.size; }
  };

  // True when the file is as it was; marks it as met in this pass.
  bool unchanged(std::uint64_t device, std::uint64_t inode, const Stamp& now);
  void remember(std::uint64_t device, std::uint64_t inode, Stamp stamp);
  void end_pass();  // forgets what this pass did not meet
  std::size_t size() const { return stamps_.size(); }
  std::uint64_t overflow() const { return overflow_; }

  // Durable and atomic; a reader refuses a damaged file (Errc::malformed) and the table is empty then.
  base::Status save(const std::string& path) const;
  base::Status load(const std::string& path);

 private:
  struct Key {
    std::uint64_t device, inode;
    bool operator==(const Key&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Key& k) const {
      return std::hash<std::uint64_t>()(k.inode * 0x9e3779b97f4a7c15ull ^ k.device);
    }
  };
  std::unordered_map<Key, Stamp, Hash> stamps_;
  std::uint32_t pass_ = 1;
  std::uint64_t overflow_ = 0;
};

// Never follows a link below a root, never opens anything but regular files, stays out of pseudo and network file
// systems. Keeps at most 64 folders open; deeper ones are not examined and named. One thread.
class Scan {
 public:
  // `config` and `seen` (may be nullptr: everything is read) outlive the scan. `next_id` numbers the contents.
  Scan(std::string sensor, std::vector<std::string> roots, const SensorConfig& config, SeenFiles* seen,
       std::uint64_t& next_id);
  ~Scan();
  // Reads about `bytes` and looks at no more than 512 entries. True when the pass is complete.
  bool step(std::size_t bytes, base::UnixMs now, model::Sink& sink);
  const ScanReport& report() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Everything at once, without a budget: files and folders, recursive. What could not be examined is in the report.
void scan_paths(const std::vector<std::string>& paths, const SensorConfig& config, base::UnixMs now, model::Sink& sink,
                ScanReport& report);

}  // namespace fengsui::watch
