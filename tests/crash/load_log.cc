#include "tests/crash/load_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/base/check.h"

namespace laurel {

Ack AckOf(const Reply& reply) {
  LAUREL_CHECK(reply.entry != nullptr, "the test's commands are recorded, refused or not");
  return Ack{reply.entry->sequence, ToHex(reply.leaf_hash), reply.is_replayed};
}

LoadLog::LoadLog(const std::string& path) {
  absl::StatusOr<FileDescriptor> file =
      OpenFile(path, O_WRONLY | O_CREAT | O_APPEND | O_SYNC, 0644);
  LAUREL_CHECK(file.ok(), "a diary can be opened");
  file_ = *std::move(file);
}

void LoadLog::Append(const std::string& line) {
  LAUREL_CHECK(::write(file_.get(), line.data(), line.size()) == static_cast<ssize_t>(line.size()),
               "a diary takes its lines");
}

void LoadLog::Intend(absl::string_view id, absl::string_view content) {
  Append(absl::StrCat("intent ", id, " ", content, "\n"));
}

void LoadLog::Acknowledge(absl::string_view id, const Ack& ack) {
  Append(absl::StrCat("ack ", id, " ", ack.sequence, " ", ack.leaf, " ", ack.is_replayed ? 1 : 0,
                      "\n"));
}

History ReadHistory(const std::string& folder) {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    paths.push_back(entry.path().string());
  std::sort(paths.begin(), paths.end());
  History history;
  for (const std::string& path : paths) {
    const absl::StatusOr<std::string> text = ReadFile(path);
    LAUREL_CHECK(text.ok(), "a diary can be read");
    std::vector<std::string> lines = absl::StrSplit(*text, '\n');
    lines.pop_back();  // what follows the last newline
    for (const std::string& line : lines) {
      const std::vector<std::string> words = absl::StrSplit(line, absl::MaxSplits(' ', 2));
      LAUREL_CHECK(words.size() == 3, "a diary's line has three parts");
      Sent& sent = history.sent[words[1]];
      if (words[0] == "intent") {
        sent.content = words[2];
        continue;
      }
      const std::vector<std::string> told = absl::StrSplit(words[2], ' ');
      Ack ack{0, told[1], told[2] == "1"};
      LAUREL_CHECK(absl::SimpleAtoi(told[0], &ack.sequence), "an acknowledgement has a sequence");
      if (!sent.ack) {
        sent.ack = ack;
      } else if (sent.ack->sequence != ack.sequence || sent.ack->leaf != ack.leaf ||
                 !ack.is_replayed) {
        history.contradictions.push_back(
            absl::StrCat(words[1], ": first entry ", sent.ack->sequence, ", then ", line));
      }
    }
  }
  return history;
}

}  // namespace laurel
