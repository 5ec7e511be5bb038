// The result of a verification for machines and for people.
#include "evidence/verify.h"

namespace fengsui::evidence {

namespace {
std::string_view verdict(const VerifyResult& r) { return r.revoked ? "revoked" : r.verified ? "verified" : r.incomplete ? "incomplete" : "failed"; }

std::string_view state_zh(StepState s) {
  switch (s) {
    case StepState::passed: return "通过";
    case StepState::failed: return "失败";
    case StepState::not_present: return "未提供";
    case StepState::not_required: return "策略不要求";
    case StepState::incomplete: return "不完整";
    case StepState::skipped: return "未检查";
  }
  return "未检查";
}
std::string_view state_en(StepState s) {
  switch (s) {
    case StepState::passed: return "passed";
    case StepState::failed: return "FAILED";
    case StepState::not_present: return "not present";
    case StepState::not_required: return "not required by policy";
    case StepState::incomplete: return "incomplete";
    case StepState::skipped: return "not examined";
  }
  return "not examined";
}

std::string assumption_zh(const std::string& a) {
  if (a == "host-root-not-compromised") return "被监测主机的最高权限未被攻破";
  if (a == "scope-complete") return "监测范围列全了应监测的主机";
  if (a == "sensor-sees-traffic") return "传感器确实看得到流量和文件";
  if (a == "operators-told-the-truth") return "操作员的说明属实";
  if (a == "collector-shows-everybody-the-same-log") return "没有见证：假定汇聚端给所有人看的是同一份日志";
  if (a == kDetectionUntested) return "没有诱饵检验：假定探测能力有效";
  if (a == kCanariesToldApart) return "被监测主机没有把诱饵与真实数据区别对待";
  return a;
}

Json text_json(const model::Text& t) { return Json::object().set("zh", t.zh).set("en", t.en); }
}  // namespace

Json to_json(const VerifyResult& r) {
  Json steps = Json::array(), assumptions = Json::array(), notes = Json::array();
  for (const auto& s : r.steps) {
    Json one = Json::object().set("step", "V" + std::to_string(s.number)).set("title", text_json(s.title)).set("state", id(s.state)).set("detail", text_json(s.detail));
    if (s.leaf >= 0) one.set("leaf", s.leaf);
    if (!s.day.empty()) one.set("day", s.day);
    steps.push(std::move(one));
  }
  for (const auto& a : r.assumptions) assumptions.push(a);
  for (const auto& n : r.notes) notes.push(text_json(n));
  Json out = Json::object().set("verdict", verdict(r)).set("level", r.level == 0 ? "none" : "L" + std::to_string(r.level)).set("outcome", r.outcome)
                 .set("incidentFree", r.incident_free).set("provisional", r.provisional).set("department", r.dept).set("from", r.from).set("to", r.to)
                 .set("leaves", r.leaves).set("asOf", r.as_of);
  if (r.revoked) out.set("revokedReason", r.revoked_reason);
  if (r.first_broken >= 0) out.set("firstBroken", Json::object().set("leaf", r.first_broken).set("day", r.first_broken_day));
  return out.set("steps", steps).set("assumptions", assumptions).set("notes", notes);
}

std::string to_text(const VerifyResult& r, bool zh) {
  std::string out;
  for (const auto& s : r.steps) {
    out += "V" + std::to_string(s.number) + (s.number < 10 ? "   " : "  ") + (zh ? s.title.zh : s.title.en) + (zh ? "：" : ": ");
    out += zh ? state_zh(s.state) : state_en(s.state);
    const auto& detail = zh ? s.detail.zh : s.detail.en;
    if (!detail.empty()) out += (zh ? "（" : " (") + detail + (zh ? "）" : ")");
    if (s.leaf >= 0) out += (zh ? " 位置 " : " at leaf ") + std::to_string(s.leaf) + (s.day.empty() ? "" : (zh ? "，日期 " : ", day ") + s.day);
    out += "\n";
  }
  if (!r.dept.empty())
    out += (zh ? "单位 " : "unit ") + r.dept + (zh ? "，时段 " : ", period ") + base::to_rfc3339(r.from) + (zh ? " 至 " : " to ") + base::to_rfc3339(r.to) + "\n";
  for (const auto& n : r.notes) out += (zh ? "注意：" + n.zh : "note: " + n.en) + "\n";
  if (r.first_broken >= 0)
    out += (zh ? "最早的破损位置：第 " : "first broken position: leaf ") + std::to_string(r.first_broken) + (zh ? " 条，日期 " : ", day ") + r.first_broken_day + "\n";
  if (!r.outcome.empty()) {
    out += (zh ? "证明结论：" : "the statement says: ") + r.outcome + (zh ? (r.incident_free ? "，无事件" : "，不作无事件断言") : (r.incident_free ? ", incident-free" : ", no claim of being incident-free"));
    if (r.provisional) out += zh ? "，暂定" : ", provisional";
    out += "\n";
  }
  if (!r.assumptions.empty()) {
    out += zh ? "以下假设无法由证据证明：\n" : "Assumptions that the evidence cannot prove:\n";
    for (const auto& a : r.assumptions) out += "  - " + (zh ? assumption_zh(a) : a) + "\n";
    out += (zh ? disclaimer().zh : disclaimer().en) + "\n";
  }
  out += zh ? "结论：" : "verdict: ";
  if (zh) out += r.revoked ? "已撤销" : r.verified ? "核验通过" : r.incomplete ? "核验不完整" : "核验失败";
  else out += verdict(r);
  out += (zh ? "，级别 " : ", level ") + (r.level == 0 ? std::string(zh ? "无" : "none") : "L" + std::to_string(r.level)) + "\n";
  return out;
}

}  // namespace fengsui::evidence
