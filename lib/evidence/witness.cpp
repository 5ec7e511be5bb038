#include "evidence/witness.h"

#include <algorithm>

#include "evidence/leaf.h"

namespace fengsui::evidence {

namespace {
using base::Errc;
using base::fail;

// As parse_checkpoint_text, but an origin may hold spaces: older public logs have such names.
base::Result<Checkpoint> read_text(std::string_view text) {
  auto end = text.find('\n');
  if (end == text.npos || end == 0 || end > 255) return fail(Errc::malformed, "checkpoint: without an origin");
  auto out = parse_checkpoint_text("-" + std::string(text.substr(end)));
  if (out) out->origin = text.substr(0, end);
  return out;
}

// A log's key may have another name than its origin (sum.golang.org signs "go.sum database tree"): the caller knows whose it is.
base::Result<Checkpoint> open_signed(std::string_view text, const Vkey& key) {
  auto note = parse_note(text);
  if (!note) return std::unexpected(note.error());
  if (verify_note(*note, key).state != SignatureState::good) return fail(Errc::mismatch, "note: not signed by " + key.name);
  return read_text(note->text);
}

WitnessAnswer refuse(int status, std::string why, std::string origin = "") { return {status, std::move(why) + "\n", std::nullopt, std::move(origin)}; }

base::Result<std::uint64_t> decimal(std::string_view text) {
  if (text.empty() || text.size() > 19 || (text.size() > 1 && text[0] == '0')) return fail(Errc::malformed, "add-checkpoint: the old size is no number");
  std::uint64_t value = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return fail(Errc::malformed, "add-checkpoint: the old size is no number");
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return value;
}
}  // namespace

std::string format_add_checkpoint(const AddCheckpoint& r) {
  std::string out = "old " + std::to_string(r.old_size) + "\n";
  for (const auto& hash : r.proof) out += digest_text(hash) + "\n";
  return out + "\n" + r.checkpoint;
}

base::Result<AddCheckpoint> parse_add_checkpoint(std::string_view body) {
  if (body.size() > kMaxAddCheckpoint) return fail(Errc::limit, "add-checkpoint of " + std::to_string(body.size()) + " bytes; limit " + std::to_string(kMaxAddCheckpoint));
  AddCheckpoint out;
  auto line = [&]() -> std::optional<std::string_view> {
    auto end = body.find('\n');
    if (end == body.npos) return std::nullopt;
    auto text = body.substr(0, end);
    body.remove_prefix(end + 1);
    return text;
  };
  auto first = line();
  if (!first || !first->starts_with("old ")) return fail(Errc::malformed, "add-checkpoint: does not begin with the old size");
  auto size = decimal(first->substr(4));
  if (!size) return std::unexpected(size.error());
  out.old_size = *size;
  while (true) {
    auto next = line();
    if (!next) return fail(Errc::malformed, "add-checkpoint: ends inside the proof");
    if (next->empty()) break;
    auto hash = parse_digest(*next);
    if (!hash) return fail(Errc::malformed, "add-checkpoint: a line of the proof is no hash");
    if (out.proof.size() == kMaxWitnessProof) return fail(Errc::limit, "add-checkpoint: more than 63 hashes");
    out.proof.push_back(*hash);
  }
  if (body.empty()) return fail(Errc::malformed, "add-checkpoint: without a checkpoint");
  out.checkpoint = body;
  return out;
}

base::Result<std::string> origin_of(const AddCheckpoint& request) {
  // The text alone: whose it claims to be must be known before its signature can be judged.
  auto end = request.checkpoint.find("\n\n");
  if (end == std::string::npos) return fail(Errc::malformed, "add-checkpoint: the checkpoint is not signed");
  auto text = read_text(std::string_view(request.checkpoint).substr(0, end + 1));
  if (!text) return std::unexpected(text.error());
  return text->origin;
}

WitnessAnswer witness(const AddCheckpoint& request, const Vkey* log, std::string_view seen, std::string_view name, const crypto::SigningKey& key,
                      std::int64_t unix_seconds) {
  auto origin = origin_of(request);
  if (!origin) return refuse(400, "the checkpoint cannot be read");
  if (!log) return refuse(404, "unknown log", *origin);
  auto next = open_signed(request.checkpoint, *log);
  if (!next) return refuse(403, "invalid signature", *origin);
  if (request.old_size > next->size) return refuse(400, "the old size is larger than the checkpoint's", *origin);
  Checkpoint last;
  if (!seen.empty()) {
    auto kept = open_signed(seen, *log);
    if (!kept) return refuse(500, "the checkpoint kept of this log cannot be read", *origin);
    last = *kept;
  }
  auto conflict = [&] { return refuse(409, std::to_string(last.size), *origin); };
  if (request.old_size != last.size) return conflict();
  if (last.size == next->size && last.size != 0 && last.root != next->root) return conflict();
  if (next->size == 0 && next->root != empty_root()) return refuse(422, "consistency proof: an empty tree has another root", *origin);
  if (last.size == 0 || last.size == next->size) {
    if (!request.proof.empty()) return refuse(422, "consistency proof: none is expected", *origin);
  } else if (!verify_consistency(last.size, next->size, last.root, next->root, request.proof)) {
    return refuse(422, "consistency proof: does not show it", *origin);
  }
  auto note = parse_note(request.checkpoint);
  return {200, cosignature_line(note->text, name, key, unix_seconds), request.checkpoint, *origin};
}

base::Result<std::vector<std::string>> cosignatures_in(std::string_view answer, std::string_view checkpoint, const std::vector<Vkey>& witnesses) {
  auto signed_note = parse_note(checkpoint);
  if (!signed_note) return std::unexpected(signed_note.error());
  auto lines = parse_note(signed_note->text + "\n" + std::string(answer));
  if (!lines) return std::unexpected(lines.error());
  std::vector<std::string> out;
  for (const auto& key : witnesses) {
    auto state = verify_note(*lines, key).state;
    if (state == SignatureState::bad) return fail(Errc::mismatch, "a wrong cosignature of witness " + key.name);
    if (state == SignatureState::absent || verify_note(*signed_note, key).state != SignatureState::absent) continue;
    auto at = answer.find("\u2014 " + key.name + " ");
    if (at == answer.npos) continue;
    out.emplace_back(answer.substr(at, answer.find('\n', at) + 1 - at));
  }
  return out;
}

}  // namespace fengsui::evidence
