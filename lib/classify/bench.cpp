#include <boost/json.hpp>
#include <fmt/format.h>

#include <array>

#include "base/encode.h"
#include "base/fd.h"
#include "classify/commands.h"
#include "classify/reference.h"
#include "classify/scan.h"
#include "crypto/hash.h"

namespace fengsui::classify {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxFile = std::size_t{8} << 30;

// Counts and an order-sensitive digest of every hit: type, place, state.
struct Pass {
  std::array<std::uint64_t, kTypes> counts{};
  std::vector<std::array<std::uint64_t, 2>> hits;
  double seconds = 0;

  static void on_hit(void* self, const Hit& hit, base::View, std::uint64_t base) {
    Pass& run = *static_cast<Pass*>(self);
    ++run.counts[static_cast<std::size_t>(hit.type)];
    const std::uint64_t what = static_cast<std::uint64_t>(hit.type) << 32 | static_cast<std::uint64_t>(hit.state) << 24 | hit.confidence;
    run.hits.push_back({(base + hit.start) << 8 | (hit.end - hit.start), what});
  }

  void scan(const Engine::State& engine, const AnchorSource* anchors, const std::vector<base::Bytes>& files, CpuSeconds cpu_seconds) {
    hits.resize(1u << 20);  // so that the memory of the list is not part of the figure
    hits.clear();
    const double start = cpu_seconds();
    for (const base::Bytes& file : files) {
      Stream stream(engine, anchors);
      constexpr std::size_t kPiece = 1u << 20;
      for (std::size_t at = 0; at < file.size(); at += kPiece)
        stream.feed(base::View(file).subspan(at, std::min(kPiece, file.size() - at)), on_hit, this);
      stream.finish(on_hit, this);
    }
    seconds = cpu_seconds() - start;
  }

  std::string digest() const {
    const auto* first = reinterpret_cast<const std::uint8_t*>(hits.data());
    return base::hex(crypto::sha256(base::View(first, hits.size() * sizeof(hits[0]))));
  }

  void describe(json::object& out, std::uint64_t bytes) const {
    out["cpu_seconds"] = seconds;
    out["mb_per_s"] = seconds > 0 ? static_cast<double>(bytes) / 1e6 / seconds : 0.0;
    json::object findings;
    for (std::size_t i = 0; i < kTypes; ++i)
      if (counts[i] != 0) findings[std::string(kTypeIds[i])] = counts[i];
    out["findings"] = std::move(findings);
    out["findings_digest"] = digest();
  }
};

}  // namespace

base::Result<std::string> bench(const Engine& engine, std::span<const std::filesystem::path> files, std::string_view against,
                                CpuSeconds cpu_seconds) {
  std::vector<base::Bytes> loaded;
  std::uint64_t bytes = 0;
  for (const auto& file : files) {
    auto one = base::read_file(file, kMaxFile);
    if (!one) return std::unexpected(one.error());
    bytes += one->size();
    loaded.push_back(std::move(*one));
  }
  json::object out;
  out["engine"] = "sieve";
  out["isa"] = std::string(id(best_isa()));
  out["bytes"] = bytes;
  Pass own;
  own.scan(engine.state(), nullptr, loaded, cpu_seconds);
  own.describe(out, bytes);
  if (!against.empty()) {
    json::object other{{"engine", std::string(against)}};
    auto source = reference(against);
    if (!source && source.error().code != base::Errc::unavailable) return std::unexpected(source.error());
    if (!source) {
      other["unavailable"] = source.error().what;
    } else {
      Pass run;
      run.scan(engine.state(), source->get(), loaded, cpu_seconds);
      run.describe(other, bytes);
      other["ratio"] = own.seconds > 0 ? run.seconds / own.seconds : 0.0;
      other["equal"] = run.hits == own.hits;
    }
    out["against"] = std::move(other);
  }
  return json::serialize(out);
}

}  // namespace fengsui::classify
