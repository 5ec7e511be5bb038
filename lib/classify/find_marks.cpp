// Plates, network addresses and masked names.
#include "classify/finders.h"

namespace fengsui::classify {

std::size_t Finder::plate(std::size_t at) { return at + 1; }
std::size_t Finder::ipv4(std::size_t at) { return at + 1; }
std::size_t Finder::colons(std::size_t at) { return at + 1; }
std::size_t Finder::name(std::size_t at) { return at + 1; }

}  // namespace fengsui::classify
