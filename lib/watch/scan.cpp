#include "watch/scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/fd.h"
#include "watch/file_facts.h"
#include "watch/text.h"

namespace fengsui::watch {
namespace {

constexpr std::size_t kMaxDepth = 64;
constexpr int kEntriesPerStep = 512;
constexpr std::size_t kPiece = 256u << 10;

// Why a file system is not walked into; "" when it is.
std::string_view foreign(int fd) {
  struct statfs fs {};
  if (fstatfs(fd, &fs) != 0) return "";
  switch (static_cast<std::uint32_t>(fs.f_type)) {
    case PROC_SUPER_MAGIC:
    case SYSFS_MAGIC:
    case CGROUP_SUPER_MAGIC:
    case CGROUP2_SUPER_MAGIC:
    case DEVPTS_SUPER_MAGIC:
    case DEBUGFS_MAGIC:
    case TRACEFS_MAGIC:
    case SECURITYFS_MAGIC:
    case BPF_FS_MAGIC:
    case SELINUX_MAGIC:
      return "pseudo file system";
    case NFS_SUPER_MAGIC:
    case SMB_SUPER_MAGIC:
    case 0xff534d42u:
    case 0xfe534d42u:
    case 0x01021997u:
    case CEPH_SUPER_MAGIC:
      return "network file system";
    default:
      return "";
  }
}

std::string_view special_kind(mode_t mode) {
  if (S_ISLNK(mode)) return "symbolic link";
  if (S_ISFIFO(mode)) return "pipe";
  if (S_ISSOCK(mode)) return "socket";
  return "device";
}

SeenFiles::Stamp stamp_of(const struct stat& st) {
  const auto ns = [](const timespec& t) { return static_cast<std::int64_t>(t.tv_sec) * 1'000'000'000 + t.tv_nsec; };
  return {ns(st.st_mtim), ns(st.st_ctim), static_cast<std::uint64_t>(st.st_size), 0};
}

struct CloseDir {
  void operator()(DIR* dir) const { closedir(dir); }
};

}  // namespace

void ScanReport::miss(std::string path, std::string reason) {
  ++not_examined_count;
  if (not_examined.size() < kMaxNamed) not_examined.push_back({std::move(path), std::move(reason)});
}

struct Scan::State {
  struct Folder {
    std::unique_ptr<DIR, CloseDir> dir;
    std::string path;
    dev_t device;
  };

  State(std::string id, std::vector<std::string> paths, const SensorConfig& settings, SeenFiles* table,
        std::uint64_t& ids)
      : sensor(std::move(id)),
        roots(std::move(paths)),
        config(settings),
        seen(table),
        next_id(ids),
        facts(settings),
        buffer(kPiece) {
    std::reverse(roots.begin(), roots.end());
  }

  void enter(base::Fd fd, const std::string& path, const struct stat& st) {
    if (const std::string_view why = foreign(fd.get()); !why.empty()) {
      if (why == "pseudo file system")
        ++report.excluded;
      else
        report.miss(safe_text(path), std::string(why));
      return;
    }
    if (folders.size() >= kMaxDepth) return report.miss(safe_text(path), "folder deeper than 64");
    const int raw = dup(fd.get());
    DIR* dir = raw < 0 ? nullptr : fdopendir(raw);
    if (dir == nullptr) {
      if (raw >= 0) close(raw);
      return report.miss(safe_text(path), strerror(errno));
    }
    ++report.folders;
    folders.push_back({std::unique_ptr<DIR, CloseDir>(dir), path, st.st_dev});
  }

  // A file or folder by descriptor of its parent. O_NONBLOCK and the check after opening: it may have been replaced by
  // a pipe or a link since it was listed.
  void visit(int parent, const char* name, const std::string& path, base::UnixMs now) {
    if (is_excluded(path, config)) {
      ++report.excluded;
      return;
    }
    struct stat st {};
    if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno != ENOENT) report.miss(safe_text(path), strerror(errno));
      return;
    }
    if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) {
      ++report.special;
      return;
    }
    if (S_ISREG(st.st_mode) && seen != nullptr && seen->unchanged(st.st_dev, st.st_ino, stamp_of(st))) {
      ++report.unchanged;
      return;
    }
    base::Fd fd(openat(parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
    if (!fd.valid()) {
      if (errno != ENOENT) report.miss(safe_text(path), strerror(errno));
      return;
    }
    if (fstat(fd.get(), &st) != 0) return report.miss(safe_text(path), strerror(errno));
    if (S_ISDIR(st.st_mode)) return enter(std::move(fd), path, st);
    if (!S_ISREG(st.st_mode)) return report.miss(safe_text(path), std::string(special_kind(st.st_mode)));
    begin_file(std::move(fd), path, st, now);
  }

  void begin_file(base::Fd fd, const std::string& path, const struct stat& st, base::UnixMs now) {
    file = std::move(fd);
    file_path = path;
    file_stat = st;
    file_offset = 0;
    from = facts.provenance(sensor, path, st, now);
    content_id = next_id++;
    ++report.files;
  }

  // One piece of the open file; true when the file ended.
  bool read_piece(std::size_t& budget, model::Sink& sink) {
    const std::uint64_t left = config.max_file_bytes > file_offset ? config.max_file_bytes - file_offset : 0;
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), left));
    const ssize_t n = want == 0 ? 0 : pread(file.get(), buffer.data(), want, static_cast<off_t>(file_offset));
    bool last = n <= 0;
    bool whole = true;
    if (n < 0) {
      report.miss(from->object, strerror(errno));
      whole = false;
    } else if (n == 0 && want == 0 && file_stat.st_size > static_cast<off_t>(file_offset)) {
      report.miss(from->object,
                  "larger than " + std::to_string(config.max_file_bytes) + " bytes: the rest was not read");
    }
    const std::size_t got = n > 0 ? static_cast<std::size_t>(n) : 0;
    sink.on_content(model::Content(content_id, from, file_offset, base::View(buffer.data(), got), last));
    file_offset += got;
    report.bytes += got;
    budget -= std::min(budget, got);
    if (last) {
      if (seen != nullptr && whole) seen->remember(file_stat.st_dev, file_stat.st_ino, stamp_of(file_stat));
      file.reset();
      from.reset();
    }
    return last;
  }

  void next_root(base::UnixMs now) {
    const std::string given = std::move(roots.back());
    roots.pop_back();
    // A root may be reached through links: it was named by the operator.
    std::unique_ptr<char, decltype(&free)> real(realpath(given.c_str(), nullptr), &free);
    if (real == nullptr) return report.miss(safe_text(given), strerror(errno));
    struct stat st {};
    if (lstat(real.get(), &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) {
      return report.miss(safe_text(given), std::string(special_kind(st.st_mode)));
    }
    visit(AT_FDCWD, real.get(), real.get(), now);
  }

  void next_entry(base::UnixMs now) {
    Folder& top = folders.back();
    errno = 0;
    const dirent* entry = readdir(top.dir.get());
    if (entry == nullptr) {
      if (errno != 0) report.miss(safe_text(top.path), strerror(errno));
      folders.pop_back();
      return;
    }
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") return;
    const int parent = dirfd(top.dir.get());
    const std::string copy(name);  // visit() may push a folder and move `top`
    visit(parent, copy.c_str(), top.path + (top.path.ends_with('/') ? "" : "/") + copy, now);
  }

  std::string sensor;
  std::vector<std::string> roots;  // last first
  const SensorConfig& config;
  SeenFiles* seen;
  std::uint64_t& next_id;
  FileFacts facts;
  ScanReport report;
  std::vector<Folder> folders;
  base::Fd file;
  std::string file_path;
  struct stat file_stat {};
  std::uint64_t file_offset = 0, content_id = 0;
  std::shared_ptr<const model::Provenance> from;
  std::vector<std::uint8_t> buffer;
};

Scan::Scan(std::string sensor, std::vector<std::string> roots, const SensorConfig& config, SeenFiles* seen,
           std::uint64_t& next_id)
    : state_(std::make_unique<State>(std::move(sensor), std::move(roots), config, seen, next_id)) {}
Scan::~Scan() = default;

bool Scan::step(std::size_t bytes, base::UnixMs now, model::Sink& sink) {
  State& s = *state_;
  for (int entries = 0; entries < kEntriesPerStep && bytes > 0;) {
    if (s.file.valid()) {
      s.read_piece(bytes, sink);
      continue;
    }
    ++entries;
    if (!s.folders.empty())
      s.next_entry(now);
    else if (!s.roots.empty())
      s.next_root(now);
    else
      return true;
  }
  return false;
}

const ScanReport& Scan::report() const { return state_->report; }

void scan_paths(const std::vector<std::string>& paths, const SensorConfig& config, base::UnixMs now, model::Sink& sink,
                ScanReport& report) {
  std::uint64_t next_id = 1;
  Scan scan("file_scan", paths, config, nullptr, next_id);
  while (!scan.step(4u << 20, now, sink)) {
  }
  report = scan.report();
}

}  // namespace fengsui::watch
