// fengsui: the operator's command line.
#include <CLI/CLI.hpp>

#include "tools/fengsui/context.h"

int main(int argc, char** argv) {
  using namespace fengsui::cli;
  Context context;
  CLI::App app(
      "Examples:\n"
      "  fengsui login --url http://127.0.0.1:8447 --user admin --password-file FILE\n"
      "  fengsui token create --unit 510903-edu --name db01 --out token.txt\n"
      "  fengsui day show 2026-11-24 --unit 510903-edu\n"
      "  fengsui finding list --unit 510903-edu --day 2026-11-24\n"
      "  fengsui attest issue --unit 510903-edu --from 2026-11-01 --to 2026-11-30 --out BUNDLE.zip\n"
      "  fengsui rule match --rules DIR EVENTS.ndjson\n"
      "\n"
      "Exit codes: 0 clean, 1 findings or refused, 2 usage, 3 incomplete (something could not be reached or examined).\n",
      "fengsui");
  app.set_version_flag("--version", std::string("fengsui ") + FENGSUI_VERSION);
  app.require_subcommand(1);
  app.fallthrough();
  app.add_flag("--json", context.json, "One JSON object a line");
  app.add_option("--url", context.url, "Address of the collector's API (else FENGSUI_URL, else the saved session)");
  add_login(app, context);
  add_units_and_agents(app, context);
  add_day(app, context);
  add_finding(app, context);
  add_attest(app, context);
  add_catalog(app, context);
  add_score(app, context);
  add_log(app, context);
  add_rule(app, context);
  add_stamp(app, context);
  add_witness(app, context);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return context.exit_code;
}
