// MySQL and MariaDB: the client/server protocol of the MySQL and MariaDB manuals ("Client/Server Protocol").
#pragma once

#include <deque>
#include <map>

#include "capture/protocols/datastore.h"
#include "capture/protocols/mysql_compress.h"

namespace fengsui::capture {

inline constexpr std::size_t kMaxMysqlPacket = 262144;   // bytes of one packet that are looked at
inline constexpr std::size_t kMaxMysqlStatements = 1024;  // prepared statements of one connection
inline constexpr std::size_t kMaxMysqlPending = 64;       // commands sent and not answered
inline constexpr std::size_t kMaxMysqlColumns = 4096;     // the protocol's limit
inline constexpr std::size_t kMaxMysqlRemembered = 16384;  // columns of all prepared statements of one connection

// Each statement becomes an Activity 6005, each login one; rows and the text of statements go to the sink as content.
// Compressed packets are unpacked. Stops at TLS, and says so. One thread.
class Mysql final : public Session {
 public:
  explicit Mysql(Conversation& conversation) : conversation_(conversation), store_(conversation, "mysql") {}

  void data(Side side, base::View bytes) override;
  void gap(Side side, std::uint64_t bytes) override;
  void finish() override;

 private:
  enum class Phase : std::uint8_t { hello, login, commands, stopped };
  enum class Expect : std::uint8_t { first, columns, rows_or_eof, rows, prepared, definitions, field_list, infile, stream };
  struct Packet {
    base::View bytes;
    std::uint64_t size = 0;  // of all of it; more than bytes.size() when it was too long
    std::uint8_t sequence = 0;
  };
  // The framing of one side: 3 bytes length, 1 byte number; a packet of 0xffffff bytes goes on in the next.
  struct Framing {
    base::Bytes head, payload;
    std::uint64_t size = 0;
    std::uint32_t left = 0;
    std::uint8_t sequence = 0, first_sequence = 0;
    bool in_payload = false, continues = false, lost = false;
    void reset() { *this = Framing{}; }
  };
  struct Column {
    std::uint8_t type = 0;
    bool is_unsigned = false;
    std::string name;
  };
  struct Prepared {
    SqlStatement sql;
    std::unique_ptr<Running> cursor;  // rows come by COM_STMT_FETCH
    std::vector<Column> columns;      // as prepared, and as last executed: a server may leave them out when it executes
  };
  struct Command {
    std::uint8_t code = 0;
    std::uint8_t last_sequence = 0;
    bool binary = false;
    std::uint32_t statement = 0;
    std::string text;  // database of COM_INIT_DB, user of COM_CHANGE_USER
    std::vector<SqlStatement> sql;
    std::size_t at = 0;  // statement whose result comes next
    Expect expect = Expect::first;
    std::uint64_t definitions = 0;  // still to come
    std::uint64_t parameters = 0;   // of them: those of a statement being prepared come first
    std::vector<Column> columns;
    Running running;
  };

  void unpack(Side side, base::View bytes);
  void feed(Side side, base::View bytes);
  void packet(Side side, const Packet& packet);
  void hello(const Packet& packet);
  void login_request(const Packet& packet);
  void login_answer(const Packet& packet);
  void begin_commands();
  void stop(std::string_view why);

  void command(const Packet& packet);
  void query(const Packet& packet, Command& command);
  void prepare(const Packet& packet, Command& command);
  bool execute(const Packet& packet, Command& command);
  void close_statement(std::uint32_t id);
  void begin(Command& command);

  void answer(const Packet& packet);
  void first(const Packet& packet, Command& command);
  void result_head(const Packet& packet, Command& command);
  Column definition_in(const Packet& packet);
  void definition(const Packet& packet, Command& command);
  void remember(std::uint32_t statement, std::vector<Column>&& columns);
  void row(const Packet& packet, Command& command);
  void text_row(const Packet& packet, Command& command);
  void binary_row(const Packet& packet, Command& command);
  void prepared(const Packet& packet, Command& command);
  void result_end(const Packet& packet, Command& command, bool cursor_opened);
  void result_failed(const Packet& packet, Command& command);
  void succeeded(const Packet& packet, Command& command);
  void report(Command& command);
  void drop_pending(bool hole = true);  // hole: bytes are missing, else the conversation just ended
  void pop();

  Conversation& conversation_;
  Datastore store_;
  Phase phase_ = Phase::hello;
  Framing framing_[2];
  std::uint64_t server_flags_ = 0, flags_ = 0;  // capabilities; flags_ those both sides have
  bool flags_known_ = false;
  std::unique_ptr<MysqlUnpack> unpack_[2];  // both or none: the connection is compressed
  std::deque<Command> pending_;
  std::map<std::uint32_t, Prepared> statements_;
  std::uint32_t last_prepared_ = 0;
  std::size_t remembered_ = 0;  // columns in statements_
};

}  // namespace fengsui::capture
