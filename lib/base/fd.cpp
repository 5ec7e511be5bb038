#include "base/fd.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace fengsui::base {

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

void Fd::reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

Result<Bytes> read_file(const std::filesystem::path& path, std::size_t max_bytes) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return fail_errno("open", path.string(), errno);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return fail_errno("stat", path.string(), errno);
  if (S_ISDIR(info.st_mode)) return fail(Errc::unsupported, path.string() + " is a folder");
  Bytes out;
  std::size_t used = 0;
  for (;;) {
    if (used > max_bytes)
      return fail(Errc::limit, path.string() + " has more than " + std::to_string(max_bytes) + " bytes, the limit");
    if (out.size() - used < 65536) out.resize(used + 65536 + static_cast<std::size_t>(used == 0 && info.st_size > 0 && static_cast<std::size_t>(info.st_size) <= max_bytes ? info.st_size : 0));
    ssize_t n = ::read(fd.get(), out.data() + used, out.size() - used);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno("read", path.string(), errno);
    if (n == 0) break;
    used += static_cast<std::size_t>(n);
  }
  out.resize(used);
  return out;
}

Status write_file_durable(const std::filesystem::path& path, View bytes, unsigned mode) {
  std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  std::filesystem::path beside = path;
  beside += ".new";
  Fd fd(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
  if (!fd.valid()) return fail_errno("create", beside.string(), errno);
  auto abandon = [&](const char* call, int error_number) {
    ::unlink(beside.c_str());
    return fail_errno(call, beside.string(), error_number);
  };
  std::size_t done = 0;
  while (done < bytes.size()) {
    ssize_t n = ::write(fd.get(), bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return abandon("write", errno);
    done += static_cast<std::size_t>(n);
  }
  if (::fsync(fd.get()) != 0) return abandon("fsync", errno);
  fd.reset();
  if (::rename(beside.c_str(), path.c_str()) != 0) return abandon("rename", errno);
  Fd dir(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!dir.valid() || ::fsync(dir.get()) != 0) return fail_errno("fsync", folder.string(), errno);
  return {};
}

}  // namespace fengsui::base
