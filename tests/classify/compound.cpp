#include "classify/compound.h"

#include <cstdint>

namespace fengsui::classify::test {
namespace {

constexpr std::uint32_t kFree = 0xFFFFFFFF, kEnd = 0xFFFFFFFE, kFat = 0xFFFFFFFD;

void u16(std::string& out, std::uint32_t v) { out += static_cast<char>(v), out += static_cast<char>(v >> 8); }
void u32(std::string& out, std::uint32_t v) { u16(out, v & 0xFFFF), u16(out, v >> 16); }
void pad(std::string& out, std::size_t to) { out.resize((out.size() + to - 1) / to * to); }

struct Node {
  std::string name, bytes;
  bool storage = false;
  std::uint32_t right = kFree, child = kFree, start = kEnd;
};

}  // namespace

std::string utf16(std::string_view s) {
  std::string out;
  for (std::size_t i = 0; i < s.size();) {
    const auto c = static_cast<unsigned char>(s[i]);
    const auto next = [&](std::size_t k) { return static_cast<unsigned>(static_cast<unsigned char>(s[i + k]) & 0x3F); };
    if (c < 0x80) u16(out, c), i += 1;
    else if (c < 0xE0) u16(out, (c & 0x1Fu) << 6 | next(1)), i += 2;
    else u16(out, (c & 0xFu) << 12 | next(1) << 6 | next(2)), i += 3;
  }
  return out;
}

base::Bytes compound(const std::vector<CompoundStream>& streams) {
  std::vector<Node> nodes(1);
  nodes[0].name = "Root Entry";
  nodes[0].storage = true;
  const auto add = [&](std::size_t parent, std::string name, bool storage) {
    for (std::uint32_t i = nodes[parent].child; i != kFree; i = nodes[i].right)
      if (nodes[i].name == name) return std::size_t{i};
    nodes.push_back({std::move(name), {}, storage, nodes[parent].child, kFree, kEnd});
    nodes[parent].child = static_cast<std::uint32_t>(nodes.size() - 1);
    return nodes.size() - 1;
  };
  for (const auto& [path, bytes] : streams) {
    std::size_t at = 0, from = 0;
    for (std::size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', from)) {
      at = add(at, path.substr(from, slash - from), true);
      from = slash + 1;
    }
    nodes[add(at, path.substr(from), false)].bytes = bytes;
  }
  std::string body, mini;
  std::vector<std::uint32_t> fat, mini_fat;
  const auto store = [&](std::string bytes) {
    const auto first = static_cast<std::uint32_t>(fat.size());
    pad(bytes, 512);
    for (std::size_t i = 0; i < bytes.size() / 512; ++i) fat.push_back(first + static_cast<std::uint32_t>(i) + 1);
    if (bytes.empty()) return kEnd;
    fat.back() = kEnd;
    body += bytes;
    return first;
  };
  for (Node& node : nodes) {
    if (node.storage || node.bytes.empty()) continue;
    if (node.bytes.size() >= 4096) {
      node.start = store(node.bytes);
      continue;
    }
    node.start = static_cast<std::uint32_t>(mini_fat.size());
    std::string padded = node.bytes;
    pad(padded, 64);
    for (std::size_t i = 0; i < padded.size() / 64; ++i) mini_fat.push_back(static_cast<std::uint32_t>(mini_fat.size() + 1));
    mini_fat.back() = kEnd;
    mini += padded;
  }
  nodes[0].bytes = mini;
  nodes[0].start = store(mini);
  std::string table;
  for (const std::uint32_t n : mini_fat) u32(table, n);
  while (table.size() % 512 != 0) u32(table, kFree);
  const std::uint32_t mini_fat_start = store(table);
  std::string directory;
  for (const Node& node : nodes) {
    std::string entry = utf16(node.name);
    const auto name_size = static_cast<std::uint32_t>(entry.size() + 2);
    entry.resize(64);
    u16(entry, name_size);
    entry += static_cast<char>(&node == nodes.data() ? 5 : node.storage ? 1 : 2);
    entry += '\1';
    u32(entry, kFree), u32(entry, node.right), u32(entry, node.child);
    entry.resize(116);
    u32(entry, node.start), u32(entry, static_cast<std::uint32_t>(node.bytes.size())), u32(entry, 0);
    directory += entry;
  }
  const std::uint32_t directory_start = store(directory);
  const auto fat_start = static_cast<std::uint32_t>(fat.size());
  const std::size_t fat_sectors = (fat.size() + 127) / 127;
  for (std::size_t i = 0; i < fat_sectors; ++i) fat.push_back(kFat);
  std::string out("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8);
  out.resize(24);
  u16(out, 0x3E), u16(out, 3), u16(out, 0xFFFE), u16(out, 9), u16(out, 6);
  out.resize(44);
  u32(out, static_cast<std::uint32_t>(fat_sectors)), u32(out, directory_start), u32(out, 0), u32(out, 4096), u32(out, mini_fat_start), u32(out, 1), u32(out, kEnd), u32(out, 0);
  for (std::uint32_t i = 0; i < 109; ++i) u32(out, i < fat_sectors ? fat_start + i : kFree);
  out += body;
  for (std::size_t i = 0; i < fat_sectors * 128; ++i) u32(out, i < fat.size() ? fat[i] : kFree);
  return base::to_bytes(std::string_view(out));
}

}  // namespace fengsui::classify::test
