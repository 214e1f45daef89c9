//! Everything the box says in sentences, in Chinese and in English, as one speaks to a neighbour. Labels that never
//! change stand in the screens themselves.

use crate::catalog::{Board, Kind, Step};
use crate::convenience::Convenience;
use crate::event::{MediaErrorKind, NetErrorKind};
use crate::screens::about::AboutWord;
use crate::screens::settings::Row;
use crate::settings::BootMode;
use crate::sync::{Fate, SyncStatus};
use crate::time::{UnixSeconds, civil};
use crate::view::{Language, TextSize};

#[derive(Clone, Copy, Debug)]
pub struct Words {
    language: Language,
    /// The true time, as far as it is known.
    now: Option<UnixSeconds>,
}

impl Words {
    pub fn new(language: Language, now: Option<UnixSeconds>) -> Words {
        Words { language, now }
    }

    pub fn language(self) -> Language {
        self.language
    }

    fn pick(self, chinese: &str, english: &str) -> String {
        self.choose(chinese, english).to_owned()
    }

    fn choose<'a>(self, chinese: &'a str, english: &'a str) -> &'a str {
        match self.language {
            Language::Chinese => chinese,
            Language::English => english,
        }
    }

    // --------------------------------------------------------------------------------------------- time and numbers

    /// `11月23日 星期一`
    pub fn long_date(self, at: UnixSeconds) -> String {
        let date = civil(at).date();
        let weekday = date.weekday().to_monday_zero_offset() as usize;
        match self.language {
            Language::Chinese => {
                const DAYS: [&str; 7] = ["一", "二", "三", "四", "五", "六", "日"];
                format!("{}月{}日 星期{}", date.month(), date.day(), DAYS[weekday])
            }
            Language::English => {
                const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
                format!("{} {} {}", DAYS[weekday], date.day(), english_month(date.month()))
            }
        }
    }

    /// `19:42`
    pub fn clock(self, at: UnixSeconds) -> String {
        let time = civil(at).time();
        format!("{:02}:{:02}", time.hour(), time.minute())
    }

    /// `今天`, `昨天`, `10月8日`, `2025年10月8日`.
    pub fn day(self, at: UnixSeconds) -> String {
        if let Some(day) = self.near_day(at) {
            return day;
        }
        let date = civil(at).date();
        match (self.language, self.is_this_year(at)) {
            (Language::Chinese, true) => format!("{}月{}日", date.month(), date.day()),
            (Language::Chinese, false) => format!("{}年{}月{}日", date.year(), date.month(), date.day()),
            (Language::English, true) => format!("{} {}", date.day(), english_month(date.month())),
            (Language::English, false) => format!("{} {} {}", date.day(), english_month(date.month()), date.year()),
        }
    }

    fn near_day(self, at: UnixSeconds) -> Option<String> {
        let date = civil(at).date();
        let today = civil(self.now?).date();
        if date == today {
            Some(self.pick("今天", "Today"))
        } else if date.tomorrow().ok() == Some(today) {
            Some(self.pick("昨天", "Yesterday"))
        } else if today.tomorrow().ok() == Some(date) {
            Some(self.pick("明天", "Tomorrow"))
        } else {
            None
        }
    }

    fn is_this_year(self, at: UnixSeconds) -> bool {
        self.now.is_some_and(|now| civil(now).date().year() == civil(at).date().year())
    }

    /// `昨天 18:30`
    pub fn moment(self, at: UnixSeconds) -> String {
        format!("{} {}", self.day(at), self.clock(at))
    }

    /// The same within a sentence, where `yesterday` is no name.
    fn moment_within(self, at: UnixSeconds) -> String {
        let moment = self.moment(at);
        match (self.near_day(at), self.language) {
            (Some(day), Language::English) => moment.replacen(&day, &day.to_lowercase(), 1),
            _ => moment,
        }
    }

    /// `11月28日 星期六 19:30`, with the day in words when it is near and the year when it is another one.
    pub fn appointment(self, at: UnixSeconds) -> String {
        let (long, clock) = (self.long_date(at), self.clock(at));
        match (self.near_day(at), self.language) {
            (Some(day), Language::Chinese) => format!("{day}（{long}） {clock}"),
            (Some(day), Language::English) => format!("{day} ({long}) {clock}"),
            (None, _) if self.is_this_year(at) => format!("{long} {clock}"),
            (None, Language::Chinese) => format!("{}年{long} {clock}", civil(at).date().year()),
            (None, Language::English) => format!("{long} {} {clock}", civil(at).date().year()),
        }
    }

    /// When something begins and ends; one day is said once.
    pub fn span(self, from: UnixSeconds, until: UnixSeconds) -> String {
        let until_words = match civil(from).date() == civil(until).date() {
            true => self.clock(until),
            false => self.appointment(until),
        };
        match self.language {
            Language::Chinese => format!("{} 到 {until_words}", self.appointment(from)),
            Language::English => format!("{} to {until_words}", self.appointment(from)),
        }
    }

    /// `68.00`, `1,280.50` from hundredths.
    pub fn yuan(self, hundredths: u64) -> String {
        let whole = (hundredths / 100).to_string();
        let mut grouped = String::new();
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (whole.len() - index).is_multiple_of(3) {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        format!("{grouped}.{:02}", hundredths % 100)
    }

    pub fn price(self, hundredths: u64) -> String {
        match self.language {
            Language::Chinese => format!("{} 元", self.yuan(hundredths)),
            Language::English => format!("¥{}", self.yuan(hundredths)),
        }
    }

    /// `03:25`, `1:02:03` from milliseconds.
    pub fn duration(self, milliseconds: u64) -> String {
        let seconds = milliseconds / 1_000;
        let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
        if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes:02}:{seconds:02}") }
    }

    /// `1.2 GB`, `345 MB`.
    pub fn bytes(self, bytes: u64) -> String {
        const MEBIBYTE: f64 = 1_048_576.0;
        let mebibytes = bytes as f64 / MEBIBYTE;
        if mebibytes >= 1_024.0 { format!("{:.1} GB", mebibytes / 1_024.0) } else { format!("{mebibytes:.0} MB") }
    }

    // ------------------------------------------------------------------------------------------------ names of things

    pub fn board(self, board: Board) -> String {
        match board {
            Board::Party => self.pick("乡村党建", "Party building"),
            Board::Governance => self.pick("乡村治理", "Village affairs"),
            Board::Culture => self.pick("乡村文明", "Culture"),
            Board::Business => self.pick("乡村创业", "Business"),
        }
    }

    pub fn kind(self, kind: Kind) -> String {
        match kind {
            Kind::Article => self.pick("文章", "Article"),
            Kind::Notice => self.pick("通知", "Notice"),
            Kind::Story => self.pick("图片故事", "Pictures"),
            Kind::Video => self.pick("视频", "Video"),
            Kind::Disclosure => self.pick("公开", "Public record"),
            Kind::Activity => self.pick("活动", "Activity"),
            Kind::Product => self.pick("土特产", "Product"),
            Kind::Spot => self.pick("好去处", "Place"),
            Kind::Job => self.pick("招工", "Job"),
        }
    }

    pub fn pinned(self) -> String {
        self.pick("置顶", "Pinned")
    }

    pub fn new_today(self, count: usize) -> String {
        match self.language {
            Language::Chinese => format!("今日更新 {count}"),
            Language::English => format!("{count} new today"),
        }
    }

    pub fn new_this_week(self, count: usize) -> String {
        match self.language {
            Language::Chinese => format!("本周更新 {count}"),
            Language::English => format!("{count} new this week"),
        }
    }

    /// For the row of a list.
    pub fn reviewed_short(self, reviews: usize) -> String {
        match reviews {
            0 => String::new(),
            1 => self.pick("终审通过", "Reviewed"),
            2 => self.pick("两审通过", "Reviewed"),
            _ => self.pick("三审通过", "Reviewed"),
        }
    }

    /// `初审 陈伟民 · 复审 李玉兰 · 终审 黄志强`
    pub fn reviewed(self, reviewers: &[(Step, String)]) -> String {
        let one = |(step, name): &(Step, String)| match self.language {
            Language::Chinese => format!("{} {name}", step_word(*step)),
            Language::English => name.clone(),
        };
        let names: Vec<String> = reviewers.iter().map(one).collect();
        match self.language {
            Language::Chinese => names.join(" · "),
            Language::English if names.is_empty() => String::new(),
            Language::English => format!("Reviewed by {}", names.join(", ")),
        }
    }

    /// One of the three reviews, as a label.
    pub fn step(self, step: Step) -> String {
        let english = match step {
            Step::First => "First review",
            Step::Second => "Second review",
            Step::Final => "Final review",
        };
        self.pick(step_word(step), english)
    }

    pub fn withdrawn(self) -> String {
        self.pick("这条内容已撤下", "This has been withdrawn")
    }

    pub fn position(self, index: usize, count: usize) -> String {
        if count <= 1 {
            return String::new();
        }
        match self.language {
            Language::Chinese => format!("第 {} 页 / 共 {count} 页", index + 1),
            Language::English => format!("Page {} of {count}", index + 1),
        }
    }

    pub fn row_position(self, index: usize, count: usize) -> String {
        match self.language {
            Language::Chinese => format!("第 {} 行 / 共 {count} 行", index + 1),
            Language::English => format!("Row {} of {count}", index + 1),
        }
    }

    /// Below the first lines of a text. `focused`: OK opens it; otherwise one has to go there first.
    pub fn more_text(self, focused: bool) -> String {
        if focused {
            self.pick("按 OK 看全部文字", "OK for the whole text")
        } else {
            self.pick("▼ 看全部文字", "▼ The whole text")
        }
    }

    pub fn picture_position(self, index: usize, count: usize) -> String {
        match self.language {
            Language::Chinese => format!("第 {} 张 / 共 {count} 张", index + 1),
            Language::English => format!("Picture {} of {count}", index + 1),
        }
    }

    /// `focused`: OK enlarges the receipt; otherwise one has to go there first.
    pub fn receipt_label(self, index: usize, count: usize, focused: bool) -> String {
        let key = self.picture_key(focused);
        match self.language {
            Language::Chinese => format!("票据 {} / {count}　{key}", index + 1),
            Language::English => format!("Receipt {} / {count}: {key}", index + 1),
        }
    }

    /// On the tile that leads to the receipts.
    pub fn receipts(self, count: usize) -> String {
        match self.language {
            Language::Chinese => format!("票据\n{count} 张"),
            Language::English => format!("Receipts\n{count}"),
        }
    }

    fn picture_key(self, focused: bool) -> String {
        if focused { self.pick("按 OK 放大", "OK to enlarge") } else { self.pick("按 ▶ 看图", "▶ to look") }
    }

    /// The same of a picture.
    pub fn picture_label(self, index: usize, count: usize, focused: bool) -> String {
        let key = self.picture_key(focused);
        match (self.language, count) {
            (_, 1) => key,
            (Language::Chinese, _) => format!("图片 {} / {count}　{key}", index + 1),
            (Language::English, _) => format!("Picture {} / {count}: {key}", index + 1),
        }
    }

    pub fn label(self, label: Label) -> String {
        let (chinese, english) = match label {
            Label::When => ("时间", "When"),
            Label::Where => ("地点", "Where"),
            Label::Contact => ("联系", "Contact"),
            Label::Unit => ("规格", "Price per"),
            Label::Publisher => ("发布", "Published by"),
            Label::Origin => ("产地", "From"),
            Label::Seller => ("卖家", "Sold by"),
            Label::Phone => ("电话", "Phone"),
            Label::Address => ("地址", "Address"),
            Label::Hours => ("开放", "Open"),
            Label::Employer => ("用工方", "Employer"),
            Label::Pay => ("待遇", "Pay"),
            Label::Headcount => ("人数", "Wanted"),
            Label::Play => ("播放", "Play"),
            Label::Restart => ("从头看", "From the start"),
            Label::ScanToOrder => ("手机扫一扫下单", "Scan to order"),
            Label::ScanToCall => ("手机扫一扫拨号", "Scan to call"),
            Label::Channels => ("频道", "Channels"),
            Label::Settings => ("设置", "Settings"),
            Label::About => ("关于本机", "About this box"),
            Label::Yes => ("确定", "Yes"),
            Label::No => ("不用了", "No"),
        };
        self.pick(chinese, english)
    }

    pub fn people(self, count: u32) -> String {
        match self.language {
            Language::Chinese => format!("{count} 人"),
            Language::English => count.to_string(),
        }
    }

    pub fn per(self, unit: &str) -> String {
        format!("{} / {unit}", self.yuan_word())
    }

    pub fn yuan_word(self) -> String {
        self.pick("元", "yuan")
    }

    pub fn resume_at(self, position: u64) -> String {
        match self.language {
            Language::Chinese => format!("从 {} 继续", self.duration(position)),
            Language::English => format!("Resume at {}", self.duration(position)),
        }
    }

    pub fn then(self, title: &str) -> String {
        match self.language {
            Language::Chinese => format!("接着播：{title}"),
            Language::English => format!("Next: {title}"),
        }
    }

    // --------------------------------------------------------------------------------------------- what keys do here

    pub fn hint(self, hint: HintWord) -> (String, String) {
        let (keys, chinese, english) = match hint {
            HintWord::Page => ("▲ ▼", "翻页", "Page"),
            HintWord::Choose => ("▲ ▼", "选择", "Choose"),
            HintWord::Change => ("◀ ▶", "更改", "Change"),
            HintWord::ChooseRow => ("▲ ▼", "选一行", "Rows"),
            HintWord::WholeRow => ("OK", "看整行", "Whole row"),
            HintWord::OtherRow => ("◀ ▶", "上一行 下一行", "Other rows"),
            HintWord::MoreColumns => ("◀ ▶", "看其他列", "Columns"),
            HintWord::ToReceipts => ("▶", "看票据", "Receipts"),
            HintWord::ReadText => ("OK", "看文字", "Text"),
            HintWord::Receipts => ("◀ ▶", "翻看票据", "Receipts"),
            HintWord::Pictures => ("◀ ▶", "翻看图片", "Pictures"),
            HintWord::ToPicture => ("▶", "看图片", "Pictures"),
            HintWord::Enlarge => ("OK", "放大", "Enlarge"),
            HintWord::Confirm => ("OK", "确定", "Select"),
            HintWord::Pause => ("OK", "暂停", "Pause"),
            HintWord::Resume => ("OK", "继续", "Resume"),
            HintWord::Seek => ("◀ ▶", "快退 快进", "Back, forward"),
            HintWord::Back(to) => {
                let (chinese, english) = back(to);
                (self.choose("返回", "Back"), chinese, english)
            }
        };
        (keys.to_owned(), self.pick(chinese, english))
    }

    pub fn home_hint(self, village: &str) -> String {
        // It stands beside what is on, which needs the room more.
        let is_long = village.is_empty() || village.chars().count() > 8;
        match self.language {
            Language::Chinese => format!("主页键 打开{}主页", if is_long { "本村" } else { village }),
            Language::English => format!("Home key: {}", if is_long { "home page" } else { village }),
        }
    }

    // ------------------------------------------------------------------------------------------- network and storage

    pub fn offline(self, last: Option<UnixSeconds>) -> String {
        match (self.language, last) {
            (Language::Chinese, Some(last)) => format!("网络断了，正在看的是{} 存下的内容", self.moment(last)),
            (Language::English, Some(last)) => format!("No network: this was stored {}", self.moment_within(last)),
            (Language::Chinese, None) => "连不上网络，还没有收到过村里的内容".to_owned(),
            (Language::English, None) => "No network, and nothing has been received yet".to_owned(),
        }
    }

    /// Something answers, and it is not what was asked for.
    pub fn no_answer(self, last: Option<UnixSeconds>) -> String {
        match (self.language, last) {
            (Language::Chinese, Some(last)) => {
                format!("服务器没给出内容，正在看的是{} 存下的内容", self.moment(last))
            }
            (Language::English, Some(last)) => {
                format!("The server gives nothing now: this was stored {}", self.moment_within(last))
            }
            (Language::Chinese, None) => "服务器没给出内容，会自动再试".to_owned(),
            (Language::English, None) => "The server gives nothing now; trying again by itself".to_owned(),
        }
    }

    pub fn not_believed(self, last: Option<UnixSeconds>) -> String {
        match (self.language, last) {
            (Language::Chinese, Some(last)) => {
                format!("新内容没通过核验，没有采用；正在看的是{} 存下的", self.moment(last))
            }
            (Language::English, Some(last)) => {
                format!("What came could not be verified; this was stored {}", self.moment_within(last))
            }
            (Language::Chinese, None) => "收到的内容没通过核验，没有采用".to_owned(),
            (Language::English, None) => "What came could not be verified and is not shown".to_owned(),
        }
    }

    pub fn storage_lost(self) -> String {
        self.pick(
            "本机存储写不进去，关机后内容要重收，请告诉安装师傅",
            "Nothing can be kept when the power goes: please call the installer",
        )
    }

    /// The store opened well and now refuses what it is given.
    pub fn storage_failing(self) -> String {
        self.pick(
            "本机存储写不进去，新内容收不下，请告诉安装师傅",
            "Nothing new can be stored: please call the installer",
        )
    }

    pub fn storage_full(self) -> String {
        self.pick("本机存储满了，新的图片暂时存不下，联网时照样能看", "Storage is full: new pictures need the network")
    }

    /// Several objects in a row were something else, or were not there.
    pub fn way_doubted(self, wrong: bool) -> String {
        if wrong {
            self.pick("收到的图片和视频不对，没有采用，会自动再试", "Pictures and videos came wrong; trying again")
        } else {
            self.pick("服务器上暂时没有图片和视频，会自动再试", "The server lacks the pictures now; trying again")
        }
    }

    pub fn receiving(self, percent: Option<u8>) -> String {
        match (self.language, percent) {
            (Language::Chinese, Some(percent)) => format!("正在接收村里的内容 {percent}%"),
            (Language::Chinese, None) => "正在接收村里的内容".to_owned(),
            (Language::English, Some(percent)) => format!("Receiving the village's content {percent}%"),
            (Language::English, None) => "Receiving the village's content".to_owned(),
        }
    }

    /// For the row of a list.
    pub fn missing(self, video: bool, fate: Fate, online: bool) -> String {
        match (video, fate, online) {
            (true, Fate::Absent, true) => {
                self.pick("服务器上暂时没有这段视频", "The server does not have the video now")
            }
            (true, _, _) => self.pick("视频未存到本机，联网时可看", "Video not stored here: needs the network"),
            (false, Fate::NoRoom, _) => self.pick("图片存不下，联网时可看", "No room: pictures need the network"),
            (false, _, false) => self.pick("图片未存齐，联网后自动补上", "Pictures come with the network"),
            (false, Fate::Coming, true) => self.pick("图片未存齐，正在自动补上", "Pictures are coming"),
            (false, Fate::Wrong, true) => self.pick("图片没收对，会自动再试", "Pictures came wrong: trying again"),
            (false, Fate::Absent, true) => {
                self.pick("服务器暂缺图片，会自动再试", "The server lacks the pictures: trying again")
            }
        }
    }

    pub fn stored(self) -> String {
        self.pick("已存到本机，没有网络也能看", "Stored here: plays without a network")
    }

    pub fn not_stored(self, fate: Fate, online: bool) -> String {
        match (online, fate) {
            (true, Fate::Absent) => {
                self.pick("未存到本机，服务器上也暂时没有", "Not stored here, nor on the server now")
            }
            (true, _) => self.pick("未存到本机，通过网络播放", "Not stored here: plays over the network"),
            (false, _) => self.pick("未存到本机，现在又没有网络，联网后再看", "Not stored here, and no network now"),
        }
    }

    // ---------------------------------------------------------------------------------------------- settings and about

    /// Name of a setting and what it does.
    pub fn setting(self, row: Row) -> (String, String) {
        let (chinese, text, english, text_en) = match row {
            Row::Boot => ("开机先看", "打开电视时先看到什么", "Start with", "What is shown when the box starts"),
            Row::TextSize => ("文字大小", "所有页面的字一起变大", "Text size", "Of all pages"),
            Row::Language => ("语言 Language", "中文 / English", "语言 Language", "中文 / English"),
            Row::ViewCounts => (
                "收视统计",
                "只数每条内容在本村被看了多少次、多久，不记是谁看的",
                "View counts",
                "How often and how long items are watched here, never by whom",
            ),
            Row::Sync => ("更新内容", "按 OK 马上接收村里的新内容", "Update", "OK to fetch what is new"),
            Row::About => ("关于本机", "村名、存储和版本", "About this box", "Village, storage, version"),
            Row::Reset => ("恢复默认设置", "设置回到刚装好时的样子，内容不会删除", "Reset settings", "Content is kept"),
        };
        (self.pick(chinese, english), self.pick(text, text_en))
    }

    pub fn boot(self, boot: BootMode) -> String {
        match boot {
            BootMode::Live => self.pick("电视直播", "Live TV"),
            BootMode::Home => self.pick("村里主页", "Home page"),
        }
    }

    pub fn text_size(self, size: TextSize) -> String {
        match size {
            TextSize::Normal => self.pick("标准", "Normal"),
            TextSize::Large => self.pick("大字", "Large"),
        }
    }

    pub fn on_or_off(self, on: bool) -> String {
        if on { self.pick("开", "On") } else { self.pick("关", "Off") }
    }

    pub fn language_name(self) -> String {
        self.pick("中文", "English")
    }

    pub fn sync_state(self, running: bool, last: Option<UnixSeconds>) -> String {
        match (running, last) {
            (true, _) => self.pick("正在接收", "Receiving"),
            (false, Some(last)) => self.moment(last),
            (false, None) => self.pick("还没有成功过", "Never yet"),
        }
    }

    /// How the synchronization stands: "fine" only where nothing is missing.
    pub fn sync_result(self, sync: &SyncStatus) -> String {
        let trouble = sync.last_trouble.as_ref().map(|(_, kind, _)| *kind);
        trouble.map_or_else(|| self.objects_result(sync), |trouble| self.trouble(trouble))
    }

    fn trouble(self, trouble: NetErrorKind) -> String {
        match trouble {
            NetErrorKind::Unreachable | NetErrorKind::Server | NetErrorKind::Cancelled => {
                self.pick("连不上服务器，会自动再试", "The server does not answer; trying again by itself")
            }
            NetErrorKind::Missing => {
                self.pick("服务器上还没有这个地方的内容", "The server has nothing for this place yet")
            }
            NetErrorKind::Untrusted | NetErrorKind::Malformed => {
                self.pick("收到的内容没通过核验，没有采用", "What came could not be verified and was refused")
            }
            NetErrorKind::Expired => {
                self.pick("收到的内容已经过期，没有采用", "What came was out of date and was refused")
            }
            NetErrorKind::Storage => {
                self.pick("本机存不进去，会自动再试", "It cannot be stored on this box; trying again by itself")
            }
        }
    }

    /// The text is there; what about pictures and videos?
    fn objects_result(self, sync: &SyncStatus) -> String {
        let count = |number: usize, chinese: &str, english: &str| match self.language {
            Language::Chinese => format!("有 {number} {chinese}"),
            Language::English => format!("{number} {english}"),
        };
        match sync {
            SyncStatus { storage_failing: true, .. } => self.storage_failing(),
            SyncStatus { way_doubted: true, wrong_objects: 1.., .. } => self.pick(
                "收到的图片和视频不对，可能上网要先登录，会自动再试",
                "Pictures come wrong (a login page?); trying again by itself",
            ),
            SyncStatus { wrong_objects: 1.., .. } => count(
                sync.wrong_objects,
                "个图片或视频没收对，会自动再试",
                "pictures or videos came wrong; trying again",
            ),
            SyncStatus { absent_objects: 1.., .. } => count(
                sync.absent_objects,
                "个图片或视频服务器上暂时没有，会自动再试",
                "pictures or videos are not on the server now; trying again",
            ),
            SyncStatus { unfit_pictures: 1.., .. } => {
                count(sync.unfit_pictures, "张图片存不下，联网时照样能看", "pictures do not fit; they need the network")
            }
            SyncStatus { pending_objects: 1.., online: Some(false), .. } => count(
                sync.pending_objects,
                "个图片或视频没收到，联网后接着收",
                "pictures or videos are to come when there is a network",
            ),
            SyncStatus { pending_objects: 1.., .. } => {
                count(sync.pending_objects, "个图片或视频还在接收", "pictures or videos are still to come")
            }
            SyncStatus { last_success: None, .. } => self.pick("还没有收到内容", "Nothing has been received yet"),
            _ => self.pick("正常", "Fine"),
        }
    }

    pub fn storage(self, used: u64, quota: u64, free: u64) -> String {
        let (used, quota, free) = (self.bytes(used), self.bytes(quota), self.bytes(free));
        match self.language {
            Language::Chinese => format!("已用 {used}，最多用 {quota}（磁盘还剩 {free}）"),
            Language::English => format!("{used} of {quota} ({free} free on the disk)"),
        }
    }

    /// How many items are stored, and how many of them are kept from the screen.
    pub fn items(self, shown: usize, withheld: usize) -> String {
        match (self.language, withheld) {
            (Language::Chinese, 0) => format!("{shown} 条"),
            (Language::English, 0) => shown.to_string(),
            (Language::Chinese, _) => format!("{shown} 条（另有 {withheld} 条审核不全，没有显示）"),
            (Language::English, _) => format!("{shown} ({withheld} more not shown: reviews are missing)"),
        }
    }

    pub fn about(self, word: AboutWord) -> String {
        match word {
            AboutWord::Village => self.pick("本村", "Village"),
            AboutWord::Items => self.pick("存下的内容", "Items stored"),
            AboutWord::Storage => self.pick("存储", "Storage"),
            AboutWord::LastSync => self.pick("上次更新", "Last update"),
            AboutWord::Result => self.pick("更新结果", "Its result"),
            AboutWord::Cloud => self.pick("服务器", "Server"),
            AboutWord::Version => self.pick("软件版本", "Version"),
        }
    }

    /// Label and text of something that has failed and is done without.
    pub fn done_without(self, what: &Convenience) -> (String, String) {
        match what {
            Convenience::WebRemote { address } => (
                self.pick("网页遥控器", "Web remote"),
                match self.language {
                    Language::Chinese => format!("{address} 用不了，可能被别的程序占用，会自动再试"),
                    Language::English => {
                        format!("{address} cannot be used, perhaps another program has it; trying again by itself")
                    }
                },
            ),
            Convenience::RemoteControls => (
                self.pick("遥控器", "Remote controls"),
                self.pick("暂时收不到遥控器的信号，会自动再试", "They cannot be received now; trying again by itself"),
            ),
            Convenience::Options { names } => (
                self.pick("配置文件", "Configuration"),
                match self.language {
                    Language::Chinese => format!("这几项写得不对，用了默认的：{names}。请告诉安装师傅"),
                    Language::English => format!("Not understood, the defaults hold: {names}"),
                },
            ),
            Convenience::Certificates => (
                self.pick("网络证书", "Certificates"),
                self.pick(
                    "系统里没有根证书，https 网址连不上，请告诉安装师傅",
                    "The system has none: https cannot be used; please call the installer",
                ),
            ),
            Convenience::RareCharacters => (
                self.pick("生僻字字库", "Rare characters"),
                self.pick(
                    "没有装，少数生僻字显示成方框，请告诉安装师傅",
                    "Their font is not installed: some names show boxes",
                ),
            ),
        }
    }

    pub fn reset_question(self) -> (String, String) {
        let text = self.pick(
            "文字大小、语言、开机方式和收视统计会回到刚装好时的样子。",
            "Text size, language, start page and view counts go back to what they were when the box was new.",
        );
        (self.pick("恢复默认设置吗？", "Reset the settings?"), text)
    }

    pub fn sync_started(self) -> String {
        self.pick("正在查看有没有新内容", "Looking for what is new")
    }

    // ---------------------------------------------------------------------------------------------------- empty states

    pub fn empty(self, empty: EmptyWord) -> (String, String) {
        let ((title, text), (title_en, text_en)) = match empty {
            EmptyWord::Section => (
                ("这里还没有内容", "村里发布后，会自动出现在这里。可以先看看别的栏目。"),
                ("Nothing here yet", "It appears here as soon as the village publishes it."),
            ),
            EmptyWord::FirstStart => (
                ("正在接收村里的内容", "第一次开机要等几分钟，先看看电视吧。"),
                ("Receiving the village's content", "The first start takes a few minutes."),
            ),
            EmptyWord::FirstStartOffline => (
                ("还没有连上网络", "请检查网线是否插好，机顶盒背后的网口灯应当亮着。连上以后内容会自动出现。"),
                (
                    "No network yet",
                    "Please check the cable: the light at its socket should be on. Then the content comes by itself.",
                ),
            ),
            EmptyWord::Loading => (("正在打开", "请稍等"), ("Opening", "One moment, please")),
            EmptyWord::Unreadable => (
                ("这条内容打不开了", "本机存的内容坏了，联网后会自动重新下载，收到就会显示。按返回键回去。"),
                ("This cannot be opened", "It is fetched again when there is a network, and then shown. Back leaves."),
            ),
            EmptyWord::Broken => (
                ("这条内容打不开", "重新下载了几次还是打不开，请告诉安装师傅。按返回键回去。"),
                ("This cannot be opened", "Fetching it again did not help; please call the installer. Press Back."),
            ),
            EmptyWord::Refused => (
                ("收到的内容没有采用", "收到的内容没通过核验，会自动再试。一直这样请告诉安装师傅。"),
                (
                    "What came was refused",
                    "It could not be verified; trying again by itself. If it stays so, call the installer.",
                ),
            ),
            EmptyWord::Withdrawn => (
                ("这条内容已经撤下", "发布单位已将它撤下。按返回键回去。"),
                ("This has been withdrawn", "Its publisher has withdrawn it. Press Back."),
            ),
            EmptyWord::NoChannels => (
                ("还没有收到频道", "请检查网线。收到后会自动播放。"),
                ("No channels yet", "Please check the cable. They start by themselves."),
            ),
            EmptyWord::NotBroadcast => (
                ("这里还没有电视频道", "开通以后会自动播放。"),
                ("There are no channels here", "They start by themselves when there are some."),
            ),
        };
        (self.pick(title, title_en), self.pick(text, text_en))
    }

    // ------------------------------------------------------------------------------------------------------- player

    pub fn buffering(self, percent: u8) -> String {
        match self.language {
            Language::Chinese => format!("正在加载画面 {percent}%"),
            Language::English => format!("Loading {percent}%"),
        }
    }

    pub fn live_trouble(self, kind: MediaErrorKind) -> String {
        match kind {
            MediaErrorKind::Network => self.pick("网络不通，正在自动重新连接", "No network: reconnecting by itself"),
            MediaErrorKind::Missing => {
                self.pick("这个频道暂时没有信号，可以先换个频道看看", "No signal on this channel: try another one")
            }
            MediaErrorKind::Undecodable | MediaErrorKind::Other => self
                .pick("这个频道暂时放不出来，正在重试，可以先换个频道", "This channel does not play now: trying again"),
        }
    }

    /// Nothing has come yet, and nothing has failed.
    pub fn live_connecting(self) -> String {
        self.pick("这个频道还没有画面，正在连接", "No picture yet: connecting")
    }

    /// While there is no live picture: what there is to see instead, one key away.
    pub fn offer_home(self, village: &str) -> String {
        let whose = if village.is_empty() { self.choose("村里", "the village") } else { village };
        match self.language {
            Language::Chinese => format!("按 OK 看{whose}自己的内容，存在本机，没有网络也能看"),
            Language::English => format!("OK: what {whose} has stored on this box, without a network"),
        }
    }

    pub fn video_trouble(self, kind: MediaErrorKind, hope: Hope) -> String {
        match (hope, kind) {
            (Hope::Checking, _) => self.pick("正在检查这段视频，请稍等", "Checking this video, one moment, please"),
            (Hope::Retries, MediaErrorKind::Network) => self.pick("网络断了，正在重新连接", "No network: reconnecting"),
            (Hope::Retries, MediaErrorKind::Missing) => self.pick(
                "服务器上暂时没有这段视频，会自动再试。按返回键回去",
                "The server does not have this video now: trying again by itself. Back leaves",
            ),
            (Hope::Retries, _) => self.pick("放不出来，正在再试一次", "It does not play: trying again"),
            (Hope::Coming, _) => self.pick(
                "这段视频放不出来，正在重新下载，下载好就接着放。按返回键回去",
                "This video does not play and is fetched again; it goes on when it is here. Back leaves",
            ),
            (Hope::Nothing, MediaErrorKind::Network) => {
                self.pick("网络连不上。按 OK 再试一次，按返回键回去", "No network. OK to try again, Back to leave")
            }
            (Hope::Nothing, _) => {
                self.pick("放不出来。按 OK 再试一次，按返回键回去", "It does not play. OK to try again, Back to leave")
            }
        }
    }

    pub fn no_such_channel(self, typed: &str) -> String {
        match self.language {
            Language::Chinese => format!("没有 {typed} 频道"),
            Language::English => format!("There is no channel {typed}"),
        }
    }

    pub fn last_video(self) -> String {
        self.pick("已经是最后一个视频了", "That was the last video")
    }
}

fn back(to: BackTo) -> (&'static str, &'static str) {
    match to {
        BackTo::Live => ("看电视", "Live TV"),
        BackTo::Home => ("回主页", "Home page"),
        BackTo::List => ("回列表", "To the list"),
        BackTo::Settings => ("回设置", "Settings"),
        BackTo::Text => ("收起图片", "Close picture"),
        BackTo::Video => ("退出播放", "Stop watching"),
        BackTo::Before => ("回刚才那页", "Go back"),
    }
}

fn step_word(step: Step) -> &'static str {
    match step {
        Step::First => "初审",
        Step::Second => "复审",
        Step::Final => "终审",
    }
}

fn english_month(month: i8) -> &'static str {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    MONTHS[(month - 1).rem_euclid(12) as usize]
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    When,
    Where,
    Contact,
    Unit,
    Publisher,
    Origin,
    Seller,
    Phone,
    Address,
    Hours,
    Employer,
    Pay,
    Headcount,
    Play,
    Restart,
    ScanToOrder,
    ScanToCall,
    Channels,
    Settings,
    About,
    Yes,
    No,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HintWord {
    Page,
    Choose,
    Change,
    ChooseRow,
    WholeRow,
    OtherRow,
    MoreColumns,
    ToReceipts,
    ReadText,
    Receipts,
    Pictures,
    ToPicture,
    Enlarge,
    Confirm,
    Pause,
    Resume,
    Seek,
    Back(BackTo),
}

/// Where Back leads from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackTo {
    Live,
    Home,
    List,
    Settings,
    /// From an enlarged picture to the text or table that it belongs to.
    Text,
    /// From a video in full to its page.
    Video,
    /// To another page, whichever it was.
    Before,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmptyWord {
    Section,
    FirstStart,
    FirstStartOffline,
    Loading,
    Unreadable,
    /// Fetching it again has not helped.
    Broken,
    Withdrawn,
    /// What came could not be verified, and nothing else is there.
    Refused,
    NoChannels,
    NotBroadcast,
}

/// What happens by itself to a video that does not play.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hope {
    /// It is tried again.
    Retries,
    /// Its stored bytes are being compared with what was published.
    Checking,
    /// It is being fetched, and played then.
    Coming,
    Nothing,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-23 19:42 in China.
    const NOW: UnixSeconds = 1_795_434_120;

    fn words() -> Words {
        Words::new(Language::Chinese, Some(NOW))
    }

    #[track_caller]
    fn check(shown: String, expected: &str) {
        assert_eq!(shown, expected);
    }

    #[test]
    fn days_are_said_as_one_says_them() {
        check(words().long_date(NOW), "11月23日 星期一");
        check(words().moment(NOW), "今天 19:42");
        check(words().moment(NOW - 86_400), "昨天 19:42");
        check(words().day(NOW + 86_400), "明天");
        check(words().day(NOW - 46 * 86_400), "10月8日");
        check(words().day(NOW - 411 * 86_400), "2025年10月8日");
        check(words().appointment(NOW + 5 * 86_400), "11月28日 星期六 19:42");
        check(words().appointment(NOW), "今天（11月23日 星期一） 19:42");
        check(words().appointment(NOW + 60 * 86_400), "2027年1月22日 星期五 19:42");
        check(words().span(NOW + 5 * 86_400, NOW + 5 * 86_400 + 7_200), "11月28日 星期六 19:42 到 21:42");
        check(words().span(NOW, NOW + 86_400), "今天（11月23日 星期一） 19:42 到 明天（11月24日 星期二） 19:42");
        let english = Words { language: Language::English, ..words() };
        check(english.appointment(NOW + 5 * 86_400), "Sat 28 Nov 19:42");
        check(english.appointment(NOW), "Today (Mon 23 Nov) 19:42");
    }

    #[test]
    fn money_has_two_decimals_and_thousands_are_set_apart() {
        check(words().yuan(0), "0.00");
        check(words().yuan(6_800), "68.00");
        check(words().yuan(28_643_005), "286,430.05");
        check(words().yuan(100_000_000_000), "1,000,000,000.00");
    }

    #[test]
    fn the_age_of_what_is_shown_is_said() {
        check(words().offline(Some(NOW - 90_000)), "网络断了，正在看的是昨天 18:42 存下的内容");
        let english = Words { language: Language::English, ..words() };
        check(english.offline(Some(NOW - 90_000)), "No network: this was stored yesterday 18:42");
        check(english.offline(Some(NOW - 46 * 86_400)), "No network: this was stored 8 Oct 19:42");
    }

    #[test]
    fn durations_are_those_of_a_clock() {
        check(words().duration(205_000), "03:25");
        check(words().duration(3_723_999), "1:02:03");
    }
}
