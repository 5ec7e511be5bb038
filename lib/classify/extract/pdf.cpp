// PDF through poppler: the text of its pages, and the files attached to it. A page without text is a picture, and is said so.
#include <poppler/cpp/poppler-document.h>
#include <poppler/cpp/poppler-embedded-file.h>
#include <poppler/cpp/poppler-global.h>
#include <poppler/cpp/poppler-page.h>

#include <memory>

#include "classify/extract/charsets.h"
#include "classify/extract/context.h"
#include "classify/extract/pdf.h"

namespace fengsui::classify::extract {
namespace {

constexpr int kMaxPages = 100'000;

std::string utf8(const poppler::ustring& text) {
  const poppler::byte_array bytes = text.to_utf8();
  return std::string(bytes.begin(), bytes.end());
}

void silent(const std::string&, void*) {}

// The smallest document with a page (ISO 32000-1, 7.5), without a cross-reference table: poppler rebuilds it.
constexpr std::string_view kSmallest =
    "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj "
    "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj trailer<</Root 1 0 R>>\n%%EOF";

}  // namespace

struct PdfTables::State {
  std::unique_ptr<poppler::document> document;
};
PdfTables::PdfTables() : state_(std::make_unique<State>()) {
  poppler::set_debug_error_function(silent, nullptr);
  state_->document.reset(poppler::document::load_from_raw_data(kSmallest.data(), static_cast<int>(kSmallest.size())));
}
PdfTables::~PdfTables() = default;

void read_pdf(Context& context, Format format, base::View bytes) {
  poppler::set_debug_error_function(silent, nullptr);
  const std::unique_ptr<poppler::document> document(
      poppler::document::load_from_raw_data(reinterpret_cast<const char*>(bytes.data()), static_cast<int>(std::min<std::size_t>(bytes.size(), 0x7FFFFFFF))));
  if (!document) return context.missed(Missed::damaged, format);
  if (document->is_locked()) return context.missed(Missed::encrypted, format);
  const int pages = document->pages();
  bool pictures = false, broken = false;
  for (int i = 0; i < std::min(pages, kMaxPages); ++i) {
    const std::unique_ptr<poppler::page> page(document->create_page(i));
    if (!page) {
      broken = true;
      continue;
    }
    // As the lines stand on the page, so that what is beside each other stays so.
    std::string text = utf8(page->text(poppler::rectf(), poppler::page::physical_layout));
    pictures |= text.find_first_not_of(" \t\r\n\f") == std::string::npos;
    for (char& c : text)
      if (c == '\f') c = '\n';
    if (!context.text(text + '\n')) return;
  }
  if (pages > kMaxPages) context.missed(Missed::too_many, format);
  if (pages <= 0 || broken) context.missed(Missed::damaged, format);
  if (pictures) context.missed(Missed::no_text, format);
  if (!document->has_embedded_files()) return;
  for (const poppler::embedded_file* file : document->embedded_files()) {
    if (file == nullptr || !file->is_valid()) continue;
    const poppler::byte_array data = file->data();
    if (!context.inner(context.charsets().to_utf8("", base::view(file->name())), Bond::member, {reinterpret_cast<const std::uint8_t*>(data.data()), data.size()})) return;
  }
}

}  // namespace fengsui::classify::extract
