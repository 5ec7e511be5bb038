// Containers: what libarchive can open, member by member, within limits.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "classify/examination.h"

namespace fengsui::classify {

// What the first bytes (512 are enough) say; "" for anything that is scanned as it is.
std::string_view container_kind(base::View head);
// A format whose text is not where the bytes are: named, and reported as unread ("pdf", "ole2"); "" otherwise.
std::string_view closed_format(base::View head);

// Shared by a content and everything inside it.
struct UnpackBudget {
  std::uint64_t left = 0;  // bytes that may still be unpacked
  std::uint32_t members = 0;
};
inline constexpr std::uint32_t kMaxMembers = 10'000;

struct MemberSink {
  std::function<void(std::string name)> begin;
  std::function<void(base::View)> bytes;
  std::function<void()> end;
};

// Walks a container held in memory. What could not be read is described in `unread`, each beginning with the member's name.
void unpack(base::View container, std::string_view kind, const ExamineLimits& limits, UnpackBudget& budget,
            const MemberSink& sink, std::vector<std::string>& unread);

}  // namespace fengsui::classify
