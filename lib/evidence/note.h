// Signed notes: text that somebody signed, with its signature lines. Source: C2SP signed-note v1.0.0 (golang.org/x/mod/sumdb/note)
// and C2SP tlog-cosignature v1.0.0.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/time.h"
#include "crypto/sign.h"

namespace fengsui::evidence {

// Signature types of C2SP signed-note.
inline constexpr std::uint8_t kTypeEd25519 = 0x01;
inline constexpr std::uint8_t kTypeCosignature = 0x04;  // "cosignature/v1", carries its time

inline constexpr std::size_t kMaxNoteBytes = 65'535;
inline constexpr std::size_t kMaxSignatureLines = 64;

// A public key with its name: what a verifier pins. Text form "name+hex8(id)+base64(type ‖ key)".
struct Vkey {
  std::string name;
  std::uint32_t id = 0;
  std::uint8_t type = kTypeEd25519;
  crypto::PublicKey key{};
  bool operator==(const Vkey&) const = default;
};

// First 4 bytes, big endian, of SHA-256(name ‖ 0x0A ‖ type ‖ key).
std::uint32_t key_id(std::string_view name, std::uint8_t type, base::View key);
Vkey make_vkey(std::string name, const crypto::PublicKey& key, std::uint8_t type = kTypeEd25519);
std::string format_vkey(const Vkey& vkey);
// Errc::malformed (shape, name, id that does not belong to the key), unsupported (another type byte).
base::Result<Vkey> parse_vkey(std::string_view text);
// A name may not be empty, longer than 255 bytes, or contain white space, control characters or '+'.
bool is_key_name(std::string_view name);

struct SignatureLine {
  std::string name;
  std::uint32_t id = 0;
  base::Bytes signature;  // after the 4 bytes of the id
};

struct Note {
  std::string text;  // ends with a line feed
  std::vector<SignatureLine> signatures;
};

// Strict: UTF-8, no control character but line feed, text, empty line, at least one signature line
// "— <name> <base64>\n" and nothing else. Errc::limit, malformed, truncated.
base::Result<Note> parse_note(std::string_view bytes);

// One signature line over `text`, with its line feed.
std::string signature_line(std::string_view text, std::string_view name, const crypto::SigningKey& key);
// The same as a witness does it, with a time in seconds.
std::string cosignature_line(std::string_view text, std::string_view name, const crypto::SigningKey& key, std::int64_t unix_seconds);
// text ‖ "\n" ‖ line. `text` must end with a line feed (asserted).
std::string sign_note(std::string_view text, std::string_view name, const crypto::SigningKey& key);

// What a note says about one known key. Lines of unknown keys are ignored; a known key with a wrong signature is `bad`
// even when another of its lines is right.
enum class SignatureState : std::uint8_t { absent, good, bad };
struct Verified {
  SignatureState state = SignatureState::absent;
  std::int64_t unix_seconds = 0;  // of a cosignature
};
Verified verify_note(const Note& note, const Vkey& key);

// Parses and demands a good signature of `key`. Errc::mismatch when absent or bad.
base::Result<Note> open_note(std::string_view bytes, const Vkey& key);

}  // namespace fengsui::evidence
