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

// The newest seal of the day in that checkpoint; nullptr when there is none, or the log never had that checkpoint.
const Seal* sealed_in(const Checkpoint& at, base::Day day, const StampTrust& trust) {
  const Seal* found = nullptr;
  if (!trust.had(at)) return found;
  for (const auto& s : trust.seals)
    if (s.body.day == day && s.leaf >= trust.first && s.leaf - trust.first < at.size) found = &s.body;
  return found;
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
  const auto* seal = sealed_in(*at, stamp.day, trust);
  if (!seal) return fail(Errc::mismatch, "its checkpoint is not one of this log, or holds no seal of the day");
  if (said->time < seal->to) return fail(Errc::mismatch, "its time is before the end of what was sealed");
  if (trust.now != 0 && said->time > trust.now + kStampSkewMs) return fail(Errc::mismatch, "its time has not come yet");
  return said->time;
}

std::string StampCounts::zh() const {
  std::string out = good ? "；时间戳相符 " + std::to_string(good) + " 个" : "";
  if (unknown) out += "；时间戳机构不在所给证书之内 " + std::to_string(unknown) + " 个";
  return unchecked ? out + "；时间戳未核验 " + std::to_string(unchecked) + " 个" : out;
}

std::string StampCounts::en() const {
  std::string out = good ? "; time-stamps that hold: " + std::to_string(good) : "";
  if (unknown) out += "; by an authority that is not among the certificates given: " + std::to_string(unknown);
  return unchecked ? out + "; time-stamps not checked: " + std::to_string(unchecked) : out;
}

void check_stamps(const Files& files, const std::string& folder, const StampTrust& trust, StampCounts& counts,
                  const std::function<void(const std::string&, const std::string&, const std::string&)>& fault) {
  const auto prefix = folder + "ts/";
  for (auto it = files.lower_bound(prefix); it != files.end() && it->first.starts_with(prefix); ++it) {
    const auto& path = it->first;
    if (!path.ends_with(".tsr")) continue;
    const auto name = path.substr(prefix.size(), path.size() - prefix.size() - 4);
    auto beside = files.find(prefix + name + ".checkpoint");
    const std::string checkpoint(beside == files.end() ? std::string_view() : base::text(beside->second));
    auto at = read_checkpoint(checkpoint);
    if (trust.tsa.empty() || (at && trust.seen != 0 && at->size <= trust.seen)) {
      ++counts.unchecked;
      continue;
    }
    auto day = base::parse_day(name);
    auto time = day ? check_stamp({*day, checkpoint, it->second}, trust) : base::Result<base::UnixMs>(std::unexpected(day.error()));
    if (time) ++counts.good;
    else if (day && time.error().code == Errc::not_found) ++counts.unknown;
    else fault(path, name, time.error().what);
  }
}

}  // namespace fengsui::evidence
