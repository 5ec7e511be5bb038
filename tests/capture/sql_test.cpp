// Reading of SQL: what a statement does, and that no value of it stays.
#include <gtest/gtest.h>

#include "capture/protocols/sql.h"

namespace fengsui::capture {
namespace {

constexpr SqlRules kMysql{true, true}, kPostgres{false, false};

SqlStatement one(std::string_view sql, SqlRules rules = kMysql) { return read_sql(sql, rules).front(); }

TEST(Sql, LiteralsOfEveryWritingAreMasked) {
  const char* mysql[] = {"SELECT * FROM t WHERE a='SECRET'", "SELECT * FROM t WHERE a=\"SECRET\"", "SELECT 'it''s SECRET'", "SELECT 'a\\'SECRET'",
                         "SELECT x'5345', _utf8'SECRET', N'SECRET'", "SELECT 1 /* SECRET */", "SELECT 1 -- SECRET", "SELECT 1 # SECRET\n+1", "SELECT 'SECRET",
                         "SELECT /*!50000 'SECRET', */ 1", "SELECT `SECRET\n1`", "INSERT INTO t VALUES (1,'SECRET'),(2,\"SECRET\")"};
  for (const char* sql : mysql) EXPECT_EQ(one(sql).masked.find("SECRET"), std::string::npos) << one(sql).masked;
  const char* postgres[] = {"SELECT 'SECRET'", "SELECT E'a\\'SECRET'", "SELECT $$SECRET$$", "SELECT $a$ $$ SECRET $a$", "SELECT U&'SECRET'",
                            "SELECT /* a /* b */ SECRET */ 1", "SELECT 'a\\', 'SECRET'"};
  for (const char* sql : postgres) EXPECT_EQ(one(sql, kPostgres).masked.find("SECRET"), std::string::npos) << one(sql, kPostgres).masked;
  EXPECT_EQ(one("SELECT 'a\\', SECRET', 1", SqlRules{false, true}).masked, "SELECT ?");  // standard_conforming_strings off
  EXPECT_EQ(one("SELECT -12, .5, 1.5e-3, 0xFF, 110101199003074514").masked, "SELECT -?");
  EXPECT_EQ(one("SELECT user_13800138000 FROM t").masked, "SELECT ? FROM t");
  EXPECT_EQ(one("zhangsan 13800138000 SECRET").masked, "?");
  EXPECT_EQ(one("zhangsan 13800138000 SECRET").kind, "other");
  EXPECT_EQ(one("SELECT * FROM t WHERE id IN (1, 2,3 ,4)").masked, "SELECT * FROM t WHERE id IN (?)");
}

struct Case {
  const char* sql;
  const char* kind;
  const char* table;
  bool where, exports;
};
// By the grammar of each statement in the MySQL and PostgreSQL manuals.
constexpr Case kCases[] = {
    {"SELECT * FROM t_person", "select", "t_person", false, false},
    {"select name from `hr`.`t_person` where id=1", "select", "hr.t_person", true, false},
    {"SELECT * FROM t_person WHERE 1=1", "select", "t_person", false, false},
    {"SELECT * FROM t WHERE 'a'='a' LIMIT 5", "select", "t", false, false},
    {"SELECT * FROM t WHERE a='where'", "select", "t", true, false},
    {"SELECT 'a where b' FROM t", "select", "t", false, false},
    {"SELECT * FROM t -- where", "select", "t", false, false},
    {"(SELECT * FROM t) UNION (SELECT * FROM u WHERE a=1)", "select", "t", true, false},
    {"SELECT * FROM (SELECT * FROM t WHERE a=1) x", "select", "t", true, false},
    {"SELECT EXTRACT(YEAR FROM born) FROM t", "select", "t", false, false},
    {"WITH a AS (SELECT * FROM u) DELETE FROM t WHERE id=1", "delete", "t", true, false},
    {"DELETE FROM t_person", "delete", "t_person", false, false},
    {"UPDATE t SET a=(SELECT b FROM c WHERE d=1)", "update", "t", false, false},
    {"UPDATE t SET a=1 WHERE b=2", "update", "t", true, false},
    {"INSERT INTO t (a) VALUES (1)", "insert", "t", false, false},
    {"DROP TABLE IF EXISTS t_person", "drop", "t_person", false, false},
    {"TRUNCATE TABLE t", "truncate", "t", false, false},
    {"SELECT * FROM t INTO OUTFILE '/tmp/x'", "select", "t", false, true},
    {"TABLE t", "select", "t", false, false},
    {"SELECT 1", "select", "", false, false},
    {"SET NAMES utf8", "set", "", false, false},
};

TEST(Sql, KindTableAndConditionAreRead) {
  for (const Case& c : kCases) {
    const auto s = one(c.sql);
    EXPECT_EQ(s.kind, c.kind) << c.sql;
    EXPECT_EQ(s.table, c.table) << c.sql;
    EXPECT_EQ(s.has_where, c.where) << c.sql;
    EXPECT_EQ(s.exports, c.exports) << c.sql;
  }
  const auto copy = one("COPY public.t_person (id, \"name\") TO stdout", kPostgres);
  EXPECT_EQ(copy.table, "public.t_person");
  EXPECT_TRUE(copy.exports);
  EXPECT_EQ(copy.columns, (std::vector<std::string>{"id", "name"}));
  EXPECT_FALSE(one("COPY t FROM STDIN", kPostgres).exports);
  EXPECT_TRUE(one("COPY (SELECT a FROM t WHERE b=1) TO '/tmp/x'", kPostgres).exports);
}

TEST(Sql, StatementsOfOneTextAreSeparate) {
  const auto all = read_sql("BEGIN; DELETE FROM t WHERE a=';' ; COMMIT;", kPostgres);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[1].masked, "DELETE FROM t WHERE a=?");
  EXPECT_EQ(all[2].kind, "commit");
}

TEST(Sql, EveryBoundIsKeptAndSaid) {
  std::string many;
  for (int i = 0; i < 100; ++i) many += "SELECT 1;";
  EXPECT_EQ(read_sql(many, kMysql).size(), kMaxSqlStatements);
  EXPECT_TRUE(read_sql(many, kMysql).back().cut);
  const auto longer = one("SELECT " + std::string(70000, 'a') + " FROM t");
  EXPECT_TRUE(longer.cut);
  EXPECT_LE(longer.masked.size(), kMaxSqlMasked);
  std::string wide = "SELECT a";
  for (int i = 0; i < 20000; ++i) wide += ",b";
  EXPECT_TRUE(one(wide).cut);
  EXPECT_LE(one(wide).masked.size(), kMaxSqlMasked);
}

TEST(Sql, AnyPrefixIsReadWithoutItsValues) {
  const std::string sql = "WITH a AS (SELECT E'SECRET', \"x\", $t$SECRET$t$, 0x5ECRE7 /* 'SECRET' */ FROM t) DELETE FROM b WHERE c='SECRET'";
  for (std::size_t n = 0; n <= sql.size(); ++n) {
    for (const auto& s : read_sql(std::string_view(sql).substr(0, n), kPostgres)) EXPECT_EQ(s.masked.find("SECRET"), std::string::npos) << n << s.masked;
  }
}

}  // namespace
}  // namespace fengsui::capture
