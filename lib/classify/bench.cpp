#include <boost/json.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/fd.h"
#include "classify/commands.h"
#include "classify/reference.h"
#include "classify/scan.h"

namespace fengsui::classify {
namespace {

namespace json = boost::json;

constexpr std::size_t kPiece = std::size_t{256} << 10;  // read and scanned at a time, as the examination of files does

// Counts and a digest of every hit in order: type, place, length, state, confidence and reasons.
struct Pass {
  std::array<std::uint64_t, kTypes> counts{};
  std::uint64_t low = 0x243F6A8885A308D3u, high = 0x13198A2E03707344u;
  std::uint64_t bytes = 0;
  double seconds = 0, read_seconds = 0;

  static void on_hit(void* self, const Hit& hit, base::View, std::uint64_t base) {
    Pass& run = *static_cast<Pass*>(self);
    ++run.counts[static_cast<std::size_t>(hit.type)];
    const std::uint64_t what = static_cast<std::uint64_t>(hit.type) << 32 | static_cast<std::uint64_t>(hit.state) << 24 |
                               static_cast<std::uint64_t>(hit.confidence) << 16 | (hit.end - hit.start);
    const std::uint64_t mixed = ((base + hit.start) * 0x9E3779B97F4A7C15u ^ what) * 0xBF58476D1CE4E5B9u;
    run.low = (run.low ^ mixed) * 0x94D049BB133111EBu;
    run.high = ((run.high << 7 | run.high >> 57) + mixed) ^ hit.reasons;
  }

  // At most `limit` bytes of each file.
  base::Status scan(const Engine::State& engine, const AnchorSource* anchors, std::span<const std::filesystem::path> files, std::uint64_t limit,
                    CpuSeconds cpu_seconds) {
    base::Bytes buffer(kPiece);
    for (const auto& file : files) {
      const base::Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
      if (!fd.valid()) return base::fail_errno("open", file.string(), errno);
      Stream stream(engine, anchors);
      double before = cpu_seconds();
      for (std::uint64_t left = limit; left > 0;) {
        const ssize_t n = ::read(fd.get(), buffer.data(), static_cast<std::size_t>(std::min<std::uint64_t>(left, buffer.size())));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return base::fail_errno("read", file.string(), errno);
        if (n == 0) break;
        const double read = cpu_seconds();
        stream.feed(base::View(buffer).first(static_cast<std::size_t>(n)), on_hit, this);
        const double after = cpu_seconds();
        read_seconds += read - before;
        seconds += after - read;
        before = after;
        left -= static_cast<std::uint64_t>(n);
        bytes += static_cast<std::uint64_t>(n);
      }
      stream.finish(on_hit, this);
      seconds += cpu_seconds() - before;
    }
    return {};
  }

  bool equals(const Pass& other) const { return counts == other.counts && low == other.low && high == other.high; }
  double rate() const { return seconds > 0 ? static_cast<double>(bytes) / 1e6 / seconds : 0.0; }

  void describe(json::object& out) const {
    out["bytes"] = bytes;
    out["cpu_seconds"] = seconds;
    out["mb_per_s"] = rate();
    out["read_cpu_seconds"] = read_seconds;
    json::object findings;
    for (std::size_t i = 0; i < kTypes; ++i)
      if (counts[i] != 0) findings[std::string(kTypeIds[i])] = counts[i];
    out["findings"] = std::move(findings);
    out["findings_digest"] = fmt::format("{:016x}{:016x}", low, high);
  }
};

}  // namespace

base::Result<std::string> bench(const Engine& engine, std::span<const std::filesystem::path> files, std::string_view against,
                                CpuSeconds cpu_seconds) {
  json::object out;
  out["engine"] = "sieve";
  out["isa"] = std::string(id(engine.state().isa));
  Pass own;
  if (auto done = own.scan(engine.state(), nullptr, files, UINT64_MAX, cpu_seconds); !done) return std::unexpected(done.error());
  own.describe(out);
  if (!against.empty()) {
    json::object other{{"engine", std::string(against)}};
    auto source = reference(against);
    if (!source && source.error().code != base::Errc::unavailable) return std::unexpected(source.error());
    if (!source) {
      other["unavailable"] = source.error().what;
    } else {
      Pass run, same;  // over the beginning of each file, which is enough for a rate
      if (auto done = run.scan(engine.state(), source->get(), files, kReferenceBytes, cpu_seconds); !done) return std::unexpected(done.error());
      if (auto done = same.scan(engine.state(), nullptr, files, kReferenceBytes, cpu_seconds); !done) return std::unexpected(done.error());
      run.describe(other);
      other["ratio"] = run.rate() > 0 ? own.rate() / run.rate() : 0.0;
      other["equal"] = run.equals(same);
    }
    out["against"] = std::move(other);
  }
  return json::serialize(out);
}

}  // namespace fengsui::classify
