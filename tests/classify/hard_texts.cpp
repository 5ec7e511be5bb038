#include "classify/hard_texts.h"

#include <algorithm>

#include "bench/corpus.h"
#include "classify/words.h"

namespace fengsui::classify::test {
namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }
bool high(char c) { return static_cast<unsigned char>(c) >= 0x80; }

constexpr std::string_view kHan[] = {"零", "一", "二", "三", "四", "五", "六", "七", "八", "九"};

// Digits, separators, full width and mask signs close together.
std::string noise(std::size_t bytes, std::uint64_t seed) {
  constexpr std::string_view parts[] = {"1", "38", "510107", "19900307", "6222", "0012", "-", " ", ".", "*", "X", "\xEF\xBC\x93", "\xE2\x80\x8B", "\n",
                                        "+86", "0825", ":", "a", "川A", "E", "\xA3\xB1", "\xA3\xB8\xA3", "\xEF\xBC", "\xC2\xA0", "一三八", "\xA1\xA4", "_", "/"};
  std::string out;
  while (out.size() < bytes) out += parts[draw(seed) % std::size(parts)];
  return out;
}

}  // namespace

std::uint64_t draw(std::uint64_t& s) {
  s ^= s << 13, s ^= s >> 7, s ^= s << 17;
  return s;
}

std::string mutated(std::string text, std::uint64_t seed) {
  const std::string spice = std::string("0123456789 -.*#xX@,:\n\"") + "\xEF\xBC\x91\xA3\xB1\xE2\x80\x8B\xC2\xA0" "AEZ_/";
  for (std::size_t n = text.size() / 40; n-- > 0;) {
    const char c = spice[draw(seed) % spice.size()];
    text[draw(seed) % text.size()] = c;
  }
  return text;
}

std::string damaged(std::string_view text, std::uint64_t seed) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool beside = high(text[i]) || (i > 0 && high(text[i - 1]));
    const std::uint64_t way = beside ? draw(seed) % 24 : 23;
    if (way == 0) continue;
    if (way == 2 && i + 1 < text.size()) out += text[i + 1];
    if (way == 3) out += static_cast<char>('0' + draw(seed) % 10);
    if (way == 4) out += "\xA3\xEF\xBC\xB1\xE2\x80"[draw(seed) % 6];
    out += text[i];
    if (way == 1) out += text[i];
  }
  return out;
}

std::string rewritten(std::string_view text, std::uint64_t seed) {
  constexpr std::string_view between[] = {" ", "-", ".", "\xE2\x80\x8B", "\xEF\xBC\x8D", "\xC2\xA0", "  ", "\xE2\x80\x93", "_", "/", "\xE2\x81\xA0", "\xE3\x80\x80"};
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    while (end < text.size() && digit(text[end])) ++end;
    if (end - i < 7 || draw(seed) % 2 == 0) {
      out += text.substr(i, std::max<std::size_t>(end - i, 1));
      i = std::max(end, i + 1);
      continue;
    }
    const std::uint64_t way = draw(seed) % 5, every = 3 + draw(seed) % 3;
    const std::string_view gap = between[draw(seed) % std::size(between)];
    for (std::size_t k = i; k < end; ++k) {
      const bool wide = way == 0 || (way == 3 && draw(seed) % 3 == 0);
      if (way == 1 && k > i && (k - i) % every == 0) out += gap;
      if (way == 2 && k >= i + 3 && k + 4 < end) out += '*';
      else if (way == 4) out += kHan[text[k] - '0'];
      else if (wide) out += {'\xEF', '\xBC', static_cast<char>(0x90 + text[k] - '0')};
      else out += text[k];
    }
    i = end;
  }
  return out;
}

std::vector<std::string> hard_texts(std::size_t bytes, std::uint64_t seed) {
  std::vector<std::string> out;
  for (const auto form : {bench::Form::csv, bench::Form::json, bench::Form::log})
    for (const std::uint64_t spacing : {52u, 300u}) {
      const std::uint64_t own = seed * 1000 + spacing;
      const std::string plain = bench::corpus({form, bytes, spacing, own}), other = rewritten(plain, own + 31);
      const std::string gb = to_gb18030(other);
      for (const std::string& text : {plain, mutated(plain, own + 99), to_gb18030(plain), other, gb, mutated(other, own + 77), mutated(gb, own + 78), damaged(other, own + 79), damaged(gb, own + 80)})
        out.push_back(text);
    }
  out.push_back(noise(bytes, seed * 1000 + 5));
  return out;
}

std::vector<Line> lines_of(const Engine::State& engine, std::string_view text, const AnchorSource* anchors, const std::vector<std::size_t>& cuts) {
  std::vector<Line> out;
  const OnHit on = [](void* self, const Hit& h, base::View, std::uint64_t base) {
    static_cast<std::vector<Line>*>(self)->push_back({base + h.start, h.end - h.start, static_cast<int>(h.type), static_cast<int>(h.state), h.confidence, h.reasons});
  };
  Stream stream(engine, anchors);
  std::size_t at = 0;
  for (std::size_t cut : cuts) {
    stream.feed(base::view(text.substr(at, cut - at)), on, &out);
    at = cut;
  }
  stream.feed(base::view(text.substr(at)), on, &out);
  stream.finish(on, &out);
  return out;
}

std::string difference(std::string_view text, const std::vector<Line>& a, const std::vector<Line>& b) {
  std::size_t i = 0;
  while (i < a.size() && i < b.size() && a[i] == b[i]) ++i;
  const auto one = [&](const std::vector<Line>& v) {
    if (i >= v.size()) return std::string("end");
    const Line& l = v[i];
    return std::string(kTypeIds[static_cast<std::size_t>(l.type)]) + "@" + std::to_string(l.start) + "+" + std::to_string(l.length) + " state " + std::to_string(l.state) + " of " +
           std::to_string(l.confidence) + " for " + std::to_string(l.reasons);
  };
  std::string out = "first difference: " + one(a) + " / " + one(b) + "\n";
  const std::uint64_t at = std::min(i < a.size() ? a[i].start : text.size(), i < b.size() ? b[i].start : text.size());
  for (const char c : text.substr(at > 40 ? at - 40 : 0, 120)) {
    constexpr std::string_view hex = "0123456789ABCDEF";
    const auto u = static_cast<unsigned char>(c);
    if (u >= ' ' && u < 0x7F) out += c;
    else out += {'\\', 'x', hex[u >> 4], hex[u & 15]};
  }
  return out;
}

}  // namespace fengsui::classify::test
