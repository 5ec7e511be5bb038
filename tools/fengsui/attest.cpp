#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cstdio>

#include "base/fd.h"
#include "base/time.h"
#include "tools/fengsui/context.h"

namespace fengsui::cli {

namespace {
struct Request {
  std::string unit, from, to, out;
};

// issued, issued_with_notes: 0, the bundle is in --out. refused: 1, the reasons are printed.
void issue(Context& context, const Request& request) {
  for (auto [flag, value] : {std::pair("--from", &request.from), {"--to", &request.to}})
    if (auto valid = base::parse_day(*value); !valid) return report(context, {base::Errc::usage, std::string(flag) + " " + *value + ": " + valid.error().what});
  auto client = connect(context);
  if (!client) return;
  std::string path = "/api/v1/units/" + encode_segment(request.unit) + "/attestations";
  auto answer = client->post(path, boost::json::serialize(boost::json::object{{"from", request.from}, {"to", request.to}}));
  if (!answer) return report(context, answer.error());
  boost::system::error_code error;
  auto value = boost::json::parse(answer->body, error);
  auto* object = !error ? value.if_object() : nullptr;
  auto* result = object ? object->if_contains("result") : nullptr;
  if (result == nullptr || !result->is_string()) return report(context, {base::Errc::malformed, "the collector's answer has no result"});
  if (auto printed = print_object(context, answer->body); !printed) return report(context, printed.error());
  if (result->as_string() == "refused") {
    context.exit_code = 1;
    return;
  }
  auto* id = object->if_contains("id");
  if (id == nullptr) return report(context, {base::Errc::malformed, "the collector's answer has no id"});
  std::string name = id->is_string() ? std::string(id->as_string()) : boost::json::serialize(*id);
  auto bundle = client->get(path + "/" + encode_segment(name) + "/bundle");
  if (!bundle) return report(context, bundle.error());
  if (auto written = base::write_file_durable(request.out, base::view(bundle->body)); !written) return report(context, written.error());
  if (!context.json) std::printf("bundle: %s (%zu bytes)\nverify: fengsui-verify %s --policy POLICY\n", request.out.c_str(), bundle->body.size(), request.out.c_str());
}
}  // namespace

void add_attest(CLI::App& app, Context& context) {
  auto* noun = app.add_subcommand("attest", "Incident-free attestations")->require_subcommand(1);
  auto request = std::make_shared<Request>();
  auto* make = noun->add_subcommand("issue", "Issue one: fengsui attest issue --unit U --from 2026-11-01 --to 2026-11-30 --out BUNDLE.zip");
  make->add_option("--unit", request->unit, "Unit")->required();
  make->add_option("--from", request->from, "First day, YYYY-MM-DD")->required();
  make->add_option("--to", request->to, "Last day, YYYY-MM-DD")->required();
  make->add_option("--out", request->out, "File for the evidence bundle")->required();
  make->callback([&context, request] { issue(context, *request); });
  auto* all = noun->add_subcommand("list", "List those issued and refused");
  all->add_option("--unit", request->unit, "Unit")->required();
  all->callback([&context, request] {
    auto client = connect(context);
    if (!client) return;
    auto answer = client->get("/api/v1/units/" + encode_segment(request->unit) + "/attestations");
    if (!answer) return report(context, answer.error());
    auto rows = print_rows(context, answer->body, "items", {{"ID", "id"}, {"FROM", "from"}, {"TO", "to"}, {"RESULT", "result"}});
    if (!rows) report(context, rows.error());
  });
}

}  // namespace fengsui::cli
