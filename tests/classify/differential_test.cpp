// The engine held to others: RE2 and Vectorscan in place of the sieve, every instruction set, a slow reading of the rules,
// and itself over any split.
#include <fstream>

#include "classify/classes.h"
#include "classify/kit.h"
#include "classify/plain_reader.h"
#include "classify/prints.h"
#include "classify/reference.h"
#include "classify/scan.h"
#include "classify/words.h"
#include "bench/corpus.h"

using namespace fengsui;
using namespace fengsui::classify;
using namespace fengsui::classify::test;

namespace {

std::uint64_t next(std::uint64_t& s) {
  s ^= s << 13, s ^= s >> 7, s ^= s << 17;
  return s;
}

struct Line {
  std::uint64_t start, length;
  int type, state, confidence;
  std::uint64_t reasons;
  auto operator<=>(const Line&) const = default;
};

std::vector<Line> lines(std::string_view text, const AnchorSource* anchors, const std::vector<std::size_t>& cuts = {}) {
  std::vector<Line> out;
  const OnHit on = [](void* self, const Hit& h, base::View, std::uint64_t base) {
    static_cast<std::vector<Line>*>(self)->push_back({base + h.start, h.end - h.start, static_cast<int>(h.type), static_cast<int>(h.state), h.confidence, h.reasons});
  };
  Stream stream(engine()->state(), anchors);
  std::size_t at = 0;
  for (std::size_t cut : cuts) {
    stream.feed(base::view(text.substr(at, cut - at)), on, &out);
    at = cut;
  }
  stream.feed(base::view(text.substr(at)), on, &out);
  stream.finish(on, &out);
  return out;
}

// Swaps bytes of a corpus for bytes that matter to the rules.
std::string mutated(std::string text, std::uint64_t seed) {
  const std::string spice = std::string("0123456789 -.*#xX@,:\n\"") + "\xEF\xBC\x91\xA3\xB1\xE2\x80\x8B\xC2\xA0" "AEZ";
  for (std::size_t n = text.size() / 40; n-- > 0;) text[next(seed) % text.size()] = spice[next(seed) % spice.size()];
  return text;
}

// Writes some runs of digits as people also write them: full width, in groups, with a zero-width character, masked.
std::string rewritten(const std::string& text, std::uint64_t seed) {
  const std::string_view between[] = {" ", "-", ".", "\xE2\x80\x8B", "\xEF\xBC\x8D", "\xC2\xA0", "  ", "\xE2\x80\x93"};
  std::string out;
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    while (end < text.size() && digit(text[end])) ++end;
    if (end - i < 7 || next(seed) % 2 == 0) {
      out += text.substr(i, std::max<std::size_t>(end - i, 1));
      i = std::max(end, i + 1);
      continue;
    }
    const std::uint64_t way = next(seed) % 4, every = 3 + next(seed) % 3;
    const std::string_view gap = between[next(seed) % 8];
    for (std::size_t k = i; k < end; ++k) {
      if (way == 1 && k > i && (k - i) % every == 0) out += gap;
      if (way == 2 && k >= i + 3 && k + 4 < end) out += '*';
      else if (way == 0 || (way == 3 && next(seed) % 3 == 0)) out += {'\xEF', '\xBC', static_cast<char>(0x90 + text[k] - '0')};
      else out += text[k];
    }
    i = end;
  }
  return out;
}

std::vector<std::string> corpora(std::size_t bytes) {
  std::vector<std::string> out;
  for (const auto form : {bench::Form::csv, bench::Form::json, bench::Form::log})
    for (const std::uint64_t spacing : {52u, 300u}) {
      out.push_back(bench::corpus({form, bytes, spacing, 7 + spacing}));
      out.push_back(mutated(out.back(), 99 + spacing));
      out.push_back(to_gb18030(out[out.size() - 2]));
      out.push_back(rewritten(out[out.size() - 3], 31 + spacing));
      out.push_back(to_gb18030(out.back()));
      out.push_back(mutated(out[out.size() - 2], 77 + spacing));
    }
  std::uint64_t r = 5;
  std::string noise;
  while (noise.size() < bytes) {  // digits, separators and full width close together
    const char* parts[] = {"1", "38", "510107", "19900307", "6222", "0012", "-", " ", ".", "*", "X", "\xEF\xBC\x93", "\xE2\x80\x8B", "\n", "+86", "0825", ":", "a", "川A", "E"};
    noise += parts[next(r) % 20];
  }
  out.push_back(noise);
  return out;
}

std::string where(const std::vector<Line>& a, const std::vector<Line>& b) {
  std::size_t i = 0;
  while (i < a.size() && i < b.size() && a[i] == b[i]) ++i;
  const auto one = [&](const std::vector<Line>& v) {
    return i < v.size() ? std::string(kTypeIds[static_cast<std::size_t>(v[i].type)]) + "@" + std::to_string(v[i].start) + "+" + std::to_string(v[i].length) : "end";
  };
  return "first difference: " + one(a) + " / " + one(b);
}

// The bytes around the first difference, as C would write them.
std::string excerpt(std::string_view text, const std::vector<Line>& a, const std::vector<Line>& b) {
  std::size_t i = 0;
  while (i < a.size() && i < b.size() && a[i] == b[i]) ++i;
  const std::uint64_t at = std::min(i < a.size() ? a[i].start : text.size(), i < b.size() ? b[i].start : text.size());
  std::string out = "\n";
  for (const char c : text.substr(at > 20 ? at - 20 : 0, 80)) {
    constexpr std::string_view hex = "0123456789ABCDEF";
    const auto u = static_cast<unsigned char>(c);
    if (u >= ' ' && u < 0x7F) out += c;
    else out += {'\\', 'x', hex[u >> 4], hex[u & 15]};
  }
  return out;
}

void expect_same_as(std::string_view name) {
  const auto other = reference(name);
  if (!other) {
    EXPECT_EQ(other.error().code, base::Errc::unavailable);
    GTEST_SKIP() << other.error().what;
  }
  for (const std::string& text : corpora(60'000)) {
    const auto own = lines(text, nullptr), theirs = lines(text, other->get());
    EXPECT_TRUE(own == theirs) << where(own, theirs) << excerpt(text, own, theirs);
  }
}

}  // namespace

TEST(Differential, Re2FindsTheSame) { expect_same_as("re2"); }
TEST(Differential, VectorscanFindsTheSame) { expect_same_as("vectorscan"); }

TEST(Differential, EveryInstructionSetFindsTheSame) {
  const Sieve portable(Isa::portable);
  for (const Isa isa : kIsas) {
    if (isa > best_isa()) continue;
    const Sieve sieve(isa);
    for (const std::string& text : corpora(40'000)) EXPECT_TRUE(lines(text, &sieve) == lines(text, &portable)) << id(isa);
  }
}

TEST(Differential, EveryInstructionSetSeesTheSamePrints) {
  WordPrints prints;
  const std::string_view words[] = {"身份证", "证件号", "id", "Tel", "\xC9\xED\xB7\xDD", "手机", "passwd", "\xFF\x01\x80"};
  for (int bucket = 0; bucket < 8; ++bucket)
    for (std::size_t place = 0; place < WordPrints::kPlaces; ++place) {
      const std::string_view word = words[bucket];
      const std::size_t at = WordPrints::kAt[place];
      if (at >= word.size()) prints.accept_any(bucket, place);
      else prints.accept(bucket, place, static_cast<std::uint8_t>(word[at]));
    }
  std::uint64_t r = 17;
  std::string text;
  while (text.size() < 20'000) {
    if (next(r) % 3 == 0) text += words[next(r) % 8];
    else text += static_cast<char>(next(r));
  }
  const auto* data = reinterpret_cast<const std::uint8_t*>(text.data());
  for (std::size_t at = 0; at + kPrintsBefore + kPrintsAfter <= text.size(); ++at) {
    const std::uint8_t *before = data + at, *after = data + text.size() - kPrintsAfter - at;
    const PrintStarts slow = prints_portable(prints, before, after);
    for (const Isa isa : kIsas) {
      if (isa > best_isa()) continue;
      const PrintStarts fast = prints_for(isa)(prints, before, after);
      ASSERT_TRUE(fast.before == slow.before && fast.after == slow.after) << id(isa) << " " << at;
    }
    for (std::uint64_t k = 0; k < 48; ++k)  // by hand: each word that stands there whole
      for (const std::string_view word : words) ASSERT_TRUE(text.compare(at + k, word.size(), word) != 0 || (slow.before >> k & 1) != 0);
  }
}

TEST(Differential, EveryInstructionSetSeesTheSameClasses) {
  std::uint64_t r = 23;
  std::string text;
  while (text.size() < 8'000) text += static_cast<char>(next(r) % 3 == 0 ? next(r) : ' ' + next(r) % 96);
  for (std::size_t at = 0; at + 64 <= text.size(); ++at) {
    const auto* p = reinterpret_cast<const std::uint8_t*>(text.data()) + at;
    Classes wanted{};
    for (std::size_t k = 0; k < 64; ++k) {  // by hand
      const std::uint64_t bit = std::uint64_t{1} << k;
      const std::uint8_t c = p[k];
      if (c >= '0' && c <= '9') wanted.digit |= bit;
      if (c >= 'a' && c <= 'z') wanted.small |= bit, wanted.letter |= bit;
      if (c >= 'A' && c <= 'Z') wanted.letter |= bit;
      if (c == '*' || c == '#') wanted.mask |= bit;
      if (c == ' ' || c == '-' || c == '.') wanted.separator |= bit;
      if (c >= 0x80) wanted.high |= bit;
    }
    for (const Isa isa : kIsas) {
      if (isa > best_isa()) continue;
      Classes c{};
      classes_for(isa)(p, c);
      ASSERT_TRUE(c.digit == wanted.digit && c.letter == wanted.letter && c.small == wanted.small && c.mask == wanted.mask &&
                  c.separator == wanted.separator && c.high == wanted.high) << id(isa) << " " << at;
    }
  }
}

TEST(Differential, AnySplitFindsTheSame) {
  std::uint64_t r = 11;
  for (const std::string& text : corpora(20'000)) {
    const auto whole = lines(text, nullptr);
    for (int round = 0; round < 6; ++round) {
      std::vector<std::size_t> cuts;
      const std::size_t most = round < 2 ? 7 : round < 4 ? 600 : 9000;
      for (std::size_t at = next(r) % most; at < text.size(); at += next(r) % most) cuts.push_back(at);
      const auto split = lines(text, nullptr, cuts);
      EXPECT_TRUE(whole == split) << where(whole, split);
    }
  }
}

TEST(Differential, FloodsAreReadTheSameInEveryWay) {
  const auto other = reference("re2");
  ASSERT_TRUE(other) << other.error().what;
  const Sieve portable(Isa::portable);
  std::uint64_t r = 19;
  for (const std::string_view kind : bench::kFloods) {
    const std::string flood = bench::flood(kind, 6'000);
    ASSERT_EQ(flood.size(), 6'000u) << kind;
    const std::string text = flood + "\n身份证 510107199003071236，\n" + mutated(flood, 5);
    const auto whole = lines(text, nullptr);
    EXPECT_FALSE(whole.empty()) << kind;
    EXPECT_TRUE(whole == lines(text, &portable)) << kind;
    const auto theirs = lines(text, other->get());
    EXPECT_TRUE(whole == theirs) << kind << " " << where(whole, theirs);
    std::vector<std::size_t> cuts;
    for (std::size_t at = next(r) % 300; at < text.size(); at += next(r) % 300) cuts.push_back(at);
    const auto split = lines(text, nullptr, cuts);
    EXPECT_TRUE(whole == split) << kind << " " << where(whole, split);
  }
}

TEST(Differential, ASplitAtEachByteFindsTheSame) {
  const std::string text = "手机：138 0013 8000，身份证 510107199003071236；zhang.san@suining.gov.cn 6228 4800 0000 0000 018 川A8K6D2 5109**********1234 10.1.20.30\n";
  const std::string all = text + std::string(500, ' ') + text;
  const auto whole = lines(all, nullptr);
  EXPECT_GE(whole.size(), 14u);
  for (std::size_t cut = 1; cut < all.size(); ++cut) EXPECT_TRUE(lines(all, nullptr, {cut}) == whole) << cut;
}

TEST(Differential, TheSlowReadingOfTheRulesFindsTheSame) {
  std::set<std::string> areas;
  std::set<std::pair<std::string, std::size_t>> bins;
  std::ifstream area_file(FENGSUI_SOURCE_DIR "/rules/areas/gb2260.txt"), bin_file(FENGSUI_SOURCE_DIR "/rules/bins/unionpay.txt");
  for (std::string line; std::getline(area_file, line);)
    if (line[0] != '#') areas.insert(line[0] == '-' ? line.substr(1) : line);
  for (std::string line; std::getline(bin_file, line);)
    if (line[0] != '#') bins.insert({line.substr(0, line.find(' ')), std::stoul(line.substr(line.find(' ') + 1))});
  ASSERT_GT(areas.size(), 7000u);
  const PlainReader reader(areas, bins);

  std::uint64_t r = 3;
  std::string text;
  std::vector<std::string> areas_list(areas.begin(), areas.end());
  for (int i = 0; i < 4000; ++i) {
    std::string value = bench::identifier(static_cast<unsigned>(next(r) % 4), r);
    if (next(r) % 3 == 0) value[next(r) % value.size()] = static_cast<char>('0' + next(r) % 10);
    if (next(r) % 7 == 0) value = std::to_string(next(r));
    if (next(r) % 9 == 0) value += static_cast<char>('0' + next(r) % 10);
    if (next(r) % 5 == 0 && value.size() == 18) value.replace(0, 6, areas_list[next(r) % areas_list.size()]);
    text += value + "\n;\n";
  }
  std::vector<Found> own;
  for (const auto& d : engine()->detect(base::view(text)))
    if (d.state == model::ValueState::clear && (d.type == "citizen_id" || d.type == "uscc" || d.type == "bank_card" || d.type == "mobile"))
      own.push_back({std::string(d.type), d.offset, d.offset + d.length});
  std::sort(own.begin(), own.end(), [](const Found& a, const Found& b) { return a.start < b.start; });
  const auto slow = reader.read(text);
  EXPECT_GT(slow.size(), 2000u);
  ASSERT_EQ(own.size(), slow.size());
  for (std::size_t i = 0; i < own.size(); ++i)
    EXPECT_TRUE(own[i] == slow[i]) << own[i].type << " " << slow[i].type << " " << text.substr(slow[i].start, slow[i].end - slow[i].start);
}
