// Conclusion: what a content held. Finding: what a rule says about a conclusion or an activity.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/activity.h"
#include "model/content.h"
#include "model/field.h"
#include "model/stage.h"

namespace fengsui::model {

struct NamedCount {
  std::string name;
  std::uint64_t count = 0;
};

// What was found of one type. No raw value: samples are masked (first 3 and last 2 characters at most), digests keyed.
struct TypeCount {
  std::string type;
  std::uint64_t clear = 0, masked = 0, unclear = 0;
  std::uint8_t confidence = 0;         // highest, percent
  std::vector<std::string> samples;    // at most 5
  std::vector<std::string> digests;    // at most 16, hex of the first 16 bytes of HMAC-SHA-256
  std::vector<std::string> why;        // union of reason ids, at most 16
  std::uint64_t allowed = 0;           // values that the site allows; in none of the three counts above
  std::vector<NamedCount> allowed_by;  // the entries that allow them, at most 17
  std::vector<NamedCount> exact;       // values that are in a set or document of the site, by its name, at most 17
  std::uint64_t weak_masked = 0;       // of the masked: those whose value can be recovered
};

// What was learnt of one column of a table, or of one key of JSON. Counts are of the cells looked at.
struct ColumnFacts {
  std::string table, name;          // UTF-8; the name is "#3" where the table names none
  std::string type;                 // what the column holds, "" undecided; "birth_date" beside the detectors' types
  std::string data_class, grade;    // of that type
  std::uint8_t confidence = 0;      // percent
  bool named = false;               // its name speaks of the type
  bool whole = false;               // every cell was looked at, else a sample
  std::uint64_t cells = 0, nulls = 0;
  std::uint64_t clear = 0, masked = 0;  // of the type
  std::uint64_t wrong = 0;          // cells of the type's shape that fail its check
  std::uint64_t weak_masked = 0;    // masked cells whose value can be recovered
  std::uint64_t distinct = 0;       // estimate
  double length_entropy = 0;        // bits, over the lengths of the cells
  bool desensitised = false;        // masked >= 95 % and clear < 1 % of the cells that hold something
};

// What the data is and how much of it, with the method of each estimate.
struct Grading {
  std::string data_class, grade;    // "personal"; core | important | g4 … g1; "" not graded
  std::vector<std::string> kinds;   // types found, the most sensitive first
  std::uint64_t persons = 0, rows = 0;
  std::string persons_method;       // "distinct:citizen_id", "rows", …; "" no estimate
  std::string rows_method;          // "counted" | "extrapolated"; "" not a table
  std::vector<std::string> why;     // ids of the grading rules that applied
};

inline constexpr std::size_t kMaxProfile = 64;  // columns told of in one conclusion

// The result of examining one content. Made by classify, the last place that sees raw bytes.
struct Conclusion {
  std::shared_ptr<const Provenance> from;
  std::vector<TypeCount> types;      // in order of first appearance; empty when nothing was found
  std::uint64_t bytes = 0;           // examined
  std::uint64_t rows = 0;            // of a table, 0 when not a table
  std::vector<std::string> columns;  // names of columns that held something, "" never
  std::vector<std::string> unread;   // what was not examined, and why; empty = complete
  std::vector<ColumnFacts> profile;  // of a table: columns with a verdict, at most kMaxProfile
  std::uint64_t columns_beyond = 0;  // columns that were not profiled because there were too many
  Grading grading;
  std::string catalog_item = "unregistered";  // of the data-resource catalogue
  std::vector<std::string> undeclared;        // columns that the item does not declare
  bool use_without_view = false;              // the item may be used but not seen
};

enum class FindingKind : std::uint8_t { content, behaviour };  // OCSF 2006 and 2004

struct Finding {
  std::string id;  // stable for the same rule, object and values: 32 hex digits
  FindingKind kind = FindingKind::behaviour;
  std::string rule, rule_version, rule_author;  // author is carried because DRL 1.1 asks for it
  std::string rule_uuid;                        // Sigma id; "" when the rule has none
  Text title, message, remediation;
  std::string clause;  // item of the appraisal the rule serves, e.g. "16b"
  Stage stage = Stage::operation;
  Severity severity = Severity::medium;
  base::UnixMs time = 0, first_seen = 0, last_seen = 0;
  std::string catalog_item = "unregistered";
  std::string sensor;
  std::vector<TypeCount> data;
  std::vector<ColumnFacts> profile;
  Grading grading;
  std::vector<std::string> unread;
  Fields fields;            // OCSF attributes of the evidence
  std::string canary;       // marker, "" when none
};

// The host and unit that findings speak of. Set once per agent.
struct Host {
  std::string unit;      // "510903-edu"
  std::string agent;     // "510903-edu/db01"
  std::string hostname, ip, os, version;
  std::string instance;  // unique per host, from the agent's identity key, never from the hostname
};

}  // namespace fengsui::model
