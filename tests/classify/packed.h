// Containers made by libarchive, for tests.
#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace fengsui::classify::test {

using Members = std::vector<std::pair<std::string, std::string>>;

inline base::Bytes pack(const Members& members, int (*format)(archive*), int (*filter)(archive*) = archive_write_add_filter_none, const char* options = nullptr,
                        const char* password = nullptr) {
  base::Bytes out(16u << 20);
  std::size_t used = 0;
  archive* a = archive_write_new();
  format(a);
  filter(a);
  if (options != nullptr && archive_write_set_options(a, options) != ARCHIVE_OK) ADD_FAILURE() << archive_error_string(a);
  if (password != nullptr) archive_write_set_passphrase(a, password);
  archive_write_open_memory(a, out.data(), out.size(), &used);
  for (const auto& [name, text] : members) {
    archive_entry* e = archive_entry_new();
    archive_entry_set_pathname(e, name.c_str());
    archive_entry_set_size(e, static_cast<la_int64_t>(text.size()));
    archive_entry_set_filetype(e, AE_IFREG);
    archive_entry_set_perm(e, 0644);
    archive_write_header(a, e);
    archive_write_data(a, text.data(), text.size());
    archive_entry_free(e);
  }
  archive_write_close(a);
  archive_write_free(a);
  out.resize(used);
  return out;
}

}  // namespace fengsui::classify::test
