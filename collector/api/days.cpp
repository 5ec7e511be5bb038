#include <boost/json.hpp>

#include "collector/api/handlers.h"
#include "collector/outputs/ocsf_export.h"
#include "collector/report/daily_record.h"
#include "collector/review.h"
#include "collector/sealer.h"
#include "evidence/leaf.h"

namespace fengsui::collector::api {

namespace json = boost::json;

namespace {

constexpr std::size_t kMaxExport = 512u << 20;

base::Result<base::Day> day_of_path(Service& service, const Call& call) {
  if (service.centre.roster().unit(call.path[0]) == nullptr)
    return base::fail(base::Errc::not_found, "unit " + call.path[0].substr(0, 64));
  auto day = base::parse_day(call.path[1]);
  if (!day) return std::unexpected(day.error());
  if (base::start_of(*day) > service.centre.now())
    return base::fail(base::Errc::not_found, base::to_string(*day) + " has not begun");
  return day;
}

Response record_of(Service& service, const std::string& unit, base::Day day) {
  auto record = report::daily_record(service.centre, service.watch, service.memory, service.sealer, unit, day);
  return record ? answer(200, *record) : failed(record);
}

}  // namespace

Response get_day(Service& service, const Call& call) {
  auto day = day_of_path(service, call);
  return day ? record_of(service, call.path[0], *day) : failed(day);
}

Response print_day(Service& service, const Call& call) {
  auto day = day_of_path(service, call);
  if (!day) return failed(day);
  auto record = report::daily_record(service.centre, service.watch, service.memory, service.sealer, call.path[0], *day);
  if (!record) return failed(record);
  Response response{
      200, "text/html; charset=utf-8", report::daily_html(*record, *service.centre.roster().unit(call.path[0])), {}};
  response.headers.emplace_back("Content-Security-Policy",
                                "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");
  return response;
}

Response seal_day(Service& service, const Call& call) {
  auto day = day_of_path(service, call);
  if (!day) return failed(day);
  auto sealed = service.sealer.seal(call.path[0], *day);
  if (!sealed) return failed(sealed);
  if (auto done = service.centre.record(call.session.name, "day_sealed", call.path[0] + "/" + base::to_string(*day));
      !done)
    return problem(done.error());
  return record_of(service, call.path[0], *day);
}

Response export_day(Service& service, const Call& call) {
  auto day = day_of_path(service, call);
  if (!day) return failed(day);
  if (auto known = service.centre.speaks_of(call.path[0], base::start_of(*day)); !known) return problem(known.error());
  auto all = service.centre.history(call.path[0]);
  if (!all) return failed(all);
  Response response{200, "application/x-ndjson", {}, {}};
  auto done = outputs::export_events(*all, *day, [&](const std::string& line) -> base::Status {
    if (response.body.size() + line.size() > kMaxExport)
      return base::fail(base::Errc::unavailable, "the day's export exceeds 512 MiB");
    response.body += line;
    response.body += '\n';
    return {};
  });
  if (!done) return problem(done.error());
  if (auto kept = service.centre.record(call.session.name, "day_exported", call.path[0] + "/" + base::to_string(*day));
      !kept)
    return problem(kept.error());
  response.headers.emplace_back("Content-Disposition",
                                "attachment; filename=\"" + call.path[0] + "-" + base::to_string(*day) + ".ndjson\"");
  return response;
}

Response sign_day(Service& service, const Call& call) {
  auto day = day_of_path(service, call);
  if (!day) return failed(day);
  auto body = parse_object(call.request.body.empty() ? "{}" : call.request.body, 65536);
  if (!body) return failed(body);
  if (auto known = only_members(*body, {"opinion"}); !known) return problem(known.error());
  auto sealed = service.sealer.sealed(call.path[0], *day);
  if (!sealed) return failed(sealed);
  if (!*sealed) return problem({base::Errc::conflict, "the day is not sealed yet"});
  auto review = sign_review(service.centre.control(), call.path[0], *day, call.session.name, text_of(*body, "opinion"),
                            call.request.now);
  if (!review) return failed(review);
  if (auto done = service.centre.record(call.session.name, "day_reviewed", call.path[0] + "/" + base::to_string(*day));
      !done)
    return problem(done.error());
  return record_of(service, call.path[0], *day);
}

Response countersign_day(Service& service, const Call& call) {
  auto day = day_of_path(service, call);
  if (!day) return failed(day);
  auto sealed = service.sealer.sealed(call.path[0], *day);
  if (!sealed) return failed(sealed);
  if (!*sealed) return problem({base::Errc::conflict, "the day is not sealed yet"});
  auto facts = service.memory.facts(call.path[0], base::start_of(*day));
  if (!facts) return failed(facts);
  auto now = evidence::account(**facts, (*sealed)->seal.from, (*sealed)->seal.to).totals;
  if (now.gap > now.explained)
    return problem(
        {base::Errc::conflict, std::to_string(now.gap - now.explained) + " source-seconds of gap are not explained"});
  auto review = countersign_review(service.centre.control(), call.path[0], *day, call.session.name, call.request.now);
  if (!review) return failed(review);
  if (auto done =
          service.centre.record(call.session.name, "day_countersigned", call.path[0] + "/" + base::to_string(*day));
      !done)
    return problem(done.error());
  return record_of(service, call.path[0], *day);
}

Response explain_gap(Service& service, const Call& call) {
  auto day = day_of_path(service, call);
  if (!day) return failed(day);
  auto body = parse_object(call.request.body, 65536);
  if (!body) return failed(body);
  if (auto known = only_members(*body, {"agent", "from", "to", "why"}); !known) return problem(known.error());
  evidence::GapExplained e;
  auto agent = text_of(*body, "agent");
  if (!agent.empty()) {  // "" speaks of the whole unit
    const Agent* known_agent = service.centre.roster().agent(agent);
    if (known_agent == nullptr || known_agent->unit != call.path[0])
      return problem({base::Errc::not_found, "agent " + agent.substr(0, 128)});
    e.asset = agent.substr(known_agent->unit.size() + 1);
  }
  e.from = number_of(*body, "from", base::start_of(*day));
  e.to = number_of(*body, "to", base::start_of(base::next(*day)));
  e.why = text_of(*body, "why");
  e.by = call.session.name;
  if (e.why.empty() || e.why.size() > 500) return problem({base::Errc::usage, "why needs 1 to 500 bytes"});
  if (e.from < base::start_of(*day) || e.to > base::start_of(base::next(*day)) || e.from >= e.to)
    return problem({base::Errc::usage, "from and to must lie in the day"});
  auto note = evidence::sign_record("gap-explained", evidence::to_json(e), service.centre.operator_name(),
                                    service.centre.keys().operator_key());
  if (auto written = service.ingest.append_now(call.path[0], "gap-explained", note); !written)
    return problem(written.error());
  if (auto done = service.centre.record(call.session.name, "gap_explained", agent + "/" + base::to_string(*day)); !done)
    return problem(done.error());
  return record_of(service, call.path[0], *day);
}

}  // namespace fengsui::collector::api
