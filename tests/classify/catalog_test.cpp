#include "classify/catalog.h"

#include "classify/site_kit.h"
#include "classify/words.h"

using namespace fengsui;
using namespace fengsui::classify;

namespace {

const std::string kCsv =
    "目录编号,名称,单位,路径,信息项,数据分类,数据分级,共享属性,可用不可见\r\n"
    "A-1,学生学籍,市教育局,/srv/edu/*.csv；t_student*,\"姓名、身份证号\n学校\",personal,4级,有条件共享,否\r\n"
    "A-2,\"就业登记\",市人社局,t_job,,personal,重要,不予共享,是\r\n";

std::string why(const base::Result<Catalog>& c) { return c ? "" : c.error().what; }

}  // namespace

TEST(Catalog, CsvInChineseOrEnglishInUtf8OrGb18030GivesTheSameItems) {
  const auto zh = Catalog::from_csv(kCsv, "a.csv"), gb = Catalog::from_csv(to_gb18030(kCsv), "a.csv"), bom = Catalog::from_csv("\xEF\xBB\xBF" + kCsv, "a.csv");
  ASSERT_TRUE(zh) << why(zh);
  ASSERT_TRUE(gb && bom);
  ASSERT_EQ(zh->items().size(), 2u);
  EXPECT_EQ(zh->items(), gb->items());
  EXPECT_EQ(zh->items(), bom->items());
  const CatalogItem& first = zh->items()[0];
  EXPECT_EQ(first.id, "A-1");
  EXPECT_EQ(first.paths, (std::vector<std::string>{"/srv/edu/*.csv", "t_student*"}));
  EXPECT_EQ(first.columns, (std::vector<std::string>{"姓名", "身份证号", "学校"}));
  EXPECT_EQ(first.grade, "g4");
  EXPECT_EQ(first.share, "conditional");
  EXPECT_FALSE(first.use_without_view);
  EXPECT_EQ(zh->items()[1].grade, "important");
  EXPECT_TRUE(zh->items()[1].use_without_view);
  const auto en = Catalog::from_csv("id;name;paths;use_without_view\nA-1;x;/a|/b;true\n", "a.csv");
  ASSERT_TRUE(en) << why(en);
  EXPECT_EQ(en->items()[0].paths, (std::vector<std::string>{"/a", "/b"}));  // the semicolon is the delimiter here, the bar divides
}

TEST(Catalog, JsonComesBackAsItWent) {
  const auto from = Catalog::from_csv(kCsv, "a.csv");
  ASSERT_TRUE(from);
  const auto back = Catalog::from_json(from->to_json(), "a.json");
  ASSERT_TRUE(back) << why(back);
  EXPECT_EQ(back->items(), from->items());
}

TEST(Catalog, WhatIsWrongIsNamedByItsLine) {
  const auto csv = [](const std::string& row) { return why(Catalog::from_csv("id,name,grade,share\n" + row + "\n", "c.csv")); };
  EXPECT_EQ(csv("A,x,g5,"), "c.csv: line 2: the grade is none of core, important, g4, g3, g2, g1 (核心, 重要, 4级 … 1级)");
  EXPECT_EQ(csv(",x,,"), "c.csv: line 2: has no id (目录编号)");
  EXPECT_EQ(csv("A,,,"), "c.csv: line 2: has no name (名称)");
  EXPECT_EQ(csv("A,x,,\nA,y,,"), "c.csv: A: this id occurs twice");
  EXPECT_EQ(csv("A,x,,,z"), "c.csv: line 2: has more cells than the head has names");
  EXPECT_EQ(csv("A," + std::string(kMaxCatalogText + 1, 'x') + ",,"), "c.csv: line 2: name of 513 bytes, at most 512 are kept");
  EXPECT_EQ(why(Catalog::from_csv("id,nam\nA,x\n", "c.csv")), "c.csv: line 2: unknown field \"nam\"; the nearest is \"name\"");
  EXPECT_EQ(why(Catalog::from_csv("", "c.csv")), "c.csv: no head line");
  EXPECT_EQ(why(Catalog::from_json("{", "c.json")).substr(0, 16), "c.json: not JSON");
  EXPECT_EQ(why(Catalog::from_json("{}", "c.json")), "c.json: a list of items, or {\"items\":[…]}, is wanted");
  EXPECT_EQ(why(Catalog::from_json(R"([{"id":"a","name":"b","paths":[1]}])", "c.json")), "c.json: item 1: \"paths\" must be a list of texts");
  EXPECT_EQ(why(Catalog::from_json(R"([7])", "c.json")), "c.json: item 1: is not an object");
}

TEST(Catalog, ItemsOverTheLimitAreRefused) {
  std::string csv = "id,name\n";
  for (std::size_t i = 0; i <= kMaxCatalogItems; ++i) csv += std::to_string(i) + ",x\n";
  const auto c = Catalog::from_csv(csv, "c.csv");
  ASSERT_FALSE(c);
  EXPECT_EQ(c.error().code, base::Errc::limit);
}

TEST(Catalog, AnyTruncationIsAnItemListOrAnError) {
  for (std::size_t n = 0; n <= kCsv.size(); ++n) (void)Catalog::from_csv(kCsv.substr(0, n), "c.csv");
  const std::string json = Catalog::from_csv(kCsv, "c")->to_json();
  for (std::size_t n = 0; n < json.size(); ++n) EXPECT_FALSE(Catalog::from_json(json.substr(0, n), "c.json")) << n;
}

TEST(Catalog, PatternsWithASlashAreOfPathsAndOthersOfTablesAndFiles) {
  const auto c = Catalog::from_csv(kCsv, "a.csv");
  const auto id_of = [&](const ObjectNames& names) {
    const CatalogItem* item = c->match(names);
    return item == nullptr ? std::string("-") : item->id;
  };
  EXPECT_EQ(id_of({"/srv/edu/2026/a.csv", "", {}}), "A-1");
  EXPECT_EQ(id_of({"/srv/education/a.csv", "", {}}), "-");
  EXPECT_EQ(id_of({"SELECT", "", {"T_STUDENT_2026"}}), "A-1");
  EXPECT_EQ(id_of({"/tmp/dump.sql", "", {"t_job"}}), "A-2");
  EXPECT_EQ(id_of({"/tmp/t_student.xlsx", "", {}}), "A-1");
  EXPECT_EQ(id_of({"/tmp/a.zip", "x/t_job", {}}), "A-2");
  EXPECT_EQ(id_of({"/tmp/other", "", {"t_jobs"}}), "-");
}

TEST(Catalog, PatternsAreDecidedInLinearTime) {
  EXPECT_TRUE(fits_pattern("*a?c*", "xxabcyy", false));
  EXPECT_FALSE(fits_pattern("*a?c", "xxabcyy", false));
  EXPECT_TRUE(fits_pattern("", "", false));
  EXPECT_FALSE(fits_pattern(std::string(40, '*') + "b", std::string(4000, 'a'), false));
}

TEST(Catalog, ColumnsBeyondTheDeclaredOnesAreNamed) {
  CatalogItem item;
  item.columns = {"姓名", "Id_Card"};
  EXPECT_EQ(undeclared_columns(item, {"姓名", "idcard", "家庭住址"}), std::vector<std::string>{"家庭住址"});
  EXPECT_EQ(undeclared_columns(item, {"data.list.姓名", "x.phone"}), std::vector<std::string>{"x.phone"});
  EXPECT_TRUE(undeclared_columns(item, {"张三", "李四"}).empty());  // values, not names
  item.columns.clear();
  EXPECT_TRUE(undeclared_columns(item, {"姓名"}).empty());
}

TEST(Catalog, AConclusionNamesItsItemAndWhatTheItemDoesNotDeclare) {
  const test::Folder folder;
  SiteFiles site;
  site.catalog = folder.write("catalog.csv", kCsv);
  const auto engine = Engine::load(FENGSUI_SOURCE_DIR "/rules", {2030, 12, 31}, site);
  ASSERT_TRUE(engine) << engine.error().what;
  const auto key = crypto::Secret::copy_of(base::view("k"));
  const auto examine = [&](std::string object, std::string table) {
    auto from = std::make_shared<model::Provenance>();
    from->object = std::move(object);
    if (!table.empty()) from->fields.set("table.name", table);
    Examination e(*engine, key, from);
    e.feed(base::view("姓名,身份证号,家庭住址\n张伟,510107199003071236,x\n王芳,11010519491231002X,y\n"));
    return std::move(e.finish()[0]);
  };
  const auto declared = examine("/srv/edu/a.csv", "");
  EXPECT_EQ(declared.catalog_item, "A-1");
  EXPECT_EQ(declared.undeclared, std::vector<std::string>{"家庭住址"});
  EXPECT_FALSE(declared.use_without_view);
  EXPECT_EQ(declared.grading.grade, "g4");
  const auto rows = examine("SELECT t_job", "t_job");
  EXPECT_EQ(rows.catalog_item, "A-2");
  EXPECT_TRUE(rows.use_without_view);
  EXPECT_TRUE(rows.undeclared.empty());
  EXPECT_EQ(rows.grading.grade, "important");
  EXPECT_THAT(rows.grading.why, ::testing::Contains("catalog"));
  EXPECT_EQ(examine("/tmp/x", "").catalog_item, "unregistered");
}
