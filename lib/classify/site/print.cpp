#include "classify/site/print.h"

#include <iconv.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <limits>

#include "base/encode.h"

namespace fengsui::classify {
namespace {

constexpr std::uint64_t kStep = 0x9E3779B97F4A7C15u;
constexpr std::uint64_t power(unsigned n) { return n == 0 ? 1 : kStep * power(n - 1); }

std::uint64_t mixed(std::uint64_t h) {
  h = (h ^ h >> 30) * 0xBF58476D1CE4E5B9u;
  h = (h ^ h >> 27) * 0x94D049BB133111EBu;
  return h ^ h >> 31;
}

// Counts of set bits, bit by bit: 255 hashes are added in the columns of eight words before they are written out.
class BitCounts {
 public:
  void add(std::uint64_t hash) {
    for (std::size_t i = 0; hash != 0; ++i) {
      const std::uint64_t carry = columns_[i] & hash;
      columns_[i] ^= hash;
      hash = carry;
    }
    if (++held_ == 255) flush();
    ++total_;
  }
  std::uint64_t majority() {
    flush();
    std::uint64_t out = 0;
    for (std::size_t b = 0; b < 64; ++b) out |= static_cast<std::uint64_t>(2 * counts_[b] > total_) << b;
    return out;
  }
  std::uint64_t total() const { return total_; }

 private:
  void flush() {
    for (std::size_t i = 0; i < 8; ++i) {
      for (std::size_t b = 0; b < 64; ++b) counts_[b] += (columns_[i] >> b & 1) << i;
      columns_[i] = 0;
    }
    held_ = 0;
  }
  std::array<std::uint64_t, 8> columns_{};
  std::array<std::uint64_t, 64> counts_{};
  unsigned held_ = 0;
  std::uint64_t total_ = 0;
};

// GB 18030 to UTF-8 in pieces; what it does not know is dropped and counted.
class FromGb18030 {
 public:
  FromGb18030() : converter_(iconv_open("UTF-8", "GB18030")) {}
  ~FromGb18030() {
    if (converter_ != kNone) iconv_close(converter_);
  }
  FromGb18030(const FromGb18030&) = delete;
  FromGb18030& operator=(const FromGb18030&) = delete;

  template <class Take>
  void feed(base::View bytes, bool last, std::uint64_t& bad, Take take) {
    while (!bytes.empty() || (last && size_ > 0)) {
      const std::size_t n = std::min(bytes.size(), in_.size() - size_);
      if (n > 0) std::memcpy(in_.data() + size_, bytes.data(), n);
      bytes = bytes.subspan(n);
      size_ += n;
      const std::size_t before = size_;
      convert(last && bytes.empty(), bad, take);
      if (size_ == before && n == 0) break;
    }
  }

 private:
  static inline const iconv_t kNone = reinterpret_cast<iconv_t>(-1);
  template <class Take>
  void convert(bool last, std::uint64_t& bad, Take take) {
    std::array<char, 2048> out;
    char* from = in_.data();
    std::size_t left = size_;
    while (left > 0) {
      char* to = out.data();
      std::size_t room = out.size();
      const bool ok = converter_ != kNone && iconv(converter_, &from, &left, &to, &room) != static_cast<std::size_t>(-1);
      take(base::view(std::string_view(out.data(), out.size() - room)));
      if (ok || (errno == EINVAL && !last && left < 4)) break;
      if (errno == E2BIG && converter_ != kNone) continue;
      ++from, --left, ++bad;
    }
    std::memmove(in_.data(), from, left);
    size_ = left;
  }
  iconv_t converter_;
  std::array<char, 1024> in_;
  std::size_t size_ = 0;
};

// UTF-8 to characters in pieces; bytes that are none are dropped and counted.
class FromUtf8 {
 public:
  template <class Take>
  void feed(base::View bytes, std::uint64_t& bad, Take take) {
    for (const std::uint8_t b : bytes) {
      if (more_ > 0 && (b & 0xC0) == 0x80) {
        value_ = value_ << 6 | (b & 0x3F);
        if (--more_ == 0) take(value_);
        continue;
      }
      bad += more_ > 0;
      more_ = 0;
      if (b < 0x80) take(b);
      else if (b >= 0xC2 && b < 0xE0) value_ = b & 0x1F, more_ = 1;
      else if (b >= 0xE0 && b < 0xF0) value_ = b & 0x0F, more_ = 2;
      else if (b >= 0xF0 && b < 0xF5) value_ = b & 0x07, more_ = 3;
      else ++bad;
    }
  }

 private:
  std::uint32_t value_ = 0;
  unsigned more_ = 0;
};

constexpr std::size_t kDecide = 512;  // bytes from the first that is not ASCII on, by which the encoding is told

// Well-formed but for a character that the end cuts.
bool looks_utf8(base::View bytes) {
  for (std::size_t drop = 0; drop < 4 && drop <= bytes.size(); ++drop)
    if (base::is_utf8(bytes.first(bytes.size() - drop))) return true;
  return false;
}

}  // namespace

struct Printer::State {
  enum class Encoding : std::uint8_t { unknown, utf8, gb18030 };

  crypto::Hasher bytes, text;
  std::uint64_t size = 0, bad = 0, control = 0, characters = 0;
  bool whole = true;
  Encoding encoding = Encoding::unknown;
  base::Bytes held;
  FromUtf8 utf8;
  std::unique_ptr<FromGb18030> gb;
  std::array<std::uint32_t, kGram> last{};
  std::uint64_t rolling = 0;
  BitCounts bits;
  std::array<std::uint64_t, kBins> least;
  base::Bytes pending;  // characters as compared, on their way into `text`

  State() { least.fill(std::numeric_limits<std::uint64_t>::max()); }

  void character(std::uint32_t c) {
    if (c >= 0xFF01 && c <= 0xFF5E) c -= 0xFEE0;
    if (c >= 'A' && c <= 'Z') c += 32;
    if (c <= 0x20 || c == 0x7F || c == 0xA0 || c == 0x3000 || c == 0xFEFF || (c >= 0x2000 && c <= 0x200F)) {
      control += c < 0x09 || (c > 0x0D && c < 0x20) || c == 0x7F;
      return;
    }
    for (unsigned i = 0; i < 4; ++i) pending.push_back(static_cast<std::uint8_t>(c >> 8 * i));
    if (pending.size() >= 1024) text.update(pending), pending.clear();
    const std::size_t at = characters++ % kGram;
    rolling = rolling * kStep + c - last[at] * power(kGram);
    last[at] = c;
    if (characters >= kGram) gram();
  }

  void gram() {
    if (std::all_of(last.begin(), last.end(), [&](std::uint32_t c) { return c == last[0]; })) return;  // a line of dashes
    const std::uint64_t h = mixed(rolling);
    bits.add(h);
    const std::uint64_t other = mixed(h + kStep);
    std::uint64_t& bin = least[other >> 57];
    bin = std::min(bin, other << 7);
  }

  void decoded(base::View more) {
    const auto take = [this](std::uint32_t c) { character(c); };
    if (encoding == Encoding::gb18030) gb->feed(more, false, bad, [&](base::View out) { utf8.feed(out, bad, take); });
    else utf8.feed(more, bad, take);
  }

  void decide() {
    encoding = looks_utf8(held) ? Encoding::utf8 : Encoding::gb18030;
    if (encoding == Encoding::gb18030) gb = std::make_unique<FromGb18030>();
    decoded(held);
    held.clear();
    held.shrink_to_fit();
  }

  void feed_text(base::View more) {
    if (encoding == Encoding::unknown) {
      if (held.empty()) {
        std::size_t ascii = 0;
        while (ascii < more.size() && more[ascii] < 0x80) character(more[ascii++]);
        more = more.subspan(ascii);
      }
      const std::size_t n = std::min(more.size(), kDecide - held.size());
      held.insert(held.end(), more.begin(), more.begin() + static_cast<std::ptrdiff_t>(n));
      more = more.subspan(n);
      if (held.size() == kDecide) decide();
    }
    if (!more.empty()) decoded(more);
  }

  void finish_text() {
    if (!held.empty()) decide();
    if (gb) gb->feed({}, true, bad, [this](base::View out) { utf8.feed(out, bad, [this](std::uint32_t c) { character(c); }); });
    text.update(pending);
    pending.clear();
  }

  // Of the text, and only when it is one.
  std::optional<Sketch> sketch() {
    if (bits.total() < kMinGrams || (bad + control) * 20 > characters) return std::nullopt;
    Sketch out;
    out.simhash = bits.majority();
    out.grams = static_cast<std::uint32_t>(std::min<std::uint64_t>(bits.total(), std::numeric_limits<std::uint32_t>::max()));
    for (std::size_t i = 0; i < kBins; ++i) {
      std::size_t from = i, steps = 0;
      while (least[from] == std::numeric_limits<std::uint64_t>::max() && steps < kBins) from = (from + 1) % kBins, ++steps;
      out.bins[i] = static_cast<std::uint16_t>(mixed(least[from] + steps) >> 48);
    }
    return out;
  }
};

Printer::Printer() : state_(std::make_unique<State>()) {}
Printer::~Printer() = default;
Printer::Printer(Printer&&) noexcept = default;

void Printer::bytes(base::View content) {
  state_->size += content.size();
  state_->bytes.update(content);
}
void Printer::text(base::View text) { state_->feed_text(text); }
void Printer::hole() { state_->whole = false; }

Print Printer::finish() {
  State& s = *state_;
  s.finish_text();
  Print out;
  out.size = s.size;
  out.whole = s.whole;
  out.bytes = s.bytes.finish();
  out.sketch = s.sketch();
  if (out.sketch) out.text = s.text.finish();
  return out;
}

unsigned hamming(const Sketch& a, const Sketch& b) { return static_cast<unsigned>(std::popcount(a.simhash ^ b.simhash)); }

double jaccard(const Sketch& a, const Sketch& b) {
  std::size_t equal = 0;
  for (std::size_t i = 0; i < kBins; ++i) equal += a.bins[i] == b.bins[i];
  return static_cast<double>(equal) / kBins;
}

bool near(const Sketch& a, const Sketch& b) {
  const double common = jaccard(a, b);
  return common >= 0.7 || (hamming(a, b) <= 3 && common >= 0.4);
}

}  // namespace fengsui::classify
