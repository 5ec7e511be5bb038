// Runs a libFuzzer entry point over every file of a corpus folder: how corpora are replayed in ctest, by any compiler.
#include <cstdint>
#include <cstdio>
#include <filesystem>

#include "base/fd.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int argc, char** argv) {
  std::size_t replayed = 0;
  for (int i = 1; i < argc; ++i) {
    std::error_code error;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[i], error)) {
      if (!entry.is_regular_file()) continue;
      auto bytes = fengsui::base::read_file(entry.path(), 64u << 20);
      if (!bytes) {
        std::fprintf(stderr, "%s\n", bytes.error().what.c_str());
        return 1;
      }
      LLVMFuzzerTestOneInput(bytes->data(), bytes->size());
      ++replayed;
    }
  }
  std::printf("%zu inputs replayed\n", replayed);
  return replayed == 0 ? 1 : 0;  // an empty corpus is a test that cannot fail
}
