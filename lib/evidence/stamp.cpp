#include "evidence/stamp.h"

#include <optional>

#include "crypto/timestamp.h"
#include "evidence/shard.h"

namespace fengsui::evidence {

namespace {
using base::Errc;
using base::fail;

base::Result<Checkpoint> read_checkpoint(std::string_view note) {
  auto parsed = parse_note(note);
  if (!parsed) return std::unexpected(parsed.error());
  return parse_checkpoint_text(parsed->text);
}

// The folder of the log in the bundle, when it holds that log at that size.
std::optional<std::string> folder_of(const Files& files, const Checkpoint& at) {
  for (const auto& folder : {std::string(), "shards/" + std::to_string(year_of_origin(at.origin)) + "/"}) {
    auto file = files.find(folder + "checkpoint");
    auto own = file == files.end() ? base::Result<Checkpoint>(fail(Errc::not_found, "")) : read_checkpoint(base::text(file->second));
    if (own && own->origin == at.origin && own->size >= at.size) return folder;
  }
  return std::nullopt;
}
}  // namespace

base::Result<Digest> stamp_imprint(std::string_view checkpoint) {
  auto note = parse_note(checkpoint);
  if (!note) return std::unexpected(note.error());
  return crypto::sha256(base::view(note->text));
}

std::size_t add_stamps(Files& files, const std::vector<Stamp>& stamps) {
  std::size_t taken = 0;
  for (const auto& stamp : stamps) {
    auto at = read_checkpoint(stamp.checkpoint);
    auto folder = at ? folder_of(files, *at) : std::nullopt;
    if (!folder) continue;
    const auto path = *folder + "ts/" + base::to_string(stamp.day);
    files[path + ".tsr"] = stamp.token;
    files[path + ".checkpoint"] = base::to_bytes(stamp.checkpoint);
    ++taken;
  }
  return taken;
}

base::Result<base::UnixMs> check_stamp(const Stamp& stamp, const StampTrust& trust) {
  auto said = crypto::verify_timestamp(stamp.token, trust.tsa);
  if (!said) return std::unexpected(said.error());
  auto at = open_checkpoint(stamp.checkpoint, *trust.log);
  if (!at) return fail(Errc::mismatch, "its checkpoint: " + at.error().what);
  auto imprint = stamp_imprint(stamp.checkpoint);
  if (!imprint || *imprint != said->imprint) return fail(Errc::mismatch, "it stamps another text than its checkpoint");
  const auto* seal = trust.seal(stamp.day, *at);
  if (!seal) return fail(Errc::mismatch, "its checkpoint is not one of this log, or holds no seal of the day");
  if (said->time < seal->to) return fail(Errc::mismatch, "its time is before the end of what was sealed");
  if (trust.now != 0 && said->time > trust.now + kStampSkewMs) return fail(Errc::mismatch, "its time has not come yet");
  return said->time;
}

}  // namespace fengsui::evidence
