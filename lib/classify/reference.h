// Reference engines: the same detectors written as regular expressions, to compare speed and findings with the sieve.
#pragma once

#include <memory>
#include <string_view>

#include "base/error.h"
#include "classify/sieve.h"

namespace fengsui::classify {

// "re2" or "vectorscan". Errc::unavailable when the build or the processor has it not, Errc::usage for another name.
// A Vectorscan source carries scratch memory and serves one thread.
base::Result<std::unique_ptr<AnchorSource>> reference(std::string_view name);

}  // namespace fengsui::classify
