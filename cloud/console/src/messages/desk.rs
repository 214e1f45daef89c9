//! What the desk does not do, and why: with items, reviews, sections and rules, and with what pages ask for.

use super::{Field, messages, short};
use crate::words::{Lang, State, Step};

messages! {
    /// Why something was not done. Nothing was changed then.
    Desk {
        /// What one wanted to do, in both languages.
        Forbidden { zh: &'static str, en: &'static str } = 403 "forbidden";
        zh ("没有权限：{zh}") ("需要的话，请找本地区的管理员授权");
        en ("you may not {en} here") ("if you need to, ask the region's administrator for a role");

        NoItem = 404 "no-item";
        zh ("没有这条内容") ("它可能已经删除，或者地址少了几个字，请回到列表里找");
        en ("there is no such item")
           ("it may have been deleted, or the address is incomplete: look for it in the list");

        NoMedium = 404 "no-medium";
        zh ("没有这个文件") ("请重新上传");
        en ("there is no such file") ("upload it again");

        NoRegion(code: String) = 404 "no-region" [Field::Region];
        zh ("没有这个地区：{}", short(code)) ("请从列表里选；新设的地区要先发布过内容");
        en ("there is no region {}", short(code)) ("choose one of the list; a new one must have published something first");

        NotADraft { state: State } = 409 "state";
        zh ("这条内容的状态已经变化，现在是“{}”，不能提交", state.word(Lang::Zh)) ("请刷新后再看");
        en ("its state has changed meanwhile: it is “{}” and cannot be handed in", state.word(Lang::En))
           ("look at it again");

        NotWaiting { state: State } = 409 "state";
        zh ("这条内容的状态已经变化，现在是“{}”，不在等这一审", state.word(Lang::Zh)) ("请刷新后再看");
        en ("its state has changed meanwhile: it is “{}” and does not wait for this review", state.word(Lang::En))
           ("look at it again");

        NothingToWithdraw { state: State } = 409 "state";
        zh ("这条内容现在是“{}”，没有可以撤回的", state.word(Lang::Zh)) ("请刷新后再看");
        en ("it is “{}”: there is nothing to withdraw", state.word(Lang::En)) ("look at it again");

        NotDeletable { state: State } = 409 "state";
        zh ("只有草稿和退回的稿子能删除，这条现在是“{}”", state.word(Lang::Zh)) ("要删除，请先撤回");
        en ("only a draft or what was sent back can be deleted, and it is “{}”", state.word(Lang::En))
           ("withdraw it first");

        Changed = 409 "changed";
        zh ("内容已被修改") ("请重新查看后再审");
        en ("the text has changed since it was shown") ("look at it again, then decide");

        Conflict = 409 "conflict";
        zh ("别人刚刚保存过") ("请刷新，看看改了什么再改");
        en ("somebody else has just saved it") ("reload it and look at what has changed");

        Unasked = 409 "unasked";
        zh ("这条正在审核或播出，改动会撤回审核") ("请打开后确认再改");
        en ("it is under review or on the air, and a change would take it out of review") ("open it and confirm that");

        Kept = 409 "kept";
        zh ("播出过的内容要留存，不能删除") ("不想再播，请撤回");
        en ("it has been on the air, so it is kept") ("withdraw it if it is not to be shown");

        Pushed = 409 "pushed" [Field::IdempotencyKey];
        zh ("幂等键已被另一条内容使用") ("请给每条内容用一个新的键");
        en ("the same key was used for another item") ("use a new key for each item");

        FromPack = 409 "from-pack";
        zh ("这条是随系统装入的，改不了") ("请在内容包里改好，再发布一次");
        en ("this came with the system in a content pack and cannot be changed here")
           ("change it in the pack and publish that again");

        OwnText = 403 "own-text";
        zh ("不能审核自己写的内容") ("请另一位审核人来审");
        en ("nobody reviews a text of their own") ("ask another reviewer");

        TextOfPrincipal = 403 "own-text";
        zh ("这是您所代的人写的内容，不能代他审") ("请另一位审核人来审");
        en ("this is a text of the person for whom you stand in") ("ask another reviewer");

        PrincipalCounted { step: Step } = 403 "second-review";
        zh ("同一人只能审一次，您代的人已完成{}", step.word(Lang::Zh)) ("请另一位审核人来审");
        en ("one person counts once, and the one for whom you stand in has given the {}", step.word(Lang::En).to_lowercase())
           ("ask another reviewer");

        SecondReview { step: Step } = 403 "second-review";
        zh ("同一人只能审核一次，您已经做过{}", step.word(Lang::Zh)) ("请另一位审核人来审");
        en ("one person gives one review, and you have given the {}", step.word(Lang::En).to_lowercase())
           ("ask another reviewer");

        NoReason = 422 "reason" [Field::Reason];
        zh ("没有填") ("请填写理由");
        en ("nothing is filled in") ("say why");

        Faults { count: usize } = 422 "faults";
        zh ("内容还有 {count} 处要修改，不能提交") ("请按各处的提示改好");
        en ("the text cannot be shown as it is: {count} to change") ("change what is named");

        Full = 409 "full" [Field::Section];
        zh ("本月这个板块的内容太多，放不下了") ("请先撤回本月的一些内容");
        en ("the board has too much in this month already") ("withdraw some of it first");

        /// The program that draws says why, in English.
        Undrawn { why: String } = 422 "preview";
        zh ("这条内容画不出电视上的样子") ("请打开编辑页，看看哪里要改");
        en ("the television's screen cannot be drawn of it: {why}") ("open the editor and see what has to be changed");

        NoPreview = 404 "no-preview";
        zh ("本服务器没有画预览的程序") ("请找运维装上");
        en ("this server has no program that draws previews") ("ask the operators to install it");
    }
}

messages! {
    /// Why a region's settings cannot be as they were asked for.
    Setting {
        Id(id: String) = 422 "settings" [Field::SectionId];
        zh ("“{}”不能作代号", short(id)) ("请用 1 到 32 个小写字母、数字或连字符");
        en ("“{}” is no section's id", short(id)) ("use 1 to 32 of a-z, 0-9 and -");

        Name { most: usize } = 422 "settings" [Field::SectionName];
        zh ("没有填、太长，或者有显示不出的字符") ("请填 1 到 {most} 个字");
        en ("is empty, too long, or has characters that cannot be shown") ("give 1 to {most} characters");

        EnglishName { most: usize } = 422 "settings" [Field::SectionEnglish];
        zh ("太长，或者有显示不出的字符") ("最多 {most} 个字符，也可以不填");
        en ("is too long, or has characters that cannot be shown") ("give at most {most} characters, or none");

        Twice(id: String) = 422 "settings" [Field::SectionId];
        zh ("这个板块已经有“{}”这个栏目", short(id)) ("请换一个代号");
        en ("the board has the section “{}” already", short(id)) ("choose another id");

        TooMany { most: usize } = 422 "settings";
        zh ("一个地区最多加 {most} 个栏目") ("请先删去不用的");
        en ("a region adds at most {most} sections") ("remove one that is not used");

        InUse { id: String } = 409 "in-use";
        zh ("“{}”里还有正在播出的内容", short(id)) ("请先撤回，或改到别的栏目");
        en ("something is on the air in the section “{}”", short(id)) ("withdraw it, or move it to another section");

        Reviews = 422 "settings" [Field::Reviews];
        zh ("不是 1 到 3 的整数") ("审核次数应为 1、2 或 3");
        en ("is no whole number from 1 to 3") ("give 1, 2 or 3");

        Village = 422 "settings" [Field::Region];
        zh ("村以下没有地区") ("请选村以上的地区");
        en ("nothing lies below a village") ("choose a region above it");
    }
}

messages! {
    /// What a page needs to know and was not told, or not in a way that can be read.
    Choice {
        Act = 422 "choice";
        zh ("还没有选要做什么") ("请选择要做什么");
        en ("nothing is chosen that is to be done") ("choose what is to be done");

        Items { most: usize } = 422 "choice";
        zh ("没有选内容，或者选得太多") ("请选 1 到 {most} 条内容");
        en ("no item is chosen, or too many") ("choose 1 to {most} items");

        Unseen = 409 "choice";
        zh ("还没看完") ("请打开看完再审");
        en ("not all of it was looked at") ("open it and review it there");

        CopyTo = 422 "choice" [Field::Region];
        zh ("还没有选复制到哪里") ("请选择复制到哪个地区");
        en ("no region is chosen for the copy") ("choose the region of the copy");

        Direction = 422 "choice";
        zh ("不知道往哪里移") ("请选上移或下移");
        en ("no direction is given") ("say whether it moves up or down");

        NoBoard(board: String) = 404 "no-board" [Field::Board];
        zh ("没有“{}”这个板块", short(board)) ("请从栏目页里选");
        en ("there is no board “{}”", short(board)) ("choose one on the page of sections");

        Day { field: Field, typed: String } = 422 "day" [*field];
        zh ("日期看不懂：{}", short(typed)) ("请写成 2026-12-31 这样");
        en ("is no date: {}", short(typed)) ("write it as 2026-12-31");

        Days = 422 "days" [Field::From];
        zh ("不在结束日期之前，或者超过一年") ("开始日期要在结束日期之前，最多一年");
        en ("does not lie before the last day, or more than a year before it") ("choose days in order, within a year");

        NoMonth(month: String) = 404 "no-month" [Field::Month];
        zh ("没有这个月份：{}", short(month)) ("请写成 2026-11 这样");
        en ("there is no month “{}”", short(month)) ("write it as 2026-11");
    }
}
