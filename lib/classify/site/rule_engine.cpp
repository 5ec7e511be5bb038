#include "classify/site/rule_engine.h"

#include <fmt/format.h>

#include <algorithm>
#ifdef FENGSUI_VECTORSCAN
#include <hs/hs.h>
#endif

namespace fengsui::classify {

#ifdef FENGSUI_VECTORSCAN

namespace {

struct FreeDatabase {
  void operator()(hs_database_t* database) const { hs_free_database(database); }
};
using Database = std::unique_ptr<hs_database_t, FreeDatabase>;

std::string message_of(hs_compile_error_t* wrong) {
  std::string out = wrong != nullptr && wrong->message != nullptr ? wrong->message : "it cannot be compiled";
  hs_free_compile_error(wrong);
  return out;
}

hs_scratch_t* memory_of(void* memory) { return static_cast<hs_scratch_t*>(memory); }

}  // namespace

struct RuleEngine::State {
  struct Form {
    Database database;
    Cost cost;
  };
  struct Literal {
    std::string bytes;
    std::size_t form;
    bool caseless;
  };
  std::vector<Form> forms;
  std::vector<Literal> literals;
  Database search;
  hs_scratch_t* scratch = nullptr;  // the one others are cloned from
  ~State() { hs_free_scratch(scratch); }
};

base::Result<std::unique_ptr<RuleEngine>> RuleEngine::make() { return std::unique_ptr<RuleEngine>(new RuleEngine(std::make_unique<State>())); }

base::Result<std::size_t> RuleEngine::add(const RuleForm& form) {
  const unsigned flags = HS_FLAG_DOTALL | HS_FLAG_SOM_LEFTMOST | (form.caseless ? HS_FLAG_CASELESS : 0u);
  hs_compile_error_t* wrong = nullptr;
  hs_expr_info_t* info = nullptr;
  if (hs_expression_info(form.expression.c_str(), flags, &info, &wrong) != HS_SUCCESS) return base::fail(base::Errc::usage, message_of(wrong));
  State::Form made;
  made.cost.shortest = info->min_width;
  made.cost.longest = info->max_width == 0xFFFFFFFFu ? kUnbounded : info->max_width;
  free(info);
  hs_database_t* database = nullptr;
  if (hs_compile(form.expression.c_str(), flags, HS_MODE_BLOCK, nullptr, &database, &wrong) != HS_SUCCESS)
    return base::fail(base::Errc::usage, message_of(wrong));
  made.database.reset(database);
  hs_database_size(database, &made.cost.database);
  if (made.cost.database > kMaxDatabase)
    return base::fail(base::Errc::limit, fmt::format("an automaton of {} bytes; at most {}", made.cost.database, kMaxDatabase));
  if (hs_alloc_scratch(database, &state_->scratch) != HS_SUCCESS) return base::fail(base::Errc::unavailable, "no working memory for the automaton");
  for (const auto& literal : form.literals) state_->literals.push_back({literal, state_->forms.size(), form.caseless});
  state_->forms.push_back(std::move(made));
  return state_->forms.size() - 1;
}

base::Status RuleEngine::seal() {
  std::vector<const char*> text;
  std::vector<unsigned> flags, ids;
  std::vector<std::size_t> sizes;
  for (std::size_t i = 0; i < state_->literals.size(); ++i) {
    const auto& literal = state_->literals[i];
    text.push_back(literal.bytes.data());
    sizes.push_back(literal.bytes.size());
    flags.push_back(literal.caseless ? HS_FLAG_CASELESS : 0u);
    ids.push_back(static_cast<unsigned>(i));
  }
  hs_compile_error_t* wrong = nullptr;
  hs_database_t* database = nullptr;
  if (hs_compile_lit_multi(text.data(), flags.data(), ids.data(), sizes.data(), static_cast<unsigned>(text.size()), HS_MODE_BLOCK, nullptr, &database, &wrong) != HS_SUCCESS)
    return base::fail(base::Errc::unavailable, message_of(wrong));
  state_->search.reset(database);
  if (hs_alloc_scratch(database, &state_->scratch) != HS_SUCCESS) return base::fail(base::Errc::unavailable, "no working memory for the literals");
  return {};
}

RuleEngine::Cost RuleEngine::cost(std::size_t form) const { return state_->forms[form].cost; }

std::unique_ptr<RuleEngine::Scratch> RuleEngine::scratch() const {
  hs_scratch_t* copy = nullptr;
  FENGSUI_ASSERT(hs_clone_scratch(state_->scratch, &copy) == HS_SUCCESS);  // only memory can be missing
  return std::unique_ptr<Scratch>(new Scratch(copy));
}

RuleEngine::Scratch::~Scratch() { hs_free_scratch(memory_of(memory_)); }

void RuleEngine::literals(Scratch& scratch, base::View bytes, std::vector<Found>& out) const {
  out.clear();
  struct Call {
    const State& state;
    std::vector<Found>& out;
  } call{*state_, out};
  const auto on = [](unsigned id, unsigned long long, unsigned long long end, unsigned, void* context) {
    Call& c = *static_cast<Call*>(context);
    const auto& literal = c.state.literals[id];
    c.out.push_back({literal.form, static_cast<std::uint32_t>(end - literal.bytes.size()), static_cast<std::uint32_t>(end)});
    return 0;
  };
  hs_scan(state_->search.get(), reinterpret_cast<const char*>(bytes.data()), static_cast<unsigned>(bytes.size()), 0, memory_of(scratch.memory_), on, &call);
  std::sort(out.begin(), out.end(), [](const Found& a, const Found& b) {
    return a.start != b.start ? a.start < b.start : a.form != b.form ? a.form < b.form : a.end < b.end;
  });
}

std::optional<std::pair<std::uint32_t, std::uint32_t>> RuleEngine::match(Scratch& scratch, std::size_t form, base::View bytes, std::uint32_t from,
                                                                         std::uint32_t to) const {
  struct Call {
    std::uint32_t from, to;
    std::optional<std::pair<std::uint32_t, std::uint32_t>> best;
  } call{from, to, {}};
  const auto on = [](unsigned, unsigned long long start, unsigned long long end, unsigned, void* context) {
    Call& c = *static_cast<Call*>(context);
    if (start > c.from || end < c.to) return 0;
    if (!c.best || end - start > c.best->second - c.best->first || (end - start == c.best->second - c.best->first && start < c.best->first))
      c.best = {static_cast<std::uint32_t>(start), static_cast<std::uint32_t>(end)};
    return 0;
  };
  hs_scan(state_->forms[form].database.get(), reinterpret_cast<const char*>(bytes.data()), static_cast<unsigned>(bytes.size()), 0, memory_of(scratch.memory_), on, &call);
  return call.best;
}

#else

struct RuleEngine::State {};
base::Result<std::unique_ptr<RuleEngine>> RuleEngine::make() {
  return base::fail(base::Errc::unavailable, "site rules need Vectorscan (Debian package libvectorscan-dev), which this build has not");
}
base::Result<std::size_t> RuleEngine::add(const RuleForm&) { return base::fail(base::Errc::unavailable, "no Vectorscan"); }
base::Status RuleEngine::seal() { return base::fail(base::Errc::unavailable, "no Vectorscan"); }
RuleEngine::Cost RuleEngine::cost(std::size_t) const { return {}; }
std::unique_ptr<RuleEngine::Scratch> RuleEngine::scratch() const { return nullptr; }
RuleEngine::Scratch::~Scratch() = default;
void RuleEngine::literals(Scratch&, base::View, std::vector<Found>& out) const { out.clear(); }
std::optional<std::pair<std::uint32_t, std::uint32_t>> RuleEngine::match(Scratch&, std::size_t, base::View, std::uint32_t, std::uint32_t) const { return std::nullopt; }

#endif

RuleEngine::RuleEngine(std::unique_ptr<State> state) : state_(std::move(state)) {}
RuleEngine::~RuleEngine() = default;

}  // namespace fengsui::classify
