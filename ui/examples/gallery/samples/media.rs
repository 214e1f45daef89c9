use super::*;

pub fn samples() -> Vec<Sample> {
    vec![
        sample("live", view(Screen::Live, "")),
        sample("live-banner", osd(Osd::Banner(banner()), "")),
        sample("live-banner-large", large(osd(Osd::Banner(banner()), ""))),
        sample("live-banner-long", offline(osd(Osd::Banner(long_banner()), ""))),
        sample("live-digits", osd(Osd::Digits { typed: "12".into(), channel: "仁化县综合频道".into() }, "")),
        sample("live-digits-none", osd(Osd::Digits { typed: "77".into(), channel: "没有这个频道".into() }, "")),
        sample("live-channels", osd(Osd::Channels(channels()), "channel/3")),
        sample(
            "live-channels-large",
            large(osd(Osd::Channels(ChannelListView { visible_rows: 5, ..channels() }), "channel/5")),
        ),
        sample("live-volume", osd(Osd::Volume { percent: 35, muted: false }, "")),
        sample("live-muted", large(osd(Osd::Volume { percent: 35, muted: true }, ""))),
        sample("live-buffering", troubled(PlayState::Buffering, "正在加载画面 45%")),
        sample(
            "live-failed",
            troubled(PlayState::Failed, "这个频道现在看不了，过一会儿会自己再试。可以换个台，或按主页键看存下的内容。"),
        ),
        sample("live-offer", offered(false)),
        sample("live-offer-large", large(offered(false))),
        sample("live-offer-english", english(offered(true))),
        sample("live-silent", silent(osd(Osd::Banner(banner()), ""))),
        sample("player", player(PlayState::Playing, None)),
        sample("player-seek", player(PlayState::Paused, Some((620, "02:07".into())))),
        sample("player-large", large(player(PlayState::Paused, None))),
        sample("detail", view(Screen::VideoDetail(detail()), "video/play")),
        sample("detail-more", view(Screen::VideoDetail(more_text("按 OK 看全部文字")), "video/text")),
        sample("detail-next", view(Screen::VideoDetail(detail()), "item/2")),
        sample("detail-large", large(view(Screen::VideoDetail(large_detail()), "video/restart"))),
        sample("story", view(Screen::Story(story()), "story/picture")),
        sample(
            "story-large",
            large(view(Screen::Story(StoryView { picture_height: 728.0, ..story() }), "story/picture")),
        ),
        sample("story-missing", view(Screen::Story(story_missing()), "story/picture")),
    ]
}

fn osd(osd: Osd, focus: &str) -> View {
    let mut view = view(Screen::Live, focus);
    view.layer = Layer::Osd;
    view.osd = Some(osd);
    view
}

fn troubled(state: PlayState, message: &str) -> View {
    let mut view = view(Screen::Live, "");
    view.video.state = state;
    view.video.message = Some(message.into());
    view
}

fn offered(in_english: bool) -> View {
    let (message, offer) = if in_english {
        ("No network: reconnecting by itself", "OK: what Rongshu has stored on this box, without a network")
    } else {
        ("网络不通，正在自动重新连接", "按 OK 看榕树村自己的内容，存在本机，没有网络也能看")
    };
    let mut view = troubled(PlayState::Failed, message);
    view.video.fresh = false;
    view.video.offer = Some(offer.into());
    view.focus = "live/home".into();
    view
}

fn silent(mut view: View) -> View {
    view.video.muted = true;
    view
}

fn banner() -> BannerView {
    BannerView {
        number: "3".into(),
        name: "榕树村频道".into(),
        current: "19:30 乡村新闻".into(),
        progress: 400,
        next: "20:00 农技课堂".into(),
        time: "19:42".into(),
        hint: "主页键 打开榕树村主页".into(),
    }
}

fn long_banner() -> BannerView {
    BannerView {
        number: "888".into(),
        name: "广东省韶关市仁化县丹霞街道榕树村综合频道高清".into(),
        current: "19:30 村民代表大会第四次全体会议现场直播及会后答问".into(),
        next: "22:00 农技课堂之沙田柚冬季修剪、清园与病虫害综合防治".into(),
        ..banner()
    }
}

fn channels() -> ChannelListView {
    let names =
        ["广东卫视", "珠江频道", "榕树村频道", "仁化县综合频道", "韶关新闻综合", "农技课堂", "粤剧大戏台", "少儿"];
    let row = |(index, name): (usize, &&str)| ChannelRow {
        id: format!("channel/{}", index + 1),
        number: (index + 1).to_string(),
        name: (*name).into(),
        line: "19:30 乡村新闻".into(),
        playing: index == 2,
    };
    ChannelListView {
        title: "频道".into(),
        rows: names.iter().enumerate().map(row).collect(),
        first_row: 0,
        visible_rows: 7,
    }
}

fn player(state: PlayState, seek: Option<(u16, String)>) -> View {
    let mut view = view(Screen::Player, "player/bar");
    view.layer = Layer::Osd;
    view.video.state = state;
    view.osd = Some(Osd::Player(PlayerBarView {
        title: "沙田柚冬季修剪 第一课".into(),
        state,
        position: "01:05".into(),
        duration: "03:25".into(),
        progress: 317,
        seek,
        next: "接着播：第二课 清园".into(),
        hints: vec![hint("OK", "暂停"), hint("◀ ▶", "快退、快进"), hint("返回", "退出播放")],
    }));
    view
}

fn detail() -> VideoDetailView {
    VideoDetailView {
        board: Board::Business,
        crumb: "乡村创业 › 农技课堂".into(),
        title: "沙田柚冬季修剪 第一课".into(),
        meta: "仁化县农业农村局　11月12日　初审 陈伟民 · 复审 李玉兰 · 终审 黄志强".into(),
        poster: Some(photo(13, "")),
        duration: "03:25".into(),
        availability: "已存到本机，没有网络也能看".into(),
        buttons: vec![
            ButtonView { id: "video/play".into(), label: "从 01:05 继续".into() },
            ButtonView { id: "video/restart".into(), label: "从头看".into() },
        ],
        text: TextPage {
            lines: [
                "县农技站黄工到榕树村柚园现场讲解：哪些枝条要",
                "剪、剪到哪里、剪口怎么涂。老树、幼树分开讲，",
                "最后回答村民提问。",
            ]
            .iter()
            .enumerate()
            .map(|(index, text)| TextLine {
                text: (*text).into(),
                style: LineStyle::Body,
                top: index as f32,
                indent: 0.0,
            })
            .collect(),
            ..TextPage::default()
        },
        more: None,
        text_pages: 0,
        next: vec![
            fresh(1, Board::Business, "04:10", "第二课 清园和涂白", true),
            fresh(2, Board::Business, "05:32", "第三课 冬肥怎么下", true),
            fresh(3, Board::Business, "02:58", "柚子怎么装箱不会坏", true),
            fresh(4, Board::Business, "06:20", "电商发货从打单到揽收", false),
        ],
        hints: vec![hint("OK", "播放"), hint("返回", "回列表")],
        empty: None,
    }
}

fn more_text(more: &str) -> VideoDetailView {
    VideoDetailView { more: Some(more.into()), text_pages: 2, ..detail() }
}

fn large_detail() -> VideoDetailView {
    let mut detail = detail();
    detail.next.truncate(3);
    for line in &mut detail.text.lines {
        line.text = line.text.chars().take(19).collect();
    }
    detail
}

fn story() -> StoryView {
    StoryView {
        board: Board::Culture,
        title: "榕树村的一天".into(),
        heading: vec!["榕树村的一天".into()],
        picture_height: 766.0,
        text_pages: 1,
        picture: photo(11, ""),
        caption: vec![
            "早上六点，雾还没有散，三组的陈婆婆已经在挑菜了。她说，菜要赶在太阳出来前摘，".into(),
            "叶子才挺。".into(),
        ],
        index: 2,
        count: 8,
        ahead: vec![photo(12, ""), photo(10, "")],
        hints: vec![hint("◀ ▶", "上一张、下一张"), hint("OK", "看文字"), hint("返回", "回列表")],
        position: "3 / 8".into(),
        empty: None,
    }
}

fn story_missing() -> StoryView {
    StoryView {
        picture: PictureView { sha256: None, ..photo(0, "") },
        empty: Some(empty_view(EmptyIcon::Offline, "这张图片还没有存下来", "现在没有网络，先看别的图片吧。")),
        caption: Vec::new(),
        ..story()
    }
}
