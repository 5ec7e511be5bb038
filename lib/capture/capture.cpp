#include "capture/capture.h"

#include <new>

#include "capture/community_id.h"
#include "capture/decode.h"
#include "capture/flow_table.h"
#include "capture/protocols/tls.h"

namespace fengsui::capture {
namespace {

constexpr std::size_t kFirstBytes = 1024;         // of each side to decide the protocol on
constexpr base::UnixMs kClosingMs = 5000;         // after FIN or RST: late and retransmitted segments still belong
constexpr base::UnixMs kExpiryEveryMs = 500;

std::string_view ip_protocol_app(std::uint8_t protocol) {
  switch (protocol) {
    case ip::icmp: return "icmp";
    case ip::icmp6: return "icmpv6";
    case ip::igmp: return "igmp";
    case ip::esp: return "ipsec";
    case ip::ospf: return "ospf";
    case ip::vrrp: return "vrrp";
    case ip::sctp: return "sctp";
    case 3: return "ggp";
    case 8: return "egp";
    case 33: return "dccp";
    case 46: return "rsvp";
    case ip::ah: return "ipsec";
    case 88: return "eigrp";
    case 103: return "pim";
    case 108: return "ipcomp";
    case 113: return "pgm";
    case 115: return "l2tp";
    case 124: return "isis";
    default: return "";
  }
}

// Without a SYN: a well-known port is the server's; else who spoke first is the client.
bool source_is_server(const Segment& s) {
  if (s.source_port == s.destination_port) return false;
  const bool low_source = s.source_port < 1024, low_destination = s.destination_port < 1024;
  if (low_source != low_destination) return low_source;
  constexpr std::uint16_t servers[] = {1433, 1521, 1883, 3128, 3306, 3389, 5000, 5060, 5236, 5432, 5672, 5900, 6379, 8000, 8080, 8081,
                                       8088, 8443, 8888, 9000, 9090, 9092, 9200, 11211, 27017, 54321};
  bool source = false, destination = false;
  for (const std::uint16_t port : servers) {
    source = source || s.source_port == port;
    destination = destination || s.destination_port == port;
  }
  return source && !destination;
}

// The ends of a flow, as a segment from its client says them.
Segment segment_of(const Flow& flow) {
  Segment out;
  out.protocol = flow.key.protocol;
  out.source = flow.end(0), out.destination = flow.end(1);
  out.source_port = flow.port(0), out.destination_port = flow.port(1);
  out.icmp_type = flow.icmp_type, out.icmp_code = flow.icmp_code;
  return out;
}

}  // namespace

struct Capture::State final : SegmentSink {
  State(const Limits& l, model::Sink& sink, std::string sensor)
      : limits(l), room{sink, tally, limits, std::move(sensor), 1, false, {}}, decoder(l.max_fragment_bytes, tally, *this), flows(l.max_flows) {
    budget.max_total = l.max_reorder_bytes;
    budget.max_per_flow = l.max_reorder_bytes_per_flow;
  }

  void segment(const Segment& s) override;
  Flow& flow_for(const Segment& s, const FlowKey& key, bool source_is_low);
  void find_owner(Flow& flow);
  void tcp(Flow& flow, const Segment& s, int side);
  void tcp_open(Flow& flow, const Segment& s, int side);
  void doubt(Flow& flow, const Segment& s, int side);
  void deliver(Flow& flow, int side, base::View bytes);
  void converse(Talk& talk, int side, base::View bytes);
  void miss(Flow& flow, int side, std::uint64_t bytes, GapKind kind);
  void decide(Flow& flow, bool last_chance);
  void begin_session(Flow& flow, const Protocol* protocol);  // nullptr: clear text without one
  void swap_sides(Flow& flow);
  Talk& talk(Flow& flow);
  Aside& aside(Flow& flow);
  Doubtful* doubtful(const Flow& flow) const { return flow.aside ? flow.aside->doubtful.get() : nullptr; }
  void gap(Flow& flow, GapKind kind, std::uint64_t bytes);
  void read_no_more(Flow& flow);
  void skip(Flow& flow, const Segment& s, int side);
  bool sampled(const FlowKey& key) const { return examined_per_mille >= 1000 || flows.hash(key) % 1000 < examined_per_mille; }
  void end(Flow& flow, std::string_view reason);
  void report(const Flow& flow, std::string_view reason);
  void expire(base::UnixMs now);
  void make_room();
  void out_of_memory();
  // Runs it; where memory runs out the flow that wanted it is read no more, and that is counted.
  template <class Work>
  void guarded(Work&& work) {
    try {
      work();
    } catch (const std::bad_alloc&) {
      out_of_memory();
    }
    busy = nullptr;
  }

  // Ties a stream of a flow to the session.
  struct Out final : StreamOut {
    Out(State& s, Flow& f, int n) : state(s), flow(f), side(n) {}
    void chunk(base::View bytes) override { state.deliver(flow, side, bytes); }
    void hole(std::uint64_t bytes, Hole why) override {
      state.miss(flow, side, bytes, why == Hole::cut ? GapKind::cut : why == Hole::limit ? GapKind::limit : GapKind::lost);
    }
    State& state;
    Flow& flow;
    int side;
  };

  Limits limits;
  Tally tally;
  Room room;
  Decoder decoder;
  FlowTable flows;
  ReorderBudget budget;
  Owners* owners = nullptr;
  std::uint64_t next_flow = 1;
  std::uint32_t examined_per_mille = 1000;
  Flow* busy = nullptr;  // the flow being worked on
  bool busy_ends = false;
  std::uint64_t gaps = 0;
  std::uint64_t taken_overflow = 0;
  Sampled taken_sampled;
  base::UnixMs now = 0;
  base::UnixMs next_expiry = 0;
};

Aside& Capture::State::aside(Flow& flow) {
  if (!flow.aside) flow.aside = std::make_unique<Aside>();
  return *flow.aside;
}

void Capture::State::gap(Flow& flow, GapKind kind, std::uint64_t bytes) {
  ++gaps;
  Aside& a = aside(flow);
  a.gap_bytes[static_cast<std::size_t>(kind)] += bytes;
  a.gap_count[static_cast<std::size_t>(kind)] += 1;
}

void Capture::State::read_no_more(Flow& flow) {
  flow.talk.reset();
  flow.decided = true;
  flows.rank(flow, Rank::plain);
}

// A flow left out by the budget: its packets are counted, and that nobody read them.
void Capture::State::skip(Flow& flow, const Segment& s, int side) {
  tally.add(Count::packet_unsampled, s.packets);
  if (!s.payload.empty() || s.cut != 0) gap(flow, GapKind::unsampled, s.payload.size() + s.cut);
  if (s.protocol != ip::tcp) return;
  if (s.flags & tcp::fin) flow.fin(side);
  if (s.flags & tcp::rst) flow.rst = true;
  if (flow.rst || (flow.fin_client && flow.fin_server)) flows.rank(flow, Rank::closing);
}

void Capture::State::out_of_memory() {
  tally.add(Count::no_memory);
  ++gaps;
  if (busy == nullptr) return;
  if (busy_ends) {  // its record could not be made
    tally.add(Count::flows_ended);
    for (Stream& stream : busy->streams) stream.forget(budget);
    flows.remove(*busy);
    busy_ends = false;
    return;
  }
  read_no_more(*busy);
  if (!busy->aside) busy->aside.reset(new (std::nothrow) Aside);
  if (busy->aside) busy->aside->gap_count[static_cast<std::size_t>(GapKind::memory)] += 1;
}

void Capture::State::make_room() {
  if (!flows.full()) return;
  tally.add(Count::flow_limit);
  Flow* least = flows.least();
  if (least == nullptr) return;
  if (least->rank == Rank::closing) return end(*least, least->rst ? "rst" : "fin");
  if (!least->decided || (least->talk && least->talk->session)) gap(*least, GapKind::limit, 0);
  end(*least, "evicted");
}

Flow& Capture::State::flow_for(const Segment& s, const FlowKey& key, bool source_is_low) {
  const bool opening = s.protocol == ip::tcp && (s.flags & (tcp::syn | tcp::ack)) == tcp::syn;
  if (Flow* found = flows.find(key)) {
    // A SYN on a connection that is over, or that the other side accepts, begins a new one on the same ports.
    if (!(opening && found->rank == Rank::closing)) return *found;
    end(*found, found->rst ? "rst" : "fin");
  }
  make_room();
  Flow& flow = flows.create(key);
  busy = &flow;
  flow.id = next_flow++;
  flow.first = s.time;
  flow.icmp_type = s.icmp_type;
  flow.icmp_code = s.icmp_code;
  bool reversed = false;
  if (s.protocol == ip::tcp && (s.flags & tcp::syn) != 0) {
    reversed = (s.flags & tcp::ack) != 0;
    flow.direction_known = true;
  } else {
    reversed = source_is_server(s);
  }
  flow.client_is_low = source_is_low != reversed;
  tally.add(Count::flows);
  flow.last = s.time;
  find_owner(flow);
  if (s.protocol == ip::tcp && !room.announced.empty()) {
    auto announced = room.take_announced(flow.end(1), flow.port(1), s.time);
    if (!announced) announced = room.take_announced(flow.end(0), flow.port(0), s.time);
    if (announced) {
      flow.app(announced->app);
      talk(flow).announced = std::move(announced);
      return flow;
    }
  }
  if ((s.protocol == ip::tcp || s.protocol == ip::udp) && !sampled(key)) {
    flow.unsampled = true;
    tally.add(Count::flow_unsampled);
  }
  return flow;
}

void Capture::State::segment(const Segment& s) {
  bool source_is_low = false;
  const FlowKey key = key_of(s, source_is_low);
  Flow* flow = &flow_for(s, key, source_is_low);
  busy = flow;
  int side = flow->client_is_low == source_is_low ? 0 : 1;
  const bool answered_again = flow->aside && flow->aside->other_syn_seen && s.protocol == ip::tcp &&
                              (s.flags & (tcp::syn | tcp::ack)) == (tcp::syn | tcp::ack) &&
                              s.acknowledgement == flow->aside->other_syn + 1 && flow->streams[0].any_delivered();
  if (answered_again) {
    const std::uint32_t syn = flow->aside->other_syn;
    Segment opening = segment_of(*flow);
    opening.flags = tcp::syn;
    opening.time = s.time;
    const bool client_is_low = flow->client_is_low;
    end(*flow, "timeout");
    flow = &flow_for(opening, key, client_is_low);
    busy = flow;
    flow->syn_seen = true;
    flow->first_syn = syn;
    side = 1;
  }
  flow->last = s.time;
  flow->packets[side] += s.packets;
  flow->bytes[side] += s.ip_bytes;
  flows.touch(*flow);
  if (flow->talk) flow->talk->conversation.now = s.time;
  if (flow->unsampled && !s.tunnel) return skip(*flow, s, side);
  if (s.fragment_missing) miss(*flow, side, s.protocol == ip::tcp ? 0 : s.cut, GapKind::fragment);
  if (s.tunnel) {
    flow->app(s.tunnel_name);
    flow->decided = true;
    return;
  }
  if (s.protocol == ip::tcp) return tcp(*flow, s, side);
  if (s.protocol != ip::udp) {
    flow->app(ip_protocol_app(s.protocol));
    flow->decided = true;
    return;
  }
  if (!s.payload.empty()) deliver(*flow, side, s.payload);
  if (s.cut != 0 && !s.fragment_missing) miss(*flow, side, s.cut, GapKind::cut);
}

void Capture::State::tcp_open(Flow& flow, const Segment& s, int side) {
  Out out(*this, flow, side);
  Stream& stream = flow.streams[side];
  const bool answer = (s.flags & tcp::ack) != 0;
  if (!flow.direction_known && !flow.data_with_guess) {
    flow.direction_known = true;
    if (side != (answer ? 1 : 0)) {
      swap_sides(flow);
      return tcp_open(flow, s, 1 - side);
    }
  }
  if (side == 0 && !answer) {
    if (flow.syn_seen && flow.first_syn != s.sequence) {
      tally.add(Count::tcp_syn_again);
      aside(flow).other_syn_seen = true;
      flow.aside->other_syn = s.sequence;
      if (stream.any_delivered()) return;
    }
    if (!flow.syn_seen) flow.first_syn = s.sequence;
    flow.syn_seen = true;
  }
  stream.start(s.sequence + 1, budget, tally, out);
  if (answer && side == 1 && !flow.streams[0].any_delivered()) {
    Out other(*this, flow, 0);
    flow.streams[0].start(s.acknowledgement, budget, tally, other);
  }
}

void Capture::State::tcp(Flow& flow, const Segment& s, int side) {
  const bool opening = (s.flags & tcp::syn) != 0;
  if (refused(s, flow.senders[side], flow.senders[1 - side], flow.streams[side], flow.streams[1 - side])) {
    tally.add(s.checksum_bad ? Count::tcp_checksum : Count::tcp_refused);
    return doubt(flow, s, side);
  }
  if (opening) {
    tcp_open(flow, s, side);
    side = flow.end(0) == s.source && flow.port(0) == s.source_port ? 0 : 1;
    if (flow.aside && flow.aside->other_syn_seen && flow.streams[side].any_delivered()) return;
  }
  Out out(*this, flow, side);
  Out other(*this, flow, 1 - side);
  Stream& stream = flow.streams[side];
  const std::uint32_t sequence = s.sequence + (opening ? 1 : 0);
  if ((s.flags & tcp::ack) != 0) {
    if (Doubtful* held = doubtful(flow); held != nullptr && held->acknowledged(1 - side, s.acknowledgement, flow.streams[1 - side], budget, tally, other)) {
      // What we took for wrong is how this sender's packets look where we stand (offload, a rewritten capture).
      flow.senders[1 - side].checksum_good = flow.senders[1 - side].checksum_bad = 0;
      flow.senders[1 - side].ttl = 0;
    }
    flow.streams[1 - side].acknowledged(s.acknowledgement, s.time, budget, tally, other);
  }
  // The acknowledgement that completes a handshake names the server's first byte even when its SYN was not seen.
  if (side == 0 && flow.syn_seen && !flow.streams[1].started() && (s.flags & tcp::ack) != 0 && s.sequence == flow.first_syn + 1) {
    flow.streams[1].start(s.acknowledgement, budget, tally, other);
  }
  if ((s.flags & tcp::urg) != 0) stream.urgent(sequence + (s.urgent == 0 ? 0u : s.urgent - 1u));
  if (opening && !s.payload.empty()) {  // taken only with TCP Fast Open (RFC 7413): the answer will tell
    tally.add(Count::tcp_refused);
    doubt(flow, s, side);
  } else if ((s.flags & tcp::rst) != 0 && !s.payload.empty()) {  // a text about the reset, never part of the stream
    tally.add(Count::tcp_late);
  } else if (!s.payload.empty() || s.cut != 0) {
    const bool fresh = !stream.started();
    stream.segment({sequence, s.payload, s.cut, s.time}, budget, tally, out);
    if (fresh) gap(flow, GapKind::midstream, 0);
  }
  if (s.flags & tcp::fin) {
    stream.fin(sequence + static_cast<std::uint32_t>(s.payload.size()) + s.cut);
    flow.fin(side);
  }
  if (s.flags & tcp::rst) {
    flow.rst = true;
    // RFC 5961 section 3.2: one with any other number is not believed at once. After a hole the right number is not known.
    if (!stream.started() || stream.midstream() || stream.any_waiting() || sequence - stream.next() <= 1) flows.rank(flow, Rank::closing);  // one more after a FIN
  }
  if (flow.fin_client && flow.fin_server) flows.rank(flow, Rank::closing);
}

void Capture::State::doubt(Flow& flow, const Segment& s, int side) {
  if (s.payload.empty() || (s.flags & tcp::rst) != 0) return;
  if (!aside(flow).doubtful) flow.aside->doubtful = std::make_unique<Doubtful>();
  flow.aside->doubtful->hold(side, s.sequence + ((s.flags & tcp::syn) != 0 ? 1 : 0), s.payload, s.time);
}

Talk& Capture::State::talk(Flow& flow) {
  if (!flow.talk) {
    flow.talk = std::make_unique<Talk>(room);
    flow.talk->conversation.now = flow.last;
    flow.talk->conversation.protocol = flow.key.protocol;
    flows.rank(flow, Rank::read);
  }
  return *flow.talk;
}

void Capture::State::swap_sides(Flow& flow) {
  flow.client_is_low = !flow.client_is_low;
  std::swap(flow.packets[0], flow.packets[1]);
  std::swap(flow.bytes[0], flow.bytes[1]);
  std::swap(flow.payload[0], flow.payload[1]);
  const bool fin_client = flow.fin_client;
  flow.fin_client = flow.fin_server;
  flow.fin_server = fin_client;
  std::swap(flow.senders[0], flow.senders[1]);
  if (Doubtful* held = doubtful(flow)) held->swap_sides();
  std::swap(flow.streams[0], flow.streams[1]);
  if (flow.aside) flow.aside->owner.reset();  // it was asked for the other way round
  find_owner(flow);
  if (flow.talk) {
    std::swap(flow.talk->first[0], flow.talk->first[1]);
    std::swap(flow.talk->second[0], flow.talk->second[1]);
    std::swap(flow.talk->first_gap[0], flow.talk->first_gap[1]);
  }
}

void Capture::State::deliver(Flow& flow, int side, base::View bytes) {
  flow.payload[side] += bytes.size();
  if (flow.talk && flow.talk->session) return converse(*flow.talk, side, bytes);
  if (flow.decided) return;
  Talk& t = talk(flow);
  if (t.announced) {
    flow.decided = true;
    t.conversation.object = t.announced->object;
    begin_session(flow, nullptr);
    return converse(t, side, bytes);
  }
  if (t.first_gap[side] == 0) {
    const bool datagram = flow.key.protocol == ip::udp;
    if (!datagram || t.first[side].empty()) base::append(t.first[side], bytes);
    else if (t.second[side].empty()) base::append(t.second[side], bytes);
  }
  // Many small segments do not make many attempts: every length up to 64, then each eighth more.
  const std::size_t have = t.first[side].size();
  if (have > 64 && have < kFirstBytes && have < t.tried[side] + t.tried[side] / 8) return;
  t.tried[side] = have;
  decide(flow, false);
}

void Capture::State::converse(Talk& t, int side, base::View bytes) {
  const Side from = side == 0 ? Side::client : Side::server;
  t.session->data(from, bytes);
  const Conversation& c = t.conversation;
  if (!t.tls && !c.tls_followed && (c.upgraded == "tls" || c.upgraded == "tlcp")) t.tls = std::make_unique<TlsWatch>(t.conversation);
  if (t.tls) t.tls->data(from, bytes);
}

void Capture::State::miss(Flow& flow, int side, std::uint64_t bytes, GapKind kind) {
  gap(flow, kind, bytes);
  if (bytes == 0) return;
  if (flow.talk && flow.talk->session) {
    flow.talk->session->gap(side == 0 ? Side::client : Side::server, bytes);
    if (flow.talk->tls) flow.talk->tls->gap(side == 0 ? Side::client : Side::server, bytes);
  } else if (!flow.decided && flow.key.protocol == ip::tcp) {
    Talk& t = talk(flow);
    if (!t.first[side].empty()) decide(flow, true);
    if (flow.talk && flow.talk->session) flow.talk->session->gap(side == 0 ? Side::client : Side::server, bytes);
  }
}

void Capture::State::decide(Flow& flow, bool last_chance) {
  Talk& t = *flow.talk;
  const First first{t.first[0], t.first[1], flow.port(0), flow.port(1), last_chance, t.second[0], t.second[1]};
  const Verdict verdict = recognise(flow.key.protocol, first, flow.direction_known);
  if (verdict.protocol == nullptr) {
    const bool enough = flow.key.protocol == ip::udp ? flow.packets[0] + flow.packets[1] >= 8
                                                     : t.first[0].size() >= kFirstBytes || t.first[1].size() >= kFirstBytes;
    if (!last_chance && !enough) return;
    tally.add(Count::unrecognised);
    flow.decided = true;
    if (flow.key.protocol == ip::tcp && (is_clear_text(t.first[0]) || is_clear_text(t.first[1]))) return begin_session(flow, nullptr);
    return read_no_more(flow);
  }
  tally.add(Count::recognised);
  if (verdict.swapped) swap_sides(flow);
  flow.app(verdict.protocol->name);
  flow.decided = true;
  if (verdict.protocol->open == nullptr) return read_no_more(flow);
  begin_session(flow, verdict.protocol);
}

// At the first packet, and once more when there is something to tell: sockets come and go.
void Capture::State::find_owner(Flow& flow) {
  if (owners == nullptr || (flow.aside && flow.aside->owner && flow.aside->owner->pid != 0)) return;
  auto owner = owners->find({flow.key.protocol, flow.end(0), flow.end(1), flow.port(0), flow.port(1)}, flow.last);
  if (owner) aside(flow).owner = std::move(owner);
}

void Capture::State::begin_session(Flow& flow, const Protocol* protocol) {
  Talk& t = *flow.talk;
  Conversation& c = t.conversation;
  c.client = {to_string(flow.end(0)), flow.port(0)};
  c.server = {to_string(flow.end(1)), flow.port(1)};
  c.app = flow.app();
  find_owner(flow);
  if (flow.aside) c.owner = flow.aside->owner;
  c.community_id = community_id(segment_of(flow));
  flow.data_with_guess = true;
  t.session = protocol != nullptr ? protocol->open(c) : open_message(c);
  for (const int side : {0, 1}) {
    if (!t.first[side].empty()) converse(t, side, t.first[side]);
    if (!t.second[side].empty()) converse(t, side, t.second[side]);
    base::Bytes().swap(t.first[side]);
    base::Bytes().swap(t.second[side]);
  }
}

void Capture::State::end(Flow& flow, std::string_view reason) {
  busy = &flow;
  busy_ends = true;
  for (const int side : {0, 1}) {
    Out out(*this, flow, side);
    if (Doubtful* held = doubtful(flow)) held->finish(side, flow.streams[side], budget, tally, out);
    flow.streams[side].finish(budget, tally, out);
  }
  if (!flow.decided && flow.talk && !flow.talk->announced) decide(flow, true);
  if (flow.talk && flow.talk->session) {
    flow.talk->session->finish();
    if (flow.talk->tls) flow.talk->tls->finish();
    if (!flow.talk->conversation.upgraded.empty() && flow.talk->conversation.upgraded == "websocket") flow.app("websocket");
  }
  report(flow, reason);
  tally.add(Count::flows_ended);
  flows.remove(flow);
  busy = nullptr;
  busy_ends = false;
}

void Capture::State::report(const Flow& flow, std::string_view reason) {
  model::Flow out;
  out.id = flow.id;
  out.community_id = community_id(segment_of(flow));
  out.client = {to_string(flow.end(0)), flow.port(0)};
  out.server = {to_string(flow.end(1)), flow.port(1)};
  out.protocol = flow.key.protocol;
  out.direction_known = flow.direction_known;
  out.first = flow.first;
  out.last = flow.last;
  out.sent = {flow.packets[0], flow.bytes[0], flow.payload[0]};
  out.received = {flow.packets[1], flow.bytes[1], flow.payload[1]};
  out.app = flow.app();
  out.end = reason;
  out.sensor = room.sensor;
  if (const Aside* a = flow.aside.get()) {
    for (std::size_t i = 0; i < kGapNames.size(); ++i) {
      if (a->gap_count[i] != 0) out.gaps.push_back({std::string(kGapNames[i]), a->gap_bytes[i], a->gap_count[i]});
    }
    if (a->owner) {
      out.pid = a->owner->pid;
      out.process = a->owner->process;
      out.executable = a->owner->executable;
      out.account = a->owner->account;
      out.owner_is_client = a->owner->client;
    }
  }
  room.sink.on_flow(out);
}

void Capture::State::expire(base::UnixMs at) {
  while (Flow* flow = flows.oldest(Rank::closing)) {
    if (at - flow->last < kClosingMs) break;
    end(*flow, flow->rst ? "rst" : "fin");
  }
  for (const Rank rank : {Rank::plain, Rank::read}) {
    while (Flow* flow = flows.oldest(rank)) {
      if (at - flow->last < limits.flow_idle_ms) break;
      end(*flow, "timeout");
    }
  }
}

Capture::Capture(const Limits& limits, model::Sink& sink, std::string sensor_id)
    : state_(std::make_unique<State>(limits, sink, std::move(sensor_id))) {}
Capture::~Capture() = default;

void Capture::ask(Owners* owners) { state_->owners = owners; }

void Capture::examine(std::uint32_t per_mille) { state_->examined_per_mille = per_mille; }

void Capture::packet(const Packet& packet) {
  State& s = *state_;
  s.now = packet.time_ns / 1'000'000;
  if (s.now >= s.next_expiry) {
    s.next_expiry = s.now + kExpiryEveryMs;
    s.guarded([&] { s.expire(s.now); });
  }
  s.guarded([&] { s.decoder.packet(packet); });
}

void Capture::advance(base::UnixMs now) {
  State& s = *state_;
  s.guarded([&] { s.decoder.expire(now, false); });
  s.guarded([&] { s.expire(now); });
}

void Capture::finish() {
  State& s = *state_;
  s.guarded([&] { s.decoder.expire(s.now, true); });
  for (const Rank rank : {Rank::closing, Rank::plain, Rank::read}) {
    while (Flow* flow = s.flows.oldest(rank))
      s.guarded([&] { s.end(*flow, rank != Rank::closing ? "capture_end" : flow->rst ? "rst" : "fin"); });
  }
}

bool Capture::incomplete() const {
  const State& s = *state_;
  return s.gaps != 0 || s.room.lost_content || s.tally[Count::fragment_expired] != 0 || s.tally[Count::fragment_limit] != 0 ||
         s.tally[Count::snap_cut] != 0;
}

std::vector<base::Sample> Capture::counters() const { return state_->tally.samples(); }

Capture::Sampled Capture::take_sampled() {
  State& s = *state_;
  const Sampled total{s.tally[Count::flows], s.tally[Count::flow_unsampled]};
  const Sampled before = std::exchange(s.taken_sampled, total);
  return {total.flows - before.flows, total.left_out - before.left_out};
}

std::uint64_t Capture::take_overflow() {
  State& s = *state_;
  const std::uint64_t total = s.tally[Count::flow_limit] + s.tally[Count::fragment_limit] + s.tally[Count::tcp_reorder_limit] +
                              s.tally[Count::body_limit] + s.tally[Count::body_expansion] + s.tally[Count::http_pending_limit] +
                              s.tally[Count::message_limit] + s.tally[Count::packet_unsampled] + s.tally[Count::no_memory];
  return total - std::exchange(s.taken_overflow, total);
}

}  // namespace fengsui::capture
