// A sink that checks what every producer promises and keeps nothing.
#pragma once

#include <unordered_map>

#include "model/sink.h"

namespace fengsui::fuzz {

class CheckedSink final : public model::Sink {
 public:
  void on_activity(model::Activity&& activity) override {
    FENGSUI_ASSERT(activity.class_uid != 0);
    bytes_ += activity.fields.size();
  }
  void on_content(const model::Content& content) override {
    auto [at, fresh] = next_.try_emplace(content.id(), 0);
    FENGSUI_ASSERT(fresh ? true : content.offset() >= at->second);
    FENGSUI_ASSERT(content.from() != nullptr);
    at->second = content.offset() + content.bytes().size();
    for (const std::uint8_t b : content.bytes()) bytes_ += b;
    if (content.last()) next_.erase(at);
  }
  void on_flow(const model::Flow& flow) override {
    FENGSUI_ASSERT(!flow.end.empty());
    bytes_ += flow.sent.bytes;
  }
  // Every content that began has ended.
  void expect_all_ended() const { FENGSUI_ASSERT(next_.empty()); }

 private:
  std::unordered_map<std::uint64_t, std::uint64_t> next_;
  std::uint64_t bytes_ = 0;
};

}  // namespace fengsui::fuzz
