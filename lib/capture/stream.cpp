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
    const std::int64_t at = position_of(first_sequence);
    next_ = first_sequence;
    position_ = at;
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
    if (waiting_ && waiting_->size() >= kProbeSegments) run(budget, tally, out);
    return keep_bounds(budget, tally, out);
  }
  if (fin_known_ && at >= fin_position_) return tally.add(Count::tcp_late);
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
    if (waiting_) drain(budget, tally, out);
    return;
  }
  tally.add(Count::tcp_reordered);
  hold(at, bytes, cut, budget, tally);
  keep_bounds(budget, tally, out);
}

void Stream::urgent(std::uint32_t sequence) {
  if (state_ == State::idle || position_of(sequence) < position_) return;
  urgent_position_ = position_of(sequence);
  urgent_known_ = true;
}

void Stream::deliver(base::View bytes, std::uint32_t cut, Tally& tally, StreamOut& out) {
  if (urgent_known_ && urgent_position_ >= position_ && urgent_position_ < position_ + static_cast<std::int64_t>(bytes.size())) {
    const auto before = static_cast<std::size_t>(urgent_position_ - position_);
    urgent_known_ = false;
    tally.add(Count::tcp_urgent);
    if (before != 0) deliver(bytes.first(before), 0, tally, out);
    advance(1);
    bytes = bytes.subspan(before + 1);
  }
  advance(static_cast<std::int64_t>(bytes.size()) + cut);
  delivered_ = true;
  proofs_ = 0;
  if (!bytes.empty()) out.chunk(bytes);
  if (cut != 0) {
    tally.add(Count::tcp_hole);
    tally.add(Count::tcp_hole_bytes, cut);
    out.hole(cut, Hole::cut);
  }
}

void Stream::drop(Queue::iterator at, ReorderBudget& budget) {
  const std::size_t cost = at->second.bytes.size() + kWaitingOverhead;
  held_ -= static_cast<std::uint32_t>(cost);
  budget.used -= cost;
  waiting_->erase(at);
}

void Stream::hold(std::int64_t at, base::View bytes, std::uint32_t cut, ReorderBudget& budget, Tally& tally) {
  if (bytes.empty() && cut == 0) return;
  if (!waiting_) waiting_ = std::make_unique<Queue>();
  const std::int64_t end = at + static_cast<std::int64_t>(bytes.size()) + cut;
  const auto differs = [&](Queue::const_iterator other) {
    const std::int64_t from = std::max(at, other->first);
    const std::int64_t to = std::min(at + static_cast<std::int64_t>(bytes.size()),
                                     other->first + static_cast<std::int64_t>(other->second.bytes.size()));
    return from < to && !std::equal(bytes.begin() + (from - at), bytes.begin() + (to - at),
                                    other->second.bytes.begin() + (from - other->first));
  };
  auto next = waiting_->upper_bound(at);
  bool conflict = false;
  if (next != waiting_->begin()) {
    auto before = std::prev(next);
    conflict = differs(before);
    if (before->first + before->second.size() >= end) {  // nothing new
      tally.add(conflict ? Count::tcp_overlap_conflict : Count::tcp_retransmitted);
      return;
    }
    if (before->first == at) drop(before, budget);
  }
  while (next != waiting_->end() && next->first < end) {
    conflict = conflict || differs(next);
    if (next->first + next->second.size() > end) break;
    drop(next++, budget);
  }
  if (conflict) tally.add(Count::tcp_overlap_conflict);
  waiting_->emplace_hint(next, at, Waiting{base::to_bytes(bytes), cut});
  held_ += static_cast<std::uint32_t>(bytes.size() + kWaitingOverhead);
  budget.used += bytes.size() + kWaitingOverhead;
}

void Stream::drain(ReorderBudget& budget, Tally& tally, StreamOut& out) {
  while (waiting_ && !waiting_->empty() && waiting_->begin()->first <= position_) {
    auto first = waiting_->begin();
    const std::int64_t at = first->first;
    Waiting waiting{std::move(first->second.bytes), first->second.cut};
    const std::size_t cost = waiting.bytes.size() + kWaitingOverhead;
    held_ -= static_cast<std::uint32_t>(cost);
    budget.used -= cost;
    waiting_->erase(first);
    if (fin_known_ && position_ >= fin_position_) {
      tally.add(Count::tcp_late);
      continue;
    }
    const auto old = static_cast<std::size_t>(position_ - at);
    if (old >= static_cast<std::size_t>(waiting.size())) continue;
    const std::size_t from_bytes = std::min(old, waiting.bytes.size());
    deliver(base::View(waiting.bytes).subspan(from_bytes), waiting.cut - static_cast<std::uint32_t>(old - from_bytes), tally, out);
  }
  if (waiting_ && waiting_->empty()) waiting_.reset();
}

void Stream::run(ReorderBudget& budget, Tally& tally, StreamOut& out) {
  if (state_ != State::probing) return;
  state_ = State::running;
  if (waiting_ && !waiting_->empty()) advance(waiting_->begin()->first - position_);
  drain(budget, tally, out);
}

void Stream::skip_to_waiting(Hole why, ReorderBudget& budget, Tally& tally, StreamOut& out) {
  if (!waiting_ || waiting_->empty()) return;
  const std::int64_t missing = waiting_->begin()->first - position_;
  if (missing > 0) {
    advance(missing);
    tally.add(Count::tcp_hole);
    tally.add(Count::tcp_hole_bytes, static_cast<std::uint64_t>(missing));
    out.hole(static_cast<std::uint64_t>(missing), why);
  }
  drain(budget, tally, out);
}

void Stream::keep_bounds(ReorderBudget& budget, Tally& tally, StreamOut& out) {
  while (waiting_ && !waiting_->empty() && (held_ > budget.max_per_flow || budget.used > budget.max_total)) {
    tally.add(Count::tcp_reorder_limit);
    run(budget, tally, out);
    const bool proved = waiting_ && !waiting_->empty() && acknowledged_known_ && acknowledged_ >= waiting_->begin()->first;
    skip_to_waiting(proved ? Hole::lost : Hole::limit, budget, tally, out);
  }
}

void Stream::acknowledged(std::uint32_t sequence, base::UnixMs time, ReorderBudget& budget, Tally& tally, StreamOut& out) {
  if (state_ == State::idle) return;
  if (state_ == State::probing) {
    if (position_of(sequence) > position_) run(budget, tally, out);
    if (state_ == State::probing) return;
  }
  const std::int64_t at = position_of(sequence);
  if (!acknowledged_known_ || at > acknowledged_) acknowledged_ = at;
  acknowledged_known_ = true;
  if (!waiting_ || waiting_->empty()) return;
  if (acknowledged_ < waiting_->begin()->first) return;
  if (proofs_ == 0) hole_proved_at_ = time;
  if (++proofs_ < kProofPackets && time - hole_proved_at_ < kProofMs) return;
  skip_to_waiting(Hole::lost, budget, tally, out);
}

void Stream::fin(std::uint32_t end_sequence) {
  if (state_ == State::idle) {
    next_ = end_sequence;
    state_ = State::running;
    midstream_ = true;
  }
  fin_position_ = position_of(end_sequence);
  fin_known_ = true;
}

void Stream::finish(ReorderBudget& budget, Tally& tally, StreamOut& out) {
  run(budget, tally, out);
  while (waiting_ && !waiting_->empty()) {
    // Beyond the end, or far beyond what the peer ever acknowledged: outside its window, never taken.
    const std::int64_t at = waiting_->begin()->first;
    if (at > position_ && ((fin_known_ && at >= fin_position_) || (acknowledged_known_ && at > acknowledged_ + kFarOff))) {
      tally.add(Count::tcp_late);
      drop(waiting_->begin(), budget);
      continue;
    }
    skip_to_waiting(Hole::lost, budget, tally, out);
  }
  if (state_ != State::running || !acknowledged_known_) return;
  std::int64_t missing = acknowledged_ - position_;
  if (fin_known_) missing = std::min(missing, fin_position_ - position_);
  // One more than the data is the FIN itself when it was not captured; absurd numbers are forged acknowledgements.
  if (missing <= 1 || missing > (std::int64_t{1} << 30)) return;
  advance(missing);
  tally.add(Count::tcp_hole);
  tally.add(Count::tcp_hole_bytes, static_cast<std::uint64_t>(missing));
  out.hole(static_cast<std::uint64_t>(missing), Hole::lost);
}

}  // namespace fengsui::capture
