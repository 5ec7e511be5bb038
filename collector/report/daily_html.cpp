#include <fmt/format.h>

#include <boost/json.hpp>

#include "collector/report/daily_record.h"

namespace fengsui::collector::report {

namespace json = boost::json;

namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (char c : text) switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  return out;
}

std::string moment(base::UnixMs t) { return t == 0 ? "" : base::to_rfc3339(t).substr(0, 19).replace(10, 1, " "); }

std::string percent(const json::object* coverage) {
  if (coverage == nullptr) return "未要求";
  const auto* ratio = coverage->if_contains("ratio");
  return ratio != nullptr && ratio->is_double() ? fmt::format("{:.2f}%", ratio->as_double() * 100) : "无要求";
}

std::string state_zh(const std::string& state) {
  return state == "open"            ? "未封存"
         : state == "sealed"        ? "已封存"
         : state == "reviewed"      ? "已审阅"
         : state == "countersigned" ? "已复核签署"
                                    : state;
}

std::string sensor_zh(const std::string& state) {
  return state == "effective" ? "有效" : state == "degraded" ? "降级" : "不可用";
}

constexpr std::string_view kStyle =
    "@page{size:A4;margin:18mm}body{font-family:'Noto Serif CJK "
    "SC','SimSun',serif;font-size:11pt;color:#000;background:#fff}"
    "h1{font-size:16pt;text-align:center}table{border-collapse:collapse;width:100%;margin:3mm 0}td,th{border:1px solid "
    "#000;padding:1.5mm 2mm;text-align:left}"
    "th{font-weight:600}.n{text-align:right}.sign "
    "td{height:18mm;width:50%;vertical-align:top}.small{font-size:9pt;word-break:break-all}";

std::string stage_rows(const json::object& record) {
  std::string out;
  const auto* stages = array_of(record, "stages");
  if (stages == nullptr) return out;
  for (const auto& value : *stages) {
    const auto& s = value.as_object();
    auto stage = model::stage_from(text_of(s, "stage"));
    const auto* counts = object_of(s, "findings");
    const auto* reason = object_of(s, "reason");
    auto count = [&](const char* severity) { return counts != nullptr ? number_of(*counts, severity) : 0; };
    out += fmt::format(
        "<tr><td>{}</td><td>{} {}</td><td class=n>{}/{}</td><td class=n>{}</td><td class=n>{}</td><td "
        "class=n>{}</td><td class=n>{}</td><td class=n>{}</td><td class=n>{}</td><td class=n>{}</td></tr>",
        stage ? model::name_zh(*stage) : "", sensor_zh(text_of(s, "state")),
        escaped(reason != nullptr ? text_of(*reason, "zh") : ""), number_of(s, "sensors_effective"),
        number_of(s, "sensors_required"), number_of(s, "events"), count("critical"), count("high"), count("medium"),
        count("low"), count("informational"), percent(object_of(s, "coverage")));
  }
  return out;
}

std::string gap_rows(const json::object& record) {
  std::string out;
  const auto* gaps = array_of(record, "gaps");
  if (gaps == nullptr || gaps->empty()) return "<tr><td colspan=4>无</td></tr>";
  std::size_t shown = 0;
  for (const auto& value : *gaps) {
    if (++shown > 100) {
      out += fmt::format("<tr><td colspan=4>其余 {} 条见电子记录</td></tr>", number_of(record, "gaps_total") - 100);
      break;
    }
    const auto& g = value.as_object();
    out += fmt::format("<tr><td>{}</td><td>{}</td><td>{} 至 {}</td><td>{}</td></tr>", escaped(text_of(g, "agent")),
                       escaped(text_of(g, "source").empty() ? "全部" : text_of(g, "source")),
                       moment(number_of(g, "from")), moment(number_of(g, "to")), escaped(text_of(g, "cause")));
  }
  return out;
}

}  // namespace

std::string daily_html(const json::object& record, const Unit& unit) {
  const auto* hosts = object_of(record, "hosts");
  const auto* missing = hosts != nullptr ? array_of(*hosts, "missing") : nullptr;
  const auto* seal = object_of(record, "seal");
  const auto* review = object_of(record, "review");
  std::string absent;
  if (missing != nullptr)
    for (const auto& m : *missing) absent += (absent.empty() ? "" : "、") + text_of(m.as_object(), "agent");
  auto total = number_of(record, "findings_total");
  std::string out = fmt::format(
      "<!doctype html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\"><title>{} "
      "{}</title><style>{}</style></head><body>",
      escaped(unit.name_zh), text_of(record, "date"), kStyle);
  out += "<h1>日常数据安全监测工作记录</h1>";
  out += fmt::format(
      "<table><tr><th>编号</th><td>{}</td><th>状态</th><td>{}</td></tr><tr><th>单位</th><td>{}</td><th>日期</"
      "th><td>{}（0:00–24:00，北京时间）</td></tr>"
      "<tr><th>应报主机</th><td>{}</td><th>实报主机</th><td>{}</td></tr><tr><th>未报主机</th><td colspan=3>{}</td></tr>"
      "<tr><th>监测覆盖率</th><td>{}</td><th>监测发现</th><td>{}</td></tr></table>",
      escaped(text_of(record, "number")), state_zh(text_of(record, "state")), escaped(unit.name_zh),
      text_of(record, "date"), hosts != nullptr ? number_of(*hosts, "required") : 0,
      hosts != nullptr ? number_of(*hosts, "reporting") : 0, absent.empty() ? "无" : escaped(absent),
      percent(object_of(record, "coverage")), total == 0 ? "0（零报告）" : std::to_string(total));
  out +=
      "<table><tr><th>关键节点</th><th>监测状态</th><th>有效/要求</th><th>事件数</th><th>严重</th><th>高</th><th>中</"
      "th><th>低</th><th>提示</th><th>覆盖率</th></tr>" +
      stage_rows(record) + "</table>";
  out += "<table><tr><th>监测缺口（主机）</th><th>来源</th><th>时段</th><th>原因</th></tr>" + gap_rows(record) +
         "</table>";
  if (seal != nullptr)
    out += fmt::format(
        "<table class=small><tr><th>封存</th><td>{} 至 {}{}</td></tr><tr><th>日志序号 / 条数</th><td>{} / "
        "{}</td></tr><tr><th>默克尔根</th><td>{}</td></tr></table>",
        moment(number_of(*seal, "from")), moment(number_of(*seal, "to")),
        flag_of(*seal, "partial") ? "（当日未结束，部分封存）" : "", number_of(*seal, "index"),
        number_of(*seal, "checkpoint_size"), escaped(text_of(*seal, "root")));
  auto signed_by = [&](const char* name, const char* time) {
    return review == nullptr ? "" : escaped(text_of(*review, name)) + " " + moment(number_of(*review, time));
  };
  out += fmt::format(
      "<table class=sign><tr><td>审阅意见：{}<br>审阅人：{}</td><td>复核人：{}<br>（单位盖章）</td></tr></table>",
      review != nullptr ? escaped(text_of(*review, "opinion")) : "", signed_by("reviewer", "reviewed"),
      signed_by("second", "countersigned"));
  return out + fmt::format(
                   "<p class=small>统计截至 {}。本表由监测日志计算得出，封存后内容不变，补录另列。PDF "
                   "输出暂不可用，请用浏览器打印。</p></body></html>",
                   moment(number_of(record, "as_of")));
}

}  // namespace fengsui::collector::report
