#include "classify/site/documents.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/bytes.h"
#include "base/encode.h"

namespace fengsui::classify {
namespace {

constexpr std::string_view kMagic = "FSPRINT1";
constexpr std::size_t kHead = 48, kBlocks = 4, kBands = 32, kRows = kBins / kBands;

template <class Number>
void put(base::Bytes& out, Number n) {
  for (std::size_t i = 0; i < sizeof n; ++i) out.push_back(static_cast<std::uint8_t>(n >> 8 * i));
}

std::uint16_t block_of(const Sketch& s, std::size_t block) { return static_cast<std::uint16_t>(s.simhash >> 16 * block); }
std::uint64_t band_of(const Sketch& s, std::size_t band) {
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < kRows; ++i) out = out << 16 | s.bins[band * kRows + i];
  return out;
}

crypto::Digest digest_of(base::View file) { return crypto::sha256({file.first(16), file.subspan(kHead)}); }

}  // namespace

base::Bytes write_documents(const std::vector<Document>& documents) {
  base::Bytes out;
  base::append(out, kMagic);
  put(out, std::uint32_t{1});
  put(out, static_cast<std::uint32_t>(documents.size()));
  out.resize(kHead);
  for (const Document& d : documents) {
    put(out, static_cast<std::uint16_t>(d.label.size()));
    base::append(out, d.label);
    base::append(out, base::View(d.print.bytes));
    base::append(out, base::View(d.print.text));
    const Sketch sketch = d.print.sketch.value_or(Sketch{});
    put(out, sketch.grams);
    put(out, sketch.simhash);
    for (const std::uint16_t bin : sketch.bins) put(out, bin);
  }
  const crypto::Digest digest = digest_of(out);
  std::memcpy(out.data() + 16, digest.data(), digest.size());
  return out;
}

base::Result<std::vector<Document>> read_documents(base::View file) {
  base::Reader in(file);
  const base::View magic = in.take(8);
  if (in.failed() || base::text(magic) != kMagic) return base::fail(base::Errc::malformed, "not a file of fingerprints");
  const std::uint32_t version = in.u32le(), count = in.u32le();
  const base::View said = in.take(32);
  if (in.failed()) return base::fail(base::Errc::truncated, fmt::format("{} bytes; the head alone has {}", file.size(), kHead));
  if (version != 1) return base::fail(base::Errc::unsupported, fmt::format("version {} of the format; this program reads 1", version));
  if (count > kMaxDocuments) return base::fail(base::Errc::limit, fmt::format("{} documents; at most {}", count, kMaxDocuments));
  const crypto::Digest made = digest_of(file);
  if (!std::equal(made.begin(), made.end(), said.begin()))
    return base::fail(base::Errc::mismatch, "the content is not what was written: its digest differs");
  std::vector<Document> out;
  for (std::uint32_t i = 0; i < count; ++i) {
    Document d;
    const std::uint16_t size = in.u16le();
    const base::View label = in.take(size), bytes = in.take(32), text = in.take(32);
    Sketch sketch;
    sketch.grams = in.u32le();
    sketch.simhash = in.u64le();
    for (std::uint16_t& bin : sketch.bins) bin = in.u16le();
    if (in.failed()) return base::fail(base::Errc::truncated, fmt::format("document {} of {} is not complete", i + 1, count));
    if (size == 0 || size > kMaxLabel || !base::is_utf8(label))
      return base::fail(base::Errc::malformed, fmt::format("the label of document {} is not 1 to {} bytes of UTF-8", i + 1, kMaxLabel));
    d.label = base::text(label);
    std::copy(bytes.begin(), bytes.end(), d.print.bytes.begin());
    std::copy(text.begin(), text.end(), d.print.text.begin());
    const auto zero = [](auto b) { return b == 0; };
    if (sketch.grams == 0 && (sketch.simhash != 0 || !std::all_of(sketch.bins.begin(), sketch.bins.end(), zero)))
      return base::fail(base::Errc::malformed, fmt::format("document {} has a sketch of nothing", i + 1));
    if (sketch.grams != 0) d.print.sketch = sketch;
    out.push_back(std::move(d));
  }
  if (!in.at_end()) return base::fail(base::Errc::malformed, fmt::format("{} bytes behind the last document", in.remaining()));
  return out;
}

// Indexes of documents in the order of a key of them, those with an equal key in the order of registration.
template <class Key>
std::vector<std::uint32_t> Documents::sorted(Key key) const {
  std::vector<std::uint32_t> out;
  for (std::uint32_t i = 0; i < documents_.size(); ++i)
    if (documents_[i].print.sketch) out.push_back(i);
  std::stable_sort(out.begin(), out.end(), [&](std::uint32_t a, std::uint32_t b) { return key(*documents_[a].print.sketch) < key(*documents_[b].print.sketch); });
  return out;
}

Documents::Documents(std::vector<Document> documents) : documents_(std::move(documents)) {
  for (std::uint32_t i = 0; i < documents_.size(); ++i) {
    by_bytes_.push_back(i);
    if (documents_[i].print.sketch) by_text_.push_back(i);
  }
  std::stable_sort(by_bytes_.begin(), by_bytes_.end(), [&](auto a, auto b) { return documents_[a].print.bytes < documents_[b].print.bytes; });
  std::stable_sort(by_text_.begin(), by_text_.end(), [&](auto a, auto b) { return documents_[a].print.text < documents_[b].print.text; });
  for (std::size_t block = 0; block < kBlocks; ++block) by_simhash_.push_back(sorted([&](const Sketch& s) { return block_of(s, block); }));
  for (std::size_t band = 0; band < kBands; ++band) by_band_.push_back(sorted([&](const Sketch& s) { return band_of(s, band); }));
}

std::optional<Documents::Match> Documents::find(const Print& print) const {
  const auto equal = [&](const std::vector<std::uint32_t>& index, const crypto::Digest& digest, crypto::Digest Print::*member) -> const Document* {
    const auto at = std::lower_bound(index.begin(), index.end(), digest, [&](std::uint32_t i, const crypto::Digest& d) { return documents_[i].print.*member < d; });
    return at != index.end() && documents_[*at].print.*member == digest ? &documents_[*at] : nullptr;
  };
  if (print.whole && print.size >= kMinDocument)
    if (const Document* d = equal(by_bytes_, print.bytes, &Print::bytes)) return Match{d->label, Likeness::same_bytes};
  if (!print.sketch) return std::nullopt;
  if (print.whole)
    if (const Document* d = equal(by_text_, print.text, &Print::text)) return Match{d->label, Likeness::same_text};
  std::vector<std::uint32_t> candidates;
  const auto gather = [&](const std::vector<std::uint32_t>& index, auto key) {
    const auto wanted = key(*print.sketch);
    auto at = std::lower_bound(index.begin(), index.end(), wanted, [&](std::uint32_t i, auto k) { return key(*documents_[i].print.sketch) < k; });
    for (; at != index.end() && key(*documents_[*at].print.sketch) == wanted && candidates.size() < kMaxCandidates; ++at) candidates.push_back(*at);
  };
  for (std::size_t band = 0; band < by_band_.size(); ++band) gather(by_band_[band], [&](const Sketch& s) { return band_of(s, band); });
  for (std::size_t block = 0; block < by_simhash_.size(); ++block) gather(by_simhash_[block], [&](const Sketch& s) { return block_of(s, block); });
  std::sort(candidates.begin(), candidates.end());
  candidates.erase(std::unique(candidates.begin(), candidates.end()), candidates.end());
  std::optional<Match> best;
  for (const std::uint32_t i : candidates) {
    const Sketch& other = *documents_[i].print.sketch;
    if (!near(*print.sketch, other)) continue;
    const double common = jaccard(*print.sketch, other);
    if (!best || common > best->jaccard) best = Match{documents_[i].label, Likeness::near, common, hamming(*print.sketch, other)};
  }
  return best;
}

}  // namespace fengsui::classify
