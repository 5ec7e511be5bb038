// The kinds of value the engine knows, and the reasons it gives. Both are closed lists with stable identifiers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace fengsui::classify {

// One per detector file; the identifier is the file's `id` and the `type` of a detection.
enum class Type : std::uint8_t {
  citizen_id, citizen_id_15, foreign_residence, travel_permit, passport, uscc, org_code, business_reg, bank_card, mobile,
  landline, email, person_name, address, vehicle_plate, vin, medical_org, social_security, imei, iccid, imsi, ipv4, ipv6,
  mac, secret, marking, health, minor, birth_date,
};
inline constexpr std::array<std::string_view, 29> kTypeIds = {
    "citizen_id", "citizen_id_15", "foreign_residence", "travel_permit", "passport", "uscc", "org_code", "business_reg",
    "bank_card", "mobile", "landline", "email", "person_name", "address", "vehicle_plate", "vin", "medical_org",
    "social_security", "imei", "iccid", "imsi", "ipv4", "ipv6", "mac", "secret", "marking", "health", "minor", "birth_date"};
inline constexpr std::size_t kTypes = kTypeIds.size();
constexpr std::string_view id(Type type) { return kTypeIds[static_cast<std::size_t>(type)]; }
constexpr std::optional<Type> type_of(std::string_view name) {
  for (std::size_t i = 0; i < kTypes; ++i)
    if (kTypeIds[i] == name) return static_cast<Type>(i);
  return std::nullopt;
}
constexpr std::uint32_t bit(Type type) { return 1u << static_cast<unsigned>(type); }

// Why a value was believed or doubted. Context and column reasons carry a word and are added beside these.
enum class Reason : std::uint8_t {
  checksum, structure, pattern, date, area_current, area_retired, area_unknown, area_province, bin, bin_short, segment,
  inner_checksum, country, prefix, grouped, full_width, zero_width, lower_case, residence_permit, disability_card,
  student_number, layout, layout_unusual, masked, mask_length, no_context, against, neighbour, version_like, extension,
  table, dictionary, chinese_digits, iot, marking_period, column_verdict, password, private_key, jwt,
  access_key, url_password, name_label, name_role, name_title, name_cue, minority_name, area_name, street, house, place_label,
  age, disease,
};
inline constexpr std::array<std::string_view, 52> kReasonIds = {
    "checksum", "structure", "pattern", "date", "area:current", "area:retired", "area:unknown", "area:province", "bin",
    "bin:short", "segment", "checksum:inner", "country", "prefix", "grouped", "full_width", "zero_width", "lower_case",
    "form:residence_permit", "form:disability_card", "form:student_number", "layout", "layout:unusual", "masked",
    "mask:length", "no_context", "against", "neighbour", "version_like", "extension", "table", "dictionary",
    "chinese_digits", "form:iot", "period", "column:verdict", "subtype:password",
    "subtype:private_key", "subtype:jwt", "subtype:access_key", "subtype:url_password",
    "name:label", "name:role", "name:title", "name:cue", "form:minority", "area:name", "street", "house", "place:label", "age",
    "disease"};
constexpr std::uint64_t bit(Reason reason) { return std::uint64_t{1} << static_cast<unsigned>(reason); }
static_assert(kReasonIds.size() == static_cast<std::size_t>(Reason::disease) + 1);

}  // namespace fengsui::classify
