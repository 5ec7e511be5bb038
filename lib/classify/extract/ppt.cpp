// PowerPoint 97 to 2003 and WPS Presentation: the text atoms of all records ([MS-PPT] 2.3.1 RecordHeader, 2.9.42, 2.9.43).
#include "classify/extract/charsets.h"
#include "classify/extract/old_office.h"

namespace fengsui::classify::extract {

void read_ppt(Context& context, base::View document) {
  constexpr std::uint16_t kTextChars = 0x0FA0, kTextBytes = 0x0FA8, kCString = 0x0FBA, kMainMaster = 0x03F8, kCrypt = 0x2F14;
  base::Reader r(document);
  std::string out;
  while (r.remaining() >= 8) {
    const std::uint16_t version = r.u16le();
    const std::uint16_t type = r.u16le();
    const std::uint32_t length = r.u32le();
    if (type == kCrypt) return context.missed(Missed::encrypted, Format::ole2);
    if ((version & 0xF) == 0xF && type != kMainMaster) continue;  // a container: its records follow
    if (length > r.remaining()) {
      context.missed(Missed::damaged, Format::ole2);
      break;
    }
    const base::View data = r.take(length);
    if (type != kTextChars && type != kTextBytes && type != kCString) continue;
    std::string text = type == kTextBytes ? context.charsets().to_utf8(1252, data) : Charsets::utf16_le(data);
    for (char& c : text)
      if (c == '\r' || c == '\v') c = '\n';
    out += text + '\n';
    if (out.size() < 16384) continue;
    if (!context.text(out)) return;
    out.clear();
  }
  context.text(out);
}

}  // namespace fengsui::classify::extract
