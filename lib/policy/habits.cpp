#include "policy/habits.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace fengsui::policy {
namespace {

constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::size_t kMaxName = 512;
constexpr std::string_view kMagic = "fengsui-habits/v1\n";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

bool is_item(std::string_view part) {
  std::size_t digits = 0, hex = 0, dashes = 0;
  for (const char c : part) {
    digits += is_digit(c);
    hex += is_hex(c);
    dashes += c == '-';
  }
  if (digits == 0) return false;
  if (digits == part.size() || digits >= 4) return true;
  return hex + dashes == part.size() && hex >= 8;
}

void put_text(base::Bytes& out, std::string_view text) {
  base::append_u16be(out, static_cast<std::uint16_t>(text.size()));
  base::append(out, base::view(text));
}

double as_double(std::uint64_t bits) {
  double out;
  std::memcpy(&out, &bits, sizeof out);
  return out;
}

std::uint64_t as_bits(double value) {
  std::uint64_t out;
  std::memcpy(&out, &value, sizeof out);
  return out;
}

std::int64_t number(const model::Fields& fields, std::string_view name) {
  const model::Value* value = fields.find(name);
  const std::int64_t* n = value != nullptr ? std::get_if<std::int64_t>(value) : nullptr;
  return n != nullptr ? *n : 0;
}

}  // namespace

ApiPath api_path(std::string_view path) {
  path = path.substr(0, std::min(path.find_first_of("?#;"), kMaxName));
  ApiPath out;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/', path.front() == '/' ? 1 : 0), path.size());
    std::string_view part = path.substr(0, end);
    path.remove_prefix(end);
    if (part.front() == '/') {
      out.shape.push_back('/');
      part.remove_prefix(1);
    }
    if (!is_item(part)) {
      out.shape.append(part);
      continue;
    }
    out.shape.append("{}");
    out.items = true;
  }
  return out;
}

void Habits::mark(model::Activity& activity) {
  if (activity.class_uid == 4002) mark_request(activity);
  else if (activity.class_uid == 6005) mark_rows(activity);
}

void Habits::mark_request(model::Activity& activity) {
  model::Fields& f = activity.fields;
  const std::string_view method = f.text("http_request.http_method");
  const std::int64_t code = number(f, "http_response.code");
  if (method.empty() || method.size() > 16) return;
  if (began_ == 0) began_ = activity.time;
  const ApiPath path = api_path(f.text("http_request.url.path"));
  std::string name(method);
  name.append(" ").append(f.text("http_request.url.hostname")).append(" ").append(path.shape);
  if (name.size() > kMaxName) name.resize(kMaxName);
  f.set("unmapped.fengsui.api", name);
  f.set("unmapped.fengsui.api_has_item", path.items);
  if (code == 0) return;
  auto found = interface_of_.find(name);
  if (found == interface_of_.end()) {
    if (code >= 400) return;  // what does not exist is no interface: a scan does not fill the inventory
    if (interfaces_.size() >= limits_.max_interfaces) {
      ++forgotten_;
      interface_of_.erase(interfaces_.back().name);
      interfaces_.pop_back();
    }
    if (code < 300 && activity.time - began_ >= limits_.learning_ms) f.set("unmapped.fengsui.api_new", true);
    interfaces_.push_front({name, activity.time, activity.time, 0, 0});
    found = interface_of_.emplace(std::move(name), interfaces_.begin()).first;
  } else {
    interfaces_.splice(interfaces_.begin(), interfaces_, found->second);
  }
  Interface& here = *found->second;
  here.last = std::max(here.last, activity.time);
  ++(code >= 400 ? here.refused : here.calls);
}

void Habits::close_hour(Reader& reader) {
  if (reader.rows == 0) return;
  ++reader.hours;
  const double x = static_cast<double>(reader.rows), before = reader.mean;
  reader.mean += (x - before) / reader.hours;
  reader.spread += (x - before) * (x - reader.mean);
  reader.rows = 0;
  reader.told = false;
}

void Habits::mark_rows(model::Activity& activity) {
  model::Fields& f = activity.fields;
  const std::int64_t rows = number(f, "unmapped.fengsui.rows");
  if (rows <= 0) return;
  std::string key(f.text("actor.user.name"));
  for (const char* part : {"dst_endpoint.ip", "database.name", "unmapped.fengsui.table"}) key.append("\n").append(f.text(part));
  if (key.size() > kMaxName) key.resize(kMaxName);
  auto found = reader_of_.find(key);
  if (found == reader_of_.end()) {
    if (readers_.size() >= limits_.max_readers) {
      ++forgotten_;
      reader_of_.erase(readers_.back().key);
      readers_.pop_back();
    }
    readers_.push_front({});
    readers_.front().key = key;
    found = reader_of_.emplace(std::move(key), readers_.begin()).first;
  } else {
    readers_.splice(readers_.begin(), readers_, found->second);
  }
  Reader& reader = *found->second;
  const std::int64_t hour = activity.time / kHourMs;
  if (hour > reader.hour) {
    close_hour(reader);
    reader.hour = hour;
  }
  reader.rows += static_cast<std::uint64_t>(rows);
  f.set("unmapped.fengsui.rows_hour", static_cast<std::int64_t>(reader.rows));
  f.set("unmapped.fengsui.baseline_hours", std::int64_t{reader.hours});
  if (reader.told || reader.hours < limits_.learning_hours || reader.rows < limits_.min_rows) return;
  const double now = static_cast<double>(reader.rows);
  const double deviation = std::sqrt(reader.spread / reader.hours);
  if (now <= reader.mean * limits_.times_mean || now <= reader.mean + deviation * limits_.deviations) return;
  reader.told = true;
  f.set("unmapped.fengsui.above_baseline", true);
  f.set("unmapped.fengsui.baseline_rows", static_cast<std::int64_t>(std::llround(reader.mean)));
}

base::Bytes Habits::save() const {
  base::Bytes out;
  base::append(out, base::view(kMagic));
  base::append_u64be(out, static_cast<std::uint64_t>(began_));
  base::append_u32be(out, static_cast<std::uint32_t>(interfaces_.size()));
  for (const Interface& i : interfaces_) {
    put_text(out, i.name);
    for (const std::uint64_t n : {static_cast<std::uint64_t>(i.first), static_cast<std::uint64_t>(i.last), i.calls, i.refused}) base::append_u64be(out, n);
  }
  base::append_u32be(out, static_cast<std::uint32_t>(readers_.size()));
  for (const Reader& r : readers_) {
    put_text(out, r.key);
    for (const std::uint64_t n : {static_cast<std::uint64_t>(r.hour), r.rows, std::uint64_t{r.told}, std::uint64_t{r.hours}, as_bits(r.mean), as_bits(r.spread)})
      base::append_u64be(out, n);
  }
  return out;
}

base::Status Habits::restore(base::View saved) {
  base::Reader in(saved);
  Habits fresh(limits_);
  const auto bad = [] { return base::fail(base::Errc::malformed, "saved habits are damaged; they are learned anew"); };
  if (base::text(in.take(kMagic.size())) != kMagic) return bad();
  fresh.began_ = static_cast<base::UnixMs>(in.u64be());
  const std::uint32_t interfaces = in.u32be();
  for (std::uint32_t n = 0; n < interfaces && !in.failed() && n < limits_.max_interfaces; ++n) {
    Interface i;
    i.name = base::text(in.take(in.u16be()));
    i.first = static_cast<base::UnixMs>(in.u64be());
    i.last = static_cast<base::UnixMs>(in.u64be());
    i.calls = in.u64be();
    i.refused = in.u64be();
    if (in.failed() || i.name.size() > kMaxName || fresh.interface_of_.contains(i.name)) return bad();
    fresh.interfaces_.push_back(std::move(i));
    fresh.interface_of_.emplace(fresh.interfaces_.back().name, std::prev(fresh.interfaces_.end()));
  }
  const std::uint32_t readers = in.u32be();
  for (std::uint32_t n = 0; n < readers && !in.failed() && n < limits_.max_readers; ++n) {
    Reader r;
    r.key = base::text(in.take(in.u16be()));
    r.hour = static_cast<std::int64_t>(in.u64be());
    r.rows = in.u64be();
    r.told = in.u64be() == 1;
    r.hours = static_cast<std::uint32_t>(in.u64be());
    r.mean = as_double(in.u64be());
    r.spread = as_double(in.u64be());
    if (in.failed() || r.key.size() > kMaxName || fresh.reader_of_.contains(r.key) || !(r.mean >= 0) || !(r.spread >= 0) || !std::isfinite(r.mean) || !std::isfinite(r.spread)) return bad();
    fresh.readers_.push_back(std::move(r));
    fresh.reader_of_.emplace(fresh.readers_.back().key, std::prev(fresh.readers_.end()));
  }
  if (in.failed() || !in.at_end()) return bad();
  fresh.forgotten_ = forgotten_;
  *this = std::move(fresh);
  return {};
}

std::vector<base::Sample> Habits::counters() const {
  return {{"policy_interfaces_known", {}, interfaces_.size()},
          {"policy_readers_known", {}, readers_.size()},
          {"policy_habits_forgotten_total", {}, forgotten_}};
}

}  // namespace fengsui::policy
