#include "collector/stamps.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "base/encode.h"
#include "collector/history.h"
#include "collector/json.h"
#include "crypto/secret.h"
#include "crypto/timestamp.h"

namespace fengsui::collector {

namespace json = boost::json;
using base::Errc;
using base::fail;

namespace {

std::string key_of(const std::string& unit, base::Day day) { return unit + "/" + base::to_string(day); }

std::uint64_t new_nonce() {
  std::uint64_t out = 0;
  for (auto b : crypto::random_bytes(8)) out = out << 8 | b;
  return out;
}

// The first signed checkpoint that holds the leaf.
base::Result<std::string> checkpoint_with(const Sequencer& book, std::uint64_t index) {
  auto all = book.log().checkpoints();
  if (!all) return std::unexpected(all.error());
  for (const auto& c : *all)
    if (c.size > index) return c.note;
  if (book.newest().size > index) return book.newest().note;
  return fail(Errc::unavailable, fmt::format("no checkpoint of {} holds leaf {} yet", book.origin(), index));
}

}  // namespace

base::Result<base::Bytes> Stamps::request(Sealer& sealer, const std::string& unit, base::Day day) {
  auto sealed = sealer.sealed(unit, day);
  if (!sealed) return std::unexpected(sealed.error());
  if (!*sealed) return fail(Errc::conflict, base::to_string(day) + " is not sealed");
  auto all = centre_.history(unit);
  if (!all) return std::unexpected(all.error());
  auto at = all->locate((*sealed)->index);
  if (!at) return std::unexpected(at.error());
  auto note = checkpoint_with(*at->first, at->second);
  if (!note) return std::unexpected(note.error());
  auto imprint = evidence::stamp_imprint(*note);
  if (!imprint) return std::unexpected(imprint.error());
  const auto nonce = new_nonce();
  json::object asked{{"checkpoint", *note}, {"nonce", std::to_string(nonce)}, {"sealed_to", (*sealed)->seal.to}};
  if (auto kept = centre_.control().put("stamp_asked", key_of(unit, day), to_text(asked)); !kept) return std::unexpected(kept.error());
  return crypto::timestamp_request(*imprint, nonce);
}

base::Result<base::UnixMs> Stamps::accept(const std::string& unit, base::Day day, base::View answer) {
  auto row = centre_.control().get("stamp_asked", key_of(unit, day));
  if (!row) return std::unexpected(row.error());
  if (!*row) return fail(Errc::conflict, "no time-stamp was asked for " + base::to_string(day));
  auto asked = parse_object(**row);
  if (!asked) return std::unexpected(asked.error());
  auto said = crypto::read_timestamp(answer);
  if (!said) return std::unexpected(said.error());
  auto note = text_of(*asked, "checkpoint");
  auto imprint = evidence::stamp_imprint(note);
  if (!imprint) return std::unexpected(imprint.error());
  if (said->imprint != *imprint) return fail(Errc::mismatch, "the time-stamp is not over the checkpoint of " + base::to_string(day));
  if (!said->nonce || std::to_string(*said->nonce) != text_of(*asked, "nonce"))
    return fail(Errc::mismatch, "the time-stamp answers another question: its nonce is not that of the newest request");
  if (said->time < number_of(*asked, "sealed_to"))
    return fail(Errc::mismatch, "the time-stamp is of before the end of what was sealed: the clock of the authority or of the collector is wrong");
  json::object kept{{"checkpoint", note}, {"token", base::base64(answer)}, {"time", said->time}, {"taken", centre_.now()}};
  if (auto stored = centre_.control().put("stamp", key_of(unit, day), to_text(kept)); !stored) return std::unexpected(stored.error());
  return said->time;
}

base::Result<std::vector<evidence::Stamp>> Stamps::kept(const std::string& unit, base::Day from, base::Day to) const {
  auto rows = centre_.control().list("stamp");
  if (!rows) return std::unexpected(rows.error());
  std::vector<evidence::Stamp> out;
  for (const auto& [key, text] : *rows) {
    if (!key.starts_with(unit + "/")) continue;
    auto day = base::parse_day(key.substr(unit.size() + 1));
    if (!day || *day < from || to < *day) continue;
    auto row = parse_object(text);
    auto token = row ? base::from_base64(text_of(*row, "token")) : base::Result<base::Bytes>(std::unexpected(row.error()));
    if (!token) return fail(Errc::unavailable, "time-stamp " + key + " in the control database: " + token.error().what);
    out.push_back({*day, text_of(*row, "checkpoint"), std::move(*token)});
  }
  return out;
}

}  // namespace fengsui::collector
