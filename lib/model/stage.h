// The six key nodes of data, severities and warning colours: the words of the domain, with their stable identifiers.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fengsui::model {

// 关键节点 采集 传输 存储 运维 处理 交换. The numbers are used in storage and never change.
enum class Stage : std::uint8_t { collection = 1, transmission, storage, operation, processing, exchange };
inline constexpr std::array kStages = {Stage::collection, Stage::transmission, Stage::storage,
                                       Stage::operation, Stage::processing, Stage::exchange};

std::string_view id(Stage stage);       // "collection"
std::string_view name_zh(Stage stage);  // "采集"
std::optional<Stage> stage_from(std::string_view id);

// OCSF severity_id values; the highest raw severity a rule may give is critical.
enum class Severity : std::uint8_t { informational = 1, low = 2, medium = 3, high = 4, critical = 5 };
std::string_view id(Severity severity);       // "high"
std::string_view caption(Severity severity);  // "High", OCSF's caption
std::string_view name_zh(Severity severity);  // "高"
std::optional<Severity> severity_from(std::string_view id);  // also Sigma's level names

// 预警颜色: critical red, high orange, medium yellow, low and below blue.
std::string_view colour(Severity severity);

// A text for people, in both languages of the product.
struct Text {
  std::string zh;
  std::string en;
};

}  // namespace fengsui::model
