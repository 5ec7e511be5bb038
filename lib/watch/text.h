// Text from a host that is about to become a field.
#pragma once

#include <string>
#include <string_view>

namespace fengsui::watch {

// UTF-8 as it is; every byte that is not well-formed UTF-8 as \xNN (file names are often GB 18030). At most `limit`
// bytes, cut at a character.
std::string safe_text(std::string_view text, std::size_t limit = 4096);

// A command line or log line without what it must not carry off the host: digits runs of nine or more (with a final X)
// keep their first three and last two; values of -p…, --password, password=, token=, secret= and userinfo in URLs are
// replaced by ***.
std::string minimised(std::string_view text);

}  // namespace fengsui::watch
