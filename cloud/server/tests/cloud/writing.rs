//! What people write at the console, as their browser sends it, and what becomes of it.

use reqwest::Client;
use reqwest::redirect::Policy;
use serde_json::{Value as Json, json};
use yuexiang_cloud::accounts::{Accounts, Settings};
use yuexiang_cloud::desk::Desk;
use yuexiang_cloud::desk::draft::Draft;
use yuexiang_cloud::desk::items::Origin;
use yuexiang_cloud::desk::rights::{Actor, Grant, Role};
use yuexiang_wire::Board;

use crate::desk::{code, desk, person};
use crate::fixture::{NOW, Server, VILLAGE, World};

const PASSWORD: &str = "水稻 and 2 buffaloes";

/// A village's editor at the console.
pub struct Editor {
    /// Dropped with the editor: its folder goes then.
    _world: World,
    pub server: Server,
    desk: Desk,
    pub client: Client,
    pub csrf: String,
}

impl Editor {
    pub async fn sign_in() -> Editor {
        let world = World::new();
        let accounts = Accounts::new(world.publisher().await, Settings::default()).expect("accounts");
        let root = Actor::command_line();
        let account = accounts.create(&root, &"chen".parse().expect("a login"), "陈文秀", code(VILLAGE), NOW).await;
        let account = account.expect("makes");
        accounts.set_password(&root, &account.id, PASSWORD, NOW).await.expect("sets");
        let grant = Grant { role: Role::Editor, region: code(VILLAGE) };
        accounts.grant(&root, &account.id, grant, NOW).await.expect("grants");
        let desk = desk(&world).await;
        let server = world.serve();
        let client = Client::builder().no_proxy().cookie_store(true).redirect(Policy::none()).build();
        let mut editor = Editor { _world: world, server, desk, client: client.expect("a client"), csrf: String::new() };
        let answer = editor.post("/console/login", &[("login", "chen"), ("password", PASSWORD)]).await;
        assert_eq!(answer.0, 303, "{}", answer.2);
        let page = editor.get("/console/items/new?kind=notice").await;
        let token = page.split("name=\"csrf\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
        editor.csrf = token.expect("a token").to_owned();
        editor
    }

    async fn get(&self, path: &str) -> String {
        let answer = self.client.get(format!("{}{path}", self.server.url)).send().await.expect("an answer");
        answer.text().await.expect("text")
    }

    /// Status, where it leads, and the page.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> (u16, String, String) {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self.client.post(format!("{}{path}", self.server.url));
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
        let answer = request.send().await.expect("an answer");
        let status = answer.status().as_u16();
        let location = answer.headers().get("location").and_then(|at| at.to_str().ok()).unwrap_or_default().to_owned();
        (status, location, answer.text().await.expect("text"))
    }

    /// Writes an item and hands it in: the document that its reviewers see, or the page that says why not.
    pub async fn submit(&self, kind: &str, place: &str, fields: &[(&str, &str)]) -> Result<Json, String> {
        let common = [
            ("csrf", self.csrf.as_str()),
            ("kind", kind),
            ("place_in", place),
            ("revision", "0"),
            ("publisher", "左龙村委会"),
            ("then", "submit"),
        ];
        let fields: Vec<_> = common.into_iter().chain(fields.iter().copied()).collect();
        // An item has its id from the moment its form opens.
        let form = self.get(&format!("/console/items/new?kind={kind}")).await;
        let action =
            form.split("action=\"").find(|rest| rest.starts_with("/console/items/") && rest.contains("data-own"));
        let action = action.and_then(|rest| rest.split('"').next()).expect("a form");
        let (status, location, page) = self.post(action, &fields).await;
        if status == 422 {
            return Err(page);
        }
        assert_eq!(status, 303, "{page}");
        let segment = location.split('?').next().and_then(|path| path.rsplit('/').next()).expect("an item");
        let id = segment.replacen('-', "/", 1);
        let text = self.desk.publisher.store.revision(&id, 1).await.expect("reads").expect("a revision");
        Ok(serde_json::from_str(&text.content.expect("a document")).expect("JSON"))
    }
}

/// What Word puts on the clipboard for a notice.
const FROM_WORD: &str =
    "各位村民：\r\n　　明日\u{200B}停水。\r\n    2026. 计划\r\n--------\r\n1.\t储水\r\n2.\t关阀\r\n\r\n村委会";

#[tokio::test(flavor = "multi_thread")]
async fn a_text_from_word_is_shown_as_it_was_written() {
    let editor = Editor::sign_in().await;
    let fields = [("title", "停水\u{200B}通知"), ("body", FROM_WORD)];
    let document = editor.submit("notice", "governance/notice", &fields).await.expect("nothing is wrong");
    assert_eq!(document["title"], "停水通知");
    let expected = json!([
        { "block": "paragraph", "text": "各位村民：\n　　明日停水。\n    2026. 计划\n--------" },
        { "block": "entry", "number": 1, "text": "储水" },
        { "block": "entry", "number": 2, "text": "关阀" },
        { "block": "paragraph", "text": "村委会" },
    ]);
    assert_eq!(document["body"], expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_sends_markdown_is_read_as_before_and_its_text_opens_as_it_looks() {
    let editor = Editor::sign_in().await;
    let program = person(&editor.desk, "program", &[(Role::Editor, VILLAGE)]).await;
    let body = "**明日**\n停水\n\n* 储水\n".to_owned();
    let draft = Draft { title: "停水".to_owned(), body, ..Draft::new("notice", Board::Governance, "notice") };
    let origin = Origin::Api("one");
    let saved = editor.desk.create(&program, code(VILLAGE), &draft, origin, NOW).await.expect("creates");
    let page = editor.get(&format!("/console/items/{}/edit", saved.id.replacen('/', "-", 1))).await;
    assert!(page.contains("明日停水\n\n- 储水</textarea>"), "{page}");
    let submitted = editor.desk.submit(&program, &saved.id, saved.revision, NOW).await;
    submitted.expect("nothing is wrong");
    let text = editor.desk.publisher.store.revision(&saved.id, 1).await.expect("reads").expect("a revision");
    let document: Json = serde_json::from_str(&text.content.expect("a document")).expect("JSON");
    let expected = json!([
        { "block": "paragraph", "text": "明日停水" },
        { "block": "entry", "number": 0, "text": "储水" },
    ]);
    assert_eq!(document["body"], expected);
}

impl Editor {
    /// What the form is told of a table's file.
    async fn read_table(&self, name: &str, file: Vec<u8>) -> (u16, String) {
        let request = self.client.post(format!("{}/console/tables?name={name}", self.server.url));
        let answer = request.header("x-csrf-token", &self.csrf).body(file).send().await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("text"))
    }
}

/// A ledger as an office keeps it, in the encoding of its machine.
const LEDGER: &str = "榕树村十月财务公开,,\n项目,金额（元）,备注\n挖机,\"21,600.00\",\"12 天\n两台\"\n票据,４００．００,\n\
                      合计,22000,\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_of_an_office_is_shown_as_it_was_understood_and_then_taken() {
    let editor = Editor::sign_in().await;
    let (bytes, _, _) = encoding_rs::GB18030.encode(LEDGER);
    let (status, page) = editor.read_table("10.csv", bytes.into_owned()).await;
    assert_eq!(status, 200, "{page}");
    assert!(page.contains("3 行 3 列") && page.contains("榕树村十月财务公开"), "{page}");
    let attribute = |name: &str| page.split(&format!("{name}=\"")).nth(1).and_then(|rest| rest.split('"').next());
    assert_eq!((attribute("data-numeric"), attribute("data-totals")), (Some("2"), Some("3")));
    let table = attribute("data-tsv").expect("a table");
    let fields = [("title", "财务公开"), ("table", table), ("table_numeric", "2"), ("table_totals", "3")];
    let document = editor.submit("disclosure", "governance/finance", &fields).await.expect("nothing is wrong");
    assert_eq!(document["table"]["rows"][0]["cells"], json!(["挖机", "21,600.00", "12 天 两台"]));
    assert_eq!(document["table"]["rows"][2]["total"], true);

    let wide = "a,b,c,d,e,f,g,h,i\n1,2,3,4,5,6,7,8,9\n".to_owned();
    let (_, page) = editor.read_table("wide.csv", wide.into_bytes()).await;
    assert!(page.contains("什么也没有放进去") && !page.contains("data-take") && !page.contains("data-tsv"), "{page}");
    let (_, page) = editor.read_table("old.xls", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec()).await;
    assert!(page.contains("另存为 .xlsx"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_rows_and_their_totals_fit_and_one_more_does_not() {
    let editor = Editor::sign_in().await;
    let ledger = |count: usize, last: &str| format!("项目,金额\n{}{last}", "挖机,1.00\n".repeat(count));
    for (file, fits) in [
        (ledger(200, "合计,200.00\n"), true),
        (ledger(200, "挖机,1.00\n"), false),
        (ledger(201, "合计,201.00\n"), false),
    ] {
        let rows = file.lines().count() - 1;
        let (status, page) = editor.read_table("rows.csv", file.into_bytes()).await;
        assert_eq!((status, page.contains("data-take")), (200, fits), "{rows} rows");
        assert_eq!(page.contains("什么也没有放进去"), !fits, "{rows} rows");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_total_that_is_not_the_sum_is_said_by_its_row_before_anybody_reviews_it() {
    let editor = Editor::sign_in().await;
    let table = "项目\t金额\n挖机\t21,600.00\n合计\t22,600.00";
    let fields = [("title", "财务公开"), ("table", table), ("table_numeric", "2"), ("table_totals", "2")];
    let page = editor.submit("disclosure", "governance/finance", &fields).await.expect_err("it is wrong");
    assert!(page.contains("表格第 2 行：“金额”写的是 22,600.00，上面各行相加是 21,600.00"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_and_a_telephone_mean_what_they_say() {
    let editor = Editor::sign_in().await;
    let fields = [
        ("title", "沙田柚"),
        ("price", "１，２００．００元"),
        ("unit", "每箱"),
        ("origin", "左龙村"),
        ("seller", "合作社"),
        ("order", "０７５１－６３５００００"),
    ];
    let document = editor.submit("product", "business/products", &fields).await.expect("nothing is wrong");
    assert_eq!((&document["price"], &document["order"]), (&json!(120_000), &json!("tel:07516350000")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_character_that_televisions_cannot_draw_is_named_before_it_is_handed_in() {
    let editor = Editor::sign_in().await;
    let fields = [("title", "𠀀田的荔枝"), ("body", "好\n\n今天很开心😀")];
    let page = editor.submit("notice", "governance/notice", &fields).await.expect_err("it cannot be drawn");
    assert!(
        page.contains("“𠀀” (U+20000)")
            && page.contains("正文第 3 行“今天很开心😀”：电视上显示不出 “😀” (U+1F600)。请换成"),
        "{page}"
    );
}
