#include "classify/scan.h"

#include <algorithm>
#include <cstring>

#include "classify/finders.h"
#include "classify/text.h"

namespace fengsui::classify {

using model::ValueState;

namespace {

constexpr std::array<std::uint8_t, 3> kBase = {25, 55, 75};
constexpr std::uint8_t base_of(Strength s) { return kBase[static_cast<std::size_t>(s)]; }
constexpr int kContextBonus = 20, kColumnBonus = 30, kAgainstMalus = 30, kCap = 99;

bool better(const Hit& a, const Hit& b) {
  const bool a_sure = a.state != ValueState::unclear, b_sure = b.state != ValueState::unclear;
  if (a_sure != b_sure) return a_sure;
  const auto a_size = a.end - a.start, b_size = b.end - b.start;
  if (a_size != b_size) return a_size > b_size;
  if (a.confidence != b.confidence) return a.confidence > b.confidence;
  return a.type < b.type;
}

}  // namespace

bool settle(const Engine::State&, Hit& hit) {
  const bool named = hit.word >= 0 || hit.column >= 0;
  if (hit.needs_context && !named) {
    if (!hit.weak_without) return false;
    hit.state = ValueState::unclear;
  }
  int confidence = base_of(hit.strength);
  if (hit.state == ValueState::unclear && (hit.reasons & bit(Reason::area_unknown)) != 0) confidence = 30;
  if (hit.weak_without && !named) {
    if (hit.state == ValueState::clear) hit.state = ValueState::unclear;
    hit.reasons |= bit(Reason::no_context);
    confidence -= kContextBonus;
  }
  const bool certain = hit.type == Type::citizen_id || hit.type == Type::uscc || hit.type == Type::foreign_residence;
  if (hit.against && hit.column < 0 && hit.state == ValueState::clear && !certain) {
    hit.state = ValueState::unclear;
    hit.reasons |= bit(Reason::against);
    confidence -= kAgainstMalus;
  } else if (hit.neighbour && !named && hit.state == ValueState::clear && !certain) {
    hit.state = ValueState::unclear;
    hit.reasons |= bit(Reason::neighbour);
    confidence -= kAgainstMalus;
  }
  if (hit.word >= 0) confidence += kContextBonus;
  if (hit.column >= 0) confidence += kColumnBonus;
  hit.confidence = static_cast<std::uint8_t>(std::clamp(confidence, 5, kCap));
  return true;
}

namespace {

bool before(const Hit& a, const Hit& b) {
  return a.start != b.start ? a.start < b.start : a.end != b.end ? a.end < b.end : a.type < b.type;
}

// Hits come in the order of their anchors, so each is at most a neighbourhood away from its place: insertion is linear.
void order(std::vector<Hit>& hits) {
  for (std::size_t i = 1; i < hits.size(); ++i) {
    if (!before(hits[i], hits[i - 1])) continue;
    const Hit hit = hits[i];
    std::size_t j = i;
    for (; j > 0 && before(hit, hits[j - 1]); --j) hits[j] = hits[j - 1];
    hits[j] = hit;
  }
}

// Drops the beaten ones of hits[from, to), none of which overlaps any other hit; keeps the rest from `kept` on.
std::size_t settle_overlap(std::vector<Hit>& hits, std::size_t from, std::size_t to, std::size_t kept) {
  // A hit is dropped for any better one it overlaps, whether that one stays or not: so the outcome depends only on the
  // neighbourhood, and no split of a stream can change it.
  for (std::size_t i = from; i < to; ++i) {
    const auto same = [&](const Hit& a) { return a.start == hits[i].start && a.end == hits[i].end && a.type == hits[i].type; };
    bool beaten = i > from && same(hits[i - 1]);
    for (std::size_t j = i; j-- > from && !beaten && hits[i].start - hits[j].start <= kLeft;)
      beaten = hits[j].end > hits[i].start && better(hits[j], hits[i]);
    for (std::size_t j = i + 1; j < to && hits[j].start < hits[i].end && !beaten; ++j) beaten = better(hits[j], hits[i]);
    hits[i].beaten = beaten;
  }
  for (std::size_t i = from; i < to; ++i)
    if (!hits[i].beaten) hits[kept++] = hits[i];
  return kept;
}

}  // namespace

void resolve(std::vector<Hit>& hits) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < hits.size();) {
    std::uint32_t reach = hits[i].end;
    std::size_t end = i + 1;
    for (; end < hits.size() && hits[end].start < reach; ++end) reach = std::max(reach, hits[end].end);
    if (end != i + 1) {
      kept = settle_overlap(hits, i, end, kept);
    } else {
      if (kept != i) hits[kept] = hits[i];
      ++kept;
    }
    i = end;
  }
  hits.resize(kept, Hit{Type::citizen_id});
}

Stream::Stream(const Engine::State& engine, const AnchorSource* anchors)
    : engine_(&engine), anchors_(anchors != nullptr ? anchors : &engine.sieve) {}

void Stream::scan(base::View bytes, std::size_t from, std::size_t to, std::vector<Hit>& hits, OnHit on, void* self) {
  hits.clear();
  candidates(*engine_, *anchors_, bytes, from, to, hits, table_.named());
  order(hits);
  const std::size_t leave = to > kLeft ? to - kLeft : 0;  // where the table is wanted next
  std::size_t at = 0, settled = 0;
  const auto settle_at = [&](Table& table, Hit& hit) {
    table.advance(engine_->words, bytes, at, hit.start);
    at = hit.start;
    const int column = table.column();
    hit.table_column = static_cast<std::int16_t>(column);
    if (column >= 0) {
      const Column& c = table.columns()[static_cast<std::size_t>(column)];
      if ((c.types & bit(hit.type)) != 0) hit.column = static_cast<std::int16_t>(c.word);
      if (c.types == 0 && (c.against & bit(hit.type)) != 0) hit.against = true;
    }
    if (!settle(*engine_, hit)) return;
    if (&hits[settled] != &hit) hits[settled] = hit;
    ++settled;
  };
  std::size_t i = 0;
  for (; i < hits.size() && hits[i].start < leave; ++i) settle_at(table_, hits[i]);
  table_.advance(engine_->words, bytes, at, leave);
  if (i < hits.size()) {
    Table ahead = table_;
    at = leave;
    for (; i < hits.size(); ++i) settle_at(ahead, hits[i]);
  }
  hits.resize(settled, Hit{Type::citizen_id});
  resolve(hits);
  for (const Hit& hit : hits)
    if (hit.start >= from && hit.start < to) on(self, hit, bytes, base_);
}

void Stream::keep(base::View bytes, std::size_t next, std::uint64_t base) {
  const std::size_t first = next > kLeft ? next - kLeft : 0;
  size_ = static_cast<std::uint16_t>(bytes.size() - first);
  next_ = static_cast<std::uint16_t>(next - first);
  std::memmove(tail_.data(), bytes.data() + first, size_);
  base_ = base + first;
}

void Stream::feed(base::View piece, OnHit on, void* self) {
  std::vector<Hit> hits;
  while (!piece.empty()) {
    // Stitch the tail and the head of the piece; the rest of a long piece is scanned where it lies.
    std::array<std::uint8_t, 2 * (kLeft + kRight) + 4096> stitched;
    const std::size_t take = std::min(piece.size(), stitched.size() - size_);
    std::memcpy(stitched.data(), tail_.data(), size_);
    std::memcpy(stitched.data() + size_, piece.data(), take);
    const base::View both(stitched.data(), size_ + take);
    const std::size_t kept = size_;
    std::size_t next = next_;
    if (both.size() > next + kRight) {
      const std::size_t to = both.size() - kRight;
      scan(both, next, to, hits, on, self);
      next = to;
    }
    if (piece.size() <= take + 4096) {
      keep(both, next, base_);
      piece = piece.subspan(take);
      continue;
    }
    // In place, tile by tile: `piece` from next - kLeft on, where the table stands, holds all that bears on what follows.
    base_ += next - kLeft;
    piece = piece.subspan(next - kept - kLeft);
    while (piece.size() > kLeft + kRight) {
      const std::size_t to = std::min(piece.size() - kRight, kLeft + kTile);
      scan(piece, kLeft, to, hits, on, self);
      base_ += to - kLeft;
      piece = piece.subspan(to - kLeft);
    }
    keep(piece, kLeft, base_);
    return;
  }
}

void Stream::finish(OnHit on, void* self) {
  const base::View bytes(tail_.data(), size_);
  std::vector<Hit> hits;
  scan(bytes, next_, size_, hits, on, self);
  table_.advance(engine_->words, bytes, size_ > kLeft ? size_ - kLeft : 0, size_);
  base_ += size_;
  size_ = next_ = 0;
}

void Stream::jump(std::uint64_t offset, OnHit on, void* self) {
  finish(on, self);
  base_ = offset;
  table_.lose();
}

std::vector<std::string_view> reasons_of(const Engine::State& engine, const Hit& hit) {
  std::vector<std::string_view> out;
  for (std::size_t i = 0; i < kReasonIds.size(); ++i)
    if ((hit.reasons >> i & 1) != 0) out.push_back(kReasonIds[i]);
  if (hit.word >= 0) out.push_back(engine.words.context_reason(hit.word));
  if (hit.column >= 0) out.push_back(engine.words.column_reason(hit.column));
  return out;
}

std::string normal_value(Type type, base::View raw) {
  if (type == Type::person_name || type == Type::address || type == Type::health) {
    const std::string utf8 = to_utf8(base::text(raw));
    if (utf8 != base::text(raw)) return normal_value(type, base::view(utf8));
  }
  std::string out;
  for (std::size_t at = 0; at < raw.size();) {
    const Unit u = unit_at(raw, at);
    if (u.size == 0) {
      if (raw[at] >= 0x80) out.push_back(static_cast<char>(raw[at]));
      ++at;
      continue;
    }
    at += u.size;
    const bool keeps_marks = type == Type::email || type == Type::ipv4 || type == Type::ipv6 || type == Type::address;
    if (u.kind == UnitKind::digit || u.kind == UnitKind::mask || u.kind == UnitKind::letter) {
      const bool lower = type == Type::email || type == Type::ipv6 || type == Type::mac;
      if (type == Type::secret) out.push_back(u.value);
      else if (lower) out.push_back(u.value >= 'A' && u.value <= 'Z' ? static_cast<char>(u.value + 32) : u.value);
      else out.push_back(u.value >= 'a' && u.value <= 'z' ? static_cast<char>(u.value - 32) : u.value);
    } else if (keeps_marks && u.value != ' ' && u.kind != UnitKind::nothing) {
      out.push_back(u.value);
    }
  }
  if (type == Type::mobile && out.size() > 11 && out.substr(0, out.size() - 11).ends_with("86")) out = out.substr(out.size() - 11);
  return out;
}

}  // namespace fengsui::classify
