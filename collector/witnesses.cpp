#include "collector/witnesses.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <set>

#include "base/fd.h"
#include "collector/json.h"
#include "evidence/checkpoint.h"

namespace fengsui::collector {

namespace json = boost::json;

namespace {

constexpr base::UnixMs kDayMs = 86'400'000;

std::string key_of(const Sequencer& book) { return fmt::format("{}/{}", book.unit(), book.year()); }

std::vector<evidence::Vkey> keys_of(const evidence::Policy& policy) {
  std::vector<evidence::Vkey> out;
  for (const auto& w : policy.witnesses) out.push_back(w.key);
  return out;
}

bool enough(const evidence::Policy& policy, const std::string& note) {
  auto parsed = evidence::parse_note(note);
  if (!parsed) return false;
  std::set<std::string> good;
  for (const auto& w : policy.witnesses)
    if (evidence::verify_note(*parsed, w.key).state == evidence::SignatureState::good) good.insert(w.name);
  return !good.empty() && policy.quorum_met(good);
}

}  // namespace

base::Result<std::string> Witnesses::request(const std::string& unit, std::uint64_t old_size) {
  auto book = centre_.book(unit);
  if (!book) return std::unexpected(book.error());
  const auto& newest = (*book)->newest();
  if (newest.note.empty()) return base::fail(base::Errc::not_found, "the log of " + unit + " has no checkpoint yet");
  if (old_size > newest.size)
    return base::fail(base::Errc::mismatch,
                      fmt::format("a witness has signed {} leaves of {}, this ledger holds {}: an older copy was put back; "
                                  "going on would fork the log",
                                  old_size, (*book)->origin(), newest.size));
  evidence::AddCheckpoint out{old_size, {}, newest.note};
  auto proof = (*book)->consistency(old_size);
  if (!proof) return std::unexpected(proof.error());
  out.proof = std::move(*proof);
  if (auto kept = centre_.control().put("witness_asked", key_of(**book), to_text(json::object{{"note", newest.note}})); !kept)
    return std::unexpected(kept.error());
  return evidence::format_add_checkpoint(out);
}

base::Result<std::size_t> Witnesses::accept(const std::string& unit, std::string_view answer) {
  auto book = centre_.book(unit);
  if (!book) return std::unexpected(book.error());
  auto policy = centre_.witnesses();
  if (!policy) return std::unexpected(policy.error());
  auto row = centre_.control().get("witness_asked", key_of(**book));
  if (!row) return std::unexpected(row.error());
  auto asked = *row ? parse_object(**row) : base::Result<json::object>(base::fail(base::Errc::not_found, ""));
  if (!asked) return base::fail(base::Errc::not_found, "no witness was asked about " + (*book)->origin());
  auto note = text_of(*asked, "note");
  auto text = [](const std::string& of) { return of.substr(0, of.find("\n\n")); };
  bool still_newest = text(note) == text((*book)->newest().note);
  if (still_newest) note = (*book)->newest().note;  // with the lines that came since
  auto lines = evidence::cosignatures_in(answer, note, keys_of(*policy));
  if (!lines) return std::unexpected(lines.error());
  if (lines->empty()) return std::size_t{0};
  for (const auto& line : *lines) note = evidence::add_line(std::move(note), line);
  if (still_newest)
    if (auto done = (*book)->cosigned(note); !done) return std::unexpected(done.error());
  json::object kept{{"note", note}};
  if (auto done = centre_.control().put("witness_asked", key_of(**book), to_text(kept)); !done) return std::unexpected(done.error());
  if (enough(*policy, note)) {
    kept["time"] = centre_.now();
    if (auto done = centre_.control().put("witnessed", key_of(**book), to_text(kept)); !done) return std::unexpected(done.error());
  }
  return lines->size();
}

base::Result<std::optional<store::Checkpoint>> Witnesses::witnessed(const Sequencer& book) {
  auto row = centre_.control().get("witnessed", key_of(book));
  if (!row) return std::unexpected(row.error());
  auto o = *row ? parse_object(**row) : base::Result<json::object>(base::fail(base::Errc::not_found, ""));
  if (!o) return std::optional<store::Checkpoint>();
  auto policy = centre_.witnesses();
  if (!policy) return std::unexpected(policy.error());
  auto note = text_of(*o, "note");
  auto opened = evidence::open_checkpoint(note, book.vkey());
  if (!opened) return std::unexpected(opened.error());
  if (!enough(*policy, note)) return std::optional<store::Checkpoint>();  // other witnesses are asked for now
  return std::optional(store::Checkpoint{opened->size, opened->root, note});
}

std::string Witnesses::health() {
  auto policy = centre_.witnesses();
  if (!policy) return policy.error().what;
  if (policy->witnesses.empty()) return "";
  for (const auto& [unit, known] : centre_.roster().units()) {
    auto book = centre_.book(unit);
    if (!book) continue;
    auto row = centre_.control().get("witnessed", key_of(**book));
    if (!row) return row.error().what;
    auto o = *row ? parse_object(**row) : base::Result<json::object>(base::fail(base::Errc::not_found, ""));
    auto since = o ? number_of(*o, "time") : known.created;
    if (centre_.now() - since > kDayMs)
      return fmt::format("the log of {} was not cosigned by enough witnesses since {}", unit, base::to_rfc3339(since));
  }
  return "";
}

evidence::WitnessAnswer answer_as_witness(Centre& centre, std::string_view body) {
  auto refuse = [](int status, const std::string& why) {
    return evidence::WitnessAnswer{status, why + "\n", std::nullopt, ""};
  };
  auto request = evidence::parse_add_checkpoint(body);
  if (!request) return refuse(400, request.error().what);
  auto origin = evidence::origin_of(*request);
  if (!origin) return refuse(400, origin.error().what);
  auto text = base::read_file(centre.folder() / "witnessed-logs", 65'536);
  if (!text && text.error().code == base::Errc::not_found) return refuse(404, "unknown log");
  if (!text) return refuse(500, "the list of logs cannot be read");
  auto logs = evidence::parse_policy(base::text(*text));
  if (!logs) return refuse(500, "the list of logs cannot be read");
  const auto* log = logs->log(*origin);
  auto row = log != nullptr ? centre.control().get("witness_seen", *origin) : std::optional<std::string>();
  if (!row) return refuse(500, "what was seen before cannot be read");
  std::string seen;
  if (*row) {
    auto o = parse_object(**row);
    if (!o) return refuse(500, "what was seen before cannot be read");
    seen = text_of(*o, "note");
  }
  auto key = centre.keys().witness();
  if (!key) return refuse(500, "the witness' key cannot be read");
  auto answer = evidence::witness(*request, log, seen, centre.witness_name(), **key, centre.now() / 1000);
  if (!answer.keep) return answer;
  // Only one thread comes here, so that what was seen is still what is replaced.
  auto next = to_text(json::object{{"note", *answer.keep}});
  auto kept = *row ? centre.control().swap("witness_seen", *origin, **row, next) : centre.control().insert("witness_seen", *origin, next);
  if (!kept) return refuse(500, "the checkpoint could not be stored");
  return answer;
}

}  // namespace fengsui::collector
