#include "service/cli/revision_views.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "service/cli/amount.h"
#include "service/cli/moment.h"
#include "service/cli/names.h"

namespace laurel::cli {
namespace {

// "fay (FINANCE)".
std::string RenderPerson(const std::string& principal, v1::Role role) {
  if (role == v1::ROLE_UNSPECIFIED) return principal;
  return absl::StrCat(principal, " (", v1::Role_Name(role).substr(5), ")");
}

std::string StateOf(const v1::Revision& revision) {
  return LabelOf(v1::RevisionState_Name(revision.state()), "REVISION_STATE_");
}

std::string MomentOf(const v1::Revision& revision) {
  if (revision.has_effective_from()) {
    return absl::StrCat(" from ", RenderInstant(FromProto(revision.effective_from())));
  }
  if (!revision.has_activated_at()) return "";
  return absl::StrCat(revision.state() == v1::REVISION_STATE_ACTIVE ? " since " : ", active from ",
                      RenderInstant(FromProto(revision.activated_at())));
}

// "5%" of 500 hundredths of a percent.
std::string RenderShare(std::int32_t basis_points) {
  return absl::StrCat(RenderAmount(basis_points, 2), " %");
}

}  // namespace

std::string RenderState(const v1::Revision& revision) {
  if (revision.number() == 0) return "";  // a dry run makes none
  return absl::StrCat(StateOf(revision), MomentOf(revision), ", digest ",
                      RenderHex(revision.digest()).substr(0, 16));
}

std::string RenderRevision(const v1::Revision& revision) {
  return revision.number() == 0 ? "" : absl::StrCat(revision.number(), ", ", RenderState(revision));
}

void AddRevisionFacts(Document& document, const v1::Revision& revision) {
  const v1::Plan& plan = revision.plan();
  document.facts.emplace_back("revision", revision.name());
  document.facts.emplace_back("state", StateOf(revision) + MomentOf(revision));
  document.facts.emplace_back("digest", RenderHex(revision.digest()));
  document.facts.emplace_back("added", RenderInstant(FromProto(revision.created_at())));
  document.facts.emplace_back("author", RenderPerson(revision.author(), revision.author_role()));
  document.facts.emplace_back("approved", revision.has_approved_at()
                                              ? RenderInstant(FromProto(revision.approved_at()))
                                              : "");
  document.facts.emplace_back("goal", plan.goal());
  document.facts.emplace_back("key figure", plan.kpi());
  document.facts.emplace_back("target", plan.target());
  document.facts.emplace_back("check on", RenderDate(plan.check_on()));
  document.facts.emplace_back("measures", absl::StrJoin(plan.rules(), ", "));
  document.facts.emplace_back(
      "held out", plan.holdout_basis_points() == 0 ? "" : RenderShare(plan.holdout_basis_points()));
}

Table RevisionTable(const Repeated<v1::Revision>& revisions) {
  Table table{"",
              {{"number", Align::kRight},
               {"state"},
               {"in force from"},
               {"author"},
               {"approved by"},
               {"target"},
               {"check on"},
               {"digest"}},
              {}};
  for (const v1::Revision& revision : revisions) {
    const std::string from =
        revision.has_effective_from() ? RenderInstant(FromProto(revision.effective_from()))
        : revision.has_activated_at() ? RenderInstant(FromProto(revision.activated_at()))
                                      : "";
    table.rows.push_back({absl::StrCat(revision.number()), StateOf(revision), from,
                          revision.author(),
                          absl::StrJoin(revision.votes(), ", ",
                                        [](std::string* out, const v1::Vote& vote) {
                                          absl::StrAppend(out, vote.principal());
                                        }),
                          revision.plan().target(), RenderDate(revision.plan().check_on()),
                          RenderHex(revision.digest()).substr(0, 16)});
  }
  return table;
}

Table VoteTable(const Repeated<v1::Vote>& votes) {
  Table table{"approvals", {{"who"}, {"role"}, {"when"}, {"simulation"}}, {}};
  for (const v1::Vote& vote : votes) {
    table.rows.push_back(
        {vote.principal(),
         vote.role() == v1::ROLE_UNSPECIFIED ? "" : LabelOf(v1::Role_Name(vote.role()), "ROLE_"),
         RenderInstant(FromProto(vote.voted_at())), LastPart(vote.simulation())});
  }
  return table;
}

Table AcknowledgementTable(const Repeated<v1::Acknowledgement>& acknowledgements) {
  Table table{"acknowledged warnings", {{"warning"}, {"who"}, {"when"}}, {}};
  for (const v1::Acknowledgement& one : acknowledgements) {
    table.rows.push_back({one.warning(), RenderPerson(one.principal(), one.role()),
                          RenderInstant(FromProto(one.acknowledged_at()))});
  }
  return table;
}

Table RuleTable(const Repeated<v1::RevisionRule>& rules) {
  Table table{"rules", {{"id"}, {"name"}, {"kind"}, {"rollout"}}, {}};
  for (const v1::RevisionRule& rule : rules) {
    std::string rollout = LabelOf(v1::RuleRollout_Name(rule.rollout()), "RULE_ROLLOUT_");
    if (rule.canary_basis_points() > 0) {
      absl::StrAppend(&rollout, " ", RenderShare(rule.canary_basis_points()));
    }
    table.rows.push_back({rule.id(), rule.display_name(),
                          rule.is_promotion() ? "promotion" : "earning", std::move(rollout)});
  }
  return table;
}

Table PausedRuleTable(const Repeated<v1::PausedRule>& rules) {
  Table table{"paused rules", {{"id"}, {"since"}, {"by"}, {"resuming asked by"}}, {}};
  for (const v1::PausedRule& rule : rules) {
    table.rows.push_back({rule.rule(), RenderInstant(FromProto(rule.paused_at())), rule.paused_by(),
                          rule.resume_asked_by()});
  }
  return table;
}

}  // namespace laurel::cli
