// Events a second of CPU through the rules. The reference in the same run is one pass of std::string::find over the
// same command line: the ratio says what a rule set costs, whatever the machine.
#include <benchmark/benchmark.h>

#include <filesystem>

#include "policy/engine.h"

namespace {

using namespace fengsui;

model::Activity command() {
  model::Activity a;
  a.class_uid = 1007;
  a.activity_id = 1;
  a.source = {"linux", "process_creation", "sudo"};
  a.fields.set("process.cmd_line", "/usr/bin/rsync -a --delete /srv/www/ backup@10.2.3.4:/backup/www/ --exclude=cache");
  a.fields.set("process.file.path", "/usr/bin/rsync-wrapper");
  a.fields.set("process.name", "rsync-wrapper");
  a.fields.set("process.user.name", "root");
  a.fields.set("actor.user.name", "op01");
  a.fields.set("process.working_directory", "/root");
  return a;
}

void reference(benchmark::State& state) {
  const std::string text = "/usr/bin/rsync -a --delete /srv/www/ backup@10.2.3.4:/backup/www/ --exclude=cache";
  for (auto _ : state) benchmark::DoNotOptimize(text.find("no such part"));
}
BENCHMARK(reference);

void evaluate(benchmark::State& state, std::vector<std::filesystem::path> folders) {
  auto rules = policy::RuleSet::load(folders);
  if (!rules) return state.SkipWithError(rules.error().what.c_str());
  policy::Engine engine(*rules);
  const model::Activity activity = command();
  for (auto _ : state) benchmark::DoNotOptimize(engine.evaluate(activity));
  state.SetItemsProcessed(state.iterations());
}
const std::filesystem::path kOwn = std::filesystem::path(FENGSUI_SOURCE_DIR) / "rules";
BENCHMARK_CAPTURE(evaluate, own_rules, {kOwn / "policies", kOwn / "correlations"});
BENCHMARK_CAPTURE(evaluate, community_rules, {std::filesystem::path(FENGSUI_SHARED_DATA) / "sigma" / "rules"});

}  // namespace

BENCHMARK_MAIN();
