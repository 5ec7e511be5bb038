// Texts with the expected values in braces, and how well a detector finds exactly those.
#pragma once

#include <cstdio>
#include <fstream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "classify/kit.h"

namespace fengsui::classify::test {

struct MarkedText {
  std::string text;
  std::set<std::pair<std::size_t, std::size_t>> values;  // bytes from, to
};

inline std::vector<MarkedText> marked_texts(const std::string& name) {
  std::vector<MarkedText> out;
  std::ifstream file(FENGSUI_SOURCE_DIR "/tests/classify/texts/" + name);
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    MarkedText one;
    std::size_t start = 0;
    for (const char c : line) {
      if (c == '{') start = one.text.size();
      else if (c == '}') one.values.insert({start, one.text.size()});
      else one.text.push_back(c);
    }
    out.push_back(std::move(one));
  }
  return out;
}

struct Score {
  std::size_t right = 0, wrong = 0, missed = 0;
  std::string mistakes;
  double f1() const { return 2.0 * static_cast<double>(right) / static_cast<double>(2 * right + wrong + missed); }
};

// A value counts when it is clear and has exactly the expected bytes.
inline Score score(const std::vector<MarkedText>& texts, std::string_view type) {
  Score out;
  for (const MarkedText& t : texts) {
    std::set<std::pair<std::size_t, std::size_t>> found;
    for (const auto& d : engine()->detect(base::view(t.text)))
      if (d.type == type && d.state == model::ValueState::clear) found.insert({d.offset, d.offset + d.length});
    for (const auto& [from, to] : found) {
      if (t.values.contains({from, to})) ++out.right;
      else ++out.wrong, out.mistakes += "false  " + t.text.substr(from, to - from) + "  in  " + t.text + "\n";
    }
    for (const auto& [from, to] : t.values)
      if (!found.contains({from, to})) ++out.missed, out.mistakes += "missed " + t.text.substr(from, to - from) + "  in  " + t.text + "\n";
  }
  return out;
}

inline void print(std::string_view what, const Score& s) {
  std::printf("%.*s: right %zu, wrong %zu, missed %zu, F1 %.4f\n%s", static_cast<int>(what.size()), what.data(), s.right, s.wrong, s.missed, s.f1(), s.mistakes.c_str());
}

}  // namespace fengsui::classify::test
