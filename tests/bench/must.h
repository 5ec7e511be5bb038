// A measurement that cannot be made ends the program with its reason.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include "base/error.h"

namespace fengsui::bench {

[[noreturn]] inline void stop(const std::string& what) {
  std::fprintf(stderr, "bench_log: %s\n", what.c_str());
  std::exit(1);
}
template <class T>
T must(base::Result<T> r) {
  if (!r) stop(r.error().what);
  return std::move(*r);
}
inline void must(const base::Status& s) {
  if (!s) stop(s.error().what);
}

}  // namespace fengsui::bench
