// From packets to flows, activities and content: decode, defragment, reassemble, recognise, parse.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/counters.h"
#include "base/time.h"
#include "capture/owner.h"
#include "capture/source.h"
#include "model/sink.h"

namespace fengsui::capture {

// Every bound of the room. Reaching one is counted and appears in the gaps of the flow it cost.
struct Limits {
  std::size_t max_flows = 65536;
  std::size_t max_fragment_bytes = 4u << 20;     // all unfinished datagrams together
  std::size_t max_reorder_bytes = 32u << 20;     // out-of-order segments of all flows together
  std::size_t max_reorder_bytes_per_flow = 1u << 20;
  std::uint64_t max_body_bytes = 256u << 20;     // of one HTTP body, decoded
  std::uint32_t max_expansion = 1100;            // decoded : encoded; deflate itself reaches 1032
  std::int64_t flow_idle_ms = 300'000;
  bool whole_bodies = false;                     // hands an upload of several parts on as one body instead of part by part
};

// One instance per thread. Not thread safe. Calls the sink synchronously. Where memory runs out the flow that wanted it is
// read no more and that is counted: std::bad_alloc does not leave packet(), advance() or finish().
class Capture {
 public:
  Capture(const Limits& limits, model::Sink& sink, std::string sensor_id);
  ~Capture();
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;

  // For live traffic: asked for the process behind each flow. Outlives the capture; null = nobody is asked.
  void ask(Owners* owners);
  // Of every thousand new TCP and UDP flows so many are read, the others only counted ("unsampled" in their gaps, and as
  // overflow), always whole flows. 1000 at first.
  void examine(std::uint32_t per_mille);
  void packet(const Packet& packet);
  // Ends flows idle at this instant (packet time drives expiry too).
  void advance(base::UnixMs now);
  // Ends every flow ("capture_end"), so that on_flow is called for each.
  void finish();

  // True when any byte of any flow was lost, cut or dropped by a bound: exit code 3 of `fengsui-agent read`.
  bool incomplete() const;
  std::vector<base::Sample> counters() const;
  struct Sampled {
    std::uint64_t flows = 0, left_out = 0;
  };
  // New flows since the last call, and how many of them were left out.
  Sampled take_sampled();
  // Dropped by bounds since the last call, packets of flows left out among it, for the heartbeat.
  std::uint64_t take_overflow();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fengsui::capture
