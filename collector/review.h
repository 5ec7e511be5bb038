// The review of a daily record: reviewer, then a second reviewer who is another person; and explanations of gaps.
#pragma once

#include <string>

#include "base/error.h"
#include "base/time.h"
#include "store/ledger.h"

namespace fengsui::collector {

struct Review {
  std::string reviewer, opinion, second;
  base::UnixMs reviewed = 0, countersigned = 0;
};

// Empty when nobody has signed.
base::Result<Review> review_of(const store::Control& control, const std::string& unit, base::Day day);
// Errc::conflict when it is signed already.
base::Result<Review> sign_review(store::Control& control, const std::string& unit, base::Day day,
                                 const std::string& who, const std::string& opinion, base::UnixMs now);
// Errc::conflict when it is not reviewed, is countersigned already, or `who` is the reviewer.
base::Result<Review> countersign_review(store::Control& control, const std::string& unit, base::Day day,
                                        const std::string& who, base::UnixMs now);

}  // namespace fengsui::collector
