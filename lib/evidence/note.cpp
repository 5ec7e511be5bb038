#include "evidence/note.h"

#include <algorithm>

#include "base/encode.h"
#include "crypto/hash.h"

namespace fengsui::evidence {

namespace {
using base::Errc;
using base::fail;
constexpr std::string_view kDash = "\xe2\x80\x94 ";  // EM DASH, space

std::string id_bytes(std::uint32_t id) {
  base::Bytes out;
  base::append_u32be(out, id);
  return std::string(base::text(out));
}

// White space of Unicode that may hide in a name (White_Space property, outside ASCII).
bool has_unicode_space(std::string_view s) {
  for (std::string_view w : {"\xc2\x85", "\xc2\xa0", "\xe1\x9a\x80", "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80"})
    if (s.find(w) != s.npos) return true;
  for (std::size_t at = s.find("\xe2\x80"); at != s.npos; at = s.find("\xe2\x80", at + 1))
    if (at + 2 < s.size() && static_cast<unsigned char>(s[at + 2]) >= 0x80 && static_cast<unsigned char>(s[at + 2]) <= 0x8a) return true;
  return false;
}

std::string line_of(std::string_view name, std::uint32_t id, base::View signature) {
  std::string raw = id_bytes(id);
  raw.append(base::text(signature));
  return std::string(kDash) + std::string(name) + " " + base::base64(base::view(raw)) + "\n";
}

std::string cosigned_message(std::string_view text, std::uint64_t seconds) {
  return "cosignature/v1\ntime " + std::to_string(seconds) + "\n" + std::string(text);
}

base::Result<SignatureLine> parse_line(std::string_view line) {
  if (!line.starts_with(kDash)) return fail(Errc::malformed, "note: a signature line without its dash");
  line.remove_prefix(kDash.size());
  auto space = line.find(' ');
  if (space == line.npos) return fail(Errc::malformed, "note: a signature line of one word");
  SignatureLine out;
  out.name = line.substr(0, space);
  if (!is_key_name(out.name)) return fail(Errc::malformed, "note: a signature line with a name that is not one");
  auto raw = base::from_base64(line.substr(space + 1));
  if (!raw) return fail(Errc::malformed, "note: a signature that is not base64");
  base::Reader reader(*raw);
  out.id = reader.u32be();
  if (reader.failed() || reader.at_end()) return fail(Errc::malformed, "note: a signature of fewer than 5 bytes");
  out.signature = base::to_bytes(reader.rest());
  return out;
}
}  // namespace

std::uint32_t key_id(std::string_view name, std::uint8_t type, base::View key) {
  std::uint8_t middle[2] = {0x0a, type};
  auto digest = crypto::sha256({base::view(name), base::View(middle, 2), key});
  base::Reader reader(digest);
  return reader.u32be();
}

bool is_key_name(std::string_view name) {
  if (name.empty() || name.size() > 255 || !base::is_utf8(base::view(name)) || has_unicode_space(name)) return false;
  return std::none_of(name.begin(), name.end(), [](char c) {
    auto u = static_cast<unsigned char>(c);
    return u <= 0x20 || u == 0x7f || c == '+';
  });
}

Vkey make_vkey(std::string name, const crypto::PublicKey& key, std::uint8_t type) {
  auto id = key_id(name, type, key);
  return {std::move(name), id, type, key};
}

std::string format_vkey(const Vkey& v) {
  base::Bytes raw = {v.type};
  base::append(raw, base::View(v.key));
  return v.name + "+" + base::hex(base::view(id_bytes(v.id))) + "+" + base::base64(raw);
}

base::Result<Vkey> parse_vkey(std::string_view text) {
  if (text.size() > 1024) return fail(Errc::limit, "vkey of " + std::to_string(text.size()) + " bytes; limit 1024");
  auto first = text.find('+');
  auto second = first == text.npos ? text.npos : text.find('+', first + 1);
  if (second == text.npos) return fail(Errc::malformed, "vkey: not of the form name+id+key");
  auto name = text.substr(0, first);
  auto id_hex = text.substr(first + 1, second - first - 1);
  if (!is_key_name(name)) return fail(Errc::malformed, "vkey: a name that is not one");
  auto id = base::from_hex(id_hex);
  if (!id || id->size() != 4) return fail(Errc::malformed, "vkey: an id that is not 8 hexadecimal digits");
  auto raw = base::from_base64(text.substr(second + 1));
  if (!raw || raw->empty()) return fail(Errc::malformed, "vkey: a key that is not base64");
  std::uint8_t type = (*raw)[0];
  if (type != kTypeEd25519 && type != kTypeCosignature)
    return fail(Errc::unsupported, "vkey: signature type " + std::to_string(type) + "; this build reads 1 and 4");
  if (raw->size() != 33) return fail(Errc::malformed, "vkey: a key of " + std::to_string(raw->size() - 1) + " bytes; Ed25519 has 32");
  Vkey out;
  out.name = name;
  out.type = type;
  std::copy(raw->begin() + 1, raw->end(), out.key.begin());
  out.id = key_id(name, type, out.key);
  base::Reader reader(*id);
  if (reader.u32be() != out.id) return fail(Errc::malformed, "vkey: the id does not belong to the key");
  return out;
}

base::Result<Note> parse_note(std::string_view bytes) {
  if (bytes.size() > kMaxNoteBytes)
    return fail(Errc::limit, "note of " + std::to_string(bytes.size()) + " bytes; limit " + std::to_string(kMaxNoteBytes));
  if (!base::is_utf8(base::view(bytes))) return fail(Errc::malformed, "note: not UTF-8");
  for (char c : bytes) {
    auto u = static_cast<unsigned char>(c);
    if ((u < 0x20 && c != '\n') || u == 0x7f) return fail(Errc::malformed, "note: a control character");
  }
  if (bytes.empty() || bytes.back() != '\n') return fail(Errc::truncated, "note: no line feed at its end");
  auto split = bytes.rfind("\n\n");
  if (split == bytes.npos) return fail(Errc::malformed, "note: no empty line before the signatures");
  Note out;
  out.text = bytes.substr(0, split + 1);
  auto lines = bytes.substr(split + 2);
  if (lines.empty()) return fail(Errc::malformed, "note: no signature");
  while (!lines.empty()) {
    if (out.signatures.size() == kMaxSignatureLines)
      return fail(Errc::limit, "note: more than " + std::to_string(kMaxSignatureLines) + " signature lines");
    auto end = lines.find('\n');
    auto line = parse_line(lines.substr(0, end));
    if (!line) return std::unexpected(line.error());
    out.signatures.push_back(std::move(*line));
    lines.remove_prefix(end + 1);
  }
  return out;
}

std::string signature_line(std::string_view text, std::string_view name, const crypto::SigningKey& key) {
  FENGSUI_ASSERT(is_key_name(name));
  return line_of(name, key_id(name, kTypeEd25519, key.public_key()), key.sign(base::view(text)));
}

std::string cosignature_line(std::string_view text, std::string_view name, const crypto::SigningKey& key, std::int64_t unix_seconds) {
  FENGSUI_ASSERT(is_key_name(name) && unix_seconds >= 0);
  auto seconds = static_cast<std::uint64_t>(unix_seconds);
  base::Bytes raw;
  base::append_u64be(raw, seconds);
  base::append(raw, base::View(key.sign(base::view(cosigned_message(text, seconds)))));
  return line_of(name, key_id(name, kTypeCosignature, key.public_key()), raw);
}

std::string sign_note(std::string_view text, std::string_view name, const crypto::SigningKey& key) {
  FENGSUI_ASSERT(text.ends_with('\n'));
  return std::string(text) + "\n" + signature_line(text, name, key);
}

Verified verify_note(const Note& note, const Vkey& key) {
  Verified out;
  for (const auto& line : note.signatures) {
    if (line.name != key.name || line.id != key.id) continue;
    if (key.type == kTypeCosignature) {
      base::Reader reader(line.signature);
      std::uint64_t seconds = reader.u64be();
      bool good = !reader.failed() && seconds <= static_cast<std::uint64_t>(INT64_MAX) &&
                  crypto::verify(key.key, base::view(cosigned_message(note.text, seconds)), reader.rest());
      if (!good) return {SignatureState::bad, 0};
      out = {SignatureState::good, static_cast<std::int64_t>(seconds)};
    } else {
      if (!crypto::verify(key.key, base::view(note.text), line.signature)) return {SignatureState::bad, 0};
      out.state = SignatureState::good;
    }
  }
  return out;
}

base::Result<Note> open_note(std::string_view bytes, const Vkey& key) {
  auto note = parse_note(bytes);
  if (!note) return note;
  auto state = verify_note(*note, key).state;
  if (state == SignatureState::absent) return fail(Errc::mismatch, "note: not signed by " + key.name);
  if (state == SignatureState::bad) return fail(Errc::mismatch, "note: the signature of " + key.name + " is wrong");
  return note;
}

}  // namespace fengsui::evidence
