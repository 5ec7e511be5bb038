// The architecture as a test: arrows, third-party headers, tests that are built, what libraries may not do.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;
const fs::path kRoot = FENGSUI_SOURCE_DIR;

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

bool is_source(const fs::path& p) { return p.extension() == ".h" || p.extension() == ".cpp"; }

std::vector<fs::path> sources(const std::string& below) {
  std::vector<fs::path> out;
  if (!fs::exists(kRoot / below)) return out;
  for (auto it = fs::recursive_directory_iterator(kRoot / below); it != fs::recursive_directory_iterator(); ++it) {
    std::string name = it->path().filename().string();
    if (it->is_directory() && (name == "node_modules" || name == "dist" || name == "build")) {
      it.disable_recursion_pending();
      continue;
    }
    if (it->is_regular_file() && is_source(it->path())) out.push_back(fs::relative(it->path(), kRoot));
  }
  std::sort(out.begin(), out.end());
  return out;
}

struct Include {
  std::string path;
  bool quoted;
};
std::vector<Include> includes(const fs::path& file) {
  static const std::regex line(R"(^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"])", std::regex::multiline);
  std::vector<Include> out;
  std::string content = read(kRoot / file);
  for (std::sregex_iterator it(content.begin(), content.end(), line), end; it != end; ++it)
    out.push_back({(*it)[2], (*it)[1] == "\""});
  return out;
}

// room → rooms it may include, itself and everything below it that its layer() names, transitively.
std::map<std::string, std::set<std::string>> allowed_rooms() {
  std::map<std::string, std::set<std::string>> direct;
  static const std::regex layer(R"(layer\((\w+)\s+LEVEL\s+(\d+)([^)]*)\))");
  static const std::regex depends(R"(DEPENDS\s+([a-z_ \n]+))");
  for (const auto& entry : fs::directory_iterator(kRoot / "lib")) {
    if (!entry.is_directory()) continue;
    std::string text = read(entry.path() / "CMakeLists.txt");
    for (std::sregex_iterator it(text.begin(), text.end(), layer), end; it != end; ++it) {
      std::string body = (*it)[3];
      std::set<std::string>& set = direct[(*it)[1]];
      set.insert((*it)[1]);
      std::smatch found;
      if (!std::regex_search(body, found, depends)) continue;
      std::istringstream words(found[1].str());
      for (std::string word; words >> word;) set.insert(word);
    }
  }
  for (bool grew = true; grew;) {
    grew = false;
    for (auto& [room, set] : direct)
      for (const std::string& below : std::set<std::string>(set))
        for (const std::string& further : direct[below]) grew |= set.insert(further).second;
  }
  return direct;
}

std::string room_of(const fs::path& include) { return include.begin()->string(); }

TEST(House, EveryRoomIsALayer) {
  auto rooms = allowed_rooms();
  for (const char* room : {"base", "crypto", "model", "capture", "watch", "classify", "policy", "evidence", "wire", "store"})
    EXPECT_TRUE(rooms.contains(room)) << "lib/" << room << "/CMakeLists.txt has no layer()";
}

TEST(House, IncludesFollowTheArrows) {
  auto rooms = allowed_rooms();
  std::size_t seen = 0;
  for (const auto& file : sources("lib")) {
    std::string room = std::next(file.begin())->string();
    for (const auto& include : includes(file)) {
      if (!include.quoted) continue;
      ++seen;
      std::string target = room_of(include.path);
      if (!rooms.contains(target)) {
        ADD_FAILURE() << file << " includes \"" << include.path << "\": quoted includes start with a room";
        continue;
      }
      EXPECT_TRUE(rooms[room].contains(target)) << file << " may not include " << include.path;
    }
  }
  EXPECT_GT(seen, 50u);
}

TEST(House, SiblingsOfLevelTwoDoNotKnowEachOther) {
  auto rooms = allowed_rooms();
  const std::vector<std::string> siblings = {"capture", "watch", "classify", "policy"};
  for (const auto& a : siblings)
    for (const auto& b : siblings)
      if (a != b) {
        EXPECT_FALSE(rooms[a].contains(b)) << a << " depends on " << b;
      }
}

const std::map<std::string, std::string>& third_party() {  // prefix of an include → where it may appear (regex of the file)
  static const std::map<std::string, std::string> table = {
      {"zmq", R"(lib/wire/link[^/]*\.cpp)"},
      {"sodium", R"(lib/crypto/.*\.cpp)"},
      {"nghttp2/", R"(lib/capture/.*\.cpp)"},
      {"openssl/", R"(lib/crypto/.*\.cpp)"},
      {"sqlite3", R"(lib/(store|classify/extract)/.*\.cpp)"},
      {"pcap", R"(lib/capture/sources/.*\.cpp)"},
      {"yaml-cpp/", R"(lib/policy/.*\.cpp)"},
      {"re2/", R"(lib/(policy|classify)/.*\.cpp)"},
      {"hs", R"(lib/classify/.*\.cpp)"},
      {"zlib", R"(lib/(capture|classify|evidence)/.*\.cpp)"},
      {"archive", R"(lib/(classify|evidence)/.*\.cpp)"},
      {"poppler/", R"(lib/classify/extract/.*\.cpp)"},
      {"uchardet", R"(lib/classify/.*\.cpp)"},
      {"zstd", R"(lib/(wire|store|capture)/.*\.cpp)"},
      {"toml++/", R"((lib/(classify|evidence)|agent|collector|tools/fengsui)/.*\.cpp)"},
      {"CLI/", R"((agent|collector|tools/\w+)/.*\.cpp)"},
      {"qrencode", R"(collector/report/.*\.cpp)"},
      {"curl/", R"((tools/\w+|collector/outputs|lib/store)/.*\.cpp)"},
      {"spdlog/", R"((agent|collector)/.*)"},
      {"fmt/", R"(.*\.cpp)"},
      {"boost/beast", R"(collector/api/.*\.cpp)"},
      {"boost/asio", R"((agent|collector)/.*)"},
      {"boost/", R"(.*\.(cpp|h))"},
  };
  return table;
}

TEST(House, ThirdPartyHeadersStayWhereTheyBelong) {
  std::size_t beast_files = 0;
  for (const char* below : {"lib", "agent", "collector", "tools"}) {
    for (const auto& file : sources(below)) {
      bool beast = false;
      for (const auto& include : includes(file)) {
        if (include.quoted) continue;
        beast |= include.path.starts_with("boost/beast");
        const std::string* where = nullptr;
        std::size_t longest = 0;
        for (const auto& [prefix, pattern] : third_party()) {
          bool exact_stem = !prefix.ends_with("/") && include.path.find('/') == std::string::npos;
          bool match = prefix.ends_with("/") || prefix.find('/') != std::string::npos
                           ? include.path.starts_with(prefix)
                           : (exact_stem && (include.path.starts_with(prefix + ".") || include.path.starts_with(prefix + "_"))) ||
                                 include.path.starts_with(prefix + "/");
          if (match && prefix.size() > longest) where = &pattern, longest = prefix.size();
        }
        if (where == nullptr) continue;
        EXPECT_TRUE(std::regex_match(file.generic_string(), std::regex(*where)))
            << file << " includes <" << include.path << ">, which belongs in " << *where;
        bool library_header = file.extension() == ".h" && *file.begin() == "lib";
        if (library_header) ADD_FAILURE() << file << ": third-party headers stay in .cpp files, found <" << include.path << ">";
      }
      beast_files += beast;
    }
  }
  EXPECT_LE(beast_files, 3u) << "Beast compiles slowly: at most three files";
}

TEST(House, LibrariesStartNoThreadWriteNoLogAndReadNoClock) {
  // Each exception is stated in the header of its room.
  const std::regex forbidden(
      R"((std::thread|std::jthread|pthread_create|std::cout|std::cerr|\bprintf\(|spdlog|system_clock::now|steady_clock::now|gettimeofday|clock_gettime|[^_\w.]time\((nullptr|NULL|0)\)|std::getenv|\bgetenv\())");
  const std::set<std::string> may = {
      "lib/base/error.cpp",  // the assertion prints before it aborts
  };
  for (const auto& file : sources("lib")) {
    if (may.contains(file.generic_string())) continue;
    std::istringstream lines(read(kRoot / file));
    int number = 0;
    for (std::string line; std::getline(lines, line);) {
      ++number;
      auto comment = line.find("//");
      std::string code = line.substr(0, comment);
      if (code.find("house: allowed") != std::string::npos || line.find("house: allowed") != std::string::npos) continue;
      EXPECT_FALSE(std::regex_search(code, forbidden)) << file.generic_string() << ":" << number << ": " << line;
    }
  }
}

TEST(House, TheVerifierKnowsOnlyBaseCryptoModelAndEvidence) {
  const std::set<std::string> may = {"base", "crypto", "model", "evidence", "tools"};
  for (const auto& file : sources("tools/verify"))
    for (const auto& include : includes(file)) {
      if (include.quoted) {
        EXPECT_TRUE(may.contains(room_of(include.path))) << file << " includes " << include.path;
      }
      EXPECT_FALSE(include.path.starts_with("sys/socket") || include.path.starts_with("netinet") || include.path.starts_with("boost/asio"))
          << file << " has network code: " << include.path;
    }
}

TEST(House, EveryTestFileIsBuilt) {
  for (const auto& file : sources("tests")) {
    std::string name = file.filename().string();
    if (!name.ends_with("_test.cpp") && !name.ends_with("_fuzz.cpp") && !name.ends_with("_bench.cpp")) continue;
    bool listed = false;
    fs::path folder = kRoot / file.parent_path();
    for (; folder != kRoot && !listed; folder = folder.parent_path())
      for (const auto& entry : fs::directory_iterator(folder))
        if (entry.path().filename() == "CMakeLists.txt" || entry.path().extension() == ".cmake")
          listed |= read(entry.path()).find(name) != std::string::npos;
    EXPECT_TRUE(listed) << file << " is in no CMakeLists.txt";
  }
}

TEST(House, EveryFuzzTargetHasACorpus) {
  static const std::regex target(R"(fuzz_target\((\w+))");
  std::size_t seen = 0;
  for (const auto& entry : fs::directory_iterator(kRoot / "tests/fuzz")) {
    if (entry.path().extension() != ".cmake") continue;
    std::string text = read(entry.path());
    for (std::sregex_iterator it(text.begin(), text.end(), target), end; it != end; ++it, ++seen) {
      fs::path corpus = kRoot / "tests/fuzz/corpus" / (*it)[1].str();
      EXPECT_TRUE(fs::exists(corpus) && !fs::is_empty(corpus)) << corpus;
    }
  }
  EXPECT_GE(seen, 7u);
}

TEST(House, FilesStaySmallEnoughToHoldOneIdea) {
  for (const char* below : {"lib", "agent", "collector", "tools"})
    for (const auto& file : sources(below)) {
      std::string text = read(kRoot / file);
      EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 700) << file << " holds more than one idea";
    }
}

TEST(House, EveryRoomOfTheTopLevelStands) {
  for (const char* name : {"CMakeLists.txt", "agent", "collector", "rules", "dashboard", "deploy", "tests", "README.md", "README.zh-CN.md",
                           "lib", "tools", "docs", "cmake", ".ci/run", "deploy/quickstart", "tests/run", "deploy/dependencies"})
    EXPECT_TRUE(fs::exists(kRoot / name)) << name;
}

}  // namespace
