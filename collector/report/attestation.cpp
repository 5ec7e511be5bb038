#include "collector/report/attestation.h"

#include <fmt/format.h>

#include <set>

#include "collector/report/qr.h"

namespace fengsui::collector::report {

namespace {

constexpr std::size_t kReasonsShown = 20;

std::string escaped(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '&') out += "&amp;";
    else if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else if (c == '"') out += "&quot;";
    else out += c;
  }
  return out;
}
std::string moment(base::UnixMs t) { return base::to_rfc3339(t).substr(0, 19).replace(10, 1, " "); }
std::string both(std::string_view zh, std::string_view en) { return fmt::format("{}<br><span class=en>{}</span>", zh, en); }
std::string row(std::string_view zh, std::string_view en, const std::string& value) { return fmt::format("<tr><th>{}</th><td colspan=3>{}</td></tr>", both(zh, en), value); }
// Two decimals, cut and not rounded: 99.999 % is never 100 %.
std::string percent(std::uint64_t ppm) { return fmt::format("{}.{:02}%", ppm / 10'000, ppm / 100 % 100); }
std::string hours(std::uint64_t seconds) { return fmt::format("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60); }

constexpr std::string_view kStyle =
    "@page{size:A4;margin:12mm 17mm}*{box-sizing:border-box}body{font-family:'Noto Serif CJK SC','Source Han Serif SC',SimSun,serif;font-size:10.5pt;line-height:1.35;color:#000;"
    "background:#fff;max-width:176mm;margin:0 auto;padding:4mm 0}"
    "h1{font-size:20pt;text-align:center;letter-spacing:.25em;margin:0}h1+p{text-align:center;margin:0 0 3mm;font-size:11pt}"
    ".en{font-size:8pt;color:#333;letter-spacing:0}table{border-collapse:collapse;width:100%;margin:0 0 2.5mm}td,th{border:1px solid #000;padding:.8mm 2mm;text-align:left;vertical-align:middle}"
    "th{font-weight:600;width:31mm}.result{font-size:14pt;font-weight:700}.n{text-align:right;font-variant-numeric:tabular-nums}.figures th{width:auto;text-align:center}"
    ".sentence{border:1.5pt solid #000;padding:1.8mm 4mm;margin:0 0 2.5mm}.sentence b{font-size:11.5pt}.sign td{height:22mm;width:50%;vertical-align:top}"
    ".proof{display:flex;gap:5mm;align-items:center;break-inside:avoid}.proof div{flex:1}.mono{font-family:'Noto Sans Mono CJK SC',Consolas,monospace;font-size:8pt;word-break:break-all}"
    "ul{margin:0;padding-left:5mm}p{margin:0 0 1.5mm}.small{font-size:8.5pt}table,.sentence{break-inside:avoid}@media screen{body{padding:10mm}}";

model::Text outcome_text(evidence::Outcome outcome) {
  switch (outcome) {
    case evidence::Outcome::issued: return {"出具", "issued"};
    case evidence::Outcome::issued_with_notes: return {"出具（有附注）", "issued with notes"};
    case evidence::Outcome::refused: return {"不予出具", "refused"};
  }
  return {"不予出具", "refused"};
}

std::string result_cell(const AttestationForm& f) {
  auto outcome = outcome_text(f.decision.outcome);
  std::string out = fmt::format("<span class=result>{}</span>", outcome.zh);
  out += f.decision.incident_free ? "：时段内未发现达到门槛的数据安全事件" : "：不作无事件断言";
  if (f.decision.provisional) out += "；<b>暂定</b>（补录期限未到）";
  out += fmt::format("<br><span class=en>{}; {}{}</span>", outcome.en, f.decision.incident_free ? "no data-security incident of the threshold was found in the period" : "no claim of being incident-free",
                     f.decision.provisional ? "; provisional, records may still arrive" : "");
  return out;
}

std::string reasons_cell(const AttestationForm& f) {
  std::string items;
  std::size_t shown = 0;
  const auto total = f.decision.refusals.size() + f.decision.notes.size();
  for (const auto* list : {&f.decision.refusals, &f.decision.notes})
    for (const auto& r : *list)
      if (shown < kReasonsShown) {
        ++shown;
        items += fmt::format("<li>{}<br><span class=en>{}</span></li>", escaped(r.text.zh), escaped(r.text.en));
      }
  if (total > shown) items += fmt::format("<li>另有 {} 项见电子证明<br><span class=en>{} more in the statement</span></li>", total - shown, total - shown);
  return items.empty() ? both("无", "none") : "<ul>" + items + "</ul>";
}

std::string coverage_table(const evidence::CoverageTotals& t) {
  auto cell = [](std::uint64_t seconds) { return fmt::format("<td class=n>{}<br><span class=en>{} h</span></td>", seconds, hours(seconds)); };
  std::string out = "<table class=figures><tr>";
  for (auto [zh, en] : {std::pair{"应监测（秒）", "required (s)"}, {"已覆盖", "covered"}, {"其中迟报", "of which late"}, {"降级", "degraded"}, {"计划内", "planned"}, {"缺口", "gap"}, {"其中已说明", "explained"}})
    out += fmt::format("<th>{}</th>", both(zh, en));
  out += "</tr><tr>";
  for (auto seconds : {t.required, t.covered, t.late, t.degraded, t.planned, t.gap, t.explained}) out += cell(seconds);
  return out + "</tr></table>";
}

std::string scope_cell(const AttestationForm& f) {
  std::set<std::string> assets;
  for (const auto& s : f.decision.coverage.by_source) assets.insert(s.asset);
  std::string names;
  for (const auto& a : assets) {
    if (names.size() > 400) {
      names += " …";
      break;
    }
    names += (names.empty() ? "" : "、") + escaped(a);
  }
  return both(fmt::format("{} 台主机、{} 个数据源：{}", f.hosts, f.sources, names), fmt::format("hosts: {}, sources: {}", f.hosts, f.sources));
}

std::string proof_block(const AttestationForm& f) {
  auto code = qr_svg(attestation_code(f), 34);
  std::string out = "<div class=proof>" + (code ? *code : "<p class=small>二维码不可用 · QR code unavailable: " + escaped(code.error().what) + "</p>");
  out += "<div class=small><p>本页是电子证明的可读副本，本身不构成证明。以证据包为准：用 fengsui-verify，或评估方自己保存的 verify.html，配合另行取得的密钥策略离线核验；核对下列编号与摘要。"
         "<br><span class=en>This page is a readable copy and proves nothing by itself. Verify the bundle offline with fengsui-verify, or with a copy of verify.html of your own, and a policy of keys "
         "that reached you another way; then compare number and digest.</span></p>";
  out += fmt::format("<p class=mono>{}<br>SHA-256 {}<br>{} @ {}<br>{}</p></div></div>", escaped(f.number), escaped(f.payload_sha256), escaped(f.origin), f.period.as_of, escaped(f.attester));
  return out;
}

}  // namespace

std::string attestation_code(const AttestationForm& f) { return "fengsui-attestation/v1\n" + f.number + "\nsha256:" + f.payload_sha256; }

std::string attestation_html(const AttestationForm& f) {
  const auto& t = f.decision.coverage.totals;
  std::string out = fmt::format("<!doctype html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\"><meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
                                "<title>数据安全无事件证明 {}</title><style>{}</style></head><body>",
                                escaped(f.number), kStyle);
  out += "<h1>数据安全无事件证明</h1><p class=en>Incident-free attestation</p><table>";
  out += row("编号", "number", fmt::format("<span class=mono>{}</span>", escaped(f.number)));
  out += row("单位", "unit", both(fmt::format("{}（{}）", escaped(f.unit_zh), escaped(f.unit)), escaped(f.unit_en)));
  out += row("时段", "period", both(fmt::format("{} 至 {}（北京时间，截至 {}）", base::to_string(f.from), base::to_string(f.to), moment(f.period.to)), "Beijing time, both days included"));
  out += row("结论", "result", result_cell(f));
  out += row("监测范围", "scope", scope_cell(f));
  out += row("覆盖率", "coverage", both(fmt::format("<b>{}</b>（已覆盖 ÷（应监测 − 计划内）），最低要求 {}", percent(evidence::covered_ppm(t)), percent(f.period.min_covered_ppm)),
                                        "covered ÷ (required − planned), and the least that is asked for"));
  const auto& c = f.findings;
  out += row("监测发现", "findings", both(fmt::format("严重 {}、高 {}、中 {}、低 {}、提示 {}", c[5], c[4], c[3], c[2], c[1]), "critical, high, medium, low, informational: as first reported"));
  if (f.score)
    out += row("建议得分", "suggested points",
               both(fmt::format("{}.{:02} – {}.{:02} / 10（由评估方决定）", f.score->low / 100, f.score->low % 100, f.score->high / 100, f.score->high % 100), "the evaluator decides"));
  out += row("依据与附注", "reasons and notes", reasons_cell(f)) + "</table>";
  out += coverage_table(t);
  auto sentence = evidence::disclaimer();
  out += fmt::format("<div class=sentence><b>{}</b>。<br><span class=en>{}</span></div>", sentence.zh, sentence.en);
  out += fmt::format("<table class=sign><tr><td>{}</td><td>{}</td></tr></table>", both("首席数据官（签字）：<br><br>日期：", "chief data officer, date"),
                     both("单位（盖章）：", "seal of the unit"));
  return out + proof_block(f) + fmt::format("<p class=small>{} · 出具 issued {}</p></body></html>\n", "烽燧 Fengsui", moment(f.issued));
}

}  // namespace fengsui::collector::report
