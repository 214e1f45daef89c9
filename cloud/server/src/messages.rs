//! What people are told of each error: which line of the table of messages it is.
//!
//! An error is written for the log, with everything that happened; a person is told what concerns them, in the words of
//! [`yuexiang_console::messages`]. What is no fault of theirs is told as a failure of this machine, with its kind where
//! it goes away by itself or needs somebody: a full disk, a clock in doubt.

use std::error::Error;
use std::io;

use yuexiang_console::messages::account::Account;
use yuexiang_console::messages::desk::{Desk, Setting};
use yuexiang_console::messages::divisions::Division;
use yuexiang_console::messages::files::Upload;
use yuexiang_console::messages::keys::Keys;
use yuexiang_console::messages::notices::{Substitute, Telling};
use yuexiang_console::messages::request::Request;
pub use yuexiang_console::messages::{Field, Message, Spot};
use yuexiang_wire::limits;

use crate::accounts::AccountError;
use crate::accounts::password::{LONGEST, SHORTEST, WeakPassword};
use crate::accounts::substitutes::SubstitutionError;
use crate::clock::Doubt;
use crate::desk::DeskError;
use crate::desk::audit::AuditError;
use crate::desk::media::TakeInError;
use crate::desk::rights::Forbidden;
use crate::desk::settings::SettingsError;
use crate::desk::state::{Denied, State};
use crate::intake::IntakeError;
use crate::keys::{KeyActionError, KeyError};
use crate::moves::MoveError;
use crate::moves::list::ListError;
use crate::notices::NoticeError;
use crate::publish::PublishError;
use crate::region::RegionCode;
use crate::store::StoreError;
use crate::upload::UploadError;

/// An error of which people are told.
pub trait Told: Error {
    fn told(&self) -> Message;
}

/// What people are told of a failure of this machine. Everything else about it is for the log.
pub fn failure(error: &(dyn Error + 'static)) -> Message {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(doubt) = error.downcast_ref::<Doubt>() {
            return Request::ClockDoubt { ahead: doubt.ahead() }.into();
        }
        let is_full = error.downcast_ref::<sqlx::Error>().is_some_and(crate::db::is_full)
            || error.downcast_ref::<io::Error>().is_some_and(is_full);
        if is_full {
            return Request::DiskFull.into();
        }
        cause = error.source();
    }
    Request::Internal.into()
}

/// Whether a file could not be written for want of room.
pub fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

impl Told for Forbidden {
    fn told(&self) -> Message {
        let (zh, en) = self.action.names();
        Desk::Forbidden { zh, en }.into()
    }
}

impl Told for DeskError {
    fn told(&self) -> Message {
        use DeskError as E;
        match self {
            E::Forbidden(forbidden) => forbidden.told(),
            E::NoItem(_) => Desk::NoItem.into(),
            E::NoMedium(_) => Desk::NoMedium.into(),
            E::NoRegion(region) => Desk::NoRegion(region.to_string()).into(),
            E::Denied { state, why, .. } => denied(*state, *why).into(),
            E::Changed { .. } => Desk::Changed.into(),
            E::Conflict { .. } => Desk::Conflict.into(),
            E::Unasked { .. } => Desk::Unasked.into(),
            E::Kept(_) => Desk::Kept.into(),
            E::Pushed(_) => Desk::Pushed.into(),
            E::FromPack(_) => Desk::FromPack.into(),
            E::OwnText => Desk::OwnText.into(),
            E::SecondReview(step) => Desk::SecondReview { step: (*step).into() }.into(),
            E::TextOfPrincipal => Desk::TextOfPrincipal.into(),
            E::PrincipalCounted(step) => Desk::PrincipalCounted { step: (*step).into() }.into(),
            E::NoReason => Desk::NoReason.into(),
            E::Faults(faults) => Desk::Faults { count: faults.len() }.into(),
            E::Settings(error) => error.told(),
            E::Move(error) => error.told(),
            E::List(error) => error.told(),
            E::Key(error) => error.told(),
            E::Keys(error) => error.told(),
            E::Publish(error) => error.told(),
            E::Store(_) | E::Db(_) | E::Random => failure(self),
        }
    }
}

fn denied(state: State, why: Denied) -> Desk {
    let state = state.into();
    match why {
        Denied::NotADraft => Desk::NotADraft { state },
        Denied::NotWaiting => Desk::NotWaiting { state },
        Denied::NothingToWithdraw => Desk::NothingToWithdraw { state },
        Denied::NotDeletable => Desk::NotDeletable { state },
    }
}

impl Told for SettingsError {
    fn told(&self) -> Message {
        let setting = match self {
            SettingsError::Id(id) => Setting::Id(id.clone()),
            SettingsError::Name(_) => Setting::Name { most: limits::SHORT_NAME },
            SettingsError::EnglishName(_) => Setting::EnglishName { most: limits::NAME },
            SettingsError::Twice { id, .. } => Setting::Twice(id.clone()),
            SettingsError::TooMany => Setting::TooMany { most: limits::SECTIONS },
            SettingsError::InUse { id, .. } => Setting::InUse { id: id.clone() },
            SettingsError::Reviews(_) => Setting::Reviews,
            SettingsError::Village(_) => Setting::Village,
        };
        setting.into()
    }
}

impl Told for PublishError {
    fn told(&self) -> Message {
        match self {
            PublishError::Full { .. } => Desk::Full.into(),
            PublishError::Unknown { region } => Desk::NoRegion(region.to_string()).into(),
            other => failure(other),
        }
    }
}

impl Told for KeyError {
    fn told(&self) -> Message {
        match self {
            KeyError::Elsewhere { .. } => Keys::Elsewhere.into(),
            KeyError::Here(_) => Keys::Here.into(),
            KeyError::Revoked(_) => Keys::Revoked.into(),
            KeyError::Stale { .. } => Keys::Stale.into(),
            KeyError::Signature { .. } => Keys::Signature.into(),
            KeyError::Unusable(_) => Keys::Unusable.into(),
            other => failure(other),
        }
    }
}

impl Told for KeyActionError {
    fn told(&self) -> Message {
        use KeyActionError as E;
        let told = match self {
            E::Key(error) => return error.told(),
            E::UnknownRegion(_) => Keys::NoKeys,
            E::UnknownAccount(_) => Keys::NoAccount,
            E::NoRequest(_) => Keys::NoRequest,
            E::NoReviewerKey { .. } => Keys::NoReviewerKey,
            E::OfflineRoot(_) => Keys::OfflineRoot,
            E::ManyRoots(_) => Keys::ManyRoots,
            E::InUse { .. } => Keys::InUse,
            E::KnownKey(_) => Keys::KnownKey,
            E::OtherVersion { .. } => Keys::OtherVersion,
            E::OtherDocument { .. } => Keys::OtherDocument,
            E::DoesNotFollow { .. } => Keys::DoesNotFollow,
            E::Expired(_) => Keys::Expired,
            E::Busy(_) => Keys::Busy,
            E::Threshold { most, .. } => Keys::Threshold { most: *most },
            E::BadSignature { .. } => Keys::Signature,
            E::NothingAbove(_) => Keys::NothingAbove,
            E::Request(_) => Keys::SignatureFile,
            other => return failure(other),
        };
        told.into()
    }
}

impl Told for MoveError {
    fn told(&self) -> Message {
        use MoveError as E;
        let code = RegionCode::to_string;
        let told = match self {
            E::Nothing(to) => Division::Nothing { to: code(to) },
            E::Province(_) => Division::Province,
            E::OtherLevel { from, to } => Division::OtherLevel { from: code(from), to: code(to) },
            E::Unknown(region) => Division::Unknown(code(region)),
            E::NotListed(region) => Division::NotListed(code(region)),
            E::Name(name) => Division::Name { name: name.clone(), most: limits::NAME },
            E::Closed { code: from, to } => Division::Closed { code: code(from), to: code(to) },
            E::Occupied { from, to } => Division::Occupied { from: code(from), to: code(to) },
            E::NotBelow(region) => Division::NotBelow(code(region)),
            E::Busy(what) => Division::Busy { what: what.join("; ") },
            E::TooMany { region, what: "channels", most } => {
                Division::TooManyChannels { region: code(region), most: *most }
            }
            E::TooMany { region, what: "sections", most } => {
                Division::TooManySections { region: code(region), most: *most }
            }
            E::TooMany { region, most, .. } => Division::TooManyFormer { region: code(region), most: *most },
            E::Reviews { to, needed, item } => Division::Reviews { to: code(to), needed: *needed, item: item.clone() },
            E::NoItem { item, region } => Division::NoItem { item: item.clone(), region: code(region) },
            E::Store(_) | E::Db(_) | E::Publish(_) | E::Key(_) | E::Repository(_) => return failure(self),
        };
        told.into()
    }
}

impl Told for ListError {
    fn told(&self) -> Message {
        match self {
            ListError::Problems(problems) => Division::List { wrong: problems.len() }.into(),
            ListError::Store(_) | ListError::Db(_) | ListError::Divisions(_) => failure(self),
        }
    }
}

impl Told for WeakPassword {
    fn told(&self) -> Message {
        let weak = match self {
            WeakPassword::Short => Account::PasswordShort { least: SHORTEST },
            WeakPassword::Long => Account::PasswordLong { most: LONGEST },
            WeakPassword::Login => Account::PasswordHasLogin,
            WeakPassword::Common => Account::PasswordCommon,
        };
        weak.into()
    }
}

impl Told for AccountError {
    fn told(&self) -> Message {
        use AccountError as E;
        let account = match self {
            E::Forbidden(forbidden) => return forbidden.told(),
            E::Weak(weak) => return weak.told(),
            E::Keys(error) => return error.told(),
            E::Substitution(error) => return error.told(),
            E::Login(login) => Account::Login(login.clone()),
            E::Taken(login) => Account::Taken(login.clone()),
            E::Name => Account::Name,
            E::Unknown(asked) => Account::Unknown(asked.clone()),
            E::Region(region) => Account::Region(region.to_string()),
            E::Own => Account::Own,
            E::LastAdministrator => Account::LastAdministrator,
            E::Disabled => Account::Disabled,
            E::Wrong => Account::Wrong,
            E::Wait { seconds } => Account::Wait { seconds: *seconds },
            E::Busy => Account::Busy,
            E::Link => Account::Link,
            E::TokenTerms => Account::TokenTerms,
            E::TokenByToken => Account::TokenByToken,
            E::LinkByToken => Account::LinkByToken,
            E::TokenOfOther => Account::TokenOfOther,
            E::TokenBeyond => Account::TokenBeyond,
            E::OidcUnknown => Account::OidcUnknown,
            E::Oidc(_) => Account::Oidc,
            E::Random | E::Hash(_) | E::Store(_) | E::Db(_) | E::Key(_) | E::Publish(_) | E::Export(_) => {
                return failure(self);
            }
        };
        account.into()
    }
}

impl Told for SubstitutionError {
    fn told(&self) -> Message {
        use SubstitutionError as E;
        let told = match self {
            E::NoRight => Substitute::NoRight,
            E::Backwards => Substitute::Backwards,
            E::Over => Substitute::Over,
            E::TooLong => Substitute::TooLong,
            E::Same => Substitute::Same,
            E::Own => Substitute::Own,
            E::NotTheirs => Substitute::NotTheirs,
            E::NoReviewer => Substitute::NoReviewer,
            E::Taken => Substitute::Taken,
            E::ByToken => Substitute::ByToken,
            E::Unknown => Substitute::Unknown,
        };
        told.into()
    }
}

impl Told for NoticeError {
    fn told(&self) -> Message {
        use NoticeError as E;
        let told = match self {
            E::Address(address) => Telling::Address(address.clone()),
            E::NoMail => Telling::NoMail,
            E::Hour => Telling::Hour,
            E::Link => Telling::Link,
            E::Wait(seconds) => Telling::Wait { seconds: *seconds },
            E::Mail(_) => Telling::Failed,
            E::Account(error) => return error.told(),
            E::Hook { .. } | E::Random | E::Store(_) | E::Db(_) => return failure(self),
        };
        told.into()
    }
}

impl Told for UploadError {
    fn told(&self) -> Message {
        let upload = match self {
            UploadError::NobodyLoggedIn => Upload::NobodyLoggedIn,
            UploadError::Unknown => Upload::Unknown,
            UploadError::Expired => Upload::Expired,
            UploadError::TooLarge { length, most } => Upload::TooLarge { length: *length, most: *most },
            UploadError::TooMuch { length } => Upload::TooMuch { length: *length },
            UploadError::TooMany { most } => Upload::TooMany { most: *most },
            UploadError::NoSpace { length } => Upload::NoSpace { length: *length },
            UploadError::Offset { offset, asked } => Upload::Offset { offset: *offset, asked: *asked },
            UploadError::Locked => Upload::Locked,
            UploadError::Unfinished { offset, length } => Upload::Unfinished { offset: *offset, length: *length },
            UploadError::Checksum => Upload::Checksum,
            UploadError::Version => Upload::Version,
            UploadError::ContentType => Upload::ContentType,
            UploadError::Method(method) => Upload::Method(method.clone()),
            UploadError::Header(name) => Upload::Header(name),
            UploadError::Disk { source, .. } if is_full(source) => Upload::DiskFull,
            UploadError::Disk { .. } | UploadError::Thread => Upload::Failed,
        };
        upload.into()
    }
}

impl Told for TakeInError {
    fn told(&self) -> Message {
        match self {
            TakeInError::Desk(error) => error.told(),
            TakeInError::Upload(error) => error.told(),
            TakeInError::Intake(IntakeError::Refused(refusal)) => refusal.clone().into(),
            TakeInError::Intake(_) | TakeInError::Stopped => failure(self),
        }
    }
}

impl Told for AuditError {
    fn told(&self) -> Message {
        failure(self)
    }
}

impl Told for StoreError {
    fn told(&self) -> Message {
        failure(self)
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use yuexiang_console::words::Lang;

    use super::*;
    use crate::db::DbError;
    use crate::objects::ObjectError;
    use crate::repository::RepositoryError;

    fn doubt() -> StoreError {
        StoreError::Clock(Doubt::Contradicted { witness: "ntp.aliyun.com".to_owned(), ahead: 7_200 })
    }

    #[test]
    fn a_clock_in_doubt_is_told_as_that_whatever_has_asked() {
        let told = [
            DeskError::from(doubt()).told(),
            DeskError::from(PublishError::from(doubt())).told(),
            DeskError::from(PublishError::from(RepositoryError::from(doubt()))).told(),
            DeskError::from(PublishError::from(KeyError::from(doubt()))).told(),
            DeskError::from(KeyActionError::from(doubt())).told(),
            AccountError::from(PublishError::from(doubt())).told(),
            AccountError::from(KeyActionError::from(KeyError::from(doubt()))).told(),
            doubt().told(),
        ];
        for message in told {
            assert_eq!((message.status(), message.code()), (503, "clock"), "{message:?}");
            assert!(message.sentence(Lang::Zh).starts_with("云端的时钟不准，好像快了 2 小时"), "{message:?}");
        }
    }

    #[test]
    fn a_full_disk_is_told_as_that_whatever_has_written() {
        let full = || io::Error::from(io::ErrorKind::StorageFull);
        let object = || ObjectError::Folder { path: PathBuf::from("objects"), source: full() };
        let told = [
            DeskError::from(PublishError::from(object())).told(),
            AccountError::from(PublishError::from(object())).told(),
            TakeInError::from(UploadError::Disk { operation: "writing", path: PathBuf::new(), source: full() }).told(),
        ];
        assert_eq!(told.map(|message| message.status()), [507, 507, 507]);
        let other = DbError::Folder { path: PathBuf::new(), source: io::Error::from(io::ErrorKind::PermissionDenied) };
        let message = DeskError::from(other).told();
        assert_eq!((message.status(), message.code()), (500, "internal"));
    }
}
