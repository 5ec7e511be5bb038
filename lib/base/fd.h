// Owned file descriptors and whole-file reads and writes.
#pragma once

#include <cstddef>
#include <filesystem>
#include <utility>

#include "base/bytes.h"
#include "base/error.h"

namespace fengsui::base {

// Owns one descriptor and closes it. Move only.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept;
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { reset(); }

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  void reset();

 private:
  int fd_ = -1;
};

// The whole file. Errc::limit when it is larger than max_bytes (nothing is returned then), else by errno.
Result<Bytes> read_file(const std::filesystem::path& path, std::size_t max_bytes);

// Durable and atomic: writes beside the target, fsyncs, renames over it, fsyncs the folder. After success the new
// content survives a power cut; after an error the old content is untouched.
Status write_file_durable(const std::filesystem::path& path, View bytes, unsigned mode = 0644);

}  // namespace fengsui::base
