// The counters of the room: one number per reason, plain because a Capture belongs to one thread.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/counters.h"

namespace fengsui::capture {

enum class Count : std::uint8_t {
  packets, packet_bytes,
  // not decoded, by reason
  link_unsupported, link_short, not_ip, arp, ip_short, ip_version, ip_header, ip_length, ip6_extension, tunnel_depth, tunnel_header,
  tcp_short, tcp_header, udp_short, udp_length, icmp_short, snap_cut,
  // fragments
  fragments, fragments_joined, fragment_overlap, fragment_bad, fragment_expired, fragment_limit,
  // flows and streams
  flows, flows_ended, flow_limit, flow_unsampled, packet_unsampled, no_memory, tcp_checksum, tcp_retransmitted, tcp_overlap_conflict, tcp_reordered, tcp_late, tcp_hole, tcp_hole_bytes,
  tcp_reorder_limit, tcp_syn_again, tcp_refused, tcp_refused_late, tcp_urgent,
  // protocols
  recognised, unrecognised, http_messages, http_malformed, http_pending_limit, http_head_limit, body_limit, body_expansion, body_undecodable,
  dns_messages, dns_malformed, message_limit, message_malformed, sql_statements, database_malformed, database_limit,
  size_
};

struct CountName {
  std::string_view name;
  std::string_view reason;  // "" none
};

inline constexpr std::array<CountName, static_cast<std::size_t>(Count::size_)> kCountNames = {{
    {"capture_packets_total", ""}, {"capture_bytes_total", ""},
    {"capture_undecoded_total", "link_unsupported"}, {"capture_undecoded_total", "link_short"}, {"capture_undecoded_total", "not_ip"},
    {"capture_undecoded_total", "arp"}, {"capture_undecoded_total", "ip_short"}, {"capture_undecoded_total", "ip_version"},
    {"capture_undecoded_total", "ip_header"}, {"capture_undecoded_total", "ip_length"}, {"capture_undecoded_total", "ip6_extension"},
    {"capture_undecoded_total", "tunnel_depth"}, {"capture_undecoded_total", "tunnel_header"}, {"capture_undecoded_total", "tcp_short"},
    {"capture_undecoded_total", "tcp_header"}, {"capture_undecoded_total", "udp_short"}, {"capture_undecoded_total", "udp_length"},
    {"capture_undecoded_total", "icmp_short"}, {"capture_snap_cut_total", ""},
    {"capture_fragments_total", "seen"}, {"capture_fragments_total", "joined"}, {"capture_fragments_total", "overlap"},
    {"capture_fragments_total", "bad"}, {"capture_fragments_total", "expired"}, {"capture_fragments_total", "limit"},
    {"capture_flows_total", "opened"}, {"capture_flows_total", "ended"}, {"capture_flows_total", "limit"},
    {"capture_flows_total", "unsampled"}, {"capture_unsampled_packets_total", ""}, {"capture_no_memory_total", ""},
    {"capture_tcp_total", "checksum"}, {"capture_tcp_total", "retransmitted"}, {"capture_tcp_total", "overlap_conflict"},
    {"capture_tcp_total", "reordered"}, {"capture_tcp_total", "late"}, {"capture_tcp_total", "hole"}, {"capture_tcp_hole_bytes_total", ""},
    {"capture_tcp_total", "reorder_limit"}, {"capture_tcp_total", "syn_again"}, {"capture_tcp_total", "refused"}, {"capture_tcp_total", "refused_but_acknowledged"},
    {"capture_tcp_total", "urgent"},
    {"capture_recognised_total", "yes"}, {"capture_recognised_total", "no"},
    {"capture_http_total", "messages"}, {"capture_http_total", "malformed"}, {"capture_http_total", "pending_limit"},
    {"capture_http_total", "head_limit"}, {"capture_body_total", "limit"}, {"capture_body_total", "expansion"},
    {"capture_body_total", "undecodable"}, {"capture_dns_total", "messages"}, {"capture_dns_total", "malformed"},
    {"capture_message_total", "limit"}, {"capture_message_total", "malformed"}, {"capture_database_total", "statements"}, {"capture_database_total", "malformed"},
    {"capture_database_total", "limit"},
}};

// One thread.
class Tally {
 public:
  void add(Count what, std::uint64_t n = 1) { values_[static_cast<std::size_t>(what)] += n; }
  std::uint64_t operator[](Count what) const { return values_[static_cast<std::size_t>(what)]; }
  std::vector<base::Sample> samples() const;

 private:
  std::array<std::uint64_t, static_cast<std::size_t>(Count::size_)> values_{};
};

}  // namespace fengsui::capture
