//! What is wrong with a content pack; its place is a file and a line. Names of fields are those of the files.

use super::messages;

messages! {
    /// What is wrong with a file of a pack.
    Flaw {
        /// Above the list of all the others.
        Nothing { count: usize } = 422 "pack";
        zh ("什么也没有发布：有 {count} 处要改") ("请改好以后再发布一次");
        en ("nothing was published: {count} to mend") ("publish again when they are mended");

        NoFolder = 422 "pack";
        zh ("内容包应是一个文件夹") ("请给出解压后的文件夹");
        en ("a content pack is a folder") ("name the folder itself");

        /// The system says why, in English.
        Unreadable { what: String, why: String } = 422 "pack";
        zh ("“{what}”读不出来") ("请检查文件的权限和磁盘");
        en ("`{what}` cannot be read: {why}") ("check its permissions and the disk");

        Outside { path: String } = 422 "pack";
        zh ("“{path}”不是包内的路径") ("请写成不含两个点的相对路径，用正斜杠");
        en ("`{path}` must be a path inside the pack, without `..`") ("write it relative to the pack, with slashes");

        LinkOutside { path: String } = 422 "pack";
        zh ("“{path}”是指向包外的链接") ("请把文件本身放进包里");
        en ("`{path}` is a link that leads out of the pack") ("put the file itself into the pack");

        NoFile { path: String } = 422 "pack";
        zh ("“{path}”不是文件") ("请写文件的路径");
        en ("`{path}` is not a file") ("name a file");

        Missing { path: String } = 422 "pack";
        zh ("包里没有“{path}”这个文件") ("请放进去，或改正路径");
        en ("there is no file `{path}` in the pack") ("add it, or correct the path");

        ItemName = 422 "pack";
        zh ("内容的文件名不合要求") ("请用 1 到 64 个小写字母、数字或连字符，后缀为 .md");
        en ("the name of an item must be 1 to 64 of a-z, 0-9 and -, followed by .md") ("rename the file");

        LargeText = 422 "pack";
        zh ("文字超过 1 MB") ("请分成几条");
        en ("the text is larger than 1 MiB") ("make several items of it");

        Encoding = 422 "pack";
        zh ("文字的编码不对") ("请另存为 UTF-8");
        en ("the text is not UTF-8") ("save it as UTF-8");

        /// The parser says why, in English.
        Syntax { why: String } = 422 "pack";
        zh ("这一行的写法看不懂") ("请看内容包的说明，检查引号、括号和等号");
        en ("the line cannot be read: {why}") ("see docs/PACK.md for how it is written");

        NoFence = 422 "pack";
        zh ("第一行应是 +++，后面是各个字段") ("请在第一行写上 +++");
        en ("the first line must be +++, followed by the front matter") ("begin the file with it");

        OpenFence = 422 "pack";
        zh ("字段后面没有用 +++ 一行结束") ("请在正文前面加一行 +++");
        en ("the front matter is not closed by a line +++") ("put one before the text");

        /// What has no such field, such as an article: its name in the files.
        NoSuchField { of: &'static str, name: String } = 422 "pack";
        zh ("这里没有“{name}”这个字段") ("请删去，或改正拼写");
        en ("{of} has no field `{name}`") ("remove it, or correct its spelling");

        NoField { name: String } = 422 "pack";
        zh ("缺少字段“{name}”") ("请补上");
        en ("the field `{name}` is missing") ("add it");

        /// What is wanted and what was found, in both languages.
        WrongType {
            name: String,
            wanted_zh: &'static str,
            wanted_en: &'static str,
            found_zh: &'static str,
            found_en: &'static str,
        } = 422 "pack";
        zh ("“{name}”是{found_zh}") ("应写成{wanted_zh}");
        en ("`{name}` is {found_en}") ("it must be {wanted_en}");

        NotInRange { name: String, least: u32, most: u32 } = 422 "pack";
        zh ("“{name}”超出范围") ("请写 {least} 到 {most} 的整数");
        en ("`{name}` must lie between {least} and {most}") ("give a whole number in between");

        NotATime { name: String } = 422 "pack";
        zh ("“{name}”不是 2000 到 2099 年之间的时刻") ("请写成 2026-10-08T09:00:00 这样");
        en ("`{name}` must be a date and time between the years 2000 and 2099") ("write it as 2026-10-08T09:00:00");

        NoRectangle { name: String } = 422 "pack";
        zh ("“{name}”不是裁剪范围") ("请写四个数：左、上、宽、高，单位像素");
        en ("`{name}` must be [x, y, width, height] in pixels") ("give the four numbers");

        Empty { name: String } = 422 "pack";
        zh ("“{name}”是空的") ("请填写");
        en ("`{name}` is empty") ("fill it in");

        TooLong { name: String, has: usize, most: usize } = 422 "pack";
        zh ("“{name}”有 {has} 个字，最多 {most} 个") ("请缩短");
        en ("`{name}` has {has} characters, at most {most} are shown") ("shorten it");

        Unshowable { name: String, character: char } = 422 "pack";
        zh ("“{name}”含有看不见的字符 U+{:04X}", u32::from(*character)) ("请删掉重打");
        en ("`{name}` holds the character U+{:04X}, which cannot be shown", u32::from(*character))
           ("delete it and type that part again");

        Undrawable { name: String, named: String } = 422 "pack";
        zh ("“{name}”含有电视上显示不出的 {}", named.replace(", ", "、")) ("请换成别的字或写法");
        en ("`{name}` holds {named}, which televisions cannot draw") ("use another character");

        LargeItem { has: usize, most: usize } = 422 "pack";
        zh ("整条内容约 {} 万字，最多 {} 万字", has.div_ceil(30_000), most / 30_000) ("请分成几条发布");
        en ("the item has {} KiB, at most {} are published", has >> 10, most >> 10) ("make several items of it");

        NoSection { board: String, section: String } = 422 "pack";
        zh ("板块“{board}”没有栏目“{section}”") ("请改正，或在包的清单里加上这个栏目");
        en ("the board `{board}` has no section `{section}`") ("the pack can add it with [[section]] in pack.toml");

        NoPublisher = 422 "pack";
        zh ("缺少发布者，这里和包的清单里都没有") ("请在其中一处写上");
        en ("the field `publisher` is missing, here and in pack.toml") ("add it in one of them");

        Backwards { later: &'static str, earlier: &'static str } = 422 "pack";
        zh ("“{later}”早于“{earlier}”") ("请改成后来的时间");
        en ("`{later}` must be later than `{earlier}`") ("correct one of them");

        NoKind { kind: String } = 422 "pack";
        zh ("没有“{kind}”这种内容类型") ("请看内容包的说明里的九种");
        en ("there is no kind `{kind}`")
           ("it must be article, notice, story, video, disclosure, activity, product, spot or job");

        NoPictures = 422 "pack";
        zh ("图片故事没有图片") ("请至少写上一张");
        en ("a story needs at least one picture in `pictures`") ("add one");

        NoCaption = 422 "pack";
        zh ("图片故事的这张图片没有说明") ("请写上一句");
        en ("every picture of a story needs a `caption`") ("add one");

        Columns { most: usize } = 422 "pack";
        zh ("表格没有列，或者列太多") ("请写 1 到 {most} 列");
        en ("a disclosure needs between 1 and {most} `columns`") ("add or remove some");

        Rows { most: usize } = 422 "pack";
        zh ("表格没有行，或者行太多") ("请写 1 到 {most} 行");
        en ("a disclosure needs between 1 and {most} `rows`") ("add or remove some");

        Cells { has: usize, needs: usize } = 422 "pack";
        zh ("这一行有 {has} 格，表格有 {needs} 列") ("请补上或删去多出的格");
        en ("this row has {has} cells, but there are {needs} columns") ("add or remove cells");

        LongFigure { column: String, most: usize } = 422 "pack";
        zh ("“{column}”一列的数字太长，电视上一行最多 {most} 个字符") ("请改用“万元”，或不要标为数字列");
        en ("the figure in column `{column}` is longer than the {most} characters that are shown on one line")
           ("use a larger unit, or do not mark the column as one of figures");

        NotAPrice = 422 "pack";
        zh ("价格看不懂，或者超过一千万元") ("请写以元为单位的价格，例如 68.00，带引号");
        en ("`price` must be yuan such as \"68.00\", at most ten million") ("correct it");

        NotAnOrder = 422 "pack";
        zh ("下单的网址或电话不对") ("请写以 https: 或 tel: 开头、只有半角字符的地址");
        en ("`order` must be an https: or tel: address of ASCII characters") ("correct it");

        TooManyPictures { name: String, has: usize, most: usize } = 422 "pack";
        zh ("“{name}”有 {has} 张图片，最多 {most} 张") ("请删去几张，或分成几条");
        en ("`{name}` has {has} pictures, at most {most} are shown") ("remove some, or make several items of it");

        NoPicture { name: String } = 422 "pack";
        zh ("“{name}”既不是路径，也不是带说明的图片") ("请按内容包的说明改正");
        en ("`{name}` must be a path or {{ file = \"…\", caption = \"…\" }}") ("write it as one of them");

        NoRegion { code: String } = 422 "pack";
        zh ("“{code}”不是地区代码") ("请写 12 位的统计用区划代码");
        en ("`{code}` is no code of a region") ("give the 12 digits of the statistics bureau");

        NotInProvince { region: String } = 422 "pack";
        zh ("地区 {region} 不在广东省") ("请改成广东省内的代码");
        en ("region {region} does not lie in Guangdong (44)") ("give one that does");

        OtherName { region: String, known: String, name: String } = 422 "pack";
        zh ("地区 {region} 是“{known}”，不是“{name}”") ("请改正名称或代码");
        en ("region {region} is {known}, not {name}") ("correct the name or the code");

        NoName { region: String } = 422 "pack";
        zh ("名录里没有地区 {region}") ("请在包的清单里写上它的名称");
        en ("region {region} is not in the list of divisions") ("give its `name` in pack.toml");

        NoReview = 422 "pack";
        zh ("没有写明三审的人") ("不经三审不能发布，请在包的清单里写上");
        en ("the table [review] is missing: nothing is published without three reviews") ("add it to pack.toml");

        SameReviewer = 422 "pack";
        zh ("三审不是三个不同的人") ("同一人只能审一次，请写三个人");
        en ("[review] must name three different persons: one person counts once") ("name three");

        TwiceSection { board: String, id: String } = 422 "pack";
        zh ("板块“{board}”里有两个“{id}”栏目") ("请删去一个，或换一个代号");
        en ("section `{id}` is on the board `{board}` twice") ("remove one, or choose another id");

        TooManySections { most: usize } = 422 "pack";
        zh ("栏目超过 {most} 个") ("请删去不用的");
        en ("there are more than {most} sections") ("remove some");

        TwiceChannel { id: String } = 422 "pack";
        zh ("有两个频道的代号是“{id}”") ("请改其中一个");
        en ("there are two channels with the id `{id}`") ("change one of them");

        TwiceNumber { number: u32 } = 422 "pack";
        zh ("有两个频道的号码是 {number}") ("请改其中一个");
        en ("there are two channels with the number {number}") ("change one of them");

        TooManyChannels { most: usize } = 422 "pack";
        zh ("频道超过 {most} 个") ("请删去不用的");
        en ("there are more than {most} channels") ("remove some");

        Programmes { most: usize } = 422 "pack";
        zh ("频道没有节目，或者节目太多") ("请写 1 到 {most} 个");
        en ("a channel needs between 1 and {most} programmes") ("add or remove some");

        NoId { id: String, most: usize } = 422 "pack";
        zh ("“{id}”不能作代号") ("请用 1 到 {most} 个小写字母、数字或连字符");
        en ("`{id}` is not an id") ("use 1 to {most} of a-z, 0-9 and -");

        NoBoard { board: String } = 422 "pack";
        zh ("没有“{board}”这个板块") ("请看内容包的说明里的四个");
        en ("there is no board `{board}`") ("it must be party, governance, culture or business");

        TwoPacks { region: String } = 422 "pack";
        zh ("有两个内容包是给地区 {region} 的") ("请合成一个");
        en ("two packs are for region {region}") ("make one of them");

        Moved { from: String, to: String } = 422 "pack";
        zh ("地区 {from} 已变更为 {to}") ("请在包的清单里改成新代码");
        en ("region {from} goes on as {to}") ("say so in pack.toml");

        NoAncestor { region: String } = 422 "pack";
        zh ("上级 {region} 不在名录里，也没有发布过内容") ("请先发布它的内容包");
        en ("region {region} above is not in the list of divisions") ("publish its pack first");

        FromDesk { item: String } = 422 "pack";
        zh ("内容“{item}”是在采编台上写的") ("请在包里给它换一个名称");
        en ("the item `{item}` was written at the editors' desk") ("name it otherwise in the pack");

        PackChanged = 409 "pack";
        zh ("发布的时候内容包被改动了") ("请不要再改，重新发布一次");
        en ("the pack changed while it was being published") ("leave it alone and publish it again");

        /// A file that a pack names: its name, and what is wrong with it.
        Medium { name: String, zh: String, en: String } = 422 "pack";
        zh ("“{name}”：{zh}") ("改好后再发布一次");
        en ("`{name}`: {en}") ("publish again when it is mended");
    }
}
