// Follows changes of files by inotify: what was written is read at once, what was moved, deleted or given other rights
// is told.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <unordered_map>
#include <unordered_set>

#include "base/fd.h"
#include "watch/file_facts.h"
#include "watch/sensors/sensors.h"
#include "watch/text.h"

namespace fengsui::watch {
namespace {

constexpr std::size_t kMaxWatches = 8192;  // folders
constexpr std::size_t kMaxPending = 4096;  // files waiting to be read
constexpr std::size_t kBytesPerPoll = 1u << 20;
constexpr std::size_t kPiece = 256u << 10;
constexpr std::size_t kMaxDepth = 64;
constexpr std::uint32_t kMask = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_ATTRIB | IN_DELETE | IN_CREATE |
                                IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK;

class FileEvents final : public Sensor {
 public:
  explicit FileEvents(const SensorConfig& config) : config_(config), facts_(config_), buffer_(kPiece) {}

  std::string_view id() const override { return "file_events"; }
  int fd() const override { return inotify_.get(); }
  base::UnixMs due() const override { return due_; }

  void start(base::UnixMs now) override {
    due_ = now + config_.period_ms;
    inotify_ = base::Fd(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    if (!inotify_.valid()) {
      failure_ = std::string("inotify_init1: ") + strerror(errno);
      return;
    }
    for (const std::string& root : roots()) add_tree(root, 0, false);
  }

  void poll(base::UnixMs now, model::Sink& sink) override {
    if (!inotify_.valid()) {
      due_ = now + config_.period_ms;
      return;
    }
    for (const std::string& root : roots()) {
      if (!watched_.contains(root)) add_tree(root, 0, false);  // a root that appeared later
    }
    const bool more_events = read_events(now, sink);
    const bool more_files = read_files(now, sink);
    due_ = more_events || more_files ? now : now + config_.period_ms;
  }

  model::SourceStatus take_status(base::UnixMs) override {
    model::SourceStatus out;
    out.id = "file_events";
    out.stages = {model::Stage::storage};
    if (!config_.landing.empty()) out.stages.push_back(model::Stage::collection);
    out.counters = counters_;
    counters_ = {};
    std::string missing;
    for (const std::string& root : roots()) {
      if (!watched_.contains(root)) missing += (missing.empty() ? "" : "; ") + safe_text(root) + ": " + why(root);
    }
    const std::string overflow =
        unwatched_ > 0 ? std::to_string(unwatched_) + " folders not watched: " + unwatched_reason_ : "";
    if (!failure_.empty())
      out.reason = failure_;
    else if (roots().empty())
      out.reason = "no path is configured";
    else if (watched_.empty())
      out.reason = missing;
    else {
      out.state = missing.empty() && overflow.empty() && !lost_events_ && out.counters.lost == 0
                      ? model::SensorState::effective
                      : model::SensorState::degraded;
      out.reason = !missing.empty()        ? missing
                   : !overflow.empty()     ? overflow
                   : lost_events_          ? "the kernel's queue overflowed"
                   : out.counters.lost > 0 ? last_loss_
                                           : "";
      lost_events_ = false;
    }
    return out;
  }

 private:
  std::vector<std::string> roots() const {
    std::vector<std::string> out = config_.paths;
    for (const std::string& folder : config_.landing) {
      if (std::find(out.begin(), out.end(), folder) == out.end()) out.push_back(folder);
    }
    return out;
  }

  std::string why(const std::string& root) const {
    struct stat st {};
    if (stat(root.c_str(), &st) != 0) return strerror(errno);
    return S_ISDIR(st.st_mode) ? unwatched_reason_ : "not a folder";
  }

  void not_watched(const std::string& reason) {
    ++unwatched_;
    unwatched_reason_ = reason;
  }

  // `arrived`: the folder appeared while we watched, so files in it were written before the watch stood.
  void add_tree(const std::string& folder, std::size_t depth, bool arrived) {
    if (is_excluded(folder, config_)) return;
    if (depth > kMaxDepth) return not_watched("deeper than 64");
    if (by_watch_.size() >= kMaxWatches) return not_watched("limit of 8192 folders");
    const int wd = inotify_add_watch(inotify_.get(), folder.c_str(), kMask);
    if (wd < 0) {
      if (errno != ENOENT && errno != ENOTDIR)
        not_watched(errno == ENOSPC ? "fs.inotify.max_user_watches is reached" : strerror(errno));
      return;
    }
    if (const auto old = by_watch_.find(wd); old != by_watch_.end()) watched_.erase(old->second);
    by_watch_[wd] = folder;
    watched_.insert(folder);
    base::Fd fd(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd.valid()) return;
    DIR* dir = fdopendir(dup(fd.get()));
    if (dir == nullptr) return;
    std::vector<std::string> folders, files;
    while (const dirent* entry = readdir(dir)) {
      const std::string name = entry->d_name;
      if (name == "." || name == "..") continue;
      struct stat st {};
      if (fstatat(dirfd(dir), name.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0) continue;
      if (S_ISDIR(st.st_mode))
        folders.push_back(name);
      else if (S_ISREG(st.st_mode) && arrived)
        files.push_back(name);
    }
    closedir(dir);
    for (const std::string& name : files) enqueue(folder + "/" + name);
    for (const std::string& name : folders) add_tree(folder + "/" + name, depth + 1, arrived);
  }

  void enqueue(const std::string& path) {
    if (is_excluded(path, config_) || waiting_.contains(path)) return;
    if (pending_.size() >= kMaxPending) {
      ++counters_.ovf;
      return;
    }
    pending_.push_back(path);
    waiting_.insert(path);
  }

  // True when more may be waiting.
  bool read_events(base::UnixMs now, model::Sink& sink) {
    alignas(inotify_event) std::array<char, 32u << 10> raw;
    const ssize_t n = read(inotify_.get(), raw.data(), raw.size());
    if (n <= 0) return false;
    for (std::size_t at = 0; at + sizeof(inotify_event) <= static_cast<std::size_t>(n);) {
      inotify_event event{};
      std::memcpy(&event, raw.data() + at, sizeof event);
      const char* name = raw.data() + at + sizeof event;
      const std::size_t length = event.len > 0 ? strnlen(name, event.len) : 0;
      take_event(event, std::string(name, length), now, sink);
      at += sizeof event + event.len;
    }
    return static_cast<std::size_t>(n) > raw.size() / 2;
  }

  void take_event(const inotify_event& event, const std::string& name, base::UnixMs now, model::Sink& sink) {
    if ((event.mask & IN_Q_OVERFLOW) != 0) {
      ++counters_.kdrop;
      lost_events_ = true;
      return;
    }
    const auto folder = by_watch_.find(event.wd);
    if (folder == by_watch_.end()) return;
    if ((event.mask & IN_IGNORED) != 0) {
      watched_.erase(folder->second);
      by_watch_.erase(folder);
      return;
    }
    if (name.empty()) return;
    ++counters_.rx;
    const std::string path = folder->second + "/" + name;
    if (is_excluded(path, config_)) return;
    if ((event.mask & IN_ISDIR) != 0) {
      if ((event.mask & (IN_CREATE | IN_MOVED_TO)) != 0) add_tree(path, 0, true);
      if ((event.mask & IN_MOVED_FROM) != 0) forget(path);
      return;
    }
    if ((event.mask & IN_CREATE) != 0) {
      if (created_.size() < kMaxPending) created_.insert(path);
    } else if ((event.mask & IN_CLOSE_WRITE) != 0) {
      tell(created_.erase(path) > 0 ? 1 : 3, path, now, sink);
      enqueue(path);
    } else if ((event.mask & IN_MOVED_TO) != 0) {
      created_.erase(path);
      tell(5, path, now, sink);
      enqueue(path);
    } else if ((event.mask & IN_ATTRIB) != 0) {
      tell(6, path, now, sink);
    } else if ((event.mask & IN_DELETE) != 0) {
      created_.erase(path);
      tell(4, path, now, sink);
    }
  }

  // A folder that moved away takes its watches with it, under a name that is no longer true.
  void forget(const std::string& path) {
    for (auto at = by_watch_.begin(); at != by_watch_.end();) {
      if (is_below(at->second, path)) {
        inotify_rm_watch(inotify_.get(), at->first);
        watched_.erase(at->second);
        at = by_watch_.erase(at);
      } else {
        ++at;
      }
    }
  }

  void tell(std::uint32_t activity_id, const std::string& path, base::UnixMs now, model::Sink& sink) {
    model::Activity a;
    a.time = now;
    a.class_uid = 1001;
    a.activity_id = activity_id;
    a.sensor = "file_events";
    a.source = {"linux", "file_event", ""};
    a.stage = zone_of(path, config_) == "landing" ? model::Stage::collection : model::Stage::storage;
    struct stat st {};
    if (activity_id != 4 && lstat(path.c_str(), &st) == 0) {
      if (!S_ISREG(st.st_mode)) return;
      a.fields = facts_.fields(path, st);
    } else {
      a.fields.set("file.name", model::Value(safe_text(std::string_view(path).substr(path.rfind('/') + 1))));
      a.fields.set("file.path", model::Value(safe_text(path)));
      a.fields.set("file.type_id", model::Value(std::int64_t{1}));
      a.fields.set("unmapped.fengsui.zone", model::Value(std::string(zone_of(path, config_))));
    }
    a.fields.set("actor.app_name", "unknown");  // inotify does not say who
    sink.on_activity(std::move(a));
  }

  bool read_files(base::UnixMs now, model::Sink& sink) {
    std::size_t budget = kBytesPerPoll;
    while (budget > 0) {
      if (!file_.valid() && !open_next(now)) return false;
      read_piece(budget, sink);
    }
    return file_.valid() || !pending_.empty();
  }

  bool open_next(base::UnixMs now) {
    while (!pending_.empty()) {
      const std::string path = std::move(pending_.front());
      pending_.pop_front();
      waiting_.erase(path);
      base::Fd fd(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
      struct stat st {};
      if (!fd.valid() || fstat(fd.get(), &st) != 0) {
        if (errno == ENOENT || errno == ELOOP) continue;  // gone again, or a link
        ++counters_.lost;
        last_loss_ = safe_text(path) + ": " + strerror(errno);
        continue;
      }
      if (!S_ISREG(st.st_mode)) continue;
      file_ = std::move(fd);
      offset_ = 0;
      size_ = st.st_size;
      from_ = facts_.provenance("file_events", path, st, now);
      content_id_ = next_id_++;
      return true;
    }
    return false;
  }

  void read_piece(std::size_t& budget, model::Sink& sink) {
    const std::uint64_t left = config_.max_file_bytes > offset_ ? config_.max_file_bytes - offset_ : 0;
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(buffer_.size(), left));
    const ssize_t n = want == 0 ? 0 : pread(file_.get(), buffer_.data(), want, static_cast<off_t>(offset_));
    const std::size_t got = n > 0 ? static_cast<std::size_t>(n) : 0;
    if (n < 0 || (want == 0 && size_ > static_cast<off_t>(offset_))) {
      ++counters_.lost;
      last_loss_ = from_->object + ": " +
                   (n < 0 ? strerror(errno)
                          : "larger than " + std::to_string(config_.max_file_bytes) + " bytes: the rest was not read");
    }
    sink.on_content(model::Content(content_id_, from_, offset_, base::View(buffer_.data(), got), got == 0));
    offset_ += got;
    counters_.bytes += got;
    budget -= std::min(budget, std::max<std::size_t>(got, 4096));  // an empty file costs something too
    if (got == 0) {
      file_.reset();
      from_.reset();
    }
  }

  const SensorConfig config_;
  FileFacts facts_;
  base::Fd inotify_;
  std::string failure_, unwatched_reason_, last_loss_;
  std::unordered_map<int, std::string> by_watch_;
  std::unordered_set<std::string> watched_, created_, waiting_;
  std::deque<std::string> pending_;
  std::uint64_t unwatched_ = 0;
  bool lost_events_ = false;
  base::UnixMs due_ = 0;
  base::Fd file_;
  std::shared_ptr<const model::Provenance> from_;
  std::uint64_t offset_ = 0, content_id_ = 0, next_id_ = 1;
  off_t size_ = 0;
  std::vector<std::uint8_t> buffer_;
  model::SourceCounters counters_;
};

}  // namespace

std::unique_ptr<Sensor> make_file_events(const SensorConfig& config) { return std::make_unique<FileEvents>(config); }

}  // namespace fengsui::watch
