// Data carried in DNS names: how much the questions about one parent domain look like a tunnel.
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/counters.h"
#include "base/time.h"
#include "model/activity.h"

namespace fengsui::policy {

// The domain that somebody registered, by rule of thumb: the last two labels, three below a national second level
// ("gov.cn", "co.uk"). Empty for a name without a dot.
std::string_view parent_domain(std::string_view name);

// One thread. Time is that of the activities.
class DnsTunnel {
 public:
  static constexpr std::size_t kMaxParents = 4096;    // the one not asked for longest is forgotten, counted
  static constexpr std::size_t kMaxNames = 512;       // different names remembered of one parent
  static constexpr std::int64_t kWindowMs = 600'000;
  static constexpr std::uint64_t kMinNames = 20;      // with fewer different names nothing is said
  static constexpr int kTold = 70;                    // from this score on it is told, once a window

  // Marks a query (4003, activity 1): unmapped.fengsui.dns_parent, and when the score reaches kTold
  // .dns_tunnel_score (0–100) with .dns_tunnel_names and .dns_tunnel_bytes of the window so far.
  void mark(model::Activity& activity);

  // What the score is made of; each part is documented at score() in the source.
  struct Parent {
    std::string name;
    base::UnixMs began = 0;
    std::uint64_t queries = 0, bytes = 0, odd_types = 0;
    std::array<std::uint32_t, 64> letters{};  // histogram of the characters before the parent, folded to 6 bits
    std::unordered_set<std::uint64_t> names;
    bool told = false;
  };
  static int score(const Parent& parent);
  std::vector<base::Sample> counters() const;

 private:
  std::list<Parent> parents_;  // most recently asked first
  std::unordered_map<std::string, std::list<Parent>::iterator> parent_of_;
  std::uint64_t forgotten_ = 0, told_ = 0;
};

}  // namespace fengsui::policy
