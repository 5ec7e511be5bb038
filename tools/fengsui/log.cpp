#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "base/fd.h"
#include "base/time.h"
#include "evidence/bundle.h"
#include "evidence/leaf.h"
#include "evidence/tile.h"
#include "evidence/verify_log.h"
#include "tools/fengsui/context.h"

namespace fengsui::cli {

namespace {
namespace fs = std::filesystem;

struct Options {
  std::string unit, from, to, dir;
  int year = 0;
};

std::string log_path(const std::string& unit, int year) { return "/log/" + encode_segment(unit) + "/" + std::to_string(year) + "/"; }

// The second line of a checkpoint is its tree size. Errc::malformed for anything else.
base::Result<std::uint64_t> size_of(std::string_view checkpoint) {
  auto first = checkpoint.find('\n');
  auto second = first == std::string_view::npos ? first : checkpoint.find('\n', first + 1);
  if (second == std::string_view::npos) return base::fail(base::Errc::malformed, "the checkpoint has no size line");
  std::string digits(checkpoint.substr(first + 1, second - first - 1));
  if (digits.empty() || digits.size() > 18 || digits.find_first_not_of("0123456789") != std::string::npos)
    return base::fail(base::Errc::malformed, "the checkpoint's size is not a number");
  return std::strtoull(digits.c_str(), nullptr, 10);
}

base::Status save(const fs::path& file, const std::string& body) {
  std::error_code error;
  fs::create_directories(file.parent_path(), error);
  if (error) return base::fail(base::Errc::io, "create " + file.parent_path().string() + ": " + error.message());
  return base::write_file_durable(file, base::view(body));
}

// Paths of the static files of a log of `size` leaves, as C2SP tlog-tiles lays them out.
std::vector<std::string> static_files(std::uint64_t size) {
  std::vector<std::string> out;
  for (unsigned level = 0; level < 8; ++level) {
    std::uint64_t hashes = level * 8 >= 64 ? 0 : size >> (8 * level);
    if (hashes == 0) break;
    for (std::uint64_t n = 0; n * evidence::kTileWidth < hashes; ++n) {
      auto width = static_cast<unsigned>(std::min<std::uint64_t>(evidence::kTileWidth, hashes - n * evidence::kTileWidth));
      out.push_back(evidence::tile_path(level, n, width));
      if (level == 0) out.push_back(evidence::entries_path(n, width));
    }
  }
  return out;
}

// Seals of days in [from, to] among the leaves of an entry bundle that begins at `first`.
base::Status find_seals(base::View bundle, std::uint64_t first, base::Day from, base::Day to, std::vector<std::pair<base::Day, std::uint64_t>>& out) {
  auto leaves = evidence::parse_entry_bundle(bundle);
  if (!leaves) return std::unexpected(leaves.error());
  for (std::size_t i = 0; i < leaves->size(); ++i) {
    auto leaf = evidence::parse_leaf((*leaves)[i]);
    if (!leaf || leaf->kind != "seal") continue;
    auto day = base::parse_day(leaf->record.body.text("day"));
    if (day && from <= *day && *day <= to) out.emplace_back(*day, first + i);
  }
  return {};
}

base::Status mirror(Client& client, const std::string& unit, int year, base::Day from, base::Day to, const fs::path& target) {
  auto checkpoint = client.get(log_path(unit, year) + "checkpoint");
  if (!checkpoint) return std::unexpected(checkpoint.error());
  auto size = size_of(checkpoint->body);
  if (!size) return std::unexpected(size.error());
  auto files = static_files(*size);
  evidence::Files tiles;  // the hashes only: 32 bytes a leaf
  std::vector<std::pair<base::Day, std::uint64_t>> seals;
  std::uint64_t entries = 0;
  for (const auto& file : files) {
    auto answer = client.get(log_path(unit, year) + file);
    if (!answer) return std::unexpected(answer.error());
    if (auto saved = save(target / file, answer->body); !saved) return saved;
    if (!file.starts_with("tile/entries/")) {
      tiles[file] = base::to_bytes(answer->body);
    } else if (auto read = find_seals(base::view(answer->body), evidence::kTileWidth * entries++, from, to, seals); !read) {
      return base::fail(read.error().code, file + ": " + read.error().what);
    }
  }
  std::size_t proofs = 0;
  auto sink = [&](std::string_view path, base::View content) -> base::Status {
    ++proofs;
    return save(target / path, std::string(base::text(content)));
  };
  if (auto saved = evidence::export_seal_proofs(evidence::TileFiles(tiles, "", *size), *size, checkpoint->body, seals, sink); !saved) return saved;
  // The checkpoint last: a folder with a checkpoint is complete.
  if (auto saved = save(target / "checkpoint", checkpoint->body); !saved) return saved;
  std::printf("%s %d: %llu leaves in %zu files, %zu seals, under %s\n", unit.c_str(), year, static_cast<unsigned long long>(*size), files.size(), proofs, target.c_str());
  return {};
}

// The unit asked for, or every unit the collector has.
base::Result<std::vector<std::string>> units_of(Client& client, const Options& options) {
  if (!options.unit.empty()) return std::vector{options.unit};
  auto answer = client.get("/api/v1/units");
  if (!answer) return std::unexpected(answer.error());
  boost::system::error_code error;
  auto value = boost::json::parse(answer->body, error);
  auto* items = !error && value.is_object() ? value.as_object().if_contains("items") : nullptr;
  if (items == nullptr || !items->is_array()) return base::fail(base::Errc::malformed, "the collector's answer has no items");
  std::vector<std::string> out;
  for (const auto& item : items->as_array())
    if (auto* id = item.is_object() ? item.as_object().if_contains("id") : nullptr; id && id->is_string()) out.emplace_back(id->as_string());
  return out;
}

// The whole tree up to the newest checkpoint, which proves the days asked for. One folder a unit where there are several,
// one a year where the period crosses years.
void export_log(Context& context, const Options& options) {
  auto from = base::parse_day(options.from), to = base::parse_day(options.to);
  if (!from || !to || *to < *from) return report(context, {base::Errc::usage, "--from and --to are days, YYYY-MM-DD, the first not after the last"});
  auto client = connect(context);
  if (!client) return;
  auto units = units_of(*client, options);
  if (!units) return report(context, units.error());
  for (const auto& unit : *units) {
    for (int year = from->year; year <= to->year; ++year) {
      fs::path target = options.dir;
      if (units->size() > 1) target /= unit;
      if (from->year != to->year) target /= std::to_string(year);
      if (auto done = mirror(*client, unit, year, *from, *to, target); !done) return report(context, done.error());
    }
  }
}

void print_checkpoint(Context& context, const Options& options) {
  auto client = connect(context);
  if (!client) return;
  auto answer = client->get(log_path(options.unit, options.year) + "checkpoint");
  if (!answer) return report(context, answer.error());
  std::fwrite(answer->body.data(), 1, answer->body.size(), stdout);
}
}  // namespace

void add_log(CLI::App& app, Context& context) {
  auto* noun = app.add_subcommand("log", "The unit's tamper-evident log")->require_subcommand(1);
  auto options = std::make_shared<Options>();
  auto* out = noun->add_subcommand("export", "Write checkpoint, tiles, entries and seal proofs: fengsui log export --from 2026-11-01 --to 2026-11-30 DIR");
  out->add_option("--unit", options->unit, "Unit; all of them without it");
  out->add_option("--from", options->from, "First day")->required();
  out->add_option("--to", options->to, "Last day")->required();
  out->add_option("dir", options->dir, "Folder to write to")->required();
  out->callback([&context, options] { export_log(context, *options); });
  auto* checkpoint = noun->add_subcommand("checkpoint", "Print the newest signed checkpoint");
  checkpoint->add_option("--unit", options->unit, "Unit")->required();
  checkpoint->add_option("--year", options->year, "Year of the log")->required();
  checkpoint->callback([&context, options] { print_checkpoint(context, *options); });
}

}  // namespace fengsui::cli
