#include "collector/phrases.h"

namespace fengsui::collector {

namespace {
struct Phrase {
  std::string_view en, zh;
};
// Longer beginnings before shorter ones that they begin with.
constexpr Phrase kBeginnings[] = {
    {"not configured", "未配置"},
    {"no path is configured", "未配置路径"},
    {"no source of this build or configuration watches this stage", "当前版本或配置中没有来源监测此节点"},
    {"contents were concluded early by a bound", "内容因达到上限而提前结束检查"},
    {"packets were lost in this interval", "本时段有报文丢失"},
    {"a capture file, cut inside a packet", "抓包文件，在报文中间截断"},
    {"a capture file, read to its end", "抓包文件，已读完"},
    {"a capture file", "抓包文件"},
    {"nothing could be examined: ", "全部未能检查："},
};
// Anywhere inside.
constexpr Phrase kInside[] = {
    {" not examined: ", " 项未检查："},
    {"; capturing needs CAP_NET_RAW", "；抓包需要 CAP_NET_RAW 权限"},
    {": not a regular file", "：不是普通文件"},
    {": not yet opened", "：尚未打开"},
    {": No such file or directory", "：文件不存在"},
    {": Permission denied", "：没有权限"},
    {": Operation not permitted", "：不允许的操作"},
};
}  // namespace

std::string reason_zh(std::string_view english) {
  std::string out(english);
  for (const auto& [en, zh] : kBeginnings) {
    if (!english.starts_with(en)) continue;
    out = std::string(zh).append(english.substr(en.size()));
    break;
  }
  for (const auto& [en, zh] : kInside)
    for (std::size_t at = out.find(en); at != std::string::npos; at = out.find(en, at + zh.size())) out.replace(at, en.size(), zh);
  return out;
}

}  // namespace fengsui::collector
