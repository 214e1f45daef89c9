//! Pages about the programme's rules, people, keys and the log.

use super::*;
use yuexiang_console::messages::desk::{Desk, Setting};
use yuexiang_console::messages::request::Request;
use yuexiang_console::words::Step;

const HASH: &str = "9f2c41d0a7e5b3c86d1f0e9a4b7c2d5e8f3a6b9c0d1e2f3a4b5c6d7e8f9a0b1c";

pub fn pages(lang: Lang) -> Vec<Sample> {
    let cx = |path: &str| context(lang, path);
    let mut created = cx("/console/accounts/31");
    created
        .flashes
        .push(Flash { tone: Tone::Good, text: "账号已建好，把下面的链接交给本人。".into() });
    let mut all = vec![
        sample("sections", &cx("/console/sections"), &sections(), sections::page),
        sample("policy", &cx("/console/policy"), &policy(), policy::page),
        sample("channels", &cx("/console/channels"), &channels(), channels::page),
        sample("accounts", &cx("/console/accounts"), &accounts(), accounts::list),
        sample("account-new", &cx("/console/accounts/new"), &new_account(), accounts::new),
        sample("account", &created, &account(), accounts::account),
        sample("notices", &cx("/console/notices"), &notices(), notices::page),
        sample("notices-settings", &cx("/console/notices/settings"), &notice_settings(), notices::settings),
        sample("notices-confirm", &stranger(lang, "/console/notices/confirm/x"), &confirm(false), notices::confirm),
        sample("notices-confirmed", &stranger(lang, "/console/notices/confirm/x"), &confirm(true), notices::confirm),
        sample("substitutes", &cx("/console/substitutes"), &substitutes(), substitutes::page),
        sample("tokens", &cx("/console/tokens"), &tokens(), tokens::page),
        sample("keys", &cx("/console/keys"), &keys(), keys::page),
        sample("keys-quiet", &cx("/console/keys"), &keys_quiet(), keys::page),
        sample("log", &cx("/console/log"), &log(), log::page),
        sample("log-broken", &cx("/console/log"), &log_broken(), log::page),
    ];
    for (name, kind) in ERRORS {
        all.push(sample(name, &cx("/console/items/9"), &problem(kind), error::page));
    }
    all
}

fn notices() -> notices::Notices {
    use yuexiang_console::words::Notice;
    let line = |id: &str, kind, text: &str, who: &str, ago, is_read, is_settled| notices::Line {
        id: id.into(),
        kind,
        text: text.into(),
        who: who.into(),
        region: villages()[0].clone(),
        at: NOW - ago,
        has_page: !text.is_empty(),
        is_read,
        is_settled,
    };
    notices::Notices {
        unread_only: false,
        unread: 3,
        lines: vec![
            line("7", Notice::Waits, "“榕树村 2026 年第三季度财务公开”等您初审", "邓小燕", 900, false, false),
            line(
                "6",
                Notice::Returned,
                "“灌溉渠清淤工程 付款与票据”被退回：缺发票，请补上 9 月 12 日那一笔",
                "李国强",
                3 * HOUR,
                false,
                false,
            ),
            line("5", Notice::Overdue, "“重阳节敬老活动”等初审已经 2 天", "", 5 * HOUR, false, false),
            line("4", Notice::Published, "“停水通知”已发布", "黄志明", 20 * HOUR, true, false),
            line("3", Notice::Waits, "“荔枝文化节”等您初审", "邓小燕", 2 * DAY, false, true),
            line("2", Notice::Withdrawn, "", "黄志明", 3 * DAY, true, false),
            line(
                "1",
                Notice::Substitute,
                "李国强从2026年11月20日到2026年11月27日代陈文秀做扶溪镇榕树村的初审",
                "陈文秀",
                6 * DAY,
                true,
                false,
            ),
        ],
        newest: Some("7".into()),
        next: Some("1".into()),
        further: false,
        delivery: Some(notices::Delivery {
            has_mail: true,
            waiting: 2,
            since: Some(NOW - 2 * HOUR),
            failed: vec![("黄志明".into(), NOW - 4 * HOUR, "sending mail: permanent error (550): no such user".into())],
        }),
    }
}

fn notice_settings() -> notices::Settings {
    use yuexiang_console::words::{Manner, NoticeGroup};
    notices::Settings {
        has_mail: true,
        address: Some("chen@example.cn".into()),
        unconfirmed: Some("wenxiu@example.cn".into()),
        typed: String::new(),
        groups: vec![
            (NoticeGroup::Waiting, Manner::Now),
            (NoticeGroup::Own, Manner::Daily),
            (NoticeGroup::Operation, Manner::Never),
        ],
        hour: 8,
        lang: Lang::Zh,
        problems: Vec::new(),
    }
}

fn confirm(done: bool) -> notices::Confirm {
    notices::Confirm { link: "x".into(), address: Some("chen@example.cn".into()), done }
}

fn substitutes() -> substitutes::Substitutes {
    let line = |id: &str, from, until, ended| substitutes::Line {
        id: id.into(),
        name: "陈文秀".into(),
        substitute: "李国强".into(),
        role: Role::FirstReviewer,
        region: villages()[0].clone(),
        begins: NOW + from * DAY,
        ends: NOW + until * DAY,
        ended,
        may_end: true,
    };
    substitutes::Substitutes {
        account: "17".into(),
        name: "陈文秀".into(),
        is_own: true,
        rights: vec![
            substitutes::Right { role: Role::FirstReviewer, region: villages()[0].clone(), is_chosen: true },
            substitutes::Right { role: Role::SecondReviewer, region: town(), is_chosen: false },
        ],
        candidates: vec![("li".into(), "李国强".into()), ("huang".into(), "黄志明".into())],
        lines: vec![line("s-3", 6, 13, None), line("s-2", -1, 3, None), line("s-1", -40, -30, Some(NOW - 30 * DAY))],
        typed: ("li".into(), "2026-12-01".into(), "2026-11-30".into()),
        problems: vec![Problem::new(
            Lang::Zh,
            "last",
            &yuexiang_console::messages::notices::Substitute::Backwards.into(),
        )],
    }
}

const ERRORS: [(&str, error::ErrorKind); 10] = [
    ("error-403", error::ErrorKind::Forbidden),
    ("error-403-action", error::ErrorKind::Barred),
    ("error-403-form", error::ErrorKind::StaleForm),
    ("error-404", error::ErrorKind::NotFound),
    ("error-409", error::ErrorKind::Conflict),
    ("error-413", error::ErrorKind::TooLarge),
    ("error-429", error::ErrorKind::TooMany),
    ("error-500", error::ErrorKind::Internal),
    ("error-503", error::ErrorKind::Unavailable),
    ("error-507", error::ErrorKind::DiskFull),
];

fn problem(kind: error::ErrorKind) -> error::ErrorPage {
    error::ErrorPage {
        kind,
        detail: match kind {
            error::ErrorKind::Conflict => Some(Desk::Conflict.into()),
            error::ErrorKind::Unavailable => Some(Request::ClockDoubt { ahead: -86_400 }.into()),
            error::ErrorKind::DiskFull => Some(Request::DiskFull.into()),
            _ => None,
        },
        way_out: Some(("看看现在的样子".into(), "/console/items/2001".into())),
        reference: "b81d-27".into(),
    }
}

fn sections() -> sections::Sections {
    let section = |id: &str, board, name: &str, en: &str, order, from: Region, items| sections::Section {
        id: id.into(),
        board,
        name: name.into(),
        name_en: en.into(),
        order,
        from,
        renamed_from: None,
        items,
    };
    let mut list = vec![
        section("study", Board::Party, "学党史", "Party history", 10, province(), 31),
        section("party-affairs", Board::Party, "党务公开", "Party affairs", 20, province(), 12),
        section("village-affairs", Board::Governance, "村务公开", "Village affairs", 10, province(), 64),
        section("finance", Board::Governance, "财务公开", "Finances", 30, province(), 28),
        section("council", Board::Governance, "村民议事", "Village council", 80, town(), 9),
        section("events", Board::Culture, "文化活动", "Events", 10, province(), 45),
        section("opera", Board::Culture, "粤剧", "Cantonese opera", 80, town(), 17),
        section("produce", Board::Business, "土特产", "Local produce", 10, province(), 22),
        section("jobs", Board::Business, "招工", "Jobs", 20, county(), 13),
    ];
    list[2].renamed_from = Some("村务".into());
    list[2].from = town();
    sections::Sections {
        region: town(),
        sections: list,
        may_edit: true,
        draft: sections::NewSection {
            board: Some(Board::Culture),
            id: "Opera!".into(),
            name: "戏曲".into(),
            name_en: "Opera".into(),
        },
        problems: vec![Problem::new(Lang::Zh, "id", &Setting::Id("Opera!".into()).into())],
    }
}

fn policy() -> policy::Policy {
    policy::Policy {
        region: county(),
        own: Some((
            Region {
                code: "440200000000".into(),
                name: "韶关市".into(),
                level: Level::City,
                above: vec!["广东省".into()],
            },
            3,
        )),
        below: Some(2),
        may_edit: true,
        reviewers: vec![(Step::First, 4), (Step::Second, 2), (Step::Final, 0)],
        problems: Vec::new(),
    }
}

fn channels() -> channels::Channels {
    channels::Channels {
        region: town(),
        channels: vec![
            channels::Channel {
                number: 1,
                name: "广东乡村".into(),
                from: province(),
                now: Some(("早安乡村".into(), NOW - 1_800)),
                next: Some(("农技课堂".into(), NOW + 1_800)),
                url: Some("/live/guangdong/index.m3u8".into()),
            },
            channels::Channel {
                number: 3,
                name: "榕树村频道".into(),
                from: villages()[0].clone(),
                now: None,
                next: Some(("榕树戏台".into(), NOW + 600)),
                url: None,
            },
        ],
    }
}

fn account_line(
    id: &str,
    login: &str,
    name: &str,
    state: accounts::AccountState,
    roles: &[(Role, Region)],
) -> accounts::AccountLine {
    accounts::AccountLine {
        id: id.into(),
        login: login.into(),
        name: name.into(),
        state,
        roles: roles
            .iter()
            .map(|(role, region)| accounts::Grant { role: *role, region: region.clone(), revocable: true })
            .collect(),
        last_seen: (state == accounts::AccountState::Active).then_some(NOW - 5 * HOUR),
    }
}

fn accounts() -> accounts::Accounts {
    use accounts::AccountState::{Active, Disabled, Invited};
    let village = &villages()[0];
    accounts::Accounts {
        region: town(),
        role: None,
        q: String::new(),
        disabled: true,
        accounts: vec![
            account_line(
                "17",
                "chenwx",
                "陈文秀",
                Active,
                &[(Role::Editor, town()), (Role::FirstReviewer, town()), (Role::Administrator, town())],
            ),
            account_line("18", "ligq", "李国强", Active, &[(Role::Editor, village.clone())]),
            account_line(
                "19",
                "dengxy",
                "邓小燕",
                Active,
                &[(Role::FirstReviewer, village.clone()), (Role::SecondReviewer, village.clone())],
            ),
            account_line("20", "huangzm", "黄志明", Active, &[(Role::FinalReviewer, county())]),
            account_line("31", "laijh", "赖建华", Invited, &[(Role::Installer, town()), (Role::Operator, county())]),
            account_line("22", "zengyf", "曾玉芳", Disabled, &[]),
        ],
        next: Some("c7".into()),
        further: false,
        may_create: true,
    }
}

fn new_account() -> accounts::NewAccount {
    accounts::NewAccount {
        region: town(),
        login: "laijh".into(),
        name: "赖建华".into(),
        grantable: Role::ALL.to_vec(),
        chosen: vec![Role::Installer],
        problems: vec![Problem::new(Lang::Zh, "login", &messages::account::Account::Taken("laijh".into()).into())],
    }
}

fn reviewer_key(name: &str, until: Option<i64>) -> accounts::ReviewerKey {
    accounts::ReviewerKey {
        key: HASH.into(),
        account: "19".into(),
        name: name.into(),
        steps: vec![Step::First, Step::Second],
        since: NOW - 200 * DAY,
        until,
    }
}

fn account() -> accounts::Account {
    accounts::Account {
        line: accounts().accounts[2].clone(),
        created: NOW - 300 * DAY,
        created_by: "黄志明".into(),
        link: Some(accounts::OneTimeLink {
            url: "https://yuexiang.example/console/password/2f9d0e7ac1".into(),
            until: NOW + 2 * DAY,
        }),
        sessions: vec![
            accounts::Session {
                id: "s1".into(),
                began: NOW - 2 * HOUR,
                last_seen: NOW - 60,
                client: "Firefox · Windows".into(),
                address: "10.12.3.40".into(),
                current: true,
            },
            accounts::Session {
                id: "s2".into(),
                began: NOW - 6 * DAY,
                last_seen: NOW - 2 * DAY,
                client: "Chrome · Android".into(),
                address: "10.12.8.5".into(),
                current: false,
            },
        ],
        keys: vec![reviewer_key("邓小燕", None), reviewer_key("邓小燕", Some(NOW - 100 * DAY))],
        grantable: Role::ALL.to_vec(),
        root: town(),
        may_manage: true,
        problems: Vec::new(),
    }
}

fn tokens() -> tokens::Tokens {
    let token = |id: &str, name: &str, role, revoked| tokens::Token {
        id: id.into(),
        name: name.into(),
        account: "县融媒体中心平台".into(),
        role,
        region: county(),
        created: NOW - 90 * DAY,
        created_by: "陈文秀".into(),
        expires: NOW + 275 * DAY,
        revoked,
    };
    tokens::Tokens {
        region: county(),
        tokens: vec![
            token("1", "仁化县融媒体中心", Role::Editor, None),
            token("2", "县农业农村局公开系统", Role::Editor, None),
            token("3", "旧融媒平台", Role::Editor, Some(NOW - 90 * DAY)),
        ],
        created: Some(("仁化县融媒体中心".into(), "yxt_4f9a2c7d18e35b60f0a1b2c3d4e5f60718293a4b5c6".into())),
        grantable: vec![Role::Editor, Role::Auditor],
        name: String::new(),
        account: "chenwx".into(),
        role: None,
        problems: Vec::new(),
    }
}

fn keys() -> keys::Keys {
    let key = |id: &str, online, waiting| keys::Key {
        id: format!("{id}{}", &HASH[8..]),
        online,
        since: NOW - 400 * DAY,
        waiting,
    };
    let role = |role, version, days: i64, keys| keys::RoleKeys {
        role,
        version,
        expires: NOW + days * DAY,
        threshold: 1,
        keys,
    };
    let child = |at: usize, has_root: bool, revoked| keys::Child {
        region: town_named(["长江镇", "扶溪镇", "闻韶镇", "城口镇"][at], &format!("44022410{at}000")),
        root: has_root.then_some((at as i64 + 1, NOW + 300 * DAY)),
        revoked,
    };
    keys::Keys {
        region: county(),
        parent: Some(Region {
            code: "440200000000".into(),
            name: "韶关市".into(),
            level: Level::City,
            above: vec!["广东省".into()],
        }),
        roles: vec![
            keys::RoleKeys {
                threshold: 2,
                ..role(keys::KeyRole::Root, 3, 300, vec![key("1c0ffee2", false, false), key("2b0a71f3", false, false)])
            },
            role(keys::KeyRole::Targets, 812, 80, vec![key("aa10bc2d", true, false), key("03fe77d1", true, true)]),
            role(keys::KeyRole::Snapshot, 2_041, 6, vec![key("b1c2d3e4", true, false)]),
            role(keys::KeyRole::Timestamp, 90_211, 1, vec![key("c9d8e7f6", true, false)]),
        ],
        reviewers: vec![reviewer_key("邓小燕", None), reviewer_key("曾玉芳", Some(NOW - 100 * DAY))],
        children: vec![
            child(0, true, None),
            child(1, true, None),
            child(2, false, None),
            child(3, true, Some((NOW - 10 * DAY, "密钥电脑失窃".into()))),
        ],
        ceremony: Some(keys::Ceremony {
            version: 4,
            began: NOW - HOUR,
            request_url: "/console/keys/ceremony/request".into(),
            request_hash: HASH.into(),
            summary: vec!["根文件 root 第 4 版，接第 3 版".into(), "新增根密钥 root：77ab03fe…".into()],
            signatures: vec!["1c0ffee2".into()],
            before: (1, 2),
            own: (0, 2),
            command: "yuexiang-cloud keys sign root-4.json --key KEY.pem --out signature.json".into(),
        }),
        rights: keys::Rights { rotate: true, revoke: true, ceremony: true },
        new_keys: String::new(),
        new_threshold: String::new(),
        problems: Vec::new(),
    }
}

fn keys_quiet() -> keys::Keys {
    keys::Keys { parent: None, region: province(), ceremony: None, children: Vec::new(), ..keys() }
}

fn log() -> log::Log {
    let entry = |number: i64, who: &str, action: &str, object: &str, detail: &str| log::LogEntry {
        number,
        at: NOW - (48_213 - number) * 1_900,
        who: who.into(),
        action: action.into(),
        region: Some(villages()[0].clone()),
        object: object.into(),
        url: Some("/console/items/2001".into()),
        detail: detail.into(),
        hash: HASH.into(),
    };
    log::Log {
        region: town(),
        who: String::new(),
        action: String::new(),
        from: String::new(),
        to: String::new(),
        actions: vec![
            ("approve".into(), "审核通过".into()),
            ("reject".into(), "退回".into()),
            ("login".into(), "登录".into()),
        ],
        chain: log::Chain::Verified { chains: 12, entries: 48_213, head: HASH.into(), at: NOW - 300 },
        entries: vec![
            entry(48_213, "邓小燕", "初审通过", "灌溉渠清淤工程 付款与票据", ""),
            entry(48_212, "李国强", "提交审核", "灌溉渠清淤工程 付款与票据", ""),
            entry(48_211, "邓小燕", "退回", "灌溉渠清淤工程 付款与票据", "缺第三张发票的照片"),
            entry(48_210, "", "到期下线", "中秋慰问金发放名册", ""),
            entry(48_209, "陈文秀", "授予角色", "赖建华", "装维 扶溪镇"),
            entry(48_208, "陈文秀", "登录", "", "10.12.3.40"),
        ],
        next: Some("c11".into()),
        further: true,
        export: Some("/console/log.jsonl?region=440224103000".into()),
    }
}

fn log_broken() -> log::Log {
    log::Log { chain: log::Chain::Broken { region: town(), number: 48_210 }, ..log() }
}
