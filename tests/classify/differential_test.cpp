// The engine held to others: RE2 and Vectorscan in place of the sieve, every instruction set, a slow reading of the rules,
// and itself over any split.
#include <fstream>

#include "bench/corpus.h"
#include "classify/classes.h"
#include "classify/hard_texts.h"
#include "classify/kit.h"
#include "classify/plain_reader.h"
#include "classify/prints.h"
#include "classify/reference.h"
#include "classify/words.h"

using namespace fengsui;
using namespace fengsui::classify;
using namespace fengsui::classify::test;

namespace {

std::uint64_t next(std::uint64_t& s) { return draw(s); }

std::vector<Line> lines(std::string_view text, const AnchorSource* anchors, const std::vector<std::size_t>& cuts = {}) {
  return lines_of(engine()->state(), text, anchors, cuts);
}

void expect_same_as(std::string_view name) {
  const auto other = reference(name);
  if (!other) {
    EXPECT_EQ(other.error().code, base::Errc::unavailable);
    GTEST_SKIP() << other.error().what;
  }
  for (const std::string& text : hard_texts(30'000, 7)) {
    const auto own = lines(text, nullptr), theirs = lines(text, other->get());
    EXPECT_TRUE(own == theirs) << difference(text, own, theirs);
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
    for (const std::string& text : hard_texts(20'000, 7)) EXPECT_TRUE(lines(text, &sieve) == lines(text, &portable)) << id(isa);
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
  for (const std::string& text : hard_texts(8'000, 7)) {
    const auto whole = lines(text, nullptr);
    for (int round = 0; round < 6; ++round) {
      std::vector<std::size_t> cuts;
      const std::size_t most = round < 2 ? 7 : round < 4 ? 600 : 9000;
      for (std::size_t at = next(r) % most; at < text.size(); at += next(r) % most) cuts.push_back(at);
      const auto split = lines(text, nullptr, cuts);
      EXPECT_TRUE(whole == split) << difference(text, whole, split);
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
    EXPECT_TRUE(whole == theirs) << kind << " " << difference(text, whole, theirs);
    std::vector<std::size_t> cuts;
    for (std::size_t at = next(r) % 300; at < text.size(); at += next(r) % 300) cuts.push_back(at);
    const auto split = lines(text, nullptr, cuts);
    EXPECT_TRUE(whole == split) << kind << " " << difference(text, whole, split);
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
