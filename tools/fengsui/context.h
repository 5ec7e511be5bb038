// What every noun of the command line shares: output form, exit code, how to reach the collector.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "tools/fengsui/client.h"

namespace CLI {
class App;
}

namespace fengsui::cli {

// Exit codes of tools: 0 clean, 1 findings or verification failed, 2 usage, 3 incomplete.
struct Context {
  bool json = false;
  std::string url;    // --url; "" = environment, then the session file
  int exit_code = 0;
};

// Prints the error on standard error and sets the exit code: 2 for usage, 3 when something could not be reached, else 1.
void report(Context& context, const base::Error& error);

// A client with the saved session, or nothing and a reported error.
std::unique_ptr<Client> connect(Context& context);

struct Column {
  std::string title;
  std::string path;  // dotted member of each item: "findings.high"
};
// Prints a JSON array (or the array under `member`) as one JSON object a line with --json, else as aligned columns.
// Errc::malformed when the answer has another shape. Returns the number of rows.
base::Result<std::size_t> print_rows(const Context& context, const std::string& body, std::string_view member,
                                     const std::vector<Column>& columns);
// Prints one JSON object: as it is on one line with --json, else one "path: value" a line.
base::Status print_object(const Context& context, const std::string& body);

// The nouns, one file each. Each adds its subcommands; callbacks set context.exit_code.
void add_login(CLI::App& app, Context& context);
void add_units_and_agents(CLI::App& app, Context& context);  // unit, agent, token
void add_day(CLI::App& app, Context& context);
void add_finding(CLI::App& app, Context& context);
void add_attest(CLI::App& app, Context& context);
void add_catalog(CLI::App& app, Context& context);
void add_log(CLI::App& app, Context& context);
void add_rule(CLI::App& app, Context& context);
void add_stamp(CLI::App& app, Context& context);
void add_witness(CLI::App& app, Context& context);
void add_score(CLI::App& app, Context& context);  // score, and the nouns that this build does not have yet

}  // namespace fengsui::cli
