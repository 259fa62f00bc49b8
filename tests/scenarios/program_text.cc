#include "tests/scenarios/program_text.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "engine/base/check.h"
#include "engine/base/status_macros.h"
#include "rules/program/findings.h"

namespace laurel::scenarios {
namespace {

using rules::YamlNode;
using Kind = YamlNode::Kind;

absl::StatusOr<YamlNode> ReadNode(absl::string_view text) {
  rules::Findings findings(text);
  std::optional<YamlNode> node = rules::ReadYaml(text, findings);
  if (node && !findings.has_errors()) return *std::move(node);
  std::vector<std::string> messages;
  for (const rules::Finding& finding : findings.Sorted()) messages.push_back(finding.message);
  return absl::InvalidArgumentError(absl::StrJoin(messages, "; "));
}

YamlNode Scalar(absl::string_view text) {
  YamlNode node;
  node.kind = Kind::kScalar;
  node.text = std::string(text);
  return node;
}

YamlNode* FindMember(YamlNode& node, absl::string_view key) {
  for (YamlNode::Member& member : node.members) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}

// The element of a list with this id, or the member of a mapping with this key.
YamlNode* Find(YamlNode& node, absl::string_view step) {
  if (node.kind != Kind::kList) return FindMember(node, step);
  for (YamlNode& item : node.items) {
    const YamlNode* id = FindMember(item, "id");
    if (id != nullptr && id->text == step) return &item;
  }
  return nullptr;
}

YamlNode& FindOrAdd(YamlNode& node, const std::string& step) {
  if (YamlNode* found = Find(node, step)) return *found;
  if (node.kind == Kind::kList) {
    YamlNode& item = node.items.emplace_back();
    item.kind = Kind::kMapping;
    item.members.push_back(YamlNode::Member{"id", 0, Scalar(step)});
    return item;
  }
  node.kind = Kind::kMapping;
  return node.members.emplace_back(YamlNode::Member{step, 0, YamlNode{}}).value;
}

void Erase(YamlNode& node, absl::string_view step) {
  std::erase_if(node.members, [&](const YamlNode::Member& m) { return m.key == step; });
  std::erase_if(node.items, [&](YamlNode& item) {
    const YamlNode* id = FindMember(item, "id");
    return id != nullptr && id->text == step;
  });
}

std::string Quoted(absl::string_view text) {
  return absl::StrCat(
      "\"", absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"\"", "\\\""}, {"\n", "\\n"}}), "\"");
}

std::string RenderNode(const YamlNode& node) {
  switch (node.kind) {
    case Kind::kScalar:
      return Quoted(node.text);
    case Kind::kMapping:
      return absl::StrCat("{",
                          absl::StrJoin(node.members, ", ",
                                        [](std::string* out, const YamlNode::Member& member) {
                                          absl::StrAppend(out, Quoted(member.key), ": ",
                                                          RenderNode(member.value));
                                        }),
                          "}");
    case Kind::kList:
      return absl::StrCat("[",
                          absl::StrJoin(node.items, ", ",
                                        [](std::string* out, const YamlNode& item) {
                                          out->append(RenderNode(item));
                                        }),
                          "]");
    case Kind::kNothing:
    case Kind::kRefused:
      return "null";
  }
  return "";
}

}  // namespace

ProgramText::ProgramText(absl::string_view yaml) {
  absl::StatusOr<YamlNode> root = ReadNode(yaml);
  LAUREL_CHECK(root.ok(), "the base program can be read");
  root_ = *std::move(root);
}

absl::Status ProgramText::Change(absl::string_view path_and_value) {
  const std::size_t colon = path_and_value.find(':');
  if (colon == absl::string_view::npos) {
    return absl::InvalidArgumentError("program: must be PATH: VALUE, was without a colon");
  }
  const std::vector<std::string> steps = absl::StrSplit(path_and_value.substr(0, colon), '.');
  const absl::string_view text = absl::StripAsciiWhitespace(path_and_value.substr(colon + 1));
  YamlNode value;  // nothing
  if (!text.empty()) {
    ASSIGN_OR_RETURN(value, ReadNode(path_and_value.substr(colon + 1)));
  }
  YamlNode* place = &root_;
  for (std::size_t i = 0; i + 1 < steps.size(); ++i) place = &FindOrAdd(*place, steps[i]);
  if (value.kind == Kind::kNothing) {
    Erase(*place, steps.back());
  } else {
    FindOrAdd(*place, steps.back()) = std::move(value);
  }
  return absl::OkStatus();
}

std::string ProgramText::Find(absl::string_view key) const {
  for (const YamlNode::Member& member : root_.members) {
    if (member.key == key) return member.value.text;
  }
  return "";
}

std::string ProgramText::Render() const { return RenderNode(root_); }

}  // namespace laurel::scenarios
