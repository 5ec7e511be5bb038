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
  // What was made of everything handed over before is durable when this returns. A producer that keeps its position over a
  // restart calls it before it writes that position: else a crash between the two would lose what lies before it.
  virtual void settle() {}
};

}  // namespace fengsui::model
