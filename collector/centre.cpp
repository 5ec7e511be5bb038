#include "collector/centre.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/fd.h"
#include "collector/json.h"
#include "evidence/checkpoint.h"

namespace fengsui::collector {

base::Result<std::unique_ptr<Centre>> Centre::open(const std::filesystem::path& folder, const Config& config,
                                                   const base::Clock& clock, FaultPoint fault) {
  auto keys = Keys::load(folder / "keys");
  if (!keys) return std::unexpected(keys.error());
  auto out = std::unique_ptr<Centre>(new Centre(folder, config, std::move(*keys), clock, std::move(fault)));
  auto ledger = store::Ledger::open(folder / "ledger");
  if (!ledger) return std::unexpected(ledger.error());
  out->ledger_ = std::move(*ledger);
  auto roster = Roster::open(out->control());
  if (!roster) return std::unexpected(roster.error());
  out->roster_ = std::move(*roster);
  out->accounts_ = std::make_unique<Accounts>(out->control());
  auto logs = out->ledger_->units();
  if (!logs) return std::unexpected(logs.error());
  for (const auto& [unit, year] : *logs) out->logs_[unit].insert(year);
  // Every log is opened: an older copy of an earlier year's is noticed too, and what they hold is numbered together.
  for (const auto& [unit, _] : out->roster_->units()) {
    if (auto all = out->history(unit); !all) return std::unexpected(all.error());
    if (auto newest = out->book(unit); !newest && newest.error().code != base::Errc::unavailable)
      return std::unexpected(newest.error());
  }
  return out;
}

base::Result<Sequencer*> Centre::book(const std::string& unit) {
  if (roster_->unit(unit) == nullptr) return base::fail(base::Errc::not_found, "unit " + unit + " is not known");
  auto& years = logs_[unit];
  if (years.empty()) return open_log(unit, base::day_of(now()).year);
  auto newest = open_log(unit, *years.rbegin());
  if (newest && years.size() > 1 && (*newest)->log().size() == 0)
    return base::fail(base::Errc::unavailable, fmt::format("the log of {} of {} has not begun", *years.rbegin(), unit));
  return newest;
}

base::Result<History> Centre::history(const std::string& unit) {
  if (roster_->unit(unit) == nullptr) return base::fail(base::Errc::not_found, "unit " + unit + " is not known");
  std::vector<Sequencer*> books;
  for (int year : logs_[unit]) {
    auto book = open_log(unit, year);
    if (!book) return std::unexpected(book.error());
    if (books.empty() || (*book)->log().size() != 0) books.push_back(*book);
  }
  return History(std::move(books));
}

base::Status Centre::speaks_of(const std::string& unit, base::UnixMs at) const {
  int year = base::day_of(at).year;
  auto known = logs_.find(unit);
  if (known == logs_.end() || known->second.empty() || year < *known->second.begin() || year > base::day_of(now()).year)
    return base::fail(base::Errc::not_found, fmt::format("unit {} has no log of {}", unit, year));
  return {};
}

base::Result<Sequencer*> Centre::book_of_year(const std::string& unit, int year) {
  auto known = logs_.find(unit);
  if (roster_->unit(unit) == nullptr || known == logs_.end() || !known->second.contains(year))
    return base::fail(base::Errc::not_found, fmt::format("unit {} has no log of {}", unit, year));
  return open_log(unit, year);
}

base::Result<Sequencer*> Centre::make_log(const std::string& unit, int year) {
  auto& years = logs_[unit];
  if (!years.empty() && *years.rbegin() > year)
    return base::fail(base::Errc::usage, fmt::format("unit {} has a later log than {}", unit, year));
  auto made = open_log(unit, year);
  if (!made) return made;
  if (auto written = write_policy(); !written) return std::unexpected(written.error());
  return made;
}

base::Result<Sequencer*> Centre::open_log(const std::string& unit, int year) {
  auto key = std::pair(unit, year);
  if (auto it = books_.find(key); it != books_.end()) return it->second.get();
  auto signing = keys_.log(unit);
  if (!signing) return std::unexpected(signing.error());
  auto log = ledger_->unit(unit, year);
  if (!log) return std::unexpected(log.error());
  auto published = folder_ / "published";
  std::error_code error;
  std::filesystem::create_directories(published, error);
  if (error) return base::fail(base::Errc::io, "create folder " + published.string() + ": " + error.message());
  Sequencer::Options options;
  options.unit = unit;
  options.year = year;
  options.origin = evidence::make_origin(config_.collector.domain, config_.collector.division, unit, year);
  options.published = published / fmt::format("{}-{}.checkpoint", unit, year);
  options.key = *signing;
  options.fault = fault_;
  auto book = Sequencer::open(**log, std::move(options));
  if (!book) return std::unexpected(book.error());
  logs_[unit].insert(year);
  return books_.emplace(key, std::move(*book)).first->second.get();
}

base::Status Centre::add_unit(Unit unit) {
  auto id = unit.id;
  unit.created = now();
  if (auto done = roster_->add_unit(std::move(unit)); !done) return done;
  if (auto opened = book(id); !opened) return std::unexpected(opened.error());
  return write_policy();
}

base::Status Centre::record(const std::string& who, const std::string& what, const std::string& about) {
  // Time first, so that a listing is in order; a counter keeps two of one millisecond apart.
  auto key = fmt::format("{:015}-{:06}", now(), events_++ % 1000000);
  return control().put("event", key,
                       to_text(boost::json::object{{"time", now()}, {"who", who}, {"what", what}, {"about", about}}));
}

evidence::Policy Centre::roles() const {
  evidence::Policy policy;
  policy.attesters.push_back(evidence::make_vkey(attester_name(), keys_.attester().public_key()));
  policy.operators.push_back(evidence::make_vkey(operator_name(), keys_.operator_key().public_key()));
  policy.operators.push_back(evidence::make_vkey(second_name(), keys_.second().public_key()));
  policy.collectors.push_back(evidence::make_vkey(collector_name(), keys_.collector().public_key()));
  return policy;
}

base::Result<evidence::Policy> Centre::witnesses() const {
  auto text = base::read_file(folder_ / "witnesses", 65'536);
  if (!text && text.error().code == base::Errc::not_found) return evidence::Policy();
  if (!text) return std::unexpected(text.error());
  auto policy = evidence::parse_policy(base::text(*text));
  if (!policy) return base::fail(base::Errc::usage, (folder_ / "witnesses").string() + ": " + policy.error().what);
  return policy;
}

evidence::Policy Centre::policy(const Sequencer& book) const {
  auto policy = roles();
  policy.logs.push_back(book.vkey());
  return policy;
}

base::Result<evidence::Policy> Centre::policy_of(const std::string& unit) {
  auto all = history(unit);
  if (!all) return std::unexpected(all.error());
  auto policy = roles();
  for (const auto* book : all->books()) policy.logs.push_back(book->vkey());
  return policy;
}

base::Status Centre::write_policy() {
  auto policy = roles();
  for (const auto& [_, book] : books_) policy.logs.push_back(book->vkey());
  auto asked = witnesses();
  if (!asked) return std::unexpected(asked.error());
  policy.witnesses = std::move(asked->witnesses);
  policy.groups = std::move(asked->groups);
  policy.quorum = std::move(asked->quorum);
  return base::write_file_durable(folder_ / "evaluator-policy", base::view(evidence::format_policy(policy)), 0644);
}

}  // namespace fengsui::collector
