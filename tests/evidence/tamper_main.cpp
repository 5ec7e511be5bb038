// fengsui-tampers DIR: writes every tampered bundle with its policy, and cases.json, which says what must come out; then bundles of random
// logs, random-SEED.zip, which both verifiers must read alike. For tests/e2e/tamper.
#include <cstdio>
#include <filesystem>

#include "base/fd.h"
#include "random_log.h"
#include "tamper.h"

constexpr unsigned kRandom = 12;

int main(int argc, char** argv) {
  using namespace fengsui;
  if (argc != 2) return std::fputs("usage: fengsui-tampers DIR\n", stderr), 2;
  std::filesystem::path out = argv[1];
  std::filesystem::create_directories(out);
  bool good = true;
  auto put = [&](const std::string& name, base::View bytes) {
    auto written = base::write_file_durable(out / name, bytes);
    if (!written) std::fprintf(stderr, "fengsui-tampers: %s\n", written.error().what.c_str());
    good = good && written;
    return evidence::Json(name);
  };
  evidence::Workshop shop;
  auto cases = evidence::Json::array();
  for (const auto& c : evidence::tamper_cases()) {
    auto t = c.make(shop);
    std::string name = c.name;
    auto one = evidence::Json::object().set("name", name).set("what", c.what).set("bundle", put(name + ".zip", t.zip)).set("policy", put(name + ".policy", base::view(t.policy)))
                   .set("unit", t.unit).set("from", t.from).set("to", t.to);
    if (!t.last_seen.empty()) one.set("lastSeen", put(name + ".checkpoint", base::view(t.last_seen)));
    if (!t.revocations.empty()) one.set("revocations", put(name + ".revocations", base::view(t.revocations)));
    cases.push(one.set("verdict", t.verdict).set("step", t.step).set("leaf", t.leaf).set("day", t.day));
  }
  for (unsigned seed = 1; seed <= kRandom; ++seed) {
    auto zip = evidence::write_zip(shop.bundle(evidence::random_log(shop, seed)));
    if (zip) put("random-" + std::to_string(seed) + ".zip", *zip);
    good = good && zip;
  }
  put("cases.json", base::view(cases.dump() + "\n"));
  std::printf("%zu bundles in %s\n", cases.items()->size(), out.c_str());
  return good ? 0 : 1;
}
