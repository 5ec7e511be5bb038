// A child appends and says so on a pipe after each append; it is killed with SIGKILL at many instants. What it said was
// durable must be there, exactly once, and the store must go on.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "base/fd.h"
#include "tests/store/samples.h"

namespace fengsui::store {
namespace {

using namespace testing;

// Runs `work` in a child until it has reported `reports` numbers, then kills it; the last number that arrived.
std::uint64_t last_report_before_kill(int reports,
                                      const std::function<void(const std::function<void(std::uint64_t)>&)>& work) {
  int ends[2];
  EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    work([&](std::uint64_t value) {
      if (::write(ends[1], &value, sizeof value) != sizeof value) ::_exit(3);
    });
    ::_exit(2);
  }
  ::close(ends[1]);
  base::Fd out(ends[0]);
  std::uint64_t value = 0, last = 0;
  for (int i = 0; i < reports && ::read(out.get(), &value, sizeof value) == sizeof value; ++i) last = value;
  EXPECT_EQ(::kill(child, SIGKILL), 0);
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the child ended by itself with " << WEXITSTATUS(status);
  while (::read(out.get(), &value, sizeof value) == sizeof value) last = value;  // said before it died
  return last;
}

TEST(SpoolKill, NothingReportedDurableIsLostOrDoubled) {
  Folder folder;
  std::uint64_t acknowledged_floor = 0;
  for (int round = 1; round <= 40; ++round) {
    const std::uint64_t reported = last_report_before_kill(round % 7, [&](const auto& report) {
      auto spool = Spool::open(folder / "spool.db");
      if (!spool) ::_exit(4);
      for (;;) {
        const std::uint64_t last = (*spool)->last_seq();
        if (!(*spool)->append(records(last + 1, last + 3), digest(static_cast<std::uint8_t>(last + 3)))) ::_exit(5);
        report(last + 3);
        if (last > 30 && !(*spool)->acknowledge(last - 30)) ::_exit(6);
      }
    });
    auto spool = Spool::open(folder / "spool.db");
    ASSERT_TRUE(spool.has_value()) << spool.error().what;
    const std::uint64_t last = (*spool)->last_seq();
    ASSERT_GE(last, reported);
    EXPECT_EQ(last % 3, 0u);  // groups are whole
    if (last > 0) {
      EXPECT_EQ((*spool)->last_digest(), digest(static_cast<std::uint8_t>(last)));
    }
    EXPECT_GE((*spool)->acknowledged(), acknowledged_floor);
    acknowledged_floor = (*spool)->acknowledged();
    auto read = (*spool)->read(1, 1000, 1 << 24);
    ASSERT_TRUE(read.has_value());
    ASSERT_EQ(read->size(), last - (*spool)->acknowledged());
    for (std::size_t i = 0; i < read->size(); ++i) ASSERT_EQ((*read)[i].seq, (*spool)->acknowledged() + 1 + i);
  }
}

TEST(LedgerKill, NothingReportedDurableIsLostOrDoubledAndEveryFindingHasItsDetail) {
  Folder folder;
  const base::Day day{2026, 11, 24};
  for (int round = 1; round <= 40; ++round) {
    const std::uint64_t reported = last_report_before_kill(round % 5, [&](const auto& report) {
      auto ledger = Ledger::open(folder / "l");
      if (!ledger) ::_exit(4);
      auto log = (*ledger)->unit("u", 2026);
      if (!log) ::_exit(5);
      for (;;) {
        // As an agent that did not hear the last answer: the last records once more, then new ones.
        const std::uint64_t last = (*log)->last_seq("u/a");
        std::vector<NewEntry> batch;
        for (std::uint64_t seq = last > 4 ? last - 4 : 1; seq <= last + 5; ++seq) batch.push_back(finding("u/a", seq));
        if (!(*log)->append(batch)) ::_exit(6);
        const std::uint64_t before = (*log)->checkpoint() ? (*log)->checkpoint()->size : 0;
        if (!(*log)->put_checkpoint(before, {(*log)->size(), (*log)->root(), "c"})) ::_exit(7);
        report(last + 5);
      }
    });
    auto ledger = Ledger::open(folder / "l");
    ASSERT_TRUE(ledger.has_value()) << ledger.error().what;
    auto log = (*ledger)->unit("u", 2026);
    ASSERT_TRUE(log.has_value()) << log.error().what;
    const std::uint64_t size = (*log)->size();
    ASSERT_GE((*log)->last_seq("u/a"), reported);
    ASSERT_EQ(size, (*log)->last_seq("u/a"));
    auto entries = (*log)->entries(0, size);
    ASSERT_TRUE(entries.has_value());
    for (std::size_t i = 0; i < entries->size(); ++i) ASSERT_EQ((*entries)[i].seq, i + 1);
    auto findings = (*log)->findings(day, {.limit = 1'000'000});
    ASSERT_TRUE(findings.has_value());
    ASSERT_EQ(findings->size(), size);
    for (std::size_t i = 0; i < findings->size(); ++i) ASSERT_EQ((*findings)[i].seq, i + 1);
    auto rollup = (*log)->rollup(day);
    ASSERT_TRUE(rollup.has_value());
    EXPECT_EQ(rollup->empty() ? 0 : rollup->front().count, size);
    ASSERT_EQ((*log)->root(), *(*log)->root_at(size));
    if (reported > 0) {
      EXPECT_GE((*log)->checkpoint()->size, reported);
    }
  }
}

}  // namespace
}  // namespace fengsui::store
