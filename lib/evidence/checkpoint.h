// Checkpoint: a log's signed statement of its size and root. Source: C2SP tlog-checkpoint v1.0.0.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "evidence/merkle.h"
#include "evidence/note.h"

namespace fengsui::evidence {

struct Checkpoint {
  std::string origin;  // also the name of the log's key
  std::uint64_t size = 0;
  Digest root{};
  bool operator==(const Checkpoint&) const = default;
};

// "<origin>\n<size>\n<base64 root>\n"; we write no extension lines.
std::string checkpoint_text(const Checkpoint& checkpoint);
// Strict decimal without leading zeros, 32-byte root. Extension lines of other logs are accepted and ignored.
base::Result<Checkpoint> parse_checkpoint_text(std::string_view text);
// The whole signed note; the key's name is the origin.
std::string sign_checkpoint(const Checkpoint& checkpoint, const crypto::SigningKey& log_key);
// Demands the signature of `log` and that the origin is its name. Errc::mismatch, malformed, limit.
base::Result<Checkpoint> open_checkpoint(std::string_view note, const Vkey& log);
// Adds a line (from signature_line or cosignature_line) to a signed note.
std::string add_line(std::string note, std::string_view line);

// "<collector-domain>/<division>/<unit>/<year>", at most 255 bytes (asserted).
std::string make_origin(std::string_view domain, std::string_view division, std::string_view unit, int year);

}  // namespace fengsui::evidence
