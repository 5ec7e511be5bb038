#include "agent/extraction/confined.h"

#include <errno.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>

#include "agent/extraction/answers.h"
#include "agent/extraction/protocol.h"
#include "agent/extraction/worker.h"

namespace fengsui::agent {
namespace {

constexpr std::size_t kPiece = 256u << 10;

std::int64_t milliseconds(const timespec& t) { return static_cast<std::int64_t>(t.tv_sec) * 1000 + t.tv_nsec / 1'000'000; }

classify::Missed missed_by(base::Errc code) {
  switch (code) {
    case base::Errc::expired: return classify::Missed::too_slow;
    case base::Errc::malformed: return classify::Missed::child_lied;
    case base::Errc::unavailable: return classify::Missed::no_child;
    default: return classify::Missed::child_died;
  }
}

// Waits until the descriptor is ready; Errc::expired at the deadline.
base::Status wait_for(int fd, short events, std::int64_t deadline) {
  for (;;) {
    const std::int64_t left = deadline - ConfinedExtractor::now_ms();
    if (left <= 0) return base::fail(base::Errc::expired, "the extraction took too long");
    pollfd one{fd, events, 0};
    const int ready = poll(&one, 1, static_cast<int>(left));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return base::fail_errno("poll", "extraction", errno);
  }
}

}  // namespace

std::int64_t ConfinedExtractor::now_ms() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return milliseconds(t);
}

ConfinedExtractor::ConfinedExtractor(ConfinedOptions options) : options_(std::move(options)) {
  if (options_.arguments.empty()) options_.arguments = {kWorkerCommand};
}
ConfinedExtractor::~ConfinedExtractor() { stop(); }

void ConfinedExtractor::stop() {
  socket_.reset();
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  int status = 0;
  rusage usage{};
  while (wait4(pid_, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  const auto ms = [](const timeval& t) { return static_cast<std::int64_t>(t.tv_sec) * 1000 + t.tv_usec / 1000; };
  ended_cpu_ms_ += ms(usage.ru_utime) + ms(usage.ru_stime);
  pid_ = -1;
  served_ = 0;
  worked_ms_ = 0;
  base::Bytes().swap(buffer_);
}

base::Status ConfinedExtractor::start(std::int64_t deadline) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return base::fail(base::Errc::unavailable, "no socket pair");
  base::Fd ours(ends[0]), theirs(ends[1]);
  fcntl(ours.get(), F_SETFL, O_NONBLOCK);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  for (const int fd : {0, 1, 2}) posix_spawn_file_actions_addopen(&files, fd, "/dev/null", fd == 0 ? O_RDONLY : O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&files, theirs.get(), kWorkerSocket);
  posix_spawn_file_actions_addclosefrom_np(&files, kWorkerSocket + 1);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  std::vector<char*> argv = {options_.program.data()};
  for (std::string& argument : options_.arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  char* environment[] = {nullptr};
  const int error = posix_spawn(&pid_, options_.program.c_str(), &files, &attributes, argv.data(), environment);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  if (error != 0) {
    pid_ = -1;
    return base::fail(base::Errc::unavailable, base::fail_errno("posix_spawn", options_.program, error).error().what);
  }
  theirs.reset();
  socket_ = std::move(ours);
  ++children_;
  buffer_.resize(kPiece);
  base::Bytes hello;
  while (hello.size() < kFrameHead + 5) {
    const auto got = receive(deadline);
    if (!got) return base::fail(base::Errc::unavailable, "the extraction child could not be confined");
    base::append(hello, *got);
  }
  base::Reader reader(hello);
  if (reader.u8() != 'H' || reader.u32be() != 5 || reader.u8() != 1 || hello.size() != kFrameHead + 5)
    return base::fail(base::Errc::unavailable, "the extraction child is not confined");
  const std::uint32_t landlock = reader.u32be();
  confinement_ = landlock != 0 ? fmt::format("seccomp, Landlock ABI {}", landlock) : "seccomp only: this kernel has no Landlock";
  return {};
}

base::Status ConfinedExtractor::send(base::View bytes, std::int64_t deadline) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n > 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(n));
      continue;
    }
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno != EAGAIN) return base::fail_errno("send", "extraction", errno);
    if (auto ready = wait_for(socket_.get(), POLLOUT, deadline); !ready) return ready;
  }
  return {};
}

base::Result<base::View> ConfinedExtractor::receive(std::int64_t deadline) {
  for (;;) {
    if (auto ready = wait_for(socket_.get(), POLLIN, deadline); !ready) return std::unexpected(ready.error());
    const ssize_t n = ::recv(socket_.get(), buffer_.data(), buffer_.size(), 0);
    if (n > 0) return base::View(buffer_.data(), static_cast<std::size_t>(n));
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    return base::fail(base::Errc::io, "the extraction child is gone");
  }
}

base::Status ConfinedExtractor::converse(base::View object, const classify::ExamineLimits& limits, Answers& answers, std::int64_t deadline) {
  base::Bytes head = {'O'};
  base::append_u32be(head, kObjectHead);
  base::append_u32be(head, limits.max_depth);
  base::append_u32be(head, limits.max_ratio);
  base::append_u64be(head, limits.max_unpacked);
  base::append_u64be(head, limits.max_container);
  base::append_u64be(head, object.size());
  if (auto sent = send(head, deadline); !sent) return sent;
  if (auto sent = send(object, deadline); !sent) return sent;
  while (!answers.done()) {
    const auto got = receive(deadline);
    if (!got) return std::unexpected(got.error());
    if (auto believed = answers.feed(*got); !believed) return believed;
  }
  return {};
}

void ConfinedExtractor::extract(base::View object, const classify::ExamineLimits& limits, classify::Extracted& out) {
  const std::int64_t started = now_ms(), deadline = started + options_.time_limit_ms;
  ++objects_;
  Answers answers(limits, out);
  base::Status went;
  if (pid_ > 0 && (served_ >= options_.objects_per_child || worked_ms_ >= options_.child_budget_ms)) stop();
  if (pid_ <= 0) went = start(deadline);
  if (went) went = converse(object, limits, answers, deadline);
  last_ = now_ms();
  worked_ms_ += last_ - started;
  ++served_;
  if (went) return;
  const classify::Missed why = missed_by(went.error().code);
  (why == classify::Missed::too_slow ? slow_ : why == classify::Missed::child_lied ? lied_ : why == classify::Missed::no_child ? refused_ : died_)++;
  if (why == classify::Missed::no_child) confinement_ = went.error().what;
  stop();
  answers.give_up(why);
}

bool ConfinedExtractor::try_out() {
  if (pid_ > 0) return true;
  last_ = now_ms();
  const auto started = start(last_ + options_.time_limit_ms);
  if (started) return true;
  confinement_ = started.error().what;
  stop();
  return false;
}

void ConfinedExtractor::rest(std::int64_t now) {
  if (pid_ > 0 && now - last_ >= options_.idle_ms) stop();
}

std::int64_t ConfinedExtractor::cpu_ms() const {
  clockid_t clock;
  timespec t{};
  if (pid_ <= 0 || clock_getcpuclockid(pid_, &clock) != 0 || clock_gettime(clock, &t) != 0) return ended_cpu_ms_;
  return ended_cpu_ms_ + milliseconds(t);
}

std::uint64_t ConfinedExtractor::resident_bytes() const {
  if (pid_ <= 0) return 0;
  const auto text = base::read_file(fmt::format("/proc/{}/statm", pid_), 256);
  if (!text) return 0;
  unsigned long long pages = 0, resident = 0;
  const std::string line(base::text(*text));
  if (std::sscanf(line.c_str(), "%llu %llu", &pages, &resident) != 2) return 0;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

std::vector<base::Sample> ConfinedExtractor::counters() const {
  return {{"agent_extractions_total", {}, objects_},
          {"agent_extraction_children_total", {}, children_},
          {"agent_extractions_failed_total", {{"why", "died"}}, died_},
          {"agent_extractions_failed_total", {{"why", "slow"}}, slow_},
          {"agent_extractions_failed_total", {{"why", "lied"}}, lied_},
          {"agent_extractions_failed_total", {{"why", "unavailable"}}, refused_}};
}

}  // namespace fengsui::agent
