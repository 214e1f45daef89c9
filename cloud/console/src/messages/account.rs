//! What is wrong with accounts, passwords, roles and tokens, and with signing in.

use super::{Field, messages, short};
use crate::time;
use crate::words::Lang;

messages! {
    /// Why something about accounts is not done.
    Account {
        Login(login: String) = 422 "login" [Field::Login];
        zh ("“{}”不能作账号名", short(login)) ("请用 2 到 40 个小写字母、数字或 . _ - @，以字母或数字开头");
        en ("“{}” is no login", short(login)) ("use 2 to 40 of a-z, 0-9 and . _ - @, beginning with a letter or a digit");

        Taken(login: String) = 409 "taken" [Field::Login];
        zh ("“{}”已经有人用了", short(login)) ("请换一个");
        en ("“{}” is taken", short(login)) ("choose another one");

        Name = 422 "name" [Field::PersonName];
        zh ("没有填、太长，或者有看不见的字符") ("请填 1 到 40 个字");
        en ("is empty, too long, or has characters that cannot be shown") ("give 1 to 40 characters");

        Unknown(asked: String) = 404 "unknown";
        zh ("没有这个账号或令牌：{}", short(asked)) ("请看看有没有写错，或者它已经不在了");
        en ("there is no account or token “{}”", short(asked)) ("see whether it is written correctly; it may be gone");

        Region(code: String) = 422 "region" [Field::Region];
        zh ("没有 {} 这个地区", short(code)) ("请从列表里选；新设的地区要先发布过内容");
        en ("there is no region {}", short(code)) ("choose one of the list; a new one must have published something first");

        NoRegion = 422 "region" [Field::Region];
        zh ("还没有选，或者没有这个地区") ("请从列表里选一个");
        en ("none is chosen, or there is no such region") ("choose one of the list");

        NoRole = 422 "role" [Field::Role];
        zh ("还没有选，或者没有这个角色") ("请从列表里选一个");
        en ("none is chosen, or there is no such role") ("choose one of the list");

        Own = 403 "own";
        zh ("不能给自己授权") ("请另一位管理员来做");
        en ("nobody gives a role to himself") ("ask another administrator");

        LastAdministrator = 409 "last-administrator";
        zh ("这是全省最后一名能登录的管理员") ("请先把另一个账号设为管理员");
        en ("this is the last administrator of the province who can sign in")
           ("make another account administrator first");

        Disabled = 409 "disabled";
        zh ("这个账号已停用") ("请先启用它");
        en ("the account is disabled") ("enable it first");

        /// Of an account that also has roles elsewhere.
        Beyond = 403 "forbidden";
        zh ("没有权限，或这个账号在您管不到的地区还有角色") ("请找上一级的管理员");
        en ("you may not, or the account has a role beyond your region") ("ask an administrator of the level above");

        PasswordShort { least: usize } = 422 "weak-password" [Field::Password];
        zh ("不到 {least} 个字符") ("请加长，一句好记的话就很好");
        en ("has fewer than {least} characters") ("make it longer; a sentence one remembers is fine");

        /// Bytes.
        PasswordLong { most: usize } = 422 "weak-password" [Field::Password];
        zh ("太长，超过 {} 个汉字", most / 3) ("请缩短");
        en ("has more than {most} bytes") ("shorten it");

        PasswordHasLogin = 422 "weak-password" [Field::Password];
        zh ("里面有账号名，别人会先试它") ("请换一个不含账号名的");
        en ("contains the account's name, which others try first") ("choose one without it");

        PasswordCommon = 422 "weak-password" [Field::Password];
        zh ("太常见，别人一猜就中") ("请换一个");
        en ("is one that everybody tries first") ("choose another one");

        NotRepeated = 422 "different" [Field::Repeat];
        zh ("两次输入的不一样") ("请把新密码再输一次");
        en ("the two do not match") ("type the new password again");

        CurrentWrong = 401 "wrong" [Field::Current];
        zh ("现在的密码不对") ("请再输一次；忘了请找管理员开一个一次性链接");
        en ("the current password is wrong") ("type it again; if it is lost, an administrator makes a one-time link");

        Wrong = 401 "wrong";
        zh ("账号或密码不对") ("请再试一次；忘了密码请找本地区的管理员");
        en ("the account or the password is wrong") ("try again; if it is lost, ask your region's administrator");

        Wait { seconds: i64 } = 429 "wait";
        zh ("试的次数太多了") ("请过 {} 再试", time::span(Lang::Zh, *seconds));
        en ("too many failed attempts") ("try again in {}", time::span(Lang::En, *seconds));

        Busy = 503 "busy";
        zh ("现在登录的人太多") ("请过几秒再试");
        en ("too many people sign in at this moment") ("try again in a few seconds");

        Link = 410 "link";
        zh ("这个链接已经用过、换过或过期了") ("请找管理员再开一个");
        en ("the link was used, replaced or has expired") ("ask an administrator for another one");

        TokenTerms = 422 "token-terms" [Field::TokenTerms];
        zh ("名称没有填或太长，或者有效期不对") ("名称填 1 到 40 个字，有效期填 1 到 366 天");
        en ("the name is empty or too long, or the validity is wrong")
           ("give a name of 1 to 40 characters, and 1 to 366 days");

        TokenByToken = 403 "token-by-token";
        zh ("不能用令牌开令牌") ("请本人登录以后再开");
        en ("a token is not made with another token") ("sign in as the person who makes it");

        LinkByToken = 403 "link-by-token";
        zh ("不能用令牌开密码链接") ("请本人登录以后再开");
        en ("a link for a password is not made with a token") ("sign in as the person who makes it");

        TokenOfOther = 403 "token-of-other";
        zh ("审核和管理的令牌只能由本人开") ("请让本人登录以后自己开");
        en ("a token that reviews or administers is made by its own account alone")
           ("let its owner sign in and make it");

        TokenBeyond = 422 "token-beyond" [Field::Role];
        zh ("这个账号在这里没有这个角色") ("请先给它授权，或者换一个角色");
        en ("the account does not have this role here") ("grant it first, or choose another role");

        OidcUnknown = 403 "oidc-unknown";
        zh ("这个统一身份没有对应的账号") ("请找本地区的管理员关联");
        en ("no account is linked to this identity") ("ask your region's administrator to link one");

        Oidc = 502 "oidc";
        zh ("统一身份登录没有成功") ("请过一会儿再试；还不行就找运维");
        en ("single sign-on did not succeed") ("try again later, or ask the operators");
    }
}

messages! {
    /// What the pages before signing in say.
    SignIn {
        Expired = 401 "unauthorized";
        zh ("登录已过期") ("请重新登录");
        en ("your session has ended") ("log in again");

        Disabled = 403 "disabled";
        zh ("这个账号已停用") ("请找管理员");
        en ("this account is disabled") ("ask an administrator");

        SingleSignOn = 403 "oidc";
        zh ("统一身份登录没有成功：没有对应的账号，或者没有登录完") ("请再试一次，或者找本地区的管理员关联账号");
        en ("single sign-on did not succeed: no account is linked, or it was not finished")
           ("try again, or ask your region's administrator to link an account");

        TooMany = 429 "wait";
        zh ("试的次数太多了") ("请过一会儿再试");
        en ("too many attempts") ("try again in a while");

        NotLoggedIn = 500 "internal";
        zh ("云端出了点问题，这次没有登录成功") ("不是您的错，请过一会儿再试；还不行就找运维");
        en ("the cloud has a problem and could not log you in")
           ("it is not your fault: try again later, or ask the operators");

        NotChanged = 500 "internal";
        zh ("云端出了点问题，密码没有改") ("请过一会儿再试；还不行就找运维");
        en ("the cloud has a problem; the password was not changed") ("try again later, or ask the operators");
    }
}
