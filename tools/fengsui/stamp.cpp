// fengsui stamp: time-stamps of sealed days from an authority (RFC 3161), by files that go there and come back.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "base/fd.h"
#include "base/time.h"
#include "crypto/timestamp.h"
#include "tools/fengsui/context.h"

namespace fengsui::cli {

namespace {
struct Options {
  std::string unit, day, out, file;
};

std::string path_of(const Options& o, const char* last) { return "/api/v1/units/" + encode_segment(o.unit) + "/days/" + encode_segment(o.day) + "/" + last; }

bool usable(Context& context, const Options& o) {
  auto day = base::parse_day(o.day);
  if (!day) report(context, {base::Errc::usage, "--day " + o.day + ": " + day.error().what});
  return day.has_value();
}

void request(Context& context, const Options& o) {
  if (!usable(context, o)) return;
  auto client = connect(context);
  if (!client) return;
  auto answer = client->post(path_of(o, "stamp-request"), "");
  if (!answer) return report(context, answer.error());
  if (auto written = base::write_file_durable(o.out, base::view(answer->body)); !written) return report(context, written.error());
  if (!context.json) std::printf("request: %s (%zu bytes)\n", o.out.c_str(), answer->body.size());
}

void accept(Context& context, const Options& o) {
  if (!usable(context, o)) return;
  auto der = base::read_file(o.file, crypto::kMaxTimestamp);
  if (!der) return report(context, der.error());
  auto client = connect(context);
  if (!client) return;
  auto answer = client->post(path_of(o, "stamp"), std::string(base::text(*der)));
  if (!answer) return report(context, answer.error());
  if (auto printed = print_object(context, answer->body); !printed) report(context, printed.error());
}
}  // namespace

void add_stamp(CLI::App& app, Context& context) {
  auto o = std::make_shared<Options>();
  auto* noun = app.add_subcommand("stamp", "Time-stamps of sealed days (RFC 3161), by files")->require_subcommand(1);
  auto* ask = noun->add_subcommand("request", "Write what an authority must stamp: fengsui stamp request --unit U --day 2026-11-24 --out day.tsq");
  ask->add_option("--unit", o->unit, "Unit")->required();
  ask->add_option("--day", o->day, "Sealed day, YYYY-MM-DD")->required();
  ask->add_option("--out", o->out, "File for the request")->required();
  ask->callback([&context, o] { request(context, *o); });
  auto* take = noun->add_subcommand("accept", "Hand in its answer: fengsui stamp accept --unit U --day 2026-11-24 day.tsr");
  take->add_option("--unit", o->unit, "Unit")->required();
  take->add_option("--day", o->day, "The day of the request")->required();
  take->add_option("answer", o->file, "The authority's answer")->required();
  take->callback([&context, o] { accept(context, *o); });
}

}  // namespace fengsui::cli
