// One direction of a TCP connection put in order (RFC 9293 section 3.10.7.4), with every byte that never came named.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>

#include "base/bytes.h"
#include "base/time.h"
#include "capture/tally.h"

namespace fengsui::capture {

enum class Hole : std::uint8_t {
  lost,   // never captured: the peer acknowledged it, or the flow ended without it
  cut,    // beyond the snap length
  limit,  // a bound of ours stopped the waiting
};

class StreamOut {
 public:
  virtual ~StreamOut() = default;
  virtual void chunk(base::View bytes) = 0;            // the next bytes in order
  virtual void hole(std::uint64_t bytes, Hole why) = 0;  // so many bytes are missing here
};

// Memory for out-of-order segments, shared by all streams of a Capture.
struct ReorderBudget {
  std::size_t max_total = 0;
  std::size_t max_per_flow = 0;
  std::size_t used = 0;
};

// Where segments overlap and differ, the bytes that a Linux receiver would hand its application win: what is already
// delivered stays; of two waiting segments the one that starts first wins; of two that start together the longer one.
// One thread.
class Stream {
 public:
  struct Piece {
    std::uint32_t sequence = 0;
    base::View bytes;
    std::uint32_t cut = 0;  // bytes after these that were sent but not captured
    base::UnixMs time = 0;
  };

  Stream() = default;
  Stream(Stream&&) = default;
  Stream& operator=(Stream&&) = default;

  // The first sequence number of data is known. Ignored once data was delivered.
  void start(std::uint32_t first_sequence, ReorderBudget& budget, Tally& tally, StreamOut& out);
  void segment(const Piece& piece, ReorderBudget& budget, Tally& tally, StreamOut& out);
  // The peer has received everything before this.
  void acknowledged(std::uint32_t sequence, base::UnixMs time, ReorderBudget& budget, Tally& tally, StreamOut& out);
  void fin(std::uint32_t end_sequence);
  // The byte at this sequence number is urgent: a receiver that does not ask for it is not given it in the stream
  // (SO_OOBINLINE off, which is what servers leave it at). Only the last one named counts, and only before it is delivered.
  void urgent(std::uint32_t sequence);
  // What waits is given up unsaid: there was no memory to hand it over.
  void forget(ReorderBudget& budget);
  // Nothing more will come: hands over what waits and names what is missing.
  void finish(ReorderBudget& budget, Tally& tally, StreamOut& out);

  bool started() const { return state_ != State::idle; }
  bool midstream() const { return midstream_; }
  bool any_delivered() const { return delivered_; }
  bool any_waiting() const { return aside_ != nullptr && !aside_->queue.empty(); }
  bool any_acknowledged() const { return acknowledged_known_; }
  bool complete() const { return fin_known_ && state_ == State::running && position_ >= fin_position(); }
  std::uint32_t next() const { return next_; }

 private:
  enum class State : std::uint8_t { idle, probing, running };
  struct Waiting {
    base::Bytes bytes;
    std::uint32_t cut = 0;
    std::int64_t size() const { return static_cast<std::int64_t>(bytes.size()) + cut; }
  };
  using Queue = std::map<std::int64_t, Waiting>;

  // What few streams ever need.
  struct Aside {
    Queue queue;
    std::int64_t urgent_position = 0;
    base::UnixMs hole_proved_at = 0;
    std::uint32_t held = 0;    // bytes of memory waiting
    std::uint16_t proofs = 0;  // packets since the peer acknowledged past a hole
    bool urgent_known = false;
  };

  std::int64_t position_of(std::uint32_t sequence) const {
    return position_ + static_cast<std::int32_t>(sequence - next_);
  }
  std::int64_t acknowledged() const { return position_ + acknowledged_ahead_; }
  std::int64_t fin_position() const { return position_of(fin_sequence_); }
  void advance(std::int64_t n) {
    position_ += n;
    next_ += static_cast<std::uint32_t>(n);
    acknowledged_ahead_ = static_cast<std::int32_t>(std::max<std::int64_t>(acknowledged_ahead_ - n, INT32_MIN));
  }
  Aside& aside();
  void tidy();  // gives up an aside that holds nothing
  void deliver(base::View bytes, std::uint32_t cut, Tally& tally, StreamOut& out);
  void hold(std::int64_t at, base::View bytes, std::uint32_t cut, ReorderBudget& budget, Tally& tally);
  void drop(Queue::iterator at, ReorderBudget& budget);
  void drain(ReorderBudget& budget, Tally& tally, StreamOut& out);
  void run(ReorderBudget& budget, Tally& tally, StreamOut& out);
  void skip_to_waiting(Hole why, ReorderBudget& budget, Tally& tally, StreamOut& out);
  void keep_bounds(ReorderBudget& budget, Tally& tally, StreamOut& out);

  std::unique_ptr<Aside> aside_;
  std::int64_t position_ = 0;            // of next_, counted without wrap-around
  std::uint32_t next_ = 0;
  std::int32_t acknowledged_ahead_ = 0;  // what the peer acknowledged, from position_
  std::uint32_t fin_sequence_ = 0;
  State state_ : 2 = State::idle;
  bool fin_known_ : 1 = false;
  bool midstream_ : 1 = false;
  bool delivered_ : 1 = false;
  bool acknowledged_known_ : 1 = false;
};
static_assert(sizeof(Stream) == 32);  // two in every flow

}  // namespace fengsui::capture
