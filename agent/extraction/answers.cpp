#include "agent/extraction/answers.h"

#include <algorithm>

#include "agent/extraction/protocol.h"

namespace fengsui::agent {
namespace {

constexpr std::uint32_t kMaxMissed = 4 * classify::kMaxMembers;

base::Status lie(const char* what) { return base::fail(base::Errc::malformed, what); }

}  // namespace

base::Status Answers::frame(std::uint8_t kind, base::View payload) {
  base::Reader reader(payload);
  switch (kind) {
    case 'B': {
      const std::uint8_t bond = reader.u8();
      const base::View name = reader.rest();
      if (payload.empty() || bond > static_cast<std::uint8_t>(classify::Bond::part)) return lie("begin: no such bond");
      if (name.size() > classify::kMaxMemberName) return lie("begin: name too long");
      if (++members_ > classify::kMaxMembers) return lie("more members than there may be");
      // A document in a container has at most one level of parts of its own.
      if (++open_ > 2 * limits_.max_depth + 2) return lie("begin: deeper than there may be");
      out_.begin(base::text(name), static_cast<classify::Bond>(bond));
      return {};
    }
    case 'T':
      text_ += payload.size();
      if (text_ > limits_.max_unpacked) return lie("more text than there may be");
      out_.text(payload);
      return {};
    case 'E':
      if (!payload.empty() || open_ == 0) return lie("end without a begin");
      --open_;
      out_.end();
      return {};
    case 'M': {
      const std::uint8_t why = reader.u8(), format = reader.u8();
      if (payload.size() != 2 || why >= static_cast<std::uint8_t>(classify::Missed::too_slow) || format >= classify::kFormatIds.size())
        return lie("missed: no such reason");
      if (++missed_ > kMaxMissed) return lie("more reasons than there may be");
      out_.missed(static_cast<classify::Missed>(why), static_cast<classify::Format>(format));
      return {};
    }
    case 'D':
      if (!payload.empty() || open_ != 0) return lie("done with something open");
      done_ = true;
      return {};
    default: return lie("no such frame");
  }
}

base::Status Answers::feed(base::View bytes) {
  held_.insert(held_.end(), bytes.begin(), bytes.end());
  std::size_t at = 0;
  while (held_.size() - at >= kFrameHead) {
    if (done_) return lie("more after done");
    base::Reader head(base::View(held_).subspan(at));
    const std::uint8_t kind = head.u8();
    const std::uint32_t length = head.u32be();
    if (length > kMaxFrame) return lie("frame too long");
    if (head.remaining() < length) break;
    if (auto ok = frame(kind, head.take(length)); !ok) return ok;
    at += kFrameHead + length;
  }
  held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(at));
  if (done_ && !held_.empty()) return lie("more after done");
  return {};
}

void Answers::give_up(classify::Missed why) {
  for (; open_ > 0; --open_) {
    out_.missed(why, classify::Format::text);
    out_.end();
  }
  out_.missed(why, classify::Format::text);
}

}  // namespace fengsui::agent
