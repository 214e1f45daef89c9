//! The fields that a kind of item has beyond title, text and pictures: those of `yuexiang_wire::Kind`.

use yuexiang_wire::limits;

use crate::words::Kind;

/// How a field is typed and read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Text,
    Phone,
    /// An address of the web or a telephone.
    Order,
    /// Yuan with at most two decimals, however it is typed.
    Money,
    Count,
    /// `YYYY-MM-DDTHH:MM`, China Standard Time.
    Moment,
}

#[derive(Debug)]
pub struct Field {
    pub name: &'static str,
    pub zh: &'static str,
    pub en: &'static str,
    pub shape: Shape,
    /// Characters; 0 where that makes no sense.
    pub limit: usize,
    pub required: bool,
}

const fn field(
    name: &'static str,
    zh: &'static str,
    en: &'static str,
    shape: Shape,
    limit: usize,
    required: bool,
) -> Field {
    Field { name, zh, en, shape, limit, required }
}

const PHONE: Field = field("phone", "电话", "Telephone", Shape::Phone, limits::NAME, false);

const ACTIVITY: &[Field] = &[
    field("starts", "开始", "Begins", Shape::Moment, 0, true),
    field("ends", "结束", "Ends", Shape::Moment, 0, false),
    field("place", "地点", "Place", Shape::Text, limits::NAME, true),
    field("contact", "联系人", "Contact", Shape::Text, limits::NAME, false),
];
const PRODUCT: &[Field] = &[
    field("price", "价格（元）", "Price (yuan)", Shape::Money, 0, true),
    field("unit", "规格", "Unit", Shape::Text, limits::NAME, true),
    field("origin", "产地", "Origin", Shape::Text, limits::NAME, true),
    field("seller", "卖家", "Seller", Shape::Text, limits::NAME, true),
    PHONE,
    field(
        "order",
        "扫码下单的网址或电话",
        "Web address or telephone to order by QR code",
        Shape::Order,
        limits::ORDER,
        true,
    ),
];
const SPOT: &[Field] = &[
    field("address", "地址", "Address", Shape::Text, limits::NAME, true),
    field("hours", "开放时间", "Opening hours", Shape::Text, limits::NAME, false),
    PHONE,
];
const JOB: &[Field] = &[
    field("employer", "用工单位", "Employer", Shape::Text, limits::NAME, true),
    field("pay", "待遇", "Pay", Shape::Text, limits::NAME, true),
    field("place", "工作地点", "Place", Shape::Text, limits::NAME, true),
    field("headcount", "招几个人", "How many", Shape::Count, 0, false),
    PHONE,
];

/// The fields of a kind, in the order of the form.
pub fn of(kind: Kind) -> &'static [Field] {
    match kind {
        Kind::Activity => ACTIVITY,
        Kind::Product => PRODUCT,
        Kind::Spot => SPOT,
        Kind::Job => JOB,
        Kind::Article | Kind::Notice | Kind::Story | Kind::Video | Kind::Disclosure => &[],
    }
}
