// The key under which a site's own values are told apart without being kept: one secret of the site, one derived key a use.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "crypto/secret.h"

namespace fengsui::classify {

// Immutable once made; shared by threads.
class MatchKey {
 public:
  // A file of 64 hexadecimal digits (and an end of line), which only its owner may read. Errc::denied when the mode allows
  // anybody else or the owner is neither this user nor root; malformed when it is something else; not_found.
  static base::Result<MatchKey> load(const std::filesystem::path& file);
  // From 32 bytes.
  explicit MatchKey(base::View secret);
  // A fresh key into a new file of mode 0600. Errc::exists when the file is there.
  static base::Status create(const std::filesystem::path& file);

  // Names the key without telling it: files made under it carry it, so that a wrong key is noticed.
  const std::array<std::uint8_t, 8>& id() const { return id_; }

  // HMAC-SHA-256 of a normalised value, truncated to 64 bits (big-endian).
  std::uint64_t exact(std::string_view value) const;
  // 32 letters a…p (4 bits each), so that no detector ever takes one for a number: of a value of a type, for allow-lists…
  std::string allowed(std::string_view type, std::string_view value) const;
  // …and of a value of a type at a place, for baselines.
  std::string known(std::string_view type, std::string_view value, std::string_view place) const;

 private:
  crypto::Secret exact_, allow_, baseline_;
  std::array<std::uint8_t, 8> id_{};
};

// Whether a text has the form of MatchKey::allowed() and known().
bool is_letters(std::string_view text);

// What a value is compared as: UTF-8, full-width forms as ASCII, capitals, without separators and blanks; as
// normal_value() (scan.h) does it for a detector's type, and the same for all others.
std::string match_value(std::string_view type, base::View raw);

}  // namespace fengsui::classify
