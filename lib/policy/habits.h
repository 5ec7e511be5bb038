// What is usual: the interfaces that are called, and how much each account reads. New and unusual things are marked on
// the activity, for rules to match.
#pragma once

#include <cstdint>
#include <list>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "base/counters.h"
#include "base/error.h"
#include "base/time.h"
#include "model/activity.h"

namespace fengsui::policy {

// A request path with what names one item taken out: "/person/5109…/orders/17" → "/person/{}/orders/{}".
struct ApiPath {
  std::string shape;
  bool items = false;  // something was taken out
};
// A part is an item when it has a digit and is a number, a UUID, hexadecimal of 8 or more, or has 4 digits or more.
ApiPath api_path(std::string_view path);

struct HabitLimits {
  std::size_t max_interfaces = 8192;      // the one not called for longest is forgotten, counted
  std::size_t max_readers = 8192;         // (account, database, table)
  std::int64_t learning_ms = 7 * 86'400'000LL;  // no interface is new before so much was watched [default]
  std::uint32_t learning_hours = 24;      // active hours of a reader before its baseline is believed [default]
  std::uint64_t min_rows = 1000;          // an hour with fewer rows is never unusual [default]
  std::uint32_t times_mean = 5;           // unusual: above so many times the mean of the active hours [default] …
  std::uint32_t deviations = 4;           // … and above the mean by so many standard deviations [default]
};

// One thread. Time is that of the activities, so a replay gives the same marks.
class Habits {
 public:
  explicit Habits(const HabitLimits& limits = {}) : limits_(limits) {}

  // Marks an HTTP exchange (4002): unmapped.fengsui.api ("GET host /shape"), .api_has_item, .api_new
  // true when a successful answer came from an interface never seen before, after the time of learning.
  // Marks a database statement (6005) with rows: .rows_hour (of this account on this table in this hour), and once an
  // hour .above_baseline true with .baseline_rows and .baseline_hours; .baseline_hours alone says that it still learns.
  void mark(model::Activity& activity);

  struct Interface {
    std::string name;
    base::UnixMs first = 0, last = 0;
    std::uint64_t calls = 0, refused = 0;  // refused: answers of 400 and above
  };
  // The inventory, most recently called first.
  std::vector<Interface> interfaces() const { return {interfaces_.begin(), interfaces_.end()}; }

  // Over a restart. Names of interfaces, no values. Errc::malformed leaves everything as it was.
  base::Bytes save() const;
  base::Status restore(base::View saved);
  std::vector<base::Sample> counters() const;

 private:
  struct Reader {
    std::string key;
    std::int64_t hour = 0;       // since 1970
    std::uint64_t rows = 0;      // in that hour
    bool told = false;           // in that hour
    std::uint32_t hours = 0;     // active ones before it
    double mean = 0, spread = 0; // Welford's running mean and sum of squared differences over them
  };
  void mark_request(model::Activity& activity);
  void mark_rows(model::Activity& activity);
  static void close_hour(Reader& reader);

  HabitLimits limits_;
  base::UnixMs began_ = 0;
  std::list<Interface> interfaces_;  // most recently called first
  std::unordered_map<std::string, std::list<Interface>::iterator> interface_of_;
  std::list<Reader> readers_;
  std::unordered_map<std::string, std::list<Reader>::iterator> reader_of_;
  std::uint64_t forgotten_ = 0;
};

}  // namespace fengsui::policy
