#include "classify/columns.h"

#include "classify/kit.h"
#include "classify/sums.h"
#include "classify/words.h"

using namespace fengsui;
using namespace fengsui::classify;
using fengsui::classify::test::engine;

namespace {

model::Conclusion examine(std::string_view bytes, std::size_t piece = SIZE_MAX) {
  static const auto key = crypto::Secret::copy_of(base::view("0123456789abcdef0123456789abcdef"));
  Examination e(engine(), key, std::make_shared<model::Provenance>());
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    e.feed(base::view(bytes.substr(at, piece)));
    if (piece == SIZE_MAX) break;
  }
  return std::move(e.finish()[0]);
}

std::string number(std::uint64_t n, std::size_t width) {
  std::string s = std::to_string(n);
  return s.size() < width ? std::string(width - s.size(), '0') + s : s;
}

// Numbers by GB 11643: the check character by ISO 7064 MOD 11-2.
std::string citizen(std::size_t i) {
  const std::string first = "510903" + number(1960 + i % 40, 4) + number(1 + i % 12, 2) + number(1 + i % 28, 2) + number(i % 1000, 3);
  return first + sums::mod_11_2_check(first);
}
std::string citizen_15(std::size_t i) { return "510903" + number(60 + i % 30, 2) + number(1 + i % 12, 2) + number(1 + i % 28, 2) + number(i % 1000, 3); }
std::string person(std::size_t i) {
  const std::string_view family[] = {"张", "王", "李", "刘", "陈", "杨", "赵", "黄"};
  const std::string_view given[] = {"伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "洋", "艳", "勇", "军"};
  return std::string(family[i % 8]) + std::string(given[i % 11]) + std::string(given[(i / 8) % 12]);
}

std::string csv(std::string_view head, std::size_t rows, const std::function<std::string(std::size_t)>& row) {
  std::string out = head.empty() ? "" : std::string(head) + "\n";
  for (std::size_t i = 0; i < rows; ++i) out += row(i) + "\n";
  return out;
}

std::string print(const model::Conclusion& c) {
  std::string out = "rows " + std::to_string(c.rows) + "\n";
  for (const auto& t : c.types) out += t.type + " " + std::to_string(t.clear) + "/" + std::to_string(t.masked) + "/" + std::to_string(t.unclear) + "\n";
  for (const auto& p : c.profile)
    out += (p.table.empty() ? "" : p.table + ".") + p.name + " " + p.type + (p.named ? " named" : "") + (p.whole ? "" : " sample") + " cells " +
           std::to_string(p.cells) + " nulls " + std::to_string(p.nulls) + " clear " + std::to_string(p.clear) + " masked " + std::to_string(p.masked) +
           " wrong " + std::to_string(p.wrong) + (p.desensitised ? " desensitised" : "") + (p.weak_masked != 0 ? " weak " + std::to_string(p.weak_masked) : "") + "\n";
  return out;
}

const model::ColumnFacts* column(const model::Conclusion& c, std::string_view name) {
  for (const auto& p : c.profile)
    if (p.name == name) return &p;
  return nullptr;
}

}  // namespace

TEST(Columns, AStrongTypeIsTheVerdictFromSixTenthsOn) {
  const auto with = [](std::size_t right) {
    return examine(csv("编号,值", 10, [&](std::size_t i) { return number(i, 3) + "," + (i < right ? citizen(i) : "x" + number(i, 3)); }));
  };
  ASSERT_NE(column(with(6), "值"), nullptr);
  EXPECT_EQ(column(with(6), "值")->type, "citizen_id");
  EXPECT_EQ(column(with(5), "值"), nullptr);
}

TEST(Columns, NullsAndErrorsOfAColumnAreCounted) {
  // 20 cells: 4 empty, 12 right, 4 with a wrong check character.
  const auto c = examine(csv("序号,身份证号", 20, [](std::size_t i) {
    std::string id = citizen(i);
    if (i % 5 == 3) id[17] = id[17] == '0' ? '1' : '0';
    return number(i, 3) + "," + (i % 5 == 4 ? "" : id);
  }));
  const auto* p = column(c, "身份证号");
  ASSERT_NE(p, nullptr) << print(c);
  EXPECT_EQ(p->cells, 20u);
  EXPECT_EQ(p->nulls, 4u);
  EXPECT_EQ(p->clear, 12u);
  EXPECT_EQ(p->wrong, 4u);
  EXPECT_TRUE(p->whole);
  EXPECT_TRUE(p->named);
}

TEST(Columns, FifteenDigitsAreCitizenNumbersWhenTheWholeColumnIs) {
  const auto row = [](std::size_t i) { return number(i, 3) + "," + citizen_15(i); };
  for (const std::string& content : {csv("序号,值", 60, row), csv("", 60, row)}) {
    const auto c = examine(content);
    ASSERT_EQ(c.types.size(), 1u) << print(c);
    EXPECT_EQ(c.types[0].type, "citizen_id_15");
    EXPECT_EQ(c.types[0].clear, 60u) << print(c);
    EXPECT_EQ(c.types[0].unclear, 0u) << print(c);
    EXPECT_THAT(c.types[0].why, ::testing::Contains("column:verdict"));
    EXPECT_EQ(c.rows, 60u);
  }
}

TEST(Columns, AWeakTypeNeedsNineTenthsAndTheRightName) {
  const auto row = [](std::size_t i) { return number(i, 3) + "," + (i % 8 == 0 ? "123456789012345" : citizen_15(i)); };
  EXPECT_EQ(examine(csv("序号,值", 80, row)).profile.size(), 0u);  // 70 of 80
  const auto named = [](std::string_view name) { return csv("序号," + std::string(name), 40, [](std::size_t i) { return number(i, 3) + "," + citizen_15(i); }); };
  EXPECT_EQ(examine(named("订单号")).profile.size(), 0u);  // speaks against
  EXPECT_EQ(examine(named("银行卡号")).profile.size(), 0u);  // speaks of another type
  EXPECT_EQ(examine(named("身份证")).profile.size(), 1u);
}

TEST(Columns, NamesAreCountedInAColumnOfNames) {
  const auto c = examine(csv("姓名,科目", 300, [](std::size_t i) { return person(i) + ",语文"; }));
  ASSERT_NE(column(c, "姓名"), nullptr) << print(c);
  EXPECT_EQ(column(c, "姓名")->type, "person_name");
  const auto names = std::find_if(c.types.begin(), c.types.end(), [](const auto& t) { return t.type == "person_name"; });
  ASSERT_NE(names, c.types.end());
  EXPECT_EQ(names->clear, 300u);
  for (const auto& s : names->samples) EXPECT_NE(s.find('*'), std::string::npos);
}

TEST(Columns, DatesOfBirthNeedTheirName) {
  const auto row = [](std::size_t i) { return number(i, 3) + "," + number(1950 + i % 60, 4) + "-" + number(1 + i % 12, 2) + "-" + number(1 + i % 28, 2); };
  const auto c = examine(csv("编号,出生日期", 30, row));
  ASSERT_EQ(c.profile.size(), 1u) << print(c);
  EXPECT_EQ(c.profile[0].type, "birth_date");
  EXPECT_EQ(examine(csv("编号,发证日期", 30, row)).profile.size(), 0u);
}

TEST(Columns, EveryFormatGivesTheSameVerdict) {
  std::string ndjson, json = "[", mysql = "-- MySQL dump\nINSERT INTO `p` (`xh`,`sfzh`) VALUES ", pg = "-- PostgreSQL database dump\nCOPY p (xh, sfzh) FROM stdin;\n", tsv = "xh\tsfzh\n";
  for (std::size_t i = 0; i < 40; ++i) {
    const std::string id = i % 10 == 9 ? "" : citizen(i), n = number(i, 3);
    ndjson += "{\"xh\":\"" + n + "\",\"sfzh\":\"" + id + "\"}\n";
    json += std::string(i == 0 ? "" : ",\n") + "{\"xh\":\"" + n + "\",\"sfzh\":" + (id.empty() ? "null" : "\"" + id + "\"") + "}";
    mysql += std::string(i == 0 ? "" : ",") + "('" + n + "'," + (id.empty() ? "NULL" : "'" + id + "'") + ")";
    pg += n + "\t" + (id.empty() ? "\\N" : id) + "\n";
    tsv += n + "\t" + id + "\n";
  }
  for (const std::string& content : {ndjson, json + "]", mysql + ";\n", pg + "\\.\n", tsv, to_gb18030(tsv)}) {
    const auto c = examine(content);
    const auto* p = column(c, "sfzh");
    ASSERT_NE(p, nullptr) << content.substr(0, 60) << print(c);
    EXPECT_EQ(p->type, "citizen_id");
    EXPECT_EQ(p->cells, 40u);
    EXPECT_EQ(p->nulls, 4u);
    EXPECT_EQ(p->clear, 36u);
    EXPECT_EQ(c.rows, 40u);
  }
}

TEST(Columns, ACommentInTheDefinitionOfATableNamesTheColumn) {
  std::string sql = "-- MySQL dump\nCREATE TABLE `t` (`a` int, `c7` char(15) COMMENT '身份证号', KEY `k` (`a`)) ENGINE=InnoDB;\n";
  for (std::size_t i = 0; i < 5; ++i) sql += "INSERT INTO `t` VALUES (" + std::to_string(i) + ",'" + citizen_15(i) + "');\n";
  const auto c = examine(sql);
  ASSERT_EQ(c.profile.size(), 1u) << print(c);
  EXPECT_EQ(print(c), "rows 5\ncitizen_id_15 5/0/0\nt.c7 citizen_id_15 named cells 5 nulls 0 clear 5 masked 0 wrong 0\n");
}

TEST(Columns, AFieldIsDesensitisedFrom95PerCentMaskedAndBelowOnePerCentClear) {
  const auto with = [](std::size_t masked, std::size_t clear) {
    const auto c = examine(csv("手机号,备注", 200, [&](std::size_t i) {
      return (i < masked ? "138****" + number(i, 4) : i < masked + clear ? "1380013" + number(8000 + i, 4) : "无") + ",x";
    }));
    return column(c, "手机号") != nullptr && column(c, "手机号")->desensitised;
  };
  EXPECT_TRUE(with(190, 1));   // 95 %, 0.5 %
  EXPECT_FALSE(with(189, 1));  // 94.5 %
  EXPECT_FALSE(with(198, 2));  // 1 % clear
}

TEST(Columns, AMaskThatOnlyHidesWhatCanBeWorkedOutIsWeak) {
  const auto with = [](std::size_t from, std::size_t n) {
    return examine(csv("序号,身份证号", 30, [&](std::size_t i) { return number(i, 3) + "," + citizen(i).replace(from, n, std::string(n, '*')); }));
  };
  const auto weak = [](const model::Conclusion& c) { return column(c, "身份证号") != nullptr ? column(c, "身份证号")->weak_masked : 999; };
  EXPECT_EQ(weak(with(17, 1)), 30u);  // the check character follows from the others
  EXPECT_EQ(weak(with(10, 4)), 30u);  // 365 days / 11 = 34 values
  EXPECT_EQ(weak(with(6, 8)), 0u);    // 46,000 days / 11
  EXPECT_EQ(weak(with(14, 4)), 0u);   // 1,000 values
}

TEST(Columns, AMaskedDateOfBirthIsWeakWhereAnotherColumnTellsIt) {
  const auto with = [](std::string_view other) {
    const auto c = examine(csv("身份证号," + std::string(other), 30, [&](std::size_t i) {
      const std::string id = citizen(i);
      return std::string(id).replace(6, 8, "********") + "," + id.substr(6, 8);
    }));
    return column(c, "身份证号") != nullptr ? column(c, "身份证号")->weak_masked : 999;
  };
  EXPECT_EQ(with("出生日期"), 30u);
  EXPECT_EQ(with("登记日期"), 0u);
}

TEST(Columns, OfALongTableTheColumnsThatWereNotReadOnAreASample) {
  const auto c = examine(csv("姓名,身份证号", 3000, [](std::size_t i) { return person(i) + "," + citizen(i); }));
  ASSERT_NE(column(c, "姓名"), nullptr) << print(c);
  ASSERT_NE(column(c, "身份证号"), nullptr) << print(c);
  EXPECT_TRUE(column(c, "姓名")->whole);
  EXPECT_EQ(column(c, "姓名")->cells, 3000u);
  EXPECT_FALSE(column(c, "身份证号")->whole);
  EXPECT_EQ(column(c, "身份证号")->cells, kSampleRows);
}

TEST(Columns, HowManyValuesFitAMask) {
  const auto& tables = *engine()->state().tables;
  EXPECT_EQ(values_that_fit(Type::citizen_id, "51010719900307123*", tables), 1u);
  EXPECT_EQ(values_that_fit(Type::citizen_id, "5101071990030712**", tables), 10u);
  EXPECT_EQ(values_that_fit(Type::citizen_id, "510107199003**1236", tables), 3u);   // (31 days + 10) / 11
  EXPECT_EQ(values_that_fit(Type::citizen_id, "51010719900230123*", tables), 0u);   // 30 February
  EXPECT_EQ(values_that_fit(Type::mobile, "138****8000", tables), 10'000u);
  EXPECT_EQ(values_that_fit(Type::mobile, "138001380**", tables), 100u);
  EXPECT_EQ(values_that_fit(Type::bank_card, "622848000000000001*", tables), 1u);
}

TEST(Columns, AnySplitGivesTheSameProfile) {
  std::string table = csv("姓名,身份证号,手机号,备注", 1500, [](std::size_t i) {
    return person(i) + "," + citizen_15(i) + ",\"1380013" + number(i % 10000, 4) + "\",\"第\n" + number(i, 2) + "行\"";
  });
  const std::string whole = print(examine(table));
  EXPECT_NE(whole.find("姓名 person_name named cells 1500"), std::string::npos) << whole;
  for (const std::size_t piece : {7u, 100u, 4096u, 5000u, 32768u}) EXPECT_EQ(print(examine(table, piece)), whole) << piece;
}

TEST(Columns, ColumnsOverTheLimitAreCounted) {
  std::string head, row;
  for (std::size_t i = 0; i < kMaxProfiled + 5; ++i) head += (i == 0 ? "c" : ",c") + std::to_string(i), row += i == 0 ? "1" : ",1";
  EXPECT_EQ(examine(head + "\n" + row + "\n" + row + "\n").columns_beyond, 5u);
}

TEST(Columns, AHoleMakesTheProfileASample) {
  static const auto key = crypto::Secret::copy_of(base::view("k"));
  const std::string table = csv("序号,身份证号", 400, [](std::size_t i) { return number(i, 3) + "," + citizen(i); });
  auto from = std::make_shared<model::Provenance>();
  Examination e(engine(), key, from);
  e.feed(model::Content(1, from, 0, base::view(table.substr(0, 6000)), false));
  e.feed(model::Content(1, from, 6500, base::view(table.substr(6500)), true));
  const auto c = std::move(e.finish()[0]);
  ASSERT_EQ(c.profile.size(), 1u) << print(c);
  EXPECT_FALSE(c.profile[0].whole);
  EXPECT_EQ(c.profile[0].wrong, 0u);
}

TEST(Distinct, CountsTheDistinct) {
  Distinct<4096> large;
  Distinct<64> small;
  for (std::uint64_t i = 0; i < 200'000; ++i) {
    const std::string s = std::to_string(i % 100'000);
    large.add(mixed(base::view(s), 7));
    if (i < 40) small.add(mixed(base::view(s), 7));
  }
  EXPECT_NEAR(static_cast<double>(large.estimate()), 100'000.0, 5'000.0);  // standard error 1.04 / 64
  EXPECT_NEAR(static_cast<double>(small.estimate()), 40.0, 12.0);
}
