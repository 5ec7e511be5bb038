// Context words: the words that name a type of value, in the text before it, in a key or in the head of a column.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "classify/prints.h"
#include "classify/types.h"

namespace fengsui::classify {

inline constexpr std::size_t kContextBefore = 48;  // bytes of text before a value in which a word counts
inline constexpr std::size_t kContextAfter = 16;

// Words in UTF-8 and GB 18030, ASCII without regard to case. Immutable once sealed.
class Words {
 public:
  struct Near {
    int word = -1;         // index of the nearest word for the type, -1 none
    bool against = false;  // a word that speaks against the type is nearer
  };

  // Bytes of one buffer in which no word for a type begins: where values stand close together, these are looked for ahead.
  struct Clean {
    std::size_t from = 0, to = 0;
    std::size_t last = 0;     // where a word was looked for last
    unsigned close = 0;       // how often in a row that was near the time before, and nothing was found
    bool around(std::size_t start, std::size_t end) const { return start >= from + kContextBefore && end + kContextAfter <= to; }
  };

  void add(std::string_view word, Type type, bool against);
  void seal(Isa isa = best_isa());

  // Looks kContextBefore bytes before `start` and kContextAfter bytes after `end`.
  // `clean` belongs to the type and the buffer.
  Near near(base::View bytes, std::size_t start, std::size_t end, Type type, Clean& clean) const;
  // The types that a key or column name speaks of, as a set of bits; against types in `against`.
  // `word` becomes the longest word found.
  std::uint32_t named(base::View name, std::uint32_t& against, int& word) const;

  std::string_view context_reason(int word) const { return labels_[words_[static_cast<std::size_t>(word)].label].context; }
  std::string_view column_reason(int word) const { return labels_[words_[static_cast<std::size_t>(word)].label].column; }
  std::size_t size() const { return words_.size(); }

 private:
  struct Word {
    std::string bytes;  // ASCII in lower case
    std::uint32_t types = 0, against = 0;
    std::uint32_t label = 0;
    bool ascii = false;
  };
  struct Label {
    std::string context, column;
  };
  template <class Take>
  void each(base::View bytes, std::size_t from, std::size_t to, std::uint32_t types, Take take) const;
  void look_ahead(base::View bytes, std::size_t from, const WordPrints& prints, Clean& clean) const;
  template <class Take>
  void words_at(base::View bytes, std::size_t i, std::size_t to, Take take) const;
  void make_prints(Type type);
  void add_bytes(std::string bytes, std::uint32_t label, Type type, bool against);

  std::vector<Word> words_;
  std::deque<Label> labels_;
  // By the first, second and third byte: the types some word with that byte there speaks of. Small enough to stay in cache.
  std::array<std::array<std::uint32_t, 256>, 3> filter_{};
  std::vector<std::uint16_t> first_;  // by the first two bytes: index of the first word, words_ being sorted
  std::vector<std::uint16_t> last_;
  std::array<WordPrints, kTypes> prints_{};  // of the words that speak of a type, for or against it
  PrintFn print_ = prints_portable;
};

// GB 18030 form of UTF-8 text; "" when it has none.
std::string to_gb18030(std::string_view utf8);

}  // namespace fengsui::classify
