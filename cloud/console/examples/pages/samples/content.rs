//! Pages about content.

use super::*;
use yuexiang_console::charts::*;
use yuexiang_console::messages::desk::Desk;
use yuexiang_console::messages::draft::Why;
use yuexiang_console::messages::{Field, Message};
use yuexiang_console::words::{ItemAction, Step};

const CLIP: (Board, &str) = (Board::Culture, "文化活动");
const MONEY: (Board, &str) = (Board::Governance, "财务公开");
const FARM: (Board, &str) = (Board::Business, "土特产");
const PARTY: (Board, &str) = (Board::Party, "学党史");

pub fn pages(lang: Lang) -> Vec<Sample> {
    let cx = |path: &str| context(lang, path);
    let login = login::Login { single_sign_on: true, ..Default::default() };
    let wrong = login::Login {
        account: "chenwx".into(),
        problem: Some(login::LoginProblem::TooMany { seconds: 300 }),
        ..login.clone()
    };
    let mut all = vec![
        sample("login", &stranger(lang, "/console/login"), &login, login::login),
        sample("login-problem", &stranger(lang, "/console/login"), &wrong, login::login),
        sample("password", &stranger(lang, "/console/password"), &password(), login::password),
        sample("password-change", &cx("/console/password"), &password_change(), login::password),
        sample("dashboard", &cx("/console/"), &dashboard(), dashboard::page),
        sample("dashboard-village", &cx("/console/"), &dashboard_village(), dashboard::page),
        sample("inbox", &cx("/console/inbox"), &inbox(), inbox::page),
        sample("inbox-empty", &cx("/console/inbox"), &inbox_empty(), inbox::page),
        sample("inbox-decided", &cx("/console/inbox"), &decided(), inbox::decided),
        sample("items", &cx("/console/items"), &items(), items::page),
        sample("items-empty", &cx("/console/items?q=x"), &items_empty(), items::page),
        sample("item", &cx("/console/items/2001"), &item(), item::page),
        sample("kinds", &cx("/console/items/new"), &town(), editor::choose_kind),
    ];
    for (name, kind) in EDITORS {
        all.push(sample(name, &cx("/console/items/2001/edit"), &editor(kind), editor::page));
    }
    all.push(sample("editor-new", &cx("/console/items/new?kind=article"), &editor_new(), editor::page));
    all.push(sample("editor-saved", &cx("/console/items/2001/edit"), &saved(), editor::saved));
    for (name, conflict) in conflicts() {
        all.push(sample(name, &cx("/console/items/2001/edit"), &conflict, editor::not_saved));
    }
    for (name, page) in again() {
        all.push(sample(name, &stranger(lang, "/console/items/2001"), &page, again::page));
    }
    for (name, view) in many() {
        all.push(sample(name, &cx("/console/items"), &view, many::page));
    }
    let review = editor::Editor { state: State::FinalReview, problems: Vec::new(), ..editor(Kind::Article) };
    all.push(sample("editor-review", &cx("/console/items/2001/edit"), &review, editor::page));
    for (at, medium) in media().into_iter().enumerate() {
        all.push(sample(MEDIA[at], &cx("/console/media/1"), &medium, media::fragment));
    }
    all.push(sample("regions-children", &cx("/console/regions"), &nodes(), |cx, nodes| regions::children(cx, nodes)));
    all.push(sample("regions-hits", &cx("/console/regions?q=rs"), &hits(), |cx, hits| regions::hits(cx, hits)));
    all.push(sample("calendar", &cx("/console/calendar"), &calendar(), calendar::page));
    all.push(sample("views", &cx("/console/views"), &views(), views::page));
    all
}

const EDITORS: [(&str, Kind); 9] = [
    ("editor-article", Kind::Article),
    ("editor-notice", Kind::Notice),
    ("editor-story", Kind::Story),
    ("editor-video", Kind::Video),
    ("editor-disclosure", Kind::Disclosure),
    ("editor-activity", Kind::Activity),
    ("editor-product", Kind::Product),
    ("editor-spot", Kind::Spot),
    ("editor-job", Kind::Job),
];
const MEDIA: [&str; 5] = ["media-uploading", "media-waiting", "media-working", "media-ready", "media-refused"];

fn password() -> login::Password {
    login::Password {
        account: "chenwx".into(),
        why: login::PasswordReason::Link { token: "t0k3n".into() },
        minimum: 12,
        problem: Some(login::PasswordProblem::NotRepeated),
    }
}

fn password_change() -> login::Password {
    login::Password { why: login::PasswordReason::Change, problem: None, ..password() }
}

fn dashboard_village() -> dashboard::Dashboard {
    dashboard::Dashboard {
        region: villages()[1].clone(),
        coverage: dashboard::Coverage { villages: 1, active: 0, silent: Vec::new(), last: Some(NOW - 41 * DAY) },
        storage: None,
        areas: Vec::new(),
        ..dashboard()
    }
}

fn dashboard() -> dashboard::Dashboard {
    let mut rejected =
        line("1001", "水口村 2026 年三季度财务收支明细", Kind::Disclosure, MONEY, State::Rejected, 5 * HOUR);
    rejected.reason = Some("合计与明细对不上：支出合计少了 1,200.00 元".into());
    dashboard::Dashboard {
        region: town(),
        waiting: vec![
            dashboard::Waiting { step: Step::First, count: 7, oldest: Some(NOW - 2 * DAY - HOUR) },
            dashboard::Waiting { step: Step::Second, count: 2, oldest: Some(NOW - 3 * HOUR) },
            dashboard::Waiting { step: Step::Final, count: 0, oldest: None },
        ],
        mine: Some(vec![
            rejected,
            line("100", "周六晚榕树广场粤剧专场", Kind::Activity, CLIP, State::Draft, 40 * 60),
            line("10003", "新修机耕路 11 月底通车", Kind::Article, (Board::Governance, "村务公开"), State::Draft, DAY),
        ]),
        recent: vec![
            line("20", "本周三上午停水检修", Kind::Notice, (Board::Governance, "通知"), State::Published, 2 * HOUR),
            line("200", "榕树戏台：《帝女花》选段", Kind::Video, CLIP, State::Published, 20 * HOUR),
            line("2", "沙田柚开园 每箱 68 元", Kind::Product, FARM, State::Published, 26 * HOUR),
            line("2000", "镇党委理论学习中心组学习", Kind::Article, PARTY, State::Published, 3 * DAY),
        ],
        coverage: dashboard::Coverage {
            villages: 12,
            active: 9,
            silent: vec![
                dashboard::SilentVillage { region: villages()[3].clone(), last: None },
                dashboard::SilentVillage { region: villages()[4].clone(), last: Some(NOW - 71 * DAY) },
                dashboard::SilentVillage { region: villages()[8].clone(), last: Some(NOW - 34 * DAY) },
            ],
            last: None,
        },
        storage: Some(dashboard::Storage { used: 312_400_000_000, capacity: Some(1_000_000_000_000), objects: 48_213 }),
        transcoding: Some(dashboard::Transcoding {
            waiting: 3,
            failed: 1,
            running: vec![dashboard::Running {
                name: "重阳敬老宴.mp4".into(),
                region: villages()[1].clone(),
                percent: 62,
            }],
        }),
        items: MonthlyItems {
            months: (0..12)
                .map(|at| format!("{}-{:02}", if at == 0 { 2025 } else { 2026 }, if at == 0 { 12 } else { at }))
                .collect(),
            levels: Level::ALL
                .iter()
                .enumerate()
                .map(|(level, name)| {
                    (*name, (0..12).map(|at| (level as i64 + 1) * 7 + (at * 13 + level as i64 * 5) % 17).collect())
                })
                .collect(),
        },
        areas: areas(),
        plays: days(30),
    }
}

fn areas() -> Vec<CoverageArea> {
    let cities: [(&str, &[&str]); 9] = [
        ("韶关市", &["仁化县", "始兴县", "翁源县", "南雄市", "乐昌市", "曲江区", "武江区", "浈江区"]),
        ("梅州市", &["梅县区", "大埔县", "丰顺县", "五华县", "平远县", "蕉岭县", "兴宁市"]),
        ("清远市", &["佛冈县", "阳山县", "英德市", "连州市", "清新区"]),
        ("河源市", &["紫金县", "龙川县", "连平县", "和平县", "东源县"]),
        ("湛江市", &["遂溪县", "徐闻县", "廉江市", "雷州市", "吴川市"]),
        ("茂名市", &["电白区", "高州市", "化州市", "信宜市"]),
        ("肇庆市", &["广宁县", "怀集县", "封开县", "德庆县"]),
        ("东莞市", &[]),
        ("中山市", &[]),
    ];
    let area = |at: usize, name: &str, villages: i64, share: i64| CoverageArea {
        code: format!("44{at:04}000000"),
        name: name.to_owned(),
        villages,
        active: villages * share / 100,
        areas: Vec::new(),
    };
    cities
        .iter()
        .enumerate()
        .map(|(at, (name, counties))| {
            let inner: Vec<CoverageArea> = counties
                .iter()
                .enumerate()
                .map(|(inner, name)| {
                    area(
                        at * 100 + inner + 1,
                        name,
                        90 + (inner as i64 * 67) % 200,
                        (at as i64 * 23 + inner as i64 * 31) % 101,
                    )
                })
                .collect();
            let villages = if inner.is_empty() { 420 } else { inner.iter().map(|area| area.villages).sum() };
            let active = if inner.is_empty() { 355 } else { inner.iter().map(|area| area.active).sum() };
            CoverageArea { areas: inner, villages, active, ..area(at * 100, name, 0, 0) }
        })
        .collect()
}

fn days(count: i64) -> Vec<DayFigures> {
    (0..count)
        .map(|at| {
            let views = 820 + (at * 97) % 340 + if at % 7 > 4 { 380 } else { 0 };
            DayFigures {
                day: format!("2026-{:02}-{:02}", 10 + (25 + at) / 31, (25 + at) % 31 + 1),
                views,
                plays: views * 2 / 5,
                minutes: views * 3,
            }
        })
        .collect()
}

fn inbox() -> inbox::Inbox {
    let change = |kind, text: &str| inbox::Change { kind, text: text.into() };
    let entry = |item: ItemLine| inbox::Entry {
        hash: "9f2c41d0a7e5b3c86d1f0e9a4b7c2d5e8f3a6b9c0d1e2f3a4b5c6d7e8f9a0b1c".into(),
        screen: Some("sample-tv.svg".into()),
        more: Vec::new(),
        excerpt: "本周六（11月28日）晚上七点半，县粤剧团到榕树广场演出《帝女花》《紫钗记》选段，请乡亲们自带小板凳，\
                  早点来占好位置。如遇下雨改在文化室。"
            .into(),
        changes: Vec::new(),
        since: NOW - 3 * HOUR,
        passed: Vec::new(),
        barred: None,
        item,
    };
    let first = entry(line("3001", "周六晚榕树广场粤剧专场", Kind::Activity, CLIP, State::FirstReview, 3 * HOUR));
    let mut second =
        entry(line("301", "水口村 2026 年三季度财务收支明细", Kind::Disclosure, MONEY, State::FirstReview, 26 * HOUR));
    second.changes = vec![
        change(inbox::ChangeKind::Same, "公益林补偿 12,400.00"),
        change(inbox::ChangeKind::Removed, "支出合计 212,705.60"),
        change(inbox::ChangeKind::Added, "支出合计 213,905.60"),
    ];
    second.excerpt = "收入 286,430.00 元，支出 213,905.60 元，结余 72,524.40 元。".into();
    second.more = vec!["14 行的表格".into(), "6 张票据".into()];
    second.passed = vec![(Step::First, "邓小燕".into(), NOW - 20 * HOUR)];
    let mut third = entry(line("30", "沙田柚开园 每箱 68 元", Kind::Product, FARM, State::FirstReview, DAY));
    third.barred = Some(Desk::OwnText.into());
    inbox::Inbox {
        step: Step::First,
        tabs: vec![(Step::First, 7), (Step::Second, 2), (Step::Final, 0)],
        entries: vec![first, second, third],
        next: Some("c4".into()),
        further: false,
        behind: 5,
    }
}

fn inbox_empty() -> inbox::Inbox {
    inbox::Inbox { step: Step::Final, entries: Vec::new(), next: None, behind: 0, ..inbox() }
}

fn decided() -> inbox::Decided {
    inbox::Decided {
        id: "3001".into(),
        title: "周六晚榕树广场粤剧专场".into(),
        state: State::SecondReview,
        problem: None,
        tabs: vec![(Step::First, 6), (Step::Second, 3)],
        step: Step::First,
    }
}

fn many() -> Vec<(&'static str, many::Many)> {
    let line = |id: &str, title: &str, outcome| many::Line { id: id.into(), title: title.into(), outcome };
    let asked = many::Many {
        act: many::Act::Withdraw,
        lines: vec![
            line("20", "本周三上午停水检修", many::Outcome::Asked),
            line("200", "榕树戏台：《帝女花》选段", many::Outcome::Asked),
        ],
        is_done: false,
        reason: String::new(),
        problem: Some(Desk::NoReason.into()),
        back: "/console/items?mine=1".into(),
    };
    let done = many::Many {
        act: many::Act::Delete,
        lines: vec![
            line("20", "本周三上午停水检修", many::Outcome::Done),
            line("200", "榕树戏台：《帝女花》选段", many::Outcome::Refused(Desk::Kept.into())),
        ],
        is_done: true,
        problem: None,
        ..asked.clone()
    };
    vec![("many-asked", asked), ("many-done", done)]
}

fn options() -> Vec<items::SectionOption> {
    let option = |id: &str, board, name: &str| items::SectionOption { id: id.into(), board, name: name.into() };
    vec![
        option("study", Board::Party, "学党史"),
        option("party-affairs", Board::Party, "党务公开"),
        option("village-affairs", Board::Governance, "村务公开"),
        option("finance", Board::Governance, "财务公开"),
        option("events", Board::Culture, "文化活动"),
        option("opera", Board::Culture, "粤剧"),
        option("produce", Board::Business, "土特产"),
        option("jobs", Board::Business, "招工"),
    ]
}

fn items() -> items::Items {
    let mut list = vec![
        line("2001", "周六晚榕树广场粤剧专场", Kind::Activity, CLIP, State::FirstReview, 3 * HOUR),
        line("201", "水口村 2026 年三季度财务收支明细", Kind::Disclosure, MONEY, State::Rejected, 5 * HOUR),
        line("20", "本周三上午停水检修", Kind::Notice, (Board::Governance, "通知"), State::Published, 2 * HOUR),
        line("200", "榕树戏台：《帝女花》选段", Kind::Video, CLIP, State::Published, 20 * HOUR),
        line("2", "沙田柚开园 每箱 68 元", Kind::Product, FARM, State::Scheduled, 26 * HOUR),
        line(
            "20000",
            "镇党委理论学习中心组学习《乡村振兴促进法》并研究今冬明春农田水利冬修工作安排",
            Kind::Article,
            PARTY,
            State::Published,
            3 * DAY,
        ),
        line("2003", "招采果工 30 名", Kind::Job, (Board::Business, "招工"), State::Draft, 4 * DAY),
        line("2004", "中秋慰问金发放名册", Kind::Disclosure, MONEY, State::Expired, 60 * DAY),
        line("2005", "蛇离村石拱桥", Kind::Spot, (Board::Business, "旅游"), State::Withdrawn, 8 * DAY),
    ];
    list[1].reason = Some("合计与明细对不上：支出合计少了 1,200.00 元".into());
    list[2].pinned = true;
    list[4].not_before = Some(NOW + 2 * DAY);
    list[4].not_after = Some(NOW + 30 * DAY);
    list[5].priority = 6;
    items::Items {
        filter: items::Filter {
            region: town(),
            board: None,
            section: None,
            state: None,
            kind: None,
            mine: false,
            from: String::new(),
            to: String::new(),
            q: String::new(),
        },
        sections: options(),
        states: State::ALL.to_vec(),
        items: list,
        next: Some("c2".into()),
        further: false,
        may_create: true,
        acts: many::Act::ALL.to_vec(),
    }
}

fn items_empty() -> items::Items {
    let mut view = items();
    view.items.clear();
    view.next = None;
    view.filter.q = "自来水 水质".into();
    view.filter.board = Some(Board::Governance);
    view.filter.section = Some("finance".into());
    view.filter.state = Some(State::Published);
    view.filter.mine = true;
    view
}

fn item() -> item::Item {
    let mut line = line("2001", "灌溉渠清淤工程 付款与票据", Kind::Disclosure, MONEY, State::SecondReview, 3 * HOUR);
    line.region = villages()[0].clone();
    line.pinned = true;
    line.priority = 3;
    line.not_before = Some(NOW + DAY);
    line.not_after = Some(NOW + 31 * DAY);
    let hash = "9f2c41d0a7e5b3c86d1f0e9a4b7c2d5e8f3a6b9c0d1e2f3a4b5c6d7e8f9a0b1c".to_owned();
    let event =
        |action, who: &str, right: Option<(Role, Region)>, ago: i64, reason: &str, key: Option<&str>| item::Event {
            action,
            who: who.into(),
            right,
            at: NOW - ago,
            reason: reason.into(),
            hash: hash.clone(),
            key: key.map(str::to_owned),
        };
    let editor = Some((Role::Editor, villages()[0].clone()));
    let first = Some((Role::FirstReviewer, villages()[0].clone()));
    let picture = |caption: &str| item::Picture {
        url: "sample-thumb.svg".into(),
        width: 1_600,
        height: 900,
        thumbnail: "sample-thumb.svg".into(),
        caption: caption.into(),
    };
    item::Item {
        hash: hash.clone(),
        revision: 4,
        summary: "合同 48,000.00 元，已付 36,000.00 元，票据 4 张".into(),
        publisher: "榕树村村民委员会".into(),
        body: vec![
            item::Block::Heading("工程情况".into()),
            item::Block::Paragraph("清淤 1.8 公里，10月6日验收合格。第三笔款项待质保期满后支付。".into()),
            item::Block::Entry { number: 1, text: "村民代表会议 8月12日表决通过".into() },
            item::Block::Entry { number: 2, text: "三家报价，最低价中标".into() },
            item::Block::Quote("水一直流到田尾，今年晚造不用抽水了。".into()),
        ],
        values: editor::Values::default(),
        table: Some(item::Table {
            columns: vec![("日期".into(), false), ("事项".into(), false), ("金额（元）".into(), true)],
            rows: vec![
                (vec!["8月20日".into(), "首付款".into(), "24,000.00".into()], false),
                (vec!["10月8日".into(), "验收款".into(), "12,000.00".into()], false),
                (vec!["合计".into(), "".into(), "36,000.00".into()], true),
            ],
        }),
        pictures: Vec::new(),
        receipts: vec![picture("发票 1"), picture("发票 2"), picture("验收单"), picture("付款回单")],
        video: None,
        audience: item::Audience { only: vec![town()], except: vec![villages()[2].clone()] },
        timeline: vec![
            event(ItemAction::Created, "李国强", editor.clone(), 3 * DAY, "", None),
            event(ItemAction::Submitted, "李国强", editor.clone(), 2 * DAY, "", None),
            event(ItemAction::Rejected, "邓小燕", first.clone(), 2 * DAY - HOUR, "缺第三张发票的照片", None),
            event(ItemAction::Edited, "李国强", editor.clone(), DAY, "", None),
            event(ItemAction::Submitted, "李国强", editor, DAY - 60, "", None),
            event(ItemAction::ApprovedFirst, "邓小燕", first, 3 * HOUR, "", Some("5ac1e0779b31c2f49ad0")),
        ],
        reviews: 3,
        changes: Vec::new(),
        previews: vec![
            item::Preview { name: "正文 1".into(), url: "sample-tv.svg".into() },
            item::Preview { name: "列表".into(), url: "sample-tv.svg".into() },
            item::Preview { name: "正文 2".into(), url: "sample-tv.svg".into() },
        ],
        rights: item::Rights {
            edit: true,
            submit: false,
            review: Some(Step::Second),
            barred: None,
            withdraw: true,
            copy: true,
            delete: false,
        },
        figures: Some((1_204, 0, 0)),
        line,
    }
}

fn media() -> Vec<media::Media> {
    let medium = |id: &str, slot, name: &str, length, state| media::Media {
        id: id.into(),
        slot,
        name: name.into(),
        length,
        caption: String::new(),
        state,
    };
    let ready = |duration| media::MediaState::Ready {
        thumbnail: "sample-thumb.svg".into(),
        width: 1_920,
        height: 1_080,
        duration,
    };
    use media::{MediaState, Slot};
    vec![
        medium("501", Slot::Video, "粤剧专场.mov", 5_134_000_000, MediaState::Uploading { received: 2_210_000_000 }),
        medium("502", Slot::Video, "粤剧专场.mov", 5_134_000_000, MediaState::Waiting { ahead: 2 }),
        medium("503", Slot::Video, "粤剧专场.mov", 5_134_000_000, MediaState::Working { percent: 62 }),
        medium("504", Slot::Picture, "柚园.jpg", 4_210_000, ready(None)),
        medium(
            "505",
            Slot::Picture,
            "柚园全景.png",
            88_000_000,
            MediaState::Refused { reason: "图片边长超过 20,000 像素".into() },
        ),
    ]
}

fn editor(kind: Kind) -> editor::Editor {
    let value = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let media = media();
    let ready =
        |slot, id: &str| media::Media { id: id.into(), slot, caption: "开园第一天".into(), ..media[3].clone() };
    editor::Editor {
        id: "2001".into(),
        revision: 4,
        state: State::Draft,
        region: villages()[0].clone(),
        kind,
        title: "周六晚榕树广场粤剧专场".into(),
        summary: "县粤剧团送戏下乡，晚上七点半开锣".into(),
        publisher: "榕树村村民委员会".into(),
        board: Board::Culture,
        section: "opera".into(),
        sections: options(),
        body: "## 演出安排\n\n本周六（11月28日）晚上七点半，县粤剧团到榕树广场演出《帝女花》《紫钗记》选段。\n\n- 请自带小板凳\n- 如遇下雨改在文化室\n".into(),
        values: editor::Values(vec![
            value("starts", "2026-11-28T19:30"),
            value("ends", "2026-11-28T22:00"),
            value("place", "榕树广场"),
            value("contact", "邓小燕 0751-6300000"),
            value("price", "68.00"),
            value("unit", "每箱 5 斤"),
            value("origin", "扶溪镇榕树村"),
            value("seller", "榕树村柚子合作社"),
            value("order", "tel:07516300000"),
            value("employer", "榕树村柚子合作社"),
            value("pay", "150 元/天"),
            value("headcount", "30"),
        ]),
        table: editor::TableText {
            tsv: "日期\t事项\t金额（元）\n8月20日\t首付款\t24,000.00\n10月8日\t验收款\t12,000.00\n合计\t\t36,000.00".into(),
            numeric: "3".into(),
            totals: "3".into(),
        },
        cover: (kind != Kind::Video).then(|| ready(media::Slot::Cover, "510")),
        pictures: vec![ready(media::Slot::Picture, "511"), media[4].clone()],
        receipts: vec![ready(media::Slot::Receipt, "512")],
        video: Some(media[2].clone()),
        not_before: Some(NOW + HOUR),
        not_after: Some(NOW + 4 * DAY),
        pinned: true,
        priority: 3,
        audience: item::Audience { only: vec![town()], except: vec![villages()[2].clone()] },
        problems: vec![
            wrong(Field::Summary, Why::TooLong { has: 230, most: 200 }),
            wrong(Field::Venue, Why::Empty),
        ],
        saved: Some(NOW - 40),
        steps: vec![Step::First, Step::Second, Step::Final],
        rejected: Some("请写明下雨改在哪里演。".into()),
        uploads: "/console/uploads".into(),
        is_drawn: true,
    }
}

fn editor_new() -> editor::Editor {
    editor::Editor {
        id: "2009".into(),
        revision: 0,
        title: String::new(),
        summary: String::new(),
        body: String::new(),
        cover: None,
        pictures: Vec::new(),
        not_before: None,
        not_after: None,
        pinned: false,
        priority: 0,
        audience: item::Audience::default(),
        problems: Vec::new(),
        saved: None,
        rejected: None,
        is_drawn: false,
        ..editor(Kind::Article)
    }
}

fn wrong(field: Field, why: Why) -> Problem {
    Problem::new(Lang::Zh, field.name(), &Message::from(why).about(field))
}

fn saved() -> editor::Saved {
    editor::Saved {
        id: "2001".into(),
        revision: 5,
        at: NOW,
        problems: vec![wrong(Field::Summary, Why::TooLong { has: 230, most: 200 })],
        state: State::Draft,
        is_drawn: true,
    }
}

fn conflicts() -> Vec<(&'static str, editor::Conflict)> {
    vec![
        ("editor-conflict", editor::Conflict::Person { id: "2001".into(), who: "李国强".into() }),
        ("editor-unasked", editor::Conflict::Unasked { on_air: true }),
        ("editor-gone", editor::Conflict::Gone),
        (
            "editor-other",
            editor::Conflict::Other(vec![Message::from(Why::TooLong { has: 3_000, most: 1_200 }).about(Field::Title)]),
        ),
    ]
}

fn again() -> Vec<(&'static str, again::Again)> {
    let fields = vec![
        ("title".to_owned(), "周六晚榕树广场粤剧专场".to_owned()),
        ("body".to_owned(), "本周六晚上七点半，县粤剧团到榕树广场演出。\n\n请自带小板凳。".to_owned()),
    ];
    let page = |why| again::Again::new(why, "/console/items/2001", fields.clone());
    vec![
        ("again-signed-out", page(again::Why::SignedOut)),
        ("again-stale", page(again::Why::Stale)),
        ("again-unasked", page(again::Why::Unasked { on_air: false })),
        ("again-on-air", page(again::Why::Unasked { on_air: true })),
    ]
}

fn nodes() -> Vec<regions::Node> {
    villages().into_iter().map(|region| regions::Node { region, branch: false, choosable: true }).collect()
}

fn hits() -> Vec<regions::Hit> {
    vec![
        regions::Hit { region: villages()[0].clone(), choosable: true },
        regions::Hit { region: county(), choosable: false },
    ]
}

fn calendar() -> calendar::Calendar {
    let window = |id: &str, title: &str, board, state, from: i64, days: Option<i64>| calendar::Window {
        id: id.into(),
        title: title.into(),
        board,
        state,
        region: villages()[0].clone(),
        from: NOW + from * DAY,
        until: days.map(|days| NOW + (from + days) * DAY),
    };
    calendar::Calendar {
        region: town(),
        month: "2026-11".into(),
        items: vec![
            window("1", "冬季护林防火令", Board::Governance, State::Published, -40, Some(60)),
            window("2", "本周三停水检修", Board::Governance, State::Published, -2, Some(2)),
            window("3", "周六晚榕树广场粤剧专场", Board::Culture, State::FirstReview, 0, Some(4)),
            window("4", "沙田柚开园 每箱 68 元", Board::Business, State::Scheduled, 2, Some(30)),
            window("5", "主题党日：清洁家园", Board::Party, State::Published, -15, Some(7)),
            window("6", "招采果工 30 名", Board::Business, State::Published, -20, Some(9)),
            window("7", "免费体检 60 岁以上", Board::Governance, State::Published, -14, Some(2)),
            window("8", "露天电影《柳毅传书》", Board::Culture, State::Expired, -17, Some(3)),
            window("9", "村规民约（修订）", Board::Governance, State::Published, -6, None),
            window("10", "狂犬疫苗接种", Board::Governance, State::Published, -15, Some(2)),
            window("11", "党费收缴公示", Board::Party, State::Published, -14, Some(3)),
        ],
        more: 3,
    }
}

fn views() -> views::Views {
    let figures = |views: i64| views::Figures { views, plays: views * 2 / 5, minutes: views * 3 };
    views::Views {
        region: town(),
        from: "2026-10-27".into(),
        to: "2026-11-25".into(),
        total: figures(31_240),
        days: days(30),
        regions: villages()
            .into_iter()
            .enumerate()
            .map(|(at, region)| (region, figures(6_400 / (at as i64 + 1))))
            .collect(),
        items: items()
            .items
            .into_iter()
            .take(6)
            .enumerate()
            .map(|(at, line)| views::ItemFigures {
                id: line.id,
                title: line.title,
                kind: line.kind,
                board: line.board,
                region: line.region,
                figures: figures(2_210 / (at as i64 + 1)),
            })
            .collect(),
        items_by_month: true,
        next: Some("c9".into()),
        months: vec!["2026-11".into(), "2026-10".into(), "2026-09".into()],
    }
}
