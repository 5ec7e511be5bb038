// Structured text into column mode, whole and at splits that the first bytes choose: the verdicts must be the same.
#include <cstdlib>
#include <string>

#include "classify/columns.h"

using namespace fengsui;

namespace {

std::string told(const classify::Engine& engine, const crypto::Secret& key, base::View text, std::size_t first, std::size_t step) {
  classify::People people(1);
  classify::Columns columns(engine.state(), key, people);
  std::size_t at = std::min(first, text.size());
  columns.feed(text.first(at));
  for (; at < text.size(); at += step) columns.feed(text.subspan(at, std::min(step, text.size() - at)));
  columns.finish();
  model::Conclusion c;
  columns.conclude(c);
  std::string out = std::to_string(c.rows) + " " + std::to_string(c.columns_beyond);
  for (const auto& p : c.profile) {
    if (p.clear + p.masked + p.nulls > p.cells) std::abort();  // a cell is one of these
    out += "\n" + p.table + "." + p.name + " " + p.type + " " + std::to_string(p.cells) + " " + std::to_string(p.nulls) + " " + std::to_string(p.clear) +
           " " + std::to_string(p.masked) + " " + std::to_string(p.wrong) + " " + std::to_string(p.distinct);
  }
  for (const auto& t : c.types) out += "\n" + t.type + " " + std::to_string(t.clear) + " " + std::to_string(t.masked);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto engine = classify::Engine::load(FENGSUI_SOURCE_DIR "/rules");
  static const auto key = crypto::Secret::copy_of(base::view("key"));
  if (!engine) std::abort();
  if (size < 3 || size > (48u << 10)) return 0;
  const base::View text(data + 2, size - 2);
  const std::string whole = told(**engine, key, text, text.size(), 1);
  if (told(**engine, key, text, data[0], 1 + data[1]) != whole) std::abort();
  return 0;
}
