#include "agent/commands/match.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>

#include "agent/commands/commands.h"
#include "classify/site/exact_build.h"
#include "classify/types.h"

namespace fengsui::agent {
namespace {

int refuse(const std::string& what) {
  fmt::print(stderr, "fengsui-agent match: {}\n", what);
  return kUsage;
}

int make_key(const MatchArguments& arguments) {
  if (auto made = classify::MatchKey::create(arguments.out); !made) return refuse(made.error().what);
  fmt::print("{}\n", arguments.out);
  return kClean;
}

int build(const MatchArguments& arguments) {
  if (!arguments.type.empty() && !classify::type_of(arguments.type) && !arguments.type.starts_with("site:"))
    return refuse(fmt::format("--type {}: no detector finds this; leave it out to look into the cells of the columns", arguments.type));
  auto key = classify::MatchKey::load(arguments.key_file);
  if (!key) return refuse(key.error().what);
  classify::ExactDescription description{arguments.name, arguments.type, {}, arguments.exclude};
  if (arguments.type.empty()) description.columns = arguments.where.empty() ? arguments.columns : arguments.where;
  auto making = classify::ExactBuild::begin(*key, description, arguments.out, static_cast<std::size_t>(arguments.memory_mib) << 20);
  if (!making) return refuse(making.error().what);
  for (const auto& table : arguments.tables) {
    std::ifstream file;
    if (table != "-") {
      file.open(table, std::ios::binary);
      if (!file) {
        refuse(fmt::format("{}: {}", table, std::strerror(errno)));
        return kIncomplete;
      }
    }
    if (auto read = classify::add_columns(*making, table == "-" ? std::cin : file, arguments.columns); !read) {
      refuse(table + ": " + read.error().what);
      return read.error().code == base::Errc::not_found ? kUsage : kIncomplete;
    }
  }
  auto totals = making->finish();
  if (!totals) {
    refuse(totals.error().what);
    return kIncomplete;
  }
  fmt::print("{}: {} values kept, {} equal to others, {} too short of {} read; {} bytes\n", arguments.out, totals->kept,
             totals->duplicates, totals->skipped, totals->values, totals->bytes);
  return kClean;
}

}  // namespace

void add_match(CLI::App& app, MatchArguments& a) {
  a.command = app.add_subcommand("match",
                                 "files for matching against a site's own data\n\n  fengsui-agent match key --out match.key\n  "
                                 "fengsui-agent match build --key match.key --name staff --type citizen_id --column 身份证号 "
                                 "--out staff.exact staff.csv");
  a.command->require_subcommand(1);
  a.key = a.command->add_subcommand("key", "a fresh key, mode 0600; never changes while files made under it are in use");
  a.key->add_option("--out", a.out, "file to make; must not be there")->required();
  a.build = a.command->add_subcommand("build", "digests of the values of a table; the file holds no value");
  a.build->add_option("--key", a.key_file, "key file, mode 0600")->required();
  a.build->add_option("--name", a.name, "name of the set, as findings show it")->required();
  a.build->add_option("--column", a.columns, "head of a column to read; may be given more than once")->required()->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  a.build->add_option("--type", a.type, "type of detector whose values are looked up (citizen_id, mobile, site:…)");
  a.build->add_option("--where", a.where, "without --type: heads of the columns to look into, instead of those of --column")->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  a.build->add_flag("--exclude", a.exclude, "values that are no personal data, such as public hotlines: counted as allowed");
  a.build->add_option("--memory", a.memory_mib, "MiB for sorting")->check(CLI::Range(1, 65536));
  a.build->add_option("--out", a.out, "file to make or to replace")->required();
  a.build->add_option("TABLE", a.tables, "CSV or TSV with heads, UTF-8 or GB 18030; - is standard input")->required();
}

int match(const MatchArguments& arguments) { return *arguments.key ? make_key(arguments) : build(arguments); }

}  // namespace fengsui::agent
