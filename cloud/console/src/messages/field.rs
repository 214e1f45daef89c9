//! What the fields of forms and requests are called, and how a place in one is named.

use crate::words::Lang;

macro_rules! fields {
    ($($field:ident = $name:literal, $zh:literal, $en:literal;)+) => {
        /// A field of a form or of a request.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Field { $($field,)+ }

        impl Field {
            pub const ALL: &'static [Field] = &[$(Field::$field,)+];

            /// As forms and programs call it.
            pub fn name(self) -> &'static str {
                match self { $(Field::$field => $name,)+ }
            }

            /// As the page calls it.
            pub fn word(self, lang: Lang) -> &'static str {
                match self { $(Field::$field => lang.pick($zh, $en),)+ }
            }
        }
    };
}

fields! {
    Kind = "kind", "类型", "Kind";
    Section = "section", "板块和栏目", "Board and section";
    Title = "title", "标题", "Title";
    Summary = "summary", "摘要", "Summary";
    Publisher = "publisher", "发布者", "Publisher";
    Body = "body", "正文", "Text";
    Starts = "starts", "开始", "Begins";
    Ends = "ends", "结束", "Ends";
    Venue = "place", "地点", "Place";
    Contact = "contact", "联系人", "Contact";
    Price = "price", "价格（元）", "Price (yuan)";
    Unit = "unit", "规格", "Unit";
    Origin = "origin", "产地", "Origin";
    Seller = "seller", "卖家", "Seller";
    Phone = "phone", "电话", "Telephone";
    Order = "order", "扫码下单的网址或电话", "Web address or telephone to order by QR code";
    Address = "address", "地址", "Address";
    Hours = "hours", "开放时间", "Opening hours";
    Employer = "employer", "用工单位", "Employer";
    Pay = "pay", "待遇", "Pay";
    Headcount = "headcount", "招几个人", "How many";
    Table = "table", "表格", "Table";
    TableNumeric = "table_numeric", "数字列", "Columns of numbers";
    TableTotals = "table_totals", "合计行", "Rows of totals";
    Cover = "cover", "封面", "Cover";
    Video = "video", "视频", "Video";
    Picture = "picture", "图片", "Pictures";
    Receipt = "receipt", "票据", "Receipts";
    NotBefore = "not_before", "开始播", "Shown from";
    NotAfter = "not_after", "到时下线", "Until";
    Priority = "priority", "优先", "Priority";
    AudienceOnly = "audience_only", "给谁看：只给", "Audience, only";
    AudienceExcept = "audience_except", "给谁看：不给", "Audience, except";
    Reason = "reason", "理由", "Reason";
    Region = "region", "地区", "Region";
    Month = "month", "月份", "Month";
    From = "from", "从", "From";
    To = "to", "到", "To";
    Login = "login", "账号", "Account";
    PersonName = "name", "姓名", "Name";
    Role = "role", "角色", "Role";
    Password = "password", "新密码", "New password";
    Repeat = "repeat", "再输一次", "Once more";
    Current = "current", "现在的密码", "Current password";
    TokenTerms = "name", "名称和有效期", "Name and validity";
    TokenAccount = "account", "账号", "Account";
    SectionId = "id", "代号", "Id";
    SectionName = "name", "名称", "Name";
    SectionEnglish = "name_en", "英文名", "English name";
    Board = "board", "板块", "Board";
    Reviews = "reviews", "审核次数", "Number of reviews";
    Threshold = "threshold", "须有几把签名", "Signatures needed";
    Keys = "keys", "公钥", "Public keys";
    Signature = "signature", "签名", "Signature";
    IdempotencyKey = "idempotency-key", "幂等键", "Idempotency-Key";
    Substitute = "substitute", "由谁代审", "Who stands in";
    Rights = "rights", "要交代的审核", "Reviews";
    FirstDay = "first", "从哪天", "First day";
    LastDay = "last", "到哪天", "Last day";
    MailAddress = "address", "邮箱", "Mail address";
    Manner = "manner", "怎么通知", "How to be told";
    Hour = "hour", "钟点", "Hour";
    Below = "below", "下级的新代码", "New codes below";
    Split = "split", "拆分", "Split";
    RegionName = "name", "名称", "Name";
    List = "list", "名单", "List";
    Limit = "limit", "每页条数", "Entries of a page";
}

/// Where in a field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Spot {
    #[default]
    Whole,
    /// A line of a text, counted from 1, and how it begins.
    Line(usize, String),
    /// Columns, rows and pictures count from 1; rows without the titles.
    Column(usize),
    Row(usize),
    Cell {
        row: usize,
        column: usize,
    },
    Picture(usize),
}

/// Characters of a line that tell it from the others.
const BEGINNING: usize = 12;

impl Spot {
    /// The line `number` of a text, counted from 1.
    pub fn line(text: &str, number: usize) -> Spot {
        let line = text.lines().nth(number.saturating_sub(1)).unwrap_or_default().trim();
        let mut begins: String = line.chars().filter(|character| !character.is_control()).take(BEGINNING).collect();
        if line.chars().count() > BEGINNING {
            begins.push('…');
        }
        Spot::Line(number, begins)
    }

    pub fn words(&self, lang: Lang) -> String {
        let quoted = |begins: &str| if begins.is_empty() { String::new() } else { format!("“{begins}”") };
        match (self, lang) {
            (Spot::Whole, _) => String::new(),
            (Spot::Line(line, begins), Lang::Zh) => format!("第 {line} 行{}", quoted(begins)),
            (Spot::Line(line, begins), Lang::En) => format!("line {line} {}", quoted(begins)).trim_end().to_owned(),
            (Spot::Column(column), Lang::Zh) => format!("第 {column} 列"),
            (Spot::Column(column), Lang::En) => format!("column {column}"),
            (Spot::Row(row), Lang::Zh) => format!("第 {row} 行"),
            (Spot::Row(row), Lang::En) => format!("row {row}"),
            (Spot::Cell { row, column }, Lang::Zh) => format!("第 {row} 行第 {column} 列"),
            (Spot::Cell { row, column }, Lang::En) => format!("row {row}, column {column}"),
            (Spot::Picture(number), Lang::Zh) => format!("第 {number} 张"),
            (Spot::Picture(number), Lang::En) => format!("number {number}"),
        }
    }
}
