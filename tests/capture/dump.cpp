// Prints the lines of captures: what a text case is compared with, for the eye.
#include <cstdio>

#include "tests/capture/lines.h"

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    fengsui::capture::test::Run run;
    fengsui::capture::test::run_file(argv[i], run);
    std::printf("# %s packets=%llu incomplete=%d broken=%d error=%s\n", argv[i], static_cast<unsigned long long>(run.packets), run.incomplete,
                run.seen.broken, run.error.c_str());
    for (const auto& line : fengsui::capture::test::lines_of(run.seen, true)) std::printf("%s\n", line.c_str());
  }
}
