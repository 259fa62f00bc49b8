#include "service/cli/points_amount.h"

#include "absl/strings/str_cat.h"
#include "service/cli/amount.h"
#include "service/cli/names.h"

namespace laurel::cli {

absl::StatusOr<v1::Points> ParsePoints(Session& session, const std::string& program,
                                       const std::string& amount, const std::string& point_type) {
  const absl::StatusOr<AmountStyle> style = session.LoadStyle(program);
  if (!style.ok()) return style.status();
  v1::Points points;
  points.set_point_type(point_type.empty() ? style->redeemable : point_type);
  if (points.point_type().empty()) {
    return absl::InvalidArgumentError(
        "--type: must name one of the program's redeemable point types, was absent");
  }
  const auto decimals = style->decimals.find(points.point_type());
  const absl::StatusOr<std::int64_t> parsed =
      ParseAmount(amount, decimals == style->decimals.end() ? 0 : decimals->second);
  if (!parsed.ok())
    return absl::InvalidArgumentError(absl::StrCat("amount: ", parsed.status().message()));
  points.set_amount(*parsed);
  return points;
}

std::optional<ExitCode> ReadMemberPoints(Session& session, const std::string& member,
                                         const std::string& amount, const std::string& point_type,
                                         MemberPoints& of) {
  const absl::StatusOr<std::string> program = session.Program();
  if (!program.ok()) return session.WrongUsage(program.status());
  const absl::StatusOr<v1::MemberRef> ref = ParseMember(member, *program);
  if (!ref.ok()) return session.WrongUsage(ref.status());
  const absl::StatusOr<v1::Points> points = ParsePoints(session, *program, amount, point_type);
  if (!points.ok()) return session.Fail(points.status());
  of = MemberPoints{*program, *ref, *points};
  return std::nullopt;
}

}  // namespace laurel::cli
