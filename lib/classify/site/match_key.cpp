#include "classify/site/match_key.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/encode.h"
#include "base/fd.h"
#include "classify/scan.h"
#include "classify/text.h"
#include "crypto/hash.h"

namespace fengsui::classify {
namespace {

constexpr std::size_t kKeyBytes = 32;

crypto::Secret derived(base::View secret, std::string_view use) {
  crypto::Digest digest = crypto::hmac_sha256(secret, base::view(use));
  crypto::Secret out = crypto::Secret::copy_of(digest);
  crypto::wipe(digest);
  return out;
}

std::string letters(base::View bytes) {
  std::string out;
  for (const std::uint8_t b : bytes) {
    out.push_back(static_cast<char>('a' + (b >> 4)));
    out.push_back(static_cast<char>('a' + (b & 15)));
  }
  return out;
}

std::string keyed(const crypto::Secret& key, std::initializer_list<std::string_view> parts) {
  std::string message;
  for (const std::string_view part : parts) message.append(part).push_back('\0');
  const crypto::Digest digest = crypto::hmac_sha256(key.view(), base::view(message));
  return letters(base::View(digest).first(16));
}

// Who may read it matters more than what it holds.
base::Status readable_by_owner_only(const std::filesystem::path& file) {
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0) return base::fail_errno("stat", file.string(), errno);
  if ((info.st_mode & 077) != 0)
    return base::fail(base::Errc::denied, file.string() + ": others may read this key; its mode must be 0600");
  if (info.st_uid != ::geteuid() && info.st_uid != 0)
    return base::fail(base::Errc::denied, file.string() + ": this key belongs to another user");
  return {};
}

}  // namespace

MatchKey::MatchKey(base::View secret)
    : exact_(derived(secret, "fengsui exact match 1")),
      allow_(derived(secret, "fengsui allow-list 1")),
      baseline_(derived(secret, "fengsui baseline 1")) {
  const crypto::Digest id = crypto::hmac_sha256(secret, base::view("fengsui match key id 1"));
  std::copy_n(id.begin(), id_.size(), id_.begin());
}

base::Result<MatchKey> MatchKey::load(const std::filesystem::path& file) {
  if (auto ok = readable_by_owner_only(file); !ok) return std::unexpected(ok.error());
  auto text = base::read_file(file, 4096);
  if (!text) return std::unexpected(text.error());
  std::string_view digits = base::text(*text);
  while (!digits.empty() && (digits.back() == '\n' || digits.back() == '\r')) digits.remove_suffix(1);
  auto bytes = base::from_hex(digits);
  crypto::wipe(*text);
  if (!bytes || bytes->size() != kKeyBytes)
    return base::fail(base::Errc::malformed, file.string() + ": a key is 64 hexadecimal digits");
  MatchKey key{base::View(*bytes)};
  crypto::wipe(*bytes);
  return key;
}

base::Status MatchKey::create(const std::filesystem::path& file) {
  const base::Fd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd.valid()) return base::fail_errno("open", file.string(), errno);
  base::Bytes secret = crypto::random_bytes(kKeyBytes);
  std::string text = base::hex(secret) + "\n";
  const ssize_t n = ::write(fd.get(), text.data(), text.size());
  const int error = errno;
  crypto::wipe(secret);
  crypto::wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  if (n != static_cast<ssize_t>(2 * kKeyBytes + 1)) return base::fail_errno("write", file.string(), n < 0 ? error : ENOSPC);
  if (::fsync(fd.get()) != 0) return base::fail_errno("fsync", file.string(), errno);
  return {};
}

std::uint64_t MatchKey::exact(std::string_view value) const {
  const crypto::Digest digest = crypto::hmac_sha256(exact_.view(), base::view(value));
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < 8; ++i) out = out << 8 | digest[i];
  return out;
}

std::string MatchKey::allowed(std::string_view type, std::string_view value) const { return keyed(allow_, {type, value}); }

std::string MatchKey::known(std::string_view type, std::string_view value, std::string_view place) const {
  return keyed(baseline_, {type, value, place});
}

bool is_letters(std::string_view text) {
  return text.size() == 32 && std::all_of(text.begin(), text.end(), [](char c) { return c >= 'a' && c <= 'p'; });
}

std::string match_value(std::string_view type, base::View raw) {
  // A value of a type that normal_value() does not know is treated like a number or a code.
  const Type as = type_of(type).value_or(Type::org_code);
  const std::string_view text = base::text(raw);
  const bool ascii = std::all_of(raw.begin(), raw.end(), [](std::uint8_t b) { return b < 0x80; });
  std::string value = ascii ? std::string(text) : to_utf8(text);
  return normal_value(as, base::view(value));
}

}  // namespace fengsui::classify
