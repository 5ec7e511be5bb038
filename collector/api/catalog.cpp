// The data-resource catalogue: kept as one document of the control database, so that an import is there or is not.
#include "classify/catalog.h"

#include <boost/json.hpp>

#include "collector/api/handlers.h"

namespace fengsui::collector::api {

namespace json = boost::json;

namespace {

constexpr const char* kTable = "catalog";
constexpr const char* kKey = "current";

base::Result<std::string> stored(Service& service) {
  auto found = service.centre.control().get(kTable, kKey);
  if (!found) return std::unexpected(found.error());
  return found->value_or(R"({"items":[]})");
}

// The items of `more` take the place of those of the same id; others stay.
std::string merged(const json::array& old, const json::array& more) {
  json::array items;
  auto id_of = [](const json::value& item) { return text_of(item.get_object(), "id"); };
  std::map<std::string, const json::value*> fresh;
  for (const auto& item : more) fresh[id_of(item)] = &item;
  for (const auto& item : old) {
    auto at = fresh.find(id_of(item));
    items.push_back(at == fresh.end() ? item : *at->second);
    if (at != fresh.end()) fresh.erase(at);
  }
  for (const auto& item : more)
    if (fresh.contains(id_of(item))) items.push_back(item);
  return to_text(json::object{{"items", std::move(items)}});
}

}  // namespace

Response get_catalog(Service& service, const Call& call) {
  auto text = stored(service);
  if (!text) return failed(text);
  auto whole = parse_object(*text, classify::kMaxCatalogFile);
  if (!whole) return failed(whole);
  auto wanted = [&](const json::object& item, const char* name) {
    auto filter = call.request.query.find(name);
    return filter == call.request.query.end() || filter->second == text_of(item, name);
  };
  json::array items;
  if (const auto* all = array_of(*whole, "items"))
    for (const auto& item : *all)
      if (wanted(item.get_object(), "id") && wanted(item.get_object(), "unit")) items.push_back(item);
  return answer(200, {{"items", std::move(items)}});
}

Response import_catalog(Service& service, const Call& call) {
  auto body = parse_object(call.request.body, classify::kMaxCatalogFile);
  if (!body) return failed(body);
  if (auto known = only_members(*body, {"items", "replace"}); !known) return problem(known.error());
  const auto* sent = array_of(*body, "items");
  if (sent == nullptr) return problem({base::Errc::usage, "items is missing"});
  auto checked = classify::Catalog::from_json(to_text(json::object{{"items", *sent}}), "catalog");
  if (!checked) return failed(checked);
  auto before = stored(service);
  if (!before) return failed(before);
  auto old = parse_object(flag_of(*body, "replace") ? R"({"items":[]})" : *before, classify::kMaxCatalogFile);
  auto more = parse_object(checked->to_json(), classify::kMaxCatalogFile);
  if (!old || !more || array_of(*old, "items") == nullptr || array_of(*more, "items") == nullptr)
    return problem({base::Errc::malformed, "the catalogue in the control database"});
  auto next = merged(*array_of(*old, "items"), *array_of(*more, "items"));
  auto all = classify::Catalog::from_json(next, "catalog");  // the bounds hold for all of them together
  if (!all) return failed(all);
  if (auto done = service.centre.control().put(kTable, kKey, next); !done) return problem(done.error());
  auto about = std::to_string(checked->items().size()) + " items";
  if (auto done = service.centre.record(call.session.name, "catalog_imported", about); !done) return problem(done.error());
  return answer(201, {{"imported", checked->items().size()}, {"items", all->items().size()}});
}

}  // namespace fengsui::collector::api
