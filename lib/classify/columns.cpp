#include "classify/columns.h"

#include <algorithm>
#include <cmath>

#include "base/encode.h"
#include "classify/mask.h"
#include "classify/tally.h"
#include "classify/text.h"
#include "crypto/hash.h"

namespace fengsui::classify {
namespace {

constexpr std::size_t kExamples = 3;
constexpr std::size_t kMaxName = 120;
constexpr std::uint32_t kFull = 0xFFFF;  // a sample counts no further

std::uint32_t one(std::size_t type) { return 1u << type; }

void add(std::uint16_t& n) { n = static_cast<std::uint16_t>(n + (n < kFull)); }

std::uint32_t held(const Profile& p) { return p.cells - p.nulls; }

double entropy(const Profile& p) {
  const double total = held(p);
  double bits = 0;
  for (const std::uint16_t n : p.lengths)
    if (n != 0 && total > 0) bits -= n / total * std::log2(n / total);
  return bits;
}

}  // namespace

Columns::Columns(const Engine::State& engine, const crypto::Secret& key, People& people) : engine_(engine), key_(key), people_(people) {}

void Columns::feed(base::View text) {
  bytes_ += text.size();
  if (phase_ == Phase::over) return;
  if (phase_ == Phase::sniff) {
    const std::size_t take = std::min(text.size(), kSniffTable - head_.size());
    head_.insert(head_.end(), text.begin(), text.begin() + static_cast<std::ptrdiff_t>(take));
    text = text.subspan(take);
    if (head_.size() < kSniffTable) return;
    start();
  }
  read(text);
}

void Columns::start() {
  phase_ = Phase::sample;
  reader_ = cell_reader(head_, *this);
  if (!reader_) phase_ = Phase::over;
  const base::Bytes head = std::move(head_);
  head_ = {};
  read(head);
}

void Columns::read(base::View text) {
  while (!text.empty() && phase_ != Phase::over) {
    // The bounds are of bytes of the content, so that they fall at the same row in any split.
    const std::uint64_t bound = phase_ == Phase::sample ? kSampleBytes : kFollowBytes;
    const std::size_t take = static_cast<std::size_t>(std::min<std::uint64_t>(text.size(), bound - std::min(bound, read_)));
    read_ += reader_->feed(text.first(take));
    if (reader_->stopped()) {
      cut_short_ = true;
      phase_ = Phase::over;
      return;
    }
    text = text.subspan(take);
    if (read_ < bound) continue;
    if (phase_ == Phase::sample) sample_over();
    else if (phase_ == Phase::follow) cut_short_ = true, phase_ = Phase::over;
  }
}

void Columns::lose() {
  lost_ = true;
  if (phase_ == Phase::sniff) start();
  if (phase_ == Phase::over) return;
  reader_->lose();
  if (reader_->stopped()) cut_short_ = true, phase_ = Phase::over;
}

void Columns::finish() {
  if (phase_ == Phase::sniff) start();
  if (phase_ == Phase::over) return;
  reader_->finish();
}

void Columns::on_table(base::View name) {
  table_ = std::string(base::text(name.first(std::min(name.size(), kMaxName))));
  map_.clear();
  // Columns that a definition named before, for rows that do not name theirs.
  if (!table_.empty())
    for (std::size_t i = 0; i < profiles_.size(); ++i)
      if (profiles_[i].table == table_) map_.push_back(static_cast<std::int16_t>(i));
}

Profile* Columns::profile_of(std::size_t column) {
  if (column >= map_.size() && column < kMaxWidth) map_.resize(column + 1, -2);
  if (column >= map_.size()) return nullptr;
  std::int16_t& at = map_[column];
  if (at == -2) {
    if (profiles_.size() >= kMaxProfiled) {
      ++beyond_;
      at = -1;
    } else {
      at = static_cast<std::int16_t>(profiles_.size());
      profiles_.emplace_back().table = table_;
    }
  }
  return at >= 0 ? &profiles_[static_cast<std::size_t>(at)] : nullptr;
}

void Columns::on_name(std::size_t column, base::View raw, base::View remark) {
  const std::string_view name = base::text(raw.first(std::min(raw.size(), kMaxName)));
  if (column < map_.size() && map_[column] >= 0 && profiles_[static_cast<std::size_t>(map_[column])].name == name) return;
  if (column >= map_.size() && column < kMaxWidth) map_.resize(column + 1, -2);
  if (column >= map_.size()) return;
  map_[column] = -2;
  if (!name.empty() && !table_.empty())
    for (std::size_t i = 0; i < profiles_.size(); ++i)
      if (profiles_[i].name == name && profiles_[i].table == table_) map_[column] = static_cast<std::int16_t>(i);
  Profile* profile = profile_of(column);
  if (profile == nullptr || !profile->name.empty() || name.empty()) return;
  profile->name = std::string(name);
  // Of a path of keys only the last one speaks.
  const std::size_t dot = name.rfind('.');
  const std::string_view own = dot == std::string_view::npos ? name : name.substr(dot + 1);
  profile->named = engine_.words.named(base::view(own), profile->against, profile->word);
  profile->named_birth = names_birth_date(to_utf8(own)) || (!remark.empty() && names_birth_date(to_utf8(base::text(remark))));
  if (!remark.empty()) {
    std::uint32_t against = 0;
    int word = -1;
    profile->named |= engine_.words.named(remark, against, word);
    if (profile->word < 0) profile->word = word;
  }
}

void Columns::on_cell(std::size_t column, base::View value, CellKind kind) {
  Profile* profile = profile_of(column);
  if (profile == nullptr) return;
  if (phase_ == Phase::follow) {
    if (profile->follow < 0) return;
    ++profile->more_cells;
    if (kind == CellKind::null) {
      ++profile->more_nulls;
      return;
    }
    const CellTypes types = cell_types(engine_, value);
    const std::uint32_t wanted = one(static_cast<std::size_t>(profile->follow));
    if ((types.masked & wanted) != 0) ++profile->more_masked;
    else if ((types.clear & wanted) != 0) ++profile->more_clear;
    else if ((types.shape & wanted) != 0) ++profile->more_wrong;
    if ((types.clear & wanted) != 0) keep_example(*profile, types, value);
    return;
  }
  profile->cells = std::min(profile->cells + 1, kFull);
  if (kind == CellKind::null) {
    profile->nulls = std::min(profile->nulls + 1, kFull);
    return;
  }
  judge(*profile, value);
}

void Columns::judge(Profile& p, base::View value) {
  p.distinct.add(mixed(value, people_.seed()));
  add(p.lengths[std::min<std::size_t>(value.size() / 2, p.lengths.size() - 1)]);
  const CellTypes types = cell_types(engine_, value);
  const std::uint32_t clear = types.clear & ~types.masked;
  for (std::uint32_t todo = clear; todo != 0; todo &= todo - 1) add(p.clear[static_cast<std::size_t>(__builtin_ctz(todo))]);
  for (std::uint32_t todo = types.masked; todo != 0; todo &= todo - 1) add(p.masked[static_cast<std::size_t>(__builtin_ctz(todo))]);
  for (std::uint32_t todo = types.shape; todo != 0; todo &= todo - 1) add(p.shape[static_cast<std::size_t>(__builtin_ctz(todo))]);
  p.weak |= types.weak;
  p.pattern |= types.pattern;
  if (types.recoverable) add(p.recoverable);
  if (types.recoverable_by_birth) add(p.recoverable_by_birth);
  if ((clear & types.weak) != 0) keep_example(p, types, value);
}

// What a weak value looks like, before anybody knows whether the column is of its type; and it may stand for a person.
void Columns::keep_example(Profile& p, const CellTypes& types, base::View value) {
  const std::uint32_t weak = types.clear & types.weak & (one(kTypes) - 1);
  if (weak == 0) return;
  const auto type = static_cast<Type>(__builtin_ctz((weak & p.named) != 0 ? weak & p.named : weak));
  const std::string normal = type == Type::person_name ? to_utf8(base::text(value)) : normal_value(type, value);
  if (stands_for_a_person(type) && (p.follow == static_cast<int>(type) || (p.named & bit(type)) != 0)) people_.add(type, normal);
  if (p.samples.size() >= kExamples || p.digests.size() >= kExamples) return;
  const Detector* d = engine_.by_type[static_cast<std::size_t>(type)];
  std::string sample = masked_sample(normal, d != nullptr ? d->mask_head : 1, d != nullptr ? d->mask_tail : 0);
  if (std::find(p.samples.begin(), p.samples.end(), sample) == p.samples.end()) p.samples.push_back(std::move(sample));
  const crypto::Digest digest = crypto::hmac_sha256(key_.view(), base::view(normal));
  std::string hex = base::hex(base::View(digest).first(16));
  if (std::find(p.digests.begin(), p.digests.end(), hex) == p.digests.end()) p.digests.push_back(std::move(hex));
}

bool Columns::on_row(std::size_t) {
  ++rows_;
  if (phase_ == Phase::sample && rows_ >= kSampleRows && sampled_enough()) sample_over();
  return phase_ != Phase::over;
}

bool Columns::sampled_enough() const {
  return std::all_of(profiles_.begin(), profiles_.end(), [](const Profile& p) { return held(p) >= kSampleCells || held(p) == 0; });
}

// From here on only the columns are read whose type the stream cannot be sure of.
void Columns::sample_over() {
  bool any = false;
  for (Profile& p : profiles_) {
    const Verdict v = verdict(p);
    if (v.type >= 0 && v.weak && held(p) >= kSampleCells) {
      p.follow = v.type;
      any = true;
    }
  }
  sampled_ = true;
  phase_ = any ? Phase::follow : Phase::over;
  cut_short_ = cut_short_ || !any;
}

bool Columns::admissible(const Profile& p, std::size_t type, bool& weak, bool& named) const {
  const std::uint32_t cells = held(p), hits = std::uint32_t{p.clear[type]} + p.masked[type];
  weak = (p.weak & one(type)) != 0;
  named = type == kBirthDate ? p.named_birth || (type < kTypes && (p.named & one(type)) != 0) : (p.named & one(type)) != 0;
  if (hits == 0 || hits * 100 < cells * (weak ? kWeakRate : kStrongRate)) return false;
  if (type < kTypes && (engine_.enabled & one(type)) == 0) return false;
  if (named || !weak) return true;
  // A weak type in a column that is called something else, or whose cells prove nothing.
  if (p.named != 0 || p.named_birth || (p.against & one(type)) != 0 || cells < kUnnamedCells) return false;
  if ((p.pattern & one(type)) == 0) return true;
  constexpr std::uint32_t kManyNames = 50;
  return type == static_cast<std::size_t>(Type::person_name) && cells >= kManyNames && p.distinct.estimate() * 2 >= std::min<std::uint32_t>(cells, 1000);
}

Columns::Verdict Columns::verdict(const Profile& p) const {
  Verdict best;
  std::uint32_t most = 0;
  std::size_t rivals = 0;
  for (std::size_t t = 0; t < kCellTypes; ++t) {
    bool weak = false, named = false;
    if (!admissible(p, t, weak, named)) continue;
    const std::uint32_t hits = std::uint32_t{p.clear[t]} + p.masked[t];
    const auto rank = [](bool n, bool w) { return (n ? 2 : 0) + (w ? 0 : 1); };
    if (weak && !named) ++rivals;
    if (best.type >= 0 && (rank(named, weak) < rank(best.named, best.weak) || (rank(named, weak) == rank(best.named, best.weak) && hits <= most))) continue;
    best = {static_cast<int>(t), weak, named};
    most = hits;
  }
  // Weak types that contradict each other, and no name to decide.
  if (best.type >= 0 && best.weak && !best.named && rivals > 1) return {};
  return best;
}

double Columns::extrapolation() const {
  return cut_short_ && read_ != 0 && bytes_ > read_ ? static_cast<double>(bytes_) / static_cast<double>(read_) : 1.0;
}

std::uint8_t Columns::confidence_of(const Profile& p, const Verdict& v) {
  constexpr int kVerdictBonus = 10, kNameBonus = 30;
  const int base = !v.weak ? 75 : (p.pattern & one(static_cast<std::size_t>(v.type))) != 0 ? 25 : 55;
  return static_cast<std::uint8_t>(std::min(99, base + kVerdictBonus + (v.named ? kNameBonus : 0)));
}

// Whether a column of the table gives dates of birth in clear: what masks of citizen numbers often hide.
bool Columns::tells_births(const std::string& table) const {
  return std::any_of(profiles_.begin(), profiles_.end(), [&](const Profile& p) {
    return p.table == table && p.clear[kBirthDate] != 0 && verdict(p).type == static_cast<int>(kBirthDate);
  });
}

void Columns::describe(const Profile& p, const Verdict& v, model::ColumnFacts& out) const {
  const auto type = static_cast<std::size_t>(v.type);
  out.table = to_utf8(p.table);
  out.name = to_utf8(p.name);
  out.type = std::string(cell_type_id(type));
  const Detector* d = type < kTypes ? engine_.by_type[type] : nullptr;
  out.data_class = d != nullptr ? d->data_class : "personal";
  out.grade = d != nullptr ? d->grade : "g3";
  out.confidence = confidence_of(p, v);
  out.named = v.named;
  out.whole = !cut_short_ && !lost_ && (!sampled_ || p.follow >= 0);
  out.cells = p.cells + p.more_cells;
  out.nulls = p.nulls + p.more_nulls;
  out.clear = p.clear[type] + p.more_clear;
  out.masked = p.masked[type] + p.more_masked;
  const std::uint32_t right = std::min<std::uint32_t>(p.shape[type], p.clear[type]);
  out.wrong = p.shape[type] - right + p.more_wrong;
  out.weak_masked = tells_births(p.table) ? p.recoverable_by_birth : p.recoverable;
  out.distinct = p.distinct.estimate();
  out.length_entropy = entropy(p);
  const std::uint64_t some = out.cells - out.nulls;
  out.desensitised = some != 0 && out.masked * 100 >= some * 95 && out.clear * 100 < some;
}

// The stream may have seen these values too, and not believed them: what the columns of a type hold together is what
// counts, never both.
void Columns::count(std::size_t type, const std::vector<Counted>& columns, model::Conclusion& out) const {
  auto at = std::find_if(out.types.begin(), out.types.end(), [&](const model::TypeCount& c) { return c.type == cell_type_id(type); });
  if (at == out.types.end()) {
    out.types.push_back({});
    at = out.types.end() - 1;
    at->type = std::string(cell_type_id(type));
  }
  std::uint64_t clear = 0, masked = 0;
  const auto add_to = [](std::vector<std::string>& list, std::string_view value, std::size_t limit) {
    if (list.size() < limit && std::find(list.begin(), list.end(), value) == list.end()) list.emplace_back(value);
  };
  for (const auto& [profile, v] : columns) {
    if (static_cast<std::size_t>(v.type) != type) continue;
    const Profile& p = *profile;
    const double by = p.follow >= 0 && cut_short_ ? extrapolation() : 1.0;
    clear += static_cast<std::uint64_t>(std::llround(static_cast<double>(p.clear[type] + p.more_clear) * by));
    masked += static_cast<std::uint64_t>(std::llround(static_cast<double>(p.masked[type] + p.more_masked) * by));
    at->confidence = std::max(at->confidence, confidence_of(p, v));
    add_to(at->why, kReasonIds[static_cast<std::size_t>(Reason::column_verdict)], Tally::kWhy);
    if (v.named && p.word >= 0) add_to(at->why, engine_.words.column_reason(p.word), Tally::kWhy);
    for (const auto& s : p.samples) add_to(at->samples, s, Tally::kSamples);
    for (const auto& s : p.digests) add_to(at->digests, s, Tally::kDigests);
  }
  const std::uint64_t known = at->clear + at->allowed;
  const std::uint64_t gained = clear > known ? clear - known : 0;
  at->clear += gained;
  at->unclear -= std::min(at->unclear, gained);
  at->masked = std::max(at->masked, masked);
}

std::vector<std::string> Columns::names(std::size_t limit) const {
  std::vector<std::string> out;
  for (const Profile& p : profiles_)
    if (!p.name.empty() && out.size() < limit) out.push_back(to_utf8(p.name));
  return out;
}

std::vector<std::string> Columns::tables() const {
  std::vector<std::string> out;
  for (const Profile& p : profiles_)
    if (!p.table.empty() && std::find(out.begin(), out.end(), p.table) == out.end()) out.push_back(p.table);
  return out;
}

void Columns::conclude(model::Conclusion& out) {
  if (!reader_ || rows_ == 0) return;
  // The stream counts the lines of a table with a head; where the reader saw all, its rows are the true ones.
  if (!cut_short_ && !lost_) {
    out.rows = rows_;
    out.grading.rows_method = "counted";
  } else if (out.rows != 0) {
    out.grading.rows_method = "counted";
  } else {
    out.rows = static_cast<std::uint64_t>(std::llround(static_cast<double>(rows_) * extrapolation()));
    out.grading.rows_method = extrapolation() > 1.0 ? "extrapolated" : "counted";
  }
  out.grading.rows = out.rows;
  out.columns_beyond = beyond_;
  std::vector<Counted> counted;
  std::size_t number = 0;
  std::string table;
  for (const Profile& p : profiles_) {
    number = p.table == table ? number + 1 : 1;
    table = p.table;
    const Verdict v = verdict(p);
    if (v.type < 0 || (cut_short_ && held(p) < kSampleCells)) continue;
    // Seen on both sides: a head that is a value of its own column was no head.
    const bool is_value = (cell_types(engine_, base::view(p.name)).clear & one(static_cast<std::size_t>(v.type))) != 0;
    if (v.weak && static_cast<std::size_t>(v.type) < kTypes) counted.push_back({&p, v});
    if (out.profile.size() >= model::kMaxProfile) {
      ++out.columns_beyond;
      continue;
    }
    model::ColumnFacts facts;
    describe(p, v, facts);
    if (facts.name.empty() || is_value) facts.name = "#" + std::to_string(number);
    out.profile.push_back(std::move(facts));
    const std::string& name = out.profile.back().name;
    if (name[0] != '#' && std::find(out.columns.begin(), out.columns.end(), name) == out.columns.end()) out.columns.push_back(name);
  }
  std::uint32_t types = 0;
  for (const auto& c : counted) types |= one(static_cast<std::size_t>(c.verdict.type));
  for (; types != 0; types &= types - 1) count(static_cast<std::size_t>(__builtin_ctz(types)), counted, out);
}

}  // namespace fengsui::classify
