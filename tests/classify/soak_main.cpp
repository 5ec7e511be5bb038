// differential_soak [--seed N] [--count N] [--bytes N]: the texts of the differential test from many seeds. The engine against RE2,
// Vectorscan, the portable sieve and itself over splits; each difference is printed with the fewest bytes that still make it. Exit 1
// when there was one.
#include <cstdio>
#include <cstdlib>

#include "classify/hard_texts.h"
#include "classify/reference.h"

using namespace fengsui;
using namespace fengsui::classify;
using namespace fengsui::classify::test;

namespace {

std::vector<std::size_t> cuts_of(std::string_view text, std::uint64_t& r) {
  std::vector<std::size_t> out;
  constexpr std::size_t longest[] = {7, 600, 9000};
  const std::size_t most = longest[draw(r) % 3];
  for (std::size_t at = draw(r) % most; at < text.size(); at += draw(r) % most) out.push_back(at);
  return out;
}

// Leaves away what the difference does not need.
template <class Differs>
std::string shrunk(std::string text, Differs differs) {
  for (std::size_t part = text.size() / 2; part > 0; part /= 2)
    for (std::size_t at = 0; at + part <= text.size();) {
      std::string less = text.substr(0, at) + text.substr(at + part);
      if (differs(less)) text = std::move(less);
      else at += part;
    }
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t seed = 1, count = 20, bytes = 20'000;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    const std::uint64_t value = std::strtoull(argv[i + 1], nullptr, 10);
    if (name == "--seed") seed = value;
    else if (name == "--count") count = value;
    else if (name == "--bytes") bytes = value;
    else return std::fprintf(stderr, "usage: differential_soak [--seed N] [--count N] [--bytes N]\n"), 64;
  }
  const auto loaded = Engine::load(FENGSUI_SOURCE_DIR "/rules");
  if (!loaded) return std::fprintf(stderr, "%s\n", loaded.error().what.c_str()), 78;
  const auto& state = (*loaded)->state();
  const Sieve portable(Isa::portable);
  std::vector<std::pair<std::string, const AnchorSource*>> others = {{"portable", &portable}};
  std::vector<std::unique_ptr<AnchorSource>> owned;
  for (const char* name : {"re2", "vectorscan"}) {
    auto source = reference(name);
    if (!source) {
      std::printf("%s: %s\n", name, source.error().what.c_str());
      continue;
    }
    owned.push_back(std::move(*source));
    others.push_back({name, owned.back().get()});
  }
  std::size_t texts = 0, differences = 0;
  const auto compare = [&](std::uint64_t own_seed, const std::string& name, const std::string& text, auto other) {
    const auto own = [&](const std::string& one) { return lines_of(state, one, nullptr); };
    if (own(text) == other(text)) return;
    ++differences;
    const std::string least = shrunk(text, [&](const std::string& less) { return own(less) != other(less); });
    std::printf("seed %llu text %zu against %s, %s\n", static_cast<unsigned long long>(own_seed), texts, name.c_str(), difference(least, own(least), other(least)).c_str());
  };
  for (std::uint64_t s = seed; s < seed + count; ++s) {
    std::uint64_t r = s;
    for (const std::string& text : hard_texts(bytes, s)) {
      for (const auto& [name, source] : others) compare(s, name, text, [&](const std::string& one) { return lines_of(state, one, source); });
      const std::uint64_t cut_seed = draw(r);
      compare(s, "a split", text, [&](const std::string& one) {
        std::uint64_t own = cut_seed;
        return lines_of(state, one, nullptr, cuts_of(one, own));
      });
      ++texts;
    }
  }
  std::printf("%zu texts of seeds %llu to %llu, %zu differences\n", texts, static_cast<unsigned long long>(seed),
              static_cast<unsigned long long>(seed + count - 1), differences);
  return differences == 0 ? 0 : 1;
}
