#include <array>

#include "classify/checks/check.h"

namespace fengsui::classify {
namespace {

constexpr std::string_view kDigit = "0123456789", kArea = "12345678", kCapital = "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
                           kAny = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

constexpr std::array kChecks = {
    Check{18, 18, kArea, false, check_citizen_id, Sum::mod_11_2},
    Check{19, 19, "GL", false, check_citizen_id},
    Check{20, 20, kArea, false, check_citizen_id},
    Check{15, 15, kCapital, false, check_foreign_residence},
    Check{18, 18, "9", false, check_foreign_residence, Sum::mod_11_2},
    Check{18, 18, "123456789AGJNQY", false, check_uscc, Sum::uscc},
    Check{15, 19, kDigit, true, check_bank_card, Sum::luhn},
    Check{11, 15, "180", true, check_mobile},
    Check{10, 17, "80", true, check_landline},
    Check{17, 17, kAny, false, check_vin, Sum::vin},
    Check{12, 12, "HP", false, check_medical_org},
    Check{22, 22, kAny, false, check_medical_org, Sum::org_code},
    Check{15, 15, kArea, true, check_citizen_id_15},
    Check{15, 15, kArea, false, check_business_reg, Sum::none, bit(Type::business_reg)},
    Check{15, 15, kDigit, true, check_imei, Sum::luhn, bit(Type::imei)},
    Check{15, 15, "4", true, check_imsi},
    Check{19, 20, "8", false, check_iccid},
    Check{9, 9, kAny, false, check_org_code, Sum::org_code},
    Check{8, 9, "0123456789DEGHKMPS", false, check_passport, Sum::none, bit(Type::passport)},
    Check{8, 11, "0123456789CHLMTW", false, check_travel_permit, Sum::none, bit(Type::travel_permit)},
    Check{9, 9, kCapital, false, check_social_security, Sum::none, bit(Type::social_security)},
};
static_assert(kChecks.size() <= 32);

}  // namespace

std::span<const Check> checks() { return kChecks; }

}  // namespace fengsui::classify
