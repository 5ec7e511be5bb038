#include "capture/stream.h"

#include <algorithm>

namespace fengsui::capture {
namespace {

// Packets may be captured out of the order in which they were acknowledged (several interfaces, several queues), so a
// hole is given up only when the acknowledgement past it has been seen for a while.
constexpr std::uint16_t kProofPackets = 32;
constexpr base::UnixMs kProofMs = 2000;
constexpr std::size_t kProbeSegments = 4;  // segments to wait for a late SYN
constexpr std::size_t kWaitingOverhead = 96;
constexpr std::int64_t kFarOff = 1 << 20;  // past an acknowledgement at the end of a flow

}  // namespace

void Stream::start(std::uint32_t first_sequence, ReorderBudget& budget, Tally& tally, StreamOut& out) {
  if (delivered_) return;
  if (state_ == State::idle) {
    next_ = first_sequence;
  } else {
    advance(position_of(first_sequence) - position_);
  }
  midstream_ = false;
  state_ = State::running;
  drain(budget, tally, out);
}

void Stream::segment(const Piece& piece, ReorderBudget& budget, Tally& tally, StreamOut& out) {
  if (state_ == State::idle) {
    state_ = State::probing;
    midstream_ = true;
    next_ = piece.sequence;
  }
  std::int64_t at = position_of(piece.sequence);
  base::View bytes = piece.bytes;
  std::uint32_t cut = piece.cut;
  const std::int64_t end = at + static_cast<std::int64_t>(bytes.size()) + cut;
  if (state_ == State::probing) {
    hold(at, bytes, cut, budget, tally);
    if (aside_ && aside_->queue.size() >= kProbeSegments) run(budget, tally, out);
    return keep_bounds(budget, tally, out);
  }
  if (fin_known_ && at >= fin_position()) return tally.add(Count::tcp_late);
  if (end <= position_) return tally.add(Count::tcp_retransmitted);
  if (at < position_) {
    tally.add(Count::tcp_retransmitted);
    const auto old = static_cast<std::size_t>(position_ - at);
    const std::size_t from_bytes = std::min(old, bytes.size());
    bytes = bytes.subspan(from_bytes);
    cut -= static_cast<std::uint32_t>(old - from_bytes);
    at = position_;
  }
  if (at == position_) {
    deliver(bytes, cut, tally, out);
    if (aside_) drain(budget, tally, out);
    return;
  }
  tally.add(Count::tcp_reordered);
  hold(at, bytes, cut, budget, tally);
  keep_bounds(budget, tally, out);
}

Stream::Aside& Stream::aside() {
  if (!aside_) aside_ = std::make_unique<Aside>();
  return *aside_;
}

void Stream::tidy() {
  if (aside_ && aside_->queue.empty() && !aside_->urgent_known) aside_.reset();
}

void Stream::urgent(std::uint32_t sequence) {
  if (state_ == State::idle || position_of(sequence) < position_) return;
  aside().urgent_position = position_of(sequence);
  aside_->urgent_known = true;
}

void Stream::deliver(base::View bytes, std::uint32_t cut, Tally& tally, StreamOut& out) {
  if (aside_ && aside_->urgent_known && aside_->urgent_position >= position_ &&
      aside_->urgent_position < position_ + static_cast<std::int64_t>(bytes.size())) {
    const auto before = static_cast<std::size_t>(aside_->urgent_position - position_);
    aside_->urgent_known = false;
    tally.add(Count::tcp_urgent);
    if (before != 0) deliver(bytes.first(before), 0, tally, out);
    advance(1);
    bytes = bytes.subspan(before + 1);
  }
  advance(static_cast<std::int64_t>(bytes.size()) + cut);
  delivered_ = true;
  if (aside_) aside_->proofs = 0;
  if (!bytes.empty()) out.chunk(bytes);
  if (cut != 0) {
    tally.add(Count::tcp_hole);
    tally.add(Count::tcp_hole_bytes, cut);
    out.hole(cut, Hole::cut);
  }
}

void Stream::drop(Queue::iterator at, ReorderBudget& budget) {
  const std::size_t cost = at->second.bytes.size() + kWaitingOverhead;
  aside_->held -= static_cast<std::uint32_t>(cost);
  budget.used -= cost;
  aside_->queue.erase(at);
}

void Stream::hold(std::int64_t at, base::View bytes, std::uint32_t cut, ReorderBudget& budget, Tally& tally) {
  if (bytes.empty() && cut == 0) return;
  Queue& waiting = aside().queue;
  const std::int64_t end = at + static_cast<std::int64_t>(bytes.size()) + cut;
  const auto differs = [&](Queue::const_iterator other) {
    const std::int64_t from = std::max(at, other->first);
    const std::int64_t to = std::min(at + static_cast<std::int64_t>(bytes.size()),
                                     other->first + static_cast<std::int64_t>(other->second.bytes.size()));
    return from < to && !std::equal(bytes.begin() + (from - at), bytes.begin() + (to - at),
                                    other->second.bytes.begin() + (from - other->first));
  };
  auto next = waiting.upper_bound(at);
  bool conflict = false;
  if (next != waiting.begin()) {
    auto before = std::prev(next);
    conflict = differs(before);
    if (before->first + before->second.size() >= end) {  // nothing new
      tally.add(conflict ? Count::tcp_overlap_conflict : Count::tcp_retransmitted);
      return;
    }
    if (before->first == at) drop(before, budget);
  }
  while (next != waiting.end() && next->first < end) {
    conflict = conflict || differs(next);
    if (next->first + next->second.size() > end) break;
    drop(next++, budget);
  }
  if (conflict) tally.add(Count::tcp_overlap_conflict);
  waiting.emplace_hint(next, at, Waiting{base::to_bytes(bytes), cut});
  aside_->held += static_cast<std::uint32_t>(bytes.size() + kWaitingOverhead);
  budget.used += bytes.size() + kWaitingOverhead;
}

void Stream::drain(ReorderBudget& budget, Tally& tally, StreamOut& out) {
  while (any_waiting() && aside_->queue.begin()->first <= position_) {
    auto first = aside_->queue.begin();
    const std::int64_t at = first->first;
    Waiting waiting{std::move(first->second.bytes), first->second.cut};
    const std::size_t cost = waiting.bytes.size() + kWaitingOverhead;
    aside_->held -= static_cast<std::uint32_t>(cost);
    budget.used -= cost;
    aside_->queue.erase(first);
    if (fin_known_ && position_ >= fin_position()) {
      tally.add(Count::tcp_late);
      continue;
    }
    const auto old = static_cast<std::size_t>(position_ - at);
    if (old >= static_cast<std::size_t>(waiting.size())) continue;
    const std::size_t from_bytes = std::min(old, waiting.bytes.size());
    deliver(base::View(waiting.bytes).subspan(from_bytes), waiting.cut - static_cast<std::uint32_t>(old - from_bytes), tally, out);
  }
  tidy();
}

void Stream::run(ReorderBudget& budget, Tally& tally, StreamOut& out) {
  if (state_ != State::probing) return;
  state_ = State::running;
  if (any_waiting()) advance(aside_->queue.begin()->first - position_);
  drain(budget, tally, out);
}

void Stream::skip_to_waiting(Hole why, ReorderBudget& budget, Tally& tally, StreamOut& out) {
  if (!any_waiting()) return;
  const std::int64_t missing = aside_->queue.begin()->first - position_;
  if (missing > 0) {
    advance(missing);
    tally.add(Count::tcp_hole);
    tally.add(Count::tcp_hole_bytes, static_cast<std::uint64_t>(missing));
    out.hole(static_cast<std::uint64_t>(missing), why);
  }
  drain(budget, tally, out);
}

void Stream::keep_bounds(ReorderBudget& budget, Tally& tally, StreamOut& out) {
  while (any_waiting() && (aside_->held > budget.max_per_flow || budget.used > budget.max_total)) {
    tally.add(Count::tcp_reorder_limit);
    run(budget, tally, out);
    const bool proved = any_waiting() && acknowledged_known_ && acknowledged() >= aside_->queue.begin()->first;
    skip_to_waiting(proved ? Hole::lost : Hole::limit, budget, tally, out);
  }
}

void Stream::acknowledged(std::uint32_t sequence, base::UnixMs time, ReorderBudget& budget, Tally& tally, StreamOut& out) {
  if (state_ == State::idle) return;
  if (state_ == State::probing) {
    if (position_of(sequence) > position_) run(budget, tally, out);
    if (state_ == State::probing) return;
  }
  const auto ahead = static_cast<std::int32_t>(sequence - next_);
  if (!acknowledged_known_ || ahead > acknowledged_ahead_) acknowledged_ahead_ = ahead;
  acknowledged_known_ = true;
  if (!any_waiting() || acknowledged() < aside_->queue.begin()->first) return;
  if (aside_->proofs == 0) aside_->hole_proved_at = time;
  if (++aside_->proofs < kProofPackets && time - aside_->hole_proved_at < kProofMs) return;
  skip_to_waiting(Hole::lost, budget, tally, out);
}

void Stream::fin(std::uint32_t end_sequence) {
  if (state_ == State::idle) {
    next_ = end_sequence;
    state_ = State::running;
    midstream_ = true;
  }
  fin_sequence_ = end_sequence;
  fin_known_ = true;
}

void Stream::forget(ReorderBudget& budget) {
  while (any_waiting()) drop(aside_->queue.begin(), budget);
}

void Stream::finish(ReorderBudget& budget, Tally& tally, StreamOut& out) {
  run(budget, tally, out);
  while (any_waiting()) {
    // Beyond the end, or far beyond what the peer ever acknowledged: outside its window, never taken.
    const std::int64_t at = aside_->queue.begin()->first;
    if (at > position_ && ((fin_known_ && at >= fin_position()) || (acknowledged_known_ && at > acknowledged() + kFarOff))) {
      tally.add(Count::tcp_late);
      drop(aside_->queue.begin(), budget);
      continue;
    }
    skip_to_waiting(Hole::lost, budget, tally, out);
  }
  if (state_ != State::running || !acknowledged_known_) return;
  std::int64_t missing = acknowledged_ahead_;
  if (fin_known_) missing = std::min(missing, fin_position() - position_);
  // One more than the data is the FIN itself when it was not captured; absurd numbers are forged acknowledgements.
  if (missing <= 1 || missing > (std::int64_t{1} << 30)) return;
  advance(missing);
  tally.add(Count::tcp_hole);
  tally.add(Count::tcp_hole_bytes, static_cast<std::uint64_t>(missing));
  out.hole(static_cast<std::uint64_t>(missing), Hole::lost);
}

}  // namespace fengsui::capture
