// What kind of compound file it is, by the streams it holds.
#include "classify/extract/context.h"
#include "classify/extract/old_office.h"

namespace fengsui::classify::extract {
namespace {

// Pictures and embedded files beside the document's own streams are things inside.
void read_embedded(Context& context, const Ole& ole) {
  for (std::uint32_t i = 1; i < ole.entries().size() && !context.over(); ++i) {
    const Ole::Entry& entry = ole.entries()[i];
    if (entry.storage || entry.parent == 0xFFFFFFFF) continue;
    const bool package = entry.name == "Package" || entry.name == "CONTENTS";
    const bool nested = entry.parent != 0 && (entry.name == "Workbook" || entry.name == "Book" || entry.name == "WordDocument");
    if (nested && entry.name != "WordDocument") {
      const auto bytes = ole.read(entry, context.left());
      if (bytes && context.spend(bytes->size()) && context.begin(ole.entries()[entry.parent].name, Bond::part)) {
        read_xls(context, *bytes);
        context.end();
      }
    } else if (nested) {
      context.missed(Missed::unsupported, Format::ole2);
    } else if (package) {
      const auto bytes = ole.read(entry, context.left());
      if (!bytes) context.missed(Missed::too_much, Format::ole2);
      else context.inner(entry.name, Bond::part, *bytes);
    }
  }
}

}  // namespace

void read_ole(Context& context, Format format, base::View bytes) {
  const auto ole = Ole::open(bytes);
  if (!ole) return context.missed(Missed::damaged, format);
  if (ole->find("EncryptedPackage")) return context.missed(Missed::encrypted, format);
  bool known = false;
  if (ole->find("WordDocument")) read_doc(context, *ole), known = true;
  for (const std::string_view name : {"Workbook", "Book"})
    if (const auto found = ole->find(name); found && !known) {
      const auto stream = ole->read(ole->entries()[*found], context.left());
      known = true;
      if (!stream) context.missed(Missed::too_much, format);
      else if (context.spend(stream->size())) read_xls(context, *stream);
    }
  if (const auto found = ole->find("PowerPoint Document")) {
    const auto stream = ole->read(ole->entries()[*found], context.left());
    known = true;
    if (!stream) context.missed(Missed::too_much, format);
    else if (context.spend(stream->size())) read_ppt(context, *stream);
    if (ole->find("EncryptedSummary")) context.missed(Missed::encrypted, format);
  }
  if (ole->find("__properties_version1.0")) read_msg(context, *ole, 0), known = true;
  if (!known) context.missed(Missed::unsupported, format);
  read_embedded(context, *ole);
}

}  // namespace fengsui::classify::extract
