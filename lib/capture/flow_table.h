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

enum class GapKind : std::uint8_t { lost, cut, limit, midstream, fragment, unsampled, memory, size_ };
inline constexpr std::array<std::string_view, static_cast<std::size_t>(GapKind::size_)> kGapNames = {
    "lost", "cut", "limit", "midstream", "fragment", "unsampled", "memory"};

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

// What a flow has only when something is out of the ordinary, or its process is known.
struct Aside {
  std::array<std::uint64_t, kGapNames.size()> gap_bytes{}, gap_count{};
  std::shared_ptr<const Owner> owner;  // of live traffic
  std::unique_ptr<Doubtful> doubtful;  // payloads that their receiver may have refused
  std::uint32_t other_syn = 0;         // sequence number of a second SYN that differs from the first
  bool other_syn_seen = false;
};

// By what a flow is worth keeping when there are too many, the least first.
enum class Rank : std::uint8_t {
  closing,  // its end was seen
  plain,    // nothing reads it: no payload yet, no known protocol, none with a parser, or not sampled
  read,     // its contents are read, or it is not decided yet whether they will be
  size_
};

struct Flow {
  FlowKey key;
  std::uint8_t icmp_type = 0, icmp_code = 0;
  std::uint64_t id = 0;
  std::uint64_t packets[2] = {0, 0}, bytes[2] = {0, 0}, payload[2] = {0, 0};  // by side, 0 is taken to be the client
  base::UnixMs first = 0, last = 0;
  Stream streams[2];
  Sender senders[2];
  std::unique_ptr<Talk> talk;
  std::unique_ptr<Aside> aside;
  const char* app_text = "";          // a name that outlives the flow
  std::uint32_t first_syn = 0;
  std::uint8_t app_size = 0;
  Rank rank : 2 = Rank::plain;
  bool client_is_low : 1 = false;   // side 0 is the lower end of the key
  bool direction_known : 1 = false;
  bool decided : 1 = false;         // recognition is over
  bool unsampled : 1 = false;       // counted, not read
  bool syn_seen : 1 = false;
  bool fin_client : 1 = false, fin_server : 1 = false, rst : 1 = false;
  bool data_with_guess : 1 = false; // bytes were handed over while the direction was a guess
  Flow* newer = nullptr;            // neighbours in the list of its rank
  Flow* older = nullptr;

  std::string_view app() const { return {app_text, app_size}; }
  void app(std::string_view name) { app_text = name.data(), app_size = static_cast<std::uint8_t>(name.size()); }
  void fin(int side) {
    if (side == 0) fin_client = true;
    else fin_server = true;
  }
  Address end(int side) const { return {low(side) ? key.low : key.high, key.v6}; }
  std::uint16_t port(int side) const { return low(side) ? key.low_port : key.high_port; }

 private:
  bool low(int side) const { return (side == 0) == client_is_low; }
};
static_assert(sizeof(Flow) <= 256);  // what a flow without a parser costs, besides its place in the index and the allocator's own

// Owns the flows, each on the list of its rank by activity. One thread.
class FlowTable {
 public:
  explicit FlowTable(std::size_t max_flows);
  ~FlowTable();
  FlowTable(const FlowTable&) = delete;
  FlowTable& operator=(const FlowTable&) = delete;

  Flow* find(const FlowKey& key);
  Flow& create(const FlowKey& key);     // the caller made room; Rank::plain
  void remove(Flow& flow);
  void touch(Flow& flow);               // it is the most recently active one of its rank
  void rank(Flow& flow, Rank to);       // a flow that is closing stays so
  bool full() const;
  std::uint64_t hash(const FlowKey& key) const;  // nobody outside can foresee it
  std::size_t size() const;
  Flow* oldest(Rank rank) const { return lists_[static_cast<std::size_t>(rank)].oldest; }
  // The flow to give up for a new one; nullptr when there is none. Flows that are read give way to plain ones only where
  // those have less than a quarter of the table: new connections must have a chance to be read.
  Flow* least() const;

 private:
  struct List {
    Flow* newest = nullptr;
    Flow* oldest = nullptr;
    std::size_t size = 0;
  };
  List& list_of(const Flow& flow) { return lists_[static_cast<std::size_t>(flow.rank)]; }
  void link(Flow& flow);
  void unlink(Flow& flow);

  struct Index;
  std::unique_ptr<Index> index_;
  std::size_t max_flows_;
  std::array<List, static_cast<std::size_t>(Rank::size_)> lists_;
};

FlowKey key_of(const Segment& segment, bool& source_is_low);

}  // namespace fengsui::capture
