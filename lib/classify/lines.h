// Tables as text: one entry a line, or words under headings. For the fact tables below `rules`.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace fengsui::classify {

// Hands each line that is neither empty nor a comment ('#') to `take`; at the first it refuses, Errc::malformed with file
// and line. Bytes read are appended to `digested`. A table may hold 4 MiB.
base::Status each_line(const std::filesystem::path& path, std::string& digested, const std::function<bool(std::string_view)>& take);

// As each_line for "[section]" lines with words below, parted by blanks; `take` gets section and word and refuses an
// unknown section.
base::Status each_word(const std::filesystem::path& path, std::string& digested,
                       const std::function<bool(std::string_view section, std::string_view word)>& take);

}  // namespace fengsui::classify
