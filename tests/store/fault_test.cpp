// Every write, truncation, sync and deletion that the store makes fails once, for n = 1, 2, …: lost, kept, and as a
// full disk, once or from then on. Two things are looked at each time: a copy of the files as they lie at the moment of
// the failure (the power went out then), and the same store after the disk is well again and the caller has retried.
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <functional>
#include <set>
#include <span>

#include "tests/store/faulty_disk.h"
#include "tests/store/samples.h"

namespace fengsui::store {
namespace {

using namespace testing;

struct Case {
  Fault fault;
  bool from_then_on;
};
constexpr Case kAll[] = {
    {Fault::lost, false}, {Fault::kept, false}, {Fault::full, false}, {Fault::lost, true}, {Fault::full, true}};
constexpr Case kShort[] = {{Fault::lost, false}, {Fault::full, true}};  // for the long walk of making every file

// The files as a power cut would leave them: without the shared-memory index, which is not kept on disk.
void copy_as_after_a_power_cut(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::filesystem::remove_all(to);
  std::filesystem::create_directories(to);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(from)) {
    const auto target = to / std::filesystem::relative(entry.path(), from);
    if (entry.is_directory()) {
      std::filesystem::create_directories(target);
    } else if (!entry.path().string().ends_with("-shm")) {
      std::filesystem::copy_file(entry.path(), target);
    }
  }
}

// Runs `script` once per durable call it makes, each time in a fresh folder, with that call failing.
void with_each_call_failing(
    std::span<const Case> cases,
    const std::function<void(const Case&, std::uint64_t n, FaultyDisk&, bool& reached)>& script) {
  for (const Case& one : cases) {
    bool reached = true;
    std::uint64_t n = 1;
    for (; reached && n < 500 && !::testing::Test::HasFailure(); ++n) {
      FaultyDisk disk;
      SCOPED_TRACE("fault " + std::to_string(static_cast<int>(one.fault)) +
                   (one.from_then_on ? " from call " : " at call ") + std::to_string(n));
      script(one, n, disk, reached);
    }
    EXPECT_GT(n, 3u);    // the script wrote something at all
    EXPECT_LT(n, 500u);  // and came to its end
  }
}

TEST(SpoolFault, WhatWasReportedDurableIsThereOnceWhateverFails) {
  with_each_call_failing(kAll, [](const Case& one, std::uint64_t n, FaultyDisk& disk, bool& reached) {
    Folder folder, copy;
    std::filesystem::create_directory(folder / "s");
    auto spool = Spool::open(folder / "s/spool.db");
    ASSERT_TRUE(spool.has_value());
    ASSERT_TRUE((*spool)->append(records(1, 3), digest(3)).has_value());
    disk.fail_at(n, one.fault, one.from_then_on);
    std::uint64_t durable = 3, attempted = 3, acknowledged = 0, acknowledged_attempt = 0;
    const auto append = [&](std::uint64_t to) {
      attempted = std::max(attempted, to);
      auto done = (*spool)->append(records(durable + 1, to), digest(static_cast<std::uint8_t>(to)));
      if (done) durable = to;
      if (!done && one.fault == Fault::full) {
        EXPECT_EQ(done.error().code, base::Errc::full);
      }
      EXPECT_EQ((*spool)->last_seq(), durable);
    };
    append(5);
    if (durable == 5) append(6);
    acknowledged_attempt = 2;
    if ((*spool)->acknowledge(2)) acknowledged = 2;
    EXPECT_EQ((*spool)->queued(), durable - acknowledged);
    EXPECT_EQ((*spool)->count_lost(4).has_value() || disk.has_failed(), true);
    EXPECT_EQ((*spool)->lost(), 4u);  // known in memory even where the disk does not take it
    reached = disk.has_failed();
    disk.heal();

    copy_as_after_a_power_cut(folder / "s", copy.path());
    {
      auto after = Spool::open(copy / "spool.db");
      ASSERT_TRUE(after.has_value()) << after.error().what;
      EXPECT_GE((*after)->last_seq(), durable);
      EXPECT_LE((*after)->last_seq(), attempted);
      EXPECT_EQ((*after)->last_digest(), digest(static_cast<std::uint8_t>((*after)->last_seq())));
      EXPECT_GE((*after)->acknowledged(), acknowledged);
      EXPECT_LE((*after)->acknowledged(), acknowledged_attempt);
      auto read = (*after)->read(1, 100, 1 << 20);
      ASSERT_TRUE(read.has_value());
      ASSERT_EQ(read->size(), (*after)->last_seq() - (*after)->acknowledged());
      for (std::size_t i = 0; i < read->size(); ++i) EXPECT_EQ((*read)[i].seq, (*after)->acknowledged() + 1 + i);
    }
    // The disk is well again: the caller does again what failed, and all is as if nothing had been.
    if (durable < 6) append(6);
    ASSERT_TRUE((*spool)->acknowledge(2).has_value());
    ASSERT_TRUE((*spool)->count_lost(0).has_value());
    ASSERT_EQ(durable, 6u);
    spool->reset();
    auto again = Spool::open(folder / "s/spool.db");
    ASSERT_TRUE(again.has_value());
    EXPECT_EQ((*again)->last_seq(), 6u);
    EXPECT_EQ((*again)->queued(), 4u);
    EXPECT_EQ((*again)->lost(), 4u);
    again->reset();
  });
}

TEST(SpoolFault, ASpoolThatCouldNotBeMadeLeavesNothingInItsPlace) {
  with_each_call_failing(kAll, [](const Case& one, std::uint64_t n, FaultyDisk& disk, bool& reached) {
    Folder folder;
    disk.fail_at(n, one.fault, one.from_then_on);
    auto spool = Spool::open(folder / "spool.db");
    if (spool) spool->reset();
    reached = disk.has_failed();
    disk.heal();
    auto again = Spool::open(folder / "spool.db");
    ASSERT_TRUE(again.has_value()) << again.error().what;
    ASSERT_TRUE((*again)->append(records(1, 1), digest(1)).has_value());
    again->reset();
  });
}

const base::Day kDay{2026, 11, 24};

// What must hold of a log at any instant: no leaf twice, every finding leaf with its detail, no detail without a leaf,
// counts equal to rows, the root equal to that of the leaves.
void expect_sound(const UnitLog& log) {
  auto entries = log.entries(0, log.size());
  ASSERT_TRUE(entries.has_value());
  ASSERT_EQ(entries->size(), log.size());
  std::set<std::pair<std::string, std::uint64_t>> seen;
  std::uint64_t finds = 0;
  for (std::size_t i = 0; i < entries->size(); ++i) {
    const Entry& entry = (*entries)[i];
    EXPECT_EQ(entry.index, i);
    EXPECT_TRUE(seen.emplace(entry.agent, entry.seq).second) << entry.agent << " " << entry.seq;
    if (entry.kind != "find") continue;
    ++finds;
    auto detail = log.finding(i);
    ASSERT_TRUE(detail.has_value() && detail->has_value()) << "leaf " << i;
    EXPECT_EQ((*detail)->seq, entry.seq);
    EXPECT_EQ((*detail)->detail, "{\"seq\":" + std::to_string(entry.seq) + "}");
  }
  auto listed = log.findings(kDay, {.limit = 10'000});
  ASSERT_TRUE(listed.has_value());
  EXPECT_EQ(listed->size(), finds);
  std::uint64_t counted = 0;
  auto rollup = log.rollup(kDay);
  ASSERT_TRUE(rollup.has_value());
  for (const auto& line : *rollup) counted += line.count;
  EXPECT_EQ(counted, finds);
  EXPECT_EQ(log.root(), *log.root_at(log.size()));
}

// With a leaf of an agent and kind that the log did not know before.
std::vector<NewEntry> mixed(std::uint64_t from, std::uint64_t to) {
  std::vector<NewEntry> out;
  if (to > 4) out.push_back(leaf("u/new", 1, "rare"));
  for (std::uint64_t seq = from; seq <= to; ++seq) out.push_back(seq % 3 == 0 ? leaf("u/a", seq) : finding("u/a", seq));
  return out;
}

TEST(LedgerFault, WhatWasReportedDurableIsThereOnceWithItsDetailWhateverFails) {
  with_each_call_failing(kAll, [](const Case& one, std::uint64_t n, FaultyDisk& disk, bool& reached) {
    Folder folder, copy;
    auto ledger = Ledger::open(folder / "l");
    ASSERT_TRUE(ledger.has_value());
    auto opened = (*ledger)->unit("u", 2026);
    ASSERT_TRUE(opened.has_value());
    UnitLog& log = **opened;
    ASSERT_TRUE(log.append(mixed(1, 4)).has_value());
    ASSERT_TRUE(log.put_checkpoint(0, {log.size(), log.root(), "first"}).has_value());
    disk.fail_at(n, one.fault, one.from_then_on);
    std::uint64_t durable = 4;
    auto done = log.append(mixed(5, 9));
    if (done) durable = 10;
    if (!done && one.fault == Fault::full) {
      EXPECT_EQ(done.error().code, base::Errc::full);
    }
    EXPECT_EQ(log.size(), durable);
    const bool signed_again = log.put_checkpoint(4, {log.size(), log.root(), "second"}).has_value();
    reached = disk.has_failed();
    disk.heal();
    expect_sound(log);

    copy_as_after_a_power_cut(folder / "l", copy.path());
    {
      auto after = Ledger::open(copy.path());
      ASSERT_TRUE(after.has_value()) << after.error().what;
      auto unit = (*after)->unit("u", 2026);
      ASSERT_TRUE(unit.has_value()) << unit.error().what;
      EXPECT_GE((*unit)->size(), durable);
      EXPECT_TRUE((*unit)->size() == 4 || (*unit)->size() == 10);
      if (signed_again) {
        EXPECT_EQ((*unit)->checkpoint()->note, "second");
      }
      expect_sound(**unit);
      // The agent sends everything again, together with what is new: each is there once.
      ASSERT_TRUE((*unit)->append(mixed(1, 12)).has_value());
      EXPECT_EQ((*unit)->size(), 13u);
      expect_sound(**unit);
    }
    // And so it is where the process lived on. Other records come first now: the indices of the failed batch go to
    // them.
    ASSERT_TRUE(log.append({finding("u/b", 1), leaf("u/b", 2)}).has_value());
    ASSERT_TRUE(log.append(mixed(1, 12)).has_value());
    EXPECT_EQ(log.size(), 15u);
    EXPECT_EQ(log.last_seq("u/b"), 2u);
    EXPECT_EQ((*log.last_entry("u/new"))->kind, "rare");
    const std::uint64_t expected = log.checkpoint()->size;
    ASSERT_TRUE(log.put_checkpoint(expected, {log.size(), log.root(), "third"}).has_value());
    EXPECT_EQ(log.rollup(kDay)->front().count, 9u);
    ledger->reset();
    auto again = Ledger::open(folder / "l");
    ASSERT_TRUE(again.has_value());
    auto unit = (*again)->unit("u", 2026);
    ASSERT_TRUE(unit.has_value()) << unit.error().what;
    EXPECT_EQ((*unit)->size(), 15u);
    EXPECT_EQ((*unit)->checkpoint()->note, "third");
    again->reset();
  });
}

TEST(LedgerFault, FoldersThatCouldNotBeMadeCanBeMadeLater) {
  with_each_call_failing(kShort, [](const Case& one, std::uint64_t n, FaultyDisk& disk, bool& reached) {
    Folder folder;
    disk.fail_at(n, one.fault, one.from_then_on);
    if (auto ledger = Ledger::open(folder / "l")) {
      if (auto unit = (*ledger)->unit("u", 2026)) static_cast<void>((*unit)->append(mixed(1, 3)));
      static_cast<void>((*ledger)->control().insert("token", "t", "{}"));
    }
    reached = disk.has_failed();
    disk.heal();
    auto ledger = Ledger::open(folder / "l");
    ASSERT_TRUE(ledger.has_value()) << ledger.error().what;
    auto unit = (*ledger)->unit("u", 2026);
    ASSERT_TRUE(unit.has_value()) << unit.error().what;
    ASSERT_TRUE((*unit)->append(mixed(1, 3)).has_value());
    EXPECT_EQ((*unit)->size(), 3u);
    ledger->reset();
  });
}

TEST(ControlFault, OneTimeKeyIsTakenOnceWhateverFails) {
  with_each_call_failing(kAll, [](const Case& one, std::uint64_t n, FaultyDisk& disk, bool& reached) {
    Folder folder, copy;
    auto ledger = Ledger::open(folder / "l");
    ASSERT_TRUE(ledger.has_value());
    ASSERT_TRUE((*ledger)->control().put("agent", "a", "old").has_value());
    disk.fail_at(n, one.fault, one.from_then_on);
    const bool taken = (*ledger)->control().insert("token", "t", "{}").has_value();
    const bool swapped = (*ledger)->control().swap("agent", "a", "old", "new").has_value();
    reached = disk.has_failed();
    disk.heal();
    copy_as_after_a_power_cut(folder / "l", copy.path());
    auto after = Ledger::open(copy.path());
    ASSERT_TRUE(after.has_value());
    if (taken) {
      EXPECT_EQ((*after)->control().insert("token", "t", "{}").error().code, base::Errc::exists);
    }
    const std::string value = **(*after)->control().get("agent", "a");
    EXPECT_TRUE(value == "new" || (!swapped && value == "old"));
    after->reset();
    ledger->reset();
  });
}

// A real full disk rather than a simulated one, where this user may mount one.
TEST(SpoolFault, FullDiskIsFullAndAllThatWasAcceptedStays) {
  Folder folder;
  const auto small = folder / "small";
  std::filesystem::create_directory(small);
  if (::mount("tmpfs", small.c_str(), "tmpfs", 0, "size=600k") != 0)
    GTEST_SKIP() << "mounting a small tmpfs at " << small
                 << " is not permitted; the simulated full disk above covers it";
  std::uint64_t durable = 0;
  {
    auto spool = Spool::open(small / "spool.db");
    ASSERT_TRUE(spool.has_value()) << spool.error().what;
    base::Status last;
    while (durable < 10'000 && (last = (*spool)->append(records(durable + 1, durable + 1, 2000), digest(1)))) ++durable;
    ASSERT_FALSE(last.has_value());
    EXPECT_EQ(last.error().code, base::Errc::full) << last.error().what;
    EXPECT_GT(durable, 10u);
    EXPECT_EQ((*spool)->last_seq(), durable);
    static_cast<void>((*spool)->count_lost(1));
    EXPECT_EQ((*spool)->lost(), 1u);
    auto read = (*spool)->read(1, 100'000, 1u << 30);
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->size(), durable);
  }
  {
    auto spool = Spool::open(small / "spool.db");
    ASSERT_TRUE(spool.has_value()) << spool.error().what;
    EXPECT_EQ((*spool)->last_seq(), durable);
    EXPECT_EQ((*spool)->queued(), durable);
  }
  EXPECT_EQ(::umount(small.c_str()), 0);
}

}  // namespace
}  // namespace fengsui::store
