use super::*;
use yuexiang_core::catalog::{Column, Table, TableRow};
use yuexiang_core::grid::lay_out;
use yuexiang_core::layout::Layout;
use yuexiang_ui::FontMeasure;

pub fn samples() -> Vec<Sample> {
    vec![
        sample("reader", view(Screen::Reader(reader()), "reader/text")),
        sample("reader-first-page", view(Screen::Reader(with_facts()), "reader/text")),
        sample("reader-picture", view(Screen::Reader(beside_picture()), "reader/picture")),
        sample("reader-figure", view(Screen::Reader(with_figure()), "reader/text")),
        sample("reader-large", large(view(Screen::Reader(large_reader()), "reader/text"))),
        sample("reader-long-title", offline(view(Screen::Reader(long_title()), "reader/text"))),
        sample("reader-loading", view(Screen::Reader(reader_empty(loading())), "reader/text")),
        sample(
            "reader-offline",
            offline(view(
                Screen::Reader(reader_empty(empty_view(
                    EmptyIcon::Offline,
                    "这一篇还没有存下来",
                    "现在没有网络。网络通了以后会自己取来。",
                ))),
                "reader/text",
            )),
        ),
        sample(
            "reader-error",
            view(
                Screen::Reader(reader_empty(empty_view(
                    EmptyIcon::Error,
                    "这一篇坏了，打不开",
                    "正在重新取。如果一直这样，请告诉村委会。",
                ))),
                "reader/text",
            ),
        ),
        sample("table", view(Screen::Table(table()), "table/receipts")),
        sample("table-rows", view(Screen::Table(ledger(TextSize::Normal, 0)), "table/row/1")),
        sample("table-large", large(view(Screen::Table(ledger(TextSize::Large, 0)), "table/row/1"))),
        sample("table-large-more", large(view(Screen::Table(ledger(TextSize::Large, 1)), "table/row/1"))),
        sample("table-row", view(Screen::Reader(whole_row()), "reader/text")),
        sample("table-note", view(Screen::Table(note_page()), "table/note")),
        sample("table-english", english(view(Screen::Table(english_table()), "table/receipts"))),
        sample("product", view(Screen::Product(product()), "product/picture")),
        sample("product-large", large(view(Screen::Product(product()), "product/text"))),
        sample(
            "product-no-picture",
            view(Screen::Product(ProductView { pictures: None, ..product() }), "product/text"),
        ),
    ]
}

const PARAGRAPHS: [&str; 13] = [
    "各位乡亲：为了让大家住得更舒心，村里从十一月二十五日起分三段改造供水主管道，每段",
    "停水半天。停水前一天晚上，广播和电视会再通知一次，请提前储水，家里有老人、小孩的",
    "住户，村里安排了送水。",
    "一、时间",
    "第一段（一组、二组）：11 月 25 日 8:30 – 12:00；第二段（三组、四组）：11 月 26 日 8:30 –",
    "12:00；第三段（五组、六组和小学）：11 月 27 日 13:30 – 17:00。如遇下雨顺延。",
    "二、送水",
    "1. 行动不便的老人，请打村委会值班电话 0751-6350000，我们送到家门口；",
    "2. 小学食堂由水车保障。",
    "“水管一换，以后就不会再三天两头漏水了。”——村民代表 梁伯",
    "工程款来自 2026 年美丽乡村专项资金，预算 186,000.00 元，完工后在“财务公开”里公布",
    "全部票据。",
    "榕树村村民委员会",
];

fn lines() -> Vec<TextLine> {
    let mut top = 0.0;
    let mut lines = Vec::new();
    for (index, text) in PARAGRAPHS.iter().enumerate() {
        let style = match index {
            3 | 6 => LineStyle::Heading,
            7 | 8 => LineStyle::Entry,
            9 => LineStyle::Quote,
            _ => LineStyle::Body,
        };
        let indent = if style == LineStyle::Quote { 1.5 } else { 0.0 };
        if matches!(index, 3 | 6) {
            top += 0.2;
        }
        lines.push(TextLine { text: (*text).into(), style, top, indent });
        top += if style == LineStyle::Heading { 1.2 } else { 0.96 };
    }
    lines
}

fn reader() -> ReaderView {
    let mut lines = lines();
    lines.truncate(12);
    ReaderView {
        board: Board::Governance,
        crumb: "乡村治理 › 通知".into(),
        title: "供水主管道改造 分段停水安排".into(),
        meta: "榕树村村民委员会　10月8日　初审 陈伟民 · 复审 李玉兰 · 终审 黄志强".into(),
        page: text_page(&[], 5.9, lines),
        page_index: 0,
        page_count: 2,
        side: None,
        hints: vec![hint("▲ ▼", "翻页"), hint("返回", "回列表")],
        position: "第 1 页 / 共 2 页".into(),
        empty: None,
    }
}

fn with_facts() -> ReaderView {
    let mut lines = lines();
    lines.truncate(6);
    ReaderView {
        board: Board::Culture,
        crumb: "乡村文明 › 文化活动".into(),
        title: "周六晚榕树广场粤剧专场".into(),
        page: text_page(
            &[
                ("时间", "11月28日 星期六 19:30"),
                ("地点", "榕树广场（下雨改在文化室）"),
                ("联系人", "文化室 陈姐 0751-6350001"),
            ],
            5.9,
            lines,
        ),
        ..reader()
    }
}

fn beside_picture() -> ReaderView {
    let mut lines = lines();
    lines.truncate(12);
    for line in &mut lines {
        line.text = line.text.chars().take(33).collect();
    }
    ReaderView {
        board: Board::Party,
        crumb: "乡村党建 › 学党史".into(),
        title: "红军长征过仁化：城口铜鼓岭阻击战".into(),
        page: text_page(&[], 5.9, lines),
        side: Some(SidePicture {
            picture: photo(6, "铜鼓岭红军烈士纪念园"),
            index: 0,
            count: 3,
            label: "图片 1 / 3　按 OK 放大".into(),
        }),
        hints: vec![hint("◀ ▶", "翻看图片"), hint("▲ ▼", "翻页"), hint("返回", "回列表")],
        ..reader()
    }
}

fn with_figure() -> ReaderView {
    let mut lines = lines();
    lines.truncate(3);
    let picture = PictureView { width: 1600, height: 1000, ..photo(8, "改造前的水管（六月摄）") };
    ReaderView {
        page: TextPage {
            figures: vec![FigureView { caption: vec![picture.caption.clone()], picture, top: 3.4, height: 9.2 }],
            ..text_page(&[], 5.9, lines)
        },
        page_index: 1,
        position: "第 2 页 / 共 2 页".into(),
        ..reader()
    }
}

fn large_reader() -> ReaderView {
    let mut lines = lines();
    lines.truncate(9);
    for line in &mut lines {
        line.text = line.text.chars().take(40).collect();
    }
    ReaderView { page: text_page(&[], 5.9, lines), ..reader() }
}

fn long_title() -> ReaderView {
    ReaderView {
        title: "关于榕树村三组至五组灌溉渠道清淤疏浚工程合同价款支付情况及全部原始票据的公开说明和答疑（第二次修订）"
            .into(),
        meta: "广东省韶关市仁化县丹霞街道榕树村村务监督委员会　2025年10月28日　初审 陈伟民 · 复审 李玉兰 · 终审 黄志强"
            .into(),
        ..reader()
    }
}

fn reader_empty(empty: EmptyView) -> ReaderView {
    ReaderView { page: TextPage::default(), empty: Some(empty), position: String::new(), ..reader() }
}

fn column(title: &str, numeric: bool) -> Column {
    Column { title: title.into(), numeric }
}

fn table_row(cells: &[&str], total: bool) -> TableRow {
    TableRow { cells: cells.iter().map(|cell| (*cell).into()).collect(), total }
}

/// Columns and rows of a part of a table as the core lays them out, the first page of them.
fn laid_out(table: &Table, size: TextSize, width: f32, part: usize) -> TableView {
    let grid = lay_out(table, Layout::new(size).table(width), &FontMeasure::new());
    let columns = &grid.parts[part];
    let mut top = grid.header_height;
    let mut rows = Vec::new();
    for index in grid.pages.first().cloned().unwrap_or_default() {
        rows.push(TableRowView {
            id: format!("table/row/{index}"),
            index,
            cells: columns.iter().map(|column| table.rows[index].cells[column.column].clone()).collect(),
            lines: columns.iter().map(|column| column.cells[index].clone()).collect(),
            total: table.rows[index].total,
            top,
            height: grid.heights[index],
        });
        top += grid.heights[index];
    }
    TableView {
        columns: columns
            .iter()
            .map(|column| TableColumn {
                title: table.columns[column.column].title.clone(),
                lines: column.title.clone(),
                numeric: table.columns[column.column].numeric,
                left: column.left,
                width: column.width,
            })
            .collect(),
        part,
        part_count: grid.parts.len(),
        width,
        header_height: grid.header_height,
        rows,
        ..empty_table()
    }
}

fn note(top: &[&str]) -> TextPage {
    let line = |(index, text): (usize, &&str)| TextLine {
        text: (*text).into(),
        style: LineStyle::Body,
        top: index as f32,
        indent: 0.0,
    };
    text_page(&[], 4.7, top.iter().enumerate().map(line).collect())
}

fn empty_table() -> TableView {
    TableView {
        board: Board::Governance,
        crumb: "乡村治理 › 财务公开".into(),
        title: "灌溉渠清淤工程 付款与票据".into(),
        meta: "榕树村村民委员会　10月8日　初审 陈伟民 · 复审 李玉兰 · 终审 黄志强".into(),
        columns: Vec::new(),
        row_pages: 1,
        part: 0,
        part_count: 1,
        width: 1_728.0,
        header_height: 78.0,
        rows: Vec::new(),
        note: TextPage::default(),
        page_index: 0,
        page_count: 2,
        receipts: None,
        hints: vec![hint("▲ ▼", "选一行"), hint("OK", "看整行"), hint("返回", "退出")],
        position: "第 1 页 / 共 2 页".into(),
        empty: None,
    }
}

fn table() -> TableView {
    let table = Table {
        columns: vec![column("项目", false), column("合同金额", true), column("已付金额", true), column("票据", true)],
        rows: vec![
            table_row(&["挖机台班 12 天", "21,600.00", "21,600.00", "2 张"], false),
            table_row(&["人工 46 工", "13,800.00", "9,200.00", "1 张"], false),
            table_row(&["渣土外运", "8,400.00", "5,200.00", "1 张"], false),
            table_row(&["材料（涵管 18 节）", "4,200.00", "0.00", "—"], false),
            table_row(&["合计", "48,000.00", "36,000.00", "4 张"], true),
        ],
    };
    TableView {
        note: note(&[
            "说明：清淤全长 1.8 公里，9 月 20 日完工，村民代表",
            "7 人到场验收。未付款项待质保期满三个月后支付。",
        ]),
        receipts: Some(SidePicture {
            picture: photo(3, "挖机台班发票"),
            index: 0,
            count: 4,
            label: "票据 1 / 4　按 OK 放大".into(),
        }),
        hints: vec![hint("◀ ▶", "翻看票据"), hint("OK", "放大"), hint("返回", "回列表")],
        ..laid_out(&table, TextSize::Normal, 1_120.0, 0)
    }
}

/// A ledger of seven columns, as a village keeps it.
fn ledger(size: TextSize, part: usize) -> TableView {
    let row = |index: usize| {
        let amount = format!("{},{:03}.{:02}", 12 + index * 7, (index * 137) % 1_000, (index * 31) % 100);
        let number = format!("收字第00{index}号");
        let cells = match index {
            0 => ["2026-07-03", &number, "沙田柚合作社缴租金", "陈文秀", "128,000.00", "", "1,286,430.05"],
            _ => [
                "2026-09-12",
                &number,
                "三组至五组灌溉渠道清淤疏浚工程第二期材料采购（含运输装卸）",
                "欧阳志明",
                "",
                &amount,
                "2,405,830.05",
            ],
        };
        table_row(&cells, false)
    };
    let columns = [
        ("日期", false),
        ("凭证号", false),
        ("事由", false),
        ("经手人", false),
        ("收入（元）", true),
        ("支出（元）", true),
        ("结余（元）", true),
    ];
    let table = Table {
        columns: columns.into_iter().map(|(title, numeric)| column(title, numeric)).collect(),
        rows: (0..9).map(row).collect(),
    };
    laid_out(&table, size, 1_728.0, part)
}

fn whole_row() -> ReaderView {
    let facts = [
        ("日期", "2026-09-12"),
        ("凭证号", "收字第001号"),
        ("事由", "三组至五组灌溉渠道清淤疏浚工程第二期材料采购"),
        ("经手人", "欧阳志明"),
        ("收入（元）", "—"),
        ("支出（元）", "19,137.31"),
        ("结余（元）", "2,405,830.05"),
    ];
    ReaderView {
        crumb: "乡村治理 › 财务公开".into(),
        title: "2026 年三季度村级收支明细账".into(),
        page: text_page(&facts, 5.9, Vec::new()),
        page_count: 1,
        hints: vec![hint("◀ ▶", "上一行 下一行"), hint("返回", "退出")],
        position: "第 2 行 / 共 9 行".into(),
        ..reader()
    }
}

fn note_page() -> TableView {
    TableView {
        note: note(&[
            "说明：清淤全长 1.8 公里，9 月 20 日完工，村民代表 7 人到场验收。未付款项待质保期满",
            "三个月后支付。对本项有疑问，可到村务监督委员会询问，五个工作日内答复。",
        ]),
        hints: vec![hint("▲ ▼", "翻页"), hint("返回", "退出")],
        page_index: 1,
        ..empty_table()
    }
}

fn english_table() -> TableView {
    TableView {
        crumb: "Village affairs › Finance".into(),
        title: "Irrigation canal dredging: payments and receipts".into(),
        meta: "Rongshu Villagers' Committee　8 Oct　Reviewed by Chen Weimin, Li Yulan, Huang Zhiqiang".into(),
        ..table()
    }
}

fn product() -> ProductView {
    ProductView {
        board: Board::Business,
        crumb: "乡村创业 › 土特产".into(),
        title: "沙田柚 自家种 现摘现发".into(),
        meta: "榕树村电商服务站　11月20日　初审 陈伟民 · 复审 李玉兰 · 终审 黄志强".into(),
        price: "68.00".into(),
        unit: "元 / 每箱 5 斤".into(),
        pictures: Some(SidePicture {
            picture: photo(9, "刚摘的沙田柚"),
            index: 0,
            count: 3,
            label: "图片 1 / 3　按 OK 放大".into(),
        }),
        order: "https://gd.example/o/440224103999/pomelo".into(),
        order_label: "手机扫一扫下单".into(),
        text: text_page(
            &[("产地", "榕树村三组 百年柚园"), ("卖家", "梁伯（梁国强）"), ("电话", "138 0013 8000")],
            4.7,
            note(&[
                "树龄三十年以上的老树果，今年雨水好，皮薄汁多。",
                "当天摘当天发，三天内到珠三角。坏果包赔。",
                "村里统一质检，每箱有编号，扫码能看到是哪棵树上的。",
            ])
            .lines,
        ),
        page_index: 0,
        page_count: 1,
        hints: vec![hint("◀ ▶", "翻看图片"), hint("返回", "回列表")],
        position: String::new(),
        empty: None,
    }
}
