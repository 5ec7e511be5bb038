// Event: what a rule is matched against. Fields are resolved once per event, whatever the number of rules that ask.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/activity.h"
#include "model/finding.h"
#include "policy/scalar.h"

namespace fengsui::policy {

// The OCSF paths that hold what Sigma's taxonomy calls `name` ("CommandLine" → process.cmd_line,
// actor.process.cmd_line); empty when the name is no alias.
std::span<const std::string_view> ocsf_names(std::string_view name);

// All field names that the loaded rules ask for, numbered. Filled at load, immutable after.
class FieldTable {
 public:
  struct Entry {
    std::string name;
    std::vector<std::string> candidates;  // the name itself, then its OCSF names; the first that the event has is used
  };
  std::uint32_t slot(const std::string& name);
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  std::vector<Entry> entries_;
  std::unordered_map<std::string, std::uint32_t> by_name_;
};

// Something with named values.
class EventSource {
 public:
  virtual ~EventSource() = default;
  virtual void fetch(const std::string& name, Values& out) const = 0;
  virtual void fetch_all(Values& out) const = 0;  // every value, for keywords
};

class ActivityEvent final : public EventSource {
 public:
  explicit ActivityEvent(const model::Activity& activity) : activity_(activity) {}
  void fetch(const std::string& name, Values& out) const override;
  void fetch_all(Values& out) const override;

 private:
  const model::Activity& activity_;
};

class ConclusionEvent final : public EventSource {
 public:
  explicit ConclusionEvent(const model::Conclusion& conclusion) : conclusion_(conclusion) {}
  void fetch(const std::string& name, Values& out) const override;
  void fetch_all(Values& out) const override;

 private:
  const model::Conclusion& conclusion_;
};
std::string_view id(model::ContentKind kind);          // "http_body"
std::string object_of(const model::Provenance& from);  // "a.zip!b.csv"

// The event under evaluation. One thread. The source must outlive the evaluation.
class Event {
 public:
  explicit Event(const FieldTable& table) : table_(table), slots_(table.entries().size()) {}
  void reset(const EventSource& source);
  const Values& values(std::uint32_t slot);
  const Values& all();

 private:
  struct Slot {
    std::uint64_t epoch = 0;
    Values values;
  };
  const FieldTable& table_;
  std::vector<Slot> slots_;
  Slot all_;
  const EventSource* source_ = nullptr;
  std::uint64_t epoch_ = 0;
};

}  // namespace fengsui::policy
