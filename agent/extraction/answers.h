// The child's answers, read as what they are: bytes of somebody who may have been taken over by the object it reads.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/error.h"
#include "classify/extractor.h"

namespace fengsui::agent {

// Of one object. Holds at most one frame. One thread.
class Answers {
 public:
  Answers(const classify::ExamineLimits& limits, classify::Extracted& out) : limits_(limits), out_(out) {}

  // Passes on what is complete. Errc::malformed or limit when the child broke the protocol or its bounds: nothing more is
  // believed then.
  base::Status feed(base::View bytes);
  bool done() const { return done_; }
  std::uint32_t open() const { return open_; }
  // Ends what is open, and says why the object was not read to its end.
  void give_up(classify::Missed why);

 private:
  base::Status frame(std::uint8_t kind, base::View payload);

  classify::ExamineLimits limits_;
  classify::Extracted& out_;
  base::Bytes held_;
  std::uint64_t text_ = 0;
  std::uint32_t open_ = 0, members_ = 0, missed_ = 0;
  bool done_ = false;
};

}  // namespace fengsui::agent
