#include "evidence/checkpoint.h"

#include <algorithm>
#include <charconv>

#include "base/encode.h"

namespace fengsui::evidence {

namespace {
using base::Errc;
using base::fail;

std::string_view next_line(std::string_view& rest) {
  auto end = rest.find('\n');
  auto line = rest.substr(0, end);
  rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
  return line;
}
}  // namespace

std::string checkpoint_text(const Checkpoint& c) {
  return c.origin + "\n" + std::to_string(c.size) + "\n" + base::base64(c.root) + "\n";
}

base::Result<Checkpoint> parse_checkpoint_text(std::string_view text) {
  if (!text.ends_with('\n') || std::count(text.begin(), text.end(), '\n') < 3)
    return fail(Errc::malformed, "checkpoint: fewer than three lines");
  Checkpoint out;
  out.origin = next_line(text);
  if (!is_key_name(out.origin)) return fail(Errc::malformed, "checkpoint: an origin that is not a name");
  auto size = next_line(text);
  auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), out.size);
  if (error != std::errc() || end != size.data() + size.size() || (size.size() > 1 && size[0] == '0'))
    return fail(Errc::malformed, "checkpoint: a size that is not a decimal number");
  auto root = base::from_base64(next_line(text));
  if (!root || root->size() != out.root.size()) return fail(Errc::malformed, "checkpoint: a root that is not 32 bytes of base64");
  std::copy(root->begin(), root->end(), out.root.begin());
  while (!text.empty())
    if (next_line(text).empty()) return fail(Errc::malformed, "checkpoint: an empty extension line");
  return out;
}

std::string sign_checkpoint(const Checkpoint& c, const crypto::SigningKey& log_key) { return sign_note(checkpoint_text(c), c.origin, log_key); }

base::Result<Checkpoint> open_checkpoint(std::string_view bytes, const Vkey& log) {
  auto note = open_note(bytes, log);
  if (!note) return std::unexpected(note.error());
  auto out = parse_checkpoint_text(note->text);
  if (out && out->origin != log.name) return fail(Errc::mismatch, "checkpoint: the origin is not " + log.name);
  return out;
}

std::string add_line(std::string note, std::string_view line) {
  note.append(line);
  return note;
}

std::string make_origin(std::string_view domain, std::string_view division, std::string_view unit, int year) {
  std::string out = std::string(domain) + "/" + std::string(division) + "/" + std::string(unit) + "/" + std::to_string(year);
  FENGSUI_ASSERT(is_key_name(out));
  return out;
}

}  // namespace fengsui::evidence
