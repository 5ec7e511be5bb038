#include "classify/words.h"

#include <iconv.h>

#include <algorithm>

namespace fengsui::classify {
namespace {

constexpr std::uint8_t lower(std::uint8_t c) { return c >= 'A' && c <= 'Z' ? static_cast<std::uint8_t>(c + 32) : c; }
bool letter(std::uint8_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::size_t index_of(std::uint8_t a, std::uint8_t b) { return static_cast<std::size_t>(a) << 8 | b; }

}  // namespace

std::string to_gb18030(std::string_view utf8) {
  iconv_t converter = iconv_open("GB18030", "UTF-8");
  if (converter == reinterpret_cast<iconv_t>(-1)) return {};
  std::string in(utf8), out(utf8.size() * 4 + 4, '\0');
  char* from = in.data();
  char* to = out.data();
  std::size_t left = in.size(), room = out.size();
  const bool ok = iconv(converter, &from, &left, &to, &room) != static_cast<std::size_t>(-1);
  iconv_close(converter);
  if (!ok) return {};
  out.resize(out.size() - room);
  return out;
}

void Words::add(std::string_view word, Type type, bool against) {
  if (word.size() < 2) return;
  std::uint32_t label = 0;
  const std::string context = "context:" + std::string(word);
  while (label < labels_.size() && labels_[label].context != context) ++label;
  if (label == labels_.size()) labels_.push_back({context, "column:" + std::string(word)});
  std::string bytes;
  for (char c : word) bytes.push_back(static_cast<char>(lower(static_cast<std::uint8_t>(c))));
  add_bytes(bytes, label, type, against);
  const std::string gb = to_gb18030(bytes);
  if (!gb.empty() && gb != bytes) add_bytes(gb, label, type, against);
}

void Words::add_bytes(std::string bytes, std::uint32_t label, Type type, bool against) {
  auto at = std::find_if(words_.begin(), words_.end(), [&](const Word& w) { return w.bytes == bytes; });
  if (at == words_.end()) {
    const bool ascii = std::all_of(bytes.begin(), bytes.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    words_.push_back({std::move(bytes), 0, 0, label, ascii});
    at = words_.end() - 1;
  }
  (against ? at->against : at->types) |= bit(type);
}

void Words::seal(Isa isa) {
  std::sort(words_.begin(), words_.end(), [](const Word& a, const Word& b) {
    return std::lexicographical_compare(a.bytes.begin(), a.bytes.end(), b.bytes.begin(), b.bytes.end(),
                                        [](char x, char y) { return static_cast<unsigned char>(x) < static_cast<unsigned char>(y); });
  });
  first_.assign(65536, 0);
  last_.assign(65536, 0);
  for (std::size_t i = 0; i < words_.size(); ++i) {
    const std::size_t k = index_of(static_cast<std::uint8_t>(words_[i].bytes[0]), static_cast<std::uint8_t>(words_[i].bytes[1]));
    if (last_[k] == 0) first_[k] = static_cast<std::uint16_t>(i);
    last_[k] = static_cast<std::uint16_t>(i + 1);
    const std::uint32_t types = words_[i].types | words_[i].against;
    for (std::size_t place = 0; place < 3; ++place) {
      if (place >= words_[i].bytes.size()) {
        for (auto& any : filter_[place]) any |= types;
        continue;
      }
      const auto c = static_cast<std::uint8_t>(words_[i].bytes[place]);
      filter_[place][c] |= types;
      if (c >= 'a' && c <= 'z') filter_[place][c - 32u] |= types;
    }
  }
  for (std::size_t t = 0; t < kTypes; ++t) make_prints(static_cast<Type>(t));
  print_ = prints_for(isa);
}

// Words are sorted, so that neighbours, which share their first bytes, share a bucket.
void Words::make_prints(Type type) {
  std::vector<const Word*> speaking;
  for (const Word& word : words_)
    if (((word.types | word.against) & bit(type)) != 0) speaking.push_back(&word);
  WordPrints& prints = prints_[static_cast<std::size_t>(type)];
  prints = WordPrints{};
  for (std::size_t i = 0; i < speaking.size(); ++i) {
    const int bucket = static_cast<int>(i * 8 / speaking.size());
    for (std::size_t place = 0; place < WordPrints::kPlaces; ++place) {
      if (WordPrints::kAt[place] >= speaking[i]->bytes.size()) {
        prints.accept_any(bucket, place);
        continue;
      }
      const auto c = static_cast<std::uint8_t>(speaking[i]->bytes[WordPrints::kAt[place]]);
      prints.accept(bucket, place, c);
      if (c >= 'a' && c <= 'z') prints.accept(bucket, place, static_cast<std::uint8_t>(c - 32));
    }
  }
}

// The words that start at `i` and end by `to`.
template <class Take>
void Words::words_at(base::View bytes, std::size_t i, std::size_t to, Take take) const {
  const std::size_t k = index_of(lower(bytes[i]), lower(bytes[i + 1]));
  for (std::size_t w = first_[k]; w < last_[k]; ++w) {
    const Word& word = words_[w];
    const std::size_t n = word.bytes.size();
    if (n > to - i || (n > 2 && static_cast<std::uint8_t>(word.bytes[n - 1]) != lower(bytes[i + n - 1]))) continue;
    std::size_t same = 2;
    while (same < n && lower(bytes[i + same]) == static_cast<std::uint8_t>(word.bytes[same])) ++same;
    if (same != n) continue;
    if (word.ascii && n < 5) {  // a short word stands alone: "id" is not in "valid"; idCard and id_card are fine
      if (i > 0 && letter(bytes[i - 1]) && !(bytes[i] >= 'A' && bytes[i] <= 'Z' && bytes[i - 1] >= 'a')) continue;
      if (i + n < bytes.size() && bytes[i + n] >= 'a' && bytes[i + n] <= 'z') continue;
    }
    take(i, w);
  }
}

template <class Take>
void Words::each(base::View bytes, std::size_t from, std::size_t to, std::uint32_t types, Take take) const {
  for (std::size_t i = from; i + 1 < to; ++i) {
    const std::uint32_t third = i + 2 < to ? filter_[2][bytes[i + 2]] : ~0u;
    if ((filter_[0][bytes[i]] & filter_[1][bytes[i + 1]] & third & types) != 0) words_at(bytes, i, to, take);
  }
}

void Words::look_ahead(base::View bytes, std::size_t from, const WordPrints& prints, Clean& clean) const {
  constexpr std::size_t kFar = 1024;
  std::size_t p = from;
  for (; p < from + kFar && p + kPrintsBefore + kPrintsAfter <= bytes.size(); p += kContextBefore + kContextAfter) {
    const PrintStarts starts = print_(prints, bytes.data() + p, bytes.data() + p + kContextBefore);
    if ((starts.before | starts.after) != 0) break;
  }
  clean.from = from;
  clean.to = p;
}

Words::Near Words::near(base::View bytes, std::size_t start, std::size_t end, Type type, Clean& clean) const {
  static_assert(kContextBefore == 48 && kContextAfter == 16);
  Near out;
  if (clean.around(start, end)) return out;
  const std::uint32_t one = bit(type);
  const WordPrints& prints = prints_[static_cast<std::size_t>(type)];
  // Of the last words that fit: a word has at least two bytes, and bytes at the edge of the buffer stand before and behind zeros.
  const std::size_t from = start > kContextBefore ? start - kContextBefore : 0, to = std::min(bytes.size(), end + kContextAfter);
  PrintStarts starts{0, 0};
  if (from + kContextBefore == start && end + kPrintsAfter <= bytes.size()) {
    starts = print_(prints, bytes.data() + from, bytes.data() + end);
  } else {
    std::array<std::uint8_t, kPrintsBefore> before{};
    std::array<std::uint8_t, kPrintsAfter> after{};
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(from), std::min(bytes.size() - from, before.size()), before.begin());
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(end), std::min(bytes.size() - end, after.size()), after.begin());
    starts = print_(prints, before.data(), after.data());
  }
  const bool close = start - clean.last < 64;
  clean.last = start;
  clean.close = close && (starts.before | starts.after) == 0 ? clean.close + 1 : 0;
  if ((starts.before | starts.after) == 0) {
    if (clean.close >= 4) look_ahead(bytes, from, prints, clean);
    return out;
  }

  std::size_t best = SIZE_MAX, worst = SIZE_MAX, best_size = 0;
  const auto see = [&](std::size_t distance, std::size_t w) {
    const Word& word = words_[w];
    if ((word.types & one) != 0 && (distance < best || (distance == best && word.bytes.size() > best_size))) {
      best = distance;
      best_size = word.bytes.size();
      out.word = static_cast<int>(w);
    }
    if ((word.against & one) != 0) worst = std::min(worst, distance);
  };
  const auto each_start = [&](std::uint64_t bits, std::size_t first, std::size_t last, auto take) {
    if (last < first + 2) return;
    for (bits &= ~std::uint64_t{0} >> (65 - (last - first)); bits != 0; bits &= bits - 1)
      words_at(bytes, first + static_cast<std::size_t>(__builtin_ctzll(bits)), last, take);
  };
  each_start(starts.before, from, start, [&](std::size_t at, std::size_t w) { see(start - at - words_[w].bytes.size(), w); });
  if (out.word < 0) {
    each_start(starts.after, end, to, [&](std::size_t at, std::size_t w) {
      if ((words_[w].types & one) != 0) see(at - end, w);
    });
  }
  out.against = worst < best;
  return out;
}

std::uint32_t Words::named(base::View name, std::uint32_t& against, int& word) const {
  std::uint32_t types = 0;
  std::size_t longest = 0;
  against = 0;
  word = -1;
  each(name, 0, name.size(), ~0u, [&](std::size_t, std::size_t w) {
    const Word& found = words_[w];
    against |= found.against;
    types |= found.types;
    if (found.types != 0 && found.bytes.size() > longest) {
      longest = found.bytes.size();
      word = static_cast<int>(w);
    }
  });
  return types;
}

}  // namespace fengsui::classify
