// The table of examined files and its file: "FSSEEN1\n", count u64be, then device, inode, mtime, ctime, size as u64be
// each, then the SHA-256 of all before it.
#include "base/fd.h"
#include "crypto/hash.h"
#include "watch/scan.h"

namespace fengsui::watch {
namespace {
constexpr std::string_view kMagic = "FSSEEN1\n";
constexpr std::size_t kRecord = 40;
}  // namespace

bool SeenFiles::unchanged(std::uint64_t device, std::uint64_t inode, const Stamp& now) {
  const auto at = stamps_.find({device, inode});
  if (at == stamps_.end() || !(at->second == now)) return false;
  at->second.pass = pass_;
  return true;
}

void SeenFiles::remember(std::uint64_t device, std::uint64_t inode, Stamp stamp) {
  stamp.pass = pass_;
  const Key key{device, inode};
  if (const auto at = stamps_.find(key); at != stamps_.end()) {
    at->second = stamp;
  } else if (stamps_.size() >= kMaxEntries) {
    ++overflow_;
  } else {
    stamps_.emplace(key, stamp);
  }
}

void SeenFiles::end_pass() {
  std::erase_if(stamps_, [&](const auto& entry) { return entry.second.pass != pass_; });
  ++pass_;
}

base::Status SeenFiles::save(const std::string& path) const {
  base::Bytes out;
  out.reserve(kMagic.size() + 8 + stamps_.size() * kRecord + 32);
  base::append(out, kMagic);
  base::append_u64be(out, stamps_.size());
  for (const auto& [key, stamp] : stamps_) {
    base::append_u64be(out, key.device);
    base::append_u64be(out, key.inode);
    base::append_u64be(out, static_cast<std::uint64_t>(stamp.mtime_ns));
    base::append_u64be(out, static_cast<std::uint64_t>(stamp.ctime_ns));
    base::append_u64be(out, stamp.size);
  }
  base::append(out, base::View(crypto::sha256(out)));
  return base::write_file_durable(path, out, 0600);
}

base::Status SeenFiles::load(const std::string& path) {
  stamps_.clear();
  auto bytes = base::read_file(path, kMagic.size() + 8 + kMaxEntries * kRecord + 32);
  if (!bytes) return std::unexpected(bytes.error());
  const base::View all(*bytes);
  if (all.size() < kMagic.size() + 40 || base::text(all.first(kMagic.size())) != kMagic)
    return base::fail(base::Errc::malformed, path + ": not a table of examined files");
  const auto sum = crypto::sha256(all.first(all.size() - 32));
  if (!std::equal(sum.begin(), sum.end(), all.end() - 32))
    return base::fail(base::Errc::malformed, path + ": digest differs");
  base::Reader reader(all.subspan(kMagic.size(), all.size() - kMagic.size() - 32));
  const std::uint64_t count = reader.u64be();
  if (count > kMaxEntries || reader.remaining() != count * kRecord)
    return base::fail(base::Errc::malformed, path + ": length does not fit its count");
  for (std::uint64_t i = 0; i < count; ++i) {
    const Key key{reader.u64be(), reader.u64be()};
    Stamp stamp;
    stamp.mtime_ns = static_cast<std::int64_t>(reader.u64be());
    stamp.ctime_ns = static_cast<std::int64_t>(reader.u64be());
    stamp.size = reader.u64be();
    stamp.pass = pass_;
    stamps_.emplace(key, stamp);
  }
  return {};
}

}  // namespace fengsui::watch
