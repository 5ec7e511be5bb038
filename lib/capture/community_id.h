// Community ID flow hashing, version 1, seed 0: one name for a flow in every tool. Source: the Corelight specification.
#pragma once

#include <string>

#include "capture/segment.h"

namespace fengsui::capture {

// "1:" and the base64 of a SHA-1 over addresses, protocol and ports (for ICMP: type and its counterpart, or code).
std::string community_id(const Segment& segment);

}  // namespace fengsui::capture
