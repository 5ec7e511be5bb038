// fengsui witness: the exchange with a witness that has no network (C2SP tlog-witness bodies as files). The evaluator's side, sign, needs no
// collector: its memory is a folder of the checkpoints that it signed last.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>

#include "base/encode.h"
#include "base/fd.h"
#include "base/time.h"
#include "evidence/policy.h"
#include "evidence/witness.h"
#include "tools/fengsui/context.h"

namespace fengsui::cli {

namespace {
namespace fs = std::filesystem;

struct Options {
  std::string unit, file, out, policy, key, name, memory;
  std::uint64_t old_size = 0;
};

void request(Context& context, const Options& o) {
  auto client = connect(context);
  if (!client) return;
  auto answer = client->get("/api/v1/units/" + encode_segment(o.unit) + "/witness-request?old=" + std::to_string(o.old_size));
  if (!answer) return report(context, answer.error());
  if (auto written = base::write_file_durable(o.out, base::view(answer->body)); !written) return report(context, written.error());
  if (!context.json) std::printf("request: %s (%zu bytes)\n", o.out.c_str(), answer->body.size());
}

void accept(Context& context, const Options& o) {
  auto lines = base::read_file(o.file, evidence::kMaxAddCheckpoint);
  if (!lines) return report(context, lines.error());
  auto client = connect(context);
  if (!client) return;
  auto answer = client->post("/api/v1/units/" + encode_segment(o.unit) + "/cosignatures", std::string(base::text(*lines)));
  if (!answer) return report(context, answer.error());
  if (auto printed = print_object(context, answer->body); !printed) report(context, printed.error());
}

base::Result<crypto::SigningKey> key_of(const Options& o) {
  auto key = crypto::SigningKey::load_file(o.key);
  return !key && key.error().code == base::Errc::not_found ? crypto::SigningKey::create_file(o.key) : std::move(key);
}

void show_key(Context& context, const Options& o) {
  if (!evidence::is_key_name(o.name)) return report(context, {base::Errc::usage, "--name: no space, no '+', 1 to 255 bytes"});
  auto key = key_of(o);
  if (!key) return report(context, key.error());
  std::printf("%s\n", evidence::format_vkey(evidence::make_vkey(o.name, key->public_key(), evidence::kTypeCosignature)).c_str());
}

base::Status sign_file(Context& context, const Options& o) {
  auto text = base::read_file(o.policy, 65'536);
  if (!text) return std::unexpected(text.error());
  auto policy = evidence::parse_policy(base::text(*text));
  if (!policy) return std::unexpected(policy.error());
  auto body = base::read_file(o.file, evidence::kMaxAddCheckpoint);
  if (!body) return std::unexpected(body.error());
  auto asked = evidence::parse_add_checkpoint(base::text(*body));
  if (!asked) return std::unexpected(asked.error());
  auto origin = evidence::origin_of(*asked);
  if (!origin) return std::unexpected(origin.error());
  auto key = key_of(o);
  if (!key) return std::unexpected(key.error());
  std::error_code error;
  fs::create_directories(o.memory, error);
  if (error) return base::fail(base::Errc::io, "create " + o.memory + ": " + error.message());
  auto place = fs::path(o.memory) / (base::hex(crypto::sha256(base::view(*origin))) + ".checkpoint");
  std::string seen;
  if (auto kept = base::read_file(place, evidence::kMaxNoteBytes)) seen = base::text(*kept);
  else if (kept.error().code != base::Errc::not_found) return std::unexpected(kept.error());
  auto answer = evidence::witness(*asked, policy->log(*origin), seen, o.name, *key, std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count());
  if (!answer.keep) {
    context.exit_code = 1;
    std::fprintf(stderr, "fengsui: not signed (%d): %s%s", answer.status, answer.body.c_str(),
                 answer.is_size() ? "ask again with --old and this number of leaves\n" : "");
    return {};
  }
  if (auto kept = base::write_file_durable(place, base::view(*answer.keep), 0600); !kept) return kept;
  if (auto written = base::write_file_durable(o.out, base::view(answer.body)); !written) return written;
  if (!context.json) std::printf("signed: %s\nanswer: %s\n", origin->c_str(), o.out.c_str());
  return {};
}
}  // namespace

void add_witness(CLI::App& app, Context& context) {
  auto o = std::make_shared<Options>();
  auto* noun = app.add_subcommand("witness", "Cosignatures by files, for a witness without a network")->require_subcommand(1);
  auto* ask = noun->add_subcommand("request", "Write what a witness must sign: fengsui witness request --unit U --old N --out request.txt");
  ask->add_option("--unit", o->unit, "Unit")->required();
  ask->add_option("--old", o->old_size, "Leaves that the witness has signed before");
  ask->add_option("--out", o->out, "File for the request")->required();
  ask->callback([&context, o] { request(context, *o); });
  auto* sign = noun->add_subcommand("sign", "As a witness, offline: fengsui witness sign request.txt --policy P --key K --name N --memory DIR --out answer.txt");
  sign->add_option("request", o->file, "The request")->required();
  sign->add_option("--policy", o->policy, "Logs that are witnessed: lines \"log VKEY\"")->required();
  sign->add_option("--key", o->key, "Key file of the witness, mode 0600; made when missing")->required();
  sign->add_option("--name", o->name, "Name of the witness")->required();
  sign->add_option("--memory", o->memory, "Folder of the checkpoints signed last; without it two histories could be signed")->required();
  sign->add_option("--out", o->out, "File for the answer")->required();
  sign->callback([&context, o] {
    if (auto done = sign_file(context, *o); !done) report(context, done.error());
  });
  auto* take = noun->add_subcommand("accept", "Hand a witness' answer to the collector: fengsui witness accept --unit U answer.txt");
  take->add_option("answer", o->file, "The answer")->required();
  take->add_option("--unit", o->unit, "Unit")->required();
  take->callback([&context, o] { accept(context, *o); });
  auto* show = noun->add_subcommand("key", "Print the witness' public key for policies: fengsui witness key --key K --name N");
  show->add_option("--key", o->key, "Key file, mode 0600; made when missing")->required();
  show->add_option("--name", o->name, "Name of the witness")->required();
  show->callback([&context, o] { show_key(context, *o); });
}

}  // namespace fengsui::cli
