// DSSE envelopes, revocation lists, score policies, tiles.
#include "evidence/attest.h"
#include "evidence/score.h"
#include "evidence/tile.h"

using namespace fengsui;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto text = base::text({data, size});
  auto key = crypto::SigningKey::from_seed(base::Bytes(32, 1));
  if (auto envelope = evidence::parse_envelope(text)) {
    (void)evidence::verify_envelope(*envelope, key.public_key());
    (void)evidence::rekor_entry(*envelope, key.public_key());
  }
  (void)evidence::open_revocations(text, {evidence::make_vkey("a", key.public_key())});
  (void)evidence::parse_score_policy(text);
  if (auto path = evidence::parse_tile_path(text))
    FENGSUI_ASSERT((path->entries ? evidence::entries_path(path->n, path->width) : evidence::tile_path(path->level, path->n, path->width)) == text);
  (void)evidence::parse_tile({data, size});
  if (auto leaves = evidence::parse_entry_bundle({data, size})) FENGSUI_ASSERT(evidence::entry_bundle(*leaves).size() == size);
  return 0;
}
