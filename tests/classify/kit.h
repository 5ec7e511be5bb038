// What the tests of this room share: the engine over the repository's own rules, and short ways to ask it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "classify/examination.h"

namespace fengsui::classify::test {

inline std::shared_ptr<const Engine> engine() {
  static const auto loaded = Engine::load(FENGSUI_SOURCE_DIR "/rules");
  if (!loaded) throw std::runtime_error(loaded.error().what);
  return *loaded;
}

// "type state text" of each detection, one a line.
inline std::string seen(std::string_view text) {
  std::string out;
  for (const auto& d : engine()->detect(base::view(text)))
    out += std::string(d.type) + " " + std::string(model::id(d.state)) + " " + std::string(text.substr(d.offset, d.length)) + "\n";
  return out;
}

inline std::size_t count(std::string_view text, std::string_view type, model::ValueState state = model::ValueState::clear) {
  std::size_t n = 0;
  for (const auto& d : engine()->detect(base::view(text))) n += d.type == type && d.state == state;
  return n;
}

}  // namespace fengsui::classify::test
