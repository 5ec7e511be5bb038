#include "classify/catalog.h"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cstdio>

#include "base/fd.h"
#include "tools/fengsui/context.h"

namespace fengsui::cli {

namespace {
namespace json = boost::json;

constexpr std::size_t kBatch = 512 * 1024;  // bytes of one request; the collector takes 1 MiB by default

std::string batch_body(const json::array& items, bool replace) {
  return json::serialize(json::object{{"items", items}, {"replace", replace}});
}

// The items in as many requests as their size asks for. Only the first one replaces what was there.
void import(Context& context, const std::string& file, bool replace) {
  auto catalog = classify::Catalog::load(file);
  if (!catalog) {
    report(context, catalog.error());
    context.exit_code = 2;
    return;
  }
  auto client = connect(context);
  if (!client) return;
  json::array items;
  std::size_t size = 0;
  std::string last;
  auto send = [&] {
    auto answer = client->post("/api/v1/catalog", batch_body(items, replace));
    items.clear();
    size = 0;
    replace = false;
    if (!answer) {
      report(context, answer.error());
      return false;
    }
    last = answer->body;
    return true;
  };
  const json::value whole = json::parse(catalog->to_json());
  for (const auto& item : whole.at("items").as_array()) {
    const std::size_t length = json::serialize(item).size();
    if (size + length > kBatch && !items.empty() && !send()) return;
    items.push_back(item);
    size += length;
  }
  if (!send()) return;
  if (auto printed = print_object(context, last); !printed) report(context, printed.error());
}

void list(Context& context, const std::string& unit) {
  auto client = connect(context);
  if (!client) return;
  auto answer = client->get("/api/v1/catalog" + (unit.empty() ? "" : "?unit=" + encode_segment(unit)));
  if (!answer) return report(context, answer.error());
  auto rows = print_rows(context, answer->body, "items", {{"ID", "id"}, {"NAME", "name"}, {"UNIT", "unit"}, {"CLASS", "class"}, {"GRADE", "grade"}, {"SHARE", "share"}});
  if (!rows) report(context, rows.error());
}

// One item as an object; exit code 1 when there is none of that id.
void show(Context& context, const std::string& id) {
  auto client = connect(context);
  if (!client) return;
  auto answer = client->get("/api/v1/catalog?id=" + encode_segment(id));
  if (!answer) return report(context, answer.error());
  boost::system::error_code error;
  auto value = json::parse(answer->body, error);
  auto* items = !error && value.is_object() ? value.as_object().if_contains("items") : nullptr;
  if (items == nullptr || !items->is_array()) return report(context, {base::Errc::malformed, "the collector's answer has no items"});
  if (items->as_array().empty()) return report(context, {base::Errc::not_found, "catalogue item " + id});
  if (auto printed = print_object(context, json::serialize(items->as_array()[0])); !printed) report(context, printed.error());
}

// The file that [rules] catalog of an agent names.
void write(Context& context, const std::string& out) {
  auto client = connect(context);
  if (!client) return;
  auto answer = client->get("/api/v1/catalog");
  if (!answer) return report(context, answer.error());
  auto catalog = classify::Catalog::from_json(answer->body, "the collector's answer");
  if (!catalog) return report(context, catalog.error());
  if (auto written = base::write_file_durable(out, base::view(catalog->to_json() + "\n"), 0644); !written) return report(context, written.error());
  std::printf("%zu items in %s\n", catalog->items().size(), out.c_str());
}
}  // namespace

void add_catalog(CLI::App& app, Context& context) {
  auto* catalog = app.add_subcommand("catalog", "The data-resource catalogue that findings are tied to")->require_subcommand(1);
  auto* in = catalog->add_subcommand("import", "Import items: fengsui catalog import FILE.csv|FILE.json");
  struct Import {
    std::string file;
    bool replace = false;
  };
  auto wanted = std::make_shared<Import>();
  in->add_option("file", wanted->file, "CSV with a head line in Chinese or English, or JSON")->required();
  in->add_flag("--replace", wanted->replace, "Drop the items that are not in the file");
  in->callback([&context, wanted] { import(context, wanted->file, wanted->replace); });

  auto* all = catalog->add_subcommand("list", "List the items of all units or of one");
  auto unit = std::make_shared<std::string>();
  all->add_option("--unit", *unit, "Only items of this unit");
  all->callback([&context, unit] { list(context, *unit); });

  auto* one = catalog->add_subcommand("show", "Show one item");
  auto id = std::make_shared<std::string>();
  one->add_option("id", *id, "Identifier of the item")->required();
  one->callback([&context, id] { show(context, *id); });

  auto* out = catalog->add_subcommand("export", "Write the catalogue for agents: [rules] catalog = FILE");
  auto file = std::make_shared<std::string>();
  out->add_option("file", *file, "File to write, ending in .json")->required();
  out->callback([&context, file] { write(context, *file); });
}

}  // namespace fengsui::cli
