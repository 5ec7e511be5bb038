#include "capture/owner.h"

#include <dirent.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/bytes.h"
#include "base/fd.h"

namespace fengsui::capture {
namespace {

constexpr std::int64_t kAddressesEveryMs = 10'000;
constexpr std::size_t kMaxPasswd = 1u << 20;

struct Held {
  std::uint64_t inode = 0;
  std::uint32_t uid = 0;
};

bool is_loopback(const Address& a) {
  if (!a.v6) return a.bytes[0] == 127;
  return std::all_of(a.bytes.begin(), a.bytes.begin() + 15, [](std::uint8_t b) { return b == 0; }) && a.bytes[15] == 1;
}

void put(const Address& a, __be32 (&to)[4]) { std::memcpy(to, a.bytes.data(), a.size()); }

class LiveOwners final : public Owners {
 public:
  LiveOwners(base::Fd netlink, const OwnerLimits& limits, std::filesystem::path proc)
      : netlink_(std::move(netlink)), limits_(limits), proc_(std::move(proc)) {}

  void read_accounts(const std::filesystem::path& passwd);
  std::shared_ptr<const Owner> find(const Ends& ends, base::UnixMs now) override;
  std::vector<base::Sample> counters() const override;

 private:
  struct Process {
    std::uint32_t pid = 0;
    std::string name, executable;
  };

  bool is_local(const Address& address, base::UnixMs now);
  bool may_ask(base::UnixMs now);
  std::optional<Held> ask(std::uint8_t protocol, const Address& local, std::uint16_t local_port, const Address& remote, std::uint16_t remote_port);
  std::optional<Held> ask_once(std::uint8_t protocol, const Address& source, std::uint16_t source_port, const Address& destination, std::uint16_t destination_port);
  std::optional<Held> answer();
  const Process* process_of(std::uint64_t inode, base::UnixMs now);
  void search();
  void search_process(std::uint32_t pid, std::uint32_t& looked);
  std::string account(std::uint32_t uid) const;

  base::Fd netlink_;
  OwnerLimits limits_;
  std::filesystem::path proc_;
  std::unordered_map<std::uint32_t, std::string> accounts_;
  std::vector<Address> local_;
  base::UnixMs local_at_ = 0, searched_at_ = 0, second_ = 0;
  std::uint32_t asked_in_second_ = 0, sequence_ = 0;
  std::unordered_map<std::uint64_t, Process> known_;  // by inode of the socket, as of the last search
  std::uint64_t found_ = 0, gone_ = 0, unnamed_ = 0, skipped_ = 0, searches_ = 0, bounded_ = 0;
};

void LiveOwners::read_accounts(const std::filesystem::path& passwd) {
  auto bytes = base::read_file(passwd, kMaxPasswd);
  if (!bytes) return;  // accounts are shown by number then
  std::string_view text = base::text(*bytes);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t name = line.find(':');
    if (name == std::string_view::npos) continue;
    const std::size_t number = line.find(':', name + 1);
    if (number == std::string_view::npos) continue;
    std::uint32_t uid = 0;
    const auto [stop, error] = std::from_chars(line.data() + number + 1, line.data() + line.size(), uid);
    if (error == std::errc() && stop != line.data() + line.size() && *stop == ':') accounts_.emplace(uid, line.substr(0, name));
  }
}

std::string LiveOwners::account(std::uint32_t uid) const {
  const auto found = accounts_.find(uid);
  return found != accounts_.end() ? found->second : "uid:" + std::to_string(uid);
}

bool LiveOwners::is_local(const Address& address, base::UnixMs now) {
  if (is_loopback(address)) return true;
  if (local_.empty() || now - local_at_ >= kAddressesEveryMs || now < local_at_) {
    local_at_ = now;
    local_.clear();
    ifaddrs* list = nullptr;
    if (::getifaddrs(&list) == 0) {
      for (const ifaddrs* at = list; at != nullptr; at = at->ifa_next) {
        if (at->ifa_addr == nullptr) continue;
        Address a;
        if (at->ifa_addr->sa_family == AF_INET) {
          std::memcpy(a.bytes.data(), &reinterpret_cast<const sockaddr_in*>(at->ifa_addr)->sin_addr, 4);
        } else if (at->ifa_addr->sa_family == AF_INET6) {
          std::memcpy(a.bytes.data(), &reinterpret_cast<const sockaddr_in6*>(at->ifa_addr)->sin6_addr, 16);
          a.v6 = true;
        } else {
          continue;
        }
        local_.push_back(a);
      }
      ::freeifaddrs(list);
    }
  }
  return std::find(local_.begin(), local_.end(), address) != local_.end();
}

bool LiveOwners::may_ask(base::UnixMs now) {
  if (now / 1000 != second_) {
    second_ = now / 1000;
    asked_in_second_ = 0;
  }
  if (asked_in_second_ >= limits_.asks_per_second) {
    ++skipped_;
    return false;
  }
  ++asked_in_second_;
  return true;
}

// The reply to the request just sent: a socket, or the kernel's refusal (no such socket).
std::optional<Held> LiveOwners::answer() {
  alignas(nlmsghdr) char buffer[8192];
  for (int tries = 0; tries < 8; ++tries) {
    const ssize_t got = ::recv(netlink_.get(), buffer, sizeof buffer, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < static_cast<ssize_t>(sizeof(nlmsghdr))) return std::nullopt;
    nlmsghdr head;
    std::memcpy(&head, buffer, sizeof head);
    if (head.nlmsg_seq != sequence_) continue;  // of an earlier request
    if (head.nlmsg_type != SOCK_DIAG_BY_FAMILY || head.nlmsg_len < NLMSG_LENGTH(sizeof(inet_diag_msg)) || got < static_cast<ssize_t>(NLMSG_LENGTH(sizeof(inet_diag_msg)))) return std::nullopt;
    inet_diag_msg socket;
    std::memcpy(&socket, buffer + NLMSG_HDRLEN, sizeof socket);
    return Held{socket.idiag_inode, socket.idiag_uid};
  }
  return std::nullopt;
}

std::optional<Held> LiveOwners::ask_once(std::uint8_t protocol, const Address& source, std::uint16_t source_port, const Address& destination,
                                         std::uint16_t destination_port) {
  struct {
    nlmsghdr head;
    inet_diag_req_v2 body;
  } request{};
  request.head.nlmsg_len = sizeof request;
  request.head.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  request.head.nlmsg_flags = NLM_F_REQUEST;
  request.head.nlmsg_seq = ++sequence_;
  request.body.sdiag_family = source.v6 ? AF_INET6 : AF_INET;
  request.body.sdiag_protocol = protocol;
  request.body.idiag_states = ~0u;
  request.body.id.idiag_sport = htons(source_port);
  request.body.id.idiag_dport = htons(destination_port);
  put(source, request.body.id.idiag_src);
  put(destination, request.body.id.idiag_dst);
  request.body.id.idiag_cookie[0] = request.body.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  if (::send(netlink_.get(), &request, sizeof request, 0) != static_cast<ssize_t>(sizeof request)) return std::nullopt;
  return answer();
}

std::optional<Held> LiveOwners::ask(std::uint8_t protocol, const Address& local, std::uint16_t local_port, const Address& remote, std::uint16_t remote_port) {
  // The kernel's single look-up of datagram sockets takes the two ends in the other order.
  if (protocol == IPPROTO_UDP) return ask_once(protocol, remote, remote_port, local, local_port);
  auto held = ask_once(protocol, local, local_port, remote, remote_port);
  if (held || local.v6) return held;
  // An IPv4 connection of an IPv6 socket is found as such by current kernels; older ones want the mapped form.
  auto mapped = [](const Address& a) {
    Address out;
    out.v6 = true;
    out.bytes[10] = out.bytes[11] = 0xff;
    std::copy_n(a.bytes.begin(), 4, out.bytes.begin() + 12);
    return out;
  };
  return ask_once(protocol, mapped(local), local_port, mapped(remote), remote_port);
}

void LiveOwners::search_process(std::uint32_t pid, std::uint32_t& looked) {
  const std::string folder = (proc_ / std::to_string(pid)).string();
  DIR* descriptors = ::opendir((folder + "/fd").c_str());
  if (descriptors == nullptr) return;  // ended meanwhile, or not ours to see
  std::optional<Process> process;
  while (const dirent* entry = ::readdir(descriptors)) {
    if (entry->d_name[0] == '.') continue;
    if (++looked > limits_.max_descriptors) break;
    char target[64];
    const ssize_t size = ::readlinkat(::dirfd(descriptors), entry->d_name, target, sizeof target);
    constexpr std::string_view prefix = "socket:[";
    if (size <= static_cast<ssize_t>(prefix.size()) || std::string_view(target, prefix.size()) != prefix) continue;
    std::uint64_t inode = 0;
    if (std::from_chars(target + prefix.size(), target + size, inode).ec != std::errc()) continue;
    if (!process) {
      process = Process{pid, {}, {}};
      if (auto name = base::read_file(folder + "/comm", 256)) {
        process->name = base::text(*name);
        while (!process->name.empty() && process->name.back() == '\n') process->name.pop_back();
      }
      char path[4096];
      if (const ssize_t length = ::readlink((folder + "/exe").c_str(), path, sizeof path); length > 0)
        process->executable.assign(path, static_cast<std::size_t>(length));
    }
    if (known_.size() < limits_.max_known) known_.emplace(inode, *process);
    else ++bounded_;
  }
  ::closedir(descriptors);
}

void LiveOwners::search() {
  ++searches_;
  known_.clear();
  DIR* processes = ::opendir(proc_.c_str());
  if (processes == nullptr) return;
  std::uint32_t looked = 0;
  while (const dirent* entry = ::readdir(processes)) {
    std::uint32_t pid = 0;
    const std::string_view name = entry->d_name;
    const auto [stop, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error != std::errc() || stop != name.data() + name.size()) continue;
    search_process(pid, looked);
    if (looked > limits_.max_descriptors) {
      ++bounded_;
      break;
    }
  }
  ::closedir(processes);
}

const LiveOwners::Process* LiveOwners::process_of(std::uint64_t inode, base::UnixMs now) {
  if (inode == 0) return nullptr;  // closed by its process already
  auto found = known_.find(inode);
  if (found == known_.end() && (searches_ == 0 || now - searched_at_ >= limits_.search_every_ms || now < searched_at_)) {
    searched_at_ = now;
    search();
    found = known_.find(inode);
  }
  return found == known_.end() ? nullptr : &found->second;
}

std::shared_ptr<const Owner> LiveOwners::find(const Ends& ends, base::UnixMs now) {
  if (ends.protocol != IPPROTO_TCP && ends.protocol != IPPROTO_UDP) return nullptr;
  for (const bool client : {true, false}) {
    const Address& local = client ? ends.client : ends.server;
    if (!is_local(local, now)) continue;
    if (!may_ask(now)) return nullptr;
    const Address& remote = client ? ends.server : ends.client;
    const std::uint16_t local_port = client ? ends.client_port : ends.server_port, remote_port = client ? ends.server_port : ends.client_port;
    const auto held = ask(ends.protocol, local, local_port, remote, remote_port);
    if (!held || (held->inode == 0 && held->uid == 0)) continue;
    auto owner = std::make_shared<Owner>();
    owner->account = account(held->uid);
    owner->client = client;
    if (const Process* process = process_of(held->inode, now)) {
      owner->pid = process->pid;
      owner->process = process->name;
      owner->executable = process->executable;
      ++found_;
    } else {
      ++unnamed_;
    }
    return owner;
  }
  ++gone_;
  return nullptr;
}

std::vector<base::Sample> LiveOwners::counters() const {
  return {{"capture_owner_total", {{"result", "found"}}, found_},
          {"capture_owner_total", {{"result", "account_only"}}, unnamed_},
          {"capture_owner_total", {{"result", "unknown"}}, gone_},
          {"capture_owner_total", {{"result", "not_asked"}}, skipped_},
          {"capture_owner_searches_total", {}, searches_},
          {"capture_owner_limit_total", {}, bounded_}};
}

}  // namespace

base::Result<std::unique_ptr<Owners>> open_owners(const OwnerLimits& limits, const std::filesystem::path& proc, const std::filesystem::path& passwd) {
  base::Fd netlink(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (!netlink.valid()) return base::fail(base::Errc::unavailable, std::string("socket owners: the kernel has no sock_diag: ") + std::strerror(errno));
  const timeval patience{0, 200'000};  // the kernel answers within the call; this only bounds a reply that never comes
  ::setsockopt(netlink.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  auto owners = std::make_unique<LiveOwners>(std::move(netlink), limits, proc);
  owners->read_accounts(passwd);
  return owners;
}

}  // namespace fengsui::capture
