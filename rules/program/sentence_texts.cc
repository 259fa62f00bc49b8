#include "rules/program/sentence_texts.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace laurel::rules::model {
namespace {

struct NounForms {
  absl::string_view one;
  absl::string_view several;
};

struct Table {
  std::array<absl::string_view, kMessages> messages;
  std::array<NounForms, kNouns> nouns;
  std::array<absl::string_view, 10> spans;
};

constexpr Table kEnglish = {
    .messages = {"{points}: {rate} per {per} on {amount}",
                 "{points}: {name}, {rate} per {per} on {amount}",
                 "{points}: {name}, {factor} on {amount}",
                 "{points}: {name}",
                 "{name}: {granted} instead of {requested}, {reason}",
                 "{name}: nothing this time, {reason}",
                 "{points} taken back: {name}",
                 "{points} of {before} taken back: {name}",
                 "{tier} reached",
                 "{tier} reached, through {date}",
                 "{list} to {tier}",
                 "{tier} is within reach: all conditions are met",
                 "at most {max} {span}",
                 "at most {max} {span}",
                 "the offer is used up",
                 "double",
                 "triple",
                 "{count} times",
                 "{count} more of {name}",
                 "one more condition",
                 "{points} redeemed",
                 "{points} given back",
                 "{points} expired",
                 "{points} given by our staff",
                 "{points} taken off by our staff",
                 "{points} can be spent now",
                 "{points} that were pending are cancelled",
                 "{points} reserved",
                 "{points} no longer reserved",
                 "{points} taken over from your earlier account",
                 "{points} given to another member",
                 "No points were earned or spent",
                 ", ",
                 " and "},
    .nouns = {{{"item", "items"},
               {"voucher", "vouchers"},
               {"purchase", "purchases"},
               {"day with a visit", "days with a visit"},
               {"time", "times"}}},
    .spans = {"a purchase", "a day", "a week", "a month", "a quarter", "a year",
              "a year of membership", "a term of the tier", "in all", "in all"},
};

constexpr Table kChinese = {
    .messages = {"{points}：每 {per} 得 {rate}，按 {amount} 计算",
                 "{points}：{name}，每 {per} 得 {rate}，按 {amount} 计算",
                 "{points}：{name}，{factor}，按 {amount} 计算",
                 "{points}：{name}",
                 "{name}：应得 {requested}，实得 {granted}，{reason}",
                 "{name}：本次没有，{reason}",
                 "收回 {points}：{name}",
                 "从 {before} 中收回 {points}：{name}",
                 "已升至 {tier}",
                 "已升至 {tier}，有效期至 {date}",
                 "距离 {tier} 还差 {list}",
                 "已满足 {tier} 的全部条件",
                 "{span}最多 {max}",
                 "{span}最多 {max}",
                 "活动额度已用完",
                 "双倍",
                 "三倍",
                 "{count} 倍",
                 "{count} 个 {name}",
                 "另一项条件",
                 "兑换 {points}",
                 "退还 {points}",
                 "{points} 已过期",
                 "工作人员补发 {points}",
                 "工作人员扣除 {points}",
                 "{points} 现已可用",
                 "待入账的 {points} 已取消",
                 "已预留 {points}",
                 "已解除预留 {points}",
                 "从原账户转入 {points}",
                 "已转赠 {points}",
                 "没有积分变动",
                 "、",
                 " 和 "},
    .nouns = {{{"件商品", "件商品"},
               {"张券", "张券"},
               {"次购买", "次购买"},
               {"天到店", "天到店"},
               {"次", "次"}}},
    .spans = {"每次购买", "每天", "每周", "每月", "每季度", "每年", "每个会员年度", "每个等级期",
              "总共", "总共"},
};

const Table& TableOf(Language language) {
  return language == Language::kChinese ? kChinese : kEnglish;
}

// Chinese has spaces beside words and numbers of other scripts only.
void CloseUp(std::string& text) {
  const auto is_wide = [&](std::size_t at) { return static_cast<unsigned char>(text[at]) >= 0x80; };
  if (text.size() < 3) return;
  for (std::size_t i = text.size() - 1; i-- > 1;) {
    if (text[i] == ' ' && is_wide(i - 1) && is_wide(i + 1)) text.erase(i, 1);
  }
}

}  // namespace

Language LanguageOf(absl::string_view tag) {
  const std::string primary = absl::AsciiStrToLower(tag.substr(0, tag.find('-')));
  return primary == "zh" ? Language::kChinese : Language::kEnglish;
}

absl::string_view TextOf(Language language, Message message) {
  return TableOf(language).messages[static_cast<std::size_t>(message)];
}

absl::string_view TextOf(Language language, Span span) {
  return TableOf(language).spans[static_cast<std::size_t>(span)];
}

std::string Filled(Language language, Message message, Values values) {
  std::string text = absl::StrReplaceAll(TextOf(language, message), values);
  if (language == Language::kChinese) CloseUp(text);
  return text;
}

std::string Counted(Language language, Noun noun, absl::string_view count) {
  if (noun == Noun::kTime && language == Language::kEnglish && count == "1") return "once";
  if (noun == Noun::kTime && language == Language::kEnglish && count == "2") return "twice";
  const NounForms& forms = TableOf(language).nouns[static_cast<std::size_t>(noun)];
  return absl::StrCat(count, " ", count == "1" ? forms.one : forms.several);
}

std::string NameForOne(Language language, absl::string_view name) {
  constexpr std::array<absl::string_view, 6> kNotPlural = {"ss", "us", "is", "as", "os", "ies"};
  const bool is_plain =
      language == Language::kEnglish && absl::EndsWith(name, "s") &&
      std::none_of(kNotPlural.begin(), kNotPlural.end(),
                   [&](absl::string_view end) { return absl::EndsWith(name, end); });
  return std::string(is_plain ? name.substr(0, name.size() - 1) : name);
}

std::string Listed(Language language, std::span<const std::string> elements) {
  std::string text;
  for (std::size_t i = 0; i < elements.size(); ++i) {
    const bool is_last = i + 1 == elements.size();
    if (i > 0) absl::StrAppend(&text, TextOf(language, is_last ? Message::kAnd : Message::kComma));
    absl::StrAppend(&text, elements[i]);
  }
  return text;
}

}  // namespace laurel::rules::model
