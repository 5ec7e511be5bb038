// The sensors of this build; registry.cpp lists them.
#pragma once

#include <memory>

#include "watch/sensor.h"

namespace fengsui::watch {

std::unique_ptr<Sensor> make_file_scan(const SensorConfig& config);
std::unique_ptr<Sensor> make_file_events(const SensorConfig& config);
std::unique_ptr<Sensor> make_login_log(const SensorConfig& config);

}  // namespace fengsui::watch
