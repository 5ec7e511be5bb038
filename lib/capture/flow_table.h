// The flows being watched: bounded, with the least recently active one given up first.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "capture/doubt.h"
#include "capture/owner.h"
#include "capture/protocols/registry.h"
#include "capture/protocols/session.h"
#include "capture/segment.h"
#include "capture/stream.h"

namespace fengsui::capture {

enum class GapKind : std::uint8_t { lost, cut, limit, midstream, fragment, size_ };
inline constexpr std::array<std::string_view, 5> kGapNames = {"lost", "cut", "limit", "midstream", "fragment"};

// Addresses and ports with the lower endpoint first, so that both directions have one key.
struct FlowKey {
  std::array<std::uint8_t, 16> low{}, high{};
  std::uint16_t low_port = 0, high_port = 0;
  std::uint8_t protocol = 0;
  bool v6 = false;
  bool operator==(const FlowKey&) const = default;
};

// What is kept only while a flow's protocol is not decided, or has a parser.
struct Talk {
  explicit Talk(Room& room) : conversation{room, {}, {}, {}, 6, 0, {}, {}, {}} {}
  Conversation conversation;
  base::Bytes first[2];                 // by side, until the protocol is decided
  base::Bytes second[2];                // of UDP: the datagram after that
  std::uint64_t first_gap[2] = {0, 0};  // bytes missing after `first`
  std::size_t tried[2] = {0, 0};        // length of `first` when recognition was last tried
  std::unique_ptr<Session> session;
  std::unique_ptr<Session> tls;         // beside a session that saw the connection turn to TLS and stopped reading
  std::shared_ptr<Announced> announced;
};

struct Flow {
  FlowKey key;
  std::uint64_t id = 0;
  Address ends[2];                    // [0] is taken to be the client
  std::uint16_t ports[2] = {0, 0};
  std::uint64_t packets[2] = {0, 0}, bytes[2] = {0, 0}, payload[2] = {0, 0};
  std::array<std::uint64_t, 5> gap_bytes{}, gap_count{};
  base::UnixMs first = 0, last = 0;
  Stream streams[2];
  std::unique_ptr<Talk> talk;
  std::shared_ptr<const Owner> owner;  // of live traffic
  const Protocol* protocol = nullptr;
  std::string_view app;
  std::uint32_t other_syn = 0;        // sequence number of a second SYN that differs from the first
  std::uint32_t first_syn = 0;
  std::uint8_t icmp_type = 0, icmp_code = 0;
  bool direction_known = false;
  bool decided = false;               // recognition is over
  bool syn_seen = false, other_syn_seen = false;
  bool fin[2] = {false, false}, rst = false;
  Sender senders[2];
  std::unique_ptr<Doubtful> doubtful;  // payloads that their receiver may have refused
  bool closing = false;               // on the closing list
  bool data_with_guess = false;       // bytes were handed over while the direction was a guess
  Flow* newer = nullptr;              // neighbours on the active or closing list
  Flow* older = nullptr;
};

// Owns the flows. One thread.
class FlowTable {
 public:
  explicit FlowTable(std::size_t max_flows);
  ~FlowTable();
  FlowTable(const FlowTable&) = delete;
  FlowTable& operator=(const FlowTable&) = delete;

  Flow* find(const FlowKey& key);
  Flow& create(const FlowKey& key);     // the caller made room
  void remove(Flow& flow);
  void touch(Flow& flow);               // it is the most recently active one
  void close(Flow& flow);               // moves it to the closing list
  bool full() const;
  std::size_t size() const;
  Flow* oldest_active() const { return active_.oldest; }
  Flow* oldest_closing() const { return closing_.oldest; }

 private:
  struct List {
    Flow* newest = nullptr;
    Flow* oldest = nullptr;
  };
  void link(List& list, Flow& flow);
  void unlink(List& list, Flow& flow);

  struct Index;
  std::unique_ptr<Index> index_;
  std::size_t max_flows_;
  List active_, closing_;
};

FlowKey key_of(const Segment& segment, bool& source_is_low);

}  // namespace fengsui::capture
