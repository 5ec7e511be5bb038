// Writes compound files as [MS-CFB] describes them: version 3, one storage deep or more, for tests.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"

namespace fengsui::classify::test {

// "a/b" is the stream b in the storage a.
struct CompoundStream {
  std::string path, bytes;
};
base::Bytes compound(const std::vector<CompoundStream>& streams);
std::string utf16(std::string_view ascii_or_bmp_utf8);

}  // namespace fengsui::classify::test
