// What a site allows: values, places and findings that somebody answers for, until a day.
//
//   [[allow]]
//   id = "hotline"                       a-z 0-9 _ - ., 1 to 64 characters; findings and counts name it
//   type = "mobile"                      of a detection; absent: any
//   value = "ohghcblmknkkiphodgjfbohep…"  32 letters of `fengsui-agent allow digest`; absent: any
//   path = "/srv/public/**"              of the object: * within a folder, ** across them, ? one character; absent: any
//   rule = "STO-1"                       a finding of this rule, instead of values
//   reason = "…"  approver = "…"  expires = 2027-06-30     all needed; the entry no longer applies after that day
// An entry needs a value, a path or a rule. What it allows is counted under its name, never silently absent.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/time.h"

namespace fengsui::classify {

struct AllowEntry {
  std::string id, type, value, path, rule, reason, approver;
  base::Day expires;
  int line = 0;
  std::string file;
  bool applies(base::Day day) const { return day <= expires; }
};

inline constexpr std::size_t kMaxAllowed = 10'000;  // entries

// Errc::usage or malformed with file and line; limit.
base::Result<std::vector<AllowEntry>> read_allow_list(std::string_view text, const std::string& file);

// Bytes, '/' apart from the rest. A pattern without '*' and '?' is the path itself.
bool path_matches(std::string_view pattern, std::string_view path);

// Immutable once made; thread-safe.
class AllowList {
 public:
  AllowList() = default;
  explicit AllowList(std::vector<AllowEntry> entries) : entries_(std::move(entries)) {}

  bool empty() const { return entries_.empty(); }
  const std::vector<AllowEntry>& entries() const { return entries_; }
  // Entries about values that hold for an object on a day.
  std::vector<const AllowEntry*> for_values(std::string_view object, base::Day day) const;
  // The first entry that allows findings of a rule on an object; null when none does.
  const AllowEntry* for_finding(std::string_view rule, std::string_view object, base::Day day) const;
  std::vector<const AllowEntry*> expired(base::Day day) const;

 private:
  std::vector<AllowEntry> entries_;
};

}  // namespace fengsui::classify
