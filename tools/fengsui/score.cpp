#include <CLI/CLI.hpp>
#include <cstdio>

#include "base/time.h"
#include "tools/fengsui/context.h"

namespace fengsui::cli {

namespace {
struct Period {
  std::string unit, from, to;
};

void show(Context& context, const Period& period) {
  for (auto [flag, value] : {std::pair("--from", &period.from), {"--to", &period.to}})
    if (auto valid = base::parse_day(*value); !valid) return report(context, {base::Errc::usage, std::string(flag) + " " + *value + ": " + valid.error().what});
  auto client = connect(context);
  if (!client) return;
  auto answer = client->get("/api/v1/units/" + encode_segment(period.unit) + "/score?from=" + period.from + "&to=" + period.to);
  if (!answer) return report(context, answer.error());
  if (auto printed = print_object(context, answer->body); !printed) report(context, printed.error());
}
}  // namespace

void add_score(CLI::App& app, Context& context) {
  auto* noun = app.add_subcommand("score", "Suggested points of row 16; the evaluator decides")->require_subcommand(1);
  auto* command = noun->add_subcommand("show", "Show every clause with its inputs: fengsui score show --unit U --from 2026-01-01 --to 2026-12-31");
  auto period = std::make_shared<Period>();
  command->add_option("--unit", period->unit, "Unit")->required();
  command->add_option("--from", period->from, "First day")->required();
  command->add_option("--to", period->to, "Last day")->required();
  command->callback([&context, period] { show(context, *period); });

  // Nouns whose rooms exist but are not open yet: said plainly, exit 3, never a pretended result.
  for (auto [name, what] : {std::pair("incident", "the incident desk"), {"form", "the export of the whole form"}, {"report", "weekly and monthly reports"}}) {
    auto* later = app.add_subcommand(name, std::string(what) + " (unavailable in this version)")->allow_extras();
    later->callback([&context, what = std::string(what), name = std::string(name)] {
      report(context, {base::Errc::unavailable, name + ": " + what + " is not available in this version"});
    });
  }
}

}  // namespace fengsui::cli
