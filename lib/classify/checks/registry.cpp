#include <array>

#include "classify/checks/check.h"

namespace fengsui::classify {
namespace {

constexpr std::array kChecks = {
    Check{18, 20, check_citizen_id},    Check{15, 18, check_foreign_residence}, Check{18, 18, check_uscc},
    Check{15, 19, check_bank_card},     Check{11, 15, check_mobile},            Check{10, 17, check_landline},
    Check{17, 17, check_vin},           Check{12, 22, check_medical_org},       Check{15, 15, check_citizen_id_15},
    Check{15, 15, check_business_reg},  Check{15, 15, check_imei},              Check{15, 15, check_imsi},
    Check{19, 20, check_iccid},         Check{9, 9, check_org_code},            Check{8, 9, check_passport},
    Check{8, 11, check_travel_permit},  Check{9, 9, check_social_security},
};

}  // namespace

std::span<const Check> checks() { return kChecks; }

}  // namespace fengsui::classify
