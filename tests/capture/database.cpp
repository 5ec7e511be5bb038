#include "tests/capture/database.h"

#include <algorithm>

#include "model/ocsf.h"

namespace fengsui::capture::test {

void hear(const Open& open, const Talked& talked, Heard& out) {
  const Limits limits;
  Room room{out.seen, out.tally, limits, "test", 1, false, {}};
  Conversation conversation{room, {"10.0.0.1", 40000}, {"10.0.0.2", 3306}, "1:x", 6, 1'700'000'000'000, "db", "", ""};
  const auto session = open(conversation);
  for (const auto& [side, bytes] : talked) session->data(side, bytes);
  session->finish();
  out.upgraded = conversation.upgraded;
}

Talked split_at(const Talked& talked, std::size_t split) {
  Talked out;
  for (const auto& [side, bytes] : talked) {
    if (split > 0 && split < bytes.size()) {
      out.emplace_back(side, base::to_bytes(base::View(bytes).first(split)));
      out.emplace_back(side, base::to_bytes(base::View(bytes).subspan(split)));
    } else {
      out.emplace_back(side, bytes);
    }
    split = split > bytes.size() ? split - bytes.size() : 0;
  }
  return out;
}

Talked cut_at(const Talked& talked, std::size_t length) {
  Talked out;
  for (const auto& [side, bytes] : talked) {
    const std::size_t n = std::min(length, bytes.size());
    if (n != 0) out.emplace_back(side, base::to_bytes(base::View(bytes).first(n)));
    length -= n;
  }
  return out;
}

Talked garbled(Talked talked, std::mt19937& random) {
  for (auto& [side, bytes] : talked) bytes[random() % bytes.size()] = static_cast<std::uint8_t>(random());
  return talked;
}

std::size_t size_of(const Talked& talked) {
  std::size_t n = 0;
  for (const auto& [side, bytes] : talked) n += bytes.size();
  return n;
}

std::string leaving(const Collect& seen) {
  std::string out;
  for (const auto& a : seen.activities) out += model::ocsf_line(a, {}, "1", 1, a.time) + "\n";
  return out;
}

std::vector<std::string> activity_lines(const Collect& seen) {
  std::vector<std::string> out;
  for (const auto& a : seen.activities) out.push_back(activity_line(a));
  return out;
}

std::string rows_text(const Collect& seen, std::size_t which) {
  for (const auto& whole : seen.contents) {
    if (whole.from->kind != model::ContentKind::db_rows) continue;
    if (which-- == 0) return std::string(base::text(whole.bytes));
  }
  return "";
}

}  // namespace fengsui::capture::test
