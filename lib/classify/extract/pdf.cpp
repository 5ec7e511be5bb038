// PDF through poppler: the text of its pages, and the files attached to it. A page without text is a picture, and is said so.
#include <poppler/cpp/poppler-document.h>
#include <poppler/cpp/poppler-embedded-file.h>
#include <poppler/cpp/poppler-global.h>
#include <poppler/cpp/poppler-page.h>

#include <memory>

#include "classify/extract/charsets.h"
#include "classify/extract/context.h"

namespace fengsui::classify::extract {
namespace {

constexpr int kMaxPages = 100'000;

std::string utf8(const poppler::ustring& text) {
  const poppler::byte_array bytes = text.to_utf8();
  return std::string(bytes.begin(), bytes.end());
}

void silent(const std::string&, void*) {}

}  // namespace

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
