// LogTail: reads one growing text log across rotation, truncation and restarts.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/fd.h"

namespace fengsui::watch {

// Not thread safe. Keeps one descriptor. A line is handed over once it is complete; lines above 16 KiB are skipped and
// counted. A file is recognised by device and inode:
//   renamed away and replaced       the old file is read to its end, then the new one from its start
//   truncated                       reported, then read from its start (copied away first = rotation, see Break)
//   removed or replaced by a copy   reported
// At the first start a log is read from its beginning: logins before the agent are evidence too.
class LogTail {
 public:
  static constexpr std::size_t kMaxLine = 16u << 10;

  // What happened to the file itself.
  enum class Break : std::uint8_t { rotated, copied_and_truncated, truncated, removed };

  struct Handler {
    std::function<void(std::string_view line, std::uint64_t offset)> line;
    std::function<void(Break what, std::uint64_t bytes_before)> broken;
  };
  struct Counters {
    std::uint64_t lines = 0, bytes = 0, long_lines = 0;
    std::uint64_t lost = 0;  // times that bytes were or may have been rotated away unread
  };

  explicit LogTail(std::string path) : path_(std::move(path)) {}

  const std::string& path() const { return path_; }
  // Reads at most `limit` bytes. True when more is waiting.
  bool poll(std::size_t limit, const Handler& handler);
  bool readable() const { return fd_.valid(); }
  const std::string& reason() const { return reason_; }  // why not readable
  const Counters& counters() const { return counters_; }

  // "device inode offset" of the next unread line; "" before the file was ever open.
  std::string position() const;
  // Takes what position() gave before a restart. A damaged text is ignored and counted as lost.
  void resume(std::string_view position);

 private:
  bool open();
  bool read_some(std::size_t& limit, const Handler& handler);
  void take_bytes(std::string_view bytes, const Handler& handler);
  void start_over() { offset_ = 0, partial_.clear(), skipping_ = false; }
  bool copy_exists(std::uint64_t bytes) const;

  std::string path_;
  base::Fd fd_;
  std::uint64_t device_ = 0, inode_ = 0;
  std::uint64_t offset_ = 0;  // of the next byte to read
  std::string partial_;       // of the line that is not complete
  bool skipping_ = false;     // inside a line above the limit
  bool resumed_ = false;      // position from before a restart, not yet compared with the file
  std::string reason_;
  Counters counters_;
};

}  // namespace fengsui::watch
