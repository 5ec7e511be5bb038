// Class, grade and extent of an object, from what was found in it: rules/grading/*.toml over the detectors' own grades.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "classify/detectors.h"
#include "classify/people.h"
#include "model/finding.h"

namespace fengsui::classify {

// g1 … g4, important, core as 1 … 6; 0 for what is none of them.
unsigned grade_rank(std::string_view grade);

struct GradeRule {
  std::string id, zh, en;
  std::uint32_t all = 0, any = 0;  // types; `any` 0 = not asked
  std::uint64_t persons = 0;
  std::string grade;
};

struct GradeRules {
  std::string masked_grade = "g1";
  std::vector<GradeRule> rules;
};

// Every file below `folder`, in order of name; none when the folder is missing. Errc::usage with file and line for an
// unknown key, type or grade. Bytes read are appended to `digested`.
base::Result<GradeRules> load_grading(const std::filesystem::path& folder, std::string& digested);

// Fills out.grading from out.types, out.profile and the persons counted. `by_type` as in Engine::State.
void grade(const GradeRules& rules, std::span<const Detector* const> by_type, const People& people, model::Conclusion& out);

}  // namespace fengsui::classify
