// OCSF 1.8.0 events as one JSON line each: the format of the stored detail and of every outside edge.
// Source: the OCSF schema 1.8.0; sibling strings equal their captions, Chinese goes into messages and titles only.
#pragma once

#include <string>

#include "base/time.h"
#include "model/activity.h"
#include "model/finding.h"
#include "model/flow.h"

namespace fengsui::model {

enum class Language : std::uint8_t { zh, en };

// Data Security Finding 2006 or Detection Finding 2004. `uid` is unique per event, `sequence` grows.
// No line break inside, none at the end.
std::string ocsf_line(const Finding& finding, const Host& host, const std::string& uid, std::uint64_t sequence,
                      base::UnixMs now, Language language = Language::zh);
// The class of the activity.
std::string ocsf_line(const Activity& activity, const Host& host, const std::string& uid, std::uint64_t sequence, base::UnixMs now);
// Network Activity 4001 with `unmapped.fengsui.gaps`.
std::string ocsf_line(const Flow& flow, const Host& host, const std::string& uid, std::uint64_t sequence, base::UnixMs now);

}  // namespace fengsui::model
