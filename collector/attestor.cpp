#include "collector/attestor.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <set>

#include "base/encode.h"
#include "base/fd.h"
#include "collector/report/attestation.h"
#include "collector/report/daily_record.h"
#include "collector/stamps.h"
#include "collector/witnesses.h"
#include "collector/year_change.h"
#include "evidence/attest.h"
#include "evidence/bundle.h"
#include "evidence/checkpoint.h"
#include "evidence/leaf.h"

namespace fengsui::collector {

namespace json = boost::json;

namespace {

constexpr std::size_t kMaxBinary = 512u << 20, kMaxBundle = 4096ull << 20, kMaxPage = 8u << 20, kMaxState = 256u << 20;

class LogEntries : public evidence::EntryReader {
 public:
  explicit LogEntries(const store::UnitLog& log) : log_(log) {}
  base::Result<std::vector<base::Bytes>> leaves(std::uint64_t from, std::uint64_t to) const override {
    auto entries = log_.entries(from, to);
    if (!entries) return std::unexpected(entries.error());
    if (entries->size() != to - from)
      return base::fail(base::Errc::not_found, fmt::format("leaves {} to {}", from, to));
    std::vector<base::Bytes> out;
    out.reserve(entries->size());
    for (auto& entry : *entries) out.push_back(std::move(entry.leaf));
    return out;
  }

 private:
  const store::UnitLog& log_;
};

// The contract's words for what lib/evidence found.
std::string_view contract_code(const std::string& code) {
  constexpr std::pair<std::string_view, std::string_view> table[] = {
      {"incident", "incident_in_period"},     {"untriaged", "untriaged_finding"}, {"chain", "chain_broken"},
      {"coverage", "coverage_below_minimum"}, {"explained_gap", "gap_explained"}, {"amended", "supplement"}};
  for (auto [ours, word] : table)
    if (code == ours) return word;
  return code;
}

json::array reasons_json(const std::vector<evidence::Reason>& reasons) {
  json::array out;
  for (const auto& r : reasons) {
    json::array findings;
    if (r.leaf >= 0) findings.push_back(r.leaf);
    out.push_back(json::object{{"code", contract_code(r.code)},
                               {"text", json::object{{"zh", r.text.zh}, {"en", r.text.en}}},
                               {"date", r.day.empty() ? json::value(nullptr) : json::value(r.day)},
                               {"findings", std::move(findings)}});
  }
  return out;
}

json::object coverage_json(const evidence::CoverageTotals& t) {
  json::object out{{"required", t.required}, {"covered", t.covered}, {"late", t.late},
                   {"degraded", t.degraded}, {"planned", t.planned}, {"gap", t.gap}};
  auto due = t.required - t.planned;
  out["ratio"] =
      due == 0 ? json::value(nullptr) : json::value(static_cast<double>(t.covered) / static_cast<double>(due));
  return out;
}

std::filesystem::path bundle_path(const Centre& centre, const std::string& unit, const std::string& id) {
  return centre.folder() / "attestations" / unit / (id + ".zip");
}

}  // namespace

struct Attestor::Ended {
  std::vector<std::unique_ptr<LogHashes>> hashes;
  std::vector<std::unique_ptr<LogEntries>> entries;
};

struct Attestor::Decided {
  Sequencer* book = nullptr;
  const evidence::Facts* facts = nullptr;
  evidence::Period period;
  evidence::Decision decision;
  std::vector<std::pair<base::Day, std::uint64_t>> seals;
};

base::Result<Attestor::Decided> Attestor::decide(const std::string& unit, base::Day from, base::Day to) {
  if (centre_.roster().unit(unit) == nullptr) return base::fail(base::Errc::not_found, "unit " + unit.substr(0, 64));
  if (from > to) return base::fail(base::Errc::usage, "the period ends before it begins");
  if (base::start_of(to) > centre_.now())
    return base::fail(base::Errc::usage, "period_not_over: " + base::to_string(to) + " has not begun");
  if (auto flushed = ingest_.flush_all(); !flushed) return std::unexpected(flushed.error());
  Decided out;
  auto sealed = sealer_.sealed(unit, to);
  if (!sealed) return std::unexpected(sealed.error());
  auto end = base::start_of(base::next(to));
  // A day that still runs is spoken of only as far as its seal goes.
  out.period.to = end <= centre_.now() ? end : *sealed ? (*sealed)->seal.to : sealer_.so_far(unit, to);
  out.period.from = base::start_of(from);
  if (out.period.to <= out.period.from)
    return base::fail(base::Errc::usage, "nothing of the period has been reported yet");
  auto book = centre_.book(unit);
  if (!book) return std::unexpected(book.error());
  out.book = *book;
  auto problems = memory_.problems(unit, out.period.from);
  if (!problems) return std::unexpected(problems.error());
  auto facts = memory_.facts(unit, out.period.from);
  if (!facts) return std::unexpected(facts.error());
  out.facts = *facts;
  out.period.dept = unit;
  out.period.as_of = out.facts->leaves;
  out.period.min_covered_ppm = static_cast<std::uint64_t>(centre_.config().evidence.coverage_percent) * 10'000;
  if (out.book->newest().size != out.period.as_of - out.facts->first)
    return base::fail(base::Errc::unavailable, "the newest checkpoint of " + unit + " does not cover its log yet");
  out.decision = evidence::decide(*out.facts, out.period, *problems);
  for (const auto& s : out.facts->seals)
    if (s.body.day >= from && s.body.day <= to) out.seals.emplace_back(s.body.day, s.leaf);
  return out;
}

base::Result<json::object> Attestor::issue(const std::string& unit, base::Day from, base::Day to,
                                           const std::string& by) {
  auto decided = decide(unit, from, to);
  if (!decided) return std::unexpected(decided.error());
  const auto& d = decided->decision;
  auto id = fmt::format("{}-{}-{}-{}", unit, base::to_string(from), base::to_string(to), centre_.now());
  bool refused = d.outcome == evidence::Outcome::refused;
  json::object row{{"id", id},
                   {"unit", unit},
                   {"from", base::to_string(from)},
                   {"to", base::to_string(to)},
                   {"result", evidence::id(d.outcome)},
                   {"reasons", reasons_json(refused ? d.refusals : d.notes)},
                   {"time", centre_.now()},
                   {"by", by},
                   {"as_of", decided->period.as_of},
                   {"coverage", coverage_json(d.coverage.totals)},
                   {"has_bundle", !refused},
                   {"revoked", nullptr},
                   {"covers_until", decided->period.to},
                   {"incident_free", d.incident_free},
                   {"provisional", d.provisional}};
  if (!refused) {
    auto signed_row = sign(unit, from, to, *decided, std::move(row));
    if (!signed_row) return signed_row;
    row = std::move(*signed_row);
  }
  if (auto stored = centre_.control().insert("attestation", unit + "/" + id, to_text(row)); !stored)
    return std::unexpected(stored.error());
  if (auto done = centre_.record(by, "attestation_" + std::string(evidence::id(d.outcome)), id); !done)
    return std::unexpected(done.error());
  return row;
}

base::Result<json::object> Attestor::sign(const std::string& unit, base::Day from, base::Day to, const Decided& d,
                                          json::object row) {
  auto at = evidence::open_checkpoint(d.book->newest().note, d.book->vkey());
  if (!at) return std::unexpected(at.error());
  auto score = scorer_.score(unit, from, to);
  if (!score) return std::unexpected(score.error());
  const auto& attester = centre_.keys().attester();
  evidence::Issuer issuer{centre_.collector_name(), std::string("fengsui-collector ") + FENGSUI_VERSION,
                          binary_digest()};
  auto payload = evidence::statement(*d.facts, d.period, d.decision, issuer, *at, d.book->newest().note,
                                     score->score ? &*score->score : nullptr);
  auto envelope = evidence::sign_envelope(evidence::kPayloadType, payload, attester);
  auto parsed = evidence::parse_envelope(envelope);
  if (!parsed) return std::unexpected(parsed.error());
  // Into the log before anybody sees it: the collector cannot hand different attestations to different people unseen.
  auto entry = ingest_.append_now(unit, "dsse", evidence::rekor_entry(*parsed, attester.public_key()));
  if (!entry) return std::unexpected(entry.error());
  auto checkpoints = d.book->log().checkpoints();
  if (!checkpoints) return std::unexpected(checkpoints.error());
  LogHashes hashes(d.book->log());
  LogEntries entries(d.book->log());
  evidence::BundleInput input{hashes,
                              entries,
                              unit,
                              d.period.from,
                              d.period.to,
                              envelope,
                              attester.public_key(),
                              *entry,
                              d.book->vkey(),
                              d.book->newest().note,
                              {},
                              {},
                              score->policy_text};
  for (const auto& c : *checkpoints) input.older.push_back(c.note);
  // Without the page the evidence is the same; /healthz says that it is missing.
  if (auto html = page()) input.people.emplace_back("verify.html", std::move(*html));
  Ended ended;
  if (auto done = add_ended(unit, d, input, ended); !done) return std::unexpected(done.error());
  for_people(unit, from, to, d, std::string(row["id"].as_string()), evidence::payload_digest(payload),
             score->score ? &*score->score : nullptr, input);
  auto zip = evidence::make_bundle(input);
  if (!zip) return std::unexpected(zip.error());
  auto path = bundle_path(centre_, unit, std::string(row["id"].as_string()));
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  if (error) return base::fail(base::Errc::io, "create folder " + path.parent_path().string() + ": " + error.message());
  if (auto written = base::write_file_durable(path, *zip, 0640); !written) return std::unexpected(written.error());
  row["entry"] = *entry;
  row["payload_sha256"] = evidence::payload_digest(payload);
  return row;
}

// The logs that ended since the period began, whole; and where the period lies in a later year than the unit's first, the
// state that the first of them began with, and the hashes of the log before it.
base::Status Attestor::add_ended(const std::string& unit, const Decided& d, evidence::BundleInput& input, Ended& out) {
  auto all = centre_.history(unit);
  if (!all) return std::unexpected(all.error());
  const auto& books = all->books();
  std::size_t begin = 0;
  for (std::size_t i = 1; i < books.size(); ++i)
    if (base::start_of({books[i]->year(), 1, 1}) <= d.period.from) begin = i;
  std::uint64_t first = 0;
  for (std::size_t i = 0; i < books.size(); ++i) {
    const auto& log = books[i]->log();
    std::vector<std::pair<base::Day, std::uint64_t>> seals;
    for (const auto& [day, leaf] : d.seals)
      if (leaf >= first && leaf - first < log.size()) seals.emplace_back(day, leaf - first);
    first += log.size();
    if (i + 1 == books.size()) {
      input.seals = std::move(seals);
    } else if (i + 1 >= begin) {
      out.hashes.push_back(std::make_unique<LogHashes>(log));
      out.entries.push_back(std::make_unique<LogEntries>(log));
      input.ended.push_back({*out.hashes.back(), i >= begin ? out.entries.back().get() : nullptr, books[i]->vkey(),
                             books[i]->newest().note, std::move(seals)});
    }
  }
  if (begin == 0) return {};
  auto state = base::read_file(state_path(centre_, unit, books[begin]->year()), kMaxState);
  if (!state) return std::unexpected(state.error());
  input.state = std::string(base::text(*state));
  return {};
}

base::Result<std::vector<json::object>> Attestor::list(const std::string& unit) const {
  auto rows = centre_.control().list("attestation");
  if (!rows) return std::unexpected(rows.error());
  std::vector<json::object> out;
  for (const auto& [key, text] : *rows) {
    if (!key.starts_with(unit + "/")) continue;
    auto row = parse_object(text);
    if (!row)
      return base::fail(base::Errc::unavailable,
                        "attestation " + key + " in the control database: " + row.error().what);
    out.push_back(std::move(*row));
  }
  std::sort(out.begin(), out.end(),
            [](const auto& a, const auto& b) { return number_of(a, "time") > number_of(b, "time"); });
  return out;
}

base::Result<base::Bytes> Attestor::bundle(const std::string& unit, const std::string& id) const {
  auto row = centre_.control().get("attestation", unit + "/" + id);
  if (!row) return std::unexpected(row.error());
  if (!*row) return base::fail(base::Errc::not_found, "attestation " + id.substr(0, 128));
  auto o = parse_object(**row);
  if (!o) return std::unexpected(o.error());
  if (!flag_of(*o, "has_bundle")) return base::fail(base::Errc::not_found, "a refused attestation has no bundle");
  auto zip = base::read_file(bundle_path(centre_, unit, id), kMaxBundle);
  if (!zip) return zip;
  auto witnessed = witnessed_bundle(unit, *o, std::move(*zip));
  return witnessed ? stamped_bundle(unit, *o, std::move(*witnessed)) : std::move(witnessed);
}

base::Result<base::Bytes> Attestor::stamped_bundle(const std::string& unit, const json::object& row, base::Bytes zip) const {
  auto from = base::parse_day(text_of(row, "from")), to = base::parse_day(text_of(row, "to"));
  if (!from || !to) return zip;
  auto stamps = Stamps(centre_).kept(unit, *from, *to);
  if (!stamps) return std::unexpected(stamps.error());
  if (stamps->empty()) return zip;
  auto files = evidence::read_zip(zip);
  if (!files) return std::unexpected(files.error());
  if (evidence::add_stamps(*files, *stamps) == 0) return zip;
  return evidence::write_zip(evidence::relisted(std::move(*files)));
}

base::Result<base::Bytes> Attestor::witnessed_bundle(const std::string& unit, const json::object& row, base::Bytes zip) const {
  auto all = centre_.history(unit);
  if (!all) return std::unexpected(all.error());
  auto files = evidence::read_zip(zip);
  if (!files) return std::unexpected(files.error());
  auto text = [&](const char* path) { return std::string(base::text((*files)[path])); };
  auto origin = text("checkpoint").substr(0, text("checkpoint").find('\n'));
  Sequencer* book = nullptr;
  for (auto* one : all->books())
    if (one->origin() == origin) book = one;
  if (book == nullptr) return zip;
  auto entry = static_cast<std::uint64_t>(number_of(row, "entry"));
  auto witnessed = Witnesses(centre_).witnessed(*book);
  if (!witnessed) return std::unexpected(witnessed.error());
  if (!*witnessed || (*witnessed)->size <= entry || text("checkpoint") == (*witnessed)->note) return zip;
  if (auto now = evidence::open_checkpoint(text("checkpoint"), book->vkey()); now && now->size > (*witnessed)->size) return zip;
  LogHashes hashes(book->log());
  LogEntries entries(book->log());
  evidence::BundleInput input{hashes, entries, unit, 0, 0, text("attestation.dsse.json"), centre_.keys().attester().public_key(), entry,
                              book->vkey(), (*witnessed)->note, {}, {}, text("score-policy.toml")};
  auto manifest = evidence::Json::parse(text("manifest.json"), {.max_bytes = 64u << 20, .max_depth = 8, .one_line = false});
  if (!manifest) return std::unexpected(manifest.error());
  input.from = manifest->number("from");
  input.to = manifest->number("to");
  auto checkpoints = book->log().checkpoints();
  if (!checkpoints) return std::unexpected(checkpoints.error());
  for (const auto& c : *checkpoints) input.older.push_back(c.note);
  auto seals = all->entries_of_kind("seal", input.from, INT64_MAX);
  if (!seals) return std::unexpected(seals.error());
  auto first = all->first_of(*book);
  for (const auto& [path, content] : *files) {
    if (path.starts_with("seals/"))
      for (const auto& seal : *seals) {
        auto leaf = evidence::parse_leaf(seal.leaf);
        auto day = base::parse_day(path.substr(6, 10));
        if (leaf && day && leaf->record.body.text("day") == path.substr(6, 10) && seal.index >= first && seal.index - first < entry)
          input.seals.emplace_back(*day, seal.index - first);
      }
    if (evidence::is_people_path(path)) input.people.emplace_back(path, content);
  }
  auto renewed = evidence::bundle_files(input);
  if (!renewed) return std::unexpected(renewed.error());
  for (const auto& [path, content] : *files)
    if (path.starts_with("shards/") || path == "state.json") (*renewed)[path] = content;
  return evidence::write_zip(evidence::relisted(std::move(*renewed)));
}

base::Result<std::string> Attestor::revocations(const std::string& unit) const {
  auto rows = list(unit);
  if (!rows) return std::unexpected(rows.error());
  std::vector<evidence::Revoked> revoked;
  for (const auto& row : *rows)
    if (auto t = number_of(row, "revoked"); t != 0)
      revoked.push_back({text_of(row, "payload_sha256"), t, text_of(row, "revoked_why")});
  return evidence::sign_revocations(revoked, centre_.now(), centre_.keys().attester());
}

void Attestor::compare(const std::string& unit, const std::vector<json::object>& rows) {
  const auto* facts = memory_.known(unit);
  if (facts == nullptr) return;
  for (const auto& [digest, leaf] : facts->entries)
    if (std::none_of(rows.begin(), rows.end(),
                     [&](const auto& row) { return text_of(row, "payload_sha256") == digest; }))
      health_ = fmt::format(
          "leaf {} of {} is an attestation that the control database does not know: its row was removed, "
          "or it was never handed out; it will not be revoked",
          leaf, unit);
}

base::Status Attestor::tick() {
  health_.clear();
  for (const auto& [unit, _] : centre_.roster().units()) {
    auto rows = list(unit);
    if (!rows) return std::unexpected(rows.error());
    compare(unit, *rows);
    for (auto& row : *rows) {
      if (!flag_of(row, "has_bundle") || number_of(row, "revoked") != 0) continue;
      auto from = base::parse_day(text_of(row, "from")), to = base::parse_day(text_of(row, "to"));
      if (!from || !to) continue;
      auto facts = memory_.facts(unit, base::start_of(*from));
      if (!facts) return std::unexpected(facts.error());
      // Only what came after it was issued can have made it untrue.
      auto as_of = static_cast<std::uint64_t>(number_of(row, "as_of"));
      bool news = std::any_of((*facts)->incidents.begin(), (*facts)->incidents.end(),
                              [&](const auto& i) { return i.leaf >= as_of; });
      if (!news) continue;
      auto decided = decide(unit, *from, *to);
      if (!decided) return std::unexpected(decided.error());
      auto incident = std::find_if(decided->decision.refusals.begin(), decided->decision.refusals.end(),
                                   [](const auto& r) { return r.code == "incident"; });
      if (incident == decided->decision.refusals.end()) continue;
      row["revoked"] = centre_.now();
      row["revoked_why"] = incident->text.zh;
      auto key = unit + "/" + text_of(row, "id");
      if (auto stored = centre_.control().put("attestation", key, to_text(row)); !stored) return stored;
      if (auto done = centre_.record("collector", "attestation_revoked", key); !done) return done;
    }
  }
  return {};
}

// The printable attestation and the daily records of the period. They prove nothing, so a record that cannot be made is left out.
void Attestor::for_people(const std::string& unit, base::Day from, base::Day to, const Decided& d,
                          const std::string& number, const std::string& digest, const evidence::Score* score,
                          evidence::BundleInput& input) {
  const auto* known = centre_.roster().unit(unit);
  std::set<std::string> hosts;
  for (const auto& s : d.decision.coverage.by_source) hosts.insert(s.asset);
  report::AttestationForm form{
      number,
      unit,
      known->name_zh,
      known->name_en,
      from,
      to,
      d.decision,
      d.period,
      d.book->vkey().name,
      centre_.attester_name(),
      digest,
      evidence::count_findings(*d.facts, d.period.from, d.period.to, d.period.as_of),
      hosts.size(),
      d.decision.coverage.by_source.size(),
      score,
      centre_.now()};
  input.people.emplace_back("attestation.html", base::to_bytes(report::attestation_html(form)));
  if (!records_) return;
  for (auto day = from; day <= to; day = base::next(day))
    if (auto html = records_(unit, day))
      input.people.emplace_back("records/" + base::to_string(day) + ".html", base::to_bytes(*html));
}

base::Result<base::Bytes> Attestor::page() const {
  const auto& path = centre_.config().evidence.page;
  if (path.empty()) return base::fail(base::Errc::unavailable, "evidence.page is not set: bundles lack verify.html");
  auto html = base::read_file(path, kMaxPage);
  if (!html) return base::fail(base::Errc::unavailable, "evidence.page: " + html.error().what + ": bundles lack verify.html");
  return html;
}

std::string Attestor::page_health() const {
  auto html = page();
  return html ? "" : html.error().what;
}

const std::string& Attestor::binary_digest() {
  if (binary_digest_.empty())
    if (auto bytes = base::read_file("/proc/self/exe", kMaxBinary)) binary_digest_ = base::hex(crypto::sha256(*bytes));
  return binary_digest_;
}

}  // namespace fengsui::collector
