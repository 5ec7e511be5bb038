// bench_corpus csv|json|log BYTES SPACING SEED > file     SPACING 0: no identifiers
// bench_corpus adversarial:KIND BYTES > file               KINDs by `bench_corpus adversarial:`
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tests/bench/corpus.h"

int main(int argc, char** argv) {
  using namespace fengsui::bench;
  constexpr std::string_view prefix = "adversarial:";
  if (argc >= 2 && std::string_view(argv[1]).starts_with(prefix)) {
    const std::string text = argc == 3 ? flood(std::string_view(argv[1]).substr(prefix.size()), std::strtoull(argv[2], nullptr, 10)) : "";
    if (text.empty()) {
      for (const std::string_view kind : kFloods) std::fprintf(stderr, "%.*s\n", static_cast<int>(kind.size()), kind.data());
      return 2;
    }
    return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() ? 0 : 1;
  }
  if (argc != 5) {
    std::fprintf(stderr, "usage: bench_corpus csv|json|log BYTES SPACING SEED\n");
    return 2;
  }
  CorpusOptions options;
  options.form = std::strcmp(argv[1], "json") == 0 ? Form::json : std::strcmp(argv[1], "log") == 0 ? Form::log : Form::csv;
  options.bytes = std::strtoull(argv[2], nullptr, 10);
  options.spacing = std::strtoull(argv[3], nullptr, 10);
  options.seed = std::strtoull(argv[4], nullptr, 10);
  const std::string text = corpus(options);
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() ? 0 : 1;
}
