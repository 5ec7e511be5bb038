// bench_corpus csv|json|log BYTES SPACING SEED > file     SPACING 0: no identifiers
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tests/bench/corpus.h"

int main(int argc, char** argv) {
  using namespace fengsui::bench;
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
