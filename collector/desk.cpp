#include "collector/desk.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "collector/json.h"
#include "evidence/body.h"
#include "evidence/checkpoint.h"
#include "evidence/leaf.h"

namespace fengsui::collector {

namespace json = boost::json;

namespace {

std::string key_of(const std::string& unit, int year, std::uint64_t index) {
  return fmt::format("{}/{}/{}", unit, year, index);
}

std::string to_json(const Triage& t) {
  return to_text(json::object{{"state", t.state},
                              {"by", t.by},
                              {"second", t.second},
                              {"reason", t.reason},
                              {"incident", t.incident},
                              {"time", t.time}});
}

Triage triage_from(const json::object& o) {
  return {text_of(o, "state"),  text_of(o, "by"),       text_of(o, "second"),
          text_of(o, "reason"), text_of(o, "incident"), number_of(o, "time")};
}

}  // namespace

base::Status check_detail(const store::LogReader& log, const store::StoredFinding& finding) {
  auto entries = log.entries(finding.index, finding.index + 1);
  if (!entries) return std::unexpected(entries.error());
  if (entries->size() != 1)
    return base::fail(base::Errc::unavailable, fmt::format("leaf {} is missing", finding.index));
  auto leaf = evidence::parse_leaf(entries->front().leaf);
  if (!leaf) return std::unexpected(leaf.error());
  auto find = evidence::parse_find(leaf->record.body);
  if (!find) return std::unexpected(find.error());
  if (find->commitment != evidence::detail_commitment(finding.salt, finding.detail) || find->rule != finding.rule ||
      find->severity != finding.severity)
    return base::fail(base::Errc::mismatch,
                      fmt::format("the stored event of finding {} is not the one its leaf commits to: it was altered",
                                  finding.index));
  return {};
}

base::Result<Found> Desk::find(const std::string& unit, std::uint64_t index) {
  auto all = centre_.history(unit);
  if (!all) return std::unexpected(all.error());
  auto place = all->locate(index);
  if (!place) return base::fail(base::Errc::not_found, fmt::format("finding {} of {}", index, unit.substr(0, 64)));
  auto finding = all->finding(index);
  if (!finding) return std::unexpected(finding.error());
  if (!*finding) return base::fail(base::Errc::not_found, fmt::format("finding {} of {}", index, unit.substr(0, 64)));
  return Found{place->first, place->second, std::move(**finding)};
}

std::optional<Triage> Desk::triage(const std::string& unit, std::uint64_t index) const {
  auto all = centre_.history(unit);
  auto place = all ? all->locate(index) : std::unexpected(all.error());
  if (!place) return std::nullopt;
  auto text = centre_.control().get("triage", key_of(unit, place->first->year(), index));
  if (!text || !*text) return std::nullopt;
  auto o = parse_object(**text);
  return o ? std::optional(triage_from(*o)) : std::nullopt;
}

base::Result<Triage> Desk::decide(const std::string& unit, std::uint64_t index, const std::string& state,
                                  const std::string& reason, const std::string& level, const std::string& by) {
  if (state != "confirmed" && state != "false_positive")
    return base::fail(base::Errc::usage, "state must be confirmed or false_positive");
  if (reason.empty() || reason.size() > 500)
    return base::fail(base::Errc::usage, "a reason of 1 to 500 bytes is needed");
  if (!level.empty() && level != "l1" && level != "l2" && level != "l3" && level != "l4")
    return base::fail(base::Errc::usage, "level must be l1 to l4");
  auto found = find(unit, index);
  if (!found) return std::unexpected(found.error());
  auto key = key_of(unit, found->book->year(), index);
  Triage next = triage(unit, index).value_or(Triage());
  if (next.state == "confirmed" || next.state == "false_positive")
    return base::fail(base::Errc::conflict, "finding is already " + next.state);
  if (state == "confirmed") {
    next = {state, by, "", reason, fmt::format("{}-{}-{}", unit, found->book->year(), index), centre_.now()};
    if (auto done = write_step(unit, found->finding, next, "triaged", level, false); !done)
      return std::unexpected(done.error());
  } else if (next.state == "proposed_false_positive") {
    if (next.by == by) return base::fail(base::Errc::conflict, "a false positive needs a second person");
    next.state = state;
    next.second = by;
    next.time = centre_.now();
    if (auto done = write_step(unit, found->finding, next, "false_positive", level, true); !done)
      return std::unexpected(done.error());
  } else {
    next = {"proposed_false_positive",
            by,
            "",
            reason,
            fmt::format("{}-{}-{}", unit, found->book->year(), index),
            centre_.now()};
  }
  if (auto done = centre_.control().put("triage", key, to_json(next)); !done) return std::unexpected(done.error());
  if (auto done = centre_.record(by, "triage_" + next.state, fmt::format("{}/{}", unit, index)); !done)
    return std::unexpected(done.error());
  return next;
}

base::Status Desk::write_step(const std::string& unit, const store::StoredFinding& finding, const Triage& triage,
                              std::string_view state, const std::string& level, bool two) {
  auto all = centre_.history(unit);
  if (!all) return std::unexpected(all.error());
  auto entries = all->entries(finding.index, finding.index + 1);
  if (!entries) return std::unexpected(entries.error());
  if (entries->size() != 1)
    return base::fail(base::Errc::unavailable, fmt::format("leaf {} of {} is missing", finding.index, unit));
  auto leaf = evidence::parse_leaf(entries->front().leaf);
  if (!leaf) return std::unexpected(leaf.error());
  auto find = evidence::parse_find(leaf->record.body);
  if (!find) return std::unexpected(find.error());
  evidence::IncidentStep step;
  step.iid = triage.incident;
  step.fids = {find->fid};
  step.severity = finding.severity;
  step.level = level;
  step.state = state;
  step.by = triage.second.empty() ? triage.by : triage.by + "," + triage.second;
  step.reason = triage.reason;
  step.t = centre_.now();
  auto json = evidence::to_json(step);
  auto note = evidence::sign_record("incident", json, centre_.operator_name(), centre_.keys().operator_key());
  if (two)
    note =
        evidence::add_line(std::move(note), evidence::signature_line(evidence::record_text("incident", json),
                                                                     centre_.second_name(), centre_.keys().second()));
  auto written = ingest_.append_now(unit, "incident", note);
  return written ? base::Status() : std::unexpected(written.error());
}

}  // namespace fengsui::collector
