#include "classify/extract/local.h"

#include <algorithm>
#include <array>
#include <exception>
#include <new>

#include "classify/extract/charsets.h"
#include "classify/extract/context.h"
#include "classify/extract/pdf.h"

namespace fengsui::classify {
namespace extract {
namespace {

// One line per format that has an extractor.
struct Reader {
  Format format;
  void (*read)(Context&, Format, base::View);
};
constexpr std::array<Reader, 14> kReaders = {{
    {Format::zip, read_zip},      {Format::sevenzip, read_archive}, {Format::rar, read_archive},    {Format::tar, read_archive},
    {Format::gzip, read_archive}, {Format::bzip2, read_archive},    {Format::xz, read_archive},     {Format::zstd, read_archive},
    {Format::ole2, read_ole},     {Format::pdf, read_pdf},          {Format::sqlite, read_sqlite},  {Format::mail, read_mail},
    {Format::rtf, read_rtf},      {Format::html, read_html},
}};

}  // namespace

void read(Context& context, Format format, base::View bytes) {
  const auto* reader = std::find_if(kReaders.begin(), kReaders.end(), [&](const Reader& r) { return r.format == format; });
  if (reader == kReaders.end()) return context.missed(Missed::unsupported, format);
  const std::uint32_t open = context.budget_.open;
  try {
    reader->read(context, format, bytes);
  } catch (const std::bad_alloc&) {
    context.missed(Missed::out_of_memory, format);
  } catch (const std::exception&) {
    context.missed(Missed::damaged, format);
  }
  while (context.budget_.open > open) context.end();  // what it had begun when it broke off
}

bool Context::spend(std::uint64_t bytes) {
  if (budget_.over) return false;
  if (bytes > budget_.left) {
    budget_.over = true;
    out_.missed(Missed::too_much, Format::text);
    return false;
  }
  budget_.left -= bytes;
  return true;
}

bool Context::text(base::View bytes) {
  if (bytes.empty()) return !budget_.over;
  if (!spend(bytes.size())) return false;
  out_.text(bytes);
  return true;
}

bool Context::begin(std::string_view name, Bond bond) {
  if (budget_.over) return false;
  if (++budget_.members > kMaxMembers) {
    budget_.over = true;
    out_.missed(Missed::too_many, Format::text);
    return false;
  }
  out_.begin(name.substr(0, kMaxMemberName), bond);
  ++budget_.open;
  return true;
}

bool Context::inner(std::string_view name, Bond bond, base::View bytes) {
  Inner inner(*this, name, bond);
  if (!inner.begun()) return false;
  if (inner.begun() && spend(bytes.size())) inner.feed(bytes);
  inner.finish();
  return !budget_.over;
}

Inner::Inner(Context& outer, std::string_view name, Bond bond)
    : context_(outer.limits_, outer.charsets_, outer.budget_, outer.out_, outer.depth_ + 1), begun_(outer.begin(name, bond)) {}

void Inner::decide() {
  format_ = recognise(held_);
  if (is_opened(*format_)) {
    refused_ = context_.depth_ >= context_.limits_.max_depth;
    if (refused_) context_.missed(Missed::too_deep, *format_);
    return;
  }
  if (!is_text(*format_)) context_.missed(Missed::unsupported, *format_);
  context_.out_.text(held_);
  held_.clear();
}

void Inner::feed(base::View bytes) {
  if (!format_) {
    const std::size_t take = std::min(bytes.size(), kSniff - held_.size());
    held_.insert(held_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(take));
    bytes = bytes.subspan(take);
    if (held_.size() < kSniff) return;
    decide();
  }
  if (bytes.empty() || refused_) return;
  if (!is_opened(*format_)) return context_.out_.text(bytes);
  if (held_.size() + bytes.size() > context_.limits_.max_container) {
    refused_ = true;
    base::Bytes().swap(held_);
    return context_.missed(Missed::too_large, *format_);
  }
  held_.insert(held_.end(), bytes.begin(), bytes.end());
}

void Inner::finish() {
  if (!begun_) return;
  if (!format_) decide();
  if (is_opened(*format_) && !refused_) read(context_, *format_, held_);
  context_.end();
}

}  // namespace extract

namespace {

class Local final : public Extractor {
 public:
  void extract(base::View object, const ExamineLimits& limits, Extracted& out) override {
    extract::Budget budget{limits.max_unpacked};
    extract::Context context(limits, charsets_, budget, out);
    const Format format = recognise(object.first(std::min(object.size(), kSniff)));
    extract::read(context, format, object);
  }

 private:
  extract::Charsets charsets_;
  extract::PdfTables pdf_tables_;
};

}  // namespace

std::unique_ptr<Extractor> local_extractor() { return std::make_unique<Local>(); }

}  // namespace fengsui::classify
