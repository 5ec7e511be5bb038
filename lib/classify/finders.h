// What is done at each kind of anchor. Every finder appends candidates; none of them looks further than kLeft/kRight.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "classify/scan.h"

namespace fengsui::classify {

inline constexpr std::size_t kMaxEmail = 112;  // bytes of an address that is believed (RFC 5321 allows 254)

// One scan of one buffer.
struct Finder {
  const Engine::State& engine;
  base::View bytes;
  std::vector<Hit>& out;
  std::uint32_t columns = ~0u;                  // types that a column may name
  Chain chain{};                                // of the groups read so far
  std::array<Words::Clean, kTypes> clean{};     // of the words looked for so far

  std::size_t group(std::size_t at);   // numbers and codes, clear and masked
  std::size_t email(std::size_t at);   // around '@'
  std::size_t plate(std::size_t at);   // a capital after a province mark
  std::size_t ipv4(std::size_t at);
  std::size_t colons(std::size_t at);  // MAC and IPv6
  std::size_t name(std::size_t at);    // masked names
  std::size_t secrecy(std::size_t at);  // document markings, 密码 with its value
  std::size_t token(std::size_t at);    // keys, tokens, passwords in configuration

  // Names, addresses, dates of birth and health in Chinese text; find_han.cpp calls the others for its characters.
  void chinese(std::size_t begin, std::size_t end);
  void person(std::size_t at);          // a family name at `at`, find_names.cpp
  void minority(std::size_t at);        // a part of a Tibetan, Yi, Mongolian or Uyghur name
  void dotted_name(std::size_t at);     // a middle dot
  std::size_t place(std::size_t at);    // a unit such as 号 or 栋, find_address.cpp
  void labelled_place(std::size_t at);  // 地址 and the like
  void birth(std::size_t at);           // 生, find_dates.cpp
  void health(std::size_t at);          // a disease, find_health.cpp
  void age(std::size_t at);             // 岁
  void spoken(std::size_t at);          // 一三八零…, find_spoken.cpp
  std::size_t spread(std::size_t at);   // 5 1 0 1 0 7 …; past it, or 0
  void parted(std::size_t at);          // a separator of GB 18030 between digits

  // Past a lone number that only validators take which need a word, where there is none; or 0.
  std::size_t idle_number(std::size_t at) const;
  // Whether it is known already that nothing names the type of a value there.
  bool unnamed(std::uint32_t type, std::size_t start, std::size_t end) const;

  // Adds what is known from the neighbourhood and keeps the hit, if its type is enabled.
  void propose(const Verdict& verdict, std::size_t start, std::size_t end);
};

// Whether a hit is the marking of a state secret in its legal form: the grade, ★ and a term, in a place of its own (GB/T
// 9704 7.2.2), within the first page. Such a document is not read further.
bool closes_document(const Hit& hit, base::View bytes, std::uint64_t base);
inline constexpr std::uint64_t kFirstPage = 4096;  // bytes of text

// The key right before a value, as in "key":"value", key=value, <key>value, key：value; empty when there is none.
base::View key_before(base::View bytes, std::size_t start);

}  // namespace fengsui::classify
