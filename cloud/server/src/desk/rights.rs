//! Who may do what, and where.
//!
//! A role is granted for a region and holds there and in everything below. What a role may do stands in one table,
//! [`roles_for`]; everything else here is about regions. Three separations are wanted by whoever answers for the screen:
//! administrators and operators review nothing, reviewers write nothing, and auditors change nothing, unless somebody
//! has been granted both roles by name.

use serde::{Deserialize, Serialize};
use yuexiang_wire::Step;

use crate::region::RegionCode;

/// What a person is in a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// 采编
    Editor,
    /// 初审
    FirstReviewer,
    /// 复审
    SecondReviewer,
    /// 终审
    FinalReviewer,
    /// 运维
    Operator,
    /// 应急
    AlertOfficer,
    /// 装维
    Installer,
    /// 审计
    Auditor,
    /// 管理
    Administrator,
}

impl Role {
    pub const ALL: [Role; 9] = [
        Role::Editor,
        Role::FirstReviewer,
        Role::SecondReviewer,
        Role::FinalReviewer,
        Role::Operator,
        Role::AlertOfficer,
        Role::Installer,
        Role::Auditor,
        Role::Administrator,
    ];

    /// As it stands in the database, in the API and on the command line.
    pub fn slug(self) -> &'static str {
        match self {
            Role::Editor => "editor",
            Role::FirstReviewer => "first-reviewer",
            Role::SecondReviewer => "second-reviewer",
            Role::FinalReviewer => "final-reviewer",
            Role::Operator => "operator",
            Role::AlertOfficer => "alert-officer",
            Role::Installer => "installer",
            Role::Auditor => "auditor",
            Role::Administrator => "administrator",
        }
    }

    pub fn named(slug: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.slug() == slug)
    }

    pub fn zh(self) -> &'static str {
        match self {
            Role::Editor => "采编",
            Role::FirstReviewer => "初审",
            Role::SecondReviewer => "复审",
            Role::FinalReviewer => "终审",
            Role::Operator => "运维",
            Role::AlertOfficer => "应急",
            Role::Installer => "装维",
            Role::Auditor => "审计",
            Role::Administrator => "管理",
        }
    }

    pub fn en(self) -> &'static str {
        match self {
            Role::Editor => "Editor",
            Role::FirstReviewer => "First reviewer",
            Role::SecondReviewer => "Second reviewer",
            Role::FinalReviewer => "Final reviewer",
            Role::Operator => "Operator",
            Role::AlertOfficer => "Alert officer",
            Role::Installer => "Installer",
            Role::Auditor => "Auditor",
            Role::Administrator => "Administrator",
        }
    }

    /// The review that the role gives.
    pub fn step(self) -> Option<Step> {
        match self {
            Role::FirstReviewer => Some(Step::First),
            Role::SecondReviewer => Some(Step::Second),
            Role::FinalReviewer => Some(Step::Final),
            _ => None,
        }
    }

    /// The role that gives a review.
    pub fn of_step(step: Step) -> Role {
        match step {
            Step::First => Role::FirstReviewer,
            Step::Second => Role::SecondReviewer,
            Step::Final => Role::FinalReviewer,
        }
    }
}

/// What is done in a region. What concerns an item is done in the item's region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// To see what is or was on the air.
    SeePublished,
    /// To see what is not approved yet, its history and its preview.
    SeeDrafts,
    Write,
    Submit,
    Approve(Step),
    Reject(Step),
    /// To take off the air.
    Withdraw,
    /// To send pictures and videos.
    Upload,
    EditSections,
    /// To say how many reviews the regions directly below need.
    SetReviewsBelow,
    SeeAccounts,
    /// To make, disable and name accounts, and to grant and revoke roles.
    ManageAccounts,
    ManageTokens,
    SeeKeys,
    /// To put new signing keys in charge of the region.
    RotateKeys,
    /// To end the keys of a region directly below, or a reviewer's.
    RevokeChildKeys,
    SeeLog,
    ExportLog,
    /// To see what viewers do and how much goes out.
    SeeFigures,
    ExportFigures,
    /// To see what media take, and to follow transcoding.
    SeeStorage,
    /// To say which regions there are below, and under which codes they go on.
    ChangeDivisions,
}

impl Action {
    pub const ALL: [Action; 26] = [
        Action::SeePublished,
        Action::SeeDrafts,
        Action::Write,
        Action::Submit,
        Action::Approve(Step::First),
        Action::Approve(Step::Second),
        Action::Approve(Step::Final),
        Action::Reject(Step::First),
        Action::Reject(Step::Second),
        Action::Reject(Step::Final),
        Action::Withdraw,
        Action::Upload,
        Action::EditSections,
        Action::SetReviewsBelow,
        Action::SeeAccounts,
        Action::ManageAccounts,
        Action::ManageTokens,
        Action::SeeKeys,
        Action::RotateKeys,
        Action::RevokeChildKeys,
        Action::SeeLog,
        Action::ExportLog,
        Action::SeeFigures,
        Action::ExportFigures,
        Action::SeeStorage,
        Action::ChangeDivisions,
    ];

    /// What it is called when it is denied: in Chinese and in English.
    pub fn names(self) -> (&'static str, &'static str) {
        match self {
            Action::SeePublished => ("查看已发布内容", "see what is published"),
            Action::SeeDrafts => ("查看未发布内容", "see what is not published yet"),
            Action::Write => ("编写内容", "write"),
            Action::Submit => ("送审", "submit for review"),
            Action::Approve(Step::First) => ("初审通过", "approve in the first review"),
            Action::Approve(Step::Second) => ("复审通过", "approve in the second review"),
            Action::Approve(Step::Final) => ("终审通过", "approve in the final review"),
            Action::Reject(Step::First) => ("初审退回", "reject in the first review"),
            Action::Reject(Step::Second) => ("复审退回", "reject in the second review"),
            Action::Reject(Step::Final) => ("终审退回", "reject in the final review"),
            Action::Withdraw => ("撤回内容", "withdraw"),
            Action::Upload => ("上传素材", "upload media"),
            Action::EditSections => ("设置栏目", "edit sections"),
            Action::SetReviewsBelow => ("设置下级审核次数", "set the number of reviews below"),
            Action::SeeAccounts => ("查看账号", "see accounts"),
            Action::ManageAccounts => ("管理账号", "manage accounts"),
            Action::ManageTokens => ("管理接口令牌", "manage API tokens"),
            Action::SeeKeys => ("查看密钥", "see keys"),
            Action::RotateKeys => ("更换密钥", "rotate keys"),
            Action::RevokeChildKeys => ("吊销下级密钥", "revoke keys below"),
            Action::SeeLog => ("查看日志", "see the log"),
            Action::ExportLog => ("导出日志", "export the log"),
            Action::SeeFigures => ("查看统计", "see figures"),
            Action::ExportFigures => ("导出统计", "export figures"),
            Action::SeeStorage => ("查看存储", "see storage"),
            Action::ChangeDivisions => ("变更区划", "change divisions"),
        }
    }
}

/// The table: which roles an action takes.
pub fn roles_for(action: Action) -> &'static [Role] {
    use Role::*;
    match action {
        Action::SeePublished => &Role::ALL,
        Action::SeeDrafts => &[Editor, FirstReviewer, SecondReviewer, FinalReviewer, Auditor],
        Action::Write | Action::Submit | Action::Upload => &[Editor],
        Action::Approve(Step::First) | Action::Reject(Step::First) => &[FirstReviewer],
        Action::Approve(Step::Second) | Action::Reject(Step::Second) => &[SecondReviewer],
        Action::Approve(Step::Final) | Action::Reject(Step::Final) => &[FinalReviewer],
        Action::Withdraw => &[FinalReviewer, Operator],
        Action::EditSections => &[Operator],
        Action::SetReviewsBelow => &[Administrator],
        Action::SeeAccounts => &[Auditor, Administrator],
        Action::ManageAccounts | Action::ManageTokens | Action::ChangeDivisions => &[Administrator],
        Action::SeeKeys => &[Operator, Auditor, Administrator],
        Action::RotateKeys | Action::RevokeChildKeys => &[Operator, Administrator],
        Action::SeeLog => &[Operator, Auditor, Administrator],
        Action::ExportLog => &[Auditor, Administrator],
        Action::SeeFigures => {
            &[Editor, FirstReviewer, SecondReviewer, FinalReviewer, Operator, AlertOfficer, Auditor, Administrator]
        }
        Action::ExportFigures | Action::SeeStorage => &[Operator, Auditor, Administrator],
    }
}

pub fn allowed(role: Role, action: Action) -> bool {
    roles_for(action).contains(&role)
}

/// A role in a region and everything below.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Grant {
    pub role: Role,
    pub region: RegionCode,
}

impl Grant {
    pub fn gives(self, action: Action, region: RegionCode) -> bool {
        allowed(self.role, action) && self.region.contains(region)
    }
}

/// Somebody's right to review, which somebody else has while that person is away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandIn {
    /// Id of the substitution.
    pub id: String,
    /// The account that is away, and what the person is called.
    pub principal: String,
    pub name: String,
    /// The right: always a reviewer's.
    pub grant: Grant,
    /// When it ends, in Unix seconds.
    pub until: i64,
}

impl StandIn {
    /// Whoever stands in for a reviewer reviews, and sees what that takes. The rest of the role stays with the person:
    /// to withdraw and to see figures takes a right of one's own.
    pub fn gives(&self, action: Action, region: RegionCode) -> bool {
        let step = self.grant.role.step();
        let is_reviewing = match action {
            Action::Approve(asked) | Action::Reject(asked) => step == Some(asked),
            Action::SeePublished | Action::SeeDrafts => step.is_some(),
            _ => false,
        };
        is_reviewing && self.grant.region.contains(region)
    }
}

/// How somebody comes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Via {
    /// A browser that is signed in: the session's id.
    Session(String),
    /// A program with an API token: the token's id.
    Token(String),
    /// Whoever can run the program on the server.
    CommandLine,
}

/// Somebody who is known, and what they may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The account's id, as it stands in the log.
    pub account: String,
    pub name: String,
    pub grants: Vec<Grant>,
    /// Rights of others that the actor has for some days.
    pub standing_in: Vec<StandIn>,
    pub via: Via,
}

/// What the command line is called in the log.
pub const COMMAND_LINE: &str = "command-line";

impl Actor {
    /// Whoever runs the program on the server: an administrator of the province, and no reviewer.
    pub fn command_line() -> Actor {
        let grants = vec![Grant { role: Role::Administrator, region: RegionCode::GUANGDONG }];
        Actor::new(COMMAND_LINE, "命令行", grants, Via::CommandLine)
    }

    /// Somebody with rights of their own.
    pub fn new(account: impl Into<String>, name: impl Into<String>, grants: Vec<Grant>, via: Via) -> Actor {
        Actor { account: account.into(), name: name.into(), grants, standing_in: Vec::new(), via }
    }

    pub fn may(&self, action: Action, region: RegionCode) -> bool {
        self.may_by_own_right(action, region) || self.standing_in.iter().any(|right| right.gives(action, region))
    }

    /// Like [`Actor::may`], without what the actor has of somebody who is away.
    pub fn may_by_own_right(&self, action: Action, region: RegionCode) -> bool {
        self.grants.iter().any(|grant| grant.gives(action, region))
    }

    /// Like [`Actor::may`], with words for whoever may not.
    pub fn check(&self, action: Action, region: RegionCode) -> Result<(), Forbidden> {
        if self.may(action, region) {
            return Ok(());
        }
        Err(Forbidden { account: self.account.clone(), action, region })
    }

    /// The topmost regions in which the action is allowed, in the order of their codes.
    pub fn regions(&self, action: Action) -> Vec<RegionCode> {
        let own = self.grants.iter().filter(|grant| allowed(grant.role, action)).map(|grant| grant.region);
        let others = self.standing_in.iter().filter(|right| right.gives(action, right.grant.region));
        let mut all: Vec<RegionCode> = own.chain(others.map(|right| right.grant.region)).collect();
        all.sort();
        all.dedup();
        let is_topmost = |region: &RegionCode| !all.iter().any(|other| other != region && other.contains(*region));
        all.iter().copied().filter(is_topmost).collect()
    }

    /// Whether the action is allowed anywhere at all.
    pub fn may_somewhere(&self, action: Action) -> bool {
        self.grants.iter().any(|grant| allowed(grant.role, action))
            || self.standing_in.iter().any(|right| right.gives(action, right.grant.region))
    }

    /// Where the actor has anything to do.
    pub fn workplaces(&self) -> impl Iterator<Item = RegionCode> {
        let others = self.standing_in.iter().map(|right| right.grant.region);
        self.grants.iter().map(|grant| grant.region).chain(others)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{account} may not {} in region {region}", .action.names().1)]
pub struct Forbidden {
    pub account: String,
    pub action: Action,
    pub region: RegionCode,
}

#[cfg(test)]
mod tests;
