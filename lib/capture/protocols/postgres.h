// PostgreSQL: frontend/backend protocol 3.0, PostgreSQL manual, part "Frontend/Backend Protocol".
#pragma once

#include <deque>
#include <map>

#include "capture/protocols/datastore.h"

namespace fengsui::capture {

inline constexpr std::size_t kMaxPostgresMessage = 262144;  // bytes of one message that are looked at
inline constexpr std::size_t kMaxPostgresNames = 1024;      // prepared statements, and portals, of one connection
inline constexpr std::size_t kMaxPostgresName = 128;        // bytes of such a name
inline constexpr std::size_t kMaxPostgresPending = 1024;    // messages sent and not answered
inline constexpr std::size_t kMaxPostgresColumns = 1664;    // the server's limit of a result

// openGauss (protocols 3.50 and 3.51, its batch message) and KingbaseES speak it too.
// Each statement becomes an Activity 6005, each login one; rows, COPY data and the text of statements go to the sink as
// content. What is fetched from a cursor in parts is one statement, reported when the cursor is closed or its transaction
// ends. Stops at TLS and GSSAPI encryption, and says so. One thread.
class Postgres final : public Session {
 public:
  explicit Postgres(Conversation& conversation) : conversation_(conversation), store_(conversation, "postgresql") {}

  void data(Side side, base::View bytes) override;
  void gap(Side side, std::uint64_t bytes) override;
  void finish() override;

 private:
  enum class Phase : std::uint8_t { start, asked, login, commands, stopped };
  struct Framing {
    base::Bytes head, payload;
    std::uint64_t size = 0, left = 0;
    std::uint8_t type = 0;  // 0: a message without a type (the beginning)
    bool in_payload = false, lost = false;
    bool carries = false;  // the message holds what was written
    void reset() { *this = Framing{}; }
  };
  struct Column {
    std::string name;
    std::uint32_t type = 0;
    std::uint16_t format = 0;
  };
  struct Prepared {
    SqlStatement sql;
    std::vector<Column> columns;
  };
  struct Portal {
    Prepared prepared;
    std::vector<std::uint16_t> formats;
    std::unique_ptr<Running> running;  // between two Execute
  };
  struct Cursor {
    std::unique_ptr<Running> running;  // null while a FETCH of it is answered
    bool hold = false;
  };
  enum class What : std::uint8_t { query, describe_statement, describe_portal, execute, sync };
  struct Pending {
    What what = What::query;
    std::string name;
    std::vector<SqlStatement> sql;
    std::size_t at = 0;
    std::vector<Column> columns;
    Running running;
    bool open = false;  // running is of a statement that has not ended
    std::string cursor; // of which running is taken; "" of none
  };

  void feed(Side side, base::View bytes);
  bool head(Side side, base::View& bytes);
  void stream(Side side, base::View chunk);
  void replication(Side side, Pending& pending, base::View chunk);
  void message(Side side);
  void startup(base::View bytes);
  void stop(std::string_view why, std::string_view upgraded);

  void client(std::uint8_t type, base::View bytes, bool cut);
  void bind(base::View bytes);
  void batch(base::View bytes);
  void place(const std::string& name, const std::string& statement, std::vector<std::uint16_t>&& formats);
  void close(base::View bytes);
  void push(Pending&& pending);
  void ensure(Pending& pending);

  void server(std::uint8_t type, base::View bytes, std::uint64_t size);
  void authentication(base::View bytes);
  void parameter(base::View bytes);
  void description(base::View bytes);
  void row(base::View bytes, std::uint64_t size);
  void complete(base::View bytes);
  void error(base::View bytes);
  void ready(base::View bytes);
  void statement_done(Pending& pending);
  void declared(Pending& pending);
  void close_cursors(std::string_view name, bool held);
  void drop_pending(bool hole = true);  // hole: bytes are missing, else the conversation just ended
  Pending* front();  // of those that run; nullptr none

  SqlRules rules() const { return {false, backslash_}; }

  Conversation& conversation_;
  Datastore store_;
  Phase phase_ = Phase::start;
  Framing framing_[2];
  bool backslash_ = false;   // standard_conforming_strings is off
  bool reported_ = false;    // the login is
  bool started_ = false;     // the start-up message was seen
  std::deque<Pending> pending_;
  std::map<std::string, Prepared> statements_;
  std::map<std::string, Portal> portals_;
  std::map<std::string, Cursor> cursors_;
};

}  // namespace fengsui::capture
