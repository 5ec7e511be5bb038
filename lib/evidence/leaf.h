// Leaves of the log: the collector's header line and the signed record it received. Grammar and worked bytes: FORMAT.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "base/time.h"
#include "evidence/json.h"
#include "evidence/merkle.h"
#include "evidence/note.h"

namespace fengsui::evidence {

inline constexpr std::size_t kMaxLeafBytes = 65'535;
inline constexpr std::size_t kMaxRecordJson = 60'000;

// "fengsui-rec/v1 <kind>\n<one line of JSON>\n": what a signer signs.
std::string record_text(std::string_view kind, const Json& body);
// The signed note of a record: record_text, empty line, signature line.
std::string sign_record(std::string_view kind, const Json& body, std::string_view signer, const crypto::SigningKey& key);

// A parsed record. Owns its text.
struct RecordNote {
  std::string kind;
  Json body;
  Note note;
};
// Errc::unsupported for another type line (a record of a later version), malformed, limit, truncated.
base::Result<RecordNote> parse_record(std::string_view note);

// What goes into the log.
struct Leaf {
  std::string kind;
  base::Bytes bytes;
  Digest hash{};  // SHA-256(0x00 ‖ bytes)
};
// "fengsui-leaf/v1 <kind> <dept> <rx-ms>\n" ‖ note. Errc::limit above 65 535 bytes, malformed when kind or dept are not words.
// Does not parse the note: the caller has, or made it.
base::Result<Leaf> with_header(std::string_view kind, std::string_view dept, base::UnixMs rx, std::string_view note);
// A leaf that is a Rekor-form entry: one line of JSON without header. Errc::limit, malformed unless it begins with '{'.
base::Result<Leaf> entry_leaf(std::string_view json);

struct ParsedLeaf {
  std::string kind;  // "dsse" for a Rekor-form entry
  std::string dept;  // "" for one
  std::optional<base::UnixMs> rx;
  std::string_view note;  // inside the bytes given; "" for a Rekor-form entry
  RecordNote record;      // record.body holds the entry itself for a Rekor-form one
  bool known = true;      // false: a kind or record version this build does not know; only the header was read
};
// Errc::malformed, limit, truncated; mismatch when header and record name different kinds. An unknown kind or record type line is
// not an error: known is false and the caller counts and reports it.
base::Result<ParsedLeaf> parse_leaf(base::View bytes);

// Kinds of this version (evidence.md 2.3).
bool is_known_kind(std::string_view kind);
// A kind, a unit or an agent name: 1..128 of [A-Za-z0-9._/:-].
bool is_word(std::string_view text);

// SHA-256("fengsui-cm/v1\n" ‖ salt ‖ detail): what a find record holds instead of its detail.
Digest detail_commitment(base::View salt, std::string_view detail);
// SHA-256("fengsui-rec-chain/v1\n" ‖ note): `pv` of the next record.
Digest chain_digest(std::string_view note);

// Base64 of a digest and back. Errc::malformed unless 32 bytes.
std::string digest_text(const Digest& digest);
base::Result<Digest> parse_digest(std::string_view base64);

}  // namespace fengsui::evidence
