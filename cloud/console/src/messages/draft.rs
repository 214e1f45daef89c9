//! What is wrong with a text that somebody writes, field by field.

use super::messages;

messages! {
    /// What is wrong with a field.
    Why {
        Empty = 422 "empty";
        zh ("还没有填") ("请填写");
        en ("nothing is filled in") ("fill it in");

        TooLong { has: usize, most: usize } = 422 "too-long";
        zh ("有 {has} 个字，最多 {most} 个") ("请缩短");
        en ("has {has} characters, at most {most} are shown") ("shorten it");

        LongParagraph { has: usize, most: usize } = 422 "paragraph-too-long";
        zh ("这一段有 {has} 个字，一段最多 {most} 个") ("请在中间空一行，分成几段");
        en ("the paragraph has {has} characters, at most {most} are shown") ("divide it with an empty line");

        LongCaption { has: usize, most: usize } = 422 "caption-too-long";
        zh ("图片说明有 {has} 个字，最多 {most} 个") ("请缩短图片说明");
        en ("the picture's caption has {has} characters, at most {most} are shown") ("shorten the caption");

        LongCell { has: usize, most: usize } = 422 "cell-too-long";
        zh ("这一格有 {has} 个字，最多 {most} 个") ("请缩短，或把说明写到正文里");
        en ("the cell has {has} characters, at most {most} are shown") ("shorten it, or explain it in the text");

        /// Blocks of the text.
        TooManyParagraphs { has: usize, most: usize } = 422 "too-many-paragraphs";
        zh ("有 {has} 段，最多 {most} 段") ("请去掉段落之间的空行，或分成几条发布");
        en ("has {has} paragraphs, at most {most} are shown") ("take out empty lines, or make several items of it");

        TooManyRows { has: usize, most: usize } = 422 "too-many-rows";
        zh ("有 {has} 行，最多 {most} 行") ("请分成几条发布");
        en ("has {has} rows, at most {most} are shown") ("make several items of it");

        TooManyColumns { has: usize, most: usize } = 422 "too-many-columns";
        zh ("有 {has} 列，最多 {most} 列") ("请删去不公开的列");
        en ("has {has} columns, at most {most} are shown") ("remove those that are not published");

        TooManyPictures { has: usize, most: usize } = 422 "too-many-pictures";
        zh ("有 {has} 张，最多 {most} 张") ("请删去几张，或分成几条发布");
        en ("has {has} pictures, at most {most} are shown") ("remove some, or make several items of it");

        TooManyRegions { has: usize, most: usize } = 422 "too-many-regions";
        zh ("选了 {has} 个地区，最多 {most} 个") ("请改选它们的上一级");
        en ("has {has} regions, at most {most} may be named") ("choose the regions above them");

        /// Bytes of the item as a whole.
        TooLarge { has: usize, most: usize } = 422 "too-large";
        zh ("整条内容约 {} 万字，最多 {} 万字", has.div_ceil(30_000), most / 30_000) ("请分成几条发布");
        en ("has {} KiB with everything in it, at most {} are published", has >> 10, most >> 10)
           ("make several items of it");

        Unshowable(character: char) = 422 "invisible-character";
        zh ("含有看不见的字符 U+{:04X}", u32::from(*character)) ("请把它前后的字删掉重打，不要粘贴");
        en ("holds the character U+{:04X}, which cannot be shown", u32::from(*character))
           ("delete the characters around it and type them again");

        /// Characters that the font of televisions does not have, each in quotation marks and with its number.
        Undrawable(named: String) = 422 "undrawable-character";
        zh ("电视上显示不出 {}", named.replace(", ", "、")) ("请换成别的字或写法");
        en ("holds {named}, which televisions cannot draw") ("use another character, or write it another way");

        UnknownKind = 422 "kind";
        zh ("没有这种内容类型") ("请从列表里选一种");
        en ("there is no such kind") ("choose one of the list");

        UnknownSection = 422 "section";
        zh ("这个板块没有这个栏目") ("请另选一个栏目");
        en ("the board has no such section") ("choose another section");

        NotATime = 422 "time";
        zh ("日期或时间看不懂") ("日期和时间都要填，例如 2026-10-08 09:00");
        en ("is no date with a time") ("give both, such as 2026-10-08 09:00");

        /// The end lies before the beginning.
        Backwards = 422 "backwards";
        zh ("早于开始的时间") ("请改成开始以后的时间，或不填");
        en ("is before the beginning") ("give a later one, or leave it empty");

        NotAPrice = 422 "price";
        zh ("价格看不懂，或者超过一千万元") ("请填写以元为单位的价格，例如 68、1,200 或 68.50 元");
        en ("is no price, or more than ten million yuan") ("give yuan, such as 68 or 1,200 or 68.50");

        NotInRange { least: u32, most: u32 } = 422 "range";
        zh ("不是 {least} 到 {most} 的整数") ("请填写 {least} 到 {most} 的整数");
        en ("is no whole number from {least} to {most}") ("give a whole number from {least} to {most}");

        NotAnOrder = 422 "order";
        zh ("既不是网址，也不是电话号码") ("请填写以 https:// 开头的网址，或者一个电话号码");
        en ("is neither a web address nor a telephone number") ("give an https: address or one telephone number");

        NotInRegion(code: String) = 422 "not-in-region";
        zh ("地区 {code} 不在本地区范围内") ("请去掉它，只选本地区和下级");
        en ("region {code} does not lie in the item's region")
           ("remove it; choose the region itself or what lies below");

        NoMedium = 422 "no-medium";
        zh ("还没有文件，或文件已经不在") ("请上传文件");
        en ("there is no file, or it is gone") ("upload one");

        StillMade = 422 "still-processed";
        zh ("文件还在处理") ("请稍候，处理好了再提交");
        en ("the file is still being processed") ("wait until it is done, then submit");

        /// Why the medium was refused, as it was said when it came: Chinese, English.
        Refused(zh: String, en: String) = 422 "refused";
        zh ("{zh}") ("请换一个文件");
        en ("{en}") ("take another file");

        NoCaption = 422 "no-caption";
        zh ("图片故事的每张图片都要有说明") ("请给这张图片写一句说明");
        en ("every picture of a story needs a caption") ("write a sentence about this one");

        Cells { has: usize, needs: usize } = 422 "cells";
        zh ("有 {has} 格，应有 {needs} 格") ("请补上或删去多出的格");
        en ("has {has} cells, {needs} are needed") ("add those that are missing, or remove the others");

        /// A figure that a television could only show torn.
        LongFigure { most: usize } = 422 "figure-too-long";
        zh ("数字太长，电视上一行放不下：最多 {most} 个字符") ("请改用“万元”；不是数字的列请不要标为数字列");
        en ("the figure is longer than the {most} characters that are shown on one line")
           ("use a larger unit; a column of words must not be marked as one of figures");

        /// A picture in the running text that is not there.
        NoFigure = 422 "no-figure";
        zh ("正文里的图片不存在") ("请先上传，再插入正文");
        en ("there is no picture of this name") ("upload it first");

        /// A total that is not the sum of what stands above it.
        Total { column: String, says: String, sum: String } = 422 "total";
        zh ("“{column}”写的是 {says}，上面各行相加是 {sum}") ("请改正；如果不是合计，去掉这一行“合计行”的勾");
        en ("says {says} for “{column}”, but the rows above add up to {sum}")
           ("correct it, or take the tick off this row if it is no total");

        NoColumnTitle = 422 "no-column-title";
        zh ("没有列名") ("请给每一列写上列名");
        en ("has no title") ("give every column a title");

        Code = 422 "code";
        zh ("电视上不能显示代码") ("请去掉反引号，写成普通文字");
        en ("code cannot be shown") ("write it as plain text");

        Html = 422 "html";
        zh ("不能显示网页标签") ("请去掉尖括号里的标签，写成普通文字");
        en ("raw HTML cannot be shown") ("write it as plain text");

        Rule = 422 "rule";
        zh ("不能显示分隔线") ("请去掉，或换成小标题");
        en ("a horizontal rule cannot be shown") ("remove it, or use a heading");

        Footnote = 422 "footnote";
        zh ("不能显示脚注") ("请写进正文");
        en ("footnotes cannot be shown") ("write it into the text");

        TableInText = 422 "table-in-text";
        zh ("正文里不能显示表格") ("请用“公开表”类型");
        en ("a table cannot be shown in running text") ("use the kind `disclosure`");

        PictureAlone = 422 "picture-alone";
        zh ("图片要单独成段") ("请在图片前后各空一行");
        en ("a picture must stand alone in a paragraph") ("put an empty line before and after it");
    }
}
