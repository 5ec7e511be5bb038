#include "classify/reference.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>
#ifdef FENGSUI_VECTORSCAN
#include <hs/hs.h>
#endif

namespace fengsui::classify {
namespace {

struct Pattern {
  Anchor kind;
  std::string regex;  // over bytes
};

// A digit, a letter or a mask sign in either encoding and width; what may stand between two characters of a value.
constexpr std::string_view kDigit = R"((?:[0-9]|\xEF\xBC[\x90-\x99]|\xA3[\xB0-\xB9]))";
constexpr std::string_view kCode = R"((?:[0-9A-Za-z]|\xEF\xBC[\x90-\x99\xA1-\xBA]|\xEF\xBD[\x81-\x9A]|\xA3[\xB0-\xB9\xC1-\xDA\xE1-\xFA]))";
constexpr std::string_view kCapital = R"((?:[0-9A-Z]|\xEF\xBC[\x90-\x99\xA1-\xBA]|\xA3[\xB0-\xB9\xC1-\xDA]))";
constexpr std::string_view kNothing = R"((?:\xC2\xAD|\xE2\x80[\x8B-\x8F]|\xE2\x81\xA0|\xEF\xBB\xBF))";
constexpr std::string_view kMask = R"((?:[*#xX]|\xEF\xBC[\x8A\x83]|\xE2\x97[\x8F\x8B]|\xE2\x96[\xA0\xA1]|\xE2\x80\xA2|\xA1[\xF0\xF1\xF5\xF6]|\xA3[\xAA\xA3]))";
constexpr std::string_view kBetween =
    R"((?:[ .\-]|\xC2[\xA0\xAD\xB7]|\xE2\x80[\x80-\x95\xAF]|\xE2\x88\x92|\xE2\x81\xA0|\xE3\x80\x80|\xEF\xBC[\x8D\x8E]|\xEF\xBB\xBF|\xA3[\xAD\xAE]|\xA1[\xA1\xA4])?)";

// Shortest written forms of the detectors; validators judge the rest.
std::vector<Pattern> patterns() {
  std::vector<Pattern> out;
  const auto digits = [&](std::string_view head, std::size_t more) {
    out.push_back({Anchor::group, fmt::format("{}(?:{}{}){{{}}}", head, kBetween, kDigit, more)});
  };
  out.push_back({Anchor::group, fmt::format("{0}(?:{1}{0}){{16}}{1}(?:{0}|[Xx])", kDigit, kBetween)});  // citizen_id, foreign_residence
  digits(kDigit, 14);                                                    // citizen_id_15, bank_card, imei, imsi, business_reg
  digits(R"((?:1|\xEF\xBC\x91|\xA3\xB1))", 10);                          // mobile
  digits(R"((?:0|\xEF\xBC\x90|\xA3\xB0))", 9);                           // landline
  digits(kDigit, 6);                                                     // landline after brackets, permits, passports
  out.push_back({Anchor::group, fmt::format("{0}(?:{1}{0}){{17}}", kCode, kBetween)});  // uscc, medical_org
  out.push_back({Anchor::group, "[0-9A-HJ-NPR-Z]{17}"});                 // vin
  out.push_back({Anchor::group, fmt::format("{0}(?:{1}?{0}){{7}}", kCapital, kNothing)});  // org_code
  out.push_back({Anchor::group, "[A-Z]{1,3}[0-9]{7}"});                  // passport, travel_permit, social_security, foreign_residence
  out.push_back({Anchor::group, fmt::format("{}{{3}}", kMask)});         // masked values
  out.push_back({Anchor::at, "@"});                                      // email
  out.push_back({Anchor::plate, R"([\x80-\xFF][A-Z])"});                 // vehicle_plate
  out.push_back({Anchor::dotted, R"([0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3})"});  // ipv4
  out.push_back({Anchor::colons, R"([0-9A-Fa-f]{2}:[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2})"});  // mac
  out.push_back({Anchor::colons, R"([0-9A-Fa-f]{0,4}:[0-9A-Fa-f]{0,4}:[0-9A-Fa-f]{0,4}:)"});            // ipv6
  out.push_back({Anchor::colons, "::"});
  out.push_back({Anchor::colons, "-..-..-"});  // mac with dashes
  out.push_back({Anchor::name, R"([\x80-\xFF][*#])"});                   // person_name, masked
  out.push_back({Anchor::secrecy, R"(\xE5\xAF\x86|\xE5\x86\x85\xE9|\xC3\xDC|\xC4\xDA\xB2)"});  // marking
  out.push_back({Anchor::token, "-----|eyJ|[SsPp][Ww]|[Kk][Ee][YyNn]|[Cc][Rr][Ee]"});              // secret
  return out;
}

constexpr std::size_t kKinds = kAnchors;
[[maybe_unused]] constexpr std::size_t kOverhang = 64;  // a match may end behind the bytes it starts in

class Re2Source final : public AnchorSource {
 public:
  Re2Source() {
    RE2::Options options;
    options.set_encoding(RE2::Options::EncodingLatin1);
    options.set_max_mem(256 << 20);
    options.set_log_errors(false);
    std::array<std::string, kKinds> all;
    for (const Pattern& p : patterns()) {
      std::string& one = all[static_cast<std::size_t>(p.kind)];
      one += (one.empty() ? "" : "|") + ("(?:" + p.regex + ")");
    }
    for (std::size_t i = 0; i < kKinds; ++i) regex_.push_back(std::make_unique<RE2>(all[i], options));
  }
  bool ok() const {
    for (const auto& r : regex_)
      if (!r->ok()) return false;
    return true;
  }

  void run(base::View bytes, std::size_t from, std::size_t to, OnAnchor on, void* self) const override {
    const re2::StringPiece text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    for (std::size_t kind = 0; kind < kKinds; ++kind) {
      re2::StringPiece match;
      const bool second = kind == static_cast<std::size_t>(Anchor::plate) || kind == static_cast<std::size_t>(Anchor::name);
      for (std::size_t at = from; at < to && regex_[kind]->Match(text, at, bytes.size(), RE2::UNANCHORED, &match, 1);) {
        std::size_t place = static_cast<std::size_t>(match.data() - text.data());
        if (second) ++place;
        if (place >= to) break;
        at = std::max(place + 1, on(self, static_cast<Anchor>(kind), place));
        if (second && at > from) --at;
        at = std::max(at, place);
      }
    }
  }

 private:
  std::vector<std::unique_ptr<RE2>> regex_;
};

#ifdef FENGSUI_VECTORSCAN
class VectorscanSource final : public AnchorSource {
 public:
  static base::Result<std::unique_ptr<AnchorSource>> make() {
    auto source = std::make_unique<VectorscanSource>();
    source->patterns_ = patterns();
    std::vector<const char*> text;
    std::vector<unsigned> flags, ids;
    for (std::size_t i = 0; i < source->patterns_.size(); ++i) {
      text.push_back(source->patterns_[i].regex.c_str());
      flags.push_back(HS_FLAG_DOTALL);
      ids.push_back(static_cast<unsigned>(i));
    }
    hs_compile_error_t* wrong = nullptr;
    if (hs_compile_multi(text.data(), flags.data(), ids.data(), static_cast<unsigned>(text.size()), HS_MODE_BLOCK, nullptr,
                         &source->database_, &wrong) != HS_SUCCESS) {
      std::string why = wrong != nullptr && wrong->message != nullptr ? wrong->message : "compilation failed";
      hs_free_compile_error(wrong);
      return base::fail(base::Errc::unavailable, "vectorscan: " + why);
    }
    if (hs_alloc_scratch(source->database_, &source->scratch_) != HS_SUCCESS)
      return base::fail(base::Errc::unavailable, "vectorscan: no scratch memory");
    return std::unique_ptr<AnchorSource>(std::move(source));
  }
  ~VectorscanSource() override {
    hs_free_scratch(scratch_);
    hs_free_database(database_);
  }

  void run(base::View bytes, std::size_t from, std::size_t to, OnAnchor on, void* self) const override {
    Call call{this, from, to, on, self, {}};
    const std::size_t end = std::min(bytes.size(), to + kOverhang);
    hs_scan(database_, reinterpret_cast<const char*>(bytes.data()) + from, static_cast<unsigned>(end - from), 0, scratch_, matched, &call);
  }

 private:
  struct Call {
    const VectorscanSource* source;
    std::size_t from, to;
    OnAnchor on;
    void* self;
    std::array<std::size_t, kKinds> wanted;
  };
  // The last byte of a match lies inside the value. Matches come in order of their ends.
  static int matched(unsigned id, unsigned long long, unsigned long long end, unsigned, void* context) {
    Call& call = *static_cast<Call*>(context);
    const Anchor kind = call.source->patterns_[id].kind;
    std::size_t& wanted = call.wanted[static_cast<std::size_t>(kind)];
    const std::size_t at = call.from + static_cast<std::size_t>(end) - 1;
    if (at >= wanted) wanted = call.on(call.self, kind, at);
    return 0;
  }

  std::vector<Pattern> patterns_;
  hs_database_t* database_ = nullptr;
  hs_scratch_t* scratch_ = nullptr;
};
#endif

}  // namespace

base::Result<std::unique_ptr<AnchorSource>> reference(std::string_view name) {
  if (name == "re2") {
    auto source = std::make_unique<Re2Source>();
    if (!source->ok()) return base::fail(base::Errc::unavailable, "re2 refused the patterns");
    return std::unique_ptr<AnchorSource>(std::move(source));
  }
  if (name == "vectorscan") {
#ifdef FENGSUI_VECTORSCAN
    return VectorscanSource::make();
#else
    return base::fail(base::Errc::unavailable, "this build has no Vectorscan (Debian package libvectorscan-dev)");
#endif
  }
  return base::fail(base::Errc::usage, fmt::format("no reference engine \"{}\"; there are vectorscan and re2", name));
}

}  // namespace fengsui::classify
