#include <CLI/CLI.hpp>
#include <cstdio>

#include "base/time.h"
#include "tools/fengsui/context.h"

namespace fengsui::cli {

namespace {
struct Day {
  std::string unit, date, opinion;
};

std::string path_of(const Day& day, const char* rest) {
  return "/api/v1/units/" + encode_segment(day.unit) + "/days/" + encode_segment(day.date) + rest;
}

void act(Context& context, const Day& day, bool post, const char* rest, const std::string& body = "{}") {
  if (auto valid = base::parse_day(day.date); !valid) return report(context, {base::Errc::usage, "DATE " + day.date + ": " + valid.error().what});
  auto client = connect(context);
  if (!client) return;
  auto answer = post ? client->post(path_of(day, rest), body) : client->get(path_of(day, rest));
  if (!answer) return report(context, answer.error());
  if (auto printed = print_object(context, answer->body); !printed) report(context, printed.error());
}

void export_day(Context& context, const Day& day) {
  auto client = connect(context);
  if (!client) return;
  auto answer = client->get(path_of(day, "/export.ndjson"));
  if (!answer) return report(context, answer.error());
  std::fwrite(answer->body.data(), 1, answer->body.size(), stdout);
}
}  // namespace

void add_day(CLI::App& app, Context& context) {
  auto* noun = app.add_subcommand("day", "The daily record of a unit")->require_subcommand(1);
  auto verb = [&](const char* name, const char* text, auto run) {
    auto* command = noun->add_subcommand(name, text);
    auto day = std::make_shared<Day>();
    command->add_option("date", day->date, "YYYY-MM-DD, a day of Asia/Shanghai")->required();
    command->add_option("--unit", day->unit, "Unit")->required();
    command->callback([&context, day, run] { run(context, *day); });
  };
  verb("show", "Show the daily record", [](Context& c, const Day& d) { act(c, d, false, ""); });
  verb("seal", "Seal a day; the current day is sealed up to now and its seal says so", [](Context& c, const Day& d) { act(c, d, true, "/seal"); });
  verb("sign", "Sign as the reviewer", [](Context& c, const Day& d) { act(c, d, true, "/sign"); });
  verb("countersign", "Sign as the second reviewer", [](Context& c, const Day& d) { act(c, d, true, "/countersign"); });
  verb("export", "Write the day's findings as OCSF events, one a line", [](Context& c, const Day& d) { export_day(c, d); });
}

}  // namespace fengsui::cli
