//! What is wrong with wishes about keys, and with signatures.

use super::{Field, messages, short};

messages! {
    /// Why nothing was done with keys.
    Keys {
        NoKeys = 404 "no-keys" [Field::Region];
        zh ("这个地区还没有密钥：它还没有发布过内容") ("请先发布一次，或者换一个地区");
        en ("the region has published nothing and has no keys") ("publish something first, or choose another region");

        NoAccount = 404 "unknown";
        zh ("没有这个账号") ("请从名单里选");
        en ("there is no such account") ("choose one of the list");

        NoRequest = 404 "no-request";
        zh ("没有等待签名的根") ("请先用“准备新的根”");
        en ("no root waits for signatures") ("prepare a new root first");

        NoReviewerKey = 404 "no-key";
        zh ("没有可以吊销或更换的审核密钥") ("请刷新，看看这个人现在的密钥");
        en ("there is no reviewer's key that could be replaced or revoked") ("reload and look at this person's keys");

        OfflineRoot = 409 "offline-root";
        zh ("根密钥已离线，这里换不了") ("请用“准备新的根”");
        en ("the root key is offline and cannot be replaced here") ("prepare a new root that names the new ones");

        ManyRoots = 409 "many-roots";
        zh ("有多把根密钥，这里换不了") ("请用“准备新的根”");
        en ("there is more than one root key") ("prepare a new root that names the new ones");

        InUse = 409 "key-in-use" [Field::Keys];
        zh ("其中一把密钥已用在别处") ("每个地区、每种用途都要用单独的密钥，请另做一把");
        en ("one of the keys is in use elsewhere") ("every region and role has keys of its own: make another one");

        KnownKey = 409 "known-key" [Field::Keys];
        zh ("这把密钥已经登记过") ("请另做一把");
        en ("the key is known already") ("make another one");

        OtherVersion = 409 "other-version" [Field::Signature];
        zh ("签名是给另一版根的") ("请重新下载请求再签");
        en ("the signature is for another version of the root") ("fetch the request again and sign that");

        OtherDocument = 409 "other-document" [Field::Signature];
        zh ("签名是给另一份文件的") ("请重新下载请求再签");
        en ("the signature is for another document") ("fetch the request again and sign that");

        DoesNotFollow = 409 "outdated";
        zh ("等待签名的根已经过时") ("请取消后重新准备");
        en ("the root that waits does not follow the one in force") ("cancel it and prepare it anew");

        Expired = 409 "expired";
        zh ("等待签名的根已经过期") ("请取消后重新准备");
        en ("the root that waits has expired") ("cancel it and prepare it anew");

        Busy = 409 "busy";
        zh ("正有人在改这个人的审核权限") ("请再试一次");
        en ("others change this person's reviews at this moment") ("try again");

        Threshold { most: usize } = 422 "threshold" [Field::Threshold];
        zh ("签名数不对，或者密钥太多") ("签名数至少为 1，不能多于密钥数，密钥最多 {most} 把");
        en ("the number of signatures does not fit the keys")
           ("give at least one, at most as many as there are keys, and no more than {most} keys");

        Signature = 422 "signature" [Field::Signature];
        zh ("签名不正确") ("请用登记的那把密钥，对刚取的内容重新签");
        en ("the signature does not hold") ("sign what was just fetched with the key that is registered");

        SignatureFile = 422 "signature-file" [Field::Signature];
        zh ("这不是所需的签名文件，或不是应签的密钥签的") ("请选离线签名后得到的文件");
        en ("this is not the signature that is needed, or not by a key that should sign")
           ("choose the file that signing offline has made");

        SignatureRegion { region: String } = 422 "region" [Field::Signature];
        zh ("签名是给另一个地区（{}）的", short(region)) ("请在那个地区交，或者换成这个地区的");
        en ("the signature is for region {}", short(region)) ("hand it in there, or take the one for this region");

        NothingAbove = 422 "nothing-above" [Field::Region];
        zh ("省级之上没有可以吊销它的地区") ("请用“准备新的根”换省级的密钥");
        en ("the province has no region above that could put new keys in charge")
           ("prepare a new root for the province");

        Elsewhere = 409 "key-elsewhere";
        zh ("审核密钥在本人的令牌上") ("请用令牌签名");
        en ("the reviewer's key is on a token of its own") ("sign with the token");

        Here = 409 "key-here";
        zh ("审核密钥由服务器保管") ("不需要另外签名，直接审就可以");
        en ("the reviewer's key is kept here") ("approve without a signature of your own");

        Revoked = 409 "key-revoked";
        zh ("审核密钥已被吊销") ("请找本地区的管理员换一把");
        en ("the reviewer's key was revoked") ("ask your region's administrator for another one");

        Stale = 422 "stale" [Field::Signature];
        zh ("签名已过时") ("请重新取签名内容，一刻钟内签好");
        en ("the statement was not signed within a quarter of an hour, or is older than the key's place")
           ("fetch it again and sign it at once");

        Unusable = 422 "key" [Field::Keys];
        zh ("不是能用的公钥") ("公钥应为 64 位十六进制数");
        en ("is no Ed25519 public key") ("give 64 hexadecimal digits");

        NoKeyRole(role: String) = 400 "path" [Field::Role];
        zh ("没有“{}”这种密钥", short(role)) ("请看接口说明里的四种");
        en ("there is no role “{}”", short(role)) ("it is root, targets, snapshot or timestamp");
    }
}
