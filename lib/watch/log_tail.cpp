#include "watch/log_tail.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace fengsui::watch {

namespace {

std::uint64_t size_of(const struct stat& st) { return static_cast<std::uint64_t>(std::max<off_t>(st.st_size, 0)); }

}  // namespace

bool LogTail::open() {
  base::Fd fd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd.valid()) {
    reason_ = path_ + ": " + strerror(errno);
    return false;
  }
  struct stat st {};
  if (fstat(fd.get(), &st) != 0 || !S_ISREG(st.st_mode)) {
    reason_ = path_ + ": not a regular file";
    return false;
  }
  fd_ = std::move(fd);
  if (resumed_ && (st.st_dev != device_ || st.st_ino != inode_)) {
    // Rotated while nobody looked: the rest may be in the first rotated file.
    base::Fd old(::open((path_ + ".1").c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
    struct stat old_st {};
    if (old.valid() && fstat(old.get(), &old_st) == 0 && old_st.st_dev == device_ && old_st.st_ino == inode_ &&
        size_of(old_st) >= offset_) {
      fd_ = std::move(old);  // poll() reads it to its end and then finds the new file
      resumed_ = false;
      reason_.clear();
      return true;
    }
    ++counters_.lost;
    start_over();
  } else if (!resumed_) {
    start_over();
  }
  resumed_ = false;
  device_ = st.st_dev;
  inode_ = st.st_ino;
  reason_.clear();
  return true;
}

bool LogTail::copy_exists(std::uint64_t bytes) const {
  struct stat st {};
  return ::stat((path_ + ".1").c_str(), &st) == 0 && S_ISREG(st.st_mode) && st.st_ino != inode_ &&
         size_of(st) >= bytes && bytes > 0;
}

void LogTail::take_bytes(std::string_view bytes, const Handler& handler) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, end);
    const bool complete = end != std::string_view::npos;
    if (!skipping_ && partial_.size() + piece.size() > kMaxLine) {
      skipping_ = true;
      ++counters_.long_lines;
      partial_.clear();
    }
    if (!skipping_) partial_.append(piece);
    const std::size_t used = piece.size() + (complete ? 1 : 0);
    offset_ += used;
    bytes.remove_prefix(used);
    if (!complete) break;
    if (!skipping_) {
      ++counters_.lines;
      handler.line(partial_, offset_ - partial_.size() - 1);
    }
    skipping_ = false;
    partial_.clear();
  }
}

// False at the end of the open file, or when the limit is used up (then it is 0).
bool LogTail::read_some(std::size_t& limit, const Handler& handler) {
  std::array<char, 32u << 10> buffer;
  const std::size_t want = std::min(limit, buffer.size());
  if (want == 0) return false;
  const ssize_t n = pread(fd_.get(), buffer.data(), want, static_cast<off_t>(offset_));
  if (n < 0) {
    if (errno != EINTR && errno != EAGAIN) reason_ = path_ + ": " + strerror(errno), fd_.reset();
    return false;
  }
  if (n == 0) return false;
  limit -= static_cast<std::size_t>(n);
  counters_.bytes += static_cast<std::uint64_t>(n);
  take_bytes({buffer.data(), static_cast<std::size_t>(n)}, handler);
  return true;
}

bool LogTail::poll(std::size_t limit, const Handler& handler) {
  if (!fd_.valid() && !open()) return false;
  // A few rounds: the old file to its end, then the new one.
  for (int round = 0; round < 4; ++round) {
    struct stat here {};
    if (fstat(fd_.get(), &here) != 0) return false;
    if (size_of(here) < offset_) {
      const std::uint64_t before = offset_;
      start_over();
      handler.broken(copy_exists(before) ? Break::copied_and_truncated : Break::truncated, before);
    }
    while (read_some(limit, handler)) {
    }
    if (!fd_.valid()) return false;
    if (limit == 0) return true;
    struct stat named {};
    const bool exists = ::stat(path_.c_str(), &named) == 0;
    if (exists && named.st_dev == here.st_dev && named.st_ino == here.st_ino) return false;
    if (fstat(fd_.get(), &here) == 0 && size_of(here) > offset_) continue;  // grew between reading and looking
    if (here.st_nlink == 0)
      handler.broken(Break::removed, offset_);
    else if (!exists)
      return false;  // renamed, the new file is not there yet: keep reading the old one
    else
      handler.broken(Break::rotated, offset_);
    fd_.reset();
    start_over();
    if (!open()) return false;
  }
  return true;
}

std::string LogTail::position() const {
  if (!fd_.valid() && !resumed_) return {};
  return std::to_string(device_) + " " + std::to_string(inode_) + " " + std::to_string(offset_ - partial_.size());
}

void LogTail::resume(std::string_view position) {
  std::array<std::uint64_t, 3> parts{};
  const char* at = position.data();
  const char* const end = at + position.size();
  for (std::uint64_t& part : parts) {
    while (at != end && *at == ' ') ++at;
    const auto [next, error] = std::from_chars(at, end, part);
    if (error != std::errc()) {
      ++counters_.lost;
      return;
    }
    at = next;
  }
  device_ = parts[0];
  inode_ = parts[1];
  offset_ = parts[2];
  resumed_ = true;
}

}  // namespace fengsui::watch
