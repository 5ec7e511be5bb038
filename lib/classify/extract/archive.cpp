#include "classify/extract/archive.h"

#include <archive.h>
#include <archive_entry.h>

#include <locale.h>

#include <memory>
#include <vector>

#include "classify/text.h"

namespace fengsui::classify::extract {
namespace {

constexpr std::size_t kBlock = 64u << 10;
constexpr std::uint64_t kRatioFree = 64u << 10;  // below this much output the ratio says nothing

// libarchive names members in the character set of the locale, and the C locale has none for Chinese. This gives the calling
// thread, and nobody else, a UTF-8 one for as long as it lives.
class Utf8Names {
 public:
  Utf8Names() : utf8_(newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)), before_(utf8_ ? uselocale(utf8_) : nullptr) {}
  Utf8Names(const Utf8Names&) = delete;
  Utf8Names& operator=(const Utf8Names&) = delete;
  ~Utf8Names() {
    if (!utf8_) return;
    uselocale(before_);
    freelocale(utf8_);
  }

 private:
  locale_t utf8_, before_;
};

struct Close {
  void operator()(archive* a) const { archive_read_free(a); }
};
using Archive = std::unique_ptr<archive, Close>;

bool compressed(Format f) { return f == Format::gzip || f == Format::bzip2 || f == Format::xz || f == Format::zstd; }

Archive open(Format format, base::View container) {
  Archive a(archive_read_new());
  if (!a) return a;
  if (format == Format::zip) archive_read_support_format_zip_seekable(a.get());
  if (format == Format::sevenzip) archive_read_support_format_7zip(a.get());
  if (format == Format::rar) archive_read_support_format_rar(a.get()), archive_read_support_format_rar5(a.get());
  if (format == Format::tar || compressed(format)) archive_read_support_format_tar(a.get());
  if (compressed(format)) {
    archive_read_support_format_raw(a.get());
    archive_read_support_filter_gzip(a.get());
    archive_read_support_filter_bzip2(a.get());
    archive_read_support_filter_xz(a.get());
    archive_read_support_filter_zstd(a.get());
  }
  if (archive_read_open_memory(a.get(), container.data(), container.size()) != ARCHIVE_OK) a.reset();
  return a;
}

std::string name_of(archive_entry* entry) {
  const char* name = archive_entry_pathname_utf8(entry);
  if (name == nullptr) name = archive_entry_pathname(entry);
  return name == nullptr ? std::string("(no name)") : classify::to_utf8(name);
}

// The encrypted member of a 7z or RAR says so in its error, not in its entry.
Missed trouble(archive* a) {
  const char* text = archive_error_string(a);
  const std::string_view words = text == nullptr ? "" : text;
  if (words.find("ncrypt") != std::string_view::npos || words.find("assphrase") != std::string_view::npos) return Missed::encrypted;
  if (words.find("nsupported") != std::string_view::npos || words.find("not supported") != std::string_view::npos) return Missed::unsupported;
  return Missed::damaged;
}

enum class Outcome : std::uint8_t { done, member_failed, stop };

struct Walk {
  Context& context;
  Members& members;
  std::uint64_t packed = 0, produced = 0;
  std::vector<std::uint8_t> block = std::vector<std::uint8_t>(kBlock);

  Outcome fill(archive* a) {
    for (;;) {
      const auto n = archive_read_data(a, block.data(), block.size());
      if (n == 0) return Outcome::done;
      if (n < 0) {
        members.missed(trouble(a));
        return n == ARCHIVE_FATAL ? Outcome::stop : Outcome::member_failed;
      }
      produced += static_cast<std::uint64_t>(n);
      if (produced > kRatioFree && produced / context.limits().max_ratio > packed) {
        members.missed(Missed::ratio);
        return Outcome::stop;
      }
      if (!context.spend(static_cast<std::uint64_t>(n))) return Outcome::stop;
      members.bytes(base::View(block.data(), static_cast<std::size_t>(n)));
    }
  }
};

// Every member is a thing inside.
class Everything final : public Members {
 public:
  explicit Everything(Context& context) : context_(context) {}
  bool begin(const std::string& name) override {
    inner_.emplace(context_, name, Bond::member);
    return inner_->begun();
  }
  void bytes(base::View bytes) override { inner_->feed(bytes); }
  void end() override { inner_->finish(), inner_.reset(); }
  void missed(Missed why) override { inner_->missed(why, Format::text); }

 private:
  Context& context_;
  std::optional<Inner> inner_;
};

}  // namespace

bool walk(Context& context, Format format, base::View container, Members& members) {
  const Utf8Names names;
  const Archive a = open(format, container);
  if (!a) {
    context.missed(Missed::damaged, format);
    return false;
  }
  Walk walk{context, members, container.size(), 0};
  for (std::uint32_t seen = 0;; ++seen) {
    archive_entry* entry = nullptr;
    const int got = archive_read_next_header(a.get(), &entry);
    if (got == ARCHIVE_EOF) {
      // An archive whose bytes are no members at all ends at once, and is said to be one.
      if (seen == 0 && compressed(format)) context.missed(Missed::damaged, format);
      return seen != 0 || !compressed(format);
    }
    if (got < ARCHIVE_WARN) {
      context.missed(trouble(a.get()), format);
      return false;
    }
    if (seen >= 4 * kMaxMembers) {
      context.missed(Missed::too_many, format);
      return false;
    }
    if (archive_entry_filetype(entry) == AE_IFDIR) continue;
    const std::string name = name_of(entry);
    if (!members.begin(name)) {
      if (context.over()) return false;
      continue;
    }
    Outcome outcome = Outcome::member_failed;
    if (archive_entry_is_encrypted(entry) != 0) members.missed(Missed::encrypted);
    else outcome = walk.fill(a.get());
    members.end();
    if (outcome == Outcome::stop) return false;
  }
}

void read_archive(Context& context, Format format, base::View bytes) {
  Everything members(context);
  walk(context, format, bytes, members);
}

}  // namespace fengsui::classify::extract
