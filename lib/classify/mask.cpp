#include "classify/mask.h"

#include <algorithm>
#include <vector>

#include "base/encode.h"

namespace fengsui::classify {

std::string masked_sample(std::string_view value, unsigned head, unsigned tail) {
  constexpr std::size_t kLongest = 40;
  const bool utf8 = base::is_utf8(base::view(value));
  std::vector<std::string_view> characters;
  for (std::size_t i = 0; i < value.size();) {
    std::size_t n = 1;
    while (utf8 && i + n < value.size() && (static_cast<unsigned char>(value[i + n]) & 0xC0) == 0x80) ++n;
    characters.push_back(value.substr(i, n));
    i += n;
  }
  const std::size_t count = characters.size(), half = count / 2;
  std::size_t first = std::min<std::size_t>({head, 3, half});
  const std::size_t last = std::min<std::size_t>({tail, 2, half - first});
  std::string out;
  const auto show = [&](std::string_view c) { out += c.size() == 1 && static_cast<unsigned char>(c[0]) >= 0x80 ? "?" : c; };
  for (std::size_t i = 0; i < first; ++i) show(characters[i]);
  out.append(std::min(count - first - last, kLongest - first - last), '*');
  for (std::size_t i = count - last; i < count; ++i) show(characters[i]);
  return out;
}

}  // namespace fengsui::classify
