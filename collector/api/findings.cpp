#include <fmt/format.h>

#include <boost/json.hpp>
#include <charconv>

#include "base/encode.h"
#include "collector/api/handlers.h"
#include "collector/attestor.h"
#include "collector/desk.h"
#include "evidence/merkle.h"

namespace fengsui::collector::api {

namespace json = boost::json;

namespace {

constexpr std::size_t kScanPage = 1000;

base::Result<std::uint64_t> number(const std::string& text, std::uint64_t low, std::uint64_t high,
                                   std::string_view what) {
  std::uint64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || value < low || value > high)
    return base::fail(base::Errc::usage, fmt::format("{} must be a number from {} to {}", what, low, high));
  return value;
}

const json::object* inside(const json::object* object, std::initializer_list<std::string_view> path) {
  for (auto name : path) object = object != nullptr ? object_of(*object, name) : nullptr;
  return object;
}

json::object both(const json::object* fengsui, std::string_view name, const std::string& otherwise) {
  const auto* text = inside(fengsui, {name});
  json::object out{{"zh", text != nullptr ? text_of(*text, "zh") : otherwise},
                   {"en", text != nullptr ? text_of(*text, "en") : ""}};
  if (out["zh"].as_string().empty()) out["zh"] = otherwise;
  return out;
}

// What the finding is about: the first of request, file, URL, account, endpoint that the event names.
std::string object_text(const json::object& event) {
  auto from = [](const json::object& o) {
    for (auto [part, field] : {std::pair("http_request", ""), std::pair("file", "path"), std::pair("url", "url_string"),
                               std::pair("user", "name"), std::pair("dst_endpoint", "ip"),
                               std::pair("query", "hostname"), std::pair("src_endpoint", "ip")}) {
      const auto* p = object_of(o, part);
      if (p == nullptr) continue;
      if (*field == '\0') {
        const auto* url = object_of(*p, "url");
        auto text = url != nullptr ? text_of(*url, "path") : "";
        if (text.empty() && url != nullptr) text = text_of(*url, "url_string");
        if (!text.empty()) return text_of(*p, "http_method") + (text_of(*p, "http_method").empty() ? "" : " ") + text;
        continue;
      }
      auto text = text_of(*p, field);
      if (!text.empty()) return text;
    }
    return std::string();
  };
  // The agent names the object itself where OCSF has no attribute for it: "POST /apply", "a.zip!b.csv".
  if (const auto* unmapped = object_of(event, "unmapped"); unmapped != nullptr)
    if (const auto* ours = object_of(*unmapped, "fengsui"); ours != nullptr)
      if (auto named = text_of(*ours, "object"); !named.empty()) return named;
  auto text = from(event);
  if (!text.empty()) return text;
  for (auto list : {"evidences", "resources"})
    if (const auto* items = array_of(event, list))
      for (const auto& item : *items)
        if (const auto* o = item.if_object())
          if (auto t = from(*o); !t.empty()) return t;
  return "";
}

// Counts by type: those in clear and masked; of a type that is only unclear, the unclear ones.
json::object type_counts(const json::object* fengsui) {
  json::object out;
  const auto* data = fengsui != nullptr ? array_of(*fengsui, "data") : nullptr;
  if (data == nullptr) return out;
  for (const auto& item : *data) {
    const auto* o = item.if_object();
    if (o == nullptr) continue;
    auto count = number_of(*o, "clear") + number_of(*o, "masked");
    if (count == 0) count = number_of(*o, "unclear");
    if (count > 0) out[text_of(*o, "type")] = count;
  }
  return out;
}

json::object finding_json(const store::StoredFinding& f, const json::object& event, Desk& desk,
                          const std::string& unit) {
  const auto* fengsui = inside(&event, {"unmapped", "fengsui"});
  const auto* info = inside(&event, {"finding_info"});
  const auto* analytic = inside(info, {"analytic"});
  auto stage = f.stage >= 1 && f.stage <= 6 ? model::id(static_cast<model::Stage>(f.stage)) : "operation";
  auto severity =
      f.severity >= 1 && f.severity <= 5 ? model::id(static_cast<model::Severity>(f.severity)) : "informational";
  auto triage = desk.triage(unit, f.index);
  return {{"index", f.index},
          {"agent", f.agent},
          {"seq", f.seq},
          {"time", f.time},
          {"received", f.rx},
          {"rule", f.rule},
          {"rule_version", analytic != nullptr ? text_of(*analytic, "version") : ""},
          {"severity", std::string(severity)},
          {"stage", std::string(stage)},
          {"title", both(fengsui, "title", info != nullptr ? text_of(*info, "title") : f.rule)},
          {"message", both(fengsui, "text", text_of(event, "message"))},
          {"types", type_counts(fengsui)},
          {"object", object_text(event)},
          {"triage", triage ? triage->state : "untriaged"}};
}

base::Result<json::object> event_of(const store::LogReader& log, const store::StoredFinding& f) {
  if (auto genuine = check_detail(log, f); !genuine) return std::unexpected(genuine.error());
  auto event = parse_object(f.detail);
  if (!event)
    return base::fail(base::Errc::unavailable, fmt::format("stored event of finding {} is not JSON", f.index));
  return event;
}

struct Wanted {
  base::Day day;
  History history;
};

base::Result<Wanted> wanted(Service& service, const Call& call) {
  auto day = base::parse_day(call.path[1]);
  if (!day) return std::unexpected(day.error());
  if (service.centre.roster().unit(call.path[0]) == nullptr)
    return base::fail(base::Errc::not_found, "unit " + call.path[0].substr(0, 64));
  if (auto known = service.centre.speaks_of(call.path[0], base::start_of(*day)); !known)
    return std::unexpected(known.error());
  auto all = service.centre.history(call.path[0]);
  if (!all) return std::unexpected(all.error());
  return Wanted{*day, std::move(*all)};
}

base::Result<store::FindingQuery> query_of(const Request& request) {
  store::FindingQuery query;
  for (const auto& [name, value] : request.query) {
    if (name == "limit") {
      auto n = number(value, 1, 500, "limit");
      if (!n) return std::unexpected(n.error());
      query.limit = *n;
    } else if (name == "cursor") {
      auto n = number(value, 0, UINT64_MAX / 2, "cursor");
      if (!n) return std::unexpected(n.error());
      query.after_index = *n;
      query.from_start = false;
    } else if (name == "severity") {
      auto severity = model::severity_from(value);
      if (!severity) return base::fail(base::Errc::usage, "severity is not one of the five");
      query.min_severity = static_cast<std::uint8_t>(*severity);
    } else if (name == "stage") {
      auto stage = model::stage_from(value);
      if (!stage) return base::fail(base::Errc::usage, "stage is not one of the six");
      query.stage = static_cast<std::uint8_t>(*stage);
    } else if (name == "rule") {
      query.rule = value;
    } else if (name == "agent") {
      query.agent = value;
    }
  }
  return query;
}

// The contract filters by one severity, the store by a lowest one; and the total speaks of the whole filter.
struct Page {
  std::vector<store::StoredFinding> items;
  std::uint64_t total = 0;
  bool more = false;
};
base::Result<Page> page_of(const store::LogReader& log, base::Day day, const store::FindingQuery& asked) {
  Page page;
  store::FindingQuery scan = asked;
  scan.limit = kScanPage;
  scan.from_start = true;
  scan.after_index = 0;
  while (true) {
    auto found = log.findings(day, scan);
    if (!found) return std::unexpected(found.error());
    for (auto& f : *found) {
      if (asked.min_severity != 0 && f.severity != asked.min_severity) continue;
      ++page.total;
      if (!asked.from_start && f.index <= asked.after_index) continue;
      if (page.items.size() < asked.limit)
        page.items.push_back(std::move(f));
      else
        page.more = true;
    }
    if (found->size() < kScanPage) return page;
    scan.from_start = false;
    scan.after_index = found->back().index;
  }
}

}  // namespace

Response list_findings(Service& service, const Call& call) {
  auto what = wanted(service, call);
  if (!what) return failed(what);
  auto query = query_of(call.request);
  if (!query) return failed(query);
  auto page = page_of(what->history, what->day, *query);
  if (!page) return failed(page);
  json::array items;
  for (const auto& f : page->items) {
    auto event = event_of(what->history, f);
    if (!event) return failed(event);
    items.push_back(finding_json(f, *event, service.desk, call.path[0]));
  }
  return answer(
      200, {{"items", std::move(items)},
            {"next_cursor", page->more ? json::value(std::to_string(page->items.back().index)) : json::value(nullptr)},
            {"total", page->total}});
}

Response get_finding(Service& service, const Call& call) {
  auto index = number(call.path[1], 0, UINT64_MAX / 2, "index");
  if (!index) return failed(index);
  auto found = service.desk.find(call.path[0], *index);
  if (!found) return failed(found);
  const auto& [book, local, f] = *found;
  auto all = service.centre.history(call.path[0]);
  if (!all) return failed(all);
  auto event = event_of(*all, f);
  if (!event) return failed(event);
  auto leaf = book->log().entries(local, local + 1);
  if (!leaf) return failed(leaf);
  if (leaf->size() != 1)
    return problem({base::Errc::unavailable, fmt::format("leaf {} of {} is missing", *index, call.path[0])});
  auto body = finding_json(f, *event, service.desk, call.path[0]);
  body["event"] = std::move(*event);
  body["detail"] = f.detail;
  body["salt"] = base::base64(f.salt);
  body["leaf_b64"] = base::base64(leaf->front().leaf);
  body["leaf_hash"] = base::base64(leaf->front().leaf_hash);
  body["proof"] = nullptr;
  const auto& checkpoint = book->newest();
  if (local < checkpoint.size) {
    auto proof = evidence::inclusion_proof(LogHashes(book->log()), local, checkpoint.size);
    if (!proof) return failed(proof);
    json::array hashes;
    for (const auto& hash : *proof) hashes.emplace_back(base::base64(hash));
    body["proof"] = json::object{{"index", local},
                                 {"size", checkpoint.size},
                                 {"root", base::base64(checkpoint.root)},
                                 {"hashes", std::move(hashes)},
                                 {"checkpoint", checkpoint.note}};
  }
  return answer(200, body);
}

Response refuse_deletion(Service& service, const Call& call) {
  if (auto done = service.centre.record(call.session.name, "deletion_refused",
                                        call.path[0].substr(0, 64) + "/" + call.path[1].substr(0, 32));
      !done)
    return problem(done.error());
  return problem(405, "not_deletable", "Findings are not deletable", "监测发现不可删除；本次尝试已记录",
                 "findings cannot be deleted; the attempt has been recorded");
}

Response triage_finding(Service& service, const Call& call) {
  auto index = number(call.path[1], 0, UINT64_MAX / 2, "index");
  if (!index) return failed(index);
  auto body = parse_object(call.request.body, 65536);
  if (!body) return failed(body);
  if (auto known = only_members(*body, {"state", "reason", "level"}); !known) return problem(known.error());
  auto done = service.desk.decide(call.path[0], *index, text_of(*body, "state"), text_of(*body, "reason"),
                                  text_of(*body, "level"), call.session.name);
  if (!done) return failed(done);
  if (auto revoked = service.attestor.tick(); !revoked) return problem(revoked.error());
  return answer(200, {{"index", *index},
                      {"state", done->state},
                      {"by", done->by},
                      {"second", done->second},
                      {"incident", done->incident}});
}

}  // namespace fengsui::collector::api
