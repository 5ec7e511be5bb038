#include "classify/tables.h"

#include <algorithm>

#include "classify/lines.h"
#include "classify/sums.h"

namespace fengsui::classify {
namespace {

constexpr std::size_t kMaxPrefix = 10;

std::uint64_t bin_key(std::uint64_t prefix, std::size_t prefix_length, std::size_t card_length) {
  return (prefix * 16 + prefix_length) * 32 + card_length;  // never 0
}

std::size_t bin_place(std::uint64_t key, std::size_t places) {
  return static_cast<std::size_t>(key * 0x9E3779B97F4A7C15u >> 32) & (places - 1);
}

std::size_t alpha3_index(std::string_view code) {
  std::size_t n = 0;
  for (char c : code) n = n * 26 + static_cast<std::size_t>(c - 'A');
  return n;
}

bool capitals(std::string_view text) {
  for (char c : text)
    if (c < 'A' || c > 'Z') return false;
  return true;
}

}  // namespace

base::Result<std::unique_ptr<const Tables>> Tables::load(const std::filesystem::path& rules, std::string& digested,
                                                         unsigned latest_birth) {
  auto t = std::make_unique<Tables>();
  t->latest_birth = latest_birth;
  auto status = each_line(rules / "areas" / "gb2260.txt", digested, [&](std::string_view line) {
    const bool in_use = line[0] != '-';
    if (!in_use) line.remove_prefix(1);
    if (line.size() != 6 || !sums::digits(line)) return false;
    t->ever_.set(sums::number(line));
    if (in_use) t->current_.set(sums::number(line));
    t->provinces_.set(sums::number(line.substr(0, 2)));
    return true;
  });
  if (!status) return std::unexpected(status.error());
  status = each_line(rules / "bins" / "unionpay.txt", digested, [&](std::string_view line) {
    const auto space = line.find(' ');
    if (space == std::string_view::npos) return false;
    const auto prefix = line.substr(0, space), length = line.substr(space + 1);
    if (!sums::digits(prefix) || prefix.size() < 3 || prefix.size() > kMaxPrefix || !sums::digits(length) || length.size() > 2)
      return false;
    const unsigned n = sums::number(length);
    if (n < 13 || n > 19) return false;
    std::uint64_t number = 0;
    for (char c : prefix) number = number * 10 + static_cast<std::uint64_t>(c - '0');
    t->add_bin(bin_key(number, prefix.size(), n));
    if (prefix.size() == 6 && n >= kShortCard) t->six_[n - kShortCard].set(static_cast<std::size_t>(number));
    if (prefix.size() > 6) t->longer_.set(sums::number(prefix.substr(0, 6)));
    auto& lengths = t->bin_lengths_[sums::number(prefix.substr(0, 3))];
    lengths = static_cast<std::uint16_t>(lengths | 1u << prefix.size());
    return true;
  });
  if (!status) return std::unexpected(status.error());
  status = each_line(rules / "areas" / "iso3166.txt", digested, [&](std::string_view line) {
    if (line.size() != 7 || line[3] != ' ' || !capitals(line.substr(0, 3)) || !sums::digits(line.substr(4))) return false;
    t->alpha3_.set(alpha3_index(line.substr(0, 3)));
    t->numeric_.set(sums::number(line.substr(4)));
    return true;
  });
  if (!status) return std::unexpected(status.error());
  return std::unique_ptr<const Tables>(std::move(t));
}

Area Tables::area(std::string_view six) const {
  const unsigned code = sums::number(six);
  if (current_.test(code)) return Area::current;
  if (ever_.test(code)) return Area::retired;
  return provinces_.test(code / 10000) ? Area::province : Area::none;
}

bool Tables::province(std::string_view two) const { return provinces_.test(sums::number(two)); }

void Tables::add_bin(std::uint64_t key) {
  if (has_bin(key)) return;
  if ((bin_count_ + 1) * 2 > bins_.size()) {
    std::vector<std::uint64_t> old(std::max<std::size_t>(64, bins_.size() * 2), 0);
    old.swap(bins_);
    bin_count_ = 0;
    for (const std::uint64_t one : old)
      if (one != 0) add_bin(one);
  }
  std::size_t at = bin_place(key, bins_.size());
  while (bins_[at] != 0) at = (at + 1) & (bins_.size() - 1);
  bins_[at] = key;
  ++bin_count_;
}

bool Tables::has_bin(std::uint64_t key) const {
  if (bins_.empty()) return false;
  for (std::size_t at = bin_place(key, bins_.size()); bins_[at] != 0; at = (at + 1) & (bins_.size() - 1))
    if (bins_[at] == key) return true;
  return false;
}

unsigned Tables::bin(std::string_view card) const {
  const std::size_t first = sums::number(card.substr(0, 6));
  if (card.size() >= kShortCard && card.size() <= kMaxCard && !longer_.test(first) && six_[card.size() - kShortCard].test(first)) return 6;
  std::array<std::uint64_t, kMaxPrefix + 1> prefix;
  prefix[0] = 0;
  for (std::size_t n = 1; n <= kMaxPrefix; ++n) prefix[n] = prefix[n - 1] * 10 + static_cast<std::uint64_t>(card[n - 1] - '0');
  for (unsigned lengths = bin_lengths_[prefix[3]]; lengths != 0;) {  // the longest first
    const unsigned n = 31u - static_cast<unsigned>(__builtin_clz(lengths));
    if (has_bin(bin_key(prefix[n], n, card.size()))) return n;
    lengths ^= 1u << n;
  }
  return 0;
}

bool Tables::country_alpha3(std::string_view code) const { return capitals(code) && alpha3_.test(alpha3_index(code)); }
bool Tables::country_numeric(std::string_view code) const { return numeric_.test(sums::number(code)); }

}  // namespace fengsui::classify
