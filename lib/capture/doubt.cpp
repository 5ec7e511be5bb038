#include "capture/doubt.h"

#include <algorithm>

namespace fengsui::capture {
namespace {

constexpr int kTtlDrop = 16;          // routes change by a few hops, not by this many
constexpr std::int32_t kFarOff = 1 << 24;  // beyond any window in use: such an acknowledgement is forged

constexpr int kForgedInARow = 8;

std::int32_t ahead(std::uint32_t a, std::uint32_t b) { return static_cast<std::int32_t>(a - b); }

bool checksum_refused(const Segment& s, Sender& sender) {
  // A wrong checksum is either the sender's own card filling it in later, or a capture that was rewritten, and then all of its
  // packets show it; or a segment that its receiver will refuse.
  if (s.checksum_bad) {
    if (sender.checksum_good > sender.checksum_bad) return true;
    if (sender.checksum_bad < 0xffff) ++sender.checksum_bad;
  } else if (s.checksum_known && sender.checksum_good < 0xffff) {
    ++sender.checksum_good;
  }
  return false;
}

bool ttl_refused(const Segment& s, Sender& sender) {
  if (s.ttl + kTtlDrop <= sender.ttl && s.ttl < kTtlDrop) return true;
  sender.ttl = std::max(sender.ttl, s.ttl);
  return false;
}

}  // namespace

bool refused(const Segment& s, Sender& sender, Sender& receiver, const Stream& own, const Stream& other) {
  const bool syn = (s.flags & tcp::syn) != 0, ack = (s.flags & tcp::ack) != 0, rst = (s.flags & tcp::rst) != 0;
  if (checksum_refused(s, sender) || ttl_refused(s, sender) || s.fragments_differ) return true;
  if (syn) {
    sender.timestamps = s.timestamp_known;
    sender.timestamp = s.timestamp;
  } else if (!rst) {
    if (sender.timestamps && receiver.timestamps && s.timestamp_known) {
      if (ahead(sender.timestamp, s.timestamp) > 1) return true;
      if (!own.started() || ahead(s.sequence, own.next()) <= 0) sender.timestamp = s.timestamp;
    }
    if (!ack && sender.acknowledges) return true;
    const bool far_off = ack && other.started() && std::abs(std::int64_t{ahead(s.acknowledgement, other.next())}) > kFarOff;
    sender.far_off = far_off ? static_cast<std::uint8_t>(std::min(sender.far_off + 1, 255)) : std::uint8_t{0};
    if (far_off && sender.far_off <= kForgedInARow) return true;
    sender.window_zero = sender.window_open && s.window == 0;
  }
  sender.acknowledges = sender.acknowledges || ack;
  sender.window_open = sender.window_open || (s.window != 0 && !rst);
  return receiver.window_zero && s.payload.size() == 1 && own.started() && ahead(s.sequence, own.next()) >= 0;
}

void Doubtful::hold(int side, std::uint32_t sequence, base::View bytes, base::UnixMs time) {
  if (bytes.empty() || bytes.size() > kMaxBytes) return;
  while (bytes_ + bytes.size() > kMaxBytes) {
    bytes_ -= pieces_.front().bytes.size();
    pieces_.erase(pieces_.begin());
  }
  pieces_.push_back({side, sequence, base::to_bytes(bytes), time});
  bytes_ += bytes.size();
}

bool Doubtful::acknowledged(int side, std::uint32_t sequence, Stream& stream, ReorderBudget& budget, Tally& tally, StreamOut& out) {
  bool taken = false;
  for (auto at = pieces_.begin(); at != pieces_.end();) {
    const std::uint32_t end = at->sequence + static_cast<std::uint32_t>(at->bytes.size());
    if (at->side != side || ahead(sequence, end) < 0) {
      ++at;
      continue;
    }
    const Piece piece = std::move(*at);
    at = pieces_.erase(at);
    bytes_ -= piece.bytes.size();
    if (!stream.started() || ahead(end, stream.next()) <= 0) continue;  // that range came undoubted
    tally.add(Count::tcp_refused_late);
    stream.segment({piece.sequence, piece.bytes, 0, piece.time}, budget, tally, out);
    taken = true;
  }
  return taken;
}

void Doubtful::swap_sides() {
  for (Piece& piece : pieces_) piece.side = 1 - piece.side;
}

void Doubtful::finish(int side, Stream& stream, ReorderBudget& budget, Tally& tally, StreamOut& out) {
  if (stream.any_acknowledged()) return;
  for (const Piece& piece : pieces_) {
    if (piece.side == side) stream.segment({piece.sequence, piece.bytes, 0, piece.time}, budget, tally, out);
  }
}

}  // namespace fengsui::capture
