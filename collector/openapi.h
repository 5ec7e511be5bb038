// The contract of the HTTP interface, collector/api/openapi.json, as it was at build time.
#pragma once

#include <string_view>

namespace fengsui::collector {
std::string_view openapi_json();
}  // namespace fengsui::collector
