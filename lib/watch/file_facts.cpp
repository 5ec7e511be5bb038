#include "watch/file_facts.h"

#include <pwd.h>

#include <array>
#include <cstdio>

#include "watch/text.h"

namespace fengsui::watch {

bool is_below(std::string_view path, std::string_view folder) {
  while (folder.size() > 1 && folder.ends_with('/')) folder.remove_suffix(1);
  if (folder.empty() || !path.starts_with(folder)) return false;
  return path.size() == folder.size() || folder == "/" || path[folder.size()] == '/';
}

bool is_excluded(std::string_view path, const SensorConfig& config) {
  for (const std::string& folder : config.exclude) {
    if (is_below(path, folder)) return true;
  }
  return false;
}

std::string_view zone_of(std::string_view path, const SensorConfig& config) {
  static constexpr std::array<std::string_view, 4> kWeb = {"/var/www", "/srv/www", "/srv/http",
                                                           "/usr/share/nginx/html"};
  for (const std::string& folder : config.landing) {
    if (is_below(path, folder)) return "landing";
  }
  for (const std::string& folder : config.web_roots) {
    if (is_below(path, folder)) return "web_root";
  }
  if (config.web_roots.empty()) {
    for (const std::string_view folder : kWeb) {
      if (is_below(path, folder)) return "web_root";
    }
  }
  for (const std::string_view folder : {"/tmp", "/var/tmp", "/dev/shm"}) {
    if (is_below(path, folder)) return "tmp";
  }
  for (const std::string_view folder : {"/home", "/root"}) {
    if (is_below(path, folder)) return "home";
  }
  return "";
}

const std::string& FileFacts::account(uid_t uid) {
  const auto at = accounts_.find(uid);
  if (at != accounts_.end()) return at->second;
  if (accounts_.size() >= 1024) accounts_.clear();
  std::array<char, 4096> buffer{};
  struct passwd entry {};
  struct passwd* found = nullptr;
  std::string name;
  if (getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr)
    name = safe_text(found->pw_name, 256);
  return accounts_.emplace(uid, std::move(name)).first->second;
}

model::Fields FileFacts::fields(std::string_view path, const struct stat& st) {
  model::Fields out;
  const std::size_t slash = path.rfind('/');
  const std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
  out.set("file.name", model::Value(safe_text(name)));
  out.set("file.path", model::Value(safe_text(path)));
  out.set("file.size", model::Value(static_cast<std::int64_t>(st.st_size)));
  out.set("file.type_id", model::Value(std::int64_t{S_ISDIR(st.st_mode) ? 2 : 1}));
  out.set("file.modified_time",
          model::Value(static_cast<std::int64_t>(st.st_mtim.tv_sec) * 1000 + st.st_mtim.tv_nsec / 1'000'000));
  out.set("file.owner.uid", model::Value(std::to_string(st.st_uid)));
  if (const std::string& owner = account(st.st_uid); !owner.empty()) out.set("file.owner.name", model::Value(owner));
  std::array<char, 16> mode{};
  std::snprintf(mode.data(), mode.size(), "%04o", static_cast<unsigned>(st.st_mode & 07777));
  out.set("unmapped.fengsui.file_mode", model::Value(std::string(mode.data())));
  out.set("unmapped.fengsui.others_read", model::Value((st.st_mode & S_IROTH) != 0));
  out.set("unmapped.fengsui.zone", model::Value(std::string(zone_of(path, config_))));
  return out;
}

std::shared_ptr<const model::Provenance> FileFacts::provenance(std::string_view sensor, std::string_view path,
                                                               const struct stat& st, base::UnixMs now) {
  auto out = std::make_shared<model::Provenance>();
  out->kind = model::ContentKind::file;
  out->stage = zone_of(path, config_) == "landing" ? model::Stage::collection : model::Stage::storage;
  out->sensor = sensor;
  out->source = {"linux", "file_event", ""};
  out->time = now;
  out->object = safe_text(path);
  out->fields = fields(path, st);
  return out;
}

}  // namespace fengsui::watch
