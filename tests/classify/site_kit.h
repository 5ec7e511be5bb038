// Files of a site for tests: a folder of its own, a key, sets and an engine over the repository's rules with them.
#pragma once

#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "classify/kit.h"
#include "classify/site/exact_build.h"
#include "classify/site/site_files.h"

namespace fengsui::classify::test {

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "fengsui-site-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path write(const std::string& name, std::string_view bytes, mode_t mode = 0644) const {
    const auto file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << bytes;
    chmod(file.c_str(), mode);
    return file;
  }

 private:
  std::filesystem::path path_;
};

inline std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

// The key of every worked example: bytes 00 01 … 1f.
inline constexpr std::string_view kKeyText = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";
inline MatchKey example_key() {
  base::Bytes secret(32);
  for (std::size_t i = 0; i < secret.size(); ++i) secret[i] = static_cast<std::uint8_t>(i);
  return MatchKey(secret);
}

inline ExactTotals build(const std::filesystem::path& out, ExactDescription description, const std::vector<std::string>& values,
                         std::size_t memory = 1u << 20) {
  const MatchKey key = example_key();
  auto making = ExactBuild::begin(key, std::move(description), out, memory);
  if (!making) throw std::runtime_error(making.error().what);
  for (const auto& value : values)
    if (auto ok = making->add(base::view(value)); !ok) throw std::runtime_error(ok.error().what);
  auto totals = making->finish();
  if (!totals) throw std::runtime_error(totals.error().what);
  return *totals;
}

inline std::shared_ptr<const Engine> engine_with(const SiteFiles& site, const std::filesystem::path& rules = FENGSUI_SOURCE_DIR "/rules") {
  auto loaded = Engine::load(rules, {2030, 12, 31}, site);
  if (!loaded) throw std::runtime_error(loaded.error().what);
  return *loaded;
}

inline std::vector<model::Conclusion> examine(std::shared_ptr<const Engine> engine, std::string_view bytes, std::size_t piece = 1u << 20,
                                              std::shared_ptr<model::Provenance> from = std::make_shared<model::Provenance>()) {
  const auto key = crypto::Secret::copy_of(base::view("0123456789abcdef0123456789abcdef"));
  Examination e(std::move(engine), key, std::move(from));
  for (std::size_t at = 0; at < bytes.size(); at += piece) e.feed(base::view(bytes.substr(at, piece)));
  return e.finish();
}

// Every count of a conclusion in one text, to compare and to search.
inline std::string print(const model::Conclusion& c) {
  std::string out;
  const auto named = [&](const char* what, const std::vector<model::NamedCount>& list) {
    for (const auto& n : list) out += std::string(" ") + what + "=" + n.name + ":" + std::to_string(n.count);
  };
  for (const auto& t : c.types) {
    out += t.type + " " + std::to_string(t.clear) + "/" + std::to_string(t.masked) + "/" + std::to_string(t.unclear) + "/" + std::to_string(t.allowed);
    named("exact", t.exact);
    named("by", t.allowed_by);
    out += "\n";
  }
  for (const auto& u : c.unread) out += "unread " + u + "\n";
  return out;
}

}  // namespace fengsui::classify::test
