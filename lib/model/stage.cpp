#include "model/stage.h"

#include "base/error.h"

namespace fengsui::model {

namespace {
struct StageWords {
  Stage stage;
  std::string_view id, zh;
};
constexpr StageWords kStageWords[] = {
    {Stage::collection, "collection", "采集"}, {Stage::transmission, "transmission", "传输"}, {Stage::storage, "storage", "存储"},
    {Stage::operation, "operation", "运维"},   {Stage::processing, "processing", "处理"},     {Stage::exchange, "exchange", "交换"}};
struct SeverityWords {
  Severity severity;
  std::string_view id, caption, zh, colour;
};
constexpr SeverityWords kSeverityWords[] = {{Severity::informational, "informational", "Informational", "提示", "blue"},
                                            {Severity::low, "low", "Low", "低", "blue"},
                                            {Severity::medium, "medium", "Medium", "中", "yellow"},
                                            {Severity::high, "high", "High", "高", "orange"},
                                            {Severity::critical, "critical", "Critical", "严重", "red"}};
const StageWords& words(Stage stage) {
  auto index = static_cast<std::size_t>(stage) - 1;
  FENGSUI_ASSERT(index < std::size(kStageWords));
  return kStageWords[index];
}
const SeverityWords& words(Severity severity) {
  auto index = static_cast<std::size_t>(severity) - 1;
  FENGSUI_ASSERT(index < std::size(kSeverityWords));
  return kSeverityWords[index];
}
}  // namespace

std::string_view id(Stage stage) { return words(stage).id; }
std::string_view name_zh(Stage stage) { return words(stage).zh; }
std::optional<Stage> stage_from(std::string_view text) {
  for (const auto& w : kStageWords)
    if (w.id == text) return w.stage;
  return std::nullopt;
}

std::string_view id(Severity severity) { return words(severity).id; }
std::string_view caption(Severity severity) { return words(severity).caption; }
std::string_view name_zh(Severity severity) { return words(severity).zh; }
std::string_view colour(Severity severity) { return words(severity).colour; }
std::optional<Severity> severity_from(std::string_view text) {
  for (const auto& w : kSeverityWords)
    if (w.id == text) return w.severity;
  return std::nullopt;
}

}  // namespace fengsui::model
