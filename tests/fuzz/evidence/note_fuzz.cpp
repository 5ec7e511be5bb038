// Signed notes, vkeys, checkpoints and policies: whatever parses must survive being written again.
#include "evidence/checkpoint.h"
#include "evidence/note.h"
#include "evidence/policy.h"

using namespace fengsui;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto text = base::text({data, size});
  if (auto note = evidence::parse_note(text)) {
    (void)evidence::parse_checkpoint_text(note->text);
    (void)evidence::verify_note(*note, evidence::make_vkey("a", crypto::PublicKey{}));
    (void)evidence::verify_note(*note, evidence::make_vkey("a", crypto::PublicKey{}, evidence::kTypeCosignature));
  }
  if (auto vkey = evidence::parse_vkey(text)) FENGSUI_ASSERT(evidence::format_vkey(*vkey).size() == text.size());
  if (auto policy = evidence::parse_policy(text)) FENGSUI_ASSERT(evidence::parse_policy(evidence::format_policy(*policy)).has_value());
  return 0;
}
