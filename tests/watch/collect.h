// A sink that keeps what it was given, for tests. Contents here are synthetic.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "model/sink.h"

namespace fengsui::watch {

class Collect final : public model::Sink {
 public:
  struct Kept {
    std::shared_ptr<const model::Provenance> from;
    std::string bytes;
    int pieces = 0;
    bool ended = false;
  };
  void on_activity(model::Activity&& activity) override { activities.push_back(std::move(activity)); }
  void on_content(const model::Content& content) override {
    Kept& kept = contents[content.id()];
    kept.from = content.from();
    in_order = in_order && content.offset() == kept.bytes.size() && !kept.ended;
    kept.bytes += base::text(content.bytes());
    kept.ended = content.last();
    ++kept.pieces;
  }
  void on_flow(const model::Flow&) override {}

  const Kept* named(std::string_view name) const {
    for (const auto& [id, kept] : contents) {
      if (kept.from->fields.text("file.name") == name) return &kept;
    }
    return nullptr;
  }

  std::vector<model::Activity> activities;
  std::map<std::uint64_t, Kept> contents;
  bool in_order = true;
};

}  // namespace fengsui::watch
