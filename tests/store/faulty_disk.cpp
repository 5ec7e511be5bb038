#include "tests/store/faulty_disk.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cstring>
#include <memory>

namespace fengsui::store::testing {
namespace {

struct Plan {
  std::uint64_t calls = 0, at = 0;
  Fault fault = Fault::lost;
  bool from_then_on = false, failed = false;
};
Plan plan;  // the test's own: SQLite hands its callbacks no context of ours
sqlite3_vfs* real = nullptr;
sqlite3_vfs shim;

struct File {
  sqlite3_file base;
  sqlite3_file* inner;
};
sqlite3_file* inner(sqlite3_file* file) { return reinterpret_cast<File*>(file)->inner; }

template <class Call>
int durable(int io_error, Call call) {
  ++plan.calls;
  const bool fails = plan.at != 0 && (plan.calls == plan.at || (plan.from_then_on && plan.calls > plan.at));
  if (!fails) return call();
  plan.failed = true;
  switch (plan.fault) {
    case Fault::lost:
      return io_error;
    case Fault::kept:
      call();
      return io_error;
    case Fault::full:
      return SQLITE_FULL;
  }
  return io_error;
}

int on_close(sqlite3_file* f) {
  File* file = reinterpret_cast<File*>(f);
  const int code = file->inner->pMethods != nullptr ? file->inner->pMethods->xClose(file->inner) : SQLITE_OK;
  sqlite3_free(file->inner);
  return code;
}
int on_read(sqlite3_file* f, void* p, int n, sqlite3_int64 at) { return inner(f)->pMethods->xRead(inner(f), p, n, at); }
int on_write(sqlite3_file* f, const void* p, int n, sqlite3_int64 at) {
  return durable(SQLITE_IOERR_WRITE, [&] { return inner(f)->pMethods->xWrite(inner(f), p, n, at); });
}
int on_truncate(sqlite3_file* f, sqlite3_int64 size) {
  return durable(SQLITE_IOERR_TRUNCATE, [&] { return inner(f)->pMethods->xTruncate(inner(f), size); });
}
int on_sync(sqlite3_file* f, int flags) {
  return durable(SQLITE_IOERR_FSYNC, [&] { return inner(f)->pMethods->xSync(inner(f), flags); });
}
int on_size(sqlite3_file* f, sqlite3_int64* size) { return inner(f)->pMethods->xFileSize(inner(f), size); }
int on_lock(sqlite3_file* f, int lock) { return inner(f)->pMethods->xLock(inner(f), lock); }
int on_unlock(sqlite3_file* f, int lock) { return inner(f)->pMethods->xUnlock(inner(f), lock); }
int on_check(sqlite3_file* f, int* out) { return inner(f)->pMethods->xCheckReservedLock(inner(f), out); }
int on_control(sqlite3_file* f, int op, void* arg) { return inner(f)->pMethods->xFileControl(inner(f), op, arg); }
int on_sector(sqlite3_file* f) { return inner(f)->pMethods->xSectorSize(inner(f)); }
int on_device(sqlite3_file* f) { return inner(f)->pMethods->xDeviceCharacteristics(inner(f)); }
int on_shm_map(sqlite3_file* f, int page, int size, int extend, void volatile** out) {
  return inner(f)->pMethods->xShmMap(inner(f), page, size, extend, out);
}
int on_shm_lock(sqlite3_file* f, int offset, int n, int flags) {
  return inner(f)->pMethods->xShmLock(inner(f), offset, n, flags);
}
void on_shm_barrier(sqlite3_file* f) { inner(f)->pMethods->xShmBarrier(inner(f)); }
int on_shm_unmap(sqlite3_file* f, int remove) { return inner(f)->pMethods->xShmUnmap(inner(f), remove); }

constexpr sqlite3_io_methods kMethods = {2,         on_close,   on_read,     on_write,       on_truncate,  on_sync,
                                         on_size,   on_lock,    on_unlock,   on_check,       on_control,   on_sector,
                                         on_device, on_shm_map, on_shm_lock, on_shm_barrier, on_shm_unmap, nullptr,
                                         nullptr};

int on_open(sqlite3_vfs*, const char* name, sqlite3_file* f, int flags, int* out) {
  File* file = reinterpret_cast<File*>(f);
  file->inner = static_cast<sqlite3_file*>(sqlite3_malloc(real->szOsFile));
  std::memset(file->inner, 0, static_cast<std::size_t>(real->szOsFile));
  const int code = real->xOpen(real, name, file->inner, flags, out);
  if (code != SQLITE_OK) {
    sqlite3_free(file->inner);
    file->base.pMethods = nullptr;
    return code;
  }
  file->base.pMethods = &kMethods;
  return SQLITE_OK;
}
int on_delete(sqlite3_vfs*, const char* name, int sync) {
  return durable(SQLITE_IOERR_DELETE, [&] { return real->xDelete(real, name, sync); });
}

}  // namespace

FaultyDisk::FaultyDisk() {
  plan = Plan();
  real = sqlite3_vfs_find("unix");
  EXPECT_NE(real, nullptr);
  shim = *real;
  shim.iVersion = 1;
  shim.szOsFile = sizeof(File);
  shim.zName = "faulty";
  shim.pNext = nullptr;
  shim.xOpen = on_open;
  shim.xDelete = on_delete;
  // What else the table holds is the real one's, and is called with the shim: unix keeps nothing of its own in it.
  EXPECT_EQ(sqlite3_vfs_register(&shim, 1), SQLITE_OK);
}

FaultyDisk::~FaultyDisk() {
  sqlite3_vfs_unregister(&shim);
  sqlite3_vfs_register(real, 1);
}

void FaultyDisk::fail_at(std::uint64_t n, Fault fault, bool from_then_on) { plan = {0, n, fault, from_then_on, false}; }
void FaultyDisk::heal() {
  const bool failed = plan.failed;
  plan = Plan();
  plan.failed = failed;
}
bool FaultyDisk::has_failed() const { return plan.failed; }
std::uint64_t FaultyDisk::calls() const { return plan.calls; }

}  // namespace fengsui::store::testing
