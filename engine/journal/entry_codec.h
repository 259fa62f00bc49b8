#ifndef LAUREL_ENGINE_JOURNAL_ENTRY_CODEC_H_
#define LAUREL_ENGINE_JOURNAL_ENTRY_CODEC_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/domain/entry.h"

// Entry bytes: laurel.storage.v1.Entry, serialised once. Those bytes are stored, hashed, exported
// and shipped; nobody re-serialises an entry to check it.
namespace laurel {

// Bytes of an entry. May exceed kEntryBytesMax (tiles.h): whoever appends refuses that.
std::string EncodeEntry(const Entry& entry);

// Total: any bytes give an entry or DATA_LOSS with what is wrong. Round trip:
// DecodeEntry(EncodeEntry(e)) equals e.
absl::StatusOr<Entry> DecodeEntry(absl::string_view bytes);

}  // namespace laurel

#endif  // LAUREL_ENGINE_JOURNAL_ENTRY_CODEC_H_
