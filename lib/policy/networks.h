// What is known of addresses: lists of networks that a site keeps as data files.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace fengsui::policy {

// A set of IPv4 and IPv6 networks. Immutable after load. Looking up costs one binary search.
class NetworkList {
 public:
  // One network in CIDR form (or one address) a line; what follows a blank is a note, "#" begins a comment line.
  // Errc::malformed with the line; limit above kMaxNetworks lines.
  static base::Result<NetworkList> parse(std::string_view text, const std::string& name);
  static constexpr std::size_t kMaxNetworks = 1'000'000;

  bool contains(std::string_view ip) const;  // false for what is no address
  std::size_t size() const { return count_; }

 private:
  using Key = std::array<std::uint8_t, 16>;  // IPv4 as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2)
  struct Range {
    Key first, last;
  };
  static bool key_of(std::string_view ip, Key& out);
  std::vector<Range> ranges_;  // sorted, apart from each other
  std::size_t count_ = 0;
};

// networks/{internal,approved,domestic}.txt. Immutable, shared by all threads.
struct Networks {
  // A file that is missing leaves its list out: then nothing is said of what it would tell. Errc::malformed with file
  // and line.
  static base::Result<std::shared_ptr<const Networks>> load(const std::filesystem::path& folder);

  NetworkList internal;   // of the organisation itself
  NetworkList approved;   // destinations outside that were approved
  NetworkList domestic;   // address space of mainland China, as the site obtained it
  bool has_approved = false, has_domestic = false;  // the file exists and names at least one network
  std::string digest;     // hex SHA-256 over the files; part of the rule-set digest

  // "internal", "approved", "unapproved", or "outside" where no list of approved destinations exists.
  std::string_view kind(std::string_view ip) const;
};

}  // namespace fengsui::policy
