// What every extractor of this folder is handed: the limits, what is left of them, and where the text goes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "classify/extractor.h"

namespace fengsui::classify::extract {

class Charsets;

// Shared by an object and everything inside it.
struct Budget {
  std::uint64_t left = 0;  // bytes that may still be unpacked or said
  std::uint32_t members = 0;
  std::uint32_t open = 0;  // begun and not ended
  bool over = false;  // one of the two is used up, and that has been said
};

// An object being read, at some depth. Its functions say false once the budget is used up: the extractor stops then.
class Context {
 public:
  Context(const ExamineLimits& limits, const Charsets& charsets, Budget& budget, Extracted& out, std::uint32_t depth = 0)
      : limits_(limits), charsets_(charsets), budget_(budget), out_(out), depth_(depth) {}

  const ExamineLimits& limits() const { return limits_; }
  const Charsets& charsets() const { return charsets_; }
  std::uint64_t left() const { return budget_.left; }
  std::uint32_t depth() const { return depth_; }

  bool text(base::View bytes);
  bool text(std::string_view utf8) { return text(base::view(utf8)); }
  bool begin(std::string_view name, Bond bond);
  void end() {
    --budget_.open;
    out_.end();
  }
  void missed(Missed why, Format what) { out_.missed(why, what); }
  bool over() const { return budget_.over; }
  bool spend(std::uint64_t bytes);  // unpacked, and not said as text
  // A whole thing inside this one, by its content: its text, or what is inside it in turn.
  bool inner(std::string_view name, Bond bond, base::View bytes);

 private:
  friend class Inner;
  friend void read(Context& context, Format format, base::View bytes);
  const ExamineLimits& limits_;
  const Charsets& charsets_;
  Budget& budget_;
  Extracted& out_;
  std::uint32_t depth_;
};

// A thing inside an object, on its way: text passes through; what has a format of its own is held, and opened at its end.
class Inner {
 public:
  Inner(Context& outer, std::string_view name, Bond bond);
  bool begun() const { return begun_; }
  // The bytes must have been spent. False when the budget is used up.
  void feed(base::View bytes);
  void finish();
  void missed(Missed why, Format what) { context_.missed(why, what); }

 private:
  void decide();

  Context context_;  // one level deeper
  base::Bytes held_;
  std::optional<Format> format_;
  bool begun_ = false, refused_ = false;
};

// Reads an object of that format. What goes wrong is said, nothing is thrown.
void read(Context& context, Format format, base::View bytes);

// The extractors, one a file. `bytes` outlive the call.
void read_archive(Context& context, Format format, base::View bytes);
void read_zip(Context& context, Format format, base::View bytes);  // decides what kind of zip it is
void read_ole(Context& context, Format format, base::View bytes);
void read_pdf(Context& context, Format format, base::View bytes);
void read_sqlite(Context& context, Format format, base::View bytes);
void read_mail(Context& context, Format format, base::View bytes);
void read_html(Context& context, Format format, base::View bytes);
void read_rtf(Context& context, Format format, base::View bytes);

}  // namespace fengsui::classify::extract
