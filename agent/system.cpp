#include "agent/system.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>

#include "base/encode.h"
#include "base/fd.h"
#include "crypto/hash.h"

namespace fengsui::agent {

namespace {

std::int64_t milliseconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1000 + now.tv_nsec / 1'000'000;
}

std::string first_line(const char* path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  return line;
}

std::string first_address() {
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return {};
  std::string out;
  for (const ifaddrs* a = list; a && out.empty(); a = a->ifa_next) {
    if (!a->ifa_addr || a->ifa_addr->sa_family != AF_INET) continue;
    std::array<char, INET_ADDRSTRLEN> text{};
    const auto* in = reinterpret_cast<const sockaddr_in*>(a->ifa_addr);
    if (ntohl(in->sin_addr.s_addr) >> 24 == 127) continue;
    if (inet_ntop(AF_INET, &in->sin_addr, text.data(), text.size())) out = text.data();
  }
  freeifaddrs(list);
  return out;
}

std::string operating_system() {
  std::ifstream in("/etc/os-release");
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("PRETTY_NAME=")) continue;
    line.erase(0, 12);
    std::erase(line, '"');
    return line;
  }
  return "Linux";
}

}  // namespace

base::UnixMs SystemClock::wall_ms() const { return milliseconds(CLOCK_REALTIME); }
base::BootMs SystemClock::boot_ms() const { return milliseconds(CLOCK_BOOTTIME); }

model::Host host_facts() {
  model::Host host;
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) == 0) host.hostname = name.data();
  host.ip = first_address();
  host.os = operating_system();
  host.version = FENGSUI_VERSION;
  return host;
}

base::Day today() { return base::day_of(SystemClock().wall_ms()); }

int local_offset_minutes() {
  std::time_t now = std::time(nullptr);
  std::tm local{};
  return localtime_r(&now, &local) ? static_cast<int>(local.tm_gmtoff / 60) : base::kChinaOffsetMinutes;
}

std::string boot_id() { return first_line("/proc/sys/kernel/random/boot_id"); }

std::string machine_id_digest() {
  auto id = first_line("/etc/machine-id");
  return id.empty() ? std::string() : base::hex(crypto::sha256(base::view(id)));
}

base::Result<std::string> program_digest() {
  std::ifstream in("/proc/self/exe", std::ios::binary);
  if (!in) return base::fail_errno("open", "/proc/self/exe", errno);
  crypto::Hasher hasher;
  std::array<char, 65536> buffer;
  while (in.read(buffer.data(), buffer.size()) || in.gcount() > 0)
    hasher.update(base::view(std::string_view(buffer.data(), static_cast<std::size_t>(in.gcount()))));
  return base::hex(hasher.finish());
}

void harden_process() {
  rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_SET_DUMPABLE, 0);
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < 4096) {
    files.rlim_cur = std::min<rlim_t>(4096, files.rlim_max);
    setrlimit(RLIMIT_NOFILE, &files);
  }
}

std::int64_t thread_cpu_us() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
}

Usage process_usage() {
  Usage out;
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) == 0)
    out.cpu_ms = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
                 (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
  std::ifstream in("/proc/self/statm");
  std::uint64_t size = 0, resident = 0;
  if (in >> size >> resident) out.resident_bytes = resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  return out;
}

base::Result<std::filesystem::path> find_rules(const std::string& configured) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (!configured.empty()) {
    if (fs::is_directory(configured, error)) return fs::path(configured);
    return base::fail(base::Errc::not_found, configured + ": the rules folder ([rules] dir) is missing");
  }
  auto folder = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (int up = 0; up < 5 && !folder.empty() && folder != folder.root_path(); ++up, folder = folder.parent_path())
    if (fs::is_directory(folder / "rules" / "detectors", error)) return folder / "rules";
  fs::path installed = "/usr/share/fengsui/rules";
  if (fs::is_directory(installed, error)) return installed;
  return base::fail(base::Errc::not_found,
                    "no rules folder above the program and none at /usr/share/fengsui/rules: set [rules] dir");
}

void notify_service_manager(std::string_view state) {
  const char* path = std::getenv("NOTIFY_SOCKET");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (!path || std::strlen(path) < 2 || std::strlen(path) >= sizeof(address.sun_path)) return;
  std::memcpy(address.sun_path, path, std::strlen(path));
  if (path[0] == '@') address.sun_path[0] = '\0';
  base::Fd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return;
  auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + std::strlen(path));
  [[maybe_unused]] auto sent = sendto(fd.get(), state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                                      reinterpret_cast<sockaddr*>(&address), length);
}

}  // namespace fengsui::agent
