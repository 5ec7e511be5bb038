#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/encode.h"
#include "classify/escapes.h"
#include "classify/scan.h"
#include "classify/site/reading.h"
#include "classify/text.h"
#include "crypto/hash.h"

namespace fengsui::classify {

namespace {

void judge(const Judgement& judged, model::Detection& d) {
  d.exact_match = judged.exact;
  d.allowed = judged.allowed;
  if (!d.allowed.empty()) d.confidence = static_cast<std::uint8_t>(std::max(5, d.confidence - kAllowedMalus));
}

}  // namespace

Engine::Engine() : state_(std::make_unique<State>()) {}
Engine::~Engine() = default;

base::Result<std::shared_ptr<const Engine>> Engine::load(const std::filesystem::path& rules, base::Day today, const SiteFiles& site,
                                                          std::string_view isa) {
  std::shared_ptr<Engine> engine(new Engine);
  State& s = *engine->state_;
  if (!isa.empty()) {
    const auto named = std::find_if(kIsas.begin(), kIsas.end(), [&](Isa one) { return id(one) == isa; });
    if (named == kIsas.end() || *named > best_isa()) return base::fail(base::Errc::unavailable, fmt::format("instruction set {} is not available here", isa));
    s.isa = *named;
    s.sieve = Sieve(s.isa);
    s.classes = classes_for(s.isa);
  }
  std::string digested;
  auto tables = Tables::load(rules, digested, static_cast<unsigned>(today.year * 10000 + today.month * 100 + today.day));
  if (!tables) return std::unexpected(tables.error());
  s.tables = std::move(*tables);
  auto lexicon = Lexicon::load(rules, digested);
  if (!lexicon) return std::unexpected(lexicon.error());
  s.lexicon = std::move(*lexicon);
  auto detectors = load_detectors(rules / "detectors", digested);
  if (!detectors) return std::unexpected(detectors.error());
  s.detectors = std::move(*detectors);
  for (const Detector& d : s.detectors) {
    s.enabled |= bit(d.type);
    s.by_type[static_cast<std::size_t>(d.type)] = &d;
    for (const auto& word : d.context) s.words.add(word, d.type, false);
    for (const auto& word : d.against) s.words.add(word, d.type, true);
  }
  s.words.seal(s.isa);
  const auto all = checks();
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t n = all[i].shortest; n <= all[i].longest; ++n) s.by_length[n] |= 1u << i;
    for (const char c : all[i].first) s.by_first[static_cast<std::size_t>(c)] |= 1u << i;
    s.by_sum[static_cast<std::size_t>(all[i].sum)] |= 1u << i;
    if (all[i].only_named != 0) s.only_named |= 1u << i;
    if (!all[i].digits) s.not_only_digits |= 1u << i;
  }
  auto grading = load_grading(rules / "grading", digested);
  if (!grading) return std::unexpected(grading.error());
  s.grading = std::move(*grading);
  if (!site.catalog.empty()) {
    auto catalog = Catalog::load(site.catalog);
    if (!catalog) return std::unexpected(catalog.error());
    s.catalog = std::move(*catalog);
    digested += s.catalog.to_json();
  }
  auto brought = Site::load(site, rules / "site");
  if (!brought) return std::unexpected(brought.error());
  s.site = std::move(*brought);
  if (s.site) digested += s.site->digest();
  s.digest = base::hex(crypto::sha256(base::view(digested)));
  return std::shared_ptr<const Engine>(std::move(engine));
}

std::vector<model::Detection> Engine::detect(base::View bytes) const {
  struct Out {
    const State& engine;
    std::optional<SiteReading> site;
    std::vector<model::Detection> list;
  } out{*state_, {}, {}};
  if (state_->site) out.site.emplace(*state_->site, nullptr);
  const OnHit on = [](void* self, const Hit& hit, base::View scanned, std::uint64_t base) {
    auto& o = *static_cast<Out*>(self);
    o.list.push_back({id(hit.type), base + hit.start, hit.end - hit.start, hit.state, hit.confidence, {}, {}, reasons_of(o.engine, hit)});
    if (o.site) judge(o.site->judge(id(hit.type), scanned.subspan(hit.start, hit.end - hit.start), hit.state == model::ValueState::clear), o.list.back());
  };
  const SiteReading::OnHit on_site = [](void* self, const SiteHit& hit) {
    auto& o = *static_cast<Out*>(self);
    o.list.push_back({hit.type, hit.offset, hit.length, hit.state, hit.confidence, hit.judged.exact, hit.judged.allowed, hit.why});
  };
  const auto read = [&](Stream& stream, base::View text) {
    stream.feed(text, on, &out);
    stream.finish(on, &out);
    if (!out.site) return;
    out.site->bytes(bytes);
    out.site->text(text, on_site, &out);
    out.site->finish(on_site, &out);
  };
  Stream stream(*state_);
  const bool little = bytes.size() >= 2 && bytes[0] == 0xFF && bytes[1] == 0xFE;
  const bool big = bytes.size() >= 2 && bytes[0] == 0xFE && bytes[1] == 0xFF;
  if (little || big) {
    // Scanned as UTF-8; `at` maps each byte of that to the byte of the input it came from.
    Utf16 converter(big);
    std::string text;
    std::vector<std::uint64_t> at;
    for (std::size_t i = 2; i < bytes.size(); ++i) {
      converter.feed(bytes.subspan(i, 1), text);
      at.resize(text.size(), i - 1);
    }
    converter.finish(text);
    at.resize(text.size() + 1, bytes.size());
    read(stream, base::view(text));
    for (model::Detection& d : out.list) {
      const std::uint64_t end = at[d.offset + d.length];
      d.offset = at[d.offset];
      d.length = static_cast<std::uint32_t>(end - d.offset);
    }
  } else if (Escapes escapes; escapes.wanted(bytes)) {
    std::string text;
    std::vector<std::uint64_t> at;
    escapes.feed(bytes, text, &at);
    escapes.finish(text, &at);
    at.push_back(bytes.size());
    read(stream, base::view(text));
    for (model::Detection& d : out.list) {
      const std::uint64_t end = at[d.offset + d.length];
      d.offset = at[d.offset];
      d.length = static_cast<std::uint32_t>(end - d.offset);
    }
  } else {
    read(stream, bytes);
  }
  std::stable_sort(out.list.begin(), out.list.end(), [](const model::Detection& a, const model::Detection& b) {
    return a.offset + a.length < b.offset + b.length;
  });
  return std::move(out.list);
}

std::vector<std::string_view> Engine::types() const {
  std::vector<std::string_view> out;
  for (const Detector& d : state_->detectors) out.push_back(id(d.type));
  return out;
}

std::string_view Engine::allowed_finding(std::string_view rule, std::string_view object, base::UnixMs time) const {
  if (!state_->site) return {};
  const AllowEntry* entry = state_->site->allow().for_finding(rule, object, state_->site->day(time));
  return entry != nullptr ? std::string_view(entry->id) : std::string_view();
}

std::vector<std::string> Engine::expired_entries(base::UnixMs time) const {
  std::vector<std::string> out;
  if (!state_->site) return out;
  for (const AllowEntry* e : state_->site->allow().expired(state_->site->day(time)))
    out.push_back(e->id + ": expired " + base::to_string(e->expires) + " (" + e->file + ":" + std::to_string(e->line) + ")");
  return out;
}

bool Engine::has_site() const { return state_->site != nullptr; }
std::vector<std::string> Engine::site_problems() const {
  return state_->site ? state_->site->problems() : std::vector<std::string>{};
}

std::string Engine::digest() const { return state_->digest; }

}  // namespace fengsui::classify
