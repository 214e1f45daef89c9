//! What is wrong with a request as such, whatever it asks for, and with the machine that answers.

use super::{Field, messages, short};
use crate::time;
use crate::words::Lang;

messages! {
    /// Why a request has no answer.
    Request {
        Unauthorized = 401 "unauthorized";
        zh ("还没有登录，或者令牌无效") ("请先登录，或者带上有效的接口令牌");
        en ("nobody is signed in, and there is no valid token")
           ("sign in, or present a valid API token as `Authorization: Bearer`");

        /// The session is another one than that of the page.
        ForeignToken = 403 "forged";
        zh ("这一页是上一次登录时打开的，校验没有通过") ("请刷新页面后重试");
        en ("the field `csrf` or the header `x-csrf-token` does not belong to this session")
           ("reload the page and try again");

        OtherSite = 403 "forged";
        zh ("请求是从别的网站来的，没有受理") ("请从本系统的页面上操作");
        en ("the request comes from another site") ("use this system's own pages");

        FormUnreadable = 403 "forged";
        zh ("表单看不懂，可能没有传完整") ("请刷新页面后重试");
        en ("the form cannot be read") ("reload the page and try again");

        FormBroken = 422 "form";
        zh ("表单没有传完整") ("请再试一次");
        en ("the form did not arrive whole") ("try again");

        FormFields = 422 "form";
        zh ("表单缺了一项，或有一项看不懂") ("请刷新页面，重新填写后再提交");
        en ("a field of the form is missing or cannot be read") ("reload the page and fill it in again");

        /// MiB.
        FormTooLarge { most: usize } = 413 "form-too-large";
        zh ("表单太大，超过 {most} MB") ("请分成几条；图片和视频用上传的办法放进去");
        en ("the form is larger than {most} MiB")
           ("make several items of it; pictures and videos are uploaded instead");

        /// MiB.
        BodyTooLarge { most: usize } = 413 "too-large";
        zh ("请求体太大，超过 {most} MB") ("请分几次发送；图片和视频用上传接口");
        en ("the body is larger than {most} MiB") ("send it in parts; pictures and videos are uploaded instead");

        /// Bytes.
        TooLarge { most: usize } = 413 "too-large";
        zh ("数据太大，超过 {most} 字节，或者没有传完") ("请分几次发送");
        en ("it has more than {most} bytes, or was cut off") ("send it in parts");

        BodyCut = 400 "body-cut";
        zh ("请求体没有传完整") ("请再发一次");
        en ("the body did not arrive whole") ("send it again");

        MediaType = 415 "media-type";
        zh ("请求体的类型不对") ("请发送 JSON，并写明类型 {JSON}");
        en ("the body has another type") ("send JSON, as {JSON}");

        /// The parser says why, in English.
        NoJson { line: usize, column: usize, why: String } = 400 "json";
        zh ("请求体不是有效的 JSON：第 {line} 行第 {column} 个字符处有误") ("请改正后再发");
        en ("the body is no JSON: {why}") ("correct it and send it again");

        /// The parser says why, in English.
        BodyField { at: String, why: String } = 422 "body";
        zh ("请求体的字段“{}”有误", short(at)) ("请按接口说明改正");
        en ("the field `{}` of the body is wrong: {why}", short(at)) ("see /api/openapi.json");

        BodyNul = 422 "body";
        zh ("请求体的文字里有空字符 U+0000") ("请去掉它");
        en ("a text of the body holds the character U+0000") ("take it out");

        QueryNul = 400 "query";
        zh ("查询参数里有空字符 U+0000") ("请去掉它");
        en ("a value of the query holds the character U+0000") ("take it out");

        /// The parser says why, in English.
        Query { why: String } = 400 "query";
        zh ("查询参数有误") ("请按接口说明改正");
        en ("the query cannot be read: {why}") ("see /api/openapi.json");

        QueryWord { name: String } = 400 "query";
        zh ("查询参数“{}”的值不认识", short(name)) ("请用接口说明里列出的值");
        en ("`{}` has a value that is not known", short(name)) ("use one of those in /api/openapi.json");

        PageSize { most: i64 } = 400 "query" [Field::Limit];
        zh ("不是 1 到 {most} 的整数") ("请给 1 到 {most} 的数");
        en ("`limit` is no number from 1 to {most}") ("give one from 1 to {most}");

        Month = 400 "query" [Field::Month];
        zh ("月份看不懂") ("请写成 2026-11 这样");
        en ("`month` is no month") ("give one such as 2026-11");

        Days = 400 "query" [Field::From];
        zh ("起止日期看不懂、次序不对，或者超过一年") ("请写成 2026-11-01 这样，按先后次序，一年以内");
        en ("`from` and `to` are no days in their order within a year") ("give days such as 2026-11-01");

        MonthOrDays = 400 "query" [Field::Month];
        zh ("月份和起止日期不能混着给") ("请只给月份，或者给起止两个日期，或者都不给");
        en ("`month` is mixed with `from` and `to`") ("give either `month`, or `from` and `to`, or none of them");

        /// The parser says why, in English.
        Path { why: String } = 400 "path";
        zh ("地址中的参数有误") ("请按接口说明改正地址");
        en ("the address cannot be read: {why}") ("see /api/openapi.json");

        NoAddress = 404 "no-address";
        zh ("没有这个接口") ("请看接口说明里有哪些");
        en ("there is nothing at this address") ("/api/openapi.json describes what there is");

        Method = 405 "method";
        zh ("这个接口不支持这种请求方法") ("请看接口说明里它支持哪些");
        en ("this address does not take this method") ("/api/openapi.json describes what it takes");

        IdempotencyKey { most: usize } = 400 "idempotency-key" [Field::IdempotencyKey];
        zh ("请求头里没有幂等键，或者写得不对") ("请带一个，用 1 到 {most} 个可见的半角字符");
        en ("the header `Idempotency-Key` is missing, comes twice, or has other characters")
           ("give it once, with 1 to {most} visible ASCII characters");

        TooFast { seconds: i64 } = 429 "wait";
        zh ("这个地址发送得太快") ("请过 {} 再发", time::span(Lang::Zh, *seconds));
        en ("this address sends too much") ("wait {seconds} s");

        TooManyOpen = 429 "wait";
        zh ("这个地址同时打开的请求太多") ("请过几秒再试");
        en ("this address has too many requests open at the same time") ("try again in a few seconds");

        /// What is wrong is told in English, for who writes programs.
        Batch { why: String } = 422 "batch";
        zh ("统计数据有误，没有接收") ("请按接口说明改正后再发");
        en ("the batch is not taken: {why}") ("correct it and send it again");

        Report { why: String } = 422 "report";
        zh ("报告有误，没有接收") ("请按接口说明改正后再发");
        en ("the report is not taken: {why}") ("correct it and send it again");

        /// A failure of this machine, which the log tells.
        Internal = 500 "internal";
        zh ("云端出了点问题，已经记下来了") ("不是您的错，请过一会儿再试；还不行就找运维");
        en ("the server failed; its log says why") ("try again later, or ask the operators");

        /// With the number under which the log has it.
        InternalAs { reference: String } = 500 "internal";
        zh ("云端出了问题，编号 {reference}") ("不是您的错，请过一会儿再试；还不行就把编号告诉运维");
        en ("the cloud has failed; reference {reference}") ("try again later, or tell the operators the reference");

        DiskFull = 507 "insufficient-storage";
        zh ("云端的磁盘满了，没有存上") ("请告诉运维腾出空间，然后再试；写好的内容请先不要关掉");
        en ("the server's disk is full, and nothing was kept")
           ("tell the operators, and try again when there is room; do not close what you have written");

        /// Seconds by which the clock seems to be ahead, or behind.
        ClockDoubt { ahead: i64 } = 503 "clock";
        zh ("云端的时钟不准，好像{}了 {}，对好之前什么也不签发", if *ahead > 0 { "快" } else { "慢" },
            time::span(Lang::Zh, ahead.saturating_abs()))
           ("请告诉运维校准时间，然后再试");
        en ("the server's clock seems to be {} {}, and nothing is signed until it is right",
            time::span(Lang::En, ahead.saturating_abs()), if *ahead > 0 { "fast" } else { "slow" })
           ("tell the operators to set it, then try again");
    }
}

messages! {
    /// What a page without anything else says: its heading, and how to go on.
    Page {
        Forbidden = 403 "forbidden";
        zh ("这个您不能看") ("您在这个地区没有相应的角色。需要的话，请找本地区的管理员授权");
        en ("this is not yours to see")
           ("you have no role for it in this region. If you need one, ask the region's administrator");

        Barred = 403 "forbidden";
        zh ("这一步您不能做") ("您在这个地区没有相应的角色，所以什么也没有改动。需要的话，请找本地区的管理员授权");
        en ("this is not yours to do")
           ("nothing was changed: you have no role for it in this region. The region's administrator can give you one");

        StaleForm = 403 "forged";
        zh ("页面放得太久了")
           ("为了安全，表单过一段时间就失效。请退回上一页，刷新后再提交一次；写好的字可以先复制下来");
        en ("the page is too old")
           ("for safety, forms expire. Go back, reload and send it again; copy what you have typed first");

        NotFound = 404 "not-found";
        zh ("没有找到") ("它可能已经删除、搬走，或者地址少了几个字，请回到总览重新找");
        en ("not found")
           ("it may have been deleted or moved, or the address is incomplete: begin again at the overview");

        Conflict = 409 "conflict";
        zh ("别人快了一步") ("您看到的和现在的不一样了，所以这一步没有做。请看看现在的样子再决定");
        en ("somebody was quicker")
           ("it is no longer what you saw, so nothing was done. Look at it as it is now, then decide");

        Refused = 409 "refused";
        zh ("这一步没有做") ("什么也没有改动");
        en ("this was not done") ("nothing was changed");

        TooLarge = 413 "too-large";
        zh ("内容太大了") ("请分几次提交，或者把图片、视频用上传的办法放进去");
        en ("too large") ("send it in parts, or upload pictures and videos instead");

        TooMany = 429 "wait";
        zh ("请求太多了") ("请过一两分钟再试");
        en ("too many requests") ("please try again in a minute or two");

        Internal = 500 "internal";
        zh ("云端出了点问题") ("不是您的错，已经记下来了。请过一会儿再试；还不行就找运维");
        en ("something went wrong in the cloud")
           ("it is not your fault, and it has been noted. Try again later, or ask the operators");

        /// It will be able to again: the disk, the clock.
        Unavailable = 503 "unavailable";
        zh ("云端现在做不了") ("不是您的错，什么也没有改动。请过一会儿再试；还不行就找运维");
        en ("the cloud cannot do this now")
           ("it is not your fault, and nothing was changed. Try again later, or ask the operators");
    }
}

/// The type of what the API reads.
const JSON: &str = "application/json";
