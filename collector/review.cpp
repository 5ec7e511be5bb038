#include "collector/review.h"

#include <boost/json.hpp>

#include "collector/json.h"

namespace fengsui::collector {

namespace json = boost::json;

namespace {

std::string key_of(const std::string& unit, base::Day day) { return unit + "/" + base::to_string(day); }

std::string to_json(const Review& r) {
  return to_text(json::object{{"reviewer", r.reviewer},
                              {"opinion", r.opinion},
                              {"second", r.second},
                              {"reviewed", r.reviewed},
                              {"countersigned", r.countersigned}});
}

}  // namespace

base::Result<Review> review_of(const store::Control& control, const std::string& unit, base::Day day) {
  auto text = control.get("review", key_of(unit, day));
  if (!text) return std::unexpected(text.error());
  if (!*text) return Review();
  auto o = parse_object(**text);
  if (!o) return std::unexpected(o.error());
  return Review{text_of(*o, "reviewer"), text_of(*o, "opinion"), text_of(*o, "second"), number_of(*o, "reviewed"),
                number_of(*o, "countersigned")};
}

base::Result<Review> sign_review(store::Control& control, const std::string& unit, base::Day day,
                                 const std::string& who, const std::string& opinion, base::UnixMs now) {
  Review review{who, opinion, "", now, 0};
  auto stored = control.insert("review", key_of(unit, day), to_json(review));
  if (!stored && stored.error().code == base::Errc::exists)
    return base::fail(base::Errc::conflict, "the record of " + base::to_string(day) + " is reviewed already");
  if (!stored) return std::unexpected(stored.error());
  return review;
}

base::Result<Review> countersign_review(store::Control& control, const std::string& unit, base::Day day,
                                        const std::string& who, base::UnixMs now) {
  auto review = review_of(control, unit, day);
  if (!review) return review;
  if (review->reviewer.empty())
    return base::fail(base::Errc::conflict, "the record of " + base::to_string(day) + " is not reviewed yet");
  if (!review->second.empty())
    return base::fail(base::Errc::conflict, "the record of " + base::to_string(day) + " is countersigned already");
  if (review->reviewer == who) return base::fail(base::Errc::conflict, "the same person cannot sign both places");
  auto before = to_json(*review);
  review->second = who;
  review->countersigned = now;
  if (auto swapped = control.swap("review", key_of(unit, day), before, to_json(*review)); !swapped)
    return std::unexpected(swapped.error());
  return review;
}

}  // namespace fengsui::collector
