// Text like that of a Chinese department's files, from a seed: CSV, JSON lines or a log, with synthetic identifiers at a
// chosen distance. Every identifier is made by its rule; none belongs to anybody.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace fengsui::bench {

enum class Form : std::uint8_t { csv, json, log };

struct CorpusOptions {
  Form form = Form::csv;
  std::uint64_t bytes = 1u << 20;
  std::uint64_t spacing = 0;  // bytes from one identifier to the next on average; 0 for none
  std::uint64_t seed = 1;
};

// At least options.bytes long, ending with a whole line.
std::string corpus(const CorpusOptions& options);

// Floods that were made to be slow: what sets the engine off everywhere and is, or seldom is, a value. `bytes` long.
inline constexpr std::array<std::string_view, 20> kFloods = {
    "digits",      "ones",         "card_prefixes", "card_list",   "dated_numbers", "at_signs",      "mails",        "private_keys",
    "plates",      "codes",        "vins",          "full_width",  "gb_full_width", "masks",         "chinese_digits", "words",
    "words_numbers", "schemes",    "colons",        "dots"};
std::string flood(std::string_view kind, std::uint64_t bytes);  // empty for an unknown kind

// A synthetic identifier: kind 0 citizen id, 1 mobile, 2 bank card, 3 unified social credit code, 4 mail address.
std::string identifier(unsigned kind, std::uint64_t& random);

}  // namespace fengsui::bench
