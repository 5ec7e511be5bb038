// Containers: what libarchive can open, member by member, within limits.
#pragma once

#include <string>

#include "classify/extract/context.h"

namespace fengsui::classify::extract {

// Where the members of a container go.
class Members {
 public:
  virtual ~Members() = default;
  // False: the member is passed over.
  virtual bool begin(const std::string& name) = 0;
  virtual void bytes(base::View bytes) = 0;
  virtual void end() = 0;
  virtual void missed(Missed why) = 0;  // of the member that is open
};

// Walks a container held in memory. Of the container itself the context hears what is wrong; `members` of each member. A
// member that needs a password is begun, missed and ended. False when the walk ended early.
bool walk(Context& context, Format format, base::View container, Members& members);

}  // namespace fengsui::classify::extract
