#include "classify/grade.h"

#include "classify/site_kit.h"
#include "classify/scan.h"

using namespace fengsui;
using namespace fengsui::classify;
using fengsui::classify::test::engine;

namespace {

model::TypeCount count(Type type, std::uint64_t clear, std::uint64_t masked = 0) {
  model::TypeCount t;
  t.type = id(type);
  t.clear = clear;
  t.masked = masked;
  return t;
}

model::Grading graded(std::vector<model::TypeCount> types, const People& people = People(1)) {
  model::Conclusion c;
  c.types = std::move(types);
  grade(engine()->state().grading, engine()->state().by_type, people, c);
  return c.grading;
}

std::string load(const std::string& toml) {
  const test::Folder folder;
  folder.write("a.toml", toml);
  std::string digested;
  const auto rules = load_grading(folder.path(), digested);
  return rules ? "" : rules.error().what.substr(folder.path().string().size() + 1);
}

}  // namespace

TEST(Grade, AnObjectHasTheHighestGradeOfWhatIsInItInClear) {
  const auto g = graded({count(Type::email, 5), count(Type::mobile, 3), count(Type::uscc, 9)});
  EXPECT_EQ(g.grade, "g3");
  EXPECT_EQ(g.data_class, "personal");
  EXPECT_EQ(g.kinds, (std::vector<std::string>{"mobile", "email", "uscc"}));
  EXPECT_TRUE(g.why.empty());
  EXPECT_EQ(graded({}).grade, "");
}

TEST(Grade, MaskedValuesAloneAreOfTheMaskedGrade) { EXPECT_EQ(graded({count(Type::citizen_id, 0, 40)}).grade, "g1"); }

TEST(Grade, NamesWithTelephonesOfAThousandPersonsAreRaised) {
  EXPECT_EQ(graded({count(Type::person_name, 999), count(Type::mobile, 999)}).grade, "g3");
  const auto g = graded({count(Type::person_name, 1000), count(Type::mobile, 1000)});
  EXPECT_EQ(g.grade, "g4");
  EXPECT_EQ(g.why, std::vector<std::string>{"contact_list"});
}

TEST(Grade, AMillionPersonsAreImportantData) {
  const auto g = graded({count(Type::citizen_id, 1'000'000)});
  EXPECT_EQ(g.grade, "important");
  EXPECT_EQ(g.persons, 1'000'000u);
}

TEST(Grade, PersonsAreTheDistinctIdentityNumbersOfAllKinds) {
  People people(7);
  for (int i = 0; i < 300; ++i) people.add(Type::citizen_id, "id" + std::to_string(i % 100));
  people.add(Type::passport, "E1");
  const auto g = graded({count(Type::citizen_id, 300), count(Type::passport, 1), count(Type::mobile, 5000)}, people);
  EXPECT_NEAR(static_cast<double>(g.persons), 101.0, 3.0);
  EXPECT_EQ(g.persons_method, "distinct:citizen_id+passport");
}

TEST(Grade, WithoutIdentityNumbersTelephonesThenNamesThenMaskedValuesAreCounted) {
  EXPECT_EQ(graded({count(Type::person_name, 9), count(Type::mobile, 5)}).persons_method, "distinct:mobile");
  EXPECT_EQ(graded({count(Type::person_name, 9)}).persons_method, "values:person_name");
  const auto masked = graded({count(Type::mobile, 0, 8)});
  EXPECT_EQ(masked.persons_method, "values:masked");
  EXPECT_EQ(masked.persons, 8u);
  EXPECT_EQ(graded({count(Type::uscc, 3)}).persons_method, "");
}

TEST(Grade, AWrongRuleNamesItsLine) {
  EXPECT_EQ(load("masked_grade = \"g9\"\n"), "a.toml:1: \"g9\" is no grade; the nearest is \"g1\"");
  EXPECT_EQ(load("[[rule]]\nid = \"a\"\nzh = \"a\"\nen = \"a\"\nany = [\"mobil\"]\ngrade = \"g4\"\n"), "a.toml:5: \"mobil\" is not a type this engine knows; the nearest is \"mobile\"");
  EXPECT_EQ(load("[[rule]]\nid = \"a\"\nzh = \"a\"\nen = \"a\"\ngrade = \"g4\"\n"), "a.toml:1: a rule needs `all` or `any`");
  EXPECT_EQ(load("gradee = 1\n"), "a.toml:1: unknown key \"gradee\"; the nearest is \"rule\"");
  EXPECT_EQ(load("[[rule]\n").substr(0, 9), "a.toml:1:");
}
