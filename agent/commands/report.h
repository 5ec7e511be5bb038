// What the one-shot commands print, and what they must tell of what they did not see.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "agent/pipeline.h"
#include "base/time.h"
#include "model/ocsf.h"

namespace fengsui::agent {

// Prints each event as it comes, as OCSF lines or as text. One thread.
class Report : public Outlet {
 public:
  struct Options {
    bool json = false;
    bool activities = false;   // print activities and flows
    bool discoveries = false;  // content that no rule speaks of but that holds something is a finding of rule SCAN-1
    bool pictures_are_ordinary = false;  // a picture is named and counted, but makes nothing incomplete: traffic is full of them
    model::Language language = model::Language::zh;
  };
  Report(const Options& options, model::Host host, std::string run_id, const base::Clock& clock,
         std::shared_ptr<const classify::Engine> engine)
      : options_(options),
        host_(std::move(host)),
        run_id_(std::move(run_id)),
        clock_(clock),
        engine_(engine),
        scrubber_(std::move(engine)) {}

  void on_finding(const model::Finding& finding) override;
  void on_activity(const model::Activity& activity) override;
  void on_flow(const model::Flow& flow) override;
  void on_conclusion(const model::Conclusion& conclusion, bool reported) override;

  // Something that could not be examined: "what: why". At most kMaxUnread are kept by name, the rest is counted.
  void add_unread(std::string what_and_why);
  void count_unread(std::uint64_t more) { unread_count_ += more; }  // known by number only
  const std::vector<std::string>& unread() const { return unread_; }
  std::uint64_t unread_count() const { return unread_count_; }
  bool incomplete() const { return unread_count_ > pictures_; }
  std::uint64_t findings() const { return findings_; }
  std::uint64_t contents() const { return contents_; }
  std::uint64_t values() const { return values_; }  // clear values found, all types
  std::uint64_t bytes() const { return bytes_; }
  std::uint64_t allowed_findings() const { return allowed_findings_; }  // in none of findings()
  std::uint64_t allowed_values() const { return allowed_values_; }
  // "id 3", by what allows them, sorted.
  std::vector<std::string> allowed() const;
  void print_unread() const;  // on standard error

  static constexpr std::size_t kMaxUnread = 1000;

 private:
  std::string next_uid();
  void line(const std::string& text) const;
  model::Finding discovery(const model::Conclusion& conclusion) const;

  Options options_;
  model::Host host_;
  std::string run_id_;
  const base::Clock& clock_;
  std::shared_ptr<const classify::Engine> engine_;
  Scrubber scrubber_;
  std::uint64_t sequence_ = 0, findings_ = 0, contents_ = 0, values_ = 0, bytes_ = 0, unread_count_ = 0, pictures_ = 0;
  std::vector<std::string> unread_;
  std::uint64_t allowed_findings_ = 0, allowed_values_ = 0;
  std::map<std::string, std::uint64_t> allowed_;
};

// "a.zip!b.csv"
std::string object_name(const model::Provenance& from);
// "citizen_id 5, mobile 2"
std::string counts_of(const std::vector<model::TypeCount>& types);

}  // namespace fengsui::agent
