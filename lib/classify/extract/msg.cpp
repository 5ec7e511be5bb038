// Messages of Outlook ([MS-OXMSG]): properties as streams "__substg1.0_PPPPTTTT", attachments and recipients as storages.
#include <array>

#include "classify/extract/charsets.h"
#include "classify/extract/html.h"
#include "classify/extract/old_office.h"

namespace fengsui::classify::extract {
namespace {

constexpr std::uint32_t kMaxMessages = 5;  // messages attached to messages

class Msg {
 public:
  Msg(Context& context, const Ole& ole) : context_(context), ole_(ole) {}

  void read(std::uint32_t storage, std::uint32_t depth) {
    std::string lines;
    // Sender, recipients, subject as a person sees them ([MS-OXPROPS]); then the body.
    for (const auto& [tag, name] : {std::pair{"0C1A", "from: "}, {"5D01", "from: "}, {"0C1F", "from: "}, {"0E04", "to: "}, {"0E03", "cc: "}, {"0E02", "bcc: "}, {"0037", "subject: "}})
      if (const std::string value = text(storage, tag); !value.empty()) lines += name + value + "\n";
    std::string body = text(storage, "1000");
    if (body.empty()) body = html_text(html(storage));
    if (body.empty() && ole_.find("__substg1.0_10090102", storage)) context_.missed(Missed::unsupported, Format::rtf);  // compressed RTF alone
    context_.text(lines + "\n" + body + "\n");
    for (std::uint32_t i = 1; i < ole_.entries().size() && !context_.over(); ++i) {
      const Ole::Entry& entry = ole_.entries()[i];
      if (!entry.storage || entry.parent != storage) continue;
      if (entry.name.starts_with("__recip_version1.0_")) {
        std::string address = text(i, "39FE");
        if (address.empty()) address = text(i, "3003");
        context_.text("to: " + text(i, "3001") + " " + address + "\n");
      } else if (entry.name.starts_with("__attach_version1.0_")) {
        attachment(i, depth);
      }
    }
  }

 private:
  base::Bytes stream(std::uint32_t storage, const std::string& name) {
    const auto found = ole_.find(name, storage);
    if (!found) return {};
    auto bytes = ole_.read(ole_.entries()[*found], context_.left());
    if (!bytes) context_.missed(Missed::too_much, Format::ole2);
    return bytes ? std::move(*bytes) : base::Bytes();
  }
  // PtypString, or PtypString8 in a code page that is not known here: UTF-8 or GB 18030.
  std::string text(std::uint32_t storage, const std::string& tag) {
    if (const base::Bytes wide = stream(storage, "__substg1.0_" + tag + "001F"); !wide.empty()) return Charsets::utf16_le(wide);
    return context_.charsets().to_utf8("", stream(storage, "__substg1.0_" + tag + "001E"));
  }
  std::string html(std::uint32_t storage) {
    if (std::string wide = text(storage, "1013"); !wide.empty()) return wide;
    return context_.charsets().to_utf8("", stream(storage, "__substg1.0_10130102"));
  }
  void attachment(std::uint32_t storage, std::uint32_t depth) {
    std::string name = text(storage, "3707");
    if (name.empty()) name = text(storage, "3704");
    if (name.empty()) name = ole_.entries()[storage].name;
    if (const auto message = ole_.find("__substg1.0_3701000D", storage)) {
      if (depth >= kMaxMessages) return context_.missed(Missed::too_deep, Format::ole2);
      if (!context_.begin(name, Bond::member)) return;
      if (ole_.find("__properties_version1.0", *message)) read(*message, depth + 1);
      else context_.missed(Missed::unsupported, Format::ole2);
      return context_.end();
    }
    const base::Bytes bytes = stream(storage, "__substg1.0_37010102");
    if (!bytes.empty()) context_.inner(name, Bond::member, bytes);
  }

  Context& context_;
  const Ole& ole_;
};

}  // namespace

void read_msg(Context& context, const Ole& ole, std::uint32_t storage) { Msg(context, ole).read(storage, 0); }

}  // namespace fengsui::classify::extract
