// A witness: signs a log's checkpoint only when it continues the one it signed before. Source: C2SP tlog-witness v1.0.0 (add-checkpoint) and
// tlog-cosignature v1.0.0. The same body travels over HTTP, and as a file to an evaluator without a network.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "evidence/checkpoint.h"
#include "evidence/merkle.h"
#include "evidence/note.h"

namespace fengsui::evidence {

inline constexpr std::size_t kMaxAddCheckpoint = 64u << 10;  // bytes of a request
inline constexpr std::size_t kMaxWitnessProof = 63;          // hashes, as the specification says

// "old <size>\n", one base64 hash a line, an empty line, the signed checkpoint.
struct AddCheckpoint {
  std::uint64_t old_size = 0;
  std::vector<Digest> proof;
  std::string checkpoint;
};
std::string format_add_checkpoint(const AddCheckpoint& request);
// Errc::malformed, limit. Does not parse the checkpoint.
base::Result<AddCheckpoint> parse_add_checkpoint(std::string_view body);

// What to answer, and what must be durable before the answer leaves.
struct WitnessAnswer {
  int status = 0;             // 200 404 403 400 409 422
  std::string body;           // 200: the cosignature line; 409: the size that is known, and a line feed; else the reason
  std::optional<std::string> keep;  // 200: the whole signed checkpoint, to be stored in place of `seen`
  std::string origin;         // of the request's checkpoint, "" when it could not be read
  bool is_size() const { return status == 409; }  // text/x.tlog.size
};
// `log` is the key of the origin that the request names, nullptr when this witness does not know it; `seen` the whole signed checkpoint that
// was kept last of that log, "" for none. The same size and root again is signed again: an answer may have been lost.
WitnessAnswer witness(const AddCheckpoint& request, const Vkey* log, std::string_view seen, std::string_view name, const crypto::SigningKey& key,
                      std::int64_t unix_seconds);
// Origin of the checkpoint in a request, to look up key and state. Errc::malformed.
base::Result<std::string> origin_of(const AddCheckpoint& request);

// The lines of a witness' answer that are good cosignatures of a known witness over `checkpoint`, each with its line feed, which are not in it
// yet. Errc::mismatch when a known witness' line is wrong, malformed.
base::Result<std::vector<std::string>> cosignatures_in(std::string_view answer, std::string_view checkpoint, const std::vector<Vkey>& witnesses);

}  // namespace fengsui::evidence
