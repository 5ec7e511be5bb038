#include "classify/lexicon.h"

#include <iconv.h>

#include <algorithm>

#include "classify/lines.h"

namespace fengsui::classify {
namespace {

struct Section {
  std::string_view name;
  std::uint32_t word;
};

constexpr Section kSections[] = {
    {"label", kLabel}, {"role", kRole}, {"title", kTitle}, {"before", kBefore}, {"after", kAfter}, {"word", kCommon}, {"tail", kTail},
    {"compound", kCompound}, {"element", kElement}, {"province", kProvince}, {"city", kCity}, {"county", kCounty},
    {"street", kStreet}, {"town", kTown}, {"village", kVillage}, {"estate", kEstate}, {"unit", kUnit}, {"stop", kStop},
    {"place_label", kPlaceLabel}, {"lead", kLead}, {"disease", kDisease}, {"health_label", kHealthLabel}, {"minor", kMinorWord},
    {"birth_label", kBirthLabel}};

std::uint32_t section_of(std::string_view name) {
  for (const Section& s : kSections)
    if (s.name == name) return s.word;
  return 0;
}

constexpr std::size_t kGbRows = 0xFF - 0x81, kGbCells = 0xFF - 0x40;

// Divisions whose names are no names: 新区, 郊区.
constexpr std::u16string_view kOrdinaryAreas = u"新区 郊区 城区 矿区 市区 东区 西区 南区 北区";

// Ends of names of divisions that are left off in speech.
constexpr std::u16string_view kAreaEnds[] = {u"特别行政区", u"维吾尔自治区", u"壮族自治区", u"回族自治区", u"自治区", u"省", u"市", u"地区", u"盟", u"区", u"县"};

}  // namespace

std::u16string characters(std::string_view s) {
  std::u16string out;
  for (std::size_t i = 0; i < s.size();) {
    const auto b = static_cast<unsigned char>(s[i]);
    const auto more = [&](std::size_t k) { return static_cast<unsigned>(static_cast<unsigned char>(s[i + k]) & 0x3F); };
    if (b < 0x80) {
      out.push_back(static_cast<char16_t>(b));
      i += 1;
    } else if (b < 0xE0 && i + 1 < s.size()) {
      out.push_back(static_cast<char16_t>((b & 0x1Fu) << 6 | more(1)));
      i += 2;
    } else if (b < 0xF0 && i + 2 < s.size()) {
      out.push_back(static_cast<char16_t>((b & 0x0Fu) << 12 | more(1) << 6 | more(2)));
      i += 3;
    } else {
      return {};
    }
  }
  return out;
}

void Lexicon::put(std::uint64_t h, std::uint32_t word) {
  if ((used_ + 1) * 2 > places_.size()) {
    std::vector<Place> old(std::max<std::size_t>(1024, places_.size() * 2));
    old.swap(places_);
    mask_ = places_.size() - 1;
    // The place is taken from the high bits, which the tag does not hold: so they are kept beside it.
    std::vector<std::uint64_t> hashes;
    hashes.swap(hashes_);
    hashes_.resize(places_.size());
    used_ = 0;
    for (std::size_t i = 0; i < old.size(); ++i)
      if (old[i].word != 0) put(hashes[i], old[i].word);
  }
  std::size_t at = static_cast<std::size_t>(h >> 40) & mask_;
  while (places_[at].word != 0 && places_[at].tag != static_cast<std::uint32_t>(h)) at = (at + 1) & mask_;
  used_ += places_[at].word == 0;
  places_[at].tag = static_cast<std::uint32_t>(h);
  places_[at].word |= word;
  hashes_[at] = h;
}

bool Lexicon::add(std::string_view utf8, std::uint32_t word) {
  const std::u16string text = characters(utf8);
  if (text.empty() || text.size() > kLongest) return false;
  for (const bool back : {false, true}) {
    std::uint64_t h = back ? kBackSeed : kSeed;
    for (std::size_t k = 0; k < text.size(); ++k) {
      h = step(h, back ? text[text.size() - 1 - k] : text[k]);
      std::uint32_t what = k + 1 == text.size() ? word : kPrefix;
      if (k == 1 && !back && (word & kElement) != 0) what |= kElementBegins;
      if (k == 1 && !back && (word & kDisease) != 0) what |= kDiseaseBegins;
      put(h, what);
    }
  }
  if ((word & (kLabel | kRole | kBefore)) != 0 && in_range(text.back())) kind_[text.back() - kFirst] |= 1u << 6;
  if ((word & (kCompound | kElement)) != 0 && in_range(text.front()))
    trigger_[text.front() - kFirst] |= (word & kCompound) != 0 ? kNameTrigger : kElementTrigger;
  if ((word & kCompound) != 0 && in_range(text.front())) kind_[text.front() - kFirst] |= 1u << 7;
  if ((word & kDisease) != 0 && in_range(text.front())) trigger_[text.front() - kFirst] |= kHealthTrigger;
  return true;
}

bool Lexicon::add_family(std::string_view section, std::string_view word) {
  if (section == "compound") return add(word, kCompound);
  const std::u16string text = characters(word);
  const Family tier = section == "strong" ? Family::strong : section == "usual" ? Family::usual : section == "ambiguous" ? Family::ambiguous
                      : section == "rare" ? Family::rare : Family::none;
  if (tier == Family::none || text.size() != 1 || !in_range(text[0])) return false;
  std::uint8_t& kind = kind_[text[0] - kFirst];
  kind = static_cast<std::uint8_t>((kind & ~7u) | static_cast<unsigned>(tier));
  trigger_[text[0] - kFirst] |= kNameTrigger;
  return true;
}

bool Lexicon::add_given(std::string_view section, std::string_view line) {
  const Given tier = section == "common" ? Given::common : section == "usual" ? Given::usual : section == "doubtful" ? Given::doubtful
                     : section == "never" ? Given::never : Given::unknown;
  if (tier == Given::unknown) return false;
  for (const char16_t c : characters(line)) {
    if (!in_range(c)) return false;
    std::uint8_t& kind = kind_[c - kFirst];
    kind = static_cast<std::uint8_t>((kind & ~0x38u) | static_cast<unsigned>(tier) << 3);
  }
  return true;
}

bool Lexicon::add_area(std::string_view section, std::string_view word) {
  const std::uint32_t kind = section_of(section);
  const std::u16string text = characters(word);
  if ((kind & kAnyArea) == 0) return false;
  if (text.size() == 2 && kOrdinaryAreas.find(text) != std::u16string_view::npos) return true;
  if (!add(word, kind)) return false;
  for (const std::u16string_view end : kAreaEnds) {
    if (!text.ends_with(end)) continue;
    const std::size_t left = text.size() - end.size();
    const std::size_t bytes = word.size() - end.size() * 3;
    if (left >= 2 && !text.ends_with(u"自治县")) return add(word.substr(0, bytes), kind << 0 | kShortArea);
    break;
  }
  return true;
}

namespace {

// Every pair of GBK through iconv, once.
std::vector<char16_t> gb_table() {
  std::vector<char16_t> out(kGbRows * kGbCells, 0xFFFF);
  iconv_t converter = iconv_open("UTF-16LE", "GBK");
  if (converter == reinterpret_cast<iconv_t>(-1)) return out;
  for (unsigned a = 0x81; a <= 0xFE; ++a)
    for (unsigned b = 0x40; b <= 0xFE; ++b) {
      char in[2] = {static_cast<char>(a), static_cast<char>(b)};
      unsigned char two[4];
      char *from = in, *to = reinterpret_cast<char*>(two);
      std::size_t left = 2, room = 4;
      iconv(converter, nullptr, nullptr, nullptr, nullptr);
      if (iconv(converter, &from, &left, &to, &room) != static_cast<std::size_t>(-1) && room == 2)
        out[(a - 0x81) * kGbCells + (b - 0x40)] = static_cast<char16_t>(two[0] | two[1] << 8);
    }
  iconv_close(converter);
  return out;
}

}  // namespace

char16_t Lexicon::from_gb(std::uint8_t a, std::uint8_t b) const {
  return a >= 0x81 && a <= 0xFE && b >= 0x40 && b <= 0xFE ? gb_[(a - 0x81u) * kGbCells + (b - 0x40u)] : char16_t{0xFFFF};
}

void Lexicon::settle() {
  const auto mark = [&](std::u16string_view set, Trigger t) {
    for (const char16_t c : set) trigger_[c - kFirst] |= t;
  };
  mark(u"号栋幢座室单楼组社弄户层", kUnitTrigger);
  mark(u"区苑园庭府城厦寓", kEstateTrigger);
  mark(u"址籍落一幺壹", kPlaceTrigger);
  mark(u"生", kBirthTrigger);
  mark(u"岁", kAgeTrigger);
  gb_ = gb_table();
  trigger_gb_.assign(72 * 94, 0);
  for (unsigned a = 0xB0; a <= 0xF7; ++a)
    for (unsigned b = 0xA1; b <= 0xFE; ++b)
      trigger_gb_[(a - 0xB0) * 94 + (b - 0xA1)] = trigger(from_gb(static_cast<std::uint8_t>(a), static_cast<std::uint8_t>(b)));
  hashes_.clear();
  hashes_.shrink_to_fit();
}

base::Result<std::unique_ptr<const Lexicon>> Lexicon::load(const std::filesystem::path& rules, std::string& digested) {
  auto l = std::make_unique<Lexicon>();
  l->kind_.assign(kLast - kFirst + 1, 0);
  l->trigger_.assign(kLast - kFirst + 1, 0);
  const auto sections = [&](std::string_view section, std::string_view word) {
    const std::uint32_t kind = section_of(section);
    return kind != 0 && l->add(word, kind);
  };
  struct File {
    const char* folder;
    const char* name;
    std::function<bool(std::string_view, std::string_view)> take;
  };
  const File files[] = {
      {"names", "family.txt", [&](auto s, auto w) { return l->add_family(s, w); }},
      {"names", "given.txt", [&](auto s, auto w) { return l->add_given(s, w); }},
      {"names", "context.txt", sections},
      {"names", "common.txt", sections},
      {"names", "minority.txt", sections},
      {"areas", "names.txt", [&](auto s, auto w) { return l->add_area(s, w); }},
      {"addresses", "words.txt", sections},
      {"health", "words.txt", sections},
  };
  for (const File& file : files)
    if (auto status = each_word(rules / file.folder / file.name, digested, file.take); !status) return std::unexpected(status.error());
  l->settle();
  return std::unique_ptr<const Lexicon>(std::move(l));
}

}  // namespace fengsui::classify
