#include "store/ledger.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "base/encode.h"
#include "tests/store/samples.h"

namespace fengsui::store {
namespace {

using namespace testing;

struct Opened {
  std::unique_ptr<Ledger> ledger;
  UnitLog* log = nullptr;
  explicit Opened(const std::filesystem::path& folder, const std::string& unit = "510903-edu") {
    auto opened = Ledger::open(folder);
    EXPECT_TRUE(opened.has_value()) << opened.error().what;
    ledger = std::move(*opened);
    auto unit_log = ledger->unit(unit, 2026);
    EXPECT_TRUE(unit_log.has_value()) << unit_log.error().what;
    log = unit_log ? *unit_log : nullptr;
  }
  UnitLog* operator->() const { return log; }
};

const base::Day kDay{2026, 11, 24};

std::vector<NewEntry> leaves(const std::string& agent, std::uint64_t from, std::uint64_t to) {
  std::vector<NewEntry> out;
  for (std::uint64_t seq = from; seq <= to; ++seq) out.push_back(leaf(agent, seq));
  return out;
}

// RFC 6962 section 2.1 word for word: MTH of a list, split at the largest power of two below its length.
crypto::Digest mth(const std::vector<base::Bytes>& data, std::size_t from, std::size_t to) {
  if (from == to) return crypto::sha256(base::View());
  if (to - from == 1) return leaf_hash(data[from]);
  std::size_t k = 1;
  while (k * 2 < to - from) k *= 2;
  const crypto::Digest left = mth(data, from, from + k), right = mth(data, from + k, to);
  const std::uint8_t prefix = 1;
  return crypto::sha256({base::View(&prefix, 1), base::View(left), base::View(right)});
}

// The eight leaves and roots of the Certificate Transparency reference implementation's test (merkletree_test).
TEST(UnitLog, RootsAreThoseOfTheReferenceVectors) {
  Folder folder;
  Opened log(folder.path());
  const std::array<const char*, 8> inputs = {
      "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"};
  const std::array<const char*, 9> roots = {"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                                            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                                            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                                            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                                            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                                            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
                                            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
                                            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
                                            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};
  EXPECT_EQ(base::hex(base::View(log->root())), roots[0]);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    NewEntry entry;
    entry.kind = "test";
    entry.leaf = *base::from_hex(inputs[i]);
    entry.leaf_hash = leaf_hash(entry.leaf);
    ASSERT_TRUE(log->append({entry}).has_value());
    EXPECT_EQ(base::hex(base::View(log->root())), roots[i + 1]) << i + 1 << " leaves";
  }
  for (std::size_t n = 0; n <= inputs.size(); ++n) EXPECT_EQ(base::hex(base::View(*log->root_at(n))), roots[n]);
  EXPECT_EQ(log->root_at(9).error().code, base::Errc::not_found);
}

TEST(UnitLog, RootsAndNodesAreThoseOfTheDefinitionForBatchesOfAnySize) {
  Folder folder;
  Opened log(folder.path());
  std::vector<base::Bytes> data;
  std::uint64_t seq = 1;
  for (std::size_t batch : {1, 2, 3, 5, 8, 13, 21, 34, 64}) {
    auto entries = leaves("u/a", seq, seq + batch - 1);
    seq += batch;
    for (const auto& entry : entries) data.push_back(entry.leaf);
    auto appended = log->append(entries);
    ASSERT_TRUE(appended.has_value()) << appended.error().what;
    EXPECT_EQ(appended->appended, batch);
    EXPECT_EQ(log->size(), data.size());
    EXPECT_EQ(log->root(), mth(data, 0, data.size()));
  }
  for (std::size_t n = 0; n <= data.size(); ++n) EXPECT_EQ(*log->root_at(n), mth(data, 0, n)) << n;
  for (unsigned level = 0; level < 8; ++level) {
    const std::size_t width = std::size_t{1} << level;
    for (std::size_t i = 0; (i + 1) * width <= data.size(); ++i)
      EXPECT_EQ(*log->node(level, i), mth(data, i * width, (i + 1) * width));
    EXPECT_EQ(log->node(level, data.size() / width).error().code, base::Errc::not_found)
        << "incomplete subtree of level " << level;
  }
}

TEST(UnitLog, EachAgentAndSeqIsStoredOnce) {
  Folder folder;
  Opened log(folder.path());
  ASSERT_TRUE(log->append(leaves("u/a", 1, 5)).has_value());
  auto again = log->append(leaves("u/a", 3, 8));
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->appended, 3u);
  EXPECT_EQ(again->duplicates, 3u);
  EXPECT_EQ(again->first_index, 5u);
  auto nothing = log->append(leaves("u/a", 1, 8));
  EXPECT_EQ(nothing->appended, 0u);
  EXPECT_EQ(nothing->duplicates, 8u);
  auto twice = log->append({leaf("u/b", 1), leaf("u/b", 1), leaf("u/c", 1)});  // inside one batch
  EXPECT_EQ(twice->appended, 2u);
  EXPECT_EQ(twice->duplicates, 1u);
  EXPECT_EQ(log->size(), 10u);
  EXPECT_EQ(log->last_seq("u/a"), 8u);
  EXPECT_EQ(log->last_seq("u/b"), 1u);
  EXPECT_EQ(log->last_seq("u/none"), 0u);
}

TEST(UnitLog, LeavesWithoutAnAgentAreNeverDuplicates) {
  Folder folder;
  Opened log(folder.path());
  NewEntry seal = leaf("", 0, "seal");
  ASSERT_TRUE(log->append({seal, seal}).has_value());
  auto again = log->append({seal});
  EXPECT_EQ(again->duplicates, 0u);
  EXPECT_EQ(log->size(), 3u);
}

TEST(UnitLog, EntriesComeBackAsTheyWere) {
  Folder folder;
  Opened log(folder.path());
  ASSERT_TRUE(
      log->append({leaf("u/a", 1, "boot"), finding("u/a", 2), leaf("", 0, "seal", kMorning + 1000), leaf("u/a", 3)})
          .has_value());
  auto entries = log->entries(1, 3);
  ASSERT_TRUE(entries.has_value());
  ASSERT_EQ(entries->size(), 2u);
  const NewEntry wanted = finding("u/a", 2);
  EXPECT_EQ((*entries)[0].index, 1u);
  EXPECT_EQ((*entries)[0].agent, "u/a");
  EXPECT_EQ((*entries)[0].seq, 2u);
  EXPECT_EQ((*entries)[0].kind, "find");
  EXPECT_EQ((*entries)[0].rx, wanted.rx);
  EXPECT_EQ((*entries)[0].time, wanted.time);
  EXPECT_EQ((*entries)[0].leaf, wanted.leaf);
  EXPECT_EQ((*entries)[0].leaf_hash, wanted.leaf_hash);
  EXPECT_EQ((*entries)[1].agent, "");
  EXPECT_EQ((*entries)[1].kind, "seal");
  auto last = log->last_entry("u/a");
  ASSERT_TRUE(last.has_value() && last->has_value());
  EXPECT_EQ((*last)->seq, 3u);
  EXPECT_FALSE(log->last_entry("u/none")->has_value());
  auto beats = log->entries_of_kind("hb", kMorning, kMorning + 1);
  ASSERT_EQ(beats->size(), 1u);
  EXPECT_EQ((*beats)[0].index, 3u);
  EXPECT_TRUE(log->entries_of_kind("hb", kMorning + 1, kMorning + 1000)->empty());
  EXPECT_TRUE(log->entries_of_kind("none", 0, kMorning * 2)->empty());
}

TEST(UnitLog, FindingsAndTheirCountsGoToTheDayOfTheRecord) {
  Folder folder;
  Opened log(folder.path());
  constexpr base::UnixMs kMinute = 60'000, kHour = 60 * kMinute;
  const base::UnixMs before_midnight = base::start_of(kDay) - 1;  // 23:59:59.999 of the day before, in Shanghai
  ASSERT_TRUE(
      log->append({finding("u/a", 1, "r.one", 4, before_midnight), finding("u/a", 2, "r.one", 4),
                   finding("u/a", 3, "r.one", 4), finding("u/b", 1, "r.two", 2, kMorning + kHour), leaf("u/a", 4)})
          .has_value());
  auto days = log->days();
  ASSERT_TRUE(days.has_value());
  ASSERT_EQ(days->size(), 2u);
  EXPECT_EQ(base::to_string((*days)[0]), "2026-11-23");
  auto rollup = log->rollup(kDay);
  ASSERT_TRUE(rollup.has_value());
  ASSERT_EQ(rollup->size(), 2u);
  EXPECT_EQ((*rollup)[0].hour, 9);
  EXPECT_EQ((*rollup)[0].rule, "r.one");
  EXPECT_EQ((*rollup)[0].severity, 4);
  EXPECT_EQ((*rollup)[0].stage, 3);
  EXPECT_EQ((*rollup)[0].count, 2u);
  EXPECT_EQ((*rollup)[1].hour, 10);
  EXPECT_EQ((*rollup)[1].count, 1u);
  auto yesterday = log->rollup((*days)[0]);
  ASSERT_EQ(yesterday->size(), 1u);
  EXPECT_EQ((*yesterday)[0].hour, 23);
  auto all = log->findings(kDay, {});
  ASSERT_EQ(all->size(), 3u);
  EXPECT_EQ((*all)[0].index, 1u);
  EXPECT_EQ((*all)[0].detail, "{\"seq\":2}");
  EXPECT_EQ((*all)[0].salt, finding("u/a", 2).salt);
  EXPECT_EQ((*all)[0].rx, kMorning + 5);
  EXPECT_EQ(log->findings(kDay, {.rule = "r.two"})->size(), 1u);
  EXPECT_EQ(log->findings(kDay, {.agent = "u/a"})->size(), 2u);
  EXPECT_EQ(log->findings(kDay, {.min_severity = 3})->size(), 2u);
  EXPECT_EQ(log->findings(kDay, {.stage = 4})->size(), 0u);
  EXPECT_EQ(log->findings({2026, 1, 1}, {})->size(), 0u);
  EXPECT_TRUE(log->rollup({2026, 1, 1})->empty());
  auto one = log->finding(3);
  ASSERT_TRUE(one.has_value() && one->has_value());
  EXPECT_EQ((*one)->rule, "r.two");
  EXPECT_FALSE(log->finding(4)->has_value());  // a heartbeat
  EXPECT_FALSE(log->finding(99)->has_value());
}

TEST(UnitLog, PagesOfFindingsCoverAllOfThemOnce) {
  Folder folder;
  Opened log(folder.path());
  std::vector<NewEntry> batch;
  for (std::uint64_t seq = 1; seq <= 25; ++seq) batch.push_back(seq % 2 ? finding("u/a", seq) : leaf("u/a", seq));
  ASSERT_TRUE(log->append(batch).has_value());
  std::vector<std::uint64_t> seen;
  FindingQuery query{.limit = 4};
  for (;;) {
    auto page = log->findings(kDay, query);
    ASSERT_TRUE(page.has_value());
    if (page->empty()) break;
    for (const auto& finding : *page) seen.push_back(finding.index);
    query.from_start = false;
    query.after_index = seen.back();
  }
  ASSERT_EQ(seen.size(), 13u);
  for (std::size_t i = 0; i < seen.size(); ++i) EXPECT_EQ(seen[i], i * 2);
}

TEST(UnitLog, EntriesThatCannotBeStoredAreNamedAndNothingOfTheirBatchIs) {
  Folder folder;
  Opened log(folder.path());
  const auto refused = [&](NewEntry bad) {
    auto result = log->append({leaf("u/a", 1), std::move(bad)});
    EXPECT_EQ(log->size(), 0u);
    return result.error().code;
  };
  NewEntry large = leaf("u/a", 2);
  large.leaf.resize(65536);
  large.leaf_hash = leaf_hash(large.leaf);
  EXPECT_EQ(refused(large), base::Errc::limit);
  NewEntry other = leaf("u/a", 2);
  other.leaf.push_back('x');
  EXPECT_EQ(refused(other), base::Errc::mismatch);
  NewEntry no_seq = leaf("u/a", 0);
  EXPECT_EQ(refused(no_seq), base::Errc::usage);
  NewEntry severe = finding("u/a", 2);
  severe.severity = 6;
  EXPECT_EQ(refused(severe), base::Errc::usage);
  NewEntry largest = leaf("u/a", 2);
  largest.leaf.resize(65535);
  largest.leaf_hash = leaf_hash(largest.leaf);
  EXPECT_TRUE(log->append({largest}).has_value());
}

Checkpoint checkpoint_of(const UnitLog& log, const std::string& note) { return {log.size(), log.root(), note}; }

TEST(UnitLog, CheckpointIsComparedAndSwapped) {
  Folder folder;
  Opened log(folder.path());
  EXPECT_FALSE(log->checkpoint().has_value());
  ASSERT_TRUE(log->append(leaves("u/a", 1, 3)).has_value());
  const Checkpoint three = checkpoint_of(*log.log, "three");
  EXPECT_EQ(log->put_checkpoint(1, three).error().code, base::Errc::conflict);
  ASSERT_TRUE(log->put_checkpoint(0, three).has_value());
  EXPECT_EQ(log->put_checkpoint(0, three).error().code, base::Errc::conflict);
  ASSERT_TRUE(log->append(leaves("u/a", 4, 4)).has_value());
  EXPECT_EQ(log->put_checkpoint(3, {4, three.root, "wrong root"}).error().code, base::Errc::mismatch);
  EXPECT_EQ(log->put_checkpoint(3, {5, three.root, "too large"}).error().code, base::Errc::not_found);
  EXPECT_EQ(log->put_checkpoint(3, {2, *log->root_at(2), "smaller"}).error().code, base::Errc::conflict);
  ASSERT_TRUE(log->put_checkpoint(3, checkpoint_of(*log.log, "four")).has_value());
  ASSERT_TRUE(log->put_checkpoint(4, checkpoint_of(*log.log, "four, with a witness")).has_value());
  EXPECT_EQ(log->checkpoint()->note, "four, with a witness");
  auto kept = log->checkpoints();
  ASSERT_EQ(kept->size(), 3u);
  EXPECT_EQ((*kept)[0].note, "three");
  EXPECT_EQ((*kept)[0].root, three.root);
}

TEST(UnitLog, EverythingIsThereAfterReopening) {
  Folder folder;
  crypto::Digest root;
  {
    Opened log(folder.path());
    ASSERT_TRUE(log->append({leaf("u/a", 1), finding("u/a", 2), finding("u/b", 1)}).has_value());
    ASSERT_TRUE(log->put_checkpoint(0, checkpoint_of(*log.log, "note")).has_value());
    root = log->root();
  }
  Opened log(folder.path());
  EXPECT_EQ(log->size(), 3u);
  EXPECT_EQ(log->root(), root);
  EXPECT_EQ(log->checkpoint()->note, "note");
  EXPECT_EQ(log->findings(kDay, {})->size(), 2u);
  EXPECT_EQ(log->last_seq("u/a"), 2u);
  auto units = log.ledger->units();
  ASSERT_EQ(units->size(), 1u);
  EXPECT_EQ((*units)[0], (std::pair<std::string, int>("510903-edu", 2026)));
  ASSERT_TRUE(log->append({leaf("u/a", 3)}).has_value());
}

TEST(UnitLog, AnotherInstanceReadsWhatTheWriterCommitted) {
  Folder folder;
  Opened writer(folder.path()), reader(folder.path());
  for (std::uint64_t seq = 1; seq <= 20; ++seq) {
    ASSERT_TRUE(writer->append({finding("u/a", seq)}).has_value());
    EXPECT_EQ(reader->size(), seq);
    EXPECT_EQ(reader->root(), writer->root());
    EXPECT_EQ(reader->findings(kDay, {})->size(), seq);
  }
  // Both may even write: the lock is taken before the indices are.
  ASSERT_TRUE(reader->append({finding("u/b", 1)}).has_value());
  ASSERT_TRUE(writer->append({finding("u/a", 21), finding("u/b", 1)}).has_value());
  EXPECT_EQ(writer->size(), 22u);
  EXPECT_EQ(writer->rollup(kDay)->front().count, 22u);
}

TEST(UnitLog, OlderCopyThatWasPutBackIsRefused) {
  Folder folder;
  const std::filesystem::path unit = folder / "units/510903-edu/2026";
  {
    Opened log(folder.path());
    ASSERT_TRUE(log->append(leaves("u/a", 1, 3)).has_value());
    ASSERT_TRUE(log->put_checkpoint(0, checkpoint_of(*log.log, "three")).has_value());
  }
  std::filesystem::copy(unit, folder / "copy", std::filesystem::copy_options::recursive);
  {
    Opened log(folder.path());
    ASSERT_TRUE(log->append(leaves("u/a", 4, 5)).has_value());
    ASSERT_TRUE(log->put_checkpoint(3, checkpoint_of(*log.log, "five")).has_value());
  }
  std::filesystem::remove_all(unit);
  std::filesystem::copy(folder / "copy", unit, std::filesystem::copy_options::recursive);
  auto ledger = Ledger::open(folder.path());
  ASSERT_TRUE(ledger.has_value());
  auto log = (*ledger)->unit("510903-edu", 2026);
  ASSERT_FALSE(log.has_value());
  EXPECT_EQ(log.error().code, base::Errc::mismatch);
  std::filesystem::remove_all(unit);  // and so is no copy at all
  EXPECT_EQ((*ledger)->unit("510903-edu", 2026).error().code, base::Errc::mismatch);
}

TEST(UnitLog, LeavesCutOffOrAlteredBehindTheCheckpointAreRefused) {
  for (const char* damage : {"DELETE FROM entries WHERE idx=2", "UPDATE entries SET hash=zeroblob(32) WHERE idx=2"}) {
    Folder folder;
    {
      Opened log(folder.path());
      ASSERT_TRUE(log->append(leaves("u/a", 1, 3)).has_value());
      ASSERT_TRUE(log->put_checkpoint(0, checkpoint_of(*log.log, "three")).has_value());
    }
    sqlite3* raw = nullptr;
    ASSERT_EQ(sqlite3_open((folder / "units/510903-edu/2026/log.db").c_str(), &raw), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(raw, damage, nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(raw);
    auto ledger = Ledger::open(folder.path());
    EXPECT_EQ((*ledger)->unit("510903-edu", 2026).error().code, base::Errc::mismatch) << damage;
  }
}

TEST(UnitLog, DayFileThatIsGoneOrCutIsNeverAQuietDay) {
  for (const char* damage :
       {"", "DELETE FROM findings WHERE idx=1", "DELETE FROM rollup", "DELETE FROM findings; DELETE FROM rollup"}) {
    Folder folder;
    const auto file = folder / ("units/510903-edu/2026/days/" + base::to_string(kDay) + ".db");
    {
      Opened log(folder.path());
      ASSERT_TRUE(
          log->append({finding("u/a", 1, "r.one", 4), finding("u/a", 2, "r.one", 4), leaf("u/a", 3)}).has_value());
    }
    if (*damage == '\0') {
      std::filesystem::remove(file);
    } else {
      sqlite3* raw = nullptr;
      ASSERT_EQ(sqlite3_open(file.c_str(), &raw), SQLITE_OK);
      ASSERT_EQ(sqlite3_exec(raw, damage, nullptr, nullptr, nullptr), SQLITE_OK);
      sqlite3_close(raw);
    }
    Opened log(folder.path());
    auto counts = log->rollup(kDay);
    ASSERT_FALSE(counts.has_value()) << damage;
    EXPECT_EQ(counts.error().code, base::Errc::mismatch);
    EXPECT_NE(counts.error().what.find(base::to_string(kDay) + ".db"), std::string::npos) << counts.error().what;
    if (std::string_view(damage) == "DELETE FROM rollup") continue;
    EXPECT_FALSE(log->findings(kDay, {}).has_value()) << damage;
    EXPECT_FALSE(log->finding(1).has_value()) << damage;
    EXPECT_TRUE(log->rollup({2026, 1, 1})->empty());
  }
}

TEST(Ledger, NamesThatAreNotFolderNamesAreRefused) {
  Folder folder;
  auto ledger = Ledger::open(folder.path());
  for (const char* name : {"", ".", "..", "../x", "a/b", "单位", ".hidden", "a b"})
    EXPECT_EQ((*ledger)->unit(name, 2026).error().code, base::Errc::usage) << name;
  EXPECT_EQ((*ledger)->unit("a", 0).error().code, base::Errc::usage);
  EXPECT_TRUE((*ledger)->unit("510903-edu", 2026).has_value());
  EXPECT_EQ(*(*ledger)->unit("510903-edu", 2026), *(*ledger)->unit("510903-edu", 2026));
}

TEST(Control, DocumentsAreKeptByTableAndKey) {
  Folder folder;
  {
    Opened log(folder.path());
    Control& control = log.ledger->control();
    ASSERT_TRUE(control.put("agent", "b", "{\"n\":1}").has_value());
    ASSERT_TRUE(control.put("agent", "a", "{}").has_value());
    ASSERT_TRUE(control.put("agent", "b", "{\"n\":2}").has_value());
    ASSERT_TRUE(control.put("token", "b", "{\"t\":1}").has_value());
  }
  Opened log(folder.path());
  Control& control = log.ledger->control();
  EXPECT_EQ(**control.get("agent", "b"), "{\"n\":2}");
  EXPECT_FALSE(control.get("agent", "c")->has_value());
  auto all = control.list("agent");
  ASSERT_EQ(all->size(), 2u);
  EXPECT_EQ((*all)[0].first, "a");
}

TEST(Control, OneTimeKeysAreTakenOnceAndSwapsNeedTheOldValue) {
  Folder folder;
  Opened log(folder.path());
  Control& control = log.ledger->control();
  ASSERT_TRUE(control.insert("token", "t1", "used").has_value());
  EXPECT_EQ(control.insert("token", "t1", "again").error().code, base::Errc::exists);
  EXPECT_EQ(control.swap("token", "t1", "other", "x").error().code, base::Errc::conflict);
  EXPECT_EQ(control.swap("token", "t2", "", "x").error().code, base::Errc::conflict);
  ASSERT_TRUE(control.swap("token", "t1", "used", "spent").has_value());
  EXPECT_EQ(**control.get("token", "t1"), "spent");
}

}  // namespace
}  // namespace fengsui::store
