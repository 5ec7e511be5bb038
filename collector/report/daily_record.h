// 日常数据安全监测工作记录: the record of one unit and day, computed from the log; the same numbers for screen and
// print.
#pragma once

#include <string>

#include "base/error.h"
#include "collector/centre.h"
#include "collector/json.h"
#include "collector/memory.h"
#include "collector/sealer.h"
#include "collector/watch.h"

namespace fengsui::collector::report {

// As the schema DailyRecord of the contract says. Errc::not_found for a day that has not begun or an unknown unit.
base::Result<boost::json::object> daily_record(Centre& centre, Watch& watch, Memory& memory, Sealer& sealer,
                                               const std::string& unit, base::Day day);

// Printable A4, Chinese, self-contained, from the object above; also for an empty day (零报告).
std::string daily_html(const boost::json::object& record, const Unit& unit);

}  // namespace fengsui::collector::report
