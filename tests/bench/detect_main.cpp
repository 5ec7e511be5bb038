// bench_detect [--isa NAME] [--against vectorscan|re2] FILE…    one line of JSON; the same as `fengsui-agent detect --bench`
// bench_detect --jsonl < lines                     the same as `fengsui-agent detect --jsonl`
#include <time.h>

#include <cstdio>
#include <cstring>
#include <iostream>
#include <vector>

#include "classify/commands.h"

int main(int argc, char** argv) {
  using namespace fengsui;
  std::vector<std::filesystem::path> files;
  std::string against, isa;
  bool jsonl = false;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--jsonl") == 0) jsonl = true;
    else if (std::strcmp(argv[i], "--against") == 0 && i + 1 < argc) against = argv[++i];
    else if (std::strcmp(argv[i], "--isa") == 0 && i + 1 < argc) isa = argv[++i];
    else files.emplace_back(argv[i]);
  }
  const auto engine = classify::Engine::load(FENGSUI_SOURCE_DIR "/rules", {2030, 12, 31}, {}, isa);
  if (!engine) {
    std::fprintf(stderr, "%s\n", engine.error().what.c_str());
    return 78;
  }
  if (jsonl) return classify::detect_jsonl(**engine, std::cin, std::cout).bad == 0 ? 0 : 3;
  const auto line = classify::bench(**engine, files, against, [] {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
  });
  if (!line) {
    std::fprintf(stderr, "%s\n", line.error().what.c_str());
    return 2;
  }
  std::puts(line->c_str());
  return 0;
}
