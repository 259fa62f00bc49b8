#include "rules/program/yaml_reader.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "rules/program/text.h"

namespace laurel::rules {
namespace {

// yaml-cpp marks bytes, not code points.
std::size_t OffsetOf(const YAML::Mark& mark) {
  return mark.pos < 0 ? 0 : static_cast<std::size_t>(mark.pos);
}

YamlNode Leaf(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& text = {}) {
  YamlNode node;
  node.kind = kind;
  node.offset = OffsetOf(mark);
  node.text = text;
  return node;
}

// True unless `text` begins with quoted text that has no end.
bool IsClosed(absl::string_view text) {
  const char quote = text.empty() ? ' ' : text.front();
  if (quote != '"' && quote != '\'') return true;
  for (std::size_t i = 1; i < text.size(); ++i) {
    const bool is_escape = quote == '"' ? text[i] == '\\' : text.substr(i, 2) == "''";
    if (is_escape) {
      ++i;
    } else if (text[i] == quote) {
      return true;
    }
  }
  return false;
}

// Builds the tree from yaml-cpp's events. Past the nesting limit it only listens: the parser cannot
// be stopped from here, and it gives up by itself some hundred levels on.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(absl::string_view text, Findings& findings) : text_(text), findings_(findings) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    CheckProperties(mark, "", anchor);
    Add(Leaf(YamlNode::Kind::kNothing, mark), /*is_plain=*/true);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    Refuse(mark, "R-SCHEMA-005", "must not use aliases", "write the value again");
    Add(Leaf(YamlNode::Kind::kRefused, mark), /*is_plain=*/true);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    CheckProperties(mark, tag, anchor);
    last_scalar_ = OffsetOf(mark);
    Add(Leaf(YamlNode::Kind::kScalar, mark, value), tag == "?");
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    CheckProperties(mark, tag, anchor);
    Open(mark, YamlNode::Kind::kList);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    CheckProperties(mark, tag, anchor);
    Open(mark, YamlNode::Kind::kMapping);
  }
  void OnMapEnd() override { Close(); }

  // yaml-cpp lets a quoted scalar end with the text: it would be the last one.
  bool CheckLastQuote() {
    if (IsClosed(text_.substr(std::min(last_scalar_, text_.size())))) return true;
    findings_.ErrorAt(last_scalar_, "R-SCHEMA-003", "",
                      "must be well-formed YAML, was not: end of quoted text not found");
    return false;
  }

  bool is_too_deep() const { return is_too_deep_; }
  YamlNode TakeRoot() { return std::move(root_); }

 private:
  struct Frame {
    YamlNode node;
    absl::flat_hash_map<std::string, std::size_t> key_offsets;
    std::string key;
    std::size_t key_offset = 0;
    bool has_key = false;  // the next value belongs to `key`
    bool is_kept = true;   // false: the key was refused, and its value is dropped
  };

  void Refuse(const YAML::Mark& mark, absl::string_view code, std::string message,
              std::string hint) {
    if (!is_too_deep_) {
      findings_.ErrorAt(OffsetOf(mark), code, Path(), std::move(message), std::move(hint));
    }
  }

  // yaml-cpp gives plain scalars and collections the tag "?", quoted scalars "!".
  void CheckProperties(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (anchor != 0) {
      Refuse(mark, "R-SCHEMA-005", "must not use anchors", "write the value where it is needed");
    }
    const std::size_t offset = OffsetOf(mark);
    const bool is_tagged = offset < text_.size() && text_[offset] == '!';
    if (is_tagged || (!tag.empty() && tag != "?" && tag != "!")) {
      Refuse(mark, "R-SCHEMA-005", "must not use tags", "leave the tag out");
    }
  }

  void Open(const YAML::Mark& mark, YamlNode::Kind kind) {
    ++depth_;
    if (depth_ > kNestingMax) {
      Refuse(mark, "R-SCHEMA-004", absl::StrCat("must be nested at most ", kNestingMax, " deep"),
             "");
      is_too_deep_ = true;
    }
    if (is_too_deep_) return;
    frames_.emplace_back();
    frames_.back().node.kind = kind;
    frames_.back().node.offset = OffsetOf(mark);
  }

  void Close() {
    --depth_;
    if (is_too_deep_) return;
    YamlNode done = std::move(frames_.back().node);
    frames_.pop_back();
    Add(std::move(done), /*is_plain=*/true);
  }

  void Add(YamlNode node, bool is_plain) {
    if (is_too_deep_) return;
    if (frames_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& frame = frames_.back();
    if (frame.node.kind == YamlNode::Kind::kList) {
      frame.node.items.push_back(std::move(node));
    } else if (!frame.has_key) {
      AddKey(frame, std::move(node), is_plain);
    } else {
      if (frame.is_kept) {
        frame.node.members.push_back({std::move(frame.key), frame.key_offset, std::move(node)});
      }
      frame.has_key = false;
    }
  }

  void AddKey(Frame& frame, YamlNode node, bool is_plain) {
    frame.is_kept = CheckKey(frame, node, is_plain);
    frame.key = std::move(node.text);
    frame.key_offset = node.offset;
    frame.has_key = true;
  }

  bool CheckKey(Frame& frame, const YamlNode& node, bool is_plain) {
    const auto refuse = [&](absl::string_view code, std::string message, std::string hint) {
      findings_.ErrorAt(node.offset, code, Path(), std::move(message), std::move(hint));
      return false;
    };
    if (node.kind == YamlNode::Kind::kRefused) return false;
    if (node.kind != YamlNode::Kind::kScalar) {
      return refuse("R-SCHEMA-003", "must have text as its keys", "");
    }
    if (is_plain && node.text == "<<") {
      return refuse("R-SCHEMA-005", "must not use merge keys", "write the fields again");
    }
    const auto [first, is_new] = frame.key_offsets.emplace(node.text, node.offset);
    if (is_new) return true;
    return refuse("R-SCHEMA-007",
                  absl::StrCat("must have the key ", Quoted(node.text), " once, was given in line ",
                               findings_.LineOf(first->second), " before"),
                  "");
  }

  // Of the value that is being read.
  std::string Path() const {
    std::string path;
    for (const Frame& frame : frames_) {
      if (frame.node.kind == YamlNode::Kind::kList) {
        absl::StrAppend(&path, "[", frame.node.items.size(), "]");
      } else if (frame.has_key) {
        absl::StrAppend(&path, path.empty() ? "" : ".", frame.key.substr(0, 60));
      }
    }
    return path;
  }

  absl::string_view text_;
  Findings& findings_;
  std::vector<Frame> frames_;
  YamlNode root_;
  std::size_t last_scalar_ = 0;  // where it begins
  std::size_t depth_ = 0;
  bool is_too_deep_ = false;
};

// Refuses every further document of the stream.
class SecondDocument : public YAML::EventHandler {
 public:
  explicit SecondDocument(Findings& findings) : findings_(findings) {}
  void OnDocumentStart(const YAML::Mark& mark) override {
    findings_.ErrorAt(OffsetOf(mark), "R-SCHEMA-006", "", "must be one document, had a second", "");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}

 private:
  Findings& findings_;
};

// What yaml-cpp would misread or pass on unchecked.
bool IsReadable(absl::string_view text, Findings& findings) {
  if (text.size() > kDocumentBytesMax) {
    findings.Error(
        "R-SCHEMA-001", "",
        absl::StrCat("must have at most ", kDocumentBytesMax, " bytes, had ", text.size()));
    return false;
  }
  if (!IsUtf8(text)) {
    findings.Error("R-SCHEMA-002", "", "must be UTF-8");
    return false;
  }
  const auto control = std::find_if(text.begin(), text.end(), IsForbiddenControl);
  if (control != text.end()) {
    findings.ErrorAt(static_cast<std::size_t>(control - text.begin()), "R-SCHEMA-003", "",
                     "must not contain control characters",
                     "write it as an escape in double quotes if it is meant");
    return false;
  }
  if (text.find_first_not_of(" \t\r\n") == absl::string_view::npos) {
    findings.Error("R-SCHEMA-011", "", "must not be empty");
    return false;
  }
  return true;
}

}  // namespace

std::optional<YamlNode> ReadYaml(absl::string_view text, Findings& findings) {
  if (!IsReadable(text, findings)) return std::nullopt;
  TreeBuilder builder(text, findings);
  try {  // yaml-cpp reports through exceptions
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    parser.HandleNextDocument(builder);
    SecondDocument second(findings);
    if (builder.is_too_deep() || !builder.CheckLastQuote()) return std::nullopt;
    parser.HandleNextDocument(second);
  } catch (const YAML::Exception& error) {
    if (!builder.is_too_deep()) {
      findings.ErrorAt(OffsetOf(error.mark), "R-SCHEMA-003", "",
                       absl::StrCat("must be well-formed YAML, was not: ", error.msg));
    }
    return std::nullopt;
  }
  return builder.TakeRoot();
}

}  // namespace laurel::rules
