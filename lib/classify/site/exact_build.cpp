#include "classify/site/exact_build.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <istream>
#include <queue>

#include "base/fd.h"
#include "classify/site/cells.h"
#include "classify/text.h"
#include "crypto/hash.h"

namespace fengsui::classify {
namespace {

constexpr std::size_t kBuffer = 8192;  // digests

// On the machines this is built for a number in memory is already little-endian.
static_assert(std::endian::native == std::endian::little);

base::Status write_all(int fd, base::View bytes, const std::string& file) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return base::fail_errno("write", file, errno);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

base::View bytes_of(std::span<const std::uint64_t> numbers) {
  return {reinterpret_cast<const std::uint8_t*>(numbers.data()), numbers.size() * 8};
}

// A sorted file of digests, read through a buffer.
class Run {
 public:
  explicit Run(base::Fd fd) : fd_(std::move(fd)) {}
  bool rewind() { return ::lseek(fd_.get(), 0, SEEK_SET) == 0; }
  // False at the end; `failed` when it was not the end but an error.
  bool next(std::uint64_t& out) {
    if (at_ == count_) {
      buffer_.resize(kBuffer);
      std::size_t got = 0;
      while (got < kBuffer * 8) {
        const ssize_t n = ::read(fd_.get(), reinterpret_cast<std::uint8_t*>(buffer_.data()) + got, kBuffer * 8 - got);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) failed_ = true;
        if (n <= 0) break;
        got += static_cast<std::size_t>(n);
      }
      at_ = 0;
      count_ = got / 8;
    }
    if (at_ == count_) return false;
    out = buffer_[at_++];
    return true;
  }
  bool failed() const { return failed_; }

 private:
  base::Fd fd_;
  std::vector<std::uint64_t> buffer_;
  std::size_t at_ = 0, count_ = 0;
  bool failed_ = false;
};

base::Result<base::Fd> nameless(const std::filesystem::path& beside) {
  std::filesystem::path folder = beside.parent_path().empty() ? "." : beside.parent_path();
  base::Fd fd(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (fd.valid()) return fd;
  // File systems without nameless files: a name for a moment.
  std::string name = (folder / ".fengsui-run-XXXXXX").string();
  fd = base::Fd(::mkostemp(name.data(), O_CLOEXEC));
  if (!fd.valid()) return base::fail_errno("create", name, errno);
  ::unlink(name.c_str());
  return fd;
}

template <class Number>
void put(base::Bytes& out, Number n) {
  for (std::size_t i = 0; i < sizeof n; ++i) out.push_back(static_cast<std::uint8_t>(n >> 8 * i));
}

}  // namespace

struct ExactBuild::State {
  const MatchKey& key;
  ExactDescription description;
  std::filesystem::path out;
  std::size_t room;  // digests held
  std::vector<std::uint64_t> held;
  std::vector<Run> runs;
  ExactTotals totals;

  base::Status spill() {
    std::sort(held.begin(), held.end());
    held.erase(std::unique(held.begin(), held.end()), held.end());
    auto fd = nameless(out);
    if (!fd) return std::unexpected(fd.error());
    if (auto ok = write_all(fd->get(), bytes_of(held), "a sorted run beside " + out.string()); !ok) return ok;
    runs.emplace_back(std::move(*fd));
    held.clear();
    return {};
  }

  // Every digest once, in order, to `take`, which returns a Status.
  template <class Take>
  base::Status merge(Take take) {
    using Top = std::pair<std::uint64_t, std::size_t>;
    std::priority_queue<Top, std::vector<Top>, std::greater<>> heap;
    const auto pull = [&](std::size_t i) {
      std::uint64_t n = 0;
      if (runs[i].next(n)) heap.emplace(n, i);
      return !runs[i].failed();
    };
    bool good = true;
    for (std::size_t i = 0; i < runs.size(); ++i) good = runs[i].rewind() && pull(i) && good;
    bool first = true;
    std::uint64_t last = 0;
    while (good && !heap.empty()) {
      const auto [n, i] = heap.top();
      heap.pop();
      if (first || n != last)
        if (auto ok = take(n); !ok) return ok;
      first = false;
      last = n;
      good = pull(i);
    }
    if (!good) return base::fail(base::Errc::io, "a sorted run beside " + out.string() + " could not be read back");
    return {};
  }
};

ExactBuild::ExactBuild(std::unique_ptr<State> state) : state_(std::move(state)) {}
ExactBuild::ExactBuild(ExactBuild&&) noexcept = default;
ExactBuild::~ExactBuild() = default;

base::Result<ExactBuild> ExactBuild::begin(const MatchKey& key, ExactDescription description, std::filesystem::path out, std::size_t memory_bytes) {
  if (auto ok = check(description); !ok) return std::unexpected(ok.error());
  const std::size_t room = std::max<std::size_t>(memory_bytes / 8, 16);
  return ExactBuild(std::unique_ptr<State>(new State{key, std::move(description), std::move(out), room, {}, {}, {}}));
}

base::Status ExactBuild::add(base::View value) {
  State& s = *state_;
  ++s.totals.values;
  const std::string normal = match_value(s.description.type, value);
  if (normal.size() < kMinExact) {
    ++s.totals.skipped;
    return {};
  }
  if (s.totals.values - s.totals.skipped > kMaxExactValues)
    return base::fail(base::Errc::limit, fmt::format("more than {} values", kMaxExactValues));
  s.held.push_back(s.key.exact(normal));
  return s.held.size() < s.room ? base::Status{} : s.spill();
}

namespace {

// Writes the file in one pass over the digests: they come in order, and so do the blocks of the filter they belong to.
class Output {
 public:
  Output(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}
  base::Status bytes(base::View more) {
    hasher_.update(more);
    written_ += more.size();
    return write_all(fd_, more, name_);
  }
  base::Status pad() {
    static constexpr std::array<std::uint8_t, 64> kZero{};
    return written_ % 64 == 0 ? base::Status{} : bytes(base::View(kZero).first(64 - written_ % 64));
  }
  base::Status digest(std::uint64_t n) {
    buffer_.push_back(n);
    return buffer_.size() < kBuffer ? base::Status{} : flush();
  }
  base::Status flush() {
    auto ok = bytes(bytes_of(buffer_));
    buffer_.clear();
    return ok;
  }
  crypto::Hasher& hasher() { return hasher_; }
  std::uint64_t written_ = 0;

 private:
  int fd_;
  std::string name_;
  crypto::Hasher hasher_;
  std::vector<std::uint64_t> buffer_;
};

std::string text_of(const ExactDescription& d) {
  std::string out = "name " + d.name + "\n";
  if (!d.type.empty()) out += "type " + d.type + "\n";
  for (const auto& column : d.columns) out += "column " + column + "\n";
  return out;
}

base::Status placed(int fd, const std::string& from, const std::filesystem::path& to) {
  if (::fsync(fd) != 0) return base::fail_errno("fsync", from, errno);
  if (::rename(from.c_str(), to.c_str()) != 0) return base::fail_errno("rename", to.string(), errno);
  const std::filesystem::path folder = to.parent_path().empty() ? "." : to.parent_path();
  const base::Fd at(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!at.valid() || ::fsync(at.get()) != 0) return base::fail_errno("fsync", folder.string(), errno);
  return {};
}

}  // namespace

base::Result<ExactTotals> ExactBuild::finish() {
  State& s = *state_;
  if (auto ok = s.spill(); !ok) return std::unexpected(ok.error());
  s.held.shrink_to_fit();
  std::uint64_t count = 0;
  if (auto ok = s.merge([&](std::uint64_t) { return ++count, base::Status{}; }); !ok) return std::unexpected(ok.error());
  const std::uint64_t blocks = filter_blocks(count);
  const std::string description = text_of(s.description);
  base::Bytes head;
  base::append(head, "FSEXACT1");
  put(head, std::uint32_t{1});
  put(head, std::uint32_t{s.description.excludes ? 1u : 0u});
  put(head, count);
  put(head, blocks);
  base::append(head, base::View(s.key.id()));
  put(head, static_cast<std::uint32_t>(description.size()));
  put(head, std::uint32_t{0});

  std::string temporary = s.out.string() + ".XXXXXX";
  const base::Fd fd(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd.valid()) return base::fail_errno("create", temporary, errno);
  const auto write = [&]() -> base::Status {
    Output to(fd.get(), temporary);
    const base::Bytes later(32, 0);  // the digest, known at the end
    if (auto ok = to.bytes(head); !ok) return ok;
    if (auto ok = write_all(fd.get(), later, temporary); !ok) return ok;
    to.written_ += later.size();
    if (auto ok = to.bytes(base::view(description)); !ok) return ok;
    if (auto ok = to.pad(); !ok) return ok;
    if (auto ok = s.merge([&](std::uint64_t n) { return to.digest(n); }); !ok) return ok;
    if (auto ok = to.flush(); !ok) return ok;
    if (auto ok = to.pad(); !ok) return ok;
    FilterBlock block;
    std::uint64_t at = 0;
    const auto up_to = [&](std::uint64_t end) -> base::Status {
      for (; at < end; ++at) {
        for (const std::uint64_t word : block.words)
          if (auto ok = to.digest(word); !ok) return ok;
        block = {};
      }
      return {};
    };
    if (auto ok = s.merge([&](std::uint64_t n) {
          auto moved = up_to(filter_block(n, blocks));
          block.add(n);
          return moved;
        }); !ok) return ok;
    if (auto ok = up_to(blocks); !ok) return ok;
    if (auto ok = to.flush(); !ok) return ok;
    s.totals.bytes = to.written_;
    const crypto::Digest digest = to.hasher().finish();
    if (::pwrite(fd.get(), digest.data(), digest.size(), 48) != static_cast<ssize_t>(digest.size()))
      return base::fail_errno("write", temporary, errno);
    return placed(fd.get(), temporary, s.out);
  };
  if (auto ok = write(); !ok) {
    ::unlink(temporary.c_str());
    return std::unexpected(ok.error());
  }
  s.totals.kept = count;
  s.totals.duplicates = s.totals.values - s.totals.skipped - count;
  return s.totals;
}

bool is_head(std::string_view written, std::string_view head) {
  std::string utf8 = to_utf8(written);
  std::string_view name = utf8;
  if (name.starts_with("\xEF\xBB\xBF")) name.remove_prefix(3);
  while (!name.empty() && (name.front() == ' ' || name.front() == '\t' || name.front() == '"')) name.remove_prefix(1);
  while (!name.empty() && (name.back() == ' ' || name.back() == '\t' || name.back() == '\r' || name.back() == '"')) name.remove_suffix(1);
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(name.begin(), name.end(), head.begin(), head.end(), [&](char a, char b) { return lower(a) == lower(b); });
}

base::Status add_columns(ExactBuild& build, std::istream& table, std::span<const std::string> heads) {
  Cells cells;
  std::vector<std::uint64_t> wanted;
  std::vector<bool> found(heads.size(), false);
  base::Status status;
  const auto on = [&](const Cell& cell) {
    if (!status) return;
    if (cell.row == 0) {
      for (std::size_t i = 0; i < heads.size(); ++i)
        if (is_head(cell.value, heads[i])) wanted.push_back(cell.column), found[i] = true;
    } else if (std::find(wanted.begin(), wanted.end(), cell.column) != wanted.end()) {
      status = build.add(base::view(cell.value));
    }
  };
  std::array<char, 65536> buffer;
  while (status && (table.read(buffer.data(), buffer.size()) || table.gcount() > 0))
    cells.feed(base::view(std::string_view(buffer.data(), static_cast<std::size_t>(table.gcount()))), on);
  if (table.bad()) return base::fail(base::Errc::io, "the table could not be read to its end");
  cells.finish(on);
  if (!status) return status;
  for (std::size_t i = 0; i < heads.size(); ++i)
    if (!found[i]) return base::fail(base::Errc::not_found, fmt::format("no column is headed \"{}\"", heads[i]));
  return {};
}

}  // namespace fengsui::classify
