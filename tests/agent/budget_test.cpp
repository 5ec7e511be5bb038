#include "agent/budget.h"

#include <gtest/gtest.h>

namespace fengsui::agent {
namespace {

TEST(Budget, SlowsDownWhileOverAndRecovers) {
  Budget budget(20, 64);
  budget.measure(0, 0, 0);
  EXPECT_EQ(budget.pause_ms(), 0);
  std::int64_t cpu = 0;
  base::BootMs now = 0;
  for (int second = 0; second < 30; ++second) budget.measure(cpu += 900, 0, now += 1000);  // 90 % of a core
  EXPECT_EQ(budget.pause_ms(), 500);                                                       // the bound
  EXPECT_NE(budget.words().find("20 %"), std::string::npos);
  for (int second = 0; second < 60; ++second) budget.measure(cpu += 10, 0, now += 1000);
  EXPECT_EQ(budget.pause_ms(), 0);
  EXPECT_EQ(budget.words(), "");
}

TEST(Budget, OneBusySecondIsNotOverTheBudgetOfTen) {
  Budget budget(20, 64);
  budget.measure(0, 0, 0);
  budget.measure(1000, 0, 1000);  // 100 % for one of ten seconds: 10 %
  EXPECT_EQ(budget.pause_ms(), 0);
  EXPECT_EQ(budget.cpu_percent(), 10);
}

TEST(Budget, TrafficAloneOverTheBudgetIsSampledAndComesBackWhole) {
  Budget budget(20, 64);
  std::int64_t cpu_us = 0;
  base::BootMs now = 0;
  budget.measure_traffic(cpu_us, now);
  // 40 % of a core to read everything, in proportion to what is read: half of the flows fit.
  for (int second = 0; second < 120; ++second)
    budget.measure_traffic(cpu_us += 400 * std::int64_t{budget.examine_per_mille()}, now += 1000);
  EXPECT_NEAR(budget.examine_per_mille(), 450, 100);
  EXPECT_NE(budget.words().find(" of 1000 new flows"), std::string::npos);
  for (int second = 0; second < 60; ++second) budget.measure_traffic(cpu_us += 10'000, now += 1000);
  EXPECT_EQ(budget.examine_per_mille(), 1000u);
  EXPECT_EQ(budget.words(), "");
}

TEST(Budget, SomethingOfTheTrafficIsAlwaysRead) {
  Budget budget(1, 64);
  std::int64_t cpu_us = 0;
  base::BootMs now = 0;
  budget.measure_traffic(cpu_us, now);
  for (int second = 0; second < 60; ++second) budget.measure_traffic(cpu_us += 1'000'000, now += 1000);
  EXPECT_EQ(budget.examine_per_mille(), 10u);
}

TEST(Budget, MemoryAboveItsBoundIsSaid) {
  Budget budget(20, 64);
  budget.measure(0, 65u << 20, 0);
  EXPECT_TRUE(budget.memory_exceeded());
  EXPECT_NE(budget.words().find("64 MiB"), std::string::npos);
}

}  // namespace
}  // namespace fengsui::agent
