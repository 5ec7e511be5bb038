#include "collector/outputs/ocsf_export.h"

#include "collector/desk.h"

namespace fengsui::collector::outputs {

base::Status export_events(const store::LogReader& log, base::Day day,
                           const std::function<base::Status(const std::string& line)>& sink) {
  store::FindingQuery query;
  query.limit = 1000;
  while (true) {
    auto page = log.findings(day, query);
    if (!page) return std::unexpected(page.error());
    for (const auto& finding : *page) {
      if (auto genuine = check_detail(log, finding); !genuine) return genuine;
      if (auto done = sink(finding.detail); !done) return done;
    }
    if (page->size() < query.limit) return {};
    query.from_start = false;
    query.after_index = page->back().index;
  }
}

}  // namespace fengsui::collector::outputs
