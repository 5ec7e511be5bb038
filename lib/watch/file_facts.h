// What is known of a file without reading it, as OCSF attributes of a provenance or activity.
#pragma once

#include <sys/stat.h>

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/time.h"
#include "model/content.h"
#include "watch/sensor.h"

namespace fengsui::watch {

// "landing", "web_root", "tmp", "home" or "": where a path lies, most specific meaning first.
std::string_view zone_of(std::string_view path, const SensorConfig& config);
// Whether `path` is `folder` or below it.
bool is_below(std::string_view path, std::string_view folder);
bool is_excluded(std::string_view path, const SensorConfig& config);

// Turns status into fields. Remembers account names, at most 1024. One thread.
class FileFacts {
 public:
  explicit FileFacts(const SensorConfig& config) : config_(config) {}
  // file.name, path, size, type_id, owner.*, modified_time; unmapped.fengsui.file_mode ("0644"), others_read, zone.
  model::Fields fields(std::string_view path, const struct stat& st);
  std::shared_ptr<const model::Provenance> provenance(std::string_view sensor, std::string_view path,
                                                      const struct stat& st, base::UnixMs now);

 private:
  const std::string& account(uid_t uid);

  const SensorConfig& config_;
  std::unordered_map<uid_t, std::string> accounts_;
};

}  // namespace fengsui::watch
