use super::*;
use yuexiang_core::catalog::Kind;

pub fn samples() -> Vec<Sample> {
    vec![
        sample("board-row", view(Screen::Board(board(1)), "item/1")),
        sample("board-first", view(Screen::Board(board(0)), "item/0")),
        sample("board-section", view(Screen::Board(board(0)), "board/section/finance")),
        sample("board-large", large(view(Screen::Board(large_board()), "item/1"))),
        sample("board-offline", offline(view(Screen::Board(missing()), "item/2"))),
        sample("board-english", english(view(Screen::Board(english_board()), "item/1"))),
        sample("board-long", view(Screen::Board(long()), "item/2")),
        sample("board-thousand", view(Screen::Board(thousand()), "item/502")),
        sample(
            "board-empty",
            view(
                Screen::Board(empty(empty_view(EmptyIcon::Empty, "这里还没有内容", "村里发布以后会出现在这里。"))),
                "board/section/finance",
            ),
        ),
        sample(
            "board-not-cached",
            offline(view(
                Screen::Board(empty(empty_view(
                    EmptyIcon::Offline,
                    "这一栏还没有存下来",
                    "现在没有网络。网络通了以后会自己取来，不用操作。",
                ))),
                "board/section/finance",
            )),
        ),
        sample("board-loading", view(Screen::Board(empty(loading())), "board/section/finance")),
        sample("board-loading-large", large(view(Screen::Board(empty(loading())), "board/section/finance"))),
        sample("settings", view(Screen::Settings(settings()), "settings/text-size")),
        sample("settings-large", large(view(Screen::Settings(large_settings()), "settings/about"))),
        sample("settings-english", english(view(Screen::Settings(settings()), "settings/language"))),
        sample("about", view(Screen::About(about()), "about/text")),
        sample("about-large", large(view(Screen::About(about()), "about/text"))),
    ]
}

fn sections() -> Vec<SectionTab> {
    [
        ("village", "村务公开", 12),
        ("party", "党务公开", 3),
        ("finance", "财务公开", 5),
        ("law", "普法教育", 8),
        ("safety", "平安村居", 24),
        ("alert", "应急广播", 0),
        ("aid", "法律援助", 1),
    ]
    .map(|(id, name, count)| SectionTab { id: format!("board/section/{id}"), name: name.into(), count })
    .to_vec()
}

fn row(index: usize, kind: Kind, title: &str, line: &str, date: &str, badge: &str) -> RowView {
    RowView {
        id: format!("item/{index}"),
        item: index.to_string(),
        index,
        kind,
        title: title.into(),
        line: line.into(),
        meta: "榕树村村民委员会 · 三审通过".into(),
        date: date.into(),
        badge: badge.into(),
        thumbnail: (index % 2 == 1).then(|| photo((index % 15) as u8, "")),
        missing: String::new(),
    }
}

pub fn board(_focus: usize) -> BoardView {
    BoardView {
        board: Board::Governance,
        title: "乡村治理".into(),
        sections: sections(),
        first_section: 0,
        selected_section: 2,
        rows: vec![
            row(
                0,
                Kind::Disclosure,
                "2026 年三季度村级财务收支明细",
                "收入 286,430.00 元　支出 213,905.60 元　结余 72,524.40 元",
                "今天",
                "置顶",
            ),
            row(
                1,
                Kind::Disclosure,
                "灌溉渠清淤工程 付款与票据",
                "合同 48,000.00 元　已付 36,000.00 元　票据 4 张",
                "昨天",
                "",
            ),
            row(2, Kind::Notice, "中秋慰问金发放名册", "68 户　每户 300.00 元", "9月26日", ""),
            row(3, Kind::Video, "二季度村民议事会录像", "村委会主任说明公厕改造和路灯维修的安排", "7月11日", "03:25"),
            row(4, Kind::Product, "沙田柚 自家种 现摘现发", "榕树村三组　梁伯", "7月2日", "68.00 元"),
            row(5, Kind::Activity, "周六晚榕树广场粤剧专场", "11月28日 星期六 19:30　榕树广场", "7月1日", ""),
            row(6, Kind::Job, "柚园招采摘工 20 名", "每天 160.00 元　包午饭", "6月30日", ""),
        ],
        first_row: 0,
        visible_rows: 5,
        total_rows: 9,
        empty: None,
    }
}

fn large_board() -> BoardView {
    let mut board = board(1);
    board.visible_rows = 4;
    board.sections.truncate(6);
    board
}

fn missing() -> BoardView {
    let mut board = board(2);
    for row in &mut board.rows {
        row.missing = match row.kind {
            Kind::Video => "视频未存到本机，联网时可看".into(),
            Kind::Notice => "还没有存下来".into(),
            _ => String::new(),
        };
        if !row.missing.is_empty() {
            row.thumbnail = None;
        }
    }
    board
}

fn english_board() -> BoardView {
    let mut board = board(1);
    board.title = "Village affairs".into();
    for (section, name) in board.sections.iter_mut().zip([
        "Village accounts",
        "Party affairs",
        "Finance",
        "Law for everyone",
        "Safe homes",
        "Emergency",
        "Legal aid",
    ]) {
        section.name = name.into();
    }
    board.rows[1].title = "Irrigation canal dredging: payments and receipts".into();
    board.rows[1].line = "Contract ¥48,000.00　paid ¥36,000.00　4 receipts".into();
    board.rows[1].meta = "Rongshu Villagers' Committee · Reviewed".into();
    board
}

fn long() -> BoardView {
    let mut board = board(2);
    board.title = "乡村治理与平安建设".into();
    for row in &mut board.rows {
        row.title = "关于榕树村三组至五组灌溉渠道清淤疏浚工程合同价款支付情况及全部原始票据的公开说明".into();
        row.line =
            "合同 48,000.00 元　已付 36,000.00 元　未付部分待三个月质保期满、村民代表复验合格后支付，票据 4 张".into();
        row.meta = "广东省韶关市仁化县丹霞街道榕树村村务监督委员会 · 三审通过".into();
        row.date = "2025年10月28日".into();
        row.badge = "置顶".into();
    }
    board.sections[0].name = "美丽乡村建设与人居环境".into();
    board.sections[2].name = "财务收支与票据公开".into();
    board
}

pub fn thousand() -> BoardView {
    let mut board = board(2);
    board.total_rows = 1000;
    board.first_row = 500;
    board.rows = (497..508)
        .map(|index| {
            row(
                index,
                Kind::Article,
                &format!("第 {} 条：村规民约修订征求意见", index + 1),
                "请各户在月底前把意见交到村委会办公室",
                "5月4日",
                "",
            )
        })
        .collect();
    board
}

fn empty(empty: EmptyView) -> BoardView {
    BoardView { rows: Vec::new(), total_rows: 0, empty: Some(empty), ..board(0) }
}

fn settings() -> SettingsView {
    let row = |id: &str, label: &str, value: &str, text: &str, choice| SettingRow {
        id: format!("settings/{id}"),
        label: label.into(),
        value: value.into(),
        text: text.into(),
        choice,
    };
    SettingsView {
        title: "设置".into(),
        rows: vec![
            row("boot", "开机先看", "电视直播", "打开电视时先看到什么", true),
            row("text-size", "文字大小", "标准", "所有页面的字一起变大", true),
            row("language", "语言 Language", "中文", "中文 / English", true),
            row("view-counts", "收视统计", "开", "只数每条内容在本村被看了多少次、多久，不记是谁看的", true),
            row("sync", "更新内容", "今天 18:30", "按 OK 马上接收村里的新内容", false),
            row("about", "关于本机", "0.1.0", "村名、存储和版本", false),
            row("reset", "恢复默认设置", "", "设置回到刚装好时的样子，内容不会删除", false),
        ],
        first_row: 0,
        visible_rows: 7,
        hints: vec![hint("◀ ▶", "改变"), hint("OK", "打开"), hint("返回", "回主页")],
    }
}

fn large_settings() -> SettingsView {
    SettingsView { first_row: 1, visible_rows: 5, ..settings() }
}

fn about() -> AboutView {
    let pairs = [
        ("本村", "广东省 · 韶关市 · 仁化县 · 丹霞街道 · 榕树村　440224103999"),
        ("存下的内容", "128 条"),
        ("存储", "已用 1.2 GB，最多用 4.0 GB（磁盘还剩 5.6 GB）"),
        ("上次更新", "今天 18:30"),
        ("更新结果", "正常"),
        ("服务器", "https://gd.example/"),
        ("软件版本", "粤乡 Yuexiang 0.1.0"),
    ];
    AboutView {
        title: "关于本机".into(),
        facts: pairs.map(|(label, value)| fact(label, value)).to_vec(),
        page: text_page(&pairs, 9.5, Vec::new()),
        position: String::new(),
        hints: vec![hint("返回", "回设置")],
        technical: "440000000000 Server".into(),
    }
}
