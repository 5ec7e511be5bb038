// Writes what the fuzz corpora and the command-line check start from, into the folder named by FENGSUI_SEEDS; nothing without it.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "base/fd.h"
#include "test_log.h"

namespace fengsui::evidence {
namespace {

void put(const std::filesystem::path& path, base::View bytes) {
  std::filesystem::create_directories(path.parent_path());
  EXPECT_TRUE(base::write_file_durable(path, bytes));
}

TEST(Seeds, AreOfOurOwnMaking) {
  const char* folder = std::getenv("FENGSUI_SEEDS");
  if (!folder) GTEST_SKIP() << "FENGSUI_SEEDS is not set";
  std::filesystem::path out = folder;
  TestLog log("u");
  log.iv = 1800;
  Scope scope;
  scope.from = at(0);
  scope.assets = {{"a", "u/a", {"file_scan"}}};
  scope.heartbeat_seconds = log.iv;
  log.add_scope(at(-1, 23), scope);
  log.add_agent("a", at(-1, 23, 30));
  log.beat(at(0), at(0, 3));
  log.find("a", at(0, 3), model::Severity::high, "f1");
  log.by_operator("maint", to_json(Maintenance{"a", "w", at(0, 4), at(0, 5)}), at(0, 3, 1));
  log.by_operator("incident", to_json(IncidentStep{"i1", {"f1"}, 4, "l4", "triaged", "li", "", at(0, 3), 0}), at(0, 3, 2), true);
  log.seal(kFirstDay);
  for (std::size_t i = 0; i < log.all.size(); ++i) put(out / "evidence_leaf" / std::to_string(i), log.all[i]);
  auto files = log.bundle(at(0), at(1));
  auto zip = write_zip(files);
  put(out / "evidence_bundle" / "whole", *zip);
  put(out / "evidence_bundle" / "manifest", *write_zip({{"manifest.json", files["manifest.json"]}, {"README", files["README"]}}));
  put(out / "evidence_dsse" / "attestation", files["attestation.dsse.json"]);
  put(out / "evidence_dsse" / "revocations", base::view(sign_revocations({{"ab", 1, "r"}}, 2, log.keys.attester)));
  put(out / "evidence_dsse" / "path", base::view(tile_path(0, 1234067, 12)));
  put(out / "evidence_dsse" / "entries", files.lower_bound("tile/entries/")->second);
  put(out / "evidence_note" / "checkpoint", files["checkpoint"]);
  put(out / "evidence_note" / "policy", base::view(format_policy(log.policy)));
  put(out / "evidence_note" / "vkey", base::view(format_vkey(log.policy.logs[0])));
  put(out / "policy", base::view(format_policy(log.policy)));
}

}  // namespace
}  // namespace fengsui::evidence
