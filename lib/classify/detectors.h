// Detector files: rules/detectors/*.toml, one type each.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "classify/types.h"

namespace fengsui::classify {

// One [[tests]] entry: `text` must give a detection of the detector's type in state `expect`, or none of it ("none";
// "none" also allows nothing clear when `expect` is "not_clear").
struct DetectorTest {
  std::string text;
  std::string expect;  // clear | masked | unclear | none | not_clear
  int line = 0;
};

struct Detector {
  Type type = Type::citizen_id;
  std::string name_zh, name_en;
  std::string data_class, grade;    // class and level of the data (GB/T 43697)
  std::string source;               // clause the rule is taken from
  std::vector<std::string> context, against;
  unsigned mask_head = 3, mask_tail = 2;  // characters a sample may show
  std::vector<DetectorTest> tests;
  std::string file;
};

// Every detector below `folder`, in order of file name. Errc::not_found when the folder has none; Errc::usage with file
// and line for an unknown key (naming the nearest one), a wrong type or an unknown id. Bytes read are appended to `digested`.
base::Result<std::vector<Detector>> load_detectors(const std::filesystem::path& folder, std::string& digested);

}  // namespace fengsui::classify
