// Where capture and watch put what they saw; the pipeline implements it.
#pragma once

#include "model/activity.h"
#include "model/content.h"
#include "model/flow.h"

namespace fengsui::model {

// Called synchronously on the thread of the producer. Must not block.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual void on_activity(Activity&& activity) = 0;
  virtual void on_content(const Content& content) = 0;  // pieces of one content arrive in order
  virtual void on_flow(const Flow& flow) = 0;           // when a flow ends
};

}  // namespace fengsui::model
