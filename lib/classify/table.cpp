#include "classify/table.h"

#include <algorithm>
#include <cstring>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace fengsui::classify {
namespace {

#if defined(__SSE2__)
unsigned equal(__m128i block, std::uint8_t c) {
  return static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(block, _mm_set1_epi8(static_cast<char>(c)))));
}
#endif

// Whether a line holds something: anything but the '\r' of its end.
bool holds_something(base::View line) {
  std::size_t i = 0;
  while (i < line.size() && line[i] == '\r') ++i;
  return i < line.size();
}

#if defined(__SSE2__)
unsigned ones(std::uint64_t m) {
  m -= m >> 1 & 0x5555555555555555u;
  m = (m & 0x3333333333333333u) + (m >> 2 & 0x3333333333333333u);
  m = (m + (m >> 4)) & 0x0F0F0F0F0F0F0F0Fu;
  return static_cast<unsigned>(m * 0x0101010101010101u >> 56);
}
#endif

std::string_view trimmed(std::string_view s) {
  if (s.starts_with("\xEF\xBB\xBF")) s.remove_prefix(3);
  const auto idle = [](char c) { return c == ' ' || c == '"' || c == '\'' || c == '\r' || c == '`'; };
  while (!s.empty() && idle(s.front())) s.remove_prefix(1);
  while (!s.empty() && idle(s.back())) s.remove_suffix(1);
  return s;
}

// Something that a value, a sentence or a key with its value would hold, and the name of a column would not.
bool not_a_name(std::string_view s) {
  std::size_t digits = 0;
  for (char c : s) {
    digits += c >= '0' && c <= '9';
    if (c == ':' || c == '=' || c == '{' || c == '@' || c == '<' || c == '\n') return true;
  }
  return digits > 4 || s.size() > kMaxColumnName || s.find("\xEF\xBC\x9A") != std::string_view::npos;
}

}  // namespace

void Table::end_field(const Words& words) {
  const std::string_view name = trimmed(field_);
  if (not_a_name(name)) state_ = State::no_table;
  if (columns_.size() < kMaxColumns) {
    Column c;
    c.name = std::string(name);
    c.types = words.named(base::view(name), c.against, c.word);
    columns_.push_back(std::move(c));
  }
  field_.clear();
}

void Table::head_byte(const Words& words, std::uint8_t c) {
  if (++head_bytes_ > kMaxHead) {
    state_ = State::no_table;
    return;
  }
  if (c == '"') quoted_ = !quoted_;
  if (c == '\n') {
    if (delimiter_ == 0 && trimmed(field_).empty() && columns_.empty()) return;  // blank lines before the head
    end_field(words);
    const bool named = std::any_of(columns_.begin(), columns_.end(), [](const Column& k) { return k.types != 0; });
    if (delimiter_ == 0 && !named) state_ = State::no_table;
    if (state_ == State::head) {
      state_ = State::rows;
      head_ = std::make_shared<const std::vector<Column>>(std::move(columns_));
      columns_.clear();
    }
    quoted_ = false;
    at_ = 0;
    return;
  }
  if (!quoted_ && (c == delimiter_ || (delimiter_ == 0 && (c == ',' || c == '\t' || c == '|' || c == ';')))) {
    delimiter_ = static_cast<char>(c);
    end_field(words);
    return;
  }
  field_.push_back(static_cast<char>(c));
  if (field_.size() > kMaxColumnName + 8) state_ = State::no_table;
}

// Within one line.
void Table::rest_of_line(base::View bytes) {
  const std::uint8_t mark = static_cast<std::uint8_t>(delimiter_);
  std::size_t i = 0;
  while (!line_used_ && i < bytes.size() && bytes[i] == '\r') ++i;
  line_used_ = line_used_ || i < bytes.size();
  bool quoted = quoted_;
  std::size_t at = at_;
#if defined(__SSE2__)
  // The last block overlaps the one before; what was counted is masked out.
  for (std::size_t end = bytes.size(); !quoted && end >= 16 && i < end;) {
    const std::size_t from = std::min(i, end - 16);
    const unsigned fresh = 0xFFFFu << (i - from) & 0xFFFFu;
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes.data() + from));
    if ((equal(block, '"') & fresh) != 0) break;
    at += ones(std::uint64_t{equal(block, mark) & fresh});
    i = from + 16;
  }
#endif
  for (; i < bytes.size(); ++i) {
    quoted ^= bytes[i] == '"';
    at += static_cast<unsigned>(bytes[i] == mark) & static_cast<unsigned>(!quoted);
  }
  quoted_ = quoted;
  at_ = static_cast<std::uint16_t>(std::min<std::size_t>(at, 0xFFFF));
}

// Whole lines after the first row: only how many of them hold something.
std::uint64_t Table::used_lines(base::View bytes) {
  std::uint64_t used = 0;
  std::size_t start = 0, i = 0;
#if defined(__SSE2__)
  for (; i + 64 <= bytes.size(); i += 64) {
    std::uint64_t ends = 0;
    for (unsigned k = 0; k < 4; ++k)
      ends |= static_cast<std::uint64_t>(equal(_mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes.data() + i + 16 * k)), '\n')) << (16 * k);
    for (; ends != 0; ends &= ends - 1) {
      const std::size_t end = i + static_cast<std::size_t>(__builtin_ctzll(ends));
      used += holds_something(bytes.subspan(start, end - start));
      start = end + 1;
    }
  }
#endif
  for (; i < bytes.size(); ++i) {
    if (bytes[i] != '\n') continue;
    used += holds_something(bytes.subspan(start, i - start));
    start = i + 1;
  }
  return used;
}

// To behind the next end of line, which may be missing.
base::View Table::through_line(base::View bytes) {
  const void* found = std::memchr(bytes.data(), '\n', bytes.size());
  if (found == nullptr) {
    rest_of_line(bytes);
    return {};
  }
  const auto length = static_cast<std::size_t>(static_cast<const std::uint8_t*>(found) - bytes.data());
  // Only the first row's width matters; of the others, whether they hold anything.
  if (rows_ == 0) rest_of_line(bytes.first(length));
  else line_used_ = line_used_ || holds_something(bytes.first(length));
  rows_ += line_used_ ? 1 : 0;
  if (line_used_ && rows_ == 1 && !lost_ && at_ + 1u != columns().size() && columns().size() < kMaxColumns) odd_ = true;
  line_used_ = quoted_ = lost_ = false;
  at_ = 0;
  return bytes.subspan(length + 1);
}

void Table::row_bytes(base::View bytes) {
  do {
    bytes = through_line(bytes);
  } while (!bytes.empty() && rows_ == 0);
  if (bytes.empty()) return;
  const void* last = memrchr(bytes.data(), '\n', bytes.size());
  if (last != nullptr) {
    const auto whole = static_cast<std::size_t>(static_cast<const std::uint8_t*>(last) - bytes.data()) + 1;
    rows_ += used_lines(bytes.first(whole));
    bytes = bytes.subspan(whole);
  }
  rest_of_line(bytes);
}

#if defined(__SSE2__)
// bytes[0, n), n at most 64, of which 64 may be read, after the first row: by bits.
void Table::few_bytes(base::View bytes, std::size_t n) {
  std::uint64_t newline = 0, mark = 0, quote = 0, feed = 0;
  for (unsigned k = 0; k < 4; ++k) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes.data() + 16 * k));
    newline |= std::uint64_t{equal(block, '\n')} << (16 * k);
    mark |= std::uint64_t{equal(block, static_cast<std::uint8_t>(delimiter_))} << (16 * k);
    quote |= std::uint64_t{equal(block, '"')} << (16 * k);
    feed |= std::uint64_t{equal(block, '\r')} << (16 * k);
  }
  const std::uint64_t inside = ~std::uint64_t{0} >> (64 - n);
  newline &= inside;
  std::uint64_t line = inside;  // what belongs to the last line
  const std::uint64_t body = inside & ~newline & ~feed;
  if (newline != 0) {
    std::uint64_t doubtful = newline & ~(body << 1) & ~((feed & body << 1) << 1);  // the end of a line that may be empty
    if (line_used_) doubtful &= ~(newline & -newline);
    if (doubtful != 0) return row_bytes(bytes.first(n));
    rows_ += ones(newline);
    line &= ~(~std::uint64_t{0} >> __builtin_clzll(newline));
    line_used_ = quoted_ = lost_ = false;
    at_ = 0;
  }
  line_used_ = line_used_ || (body & line) != 0;
  quote &= line;
  mark &= line;
  if (quote != 0 || quoted_) {
    std::uint64_t within = quote;  // from each quote to the next
    for (unsigned shift = 1; shift < 64; shift *= 2) within ^= within << shift;
    if (quoted_) within = ~within;
    mark &= ~within;
    quoted_ = (within >> (n - 1) & 1) != 0;
  }
  at_ = static_cast<std::uint16_t>(std::min<std::size_t>(at_ + ones(mark), 0xFFFF));
}
#endif

void Table::advance(const Words& words, base::View bytes, std::size_t from, std::size_t to) {
  while (from < to && state_ == State::head) head_byte(words, bytes[from++]);
  if (state_ == State::no_table) {
    columns_.clear();
    field_.clear();
    return;
  }
#if defined(__SSE2__)
  constexpr std::size_t kFew = 192;
  if (rows_ != 0 && to - from <= kFew && from + kFew + 64 <= bytes.size()) {
    for (; from < to; from += std::min<std::size_t>(64, to - from)) few_bytes(bytes.subspan(from, 64), std::min<std::size_t>(64, to - from));
    return;
  }
#endif
  if (from < to) row_bytes(bytes.subspan(from, to - from));
}

std::uint32_t Table::named() const {
  if (state_ != State::rows) return state_ == State::head ? ~0u : 0;
  std::uint32_t types = 0;
  for (const Column& column : columns()) types |= column.types;
  return types;
}

std::uint64_t Table::rows() const {
  if (!is_table() || odd_) return 0;
  return rows_ + (line_used_ ? 1 : 0);
}

}  // namespace fengsui::classify
