#include "policy/networks.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

#include "base/encode.h"
#include "base/fd.h"
#include "crypto/hash.h"

namespace fengsui::policy {
namespace {

constexpr std::size_t kMaxFile = 64u << 20;

std::string_view first_word(std::string_view line) {
  const std::size_t start = line.find_first_not_of(" \t\r");
  if (start == std::string_view::npos || line[start] == '#') return {};
  line.remove_prefix(start);
  return line.substr(0, std::min(line.find_first_of(" \t\r"), line.size()));
}

}  // namespace

bool NetworkList::key_of(std::string_view ip, Key& out) {
  char text[INET6_ADDRSTRLEN] = {};
  if (ip.empty() || ip.size() >= sizeof text) return false;
  ip.copy(text, ip.size());
  out = {};
  if (ip.find(':') != std::string_view::npos) return ::inet_pton(AF_INET6, text, out.data()) == 1;
  out[10] = out[11] = 0xff;
  return ::inet_pton(AF_INET, text, out.data() + 12) == 1;
}

base::Result<NetworkList> NetworkList::parse(std::string_view text, const std::string& name) {
  NetworkList out;
  std::size_t line_number = 0;
  const auto refuse = [&](std::string_view why) { return base::fail(base::Errc::malformed, name + ":" + std::to_string(line_number) + ": " + std::string(why)); };
  while (!text.empty()) {
    ++line_number;
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view word = first_word(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (word.empty()) continue;
    if (out.ranges_.size() >= kMaxNetworks) return base::fail(base::Errc::limit, name + ": more than " + std::to_string(kMaxNetworks) + " networks");
    const std::size_t slash = word.find('/');
    Range range;
    if (!key_of(word.substr(0, slash), range.first)) return refuse("not an address");
    const bool v4 = word.find(':') == std::string_view::npos;
    unsigned bits = v4 ? 32 : 128;
    if (slash != std::string_view::npos) {
      const std::string_view number = word.substr(slash + 1);
      unsigned given = 0;
      const auto [stop, error] = std::from_chars(number.data(), number.data() + number.size(), given);
      if (error != std::errc() || stop != number.data() + number.size() || given > bits) return refuse("prefix length");
      bits = given;
    }
    if (v4) bits += 96;
    range.last = range.first;
    for (unsigned bit = bits; bit < 128; ++bit) {
      const auto mask = static_cast<std::uint8_t>(0x80u >> (bit % 8));
      if (range.first[bit / 8] & mask) return refuse("bits are set behind the prefix");
      range.last[bit / 8] |= mask;
    }
    out.ranges_.push_back(range);
  }
  out.count_ = out.ranges_.size();
  std::sort(out.ranges_.begin(), out.ranges_.end(), [](const Range& a, const Range& b) { return a.first < b.first; });
  std::vector<Range> merged;
  for (const Range& range : out.ranges_) {
    if (!merged.empty() && range.first <= merged.back().last) merged.back().last = std::max(merged.back().last, range.last);
    else merged.push_back(range);
  }
  out.ranges_ = std::move(merged);
  return out;
}

bool NetworkList::contains(std::string_view ip) const {
  Key key;
  if (ranges_.empty() || !key_of(ip, key)) return false;
  auto after = std::upper_bound(ranges_.begin(), ranges_.end(), key, [](const Key& k, const Range& r) { return k < r.first; });
  return after != ranges_.begin() && key <= std::prev(after)->last;
}

base::Result<std::shared_ptr<const Networks>> Networks::load(const std::filesystem::path& folder) {
  auto out = std::make_shared<Networks>();
  std::string digests;
  const auto read = [&](const char* name, NetworkList& list) -> base::Status {
    const auto path = folder / name;
    auto bytes = base::read_file(path, kMaxFile);
    if (!bytes) return bytes.error().code == base::Errc::not_found ? base::Status{} : std::unexpected(bytes.error());
    auto parsed = NetworkList::parse(base::text(*bytes), path.string());
    if (!parsed) return std::unexpected(parsed.error());
    list = std::move(*parsed);
    digests += std::string(name) + "\n" + base::hex(crypto::sha256(*bytes)) + "\n";
    return {};
  };
  if (auto ok = read("approved.txt", out->approved); !ok) return std::unexpected(ok.error());
  if (auto ok = read("domestic.txt", out->domestic); !ok) return std::unexpected(ok.error());
  if (auto ok = read("internal.txt", out->internal); !ok) return std::unexpected(ok.error());
  out->has_approved = out->approved.size() != 0;
  out->has_domestic = out->domestic.size() != 0;
  out->digest = base::hex(crypto::sha256(base::view(digests)));
  return out;
}

std::string_view Networks::kind(std::string_view ip) const {
  if (internal.contains(ip)) return "internal";
  if (!has_approved) return "outside";
  return approved.contains(ip) ? "approved" : "unapproved";
}

}  // namespace fengsui::policy
