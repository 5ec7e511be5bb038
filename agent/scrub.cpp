#include "agent/scrub.h"

#include <algorithm>
#include <vector>

namespace fengsui::agent {

namespace {

bool names_a_machine(std::string_view type) {
  return type == "ipv4" || type == "ipv6" || type == "mac" || type == "marking" || type == "vin";
}

// Texts that cannot hold a person's value: kept out of the detectors' way.
bool is_technical(std::string_view field) {
  return field.ends_with(".ip") || field.ends_with(".port") || field.ends_with("community_uid") ||
         field.ends_with(".mac");
}

}  // namespace

std::string mask_span(std::string_view text, std::size_t start, std::size_t end) {
  std::vector<std::string_view> characters;
  for (std::size_t at = start; at < end;) {
    std::size_t n = 1;
    while (at + n < end && (static_cast<unsigned char>(text[at + n]) & 0xC0) == 0x80) ++n;
    characters.push_back(text.substr(at, n));
    at += n;
  }
  bool keep = characters.size() > 8;  // short values: nothing of them stays
  std::string out(text.substr(0, start));
  for (std::size_t i = 0; i < characters.size(); ++i)
    out += keep && (i < 3 || i + 2 >= characters.size()) ? characters[i] : std::string_view("*");
  out += text.substr(end);
  return out;
}

void Scrubber::text(std::string& text) {
  if (text.size() < 6) return;
  auto found = engine_->detect(base::view(text));
  // From the end, so that earlier offsets stay right.
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.offset > b.offset; });
  std::size_t from = text.size();
  for (const auto& detection : found) {
    if (detection.state == model::ValueState::masked || names_a_machine(detection.type)) continue;
    std::size_t end = std::min<std::size_t>(detection.offset + detection.length, from);
    if (detection.offset >= end) continue;
    text = mask_span(text, detection.offset, end);
    from = detection.offset;
    ++masked_;
  }
}

void Scrubber::fields(model::Fields& fields) {
  model::Fields changed;
  for (const auto& field : fields) {
    if (is_technical(field.name)) continue;
    if (const auto* s = std::get_if<std::string>(&field.value)) {
      std::string clean = *s;
      text(clean);
      if (clean != *s) changed.set(field.name, clean);
    } else if (const auto* list = std::get_if<std::vector<std::string>>(&field.value)) {
      auto clean = *list;
      for (auto& one : clean) text(one);
      if (clean != *list) changed.set(field.name, model::Value(clean));
    }
  }
  fields.merge(changed);
}

void Scrubber::finding(model::Finding& finding) {
  fields(finding.fields);
  text(finding.message.zh);
  text(finding.message.en);
  for (auto& unread : finding.unread) text(unread);
}

}  // namespace fengsui::agent
