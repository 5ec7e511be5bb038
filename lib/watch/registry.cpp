#include "watch/sensors/sensors.h"

namespace fengsui::watch {
namespace {
constexpr SensorKind kKinds[] = {
    {"file_scan", make_file_scan},
    {"file_events", make_file_events},
    {"login_log", make_login_log},
};
}  // namespace

std::span<const SensorKind> sensor_kinds() { return kKinds; }

}  // namespace fengsui::watch
