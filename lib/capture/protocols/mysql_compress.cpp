#include "capture/protocols/mysql_compress.h"

#include <algorithm>

namespace fengsui::capture {
namespace {

constexpr std::uint32_t kExpansionFree = 1u << 20;  // as of bodies: small packets may expand as they like
constexpr std::uint8_t kZstdMagic = 0x28;           // RFC 8878 section 3.1.1; zlib begins with 0x?8 of method 8 and window up to 7

}  // namespace

void MysqlUnpack::reset() {
  head_size_ = 0;
  left_ = unpacked_ = 0;
  packed_ = first_ = false;
  coding_.reset();
}

MysqlUnpack::Step MysqlUnpack::head(base::View& in, std::uint32_t max_expansion) {
  const std::size_t n = std::min(head_.size() - head_size_, in.size());
  std::copy_n(in.begin(), n, head_.begin() + static_cast<std::ptrdiff_t>(head_size_));
  in = in.subspan(n);
  head_size_ += n;
  if (head_size_ < head_.size()) return Step::more;
  head_size_ = 0;
  base::Reader reader{base::View(head_)};
  left_ = reader.u24le();
  reader.skip(1);
  unpacked_ = reader.u24le();
  packed_ = unpacked_ != 0;
  first_ = true;
  if (packed_ && left_ == 0) return Step::bad;
  if (packed_ && unpacked_ > kExpansionFree && unpacked_ / max_expansion > left_) return Step::expansion;
  return Step::more;
}

MysqlUnpack::Step MysqlUnpack::step(base::View& in, std::span<std::uint8_t> out, std::size_t& written, std::uint32_t max_expansion) {
  written = 0;
  if (left_ == 0 && unpacked_ == 0) {
    if (const Step step = head(in, max_expansion); step != Step::more || head_size_ != 0 || left_ == 0) return step;
  }
  base::View chunk = in.first(std::min<std::size_t>(left_, in.size()));
  if (!packed_) {
    written = std::min(chunk.size(), out.size());
    std::copy_n(chunk.begin(), written, out.begin());
    in = in.subspan(written);
    left_ -= static_cast<std::uint32_t>(written);
    return Step::more;
  }
  if (first_) {
    if (chunk.empty()) return Step::more;
    coding_ = open_coding(chunk[0] == kZstdMagic ? "zstd" : "deflate");
    first_ = false;
  }
  const std::size_t before = chunk.size();
  const Coding::Step step = coding_->step(chunk, out, written);
  const std::size_t taken = before - chunk.size();
  in = in.subspan(taken);
  left_ -= static_cast<std::uint32_t>(taken);
  if (step == Coding::Step::bad || written > unpacked_) return Step::bad;
  unpacked_ -= static_cast<std::uint32_t>(written);
  if (left_ == 0 && unpacked_ != 0 && written == 0 && taken == 0) return Step::bad;  // shorter than it was said to be
  if (left_ != 0 && unpacked_ == 0 && before != 0 && taken == 0) return Step::bad;  // longer
  return Step::more;
}

}  // namespace fengsui::capture
