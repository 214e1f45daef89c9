//! Why nobody stands in for a reviewer, and what is wrong with wishes about being told.

use super::{Field, messages, short};

messages! {
    /// Why somebody is not made a substitute.
    Substitute {
        NoRight = 422 "substitute-right" [Field::Rights];
        zh ("还没有选要交代的审核") ("请至少选一项");
        en ("no review is handed on") ("choose at least one");

        NoSuchRight = 422 "substitute-right" [Field::Rights];
        zh ("没有这项审核") ("请从列出的里面选");
        en ("there is no such review") ("choose one of the list");

        NoName = 422 "substitute" [Field::Substitute];
        zh ("没有写由谁代审") ("请选择，或填写账号");
        en ("it does not say who stands in") ("choose somebody, or enter an account");

        Day(text: String) = 422 "date" [Field::FirstDay];
        zh ("“{}”不是日期", short(text)) ("请按“2026-12-01”这样填");
        en ("“{}” is no date", short(text)) ("write it as 2026-12-01");

        Backwards = 422 "substitute-backwards" [Field::LastDay];
        zh ("结束日期早于开始日期") ("请检查这两个日期");
        en ("the last day comes before the first") ("check the two days");

        Over = 422 "substitute-over" [Field::FirstDay];
        zh ("开始日期已经过去") ("请从今天或以后开始");
        en ("the first day is over") ("begin today or later");

        TooLong = 422 "substitute-too-long" [Field::LastDay];
        zh ("代审最长 366 天，开始日期须在一年以内") ("请缩短，或以后再指定");
        en ("a substitute has at most 366 days, which begin within a year") ("choose fewer days, or name one later");

        Same = 422 "substitute-same" [Field::Substitute];
        zh ("不能自己代自己") ("请选另一个人");
        en ("nobody is their own substitute") ("choose somebody else");

        Own = 403 "substitute-own" [Field::Substitute];
        zh ("管理员不能指定自己代审") ("请选另一个人");
        en ("whoever administers does not name themselves") ("choose somebody else");

        NotTheirs = 422 "substitute-not-theirs" [Field::Rights];
        zh ("本人在这里没有这项审核") ("请从列出的里面选");
        en ("the person does not have this review there") ("choose one of the list");

        NoReviewer = 403 "substitute-no-reviewer" [Field::Substitute];
        zh ("只能请本地或上下级的审核员代审") ("请选审核员，或请管理员来指定");
        en ("a reviewer names somebody who reviews in this region, above or below it")
           ("choose a reviewer, or have an administrator name somebody");

        Taken = 409 "substitute-taken";
        zh ("这几天已经有人代这项审核") ("请先结束原来的代审");
        en ("somebody has been named for this review on some of these days") ("end that first");

        ByToken = 403 "substitute-by-token";
        zh ("不能用令牌指定代审") ("请本人登录后指定");
        en ("no token names a substitute") ("sign in and name them");

        Unknown = 404 "substitute-unknown";
        zh ("没有这项代审，或已经结束") ("请刷新名单");
        en ("there is no such substitution, or it is over") ("reload the list");
    }
}

messages! {
    /// What is wrong with where and how somebody wants to be told.
    Telling {
        Address(address: String) = 422 "mail-address" [Field::MailAddress];
        zh ("“{}”不是邮箱地址", short(address)) ("请检查有没有漏字，例如 @ 和后面的部分");
        en ("“{}” is no mail address", short(address)) ("check it, for instance the part after @");

        NoNotice = 404 "no-notice";
        zh ("没有这条通知") ("它可能已经过期，请回到通知列表");
        en ("there is no such notice") ("it may be too old: go back to the list");

        NoMail = 422 "no-mail" [Field::MailAddress];
        zh ("本系统还没有设置邮件服务器") ("请与运维联系");
        en ("no mail server is configured") ("ask whoever runs this system");

        NoManner = 422 "manner" [Field::Manner];
        zh ("没有这种通知方式") ("请从列出的里面选");
        en ("there is no such way of being told") ("choose one of the list");

        Hour = 422 "hour" [Field::Hour];
        zh ("这不是钟点") ("请填 0 到 23");
        en ("this is no hour") ("give 0 to 23");

        Link = 422 "link" [Field::MailAddress];
        zh ("链接已失效") ("请重新填写邮箱");
        en ("the link was used, replaced or has expired") ("enter the address again");

        Wait { seconds: i64 } = 422 "wait" [Field::MailAddress];
        zh ("确认邮件刚刚发过") ("请过 {seconds} 秒再试");
        en ("a letter with a link was sent a moment ago") ("wait {seconds} s for another one");

        Failed = 422 "mail-failed" [Field::MailAddress];
        zh ("确认邮件没有发出去") ("请稍后再试，或与运维联系");
        en ("the letter with the link could not be sent") ("try again later, or ask whoever runs this system");
    }
}
