#include "store/spool.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "tests/store/samples.h"

namespace fengsui::store {
namespace {

using namespace testing;

std::unique_ptr<Spool> open(const std::filesystem::path& file, const SpoolLimits& limits = {}) {
  auto spool = Spool::open(file, limits);
  EXPECT_TRUE(spool.has_value()) << spool.error().what;
  return spool ? std::move(*spool) : nullptr;
}

TEST(Spool, RecordsComeBackInOrderAndAsTheyWere) {
  Folder folder;
  auto spool = open(folder / "spool.db");
  ASSERT_TRUE(spool->append(records(1, 3), digest(3)).has_value());
  ASSERT_TRUE(spool->append(records(4, 5), digest(5)).has_value());
  auto read = spool->read(2, 100, 1 << 20);
  ASSERT_TRUE(read.has_value());
  ASSERT_EQ(read->size(), 4u);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ((*read)[i].seq, i + 2);
    EXPECT_EQ((*read)[i].note, record(i + 2).note);
    EXPECT_EQ((*read)[i].detail, record(i + 2).detail);
    EXPECT_EQ((*read)[i].salt, record(i + 2).salt);
  }
  EXPECT_EQ(spool->read(1, 2, 1 << 20)->size(), 2u);
}

TEST(Spool, ReadIsBoundedByBytesButAlwaysGivesOne) {
  Folder folder;
  auto spool = open(folder / "spool.db");
  ASSERT_TRUE(spool->append(records(1, 4, 1000), digest(4)).has_value());
  EXPECT_EQ(spool->read(1, 100, 1)->size(), 1u);
  EXPECT_EQ(spool->read(1, 100, 2500)->size(), 2u);
  EXPECT_EQ(spool->read(5, 100, 2500)->size(), 0u);
}

TEST(Spool, AllIsThereAfterReopening) {
  Folder folder;
  {
    auto spool = open(folder / "spool.db");
    ASSERT_TRUE(spool->append(records(1, 10), digest(10)).has_value());
    ASSERT_TRUE(spool->acknowledge(4).has_value());
    ASSERT_TRUE(spool->count_lost(7).has_value());
    ASSERT_TRUE(spool->put("beacon", base::view("b1")).has_value());
    ASSERT_TRUE(spool->put("beacon", base::view("b2")).has_value());
  }
  auto spool = open(folder / "spool.db");
  EXPECT_EQ(spool->last_seq(), 10u);
  EXPECT_EQ(spool->last_digest(), digest(10));
  EXPECT_EQ(spool->acknowledged(), 4u);
  EXPECT_EQ(spool->queued(), 6u);
  EXPECT_EQ(spool->lost(), 7u);
  EXPECT_EQ(base::text(*spool->get("beacon")), "b2");
  EXPECT_EQ(spool->get("absent").error().code, base::Errc::not_found);
  EXPECT_EQ(spool->read(1, 100, 1 << 20)->front().seq, 5u);
}

TEST(Spool, ChainContinuesWhenEverythingWasAcknowledged) {
  Folder folder;
  {
    auto spool = open(folder / "spool.db");
    ASSERT_TRUE(spool->append(records(1, 3), digest(3)).has_value());
    ASSERT_TRUE(spool->acknowledge(3).has_value());
    EXPECT_EQ(spool->queued(), 0u);
    EXPECT_EQ(spool->queued_bytes(), 0u);
  }
  auto spool = open(folder / "spool.db");
  EXPECT_EQ(spool->last_seq(), 3u);
  EXPECT_EQ(spool->last_digest(), digest(3));
  ASSERT_TRUE(spool->append(records(4, 4), digest(4)).has_value());
}

TEST(Spool, SequenceWithAHoleOrARepetitionIsRefused) {
  Folder folder;
  auto spool = open(folder / "spool.db");
  ASSERT_TRUE(spool->append(records(1, 3), digest(3)).has_value());
  EXPECT_EQ(spool->append(records(3, 4), digest(4)).error().code, base::Errc::conflict);
  EXPECT_EQ(spool->append(records(5, 5), digest(5)).error().code, base::Errc::conflict);
  EXPECT_EQ(spool->append({record(4), record(6)}, digest(6)).error().code, base::Errc::conflict);
  EXPECT_EQ(spool->last_seq(), 3u);
  EXPECT_EQ(spool->queued(), 3u);
}

TEST(Spool, BoundIsKeptNothingIsStoredAndRoomComesBackWithAcknowledgements) {
  Folder folder;
  auto spool = open(folder / "spool.db", {.max_bytes = 3000});
  ASSERT_TRUE(spool->append(records(1, 2, 1000), digest(2)).has_value());
  auto refused = spool->append(records(3, 3, 1000), digest(3));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, base::Errc::full);
  EXPECT_EQ(spool->last_seq(), 2u);
  EXPECT_EQ(spool->queued(), 2u);
  ASSERT_TRUE(spool->count_lost(1).has_value());
  EXPECT_EQ(spool->lost(), 1u);
  ASSERT_TRUE(spool->acknowledge(1).has_value());
  EXPECT_TRUE(spool->append(records(3, 3, 1000), digest(3)).has_value());
  EXPECT_EQ(open(folder / "spool.db")->queued_bytes(), spool->queued_bytes());  // counted again from the file
}

TEST(Spool, AcknowledgementsOnlyGoForwardAndNotPastTheEnd) {
  Folder folder;
  auto spool = open(folder / "spool.db");
  ASSERT_TRUE(spool->append(records(1, 5), digest(5)).has_value());
  ASSERT_TRUE(spool->acknowledge(3).has_value());
  ASSERT_TRUE(spool->acknowledge(2).has_value());
  EXPECT_EQ(spool->acknowledged(), 3u);
  EXPECT_EQ(spool->acknowledge(6).error().code, base::Errc::conflict);
  EXPECT_EQ(spool->queued(), 2u);
}

TEST(Spool, FileThatIsNotASpoolIsRefusedAndLeftAsItIs) {
  Folder folder;
  const auto check = [&](const std::filesystem::path& file) {
    const auto before = base::read_file(file, 1 << 20);
    auto spool = Spool::open(file);
    ASSERT_FALSE(spool.has_value());
    EXPECT_EQ(spool.error().code, base::Errc::malformed);
    EXPECT_NE(spool.error().what.find(file.string()), std::string::npos);
    EXPECT_EQ(*base::read_file(file, 1 << 20), *before);
  };
  ASSERT_TRUE(base::write_file_durable(folder / "text", base::view("a text of somebody")).has_value());
  check(folder / "text");
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open((folder / "other.db").c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "CREATE TABLE t(a); INSERT INTO t VALUES(1)", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(other);
  check(folder / "other.db");
  {
    auto ledger = Ledger::open(folder / "ledger");
    ASSERT_TRUE(ledger.has_value());
  }
  check(folder / "ledger/control.db");
  std::filesystem::create_directory(folder / "folder");
  EXPECT_EQ(Spool::open(folder / "folder").error().code, base::Errc::malformed);
  EXPECT_EQ(Spool::open(folder / "missing/spool.db").has_value(), false);
}

TEST(Spool, FilesAreForTheirOwnerAlone) {
  Folder folder;
  auto spool = open(folder / "spool.db");
  ASSERT_TRUE(spool->append(records(1, 1), digest(1)).has_value());
  for (const char* name : {"spool.db", "spool.db-wal", "spool.db-shm"}) {
    struct stat info {};
    ASSERT_EQ(::stat((folder / name).c_str(), &info), 0) << name;
    EXPECT_EQ(info.st_mode & 0777, 0600u) << name;
  }
}

TEST(Spool, SpoolOfANewerVersionIsRefused) {
  Folder folder;
  open(folder / "spool.db").reset();
  sqlite3* raw = nullptr;
  ASSERT_EQ(sqlite3_open((folder / "spool.db").c_str(), &raw), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(raw, "UPDATE schema_version SET version=2", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(raw);
  EXPECT_EQ(Spool::open(folder / "spool.db").error().code, base::Errc::unsupported);
}

TEST(Spool, DamagedSpoolIsAnErrorNotACrash) {
  Folder folder;
  { ASSERT_TRUE(open(folder / "spool.db")->append(records(1, 100, 500), digest(1)).has_value()); }
  auto whole = base::read_file(folder / "spool.db", 1 << 24);
  ASSERT_TRUE(whole.has_value());
  for (std::size_t at = 100; at < whole->size(); at += 397) {
    base::Bytes bad = *whole;
    for (std::size_t i = at; i < std::min(at + 16, bad.size()); ++i) bad[i] = static_cast<std::uint8_t>(bad[i] ^ 0xa5);
    std::filesystem::remove(folder / "bad.db-wal");
    std::filesystem::remove(folder / "bad.db-shm");
    base::Fd file;
    FILE* out = std::fopen((folder / "bad.db").c_str(), "wb");
    ASSERT_NE(out, nullptr);
    ASSERT_EQ(std::fwrite(bad.data(), 1, bad.size(), out), bad.size());
    std::fclose(out);
    auto spool = Spool::open(folder / "bad.db");
    if (!spool) continue;
    static_cast<void>((*spool)->read(1, 1000, 1 << 20));
    static_cast<void>((*spool)->append(records((*spool)->last_seq() + 1, (*spool)->last_seq() + 1), digest(9)));
  }
}

}  // namespace
}  // namespace fengsui::store
