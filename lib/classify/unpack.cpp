#include "classify/unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <locale.h>

#include <memory>

#include "classify/text.h"

namespace fengsui::classify {
namespace {

constexpr std::size_t kBlock = 64u << 10;
constexpr std::uint64_t kRatioFree = 64u << 10;  // below this much output the ratio says nothing

bool starts(base::View head, std::string_view magic, std::size_t at = 0) {
  return head.size() >= at + magic.size() && base::text(head.subspan(at, magic.size())) == magic;
}

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

Archive open(base::View container, std::string_view kind) {
  Archive a(archive_read_new());
  if (!a) return a;
  if (kind == "zip") archive_read_support_format_zip_seekable(a.get());
  if (kind == "7z") archive_read_support_format_7zip(a.get());
  if (kind == "rar") archive_read_support_format_rar(a.get()), archive_read_support_format_rar5(a.get());
  if (kind == "tar" || kind == "packed") archive_read_support_format_tar(a.get());
  if (kind == "packed") {
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
  return name == nullptr ? std::string("(no name)") : to_utf8(name);
}

// What libarchive says about a member, without anything of its content.
std::string trouble(archive* a) {
  const char* text = archive_error_string(a);
  return text == nullptr ? "unreadable" : to_utf8(text);
}

enum class Outcome : std::uint8_t { done, member_failed, stop };

struct Walk {
  const ExamineLimits& limits;
  UnpackBudget& budget;
  const MemberSink& sink;
  std::vector<std::string>& unread;
  std::uint64_t packed = 0, produced = 0;

  Outcome member(archive* a, const std::string& name) {
    std::vector<std::uint8_t> block(kBlock);
    for (;;) {
      const auto n = archive_read_data(a, block.data(), block.size());
      if (n == 0) return Outcome::done;
      if (n < 0) {
        unread.push_back(fmt::format("{}: {}", name, trouble(a)));
        return n == ARCHIVE_FATAL ? Outcome::stop : Outcome::member_failed;
      }
      produced += static_cast<std::uint64_t>(n);
      if (produced > kRatioFree && produced / limits.max_ratio > packed) {
        unread.push_back(fmt::format("{}: unpacks to more than {} times its size", name, limits.max_ratio));
        return Outcome::stop;
      }
      if (static_cast<std::uint64_t>(n) > budget.left) {
        unread.push_back(fmt::format("{}: more than {} bytes unpacked in all", name, limits.max_unpacked));
        return Outcome::stop;
      }
      budget.left -= static_cast<std::uint64_t>(n);
      sink.bytes(base::View(block.data(), static_cast<std::size_t>(n)));
    }
  }
};

}  // namespace

std::string_view container_kind(base::View head) {
  if (starts(head, "PK\x03\x04") || starts(head, "PK\x05\x06")) return "zip";
  if (starts(head, "7z\xBC\xAF\x27\x1C")) return "7z";
  if (starts(head, "Rar!\x1A\x07")) return "rar";
  if (starts(head, "ustar", 257)) return "tar";
  if (starts(head, "\x1F\x8B\x08") || starts(head, "BZh") || starts(head, std::string_view("\xFD" "7zXZ\0", 6)) || starts(head, "\x28\xB5\x2F\xFD"))
    return "packed";
  return "";
}

std::string_view closed_format(base::View head) {
  if (starts(head, "%PDF-")) return "pdf";
  if (starts(head, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")) return "ole2";
  return "";
}

void unpack(base::View container, std::string_view kind, const ExamineLimits& limits, UnpackBudget& budget,
            const MemberSink& sink, std::vector<std::string>& unread) {
  const Utf8Names names;
  const Archive a = open(container, kind);
  if (!a) {
    unread.push_back(fmt::format("{}: not readable as a container", kind));
    return;
  }
  Walk walk{limits, budget, sink, unread, container.size(), 0};
  for (;;) {
    archive_entry* entry = nullptr;
    const int got = archive_read_next_header(a.get(), &entry);
    if (got == ARCHIVE_EOF) return;
    if (got < ARCHIVE_WARN) {
      unread.push_back(fmt::format("{}: {}", kind, trouble(a.get())));
      return;
    }
    if (archive_entry_filetype(entry) == AE_IFDIR) continue;
    if (++budget.members > kMaxMembers) {
      unread.push_back(fmt::format("{}: more than {} members", kind, kMaxMembers));
      return;
    }
    const std::string name = name_of(entry);
    if (archive_entry_is_encrypted(entry) != 0) {
      unread.push_back(fmt::format("{}: encrypted", name));
      continue;
    }
    sink.begin(name);
    const Outcome outcome = walk.member(a.get(), name);
    sink.end();
    if (outcome == Outcome::stop) return;
  }
}

}  // namespace fengsui::classify
