//! Items as a province has them: what they are called, where they belong and what they are, from a seed.

/// A small generator of numbers; the same seed gives the same province.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// SplitMix64.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    pub fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}

/// Per thousand, board, section, kind, and the subjects of the titles.
type Sort = (usize, &'static str, &'static str, &'static str, &'static [&'static str]);

const SORTS: [Sort; 10] = [
    (
        260,
        "governance",
        "notice",
        "notice",
        &["停水", "停电", "道路施工", "垃圾清运", "森林防火", "台风防御", "医保缴费", "疫苗接种"],
    ),
    (180, "party", "news", "article", &["主题党日活动", "党员大会", "换届选举", "廉政教育", "乡村振兴座谈会"]),
    (140, "culture", "news", "article", &["文明家庭评选", "端午龙舟赛", "醒狮表演", "义务植树", "书屋开放"]),
    (120, "governance", "finance", "disclosure", &["财务收支", "集体资产", "低保名单", "补贴发放", "工程招标"]),
    (90, "culture", "activity", "activity", &["广场舞比赛", "电影放映", "义诊", "亲子阅读", "篮球赛"]),
    (80, "culture", "video", "video", &["村晚", "粤剧选段", "荔枝种植技术", "水稻病虫害防治", "村史"]),
    (50, "party", "story", "story", &["老党员的一天", "驻村第一书记", "抢险救灾"]),
    (40, "business", "product", "product", &["荔枝", "龙眼", "茶叶", "腊味", "沙糖桔"]),
    (30, "business", "job", "job", &["制衣厂招工", "民宿招聘", "果园采摘工"]),
    (10, "business", "spot", "spot", &["古村落一日游", "温泉农家乐"]),
];

const ENDINGS: [&str; 8] = ["通知", "公告", "公示", "情况通报", "安排", "的通知", "温馨提示", "简讯"];
/// In one title of twenty thousand.
pub const RARE: [&str; 4] = ["无人机", "非遗", "候鸟", "碳汇"];
/// In a quarter of all titles, in one of forty, in one of some hundred, and the rare ones.
pub const WORDS: [(&str, &str); 4] = [("common", "通知"), ("usual", "停水"), ("uncommon", "温泉"), ("rare", "候鸟")];

/// What an item is.
pub struct Text {
    pub board: &'static str,
    pub section: &'static str,
    pub kind: &'static str,
    pub title: String,
}

pub fn text(random: &mut Random, village: &str, number: usize) -> Text {
    let mut at = random.below(1_000);
    let sort = SORTS.iter().find(|(share, ..)| {
        at < *share || {
            at -= share;
            false
        }
    });
    let (_, board, section, kind, subjects) = *sort.unwrap_or(&SORTS[0]);
    let subject = random.pick(subjects);
    let ending = random.pick(&ENDINGS);
    let month = random.below(12) + 1;
    let rare = if random.below(5_000) == 0 { *random.pick(&RARE) } else { "" };
    Text { board, section, kind, title: format!("{village}{month}月{rare}{subject}{ending}（{number}）") }
}
