#include <boost/json.hpp>
#include <fmt/format.h>

#include <istream>
#include <ostream>

#include "base/encode.h"
#include "classify/commands.h"

namespace fengsui::classify {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxLine = 64u << 20;

// Reads one line; false at the end. `too_long` when it was cut: the rest of the line is skipped.
bool read_line(std::istream& in, std::string& line, bool& too_long) {
  line.clear();
  too_long = false;
  auto* buffer = in.rdbuf();
  for (int c = buffer->sbumpc(); c != std::char_traits<char>::eof(); c = buffer->sbumpc()) {
    if (c == '\n') return true;
    if (line.size() < kMaxLine) line.push_back(static_cast<char>(c));
    else too_long = true;
  }
  return !line.empty();
}

// The bytes to examine, or why there are none.
base::Result<std::string> content_of(const json::object& object) {
  const json::value* text = object.if_contains("text");
  const json::value* coded = object.if_contains("bytes_b64");
  if ((text != nullptr) == (coded != nullptr)) return base::fail(base::Errc::malformed, "needs one of \"text\" and \"bytes_b64\"");
  if (text != nullptr) {
    if (!text->is_string()) return base::fail(base::Errc::malformed, "\"text\" is not a string");
    return std::string(text->get_string());
  }
  if (!coded->is_string()) return base::fail(base::Errc::malformed, "\"bytes_b64\" is not a string");
  const auto& s = coded->get_string();
  auto bytes = base::from_base64({s.data(), s.size()});
  if (!bytes) return base::fail(base::Errc::malformed, "\"bytes_b64\" is not base64");
  return std::string(base::text(*bytes));
}

json::array spans_of(const Engine& engine, std::string_view bytes) {
  json::array spans;
  for (const model::Detection& d : engine.detect(base::view(bytes))) {
    json::object span;
    span["type"] = std::string(d.type);
    span["start"] = d.offset;
    span["end"] = d.offset + d.length;
    span["state"] = std::string(model::id(d.state));
    if (d.state == model::ValueState::masked) span["masked"] = true;
    span["confidence"] = d.confidence / 100.0;
    if (!d.exact_match.empty()) span["exact_match"] = std::string(d.exact_match);
    if (!d.allowed.empty()) span["allowed"] = std::string(d.allowed);
    json::array why;
    for (std::string_view reason : d.why) why.emplace_back(std::string(reason));
    span["why"] = std::move(why);
    spans.push_back(std::move(span));
  }
  return spans;
}

}  // namespace

JsonlOutcome detect_jsonl(const Engine& engine, std::istream& in, std::ostream& out) {
  JsonlOutcome outcome;
  std::string line;
  bool too_long = false;
  for (std::uint64_t number = 1; read_line(in, line, too_long); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    std::string problem;
    if (too_long) {
      problem = fmt::format("line longer than {} bytes", kMaxLine);
    } else {
      boost::system::error_code error;
      json::value value = json::parse(line, error);
      if (error || !value.is_object()) {
        problem = "not a JSON object";
      } else if (auto content = content_of(value.get_object()); !content) {
        problem = content.error().what;
      } else {
        json::object answer;
        if (const json::value* id = value.get_object().if_contains("id")) answer["id"] = *id;
        else answer["id"] = nullptr;
        answer["spans"] = spans_of(engine, *content);
        out << json::serialize(answer) << '\n';
        ++outcome.lines;
        continue;
      }
    }
    ++outcome.bad;
    out << json::serialize(json::object{{"line", number}, {"error", problem}}) << '\n';
  }
  out.flush();
  return outcome;
}

}  // namespace fengsui::classify
