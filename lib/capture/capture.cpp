#include "capture/capture.h"

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

}  // namespace

struct Capture::State final : SegmentSink {
  State(const Limits& l, model::Sink& sink, std::string sensor)
      : limits(l), room{sink, tally, limits, std::move(sensor), 1, false, {}}, decoder(l.max_fragment_bytes, tally, *this), flows(l.max_flows) {
    budget.max_total = l.max_reorder_bytes;
    budget.max_per_flow = l.max_reorder_bytes_per_flow;
  }

  void segment(const Segment& s) override;
  Flow& flow_for(const Segment& s, const FlowKey& key);
  void find_owner(Flow& flow);
  void tcp(Flow& flow, const Segment& s, int side);
  void tcp_open(Flow& flow, const Segment& s, int side);
  void doubt(Flow& flow, const Segment& s, int side);
  void deliver(Flow& flow, int side, base::View bytes);
  void converse(Talk& talk, int side, base::View bytes);
  void miss(Flow& flow, int side, std::uint64_t bytes, GapKind kind);
  void decide(Flow& flow, bool last_chance);
  void begin_session(Flow& flow);
  void swap_sides(Flow& flow);
  Talk& talk(Flow& flow);
  void end(Flow& flow, std::string_view reason);
  void report(const Flow& flow, std::string_view reason);
  void expire(base::UnixMs now);
  void make_room();

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
  std::uint64_t gaps = 0;
  std::uint64_t taken_overflow = 0;
  base::UnixMs now = 0;
  base::UnixMs next_expiry = 0;
};

void Capture::State::make_room() {
  if (!flows.full()) return;
  tally.add(Count::flow_limit);
  if (Flow* closing = flows.oldest_closing()) return end(*closing, closing->rst ? "rst" : "fin");
  if (Flow* oldest = flows.oldest_active()) {
    if (!oldest->decided || (oldest->talk && oldest->talk->session)) {
      oldest->gap_count[static_cast<std::size_t>(GapKind::limit)] += 1;
      ++gaps;
    }
    end(*oldest, "evicted");
  }
}

Flow& Capture::State::flow_for(const Segment& s, const FlowKey& key) {
  const bool opening = s.protocol == ip::tcp && (s.flags & (tcp::syn | tcp::ack)) == tcp::syn;
  if (Flow* found = flows.find(key)) {
    // A SYN on a connection that is over, or that the other side accepts, begins a new one on the same ports.
    if (!(opening && found->closing)) return *found;
    end(*found, found->rst ? "rst" : "fin");
  }
  make_room();
  Flow& flow = flows.create(key);
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
  flow.ends[reversed ? 1 : 0] = s.source;
  flow.ends[reversed ? 0 : 1] = s.destination;
  flow.ports[reversed ? 1 : 0] = s.source_port;
  flow.ports[reversed ? 0 : 1] = s.destination_port;
  tally.add(Count::flows);
  flow.last = s.time;
  find_owner(flow);
  if (s.protocol == ip::tcp && !room.announced.empty()) {
    auto announced = room.take_announced(flow.ends[1], flow.ports[1], s.time);
    if (!announced) announced = room.take_announced(flow.ends[0], flow.ports[0], s.time);
    if (announced) {
      flow.app = announced->app;
      talk(flow).announced = std::move(announced);
    }
  }
  return flow;
}

void Capture::State::segment(const Segment& s) {
  bool source_is_low = false;
  const FlowKey key = key_of(s, source_is_low);
  Flow* flow = &flow_for(s, key);
  int side = flow->ends[0] == s.source && flow->ports[0] == s.source_port ? 0 : 1;
  const bool answered_again = flow->other_syn_seen && s.protocol == ip::tcp && (s.flags & (tcp::syn | tcp::ack)) == (tcp::syn | tcp::ack) &&
                              s.acknowledgement == flow->other_syn + 1 && flow->streams[0].any_delivered();
  if (answered_again) {
    const std::uint32_t syn = flow->other_syn;
    const Address client = flow->ends[0], server = flow->ends[1];
    const std::uint16_t client_port = flow->ports[0], server_port = flow->ports[1];
    end(*flow, "timeout");
    Segment opening;
    opening.protocol = ip::tcp;
    opening.flags = tcp::syn;
    opening.source = client, opening.destination = server;
    opening.source_port = client_port, opening.destination_port = server_port;
    opening.time = s.time;
    flow = &flow_for(opening, key);
    flow->syn_seen = true;
    flow->first_syn = syn;
    side = 1;
  }
  flow->last = s.time;
  flow->packets[side] += s.packets;
  flow->bytes[side] += s.ip_bytes;
  flows.touch(*flow);
  if (flow->talk) flow->talk->conversation.now = s.time;
  if (s.fragment_missing) miss(*flow, side, s.protocol == ip::tcp ? 0 : s.cut, GapKind::fragment);
  if (s.tunnel) {
    flow->app = s.tunnel_name;
    flow->decided = true;
    return;
  }
  if (s.protocol == ip::tcp) return tcp(*flow, s, side);
  if (s.protocol != ip::udp) {
    flow->app = ip_protocol_app(s.protocol);
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
      flow.other_syn_seen = true;
      flow.other_syn = s.sequence;
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
    side = flow.ends[0] == s.source && flow.ports[0] == s.source_port ? 0 : 1;
    if (flow.other_syn_seen && flow.streams[side].any_delivered()) return;
  }
  Out out(*this, flow, side);
  Out other(*this, flow, 1 - side);
  Stream& stream = flow.streams[side];
  const std::uint32_t sequence = s.sequence + (opening ? 1 : 0);
  if ((s.flags & tcp::ack) != 0) {
    if (flow.doubtful && flow.doubtful->acknowledged(1 - side, s.acknowledgement, flow.streams[1 - side], budget, tally, other)) {
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
    if (fresh) {
      flow.gap_count[static_cast<std::size_t>(GapKind::midstream)] += 1;
      ++gaps;
    }
  }
  if (s.flags & tcp::fin) {
    stream.fin(sequence + static_cast<std::uint32_t>(s.payload.size()) + s.cut);
    flow.fin[side] = true;
  }
  if (s.flags & tcp::rst) {
    flow.rst = true;
    // RFC 5961 section 3.2: one with any other number is not believed at once. After a hole the right number is not known.
    if (!stream.started() || stream.midstream() || stream.any_waiting() || sequence - stream.next() <= 1) flows.close(flow);  // one more after a FIN
  }
  if (flow.fin[0] && flow.fin[1]) flows.close(flow);
}

void Capture::State::doubt(Flow& flow, const Segment& s, int side) {
  if (s.payload.empty() || (s.flags & tcp::rst) != 0) return;
  if (!flow.doubtful) flow.doubtful = std::make_unique<Doubtful>();
  flow.doubtful->hold(side, s.sequence + ((s.flags & tcp::syn) != 0 ? 1 : 0), s.payload, s.time);
}

Talk& Capture::State::talk(Flow& flow) {
  if (!flow.talk) {
    flow.talk = std::make_unique<Talk>(room);
    flow.talk->conversation.now = flow.last;
    flow.talk->conversation.protocol = flow.key.protocol;
  }
  return *flow.talk;
}

void Capture::State::swap_sides(Flow& flow) {
  std::swap(flow.ends[0], flow.ends[1]);
  std::swap(flow.ports[0], flow.ports[1]);
  std::swap(flow.packets[0], flow.packets[1]);
  std::swap(flow.bytes[0], flow.bytes[1]);
  std::swap(flow.payload[0], flow.payload[1]);
  std::swap(flow.fin[0], flow.fin[1]);
  std::swap(flow.senders[0], flow.senders[1]);
  if (flow.doubtful) flow.doubtful->swap_sides();
  std::swap(flow.streams[0], flow.streams[1]);
  flow.owner.reset();  // it was asked for the other way round
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
    begin_session(flow);
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
  flow.gap_bytes[static_cast<std::size_t>(kind)] += bytes;
  flow.gap_count[static_cast<std::size_t>(kind)] += 1;
  ++gaps;
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
  const First first{t.first[0], t.first[1], flow.ports[0], flow.ports[1], last_chance, t.second[0], t.second[1]};
  const Verdict verdict = recognise(flow.key.protocol, first, flow.direction_known);
  if (verdict.protocol == nullptr) {
    const bool enough = flow.key.protocol == ip::udp ? flow.packets[0] + flow.packets[1] >= 8
                                                     : t.first[0].size() >= kFirstBytes || t.first[1].size() >= kFirstBytes;
    if (!last_chance && !enough) return;
    tally.add(Count::unrecognised);
    flow.decided = true;
    if (flow.key.protocol == ip::tcp && (is_clear_text(t.first[0]) || is_clear_text(t.first[1]))) return begin_session(flow);
    flow.talk.reset();
    return;
  }
  tally.add(Count::recognised);
  if (verdict.swapped) swap_sides(flow);
  flow.protocol = verdict.protocol;
  flow.app = verdict.protocol->name;
  flow.decided = true;
  if (verdict.protocol->open == nullptr) {
    flow.talk.reset();
    return;
  }
  begin_session(flow);
}

// At the first packet, and once more when there is something to tell: sockets come and go.
void Capture::State::find_owner(Flow& flow) {
  if (owners == nullptr || (flow.owner && flow.owner->pid != 0)) return;
  if (auto owner = owners->find({flow.key.protocol, flow.ends[0], flow.ends[1], flow.ports[0], flow.ports[1]}, flow.last)) flow.owner = std::move(owner);
}

void Capture::State::begin_session(Flow& flow) {
  Talk& t = *flow.talk;
  Conversation& c = t.conversation;
  c.client = {to_string(flow.ends[0]), flow.ports[0]};
  c.server = {to_string(flow.ends[1]), flow.ports[1]};
  c.app = flow.app;
  find_owner(flow);
  c.owner = flow.owner;
  Segment id;
  id.protocol = flow.key.protocol;
  id.source = flow.ends[0], id.destination = flow.ends[1];
  id.source_port = flow.ports[0], id.destination_port = flow.ports[1];
  c.community_id = community_id(id);
  flow.data_with_guess = true;
  t.session = flow.protocol != nullptr ? flow.protocol->open(c) : open_message(c);
  for (const int side : {0, 1}) {
    if (!t.first[side].empty()) converse(t, side, t.first[side]);
    if (!t.second[side].empty()) converse(t, side, t.second[side]);
    base::Bytes().swap(t.first[side]);
    base::Bytes().swap(t.second[side]);
  }
}

void Capture::State::end(Flow& flow, std::string_view reason) {
  for (const int side : {0, 1}) {
    Out out(*this, flow, side);
    if (flow.doubtful) flow.doubtful->finish(side, flow.streams[side], budget, tally, out);
    flow.streams[side].finish(budget, tally, out);
  }
  if (!flow.decided && flow.talk && !flow.talk->announced) decide(flow, true);
  if (flow.talk && flow.talk->session) {
    flow.talk->session->finish();
    if (flow.talk->tls) flow.talk->tls->finish();
    if (!flow.talk->conversation.upgraded.empty() && flow.talk->conversation.upgraded == "websocket") flow.app = "websocket";
  }
  report(flow, reason);
  tally.add(Count::flows_ended);
  flows.remove(flow);
}

void Capture::State::report(const Flow& flow, std::string_view reason) {
  model::Flow out;
  out.id = flow.id;
  Segment id;
  id.protocol = flow.key.protocol;
  id.source = flow.ends[0], id.destination = flow.ends[1];
  id.source_port = flow.ports[0], id.destination_port = flow.ports[1];
  id.icmp_type = flow.icmp_type, id.icmp_code = flow.icmp_code;
  out.community_id = community_id(id);
  out.client = {to_string(flow.ends[0]), flow.ports[0]};
  out.server = {to_string(flow.ends[1]), flow.ports[1]};
  out.protocol = flow.key.protocol;
  out.direction_known = flow.direction_known;
  out.first = flow.first;
  out.last = flow.last;
  out.sent = {flow.packets[0], flow.bytes[0], flow.payload[0]};
  out.received = {flow.packets[1], flow.bytes[1], flow.payload[1]};
  out.app = flow.app;
  out.end = reason;
  for (std::size_t i = 0; i < kGapNames.size(); ++i) {
    if (flow.gap_count[i] != 0) out.gaps.push_back({std::string(kGapNames[i]), flow.gap_bytes[i], flow.gap_count[i]});
  }
  out.sensor = room.sensor;
  if (flow.owner) {
    out.pid = flow.owner->pid;
    out.process = flow.owner->process;
    out.executable = flow.owner->executable;
    out.account = flow.owner->account;
    out.owner_is_client = flow.owner->client;
  }
  room.sink.on_flow(out);
}

void Capture::State::expire(base::UnixMs at) {
  while (Flow* flow = flows.oldest_closing()) {
    if (at - flow->last < kClosingMs) break;
    end(*flow, flow->rst ? "rst" : "fin");
  }
  while (Flow* flow = flows.oldest_active()) {
    if (at - flow->last < limits.flow_idle_ms) break;
    end(*flow, "timeout");
  }
}

Capture::Capture(const Limits& limits, model::Sink& sink, std::string sensor_id)
    : state_(std::make_unique<State>(limits, sink, std::move(sensor_id))) {}
Capture::~Capture() = default;

void Capture::ask(Owners* owners) { state_->owners = owners; }

void Capture::packet(const Packet& packet) {
  State& s = *state_;
  s.now = packet.time_ns / 1'000'000;
  if (s.now >= s.next_expiry) {
    s.next_expiry = s.now + kExpiryEveryMs;
    s.expire(s.now);
  }
  s.decoder.packet(packet);
}

void Capture::advance(base::UnixMs now) {
  state_->decoder.expire(now, false);
  state_->expire(now);
}

void Capture::finish() {
  State& s = *state_;
  s.decoder.expire(s.now, true);
  while (Flow* flow = s.flows.oldest_closing()) s.end(*flow, flow->rst ? "rst" : "fin");
  while (Flow* flow = s.flows.oldest_active()) s.end(*flow, "capture_end");
}

bool Capture::incomplete() const {
  const State& s = *state_;
  return s.gaps != 0 || s.room.lost_content || s.tally[Count::fragment_expired] != 0 || s.tally[Count::fragment_limit] != 0 ||
         s.tally[Count::snap_cut] != 0;
}

std::vector<base::Sample> Capture::counters() const { return state_->tally.samples(); }

std::uint64_t Capture::take_overflow() {
  State& s = *state_;
  const std::uint64_t total = s.tally[Count::flow_limit] + s.tally[Count::fragment_limit] + s.tally[Count::tcp_reorder_limit] +
                              s.tally[Count::body_limit] + s.tally[Count::body_expansion] + s.tally[Count::http_pending_limit] +
                              s.tally[Count::message_limit];
  return total - std::exchange(s.taken_overflow, total);
}

}  // namespace fengsui::capture
