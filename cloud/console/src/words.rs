//! The two languages, and the words for what the console counts and sorts.
//!
//! A phrase of one page stands on that page in both languages, `cx.t("登录", "Sign in")`, so that neither can be
//! forgotten; what several pages say stands here, with the enumerations that carry it.

/// Chinese is the default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    #[default]
    Zh,
    En,
}

impl Lang {
    pub const ALL: [Lang; 2] = [Lang::Zh, Lang::En];

    /// The value of the `lang` attribute.
    pub fn tag(self) -> &'static str {
        self.pick("zh-CN", "en")
    }

    /// What forms and cookies carry: `zh` or `en`.
    pub fn slug(self) -> &'static str {
        self.pick("zh", "en")
    }

    pub fn from_slug(slug: &str) -> Option<Lang> {
        Lang::ALL.into_iter().find(|lang| lang.slug() == slug)
    }

    pub fn pick<T>(self, zh: T, en: T) -> T {
        match self {
            Lang::Zh => zh,
            Lang::En => en,
        }
    }
}

/// Defines an enumeration whose members have a slug, for URLs and forms, and a word in both languages.
macro_rules! named {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $member:ident = $slug:literal, $zh:literal, $en:literal;)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$doc])* $member,)+ }

        impl $name {
            pub const ALL: &'static [$name] = &[$($name::$member,)+];

            /// What URLs, forms and style classes carry.
            pub fn slug(self) -> &'static str {
                match self { $($name::$member => $slug,)+ }
            }

            pub fn from_slug(slug: &str) -> Option<$name> {
                match slug { $($slug => Some($name::$member),)+ _ => None }
            }

            pub fn word(self, lang: Lang) -> &'static str {
                match self { $($name::$member => lang.pick($zh, $en),)+ }
            }
        }
    };
}

named! {
    /// The five levels of administration.
    Level {
        Province = "province", "省级", "Province";
        City = "city", "市级", "City";
        County = "county", "县级", "County";
        Town = "town", "镇级", "Town";
        Village = "village", "村级", "Village";
    }
}

named! {
    /// What an account may do in a region and below.
    Role {
        Editor = "editor", "采编", "Editor";
        FirstReviewer = "first", "初审", "First reviewer";
        SecondReviewer = "second", "复审", "Second reviewer";
        FinalReviewer = "final", "终审", "Final reviewer";
        Operator = "operator", "运维", "Operator";
        AlertOfficer = "alert", "应急", "Alert officer";
        Installer = "installer", "装维", "Installer";
        Auditor = "auditor", "审计", "Auditor";
        Administrator = "administrator", "管理员", "Administrator";
    }
}

named! {
    /// One of the three reviews.
    Step {
        First = "first", "初审", "First review";
        Second = "second", "复审", "Second review";
        Final = "final", "终审", "Final review";
    }
}

named! {
    /// What people are told.
    Notice {
        /// A text waits for one's review.
        Waits = "waits", "等您审核", "Waits for your review";
        /// It has waited too long.
        Overdue = "overdue", "审核超时", "Review overdue";
        /// Somebody is named to review for somebody else, begins to or ends.
        Substitute = "substitute", "代审", "Substitute";
        /// One's text was sent back.
        Returned = "returned", "退回", "Sent back";
        Published = "published", "已发布", "Published";
        Withdrawn = "withdrawn", "已撤回", "Withdrawn";
        Expired = "expired", "已到期", "Expired";
        /// It lost a review that it had, and went off the air.
        OffAir = "off-air", "审核失效，已下线", "Review void, off the air";
        /// Boxes refuse or withhold what was published.
        Refused = "refused", "机顶盒拒收", "Refused by boxes";
        /// A notice reached nobody.
        Failed = "failed", "通知没有送到", "Notice not delivered";
    }
}

named! {
    /// What notices of a kind are about, each told in a manner of its own.
    NoticeGroup {
        Waiting = "waiting", "等我审核的", "What waits for my review";
        Own = "own", "我写的内容", "What becomes of my texts";
        Operation = "operation", "运行情况", "What is not well";
    }
}

named! {
    /// When somebody is told by mail.
    Manner {
        Now = "now", "马上", "At once";
        Daily = "daily", "每天一次", "Once a day";
        Never = "never", "不发", "Never";
    }
}

impl Notice {
    pub fn group(self) -> NoticeGroup {
        match self {
            Notice::Waits | Notice::Overdue | Notice::Substitute => NoticeGroup::Waiting,
            Notice::Returned | Notice::Published | Notice::Withdrawn | Notice::Expired | Notice::OffAir => {
                NoticeGroup::Own
            }
            Notice::Refused | Notice::Failed => NoticeGroup::Operation,
        }
    }
}

named! {
    /// Where an item stands.
    State {
        Draft = "draft", "草稿", "Draft";
        FirstReview = "first-review", "待初审", "Awaiting first review";
        SecondReview = "second-review", "待复审", "Awaiting second review";
        FinalReview = "final-review", "待终审", "Awaiting final review";
        /// Sent back with a reason; its author goes on from here.
        Rejected = "rejected", "已退回", "Sent back";
        /// Approved; its window begins in the future.
        Scheduled = "scheduled", "待播", "Scheduled";
        Published = "published", "已发布", "Published";
        Withdrawn = "withdrawn", "已撤回", "Withdrawn";
        /// Its window is over.
        Expired = "expired", "已到期", "Expired";
    }
}

named! {
    /// What an item is; the fields of each are those of `yuexiang_wire::Kind`.
    Kind {
        Article = "article", "文章", "Article";
        Notice = "notice", "通知", "Notice";
        Story = "story", "图片故事", "Picture story";
        Video = "video", "视频", "Video";
        Disclosure = "disclosure", "公开表", "Disclosure";
        Activity = "activity", "活动", "Activity";
        Product = "product", "土特产", "Product";
        Spot = "spot", "景点", "Place to visit";
        Job = "job", "招工", "Job";
    }
}

named! {
    Board {
        Party = "party", "乡村党建", "Party";
        Governance = "governance", "乡村治理", "Village affairs";
        Culture = "culture", "乡村文明", "Culture";
        Business = "business", "乡村创业", "Business";
    }
}

named! {
    /// A step of an item's life.
    ItemAction {
        Created = "created", "新建", "Created";
        Edited = "edited", "修改", "Edited";
        Submitted = "submitted", "提交审核", "Submitted";
        ApprovedFirst = "approved-first", "初审通过", "Passed first review";
        ApprovedSecond = "approved-second", "复审通过", "Passed second review";
        ApprovedFinal = "approved-final", "终审通过", "Passed final review";
        Rejected = "rejected", "退回", "Sent back";
        Published = "published", "发布", "Published";
        Withdrawn = "withdrawn", "撤回", "Withdrawn";
        Expired = "expired", "到期下线", "Expired";
    }
}

impl From<yuexiang_wire::Board> for Board {
    fn from(board: yuexiang_wire::Board) -> Board {
        match board {
            yuexiang_wire::Board::Party => Board::Party,
            yuexiang_wire::Board::Governance => Board::Governance,
            yuexiang_wire::Board::Culture => Board::Culture,
            yuexiang_wire::Board::Business => Board::Business,
        }
    }
}

impl From<yuexiang_wire::Step> for Step {
    fn from(step: yuexiang_wire::Step) -> Step {
        match step {
            yuexiang_wire::Step::First => Step::First,
            yuexiang_wire::Step::Second => Step::Second,
            yuexiang_wire::Step::Final => Step::Final,
        }
    }
}

/// `1234567` as `1,234,567`.
pub fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if number < 0 { format!("-{text}") } else { text }
}

/// Bytes as people say them: `512 B`, `34.5 MB`, `1.20 GB`, by powers of 1,000.
pub fn bytes(count: i64) -> String {
    const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];
    let (mut value, mut unit) = (count as f64, 0);
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1_000.0;
        unit += 1;
    }
    let digits = if unit == 0 || value >= 99.95 { 0 } else { 1 };
    format!("{value:.digits$} {}", UNITS[unit])
}

/// A share in whole percent, rounded down, so that 100 % means all of them; 0 of 0 is 0.
pub fn percent(part: i64, whole: i64) -> i64 {
    if whole <= 0 { 0 } else { (part.clamp(0, whole) * 100) / whole }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_read_back_as_what_they_stand_for() {
        for &state in State::ALL {
            assert_eq!(State::from_slug(state.slug()), Some(state));
        }
        for &role in Role::ALL {
            assert_eq!(Role::from_slug(role.slug()), Some(role));
        }
        assert_eq!(Kind::from_slug("Article"), None);
    }

    #[test]
    fn numbers_are_grouped_and_bytes_rounded() {
        assert_eq!(grouped(26_842), "26,842");
        assert_eq!(grouped(-1_000), "-1,000");
        assert_eq!(grouped(7), "7");
        assert_eq!(bytes(512), "512 B");
        assert_eq!(bytes(34_520_000), "34.5 MB");
        assert_eq!(bytes(999_600), "1.0 MB");
    }

    #[test]
    fn one_hundred_percent_means_all() {
        assert_eq!(percent(999, 1_000), 99);
        assert_eq!(percent(1_000, 1_000), 100);
        assert_eq!(percent(0, 0), 0);
    }
}
