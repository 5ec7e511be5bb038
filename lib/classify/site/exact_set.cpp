#include "classify/site/exact_set.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/encode.h"
#include "base/fd.h"
#include "crypto/hash.h"

namespace fengsui::classify {
namespace {

constexpr std::string_view kMagic = "FSEXACT1";
constexpr std::size_t kMaxColumnsOfSet = 16;

constexpr std::uint64_t padded(std::uint64_t n) { return (n + 63) / 64 * 64; }

std::uint64_t little(const std::uint8_t* at) {
  std::uint64_t n = 0;
  std::memcpy(&n, at, sizeof n);
  if constexpr (std::endian::native == std::endian::big) n = __builtin_bswap64(n);
  return n;
}

// The high bits of a digest choose its block; these choose among all bits again.
std::uint64_t mixed(std::uint64_t h) {
  h = (h ^ h >> 31) * 0x9E3779B97F4A7C15u;
  h = (h ^ h >> 29) * 0xBF58476D1CE4E5B9u;
  return h ^ h >> 32;
}

base::Result<ExactDescription> description_of(std::string_view text, bool excludes) {
  ExactDescription out;
  out.excludes = excludes;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return base::fail(base::Errc::malformed, "the description does not end with a line");
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (line.starts_with("name ")) out.name = line.substr(5);
    else if (line.starts_with("type ")) out.type = line.substr(5);
    else if (line.starts_with("column ")) out.columns.emplace_back(line.substr(7));
    else return base::fail(base::Errc::malformed, "the description has a line of no known kind");
  }
  if (auto ok = check(out); !ok) return base::fail(base::Errc::malformed, ok.error().what);
  return out;
}

}  // namespace

base::Status check(const ExactDescription& d) {
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.'; };
  if (d.name.empty() || d.name.size() > 64 || !std::all_of(d.name.begin(), d.name.end(), fits))
    return base::fail(base::Errc::usage, "the name of a set is 1 to 64 of a-z 0-9 - _ .");
  if (d.type.empty() == d.columns.empty())
    return base::fail(base::Errc::usage, "a set has either a type or columns");
  if (d.type.size() > 80 || d.type.find_first_of("\n \t") != std::string::npos)
    return base::fail(base::Errc::usage, "the type of a set is one word of at most 80 bytes");
  if (d.columns.size() > kMaxColumnsOfSet)
    return base::fail(base::Errc::usage, fmt::format("{} columns; at most {}", d.columns.size(), kMaxColumnsOfSet));
  for (const auto& column : d.columns)
    if (column.empty() || column.size() > 120 || column.find('\n') != std::string::npos || !base::is_utf8(base::view(column)))
      return base::fail(base::Errc::usage, "the head of a column is 1 to 120 bytes of UTF-8 in one line");
  return {};
}

std::uint64_t filter_blocks(std::uint64_t values) { return std::max<std::uint64_t>(1, (values * kFilterBits + 511) / 512); }

std::uint64_t filter_block(std::uint64_t digest, std::uint64_t blocks) {
  return static_cast<std::uint64_t>((static_cast<unsigned __int128>(digest) * blocks) >> 64);
}

void FilterBlock::add(std::uint64_t digest) {
  std::uint64_t h = mixed(digest);
  for (unsigned i = 0; i < kProbes; ++i, h >>= 9) words[h >> 6 & 7] |= std::uint64_t{1} << (h & 63);
}

base::Result<ExactView> ExactView::read(base::View file, const MatchKey& key) {
  base::Reader in(file);
  const base::View magic = in.take(8);
  if (in.failed() || base::text(magic) != kMagic) return base::fail(base::Errc::malformed, "not a file of exact values");
  const std::uint32_t version = in.u32le(), flags = in.u32le();
  ExactView out;
  out.file_ = file;
  out.count_ = in.u64le();
  out.blocks_ = in.u64le();
  const base::View id = in.take(8);
  const std::uint32_t described = in.u32le(), zero = in.u32le();
  in.take(32);
  if (in.failed()) return base::fail(base::Errc::truncated, fmt::format("{} bytes; the head alone has {}", file.size(), kExactHead));
  if (version != 1 || flags > 1 || zero != 0)
    return base::fail(base::Errc::unsupported, fmt::format("version {} of the format; this program reads 1", version));
  if (!std::equal(id.begin(), id.end(), key.id().begin()))
    return base::fail(base::Errc::denied, fmt::format("made under key {}, but the key here is {}", base::hex(id), base::hex(key.id())));
  if (out.count_ > kMaxExactValues)
    return base::fail(base::Errc::limit, fmt::format("{} values; at most {}", out.count_, kMaxExactValues));
  if (described > kMaxExactDescription)
    return base::fail(base::Errc::limit, fmt::format("a description of {} bytes; at most {}", described, kMaxExactDescription));
  if (out.blocks_ != filter_blocks(out.count_)) return base::fail(base::Errc::malformed, "the size of the filter is not that of the values");
  const std::uint64_t digests = padded(kExactHead + described), filter = padded(digests + out.count_ * 8);
  const std::uint64_t whole = filter + out.blocks_ * 64;
  if (file.size() != whole) return base::fail(base::Errc::truncated, fmt::format("{} bytes; the head says {}", file.size(), whole));
  auto description = description_of(base::text(file.subspan(kExactHead, described)), (flags & 1) != 0);
  if (!description) return std::unexpected(description.error());
  out.description_ = std::move(*description);
  out.digests_ = file.subspan(digests, out.count_ * 8);
  out.filter_ = file.subspan(filter);
  return out;
}

base::Status ExactView::verify() const {
  const crypto::Digest made = crypto::sha256({file_.first(48), file_.subspan(kExactHead)});
  const base::View said = file_.subspan(48, 32);
  if (!std::equal(made.begin(), made.end(), said.begin()))
    return base::fail(base::Errc::mismatch, "the content is not what was written: its digest differs");
  return {};
}

std::string ExactView::digest() const { return base::hex(file_.subspan(48, 32)); }

std::uint64_t ExactView::at(std::uint64_t index) const { return little(digests_.data() + index * 8); }

bool ExactView::may_contain(std::uint64_t digest) const {
  const std::uint8_t* block = filter_.data() + filter_block(digest, blocks_) * 64;
  FilterBlock wanted;
  wanted.add(digest);
  for (std::size_t i = 0; i < 8; ++i)
    if ((little(block + 8 * i) & wanted.words[i]) != wanted.words[i]) return false;
  return true;
}

// Digests are evenly spread, so where one would stand is known to within a few pages: from there outwards, then halving.
bool ExactView::holds(std::uint64_t digest) const {
  if (count_ == 0) return false;
  std::uint64_t low = filter_block(digest, count_), high = low + 1, step = 64;  // [low, high) once it holds the place
  while (low > 0 && at(low) > digest) low = low > step ? low - step : 0, step *= 2;
  for (step = 64; high < count_ && at(high - 1) < digest; step *= 2) high = std::min(count_, high + step);
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2, value = at(middle);
    if (value == digest) return true;
    if (value < digest) low = middle + 1;
    else high = middle;
  }
  return false;
}

base::Result<ExactSet> ExactSet::open(const std::filesystem::path& file, const MatchKey& key) {
  const auto named = [&](base::Error error) {
    error.what = file.string() + ": " + error.what;
    return std::unexpected(std::move(error));
  };
  const base::Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return base::fail_errno("open", file.string(), errno);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return base::fail_errno("stat", file.string(), errno);
  if (!S_ISREG(info.st_mode)) return base::fail(base::Errc::malformed, file.string() + ": not a file");
  if (static_cast<std::size_t>(info.st_size) < kExactHead) return named({base::Errc::truncated, fmt::format("{} bytes; the head alone has {}", info.st_size, kExactHead)});
  ExactSet out;
  out.size_ = static_cast<std::size_t>(info.st_size);
  out.map_ = ::mmap(nullptr, out.size_, PROT_READ, MAP_SHARED, fd.get(), 0);
  if (out.map_ == MAP_FAILED) {
    out.map_ = nullptr;
    return base::fail_errno("mmap", file.string(), errno);
  }
  auto view = ExactView::read({static_cast<const std::uint8_t*>(out.map_), out.size_}, key);
  if (!view) return named(view.error());
  ::madvise(out.map_, out.size_, MADV_SEQUENTIAL);
  if (auto ok = view->verify(); !ok) return named(ok.error());
  // What was read to be checked need not stay in memory; look-ups fetch the pages they touch.
  ::madvise(out.map_, out.size_, MADV_DONTNEED);
  ::madvise(out.map_, out.size_, MADV_RANDOM);
  out.view_ = std::move(*view);
  return out;
}

ExactSet::ExactSet(ExactSet&& other) noexcept
    : map_(std::exchange(other.map_, nullptr)), size_(other.size_), view_(std::move(other.view_)) {}

ExactSet& ExactSet::operator=(ExactSet&& other) noexcept {
  std::swap(map_, other.map_);
  std::swap(size_, other.size_);
  std::swap(view_, other.view_);
  return *this;
}

ExactSet::~ExactSet() {
  if (map_ != nullptr) ::munmap(map_, size_);
}

}  // namespace fengsui::classify
