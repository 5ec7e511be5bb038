// Any XML as the parts of an office document: the first byte says of which, the parts are separated by zero bytes.
#include <archive.h>
#include <archive_entry.h>

#include <array>
#include <string>

#include "tests/fuzz/extraction.h"

using namespace fengsui;

namespace {

constexpr std::size_t kParts = 4;
constexpr std::array<std::array<const char*, kParts>, 6> kKinds = {{
    {"word/header1.xml", "word/document.xml", "word/comments.xml", "word/footnotes.xml"},
    {"xl/workbook.xml", "xl/sharedStrings.xml", "xl/worksheets/sheet1.xml", "xl/styles.xml"},
    {"ppt/slides/slide1.xml", "ppt/notesSlides/notesSlide1.xml", "ppt/charts/chart1.xml", "ppt/slides/slide2.xml"},
    {"mimetype", "styles.xml", "content.xml", "META-INF/manifest.xml"},
    {"OFD.xml", "Doc_0/Pages/Page_0/Content.xml", "Doc_0/Annots/Annotation.xml", "Doc_0/Tpls/Tpl_0/Content.xml"},
    {"xl/_rels/workbook.xml.rels", "xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/comments1.xml"},
}};

void add(archive* a, const char* name, std::string_view bytes) {
  archive_entry* e = archive_entry_new();
  archive_entry_set_pathname(e, name);
  archive_entry_set_size(e, static_cast<la_int64_t>(bytes.size()));
  archive_entry_set_filetype(e, AE_IFREG);
  archive_write_header(a, e);
  archive_write_data(a, bytes.data(), bytes.size());
  archive_entry_free(e);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2 || size > (32u << 10)) return 0;
  std::string_view rest(reinterpret_cast<const char*>(data + 1), size - 1);
  static base::Bytes room(96u << 10);
  std::size_t used = 0;
  archive* a = archive_write_new();
  archive_write_set_format_zip(a);
  archive_write_zip_set_compression_store(a);
  archive_write_open_memory(a, room.data(), room.size(), &used);
  for (const char* name : kKinds[data[0] % kKinds.size()]) {
    const auto end = rest.find('\0');
    add(a, name, rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  archive_write_close(a);
  archive_write_free(a);
  return fuzz::extract(classify::Format::zip, base::View(room).first(used));
}
