#include "agent/extraction/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"

// The sanitizers map terabytes and look at their own process; under them only the files and the sockets are closed.
#if defined(__SANITIZE_ADDRESS__)
#define FENGSUI_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FENGSUI_SANITIZED 1
#endif
#endif
#ifndef FENGSUI_SANITIZED
#define FENGSUI_SANITIZED 0
#endif

namespace fengsui::agent {
namespace {

// linux/landlock.h of Debian 12 ends at ABI 2; the numbers of the later ones are fixed (Documentation/userspace-api/landlock.rst).
struct RulesetAttribute {
  std::uint64_t fs = 0, net = 0, scoped = 0;
};
struct [[gnu::packed]] PathBeneath {
  std::uint64_t allowed = 0;
  std::int32_t parent = -1;
};
constexpr std::uint64_t kReadFile = 1u << 2, kReadFolder = 1u << 3;

long landlock_create(const RulesetAttribute* attribute, std::size_t size, std::uint32_t flags) {
  return syscall(SYS_landlock_create_ruleset, attribute, size, flags);
}

// The ABI; 0 where the kernel has none.
base::Result<std::uint32_t> no_files(const std::vector<std::string>& readable) {
  const long abi = landlock_create(nullptr, 0, 1);
  if (abi <= 0) return 0u;
  RulesetAttribute all;
  all.fs = (1u << 13) - 1;               // execute … make_sym
  if (abi >= 2) all.fs |= 1u << 13;      // refer
  if (abi >= 3) all.fs |= 1u << 14;      // truncate
  if (abi >= 5) all.fs |= 1u << 15;      // ioctl of devices
  if (abi >= 4) all.net = 3;             // bind and connect of TCP
  if (abi >= 6) all.scoped = 3;          // abstract sockets, signals
  const std::size_t size = abi >= 6 ? 24 : abi >= 4 ? 16 : 8;
  const base::Fd ruleset(static_cast<int>(landlock_create(&all, size, 0)));
  if (!ruleset.valid()) return base::fail_errno("landlock_create_ruleset", "", errno);
  for (const std::string& folder : readable) {
    const base::Fd fd(open(folder.c_str(), O_PATH | O_CLOEXEC | O_DIRECTORY));
    if (!fd.valid()) continue;  // what is not there cannot be read either
    const PathBeneath rule{kReadFile | kReadFolder, fd.get()};
    if (syscall(SYS_landlock_add_rule, ruleset.get(), 1, &rule, 0) != 0) return base::fail_errno("landlock_add_rule", folder, errno);
  }
  if (syscall(SYS_landlock_restrict_self, ruleset.get(), 0) != 0) return base::fail_errno("landlock_restrict_self", "", errno);
  return static_cast<std::uint32_t>(abi);
}

#if defined(__x86_64__)
constexpr std::uint32_t kArch = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArch = AUDIT_ARCH_AARCH64;
#else
#error "the list of system calls is written for x86-64 and aarch64"
#endif

// A classic BPF program over struct seccomp_data, written rule by rule.
class Program {
 public:
  Program() {
    load(offsetof(seccomp_data, arch));
    // Another table of system calls than the one this list is written for: x32, or 32 bits.
    code_.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kArch, 1, 0));
    answer(SECCOMP_RET_KILL_PROCESS);
    load(offsetof(seccomp_data, nr));
#if defined(__x86_64__)
    code_.push_back(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000u, 0, 1));
    answer(SECCOMP_RET_KILL_PROCESS);
#endif
  }
  void on(long call, std::uint32_t verdict) {
    code_.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 1));
    answer(verdict);
  }
  // Allowed when (argument & mask) == wanted, else EPERM.
  void on_argument(long call, unsigned argument, std::uint32_t mask, std::uint32_t wanted) {
    code_.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 5));
    load(static_cast<std::uint32_t>(offsetof(seccomp_data, args) + 8 * argument));  // the lower half, little-endian
    code_.push_back(BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask));
    code_.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, wanted, 0, 1));
    answer(SECCOMP_RET_ALLOW);
    answer(SECCOMP_RET_ERRNO | EPERM);
  }
  void otherwise(std::uint32_t verdict) { answer(verdict); }
  sock_fprog finish() { return {static_cast<unsigned short>(code_.size()), code_.data()}; }

 private:
  void load(std::uint32_t offset) { code_.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset)); }
  void answer(std::uint32_t verdict) { code_.push_back(BPF_STMT(BPF_RET | BPF_K, verdict)); }
  std::vector<sock_filter> code_;
};

base::Status only_these_calls(bool files) {
  Program program;
  for (const long call : {SYS_read, SYS_write, SYS_readv, SYS_writev, SYS_pread64, SYS_close, SYS_lseek, SYS_fstat, SYS_munmap, SYS_mremap, SYS_brk, SYS_madvise,
                          SYS_futex, SYS_clock_gettime, SYS_gettimeofday, SYS_getrandom, SYS_rt_sigreturn, SYS_rt_sigprocmask, SYS_rt_sigaction,
                          SYS_sched_yield, SYS_getpid, SYS_gettid, SYS_getuid, SYS_geteuid, SYS_exit, SYS_exit_group, SYS_restart_syscall})
    program.on(call, SECCOMP_RET_ALLOW);
  program.on_argument(SYS_mmap, 2, PROT_EXEC, 0);
  program.on_argument(SYS_mprotect, 2, PROT_EXEC, 0);
  program.on_argument(SYS_newfstatat, 3, AT_EMPTY_PATH, AT_EMPTY_PATH);  // fstat() of the C library
  // Where Landlock says which files, opening to read may be tried.
  if (files) program.on_argument(SYS_openat, 2, O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND, 0);
  else program.on(SYS_openat, SECCOMP_RET_ERRNO | EPERM);
  // What libraries ask and can do without.
  for (const long call : {SYS_ioctl, SYS_fcntl, SYS_readlinkat, SYS_faccessat, SYS_faccessat2, SYS_getdents64, SYS_getcwd, SYS_uname, SYS_sysinfo,
                          SYS_prlimit64, SYS_sched_getaffinity, SYS_statx, SYS_getrusage, SYS_tgkill, SYS_fadvise64,
#if defined(__x86_64__)
                          SYS_open, SYS_access, SYS_readlink, SYS_stat, SYS_lstat,
#endif
                          SYS_sigaltstack})
    program.on(call, SECCOMP_RET_ERRNO | EPERM);
  program.otherwise(FENGSUI_SANITIZED ? SECCOMP_RET_ERRNO | EPERM : SECCOMP_RET_KILL_PROCESS);
  const sock_fprog filter = program.finish();
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)
    return base::fail(base::Errc::unavailable, "the kernel does not filter system calls (seccomp)");
  return {};
}

base::Status limit(int resource, std::uint64_t value, const char* name) {
  const rlimit both{value, value};
  if (setrlimit(static_cast<__rlimit_resource>(resource), &both) != 0) return base::fail_errno("setrlimit", name, errno);
  return {};
}

}  // namespace

base::Result<Sandbox> confine(const SandboxOptions& options) {
  const struct {
    int resource;
    std::uint64_t value;
    const char* name;
  } limits[] = {{RLIMIT_CPU, options.max_cpu_seconds, "CPU"}, {RLIMIT_NOFILE, 16, "NOFILE"}, {RLIMIT_FSIZE, 0, "FSIZE"},
                {RLIMIT_NPROC, 0, "NPROC"},                  {RLIMIT_CORE, 0, "CORE"},      {RLIMIT_MEMLOCK, 0, "MEMLOCK"},
                {RLIMIT_AS, options.max_memory, "AS"}};
  for (const auto& one : limits) {
    if (FENGSUI_SANITIZED && one.resource == RLIMIT_AS) continue;
    if (auto ok = limit(one.resource, one.value, one.name); !ok) return std::unexpected(ok.error());
  }
  prctl(PR_SET_DUMPABLE, 0);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return base::fail_errno("prctl", "no_new_privs", errno);
  Sandbox out;
  auto landlock = no_files(options.readable);
  if (!landlock) return std::unexpected(landlock.error());
  out.landlock = *landlock;
  if (auto ok = only_these_calls(out.landlock != 0); !ok) return std::unexpected(ok.error());
  out.seccomp = true;
  return out;
}

}  // namespace fengsui::agent
