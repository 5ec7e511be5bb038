// The HTTP interface without sockets: routes against the contract, sessions, roles, parameters, files, and the walk
// from a batch to a sealed day, an export and an attestation.
#include <sqlite3.h>

#include <boost/json.hpp>
#include <fstream>
#include <set>

#include "base/fd.h"
#include "collector/api/handlers.h"
#include "collector/attestor.h"
#include "collector/desk.h"
#include "collector/json.h"
#include "collector/openapi.h"
#include "collector/scorer.h"
#include "collector/sealer.h"
#include "evidence/verify.h"
#include "tests/collector/rig.h"

namespace fengsui::collector::api {
namespace {

namespace json = boost::json;

class ApiTest : public ::testing::Test {
 protected:
  void SetUp() override {
    build();
    token = log_in_as("admin", rig.password);
  }

  void build() {
    memory = std::make_unique<Memory>(*rig.centre);
    sealer = std::make_unique<Sealer>(*rig.centre, *rig.ingest, *rig.watch, *memory);
    desk = std::make_unique<Desk>(*rig.centre, *rig.ingest);
    scorer = std::make_unique<Scorer>(*rig.centre, *memory, *sealer);
    attestor = std::make_unique<Attestor>(*rig.centre, *rig.ingest, *memory, *sealer, *scorer);
    service = std::make_unique<Service>(Service{*rig.centre, *rig.ingest, *rig.watch, *memory, *sealer, *desk,
                                                *attestor, *scorer, [] { return std::vector<base::Sample>(); }});
  }

  Response call(const std::string& method, const std::string& target, const std::string& body = "",
                const std::string& with = "own") {
    Request request;
    if (auto parsed = parse_target(target, request); !parsed) return problem(parsed.error());
    request.method = method;
    request.body = body;
    request.token = with == "own" ? token : with;
    request.now = rig.clock.now;
    return dispatch(*service, request);
  }
  json::object ok(const std::string& method, const std::string& target, const std::string& body = "",
                  int status = 200) {
    auto response = call(method, target, body);
    EXPECT_EQ(response.status, status) << target << " " << response.body;
    auto o = parse_object(response.body, 64 << 20);
    return o ? *o : json::object();
  }
  std::string log_in_as(const std::string& user, const std::string& password) {
    rig.clock.now += 1000;
    auto response =
        call("POST", "/api/v1/session", R"({"user":")" + user + R"(","password":")" + password + R"("})", "");
    auto o = parse_object(response.body);
    return o ? text_of(*o, "token") : "";
  }
  std::string person(const std::string& name, unsigned roles) {
    auto password = rig.centre->accounts().create(name, roles, rig.clock.now);
    return password ? log_in_as(name, *password) : "";
  }
  void unit_with_agent() {
    ok("POST", "/api/v1/units", R"({"id":"510903-edu","name":"教育局","kind":"city_department"})", 201);
    agent = std::make_unique<TestAgent>(rig, "510903-edu", "db01");
    ASSERT_TRUE(agent->enrol());
    agent->boot();
  }
  void deliver() {
    agent->deliver();
    ASSERT_TRUE(rig.ingest->flush());
    ASSERT_TRUE(rig.watch->adopt());
  }

  Rig rig;
  std::unique_ptr<Memory> memory;
  std::unique_ptr<Sealer> sealer;
  std::unique_ptr<Desk> desk;
  std::unique_ptr<Scorer> scorer;
  std::unique_ptr<Attestor> attestor;
  std::unique_ptr<Service> service;
  std::unique_ptr<TestAgent> agent;
  std::string token;
};

TEST(Routes, AreExactlyThoseOfTheContract) {
  auto contract = parse_object(openapi_json(), 1 << 20);
  ASSERT_TRUE(contract);
  std::set<std::string> written, served;
  for (const auto& path : *object_of(*contract, "paths"))
    for (const auto& method : path.value().as_object()) {
      if (method.key() == "parameters") continue;
      std::string verb(method.key().data(), method.key().size());
      for (char& c : verb) c = static_cast<char>(std::toupper(c));
      const auto& operation = method.value().as_object();
      const auto* security = array_of(operation, "security");
      std::string query;
      if (const auto* parameters = array_of(operation, "parameters"))
        for (const auto& p : *parameters)
          if (text_of(p.as_object(), "in") == "query")
            query += (query.empty() ? "" : ",") + text_of(p.as_object(), "name");
      written.insert(verb + " " + std::string(path.key().data(), path.key().size()) + " " +
                     text_of(operation, "operationId") + " " + (security != nullptr ? "open" : "session") + " " +
                     query);
    }
  for (const auto& route : routes()) {
    std::string path(route.path);
    if (auto dots = path.find("..."); dots != std::string::npos) path.erase(dots, 3);
    served.insert(std::string(route.method) + " " + path + " " + std::string(route.operation) + " " +
                  (route.roles == nobody ? "open" : "session") + " " + std::string(route.query));
  }
  EXPECT_EQ(written, served);
}

TEST_F(ApiTest, NothingButTheOpenRoutesAnswersWithoutASession) {
  for (const auto& route : routes()) {
    if (route.roles == nobody) continue;
    std::string path(route.path);
    for (auto [name, value] : {std::pair("{unit}", "u"), std::pair("{date}", "2026-11-24"), std::pair("{index}", "1"),
                               std::pair("{id}", "x")})
      if (auto at = path.find(name); at != std::string::npos) path.replace(at, std::string(name).size(), value);
    EXPECT_EQ(call(std::string(route.method), path, "", "").status, 401) << path;
    EXPECT_EQ(call(std::string(route.method), path, "", std::string(64, 'a')).status, 401) << path;
  }
}

TEST_F(ApiTest, AWrongPasswordAndAnUnknownNameLookTheSame) {
  rig.clock.now += 1000;
  auto wrong = call("POST", "/api/v1/session", R"({"user":"admin","password":"x"})", "");
  auto unknown = call("POST", "/api/v1/session", R"({"user":"nobody","password":"x"})", "");
  EXPECT_EQ(wrong.status, 401);
  EXPECT_EQ(wrong.body, unknown.body);
}

TEST_F(ApiTest, PasswordChecksAreLimitedToFourASecond) {
  rig.clock.now += 5000;
  int status = 0;
  for (int i = 0; i < 5; ++i) status = call("POST", "/api/v1/session", R"({"user":"admin","password":"x"})", "").status;
  EXPECT_EQ(status, 429);
}

TEST_F(ApiTest, ASessionEndsWithItsTimeAndWithLogout) {
  EXPECT_EQ(call("GET", "/api/v1/units").status, 200);
  EXPECT_EQ(call("DELETE", "/api/v1/session").status, 204);
  EXPECT_EQ(call("GET", "/api/v1/units").status, 401);
  token = log_in_as("admin", rig.password);
  rig.clock.now += rig.centre->config().http.session_minutes * 60'000;
  EXPECT_EQ(call("GET", "/api/v1/units").status, 401);
}

TEST_F(ApiTest, TheThreeAdministratorsCannotDoEachOthersWork) {
  unit_with_agent();
  auto sys = person("sys", sys_admin), sec = person("sec", sec_admin), audit = person("audit", audit_admin),
       guest = person("guest", evaluator);
  const std::string unit = R"({"id":"x","name":"x","kind":"city_department"})",
                    seal = "/api/v1/units/510903-edu/days/2026-11-24/seal";
  EXPECT_EQ(call("POST", "/api/v1/units", unit, sec).status, 403);
  EXPECT_EQ(call("POST", "/api/v1/units", unit, audit).status, 403);
  EXPECT_EQ(call("POST", "/api/v1/units", unit, guest).status, 403);
  EXPECT_EQ(call("POST", "/api/v1/units", unit, sys).status, 201);
  EXPECT_EQ(call("POST", seal, "{}", sys).status, 403);
  EXPECT_EQ(call("POST", seal, "{}", audit).status, 403);
  EXPECT_EQ(call("GET", "/api/v1/units/510903-edu/days/2026-11-24/findings", "", sys).status, 403);
  EXPECT_EQ(call("GET", "/api/v1/units/510903-edu/days/2026-11-24/findings", "", guest).status, 200);
}

TEST_F(ApiTest, UnknownParametersMembersMethodsAndPathsAreErrors) {
  EXPECT_EQ(call("GET", "/api/v1/units?x=1").status, 400);
  EXPECT_EQ(call("POST", "/api/v1/units", R"({"id":"a","name":"a","kind":"city_department","x":1})").status, 400);
  EXPECT_EQ(call("POST", "/api/v1/units", "not json").status, 400);
  EXPECT_EQ(call("PUT", "/api/v1/units").status, 405);
  EXPECT_EQ(call("GET", "/api/v1/nothing").status, 404);
  EXPECT_EQ(call("GET", "/api/v1/units/none/days/2026-11-24").status, 404);
  ok("POST", "/api/v1/units", R"({"id":"510903-edu","name":"教育局","kind":"city_department"})", 201);
  EXPECT_EQ(call("POST", "/api/v1/units", R"({"id":"510903-edu","name":"x","kind":"city_department"})").status, 409);
  EXPECT_EQ(call("GET", "/api/v1/units/510903-edu/days/2026-02-30").status, 400);
  EXPECT_EQ(call("GET", "/api/v1/units/510903-edu/days/2030-01-01").status, 404);
}

TEST_F(ApiTest, AnAccountMadeBesideTheRunningCollectorLogsInWithItsRole) {
  auto password = add_account(rig.folder.path, "lihua", {"audit_admin"}, rig.clock);
  ASSERT_TRUE(password) << password.error().what;
  EXPECT_NE(log_in_as("lihua", *password), "");
  EXPECT_FALSE(add_account(rig.folder.path, "lihua", {"audit_admin"}, rig.clock));
  EXPECT_FALSE(add_account(rig.folder.path, "wang", {"root"}, rig.clock));
  EXPECT_FALSE(add_account(rig.folder.path / "ledger", "wang", {"sec_admin"}, rig.clock));
}

TEST_F(ApiTest, DeletionIsRefusedAndRecorded) {
  unit_with_agent();
  auto response = call("DELETE", "/api/v1/units/510903-edu/findings/3");
  EXPECT_EQ(response.status, 405);
  EXPECT_NE(response.body.find("not_deletable"), std::string::npos);
  bool recorded = false;
  for (auto held_list = rig.centre->control().list("event"); const auto& [_, text] : *held_list)
    recorded = recorded || text.find("deletion_refused") != std::string::npos;
  EXPECT_TRUE(recorded);
}

TEST_F(ApiTest, AnEmptyDayHasARecordWithSixZeroRows) {
  unit_with_agent();
  auto day = ok("GET", "/api/v1/units/510903-edu/days/2026-11-24");
  EXPECT_EQ(number_of(day, "findings_total", -1), 0);
  ASSERT_EQ(array_of(day, "stages")->size(), 6u);
  for (const auto& row : *array_of(day, "stages")) {
    EXPECT_EQ(text_of(row.as_object(), "state"), "unavailable");
    EXPECT_TRUE(row.as_object().at("coverage").is_null());
  }
  EXPECT_EQ(array_of(day, "hourly")->size(), 24u);
  EXPECT_EQ(text_of(day, "state"), "open");
}

TEST_F(ApiTest, AFindingIsListedWithItsProofAndItsExactEvent) {
  unit_with_agent();
  const std::string event =
      R"({"class_uid":2006,"message":"m","finding_info":{"title":"t","analytic":{"version":"3"}},"file":{"path":"/srv/people.csv"},"unmapped":{"fengsui":{"title":{"zh":"标题","en":"Title"},"data":[{"type":"citizen_id","clear":5,"masked":0,"unclear":3}]}}})";
  agent->find(4, event);
  deliver();
  auto page = ok("GET", "/api/v1/units/510903-edu/days/2026-11-24/findings?severity=high&limit=1");
  EXPECT_EQ(number_of(page, "total"), 1);
  ASSERT_EQ(array_of(page, "items")->size(), 1u);
  const auto& item = array_of(page, "items")->at(0).as_object();
  EXPECT_EQ(text_of(item, "rule"), "STO-1");
  EXPECT_EQ(text_of(item, "object"), "/srv/people.csv");
  EXPECT_EQ(number_of(*object_of(item, "types"), "citizen_id"), 5);
  EXPECT_EQ(text_of(*object_of(item, "title"), "en"), "Title");
  EXPECT_EQ(number_of(ok("GET", "/api/v1/units/510903-edu/days/2026-11-24/findings?severity=low"), "total", -1), 0);
  auto detail = ok("GET", "/api/v1/units/510903-edu/findings/" + std::to_string(number_of(item, "index")));
  EXPECT_EQ(text_of(detail, "detail"), event);
  const auto* proof = object_of(detail, "proof");
  ASSERT_NE(proof, nullptr);
  EXPECT_EQ(number_of(*proof, "size"), 4);
  auto exported = call("GET", "/api/v1/units/510903-edu/days/2026-11-24/export.ndjson");
  EXPECT_EQ(exported.body, event + "\n");
}

TEST_F(ApiTest, AStoredEventThatWasAlteredIsNotShown) {
  unit_with_agent();
  agent->find(4, R"({"class_uid":2006,"message":"m"})");
  deliver();
  const std::string day = "/api/v1/units/510903-edu/days/2026-11-24";
  EXPECT_EQ(number_of(ok("GET", day + "/findings"), "total"), 1);
  for (const auto& file : std::filesystem::recursive_directory_iterator(rig.folder.path)) {
    if (file.path().parent_path().filename() != "days" || file.path().extension() != ".db") continue;
    sqlite3* raw = nullptr;
    ASSERT_EQ(sqlite3_open(file.path().c_str(), &raw), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(raw, "UPDATE details SET line=CAST(replace(line,'\"m\"','\"n\"') AS BLOB)", nullptr, nullptr,
                           nullptr),
              SQLITE_OK);
    sqlite3_close(raw);
  }
  for (const char* path : {"/findings", "/export.ndjson"}) {
    auto response = call("GET", day + path);
    EXPECT_EQ(response.status, 503) << path;
    EXPECT_NE(response.body.find("it was altered"), std::string::npos) << response.body;
  }
}

TEST_F(ApiTest, FindingsArePagedWithoutHolesOrRepeats) {
  unit_with_agent();
  for (int i = 0; i < 7; ++i) agent->find();
  deliver();
  std::set<std::int64_t> seen;
  std::string cursor;
  for (int page = 0; page < 10; ++page) {
    auto o = ok("GET", "/api/v1/units/510903-edu/days/2026-11-24/findings?limit=3" +
                           (cursor.empty() ? "" : "&cursor=" + cursor));
    EXPECT_EQ(number_of(o, "total"), 7);
    for (const auto& item : *array_of(o, "items"))
      EXPECT_TRUE(seen.insert(number_of(item.as_object(), "index")).second);
    cursor = text_of(o, "next_cursor");
    if (cursor.empty()) break;
  }
  EXPECT_EQ(seen.size(), 7u);
}

TEST_F(ApiTest, ASealedDayIsNotSealedAgainAndLateRecordsBecomeASupplement) {
  unit_with_agent();
  agent->find();
  agent->beat();
  deliver();
  rig.clock.now = base::start_of({2026, 11, 25}) + 11 * 60'000;
  token = log_in_as("admin", rig.password);
  ASSERT_TRUE(sealer->tick());
  auto sealed = ok("GET", "/api/v1/units/510903-edu/days/2026-11-24");
  EXPECT_EQ(text_of(sealed, "state"), "sealed");
  auto root = text_of(*object_of(sealed, "seal"), "root");
  EXPECT_EQ(call("POST", "/api/v1/units/510903-edu/days/2026-11-24/seal", "{}").status, 409);
  auto now = rig.clock.now;
  rig.clock.now = base::start_of({2026, 11, 24}) + 20 * 3'600'000;
  agent->find();
  rig.clock.now = now;
  deliver();
  rig.clock.now = base::start_of({2026, 11, 26}) + 11 * 60'000;
  token = log_in_as("admin", rig.password);
  ASSERT_TRUE(sealer->tick());
  auto later = ok("GET", "/api/v1/units/510903-edu/days/2026-11-24");
  EXPECT_EQ(text_of(*object_of(later, "seal"), "root"), root);
  ASSERT_EQ(array_of(later, "supplements")->size(), 1u);
  EXPECT_EQ(number_of(array_of(later, "supplements")->at(0).as_object(), "records"), 1);
}

TEST_F(ApiTest, TwoDifferentPeopleSignADay) {
  unit_with_agent();
  agent->beat();
  deliver();
  const std::string day = "/api/v1/units/510903-edu/days/2026-11-24";
  EXPECT_EQ(call("POST", day + "/sign", "{}").status, 409);
  ok("POST", day + "/seal", "{}");
  EXPECT_EQ(call("POST", day + "/countersign", "{}").status, 409);
  EXPECT_EQ(text_of(ok("POST", day + "/sign", R"({"opinion":"正常"})"), "state"), "reviewed");
  ok("POST", day + "/explanations", R"({"why":"部署当日"})");
  EXPECT_EQ(call("POST", day + "/countersign", "{}").status, 409);
  auto second = person("sec", sec_admin);
  EXPECT_EQ(call("POST", day + "/countersign", "{}", second).status, 200);
  auto html = call("GET", day + "/record.html");
  EXPECT_EQ(html.status, 200);
  EXPECT_NE(html.body.find("零报告"), std::string::npos);
  EXPECT_NE(html.body.find("正常"), std::string::npos);
}

TEST_F(ApiTest, ACleanDayIsAttestedAndADirtyOneIsRefusedWithReasons) {
  unit_with_agent();
  for (int i = 0; i < 30; ++i) agent->beat();
  deliver();
  ok("POST", "/api/v1/units/510903-edu/days/2026-11-24/seal", "{}");
  const std::string period = R"({"from":"2026-11-24","to":"2026-11-24"})";
  auto issued = ok("POST", "/api/v1/units/510903-edu/attestations", period);
  EXPECT_EQ(text_of(issued, "result"), "issued_with_notes") << to_text(issued);
  auto bundle = call("GET", "/api/v1/units/510903-edu/attestations/" + text_of(issued, "id") + "/bundle");
  EXPECT_EQ(bundle.status, 200);
  EXPECT_TRUE(bundle.body.starts_with("PK"));
  // An evaluator with nothing but the policy file replays all of it.
  auto policy = evidence::parse_policy(base::text(*base::read_file(rig.folder.path / "evaluator-policy", 65536)));
  ASSERT_TRUE(policy) << policy.error().what;
  auto verified = evidence::verify_bundle(base::view(bundle.body), *policy, {});
  EXPECT_TRUE(verified.verified) << evidence::to_text(verified, false);
  EXPECT_EQ(verified.level, 3);

  auto sent = agent->records.size();
  agent->find(4);
  agent->beat();
  agent->deliver(sent + 1);
  ASSERT_TRUE(rig.ingest->flush());
  ok("POST", "/api/v1/units/510903-edu/days/2026-11-24/seal", "{}");
  auto refused = ok("POST", "/api/v1/units/510903-edu/attestations", period);
  EXPECT_EQ(text_of(refused, "result"), "refused");
  bool untriaged = false;
  for (const auto& reason : *array_of(refused, "reasons"))
    untriaged = untriaged || text_of(reason.as_object(), "code") == "untriaged_finding";
  EXPECT_TRUE(untriaged) << to_text(refused);
  EXPECT_EQ(call("GET", "/api/v1/units/510903-edu/attestations/" + text_of(refused, "id") + "/bundle").status, 404);
  EXPECT_EQ(array_of(ok("GET", "/api/v1/units/510903-edu/attestations"), "items")->size(), 2u);

  auto page = ok("GET", "/api/v1/units/510903-edu/days/2026-11-24/findings?severity=high");
  auto index = std::to_string(number_of(array_of(page, "items")->at(0).as_object(), "index"));
  ok("POST", "/api/v1/units/510903-edu/findings/" + index + "/triage",
     R"({"state":"confirmed","reason":"属实","level":"l4"})");
  auto list = ok("GET", "/api/v1/units/510903-edu/attestations");
  EXPECT_TRUE(array_of(list, "items")->at(1).as_object().at("revoked").is_int64());
  EXPECT_NE(call("GET", "/api/v1/units/510903-edu/revocations").body.find("payload"), std::string::npos);
}

TEST_F(ApiTest, TheVerifierPageTravelsInTheBundleOrIsSaidToBeMissing) {
  unit_with_agent();
  for (int i = 0; i < 30; ++i) agent->beat();
  deliver();
  ok("POST", "/api/v1/units/510903-edu/days/2026-11-24/seal", "{}");
  auto files = [&] {
    rig.clock.now += 1000;
    auto issued = ok("POST", "/api/v1/units/510903-edu/attestations", R"({"from":"2026-11-24","to":"2026-11-24"})");
    auto zip = call("GET", "/api/v1/units/510903-edu/attestations/" + text_of(issued, "id") + "/bundle");
    auto read = evidence::read_zip(base::view(zip.body));
    EXPECT_TRUE(read);
    return *read;
  };
  EXPECT_FALSE(files().contains("verify.html"));
  attestor->give_records([](const std::string& unit, base::Day day) -> base::Result<std::string> {
    return unit + " " + base::to_string(day);
  });
  auto people = files();
  EXPECT_EQ(base::text(people.at("records/2026-11-24.html")), "510903-edu 2026-11-24");
  auto statement = evidence::parse_envelope(base::text(people.at("attestation.dsse.json")));
  auto html = std::string(base::text(people.at("attestation.html")));
  for (std::string word : {"数据安全无事件证明", "510903-edu", "仅说明在上述监测范围和时段内未发现数据安全事件，不构成对范围以外的保证", "单位（盖章）", "<svg"})
    EXPECT_NE(html.find(word), std::string::npos) << word;
  EXPECT_NE(html.find(evidence::payload_digest(statement->payload)), std::string::npos);
  EXPECT_NE(call("GET", "/healthz", "", "").body.find("bundles lack verify.html"), std::string::npos);

  auto page = rig.folder.path / "verify.html";
  ASSERT_TRUE(base::write_file_durable(page, base::view("<!doctype html>")));
  rig.config.evidence.page = page.string();
  rig.start();
  build();
  token = log_in_as("admin", rig.password);
  EXPECT_EQ(base::text(files().at("verify.html")), "<!doctype html>");
  EXPECT_EQ(call("GET", "/healthz", "", "").body.find("verify.html"), std::string::npos);
}

TEST_F(ApiTest, AnAttestationThatTheControlDatabaseForgotIsTold) {
  unit_with_agent();
  for (int i = 0; i < 30; ++i) agent->beat();
  deliver();
  ok("POST", "/api/v1/units/510903-edu/days/2026-11-24/seal", "{}");
  ok("POST", "/api/v1/units/510903-edu/attestations", R"({"from":"2026-11-24","to":"2026-11-24"})");
  ASSERT_TRUE(memory->facts("510903-edu", rig.clock.now));
  ASSERT_TRUE(attestor->tick());
  EXPECT_EQ(attestor->health(), "");
  auto rows = rig.centre->control().list("attestation");
  ASSERT_TRUE(rows && rows->size() == 1);
  ASSERT_TRUE(rig.centre->control().put("attestation", rows->front().first, R"({"result":"refused"})"));
  ASSERT_TRUE(attestor->tick());
  EXPECT_NE(attestor->health().find("the control database does not know"), std::string::npos);
  ASSERT_TRUE(rig.centre->control().put("attestation", rows->front().first, rows->front().second));
}

TEST_F(ApiTest, AFalsePositiveNeedsASecondPerson) {
  unit_with_agent();
  agent->find(4);
  deliver();
  const std::string path = "/api/v1/units/510903-edu/findings/3/triage",
                    body = R"({"state":"false_positive","reason":"测试数据"})";
  EXPECT_EQ(text_of(ok("POST", path, body), "state"), "proposed_false_positive");
  EXPECT_EQ(call("POST", path, body).status, 409);
  EXPECT_EQ(call("POST", path, body, person("sec", sec_admin)).status, 200);
  EXPECT_EQ(call("POST", path, body).status, 409);
  EXPECT_EQ(call("POST", path, R"({"state":"deleted","reason":"x"})").status, 400);
}

TEST_F(ApiTest, TheLogIsServedAsTilesOfWhatIsSigned) {
  unit_with_agent();
  for (int i = 0; i < 300; ++i) agent->find();
  deliver();
  auto checkpoint = call("GET", "/log/510903-edu/2026/checkpoint", "", "");
  EXPECT_TRUE(checkpoint.body.starts_with("fengsui.example.gov.cn/510900/510903-edu/2026\n303\n")) << checkpoint.body;
  EXPECT_EQ(call("GET", "/log/510903-edu/2026/tile/0/000", "", "").body.size(), 256u * 32);
  EXPECT_EQ(call("GET", "/log/510903-edu/2026/tile/0/001.p/47", "", "").body.size(), 47u * 32);
  EXPECT_EQ(call("GET", "/log/510903-edu/2026/tile/1/000.p/1", "", "").body.size(), 32u);
  auto entries = call("GET", "/log/510903-edu/2026/tile/entries/001.p/47", "", "");
  EXPECT_EQ(entries.status, 200);
  for (const char* path :
       {"0/001", "0/001.p/48", "0/1", "0/x001/000", "9/000", "entries/002", "0/000.p/0", "0/000.p/256", "0/../000"})
    EXPECT_EQ(call("GET", std::string("/log/510903-edu/2026/tile/") + path, "", "").status, 404) << path;
  EXPECT_EQ(call("GET", "/log/510903-edu/2025/checkpoint", "", "").status, 404);
  EXPECT_EQ(call("GET", "/log/none/2026/checkpoint", "", "").status, 404);
}

TEST_F(ApiTest, ScoreIsARangeWhereNobodyHasToldUs) {
  unit_with_agent();
  agent->beat();
  deliver();
  auto score = call("GET", "/api/v1/units/510903-edu/score?from=2026-11-24&to=2026-11-24");
  if (!std::filesystem::exists(FENGSUI_SOURCE_DIR "/rules/score/row16.toml")) {
    EXPECT_EQ(score.status, 503);
    return;
  }
  ASSERT_EQ(score.status, 200) << score.body;
  auto o = *parse_object(score.body);
  EXPECT_EQ(o.at("max").to_number<double>(), 10.0);
  EXPECT_LT(o.at("low").to_number<double>(), o.at("high").to_number<double>());
}

TEST_F(ApiTest, AskingAboutAnotherYearMakesNoLogAndNoLongWork) {
  unit_with_agent();
  const std::string unit = "/api/v1/units/510903-edu";
  EXPECT_EQ(call("GET", unit + "/score?from=2026-01-01&to=9999-12-31").status, 400);
  EXPECT_EQ(call("GET", unit + "/score?from=1971-01-01&to=1971-12-31").status, 404);
  EXPECT_EQ(call("GET", unit + "/days/1971-01-01").status, 404);
  EXPECT_EQ(call("GET", unit + "/days/1971-01-01/findings").status, 404);
  EXPECT_EQ(call("GET", unit + "/days/9998-01-01/findings").status, 404);
  EXPECT_EQ(rig.centre->ledger().units()->size(), 1u);
}

TEST_F(ApiTest, HealthAndMetricsNeedNoSession) {
  unit_with_agent();
  EXPECT_EQ(call("GET", "/healthz", "", "").status, 200);
  auto metrics = call("GET", "/metrics", "", "");
  EXPECT_NE(metrics.body.find("# TYPE fengsui_collector_records_total counter\n"), std::string::npos);
  EXPECT_NE(metrics.body.find("fengsui_collector_agents{status=\"never_seen\"} 1\n"), std::string::npos);
}

TEST(Target, PercentCodingIsStrict) {
  Request r;
  EXPECT_TRUE(parse_target("/a%20b?x=%E4%B8%AD+y", r));
  EXPECT_EQ(r.path, "/a b");
  EXPECT_EQ(r.query["x"], "中 y");
  for (const char* bad : {"", "a", "/%", "/%2", "/%zz", "/%00", "/%ff", "/a?x=1&x=2", "/a?x=%"}) {
    Request one;
    EXPECT_FALSE(parse_target(bad, one)) << bad;
  }
  Request two;
  EXPECT_FALSE(parse_target("/" + std::string(5000, 'a'), two));
}

// The dashboard's folder holds index.html and assets/app.js; a secret lies beside it.
TEST_F(ApiTest, TheCatalogueIsImportedWholeOrNotAtAll) {
  auto size = [&](const std::string& query) {
    auto found = ok("GET", "/api/v1/catalog" + query);
    const auto* items = array_of(found, "items");
    return items == nullptr ? 999 : items->size();
  };
  auto import = [&](const std::string& body) { return call("POST", "/api/v1/catalog", body); };
  EXPECT_EQ(size(""), 0u);
  EXPECT_EQ(import(R"({"items":[{"id":"A-1","name":"x","paths":["t_a"]},{"id":"A-2","name":"y","unit":"u2","grade":"g4"}]})").body,
            R"({"imported":2,"items":2})");
  EXPECT_EQ(import(R"({"items":[{"id":"A-3","name":"z"},{"id":"A-4","name":"z","grade":"g7"}]})").status, 400);
  EXPECT_EQ(import(R"({"items":[{"id":"A-3","nam":"z"}]})").status, 400);
  EXPECT_EQ(import(R"({"item":[]})").status, 400);
  EXPECT_EQ(size(""), 2u);
  EXPECT_EQ(import(R"({"items":[{"id":"A-1","name":"new"},{"id":"A-0","name":"z"}]})").body, R"({"imported":2,"items":3})");
  auto one = ok("GET", "/api/v1/catalog?id=A-1");
  ASSERT_EQ(array_of(one, "items")->size(), 1u);
  EXPECT_EQ(text_of((*array_of(one, "items"))[0].as_object(), "name"), "new");
  EXPECT_EQ(size("?unit=u2"), 1u);
  EXPECT_EQ(import(R"({"items":[{"id":"B","name":"b"}],"replace":true})").body, R"({"imported":1,"items":1})");
  EXPECT_EQ(size(""), 1u);
  EXPECT_EQ(call("POST", "/api/v1/catalog", R"({"items":[]})", person("auditor", audit_admin)).status, 403);
}

class FilesTest : public ApiTest {
 protected:
  void SetUp() override {
    web = rig.folder.path / "web";
    std::filesystem::create_directories(web / "assets");
    std::ofstream(web / "index.html") << "<html>";
    std::ofstream(web / "assets/app.js") << "1;";
    std::ofstream(rig.folder.path / "secret.txt") << "secret";
    std::filesystem::create_symlink(rig.folder.path / "secret.txt", web / "link.txt");
    rig.ingest.reset();
    Config config;
    config.http.dashboard = web.string();
    rig.watch.reset();
    rig.centre.reset();
    auto opened = Centre::open(rig.folder.path, config, rig.clock);
    ASSERT_TRUE(opened);
    rig.centre = std::move(*opened);
    rig.ingest = std::make_unique<Ingest>(
        *rig.centre, [](const std::string&, const wire::Message&) { return base::Status(); },
        [](const std::string&, const evidence::Heartbeat&, base::UnixMs) {});
    rig.watch = std::make_unique<Watch>(*rig.centre, *rig.ingest);
    build();
  }
  std::filesystem::path web;
};

TEST_F(FilesTest, FilesOfTheFolderAreServedWithAStrictPolicy) {
  for (const char* path : {"/", "/index.html", "/today"}) {
    auto page = call("GET", path);
    EXPECT_EQ(page.body, "<html>") << path;
    bool strict = false;
    for (const auto& [name, value] : page.headers)
      strict = strict || (name == "Content-Security-Policy" && value.find("default-src 'none'") == 0 &&
                          value.find("unsafe") == std::string::npos);
    EXPECT_TRUE(strict);
  }
  EXPECT_EQ(call("GET", "/assets/app.js").body, "1;");
  EXPECT_EQ(call("GET", "/none.js").status, 404);
}

TEST_F(FilesTest, NoPathLeadsOutOfTheFolder) {
  for (const char* path : {"/../secret.txt", "/%2e%2e/secret.txt", "/assets/../../secret.txt",
                           "/assets/..%2f..%2fsecret.txt", "/..%5csecret.txt", "/link.txt", "//secret.txt",
                           "/.%2e/secret.txt", "/assets//../../secret.txt", "/etc/passwd.txt"}) {
    auto response = call("GET", path);
    EXPECT_NE(response.status, 200) << path;
    EXPECT_EQ(response.body.find("secret"), std::string::npos) << path;
  }
}

}  // namespace
}  // namespace fengsui::collector::api
