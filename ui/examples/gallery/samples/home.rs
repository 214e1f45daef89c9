use super::*;
use yuexiang_core::layout::Layout;
use yuexiang_ui::FontMeasure;

pub fn samples() -> Vec<Sample> {
    let home = || Screen::Home(fitted(home(), TextSize::Normal));
    vec![
        sample("home-live", view(home(), "home/live")),
        sample("home-board", view(home(), "home/board/governance")),
        sample("home-board-last", view(home(), "home/board/business")),
        sample("home-fresh", view(home(), "item/2")),
        sample("home-settings", view(home(), "home/settings")),
        sample("home-offline", offline(view(home(), "home/board/party"))),
        sample("home-large", large(view(Screen::Home(large_home()), "item/2"))),
        sample("home-large-offline", offline(large(view(Screen::Home(large_home()), "home/board/culture")))),
        sample("home-english-large", large(english(view(Screen::Home(english_large()), "home/board/governance")))),
        sample("home-silent", silent(view(home(), "home/board/party"))),
        sample("home-silent-large", silent(large(view(Screen::Home(large_home()), "home/live")))),
        sample("home-storage", storage_full(view(home(), "home/live"))),
        sample("home-english", english(view(Screen::Home(fitted(english_home(), TextSize::Normal)), "home/live"))),
        sample("home-first-start", first_start()),
        sample("home-no-live", no_live()),
        sample("home-long", long()),
        sample("home-dialog", dialog()),
        sample("home-toast", toast()),
        sample("home-volume", volume()),
        sample("standby", standby()),
    ]
}

fn board_card(board: Board, title: &str, line: &str, badge: &str) -> BoardCard {
    BoardCard {
        id: format!("home/board/{}", board.slug()),
        board,
        title: title.into(),
        line: line.into(),
        badge: badge.into(),
        badge_below: false,
    }
}

/// Leaves out of the cards' lines what does not stand there whole, as the core does.
fn fitted(mut home: HomeView, size: TextSize) -> HomeView {
    let measure = FontMeasure::new();
    for card in &mut home.boards {
        let names: Vec<String> = card.line.split(" · ").map(str::to_owned).collect();
        (card.line, card.badge_below) = Layout::new(size).card_line(&card.title, &names, &card.badge, &measure);
    }
    home
}

pub fn home() -> HomeView {
    HomeView {
        live: LiveCard {
            title: "3 榕树村频道 · 乡村新闻".into(),
            line: "19:30 – 20:00　接着播：农技课堂".into(),
            times: "19:30 – 20:00".into(),
            trouble: None,
        },
        boards: vec![
            board_card(Board::Party, "乡村党建", "学党史 · 党务公开", "今日更新 3"),
            board_card(Board::Governance, "乡村治理", "村务公开 · 平安村居", "今日更新 2"),
            board_card(Board::Culture, "乡村文明", "看电视 · 文化活动", "本周更新 4"),
            board_card(Board::Business, "乡村创业", "土特产 · 招工 · 旅游", ""),
        ],
        fresh: vec![
            fresh(1, Board::Governance, "村务公开", "三季度财务收支明细", true),
            fresh(2, Board::Governance, "通知", "本周三上午停水检修，请提前储水", true),
            fresh(3, Board::Culture, "活动", "周六晚 榕树广场 粤剧专场", false),
            fresh(4, Board::Business, "土特产", "沙田柚开园 每箱 68 元", true),
        ],
        empty: None,
    }
}

fn large_home() -> HomeView {
    let mut home = home();
    home.fresh.truncate(3);
    fitted(home, TextSize::Large)
}

fn english_home() -> HomeView {
    HomeView {
        live: LiveCard {
            title: "3 Rongshu Village Channel · Village news".into(),
            line: "19:30 – 20:00　Next: Farming class".into(),
            times: "19:30 – 20:00".into(),
            trouble: None,
        },
        boards: vec![
            board_card(Board::Party, "Party", "History · Party affairs", "3 new today"),
            board_card(Board::Governance, "Village affairs", "Accounts · Safe homes", "2 new today"),
            board_card(Board::Culture, "Culture", "Television · Events", "4 new this week"),
            board_card(Board::Business, "Business", "Produce · Jobs · Travel", ""),
        ],
        fresh: vec![
            fresh(1, Board::Governance, "Accounts", "Third quarter income and expenses", true),
            fresh(2, Board::Governance, "Notice", "No water on Wednesday morning", true),
            fresh(3, Board::Culture, "Event", "Cantonese opera on Saturday", true),
            fresh(4, Board::Business, "Produce", "Shatian pomelos, 68 yuan a box", true),
        ],
        empty: None,
    }
}

fn english_large() -> HomeView {
    let mut home = english_home();
    home.fresh.truncate(3);
    fitted(home, TextSize::Large)
}

fn silent(mut view: View) -> View {
    view.video.muted = true;
    view
}

fn storage_full(mut view: View) -> View {
    view.notice = Some("本机存储满了，新的图片暂时存不下，联网时照样能看".into());
    view.notice_sign = NoticeSign::Storage;
    view
}

fn first_start() -> View {
    let mut home = home();
    home.live.title = String::new();
    home.live.line = String::new();
    home.live.trouble = Some("还没有频道，正在从网上取".into());
    home.boards.iter_mut().for_each(|card| card.badge.clear());
    home.fresh.clear();
    home.empty =
        Some(empty_view(EmptyIcon::Loading, "第一次开机，正在取村里的内容", "取到一条就会出现在这里，请稍等。"));
    let mut view = view(Screen::Home(home), "home/live");
    view.header.date.clear();
    view.header.time.clear();
    view.video.fresh = false;
    view.video.state = PlayState::Idle;
    view
}

fn no_live() -> View {
    let mut home = home();
    home.live.trouble = Some("直播看不了：网络断了。存下的视频还能看。".into());
    let mut view = offline(view(Screen::Home(home), "home/live"));
    view.video.state = PlayState::Failed;
    view
}

fn long() -> View {
    let mut home = home();
    home.live.title =
        "888 广东省韶关市仁化县丹霞街道榕树村综合频道 · 村民代表大会第四次全体会议现场直播及会后答问".into();
    home.live.line = "19:30 – 22:00　接着播：农技课堂之沙田柚冬季修剪、清园与病虫害综合防治技术要点（上）重播".into();
    for card in &mut home.boards {
        card.line = "学党史 · 党务公开 · 党员风采 · 主题教育 · 红色村史馆".into();
        card.badge = "今日更新 128".into();
    }
    home = fitted(home, TextSize::Normal);
    for card in &mut home.fresh {
        card.tag = "美丽乡村建设与人居环境整治".into();
        card.title = "关于二〇二六年城乡居民基本医疗保险集中缴费期延长至年底的温馨提示".into();
    }
    let mut view = view(Screen::Home(home), "home/board/governance");
    view.header.village = "坪田古银杏文化生态旅游示范社区".into();
    view.header.lineage = "广东省 · 清远市 · 连山壮族瑶族自治县 · 小三江镇省属国有林场".into();
    view
}

fn dialog() -> View {
    let mut view = view(Screen::Home(home()), "dialog/restart");
    view.layer = Layer::Dialog;
    view.dialog = Some(Dialog {
        title: "新版本准备好了".into(),
        text: "换新版本要一两分钟，这段时间看不了电视。现在换，还是等夜里自己换？".into(),
        buttons: vec![
            ButtonView { id: "dialog/restart".into(), label: "现在就换".into() },
            ButtonView { id: "dialog/later".into(), label: "夜里再换".into() },
        ],
    });
    view
}

fn toast() -> View {
    let mut view = view(Screen::Home(home()), "home/live");
    view.toast = Some("刚收到 3 条新内容".into());
    view
}

fn volume() -> View {
    let mut view = view(Screen::Home(home()), "home/live");
    view.osd = Some(Osd::Volume { percent: 60, muted: false });
    view
}

fn standby() -> View {
    let mut view = view(Screen::Home(home()), "home/live");
    view.standby = true;
    view
}
