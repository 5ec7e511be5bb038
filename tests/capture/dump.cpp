// Prints the lines of captures: what a text case is compared with, for the eye. With --ocsf first: one OCSF line per record,
// for the schema checker.
#include <cstdio>
#include <string_view>

#include "model/ocsf.h"
#include "tests/capture/lines.h"

int main(int argc, char** argv) {
  using namespace fengsui;
  const bool ocsf = argc > 1 && std::string_view(argv[1]) == "--ocsf";
  const bool as_case = argc > 1 && std::string_view(argv[1]) == "--case";  // exactly what tests/cases/capture/NAME.txt holds
  std::uint64_t sequence = 0;
  for (int i = ocsf || as_case ? 2 : 1; i < argc; ++i) {
    capture::test::Run run;
    capture::test::run_file(argv[i], run);
    if (ocsf) {
      for (const auto& a : run.seen.activities) std::printf("%s\n", model::ocsf_line(a, {}, std::to_string(sequence), sequence, a.time).c_str()), ++sequence;
      for (const auto& f : run.seen.flows) std::printf("%s\n", model::ocsf_line(f, {}, std::to_string(sequence), sequence, f.last).c_str()), ++sequence;
      continue;
    }
    if (as_case) {
      for (const auto& line : capture::test::lines_of(run.seen)) std::printf("%s\n", line.c_str());
      continue;
    }
    std::printf("# %s packets=%llu incomplete=%d broken=%d error=%s\n", argv[i], static_cast<unsigned long long>(run.packets), run.incomplete,
                run.seen.broken, run.error.c_str());
    for (const auto& line : capture::test::lines_of(run.seen, true)) std::printf("%s\n", line.c_str());
  }
}
