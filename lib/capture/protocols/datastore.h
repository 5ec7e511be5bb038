// What the database protocols have in common: who is logged in, the statement that runs, its rows, and their report.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "capture/body.h"
#include "capture/protocols/session.h"
#include "capture/protocols/sql.h"

namespace fengsui::capture {

// One statement from its sending to its end. Its rows go to the sink as one content of kind db_rows: tab-separated lines
// under a line of column names. Not copyable; one thread.
class Running {
 public:
  SqlStatement sql;
  base::UnixMs sent = 0;
  std::uint64_t rows = 0;           // of result sets and of COPY
  std::uint64_t affected = 0;       // as the server says
  std::uint64_t bytes = 0;          // of row data
  std::string error;                // SQLSTATE or error number; "" none
  bool failed = false;
  bool prepared = false;
  bool incomplete = false;          // some of it was not seen: rows are at least so many

  std::vector<std::string> columns;  // names as they go into the head line
  std::unique_ptr<Body> body;
  std::string lines;                 // waits for the body
};

// Reports what a database session sees. One per connection.
class Datastore {
 public:
  Datastore(Conversation& conversation, const char* product) : conversation_(conversation), product_(product) {}
  ~Datastore() = default;
  Datastore(const Datastore&) = delete;
  Datastore& operator=(const Datastore&) = delete;

  std::string user, database, version;

  // What the client sends as statements and values of parameters; never passwords.
  void request(base::View bytes);
  // The text of a row ("a\tb\tc"), without line end; count_row counts it.
  void row(Running& running, std::string_view line);
  void count_row(Running& running, std::uint64_t bytes) { ++running.rows; running.bytes += bytes; }
  // Bytes of COPY data as they are; its lines count as rows.
  void copy_data(Running& running, base::View bytes);
  // Bytes that are no lines: handed on as they are, not counted as rows.
  void raw_data(Running& running, base::View bytes);
  // Rows that arrived only in part: the content has a hole.
  void lost(Running& running);
  // Activity 6005. The statement is done with.
  void done(Running&& running);
  // Activity 6005 Connect. status 1 success, 2 failure, 0 not known.
  void login(int status, std::string_view error, std::string_view unread);
  // Ends the content of the requests.
  void end();

  // Adds a field to a line: line breaks and tabs inside become blanks.
  static void add_field(std::string& line, base::View value);
  // A name for the head line: cut to what the head of a table may hold.
  static std::string column_name(base::View name);

 private:
  std::shared_ptr<model::Provenance> provenance(model::ContentKind kind, model::Stage stage, std::string object) const;
  void who(model::Fields& fields) const;
  void open(Running& running, bool head);
  void flush(Running& running);

  Conversation& conversation_;
  const char* product_;
  std::unique_ptr<Body> request_;
};

}  // namespace fengsui::capture
