#include "evidence/shard.h"

#include "evidence/leaf.h"

namespace fengsui::evidence {

namespace {
using base::Errc;
using base::fail;
}  // namespace

Json to_json(const Shard& s) {
  return Json::object().set("origin", s.origin).set("size", s.size).set("root", digest_text(s.root)).set("checkpoint", s.checkpoint)
      .set("first", s.first).set("cut", s.cut).set("state", s.state);
}

base::Result<Shard> parse_shard(const Json& json) {
  Fields f(json, "shard");
  Shard s;
  s.origin = f.text("origin", 255);
  s.size = static_cast<std::uint64_t>(f.integer("size", 1, kMaxInteger));
  if (auto root = parse_digest(f.text("root", 44))) s.root = *root;
  else f.fail("root", "is not a digest");
  s.checkpoint = f.text("checkpoint", 16'384);
  s.first = static_cast<std::uint64_t>(f.integer("first", 1, kMaxInteger));
  s.cut = f.integer("cut", 0, kMaxInteger);
  s.state = f.text("state", 64);
  if (s.state.size() != 64) f.fail("state", "is not a hex digest");
  if (auto st = f.status(); !st) return std::unexpected(st.error());
  return s;
}

int year_of_origin(std::string_view origin) {
  auto slash = origin.rfind('/');
  auto last = slash == origin.npos ? std::string_view() : origin.substr(slash + 1);
  if (last.size() != 4 || last[0] == '0') return 0;
  int year = 0;
  for (char c : last) {
    if (c < '0' || c > '9') return 0;
    year = year * 10 + (c - '0');
  }
  return year;
}

base::Result<std::string> origin_of_year(std::string_view origin, int year) {
  if (year_of_origin(origin) == 0) return fail(Errc::malformed, "origin: does not end with a year");
  return std::string(origin.substr(0, origin.rfind('/') + 1)) + std::to_string(year);
}

bool succeeds(std::string_view earlier, std::string_view later) {
  int year = year_of_origin(later);
  auto renamed = origin_of_year(earlier, year);
  return renamed && year > year_of_origin(earlier) && *renamed == later;
}

base::Result<Checkpoint> follow(const Checkpoint& held, const Vkey& log, std::span<const Handover> handovers) {
  if (handovers.empty() || handovers.size() > kMaxShards) return fail(Errc::limit, "hand-over: 1 to " + std::to_string(kMaxShards) + " are followed");
  Checkpoint at = held;
  Vkey key = log;
  for (const auto& h : handovers) {
    auto last = open_checkpoint(h.final_checkpoint, key);
    if (!last) return std::unexpected(last.error());
    if (at.size > last->size) return fail(Errc::mismatch, "hand-over: the log ended at " + std::to_string(last->size) + " leaves, a checkpoint of " + std::to_string(at.size) + " is held");
    if (at.size != 0)
      if (auto s = verify_consistency(at.size, last->size, at.root, last->root, h.consistency); !s) return std::unexpected(s.error());
    auto leaf = parse_leaf(h.leaf);
    if (!leaf) return std::unexpected(leaf.error());
    if (leaf->kind != "shard") return fail(Errc::mismatch, "hand-over: the next log does not begin with a shard leaf");
    auto shard = parse_shard(leaf->record.body);
    if (!shard) return std::unexpected(shard.error());
    if (shard->origin != last->origin || shard->size != last->size || shard->root != last->root)
      return fail(Errc::mismatch, "hand-over: the next log continues another log than the one held");
    auto text = parse_note(h.next_checkpoint);
    if (!text) return std::unexpected(text.error());
    auto next = parse_checkpoint_text(text->text);
    if (!next) return std::unexpected(next.error());
    if (!succeeds(last->origin, next->origin)) return fail(Errc::mismatch, "hand-over: the next log is of another unit or of no later year");
    key = make_vkey(next->origin, log.key);
    if (auto opened = open_checkpoint(h.next_checkpoint, key); !opened) return std::unexpected(opened.error());
    if (auto s = verify_inclusion(0, next->size, leaf_hash(h.leaf), h.inclusion, next->root); !s) return std::unexpected(s.error());
    at = *next;
  }
  return at;
}

}  // namespace fengsui::evidence
