// Public vectors that live beside the repository.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "base/fd.h"

namespace fengsui::evidence {

inline std::filesystem::path log_vectors() { return std::filesystem::path(FENGSUI_SHARED_DATA) / "log-vectors"; }
inline std::string slurp(const std::filesystem::path& path) {
  auto bytes = base::read_file(path, 16u << 20);
  if (!bytes) {
    ADD_FAILURE() << bytes.error().what;
    return {};
  }
  return std::string(base::text(*bytes));
}

}  // namespace fengsui::evidence

#define NEEDS_LOG_VECTORS() \
  if (!std::filesystem::exists(::fengsui::evidence::log_vectors())) GTEST_SKIP() << "missing: " << ::fengsui::evidence::log_vectors()
