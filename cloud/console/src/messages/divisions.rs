//! Why divisions are not changed, and what is wrong with a list of them.

use super::{Field, messages, short};

messages! {
    /// Why a region does not go on under another code.
    Division {
        Nothing { to: String } = 422 "division" [Field::From];
        zh ("没有写明哪些地区改为 {to}") ("请填写原来的 12 位代码");
        en ("no region is named that goes on as {to}") ("give the 12 digits of at least one");

        Province = 422 "division" [Field::From];
        zh ("省级代码不能在这里变更") ("请只填市、县、镇、村的代码");
        en ("the province has nothing above it that could say where it has gone")
           ("name cities, counties, towns or villages");

        OtherLevel { from: String, to: String } = 422 "division" [Field::To];
        zh ("{from} 与 {to} 不是同一级") ("请填同一级的代码");
        en ("{from} and {to} are not of the same level") ("choose a code of the same level");

        Unknown(code: String) = 404 "no-region" [Field::From];
        zh ("没有这个地区：{code}") ("请对照区划名单检查代码");
        en ("there is no region {code}") ("look the code up in the list of divisions");

        NotListed(code: String) = 422 "division" [Field::To];
        zh ("区划名单里没有 {code}") ("请先导入新名单，或填写名称");
        en ("{code} is not in the list of divisions") ("import the new list first, or give its name");

        Name { name: String, most: usize } = 422 "division" [Field::RegionName];
        zh ("“{}”不能作地区名", short(name)) ("请填 1 至 {most} 个字");
        en ("“{}” is no name of a region", short(name)) ("give 1 to {most} characters");

        Closed { code: String, to: String } = 409 "division-busy" [Field::From];
        zh ("{code} 已经变更为 {to}") ("请从 {to} 继续变更");
        en ("{code} goes on as {to} already") ("go on from {to}");

        Occupied { from: String, to: String } = 409 "division-busy" [Field::Below];
        zh ("{from} 会变成 {to}，而 {to} 是另一个地区") ("请给 {from} 单独填写新代码");
        en ("{from} would become {to}, which is another region") ("name the new code of {from} by itself");

        NotBelow(code: String) = 422 "division" [Field::Below];
        zh ("{code} 不在要变更的地区里，或新代码不在新的地区里") ("请检查这一行的两个代码");
        en ("{code} does not lie in a region that changes, or its new code not in the new one")
           ("check both codes of the line");

        Busy { what: String } = 409 "division-busy";
        zh ("有工作还没有完成：{what}") ("请等完成后再变更");
        en ("something is not finished: {what}") ("wait until it is, then try again");

        TooMany { most: usize } = 422 "too-many" [Field::From];
        zh ("一次变更的地区太多") ("请分几次，每次最多 {most} 个");
        en ("too many regions change at once") ("change at most {most} at a time");

        TooManyChannels { region: String, most: usize } = 422 "division" [Field::To];
        zh ("{region} 会超过 {most} 个频道") ("请先去掉一些频道");
        en ("{region} would have more than {most} channels") ("remove some of them first");

        TooManySections { region: String, most: usize } = 422 "division" [Field::To];
        zh ("{region} 会超过 {most} 个栏目") ("请先去掉一些栏目");
        en ("{region} would have more than {most} sections") ("remove some of them first");

        TooManyFormer { region: String, most: usize } = 422 "division" [Field::To];
        zh ("{region} 会并入超过 {most} 个地区") ("请分几次变更");
        en ("{region} would take over more than {most} regions") ("change fewer at a time");

        Reviews { to: String, needed: u8, item: String } = 409 "division-busy";
        zh ("{to} 的上级要求 {needed} 次审核，而正在播出的 {item} 不够") ("请先撤回它，或调整审核次数");
        en ("above {to} {needed} reviews are asked for, and {item} on the air has fewer")
           ("withdraw it first, or ask for fewer reviews");

        NoItem { item: String, region: String } = 422 "no-item" [Field::Split];
        zh ("{region} 没有这条内容：{}", short(item)) ("请检查内容的编号");
        en ("{} is no item of {region}", short(item)) ("check the item's id");

        NoCode(text: String) = 422 "division" [Field::From];
        zh ("“{}”不是地区代码", short(text)) ("请填 12 位数字");
        en ("“{}” is no code of a region", short(text)) ("give its 12 digits");

        List { wrong: usize } = 422 "list" [Field::List];
        zh ("名单有 {wrong} 处错误，没有导入") ("请按提示改好再导入");
        en ("the list has {wrong} faults and was not imported") ("mend them and import it again");
    }
}

messages! {
    /// What is wrong with a line of a list of divisions.
    Entry {
        Digits(code: String) = 422 "digits" [Field::List];
        zh ("代码“{}”不是 12 位数字", short(code)) ("请补全到 12 位");
        en ("“{}” must have 12 digits", short(code)) ("write all of them");

        Elsewhere(code: String) = 422 "elsewhere" [Field::List];
        zh ("{code} 不在广东省") ("请只列 44 开头的地区");
        en ("{code} is not in 44, Guangdong") ("list regions of this province alone");

        Level(code: String) = 422 "level" [Field::List];
        zh ("代码 {code} 缺了中间的一级") ("请检查代码");
        en ("in {code} a level between is empty") ("check the code");

        Name { code: String, most: usize } = 422 "name" [Field::List];
        zh ("{code} 的名称空着、太长，或带有数字和看不见的字符") ("请填 1 至 {most} 个字");
        en ("the name of {code} must have 1 to {most} characters that can be shown and no digits") ("mend the name");

        Twice { code: String, first: usize, known: String } = 422 "twice" [Field::List];
        zh ("{code} 在第 {first} 行已是“{}”", short(known)) ("请只留一行");
        en ("{code} is “{}” in line {first} already", short(known)) ("keep one of the two lines");

        Parent { code: String, parent: String } = 422 "parent" [Field::List];
        zh ("{code} 的上级 {parent} 不在名单里") ("请补上这个上级");
        en ("{parent}, in which {code} lies, is not in the list") ("add it");

        Few { count: usize } = 422 "few" [Field::List];
        zh ("只有 {count} 个地区，名单不完整") ("请导入全省的名单");
        en ("{count} regions are no whole list") ("import the list of the whole province");
    }
}
