// A JSON object as an event: keys may be flat with dots or nested; a list matches if any element does.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/time.h"
#include "model/activity.h"
#include "policy/event.h"

namespace fengsui::policy {

// One line {"event":{…},"logsource":{…}}. Owns what it parsed.
class JsonEvent final : public EventSource {
 public:
  // Errc::limit above 1 MiB, Errc::malformed for anything but that shape.
  static base::Result<std::unique_ptr<JsonEvent>> parse(std::string_view line);
  ~JsonEvent() override;
  void fetch(const std::string& name, Values& out) const override;
  void fetch_all(Values& out) const override;
  const model::LogSource& source() const { return source_; }
  bool has_time() const { return has_time_; }
  base::UnixMs time() const { return time_; }
  // Whether the line expects its rule to hit ("expect": true), for rule tests.
  bool expect() const { return expect_; }

 private:
  struct Parsed;
  JsonEvent();
  std::unique_ptr<Parsed> parsed_;
  model::LogSource source_;
  base::UnixMs time_ = 0;
  bool has_time_ = false, expect_ = false;
};

}  // namespace fengsui::policy
