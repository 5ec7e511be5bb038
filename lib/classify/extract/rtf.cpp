// RTF 1.9: the text between the control words; \'hh in the code page of the document or font, \u as Unicode.
#include <array>
#include <string>
#include <vector>

#include "classify/extract/context.h"
#include "classify/extract/charsets.h"
#include "classify/extract/xml.h"

namespace fengsui::classify::extract {
namespace {

constexpr std::size_t kMaxGroups = 1000;

// Destinations that are no text of the document.
bool is_aside(std::string_view word) {
  static constexpr std::array<std::string_view, 24> kAside = {
      "fonttbl", "colortbl", "stylesheet", "info", "pict", "objdata", "themedata", "colorschememapping", "datastore", "latentstyles", "listtable", "listoverridetable",
      "rsidtbl", "generator", "xmlnstbl", "fldinst", "filetbl", "revtbl", "mmathPr", "wgrffmtfilter", "pgptbl", "bkmkstart", "bkmkend", "blipuid"};
  for (std::string_view aside : kAside)
    if (word == aside) return true;
  return false;
}

class Rtf {
 public:
  explicit Rtf(Context& context) : context_(context) {}

  void read(std::string_view text) {
    while (at_ < text.size() && alive_) {
      const char c = text[at_++];
      if (c == '{') {
        if (groups_.size() < kMaxGroups) groups_.push_back(now_);
        else deep_ = true;
      } else if (c == '}') {
        if (!groups_.empty()) now_ = groups_.back(), groups_.pop_back();
        else break;
      } else if (c == '\\') {
        control(text);
      } else if (c != '\r' && c != '\n') {
        if (skip_ > 0) --skip_;
        else if (!now_.aside) bytes_.push_back(static_cast<std::uint8_t>(c));
      }
      // Not between the two bytes of a character.
      const bool whole = bytes_.empty() || bytes_.back() < 0x80;
      if (out_.size() + bytes_.size() > (whole ? 16384u : 65536u)) flush();
    }
    flush();
    if (deep_ || !groups_.empty()) context_.missed(Missed::damaged, Format::rtf);
    if (picture_) context_.missed(Missed::unsupported, Format::image);
  }

 private:
  struct Group {
    bool aside = false;
    std::size_t replaced = 1;  // characters that stand for a \u where it is not understood (\ucN)
  };

  void control(std::string_view text) {
    if (at_ >= text.size()) return;
    const char c = text[at_];
    if (c == '\'') {
      const auto digit = [](char d) { return d >= '0' && d <= '9' ? d - '0' : (d | 32) >= 'a' && (d | 32) <= 'f' ? (d | 32) - 'a' + 10 : -1; };
      if (at_ + 2 >= text.size() || digit(text[at_ + 1]) < 0 || digit(text[at_ + 2]) < 0) return void(++at_);
      if (skip_ > 0) --skip_;
      else if (!now_.aside) bytes_.push_back(static_cast<std::uint8_t>(digit(text[at_ + 1]) << 4 | digit(text[at_ + 2])));
      at_ += 3;
      return;
    }
    if ((c | 32) < 'a' || (c | 32) > 'z') {
      ++at_;
      if (c == '*') now_.aside = true;
      else if (c == '~') put(' ');
      else if (c == '_') put('-');
      else if (c == '\\' || c == '{' || c == '}') put(c);
      else if (c == '\n' || c == '\r') put('\n');
      return;
    }
    const std::size_t start = at_;
    while (at_ < text.size() && at_ - start < 32 && (text[at_] | 32) >= 'a' && (text[at_] | 32) <= 'z') ++at_;
    const std::string_view word = text.substr(start, at_ - start);
    bool negative = false;
    if (at_ < text.size() && text[at_] == '-') negative = true, ++at_;
    long number = 0;
    const std::size_t digits = at_;
    while (at_ < text.size() && at_ - digits < 10 && text[at_] >= '0' && text[at_] <= '9') number = number * 10 + (text[at_++] - '0');
    const bool has = at_ != digits;
    if (at_ < text.size() && text[at_] == ' ') ++at_;
    apply(word, negative ? -number : number, has, text);
  }

  void apply(std::string_view word, long number, bool has, std::string_view text) {
    if (word == "bin" && has && number > 0) at_ += std::min(static_cast<std::size_t>(number), text.size() - at_);
    else if (word == "par" || word == "line" || word == "row" || word == "sect" || word == "page") put('\n');
    else if (word == "tab" || word == "cell" || word == "nestcell") put('\t');
    else if (word == "ansicpg" && has) code_page_ = static_cast<int>(number);
    else if (word == "uc" && has) now_.replaced = static_cast<std::size_t>(std::min(std::max(number, 0L), 8L));
    else if (word == "u" && has) unicode(static_cast<std::uint32_t>(number < 0 ? number + 65536 : number));
    else if (word == "shppict" || word == "pict") picture_ = true, now_.aside = true;
    else if (is_aside(word)) now_.aside = true;
  }

  void unicode(std::uint32_t unit) {
    skip_ = now_.replaced;
    if (now_.aside) return;
    flush_bytes();
    if (unit >= 0xD800 && unit < 0xDC00) {
      high_ = unit;
      return;
    }
    if (unit >= 0xDC00 && unit < 0xE000 && high_ != 0) unit = 0x10000 + ((high_ - 0xD800) << 10) + (unit - 0xDC00);
    high_ = 0;
    append_utf8(unit, out_);
  }
  void put(char c) {
    if (!now_.aside) bytes_.push_back(static_cast<std::uint8_t>(c));
  }
  void flush_bytes() {
    if (bytes_.empty()) return;
    out_ += context_.charsets().to_utf8(code_page_, bytes_);
    bytes_.clear();
  }
  void flush() {
    flush_bytes();
    if (!out_.empty()) alive_ = context_.text(out_);
    out_.clear();
  }

  Context& context_;
  std::vector<Group> groups_;
  Group now_;
  base::Bytes bytes_;
  std::string out_;
  std::size_t at_ = 0, skip_ = 0;
  std::uint32_t high_ = 0;
  int code_page_ = 936;
  bool alive_ = true, deep_ = false, picture_ = false;
};

}  // namespace

void read_rtf(Context& context, Format, base::View bytes) { Rtf(context).read(base::text(bytes)); }

}  // namespace fengsui::classify::extract
