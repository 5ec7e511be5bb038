#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cstdio>

#include "base/fd.h"
#include "tools/fengsui/context.h"

namespace fengsui::cli {

namespace {
namespace json = boost::json;

void list(Context& context, const std::string& path, std::string_view member, const std::vector<Column>& columns) {
  auto client = connect(context);
  if (!client) return;
  auto answer = client->get(path);
  if (!answer) return report(context, answer.error());
  if (auto rows = print_rows(context, answer->body, member, columns); !rows) report(context, rows.error());
}

void send(Context& context, const std::string& path, const json::object& body) {
  auto client = connect(context);
  if (!client) return;
  auto answer = client->post(path, json::serialize(body));
  if (!answer) return report(context, answer.error());
  if (auto printed = print_object(context, answer->body); !printed) report(context, printed.error());
}

struct Token {
  std::string unit, name, out;
  std::vector<std::string> sources;
  long ttl_s = 3600;
};

// The token itself goes to a file of mode 0600 or, without --out, to standard output.
void create_token(Context& context, const Token& token) {
  auto client = connect(context);
  if (!client) return;
  json::object request{{"unit", token.unit}, {"name", token.name}, {"ttl_s", token.ttl_s}};
  if (!token.sources.empty()) request["sources"] = json::value_from(token.sources);
  auto answer = client->post("/api/v1/tokens", json::serialize(request));
  if (!answer) return report(context, answer.error());
  boost::system::error_code error;
  auto value = json::parse(answer->body, error);
  auto* text = !error && value.is_object() ? value.as_object().if_contains("token") : nullptr;
  if (text == nullptr || !text->is_string()) return report(context, {base::Errc::malformed, "the collector's answer has no token"});
  if (!token.out.empty()) {
    auto written = base::write_file_durable(token.out, base::view(std::string(text->as_string()) + "\n"), 0600);
    if (!written) return report(context, written.error());
    value.as_object()["token"] = "in file " + token.out;
  }
  if (auto printed = print_object(context, json::serialize(value)); !printed) report(context, printed.error());
}
}  // namespace

void add_units_and_agents(CLI::App& app, Context& context) {
  auto* unit = app.add_subcommand("unit", "Units: the departments that are watched")->require_subcommand(1);
  unit->add_subcommand("list", "List the units")->callback([&context] {
    list(context, "/api/v1/units", "items", {{"UNIT", "id"}, {"NAME", "name"}, {"KIND", "kind"}});
  });
  auto* add = unit->add_subcommand("add", "Add a unit: fengsui unit add 510903-edu --name 教育局");
  struct Unit {
    std::string id, name, kind = "city_department";
  };
  auto fields = std::make_shared<Unit>();
  add->add_option("id", fields->id, "Identifier, e.g. 510903-edu")->required();
  add->add_option("--name", fields->name, "Name for people")->required();
  add->add_option("--kind", fields->kind, "Kind of unit")->capture_default_str();
  add->callback([&context, fields] { send(context, "/api/v1/units", {{"id", fields->id}, {"name", fields->name}, {"kind", fields->kind}}); });

  auto* agent = app.add_subcommand("agent", "Agents and their state")->require_subcommand(1);
  auto* agents = agent->add_subcommand("list", "List the agents of all units or of one");
  auto of = std::make_shared<std::string>();
  agents->add_option("--unit", *of, "Only this unit");
  agents->callback([&context, of] {
    list(context, "/api/v1/agents" + (of->empty() ? "" : "?unit=" + encode_segment(*of)), "items",
         {{"AGENT", "id"}, {"STATUS", "status"}, {"LAST SEEN", "last_seen"}, {"QUEUE", "queue"}, {"VERSION", "version"}});
  });

  auto* token = app.add_subcommand("token", "One-time enrolment tokens")->require_subcommand(1);
  auto* create = token->add_subcommand("create", "Create a token: fengsui token create --unit 510903-edu --name db01 --out token.txt");
  auto wanted = std::make_shared<Token>();
  create->add_option("--unit", wanted->unit, "Unit the agent will belong to")->required();
  create->add_option("--name", wanted->name, "Name of the agent within its unit, e.g. db01")->required();
  create->add_option("--source", wanted->sources,
                     "Source that must keep watching, e.g. pcap:eth0, file_scan, login_log; may be given more than once. Without it, those that "
                     "work in the agent's first heartbeat are required from then on");
  create->add_option("--ttl", wanted->ttl_s, "Seconds the token may wait to be used")->capture_default_str();
  create->add_option("--out", wanted->out, "File for the token (mode 0600); without it the token is printed");
  create->callback([&context, wanted] { create_token(context, *wanted); });
}

}  // namespace fengsui::cli
