#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cstdio>

#include "base/time.h"
#include "tools/fengsui/context.h"

namespace fengsui::cli {

namespace {
struct Query {
  std::string unit, date, severity, stage, rule, agent, state, reason, level;
  std::uint64_t index = 0;
};

// Every page of the day, so that a list is never cut silently.
void list(Context& context, const Query& query) {
  if (auto valid = base::parse_day(query.date); !valid) return report(context, {base::Errc::usage, "--day " + query.date + ": " + valid.error().what});
  auto client = connect(context);
  if (!client) return;
  std::string base_path = "/api/v1/units/" + encode_segment(query.unit) + "/days/" + query.date + "/findings?limit=200";
  for (auto [name, value] : {std::pair("severity", &query.severity), {"stage", &query.stage}, {"rule", &query.rule}, {"agent", &query.agent}})
    if (!value->empty()) base_path += std::string("&") + name + "=" + encode_segment(*value);
  boost::json::array items;
  std::string cursor;
  do {
    auto answer = client->get(base_path + (cursor.empty() ? "" : "&cursor=" + encode_segment(cursor)));
    if (!answer) return report(context, answer.error());
    boost::system::error_code error;
    auto value = boost::json::parse(answer->body, error);
    auto* page = !error && value.is_object() ? value.as_object().if_contains("items") : nullptr;
    if (page == nullptr || !page->is_array()) return report(context, {base::Errc::malformed, "the collector's answer has no items"});
    for (auto& item : page->as_array()) items.push_back(std::move(item));
    auto* next = value.as_object().if_contains("next_cursor");
    cursor = next && next->is_string() ? std::string(next->as_string()) : next && next->is_number() ? boost::json::serialize(*next) : "";
  } while (!cursor.empty());
  auto rows = print_rows(context, boost::json::serialize(items), "",
                         {{"INDEX", "index"}, {"RULE", "rule"}, {"SEVERITY", "severity"}, {"STAGE", "stage"}, {"AGENT", "agent"}, {"TITLE", "title"}, {"OBJECT", "object"}});
  if (!rows) report(context, rows.error());
}

// An incident, or a false positive that a second person confirms by saying the same.
void triage(Context& context, const Query& query) {
  auto client = connect(context);
  if (!client) return;
  boost::json::object body{{"state", query.state}, {"reason", query.reason}};
  if (!query.level.empty()) body["level"] = query.level;
  auto answer = client->post("/api/v1/units/" + encode_segment(query.unit) + "/findings/" + std::to_string(query.index) + "/triage",
                             boost::json::serialize(body));
  if (!answer) return report(context, answer.error());
  if (auto printed = print_object(context, answer->body); !printed) report(context, printed.error());
}

void show(Context& context, const Query& query) {
  auto client = connect(context);
  if (!client) return;
  auto answer = client->get("/api/v1/units/" + encode_segment(query.unit) + "/findings/" + std::to_string(query.index));
  if (!answer) return report(context, answer.error());
  if (auto printed = print_object(context, answer->body); !printed) report(context, printed.error());
}
}  // namespace

void add_finding(CLI::App& app, Context& context) {
  auto* noun = app.add_subcommand("finding", "Findings of the daily log")->require_subcommand(1);
  auto query = std::make_shared<Query>();
  auto* all = noun->add_subcommand("list", "List the findings of a day: fengsui finding list --unit U --day 2026-11-24");
  all->add_option("--unit", query->unit, "Unit")->required();
  all->add_option("--day", query->date, "YYYY-MM-DD")->required();
  all->add_option("--severity", query->severity, "informational, low, medium, high or critical");
  all->add_option("--stage", query->stage, "One of the six stages");
  all->add_option("--rule", query->rule, "Rule id, e.g. STO-1");
  all->add_option("--agent", query->agent, "Agent id");
  all->callback([&context, query] { list(context, *query); });
  auto* one = noun->add_subcommand("show", "Show one finding with its event and its place in the log");
  one->add_option("index", query->index, "Index of its leaf")->required();
  one->add_option("--unit", query->unit, "Unit")->required();
  one->callback([&context, query] { show(context, *query); });
  auto* decide = noun->add_subcommand("triage", "Decide: fengsui finding triage 17 --unit U --state false_positive --reason TEXT");
  decide->add_option("index", query->index, "Index of its leaf")->required();
  decide->add_option("--unit", query->unit, "Unit")->required();
  decide->add_option("--state", query->state, "confirmed or false_positive; the latter needs a second person")
      ->required()
      ->check(CLI::IsMember({"confirmed", "false_positive"}));
  decide->add_option("--reason", query->reason, "Why, 1 to 500 bytes")->required();
  decide->add_option("--level", query->level, "l1, l2, l3 or l4 of a confirmed incident")->check(CLI::IsMember({"l1", "l2", "l3", "l4"}));
  decide->callback([&context, query] { triage(context, *query); });
}

}  // namespace fengsui::cli
