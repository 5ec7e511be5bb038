#include "model/stage.h"

#include <gtest/gtest.h>

#include "model/field.h"

namespace fengsui::model {
namespace {

TEST(Stage, HasSixWithStableIds) {
  EXPECT_EQ(kStages.size(), 6u);
  for (Stage stage : kStages) EXPECT_EQ(stage_from(id(stage)), stage);
  EXPECT_EQ(id(Stage::operation), "operation");
  EXPECT_EQ(name_zh(Stage::exchange), "交换");
  EXPECT_FALSE(stage_from("Storage"));
}

TEST(Severity, MapsToWarningColours) {
  EXPECT_EQ(colour(Severity::critical), "red");
  EXPECT_EQ(colour(Severity::high), "orange");
  EXPECT_EQ(colour(Severity::medium), "yellow");
  EXPECT_EQ(colour(Severity::low), "blue");
  EXPECT_EQ(caption(*severity_from("informational")), "Informational");
}

TEST(Fields, LaterValuesReplaceEarlier) {
  Fields fields;
  fields.set("a.b", "1");
  fields.set("a.b", "2");
  EXPECT_EQ(fields.size(), 1u);
  EXPECT_EQ(fields.text("a.b"), "2");
  EXPECT_EQ(fields.find("c"), nullptr);
}

}  // namespace
}  // namespace fengsui::model
