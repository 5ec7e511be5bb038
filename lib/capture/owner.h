// Who on this host holds a connection: the process and account behind a flow.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/counters.h"
#include "base/error.h"
#include "base/time.h"
#include "capture/segment.h"

namespace fengsui::capture {

struct Owner {
  std::uint32_t pid = 0;    // 0 = the socket is known, its process is not (yet)
  std::string process;      // short name, as in /proc/PID/comm
  std::string executable;   // path; "" unreadable
  std::string account;      // owner of the socket, by /etc/passwd; "uid:1234" when it has no name there
  bool client = true;       // holds the end that opened the connection; false: the end that accepted it
};

// The ends of one conversation.
struct Ends {
  std::uint8_t protocol = 6;
  Address client, server;
  std::uint16_t client_port = 0, server_port = 0;
};

// One thread. Answers from the kernel's socket tables: a connection that is over before it is asked about stays unknown.
class Owners {
 public:
  virtual ~Owners() = default;
  // nullptr: no end of it is on this host, or its socket is gone. With both ends here the client's owner is meant.
  // `now` in packet time, which bounds how often the processes are searched. Never blocks on anything but the kernel.
  virtual std::shared_ptr<const Owner> find(const Ends& ends, base::UnixMs now) = 0;
  virtual std::vector<base::Sample> counters() const = 0;
};

struct OwnerLimits {
  std::uint32_t asks_per_second = 2000;      // of the kernel; more new flows than that stay without an owner, counted
  std::int64_t search_every_ms = 250;        // between searches of /proc for the processes of new sockets
  std::uint32_t max_descriptors = 262'144;   // looked at in one search
  std::size_t max_known = 65'536;            // sockets remembered
};
// By NETLINK_SOCK_DIAG (sock_diag(7)) and `proc`. Sees the sockets of the network namespace it runs in; processes of
// other accounts need CAP_SYS_PTRACE or root, without it their name stays unknown and the account is known.
// Errc::unavailable where the kernel has no sock_diag.
base::Result<std::unique_ptr<Owners>> open_owners(const OwnerLimits& limits = {}, const std::filesystem::path& proc = "/proc",
                                                  const std::filesystem::path& passwd = "/etc/passwd");

}  // namespace fengsui::capture
