// The extraction in this process. Programs use it only behind their confinement; tests and fuzz targets use it as it is.
#pragma once

#include <memory>

#include "classify/extractor.h"

namespace fengsui::classify {

// Loads every character set it may need now, so that no file is opened later but the tables of poppler-data.
std::unique_ptr<Extractor> local_extractor();

}  // namespace fengsui::classify
