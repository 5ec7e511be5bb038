#include <boost/json.hpp>
#include <charconv>

#include "collector/api/handlers.h"
#include "collector/attestor.h"
#include "evidence/bundle.h"

namespace fengsui::collector::api {

namespace json = boost::json;

namespace {

struct Days {
  base::Day from, to;
};

base::Result<Days> days_of(const std::string& from, const std::string& to) {
  auto a = base::parse_day(from), b = base::parse_day(to);
  if (!a) return base::fail(base::Errc::usage, "from: " + a.error().what);
  if (!b) return base::fail(base::Errc::usage, "to: " + b.error().what);
  if (*a > *b) return base::fail(base::Errc::usage, "from is after to");
  return Days{*a, *b};
}

Response no_unit(const std::string& unit) { return problem({base::Errc::not_found, "unit " + unit.substr(0, 64)}); }

// Points are hundredths inside; the contract has numbers.
double points(std::int64_t hundredths) { return static_cast<double>(hundredths) / 100; }

json::array missing_of(const evidence::Clause& clause) {
  json::array out;
  if (!clause.complete)
    out.push_back(json::object{{"zh", "缺少数据，只能给出区间"}, {"en", "data are missing: a range only"}});
  return out;
}

}  // namespace

Response list_attestations(Service& service, const Call& call) {
  if (service.centre.roster().unit(call.path[0]) == nullptr) return no_unit(call.path[0]);
  auto rows = service.attestor.list(call.path[0]);
  if (!rows) return failed(rows);
  json::array items;
  for (auto& row : *rows) items.push_back(std::move(row));
  return answer(200, {{"items", std::move(items)}});
}

Response issue_attestation(Service& service, const Call& call) {
  if (service.centre.roster().unit(call.path[0]) == nullptr) return no_unit(call.path[0]);
  auto body = parse_object(call.request.body, 65536);
  if (!body) return failed(body);
  if (auto known = only_members(*body, {"from", "to"}); !known) return problem(known.error());
  auto days = days_of(text_of(*body, "from"), text_of(*body, "to"));
  if (!days) return failed(days);
  auto issued = service.attestor.issue(call.path[0], days->from, days->to, call.session.name);
  return issued ? answer(200, *issued) : failed(issued);
}

Response get_bundle(Service& service, const Call& call) {
  if (service.centre.roster().unit(call.path[0]) == nullptr) return no_unit(call.path[0]);
  auto zip = service.attestor.bundle(call.path[0], call.path[1]);
  if (!zip) return failed(zip);
  if (auto since = call.request.query.find("since"); since != call.request.query.end()) {
    std::uint64_t leaves = 0;
    const auto& text = since->second;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), leaves);
    if (text.empty() || error != std::errc() || end != text.data() + text.size() || leaves == 0)
      return problem({base::Errc::usage, "since must be a number of leaves, 1 or more"});
    auto files = evidence::read_zip(*zip);
    if (!files) return failed(files);
    auto cut = evidence::trim_bundle(*files, leaves);
    if (!cut) return failed(cut);
    zip = evidence::write_zip(*cut);
    if (!zip) return failed(zip);
  }
  Response response{200, "application/zip", std::string(base::text(*zip)), {}};
  response.headers.emplace_back("Content-Disposition", "attachment; filename=\"" + call.path[1] + ".zip\"");
  return response;
}

Response list_revocations(Service& service, const Call& call) {
  if (service.centre.roster().unit(call.path[0]) == nullptr) return no_unit(call.path[0]);
  auto list = service.attestor.revocations(call.path[0]);
  return list ? Response{200, "application/json", *list, {}} : failed(list);
}

Response get_score(Service& service, const Call& call) {
  if (service.centre.roster().unit(call.path[0]) == nullptr) return no_unit(call.path[0]);
  auto today = base::day_of(call.request.now);
  auto value = [&](const char* name, base::Day otherwise) {
    auto it = call.request.query.find(name);
    return it == call.request.query.end() ? base::to_string(otherwise) : it->second;
  };
  auto days = days_of(value("from", {today.year, 1, 1}), value("to", today));
  if (!days) return failed(days);
  if (days->from.year != days->to.year)
    return problem({base::Errc::usage, "a period lies inside one year: each year has its own log"});
  auto result = service.scorer.score(call.path[0], days->from, days->to);
  if (!result) return failed(result);
  if (!result->score) return problem({base::Errc::unavailable, "no score rules: rules.dir has no score/row16.toml"});
  const auto& score = *result->score;
  auto inputs = parse_object(evidence::to_json(score.inputs).dump());
  if (!inputs) return failed(inputs);
  json::array clauses;
  std::int64_t max = 0;
  for (const auto& c : score.clauses) {
    json::object of;
    for (const auto& member : *inputs)
      if (member.value().is_int64()) of[member.key()] = member.value();
    clauses.push_back(json::object{{"id", c.part + "." + c.id},
                                   {"name", json::object{{"zh", c.zh}, {"en", c.en}}},
                                   {"max", points(c.max)},
                                   {"low", points(c.low)},
                                   {"high", points(c.high)},
                                   {"formula", c.formula},
                                   {"inputs", std::move(of)},
                                   {"missing", missing_of(c)}});
    max += c.max;
  }
  return answer(200, {{"unit", call.path[0]},
                      {"from", base::to_string(days->from)},
                      {"to", base::to_string(days->to)},
                      {"rules", score.policy_digest},
                      {"clauses", std::move(clauses)},
                      {"low", points(score.low)},
                      {"high", points(score.high)},
                      {"max", points(max)},
                      {"veto", score.veto}});
}

}  // namespace fengsui::collector::api
