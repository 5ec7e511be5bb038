// TCP segments that their receiver refuses although a capture shows them: what somebody who wants the watcher and the receiver
// to read different bytes will send.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "capture/segment.h"
#include "capture/stream.h"

namespace fengsui::capture {

// What is known of the segments that one side of a connection sends.
struct Sender {
  std::uint32_t timestamp = 0;   // the newest of a segment in order (TS.Recent of RFC 7323 section 4.3)
  std::uint16_t checksum_good = 0, checksum_bad = 0;
  std::uint8_t ttl = 0;          // the highest
  std::uint8_t far_off = 0;      // acknowledgements in a row that looked forged: a capture that misses much looks so too
  bool timestamps = false;       // its SYN carried the option
  bool acknowledges = false;     // has sent a segment with ACK
  bool window_open = false, window_zero = false;  // it once was open; it is closed now
};

// True when the receiver of this segment will not take its payload, judged as Linux does:
// - a wrong checksum where the sender's others are right;
// - a time to live so much below the sender's others that the segment was not to arrive;
// - a timestamp older than what the receiver has (RFC 7323 section 5.3); no ACK flag, or an acknowledgement of what was never
//   sent (RFC 9293 section 3.10.7.4); a byte that probes a closed window;
// - a datagram of fragments that contradict each other (RFC 5722).
// `own` is the stream that the segment belongs to, `other` that of the opposite direction. Updates both senders' facts.
bool refused(const Segment& segment, Sender& sender, Sender& receiver, const Stream& own, const Stream& other);

// The payloads of such segments, until the receiver's own acknowledgement tells whether it took them after all. Bounded: the
// oldest is given up. One thread.
class Doubtful {
 public:
  static constexpr std::size_t kMaxBytes = 64u << 10;  // of a flow

  void hold(int side, std::uint32_t sequence, base::View bytes, base::UnixMs time);
  // Hands to the stream what the peer has acknowledged: it was taken, and where the same range came undoubted that stays. True
  // when something was handed over: the doubt was wrong.
  bool acknowledged(int side, std::uint32_t sequence, Stream& stream, ReorderBudget& budget, Tally& tally, StreamOut& out);
  void swap_sides();
  // The flow is over and the peer never acknowledged anything: one direction only was captured.
  void finish(int side, Stream& stream, ReorderBudget& budget, Tally& tally, StreamOut& out);

 private:
  struct Piece {
    int side;
    std::uint32_t sequence;
    base::Bytes bytes;
    base::UnixMs time;
  };
  std::vector<Piece> pieces_;
  std::size_t bytes_ = 0;
};

}  // namespace fengsui::capture
