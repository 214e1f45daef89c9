//! What can go wrong with an upload, as a status of the protocol and as a sentence for people.

use std::io;
use std::path::{Path, PathBuf};

use axum::http::StatusCode;

#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    #[error("nobody is logged in")]
    NobodyLoggedIn,
    #[error("there is no such upload")]
    Unknown,
    #[error("the upload was silent for too long and has been given up")]
    Expired,
    #[error("the file has {} MB, at most {} MB are accepted", megabytes(*length), megabytes(*most))]
    TooLarge { length: u64, most: u64 },
    #[error("more came than the {length} bytes that were announced")]
    TooMuch { length: u64 },
    #[error("you have {most} uploads already: use or delete one first")]
    TooMany { most: usize },
    #[error("the server has no room for {} MB more: please tell the operators", megabytes(*length))]
    NoSpace { length: u64 },
    #[error("the upload is at byte {offset}, not at byte {asked}")]
    Offset { offset: u64, asked: u64 },
    #[error("another connection is sending to this upload")]
    Locked,
    #[error("only {offset} of {length} bytes have come")]
    Unfinished { offset: u64, length: u64 },
    #[error("what came does not have the checksum that was announced")]
    Checksum,
    #[error("this server speaks version 1.0.0 of tus")]
    Version,
    #[error("the body must be application/offset+octet-stream")]
    ContentType,
    #[error("this address does not take {0}")]
    Method(String),
    #[error("the header {0} is missing or wrong")]
    Header(&'static str),
    #[error("{operation} {path}: {source}")]
    Disk { operation: &'static str, path: PathBuf, source: io::Error },
    #[error("a thread of the upload ended early")]
    Thread,
}

impl UploadError {
    pub fn status(&self) -> StatusCode {
        match self {
            UploadError::NobodyLoggedIn => StatusCode::UNAUTHORIZED,
            UploadError::Unknown => StatusCode::NOT_FOUND,
            UploadError::Expired => StatusCode::GONE,
            UploadError::TooLarge { .. } | UploadError::TooMuch { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            UploadError::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            UploadError::NoSpace { .. } => StatusCode::INSUFFICIENT_STORAGE,
            UploadError::Offset { .. } | UploadError::Unfinished { .. } => StatusCode::CONFLICT,
            UploadError::Locked => StatusCode::LOCKED,
            UploadError::Checksum => checksum_mismatch(),
            UploadError::Version => StatusCode::PRECONDITION_FAILED,
            UploadError::ContentType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            UploadError::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
            UploadError::Header(_) => StatusCode::BAD_REQUEST,
            UploadError::Disk { source, .. } if is_full(source) => StatusCode::INSUFFICIENT_STORAGE,
            UploadError::Disk { .. } | UploadError::Thread => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The sentence that a person reads, in Chinese.
    pub fn zh(&self) -> String {
        match self {
            UploadError::NobodyLoggedIn => "请先登录。".to_owned(),
            UploadError::Unknown => "没有这个上传任务。".to_owned(),
            UploadError::Expired => "上传中断太久，已被清理，请重新上传。".to_owned(),
            UploadError::TooLarge { length, most } => {
                format!("文件有 {} MB，最大只能上传 {} MB。", megabytes(*length), megabytes(*most))
            }
            UploadError::TooMuch { length } => format!("收到的数据超过了声明的 {length} 字节。"),
            UploadError::TooMany { most } => format!("您已有 {most} 个上传任务，请先使用或删除其中一个。"),
            UploadError::NoSpace { length } => {
                format!("服务器空间不足，放不下 {} MB，请联系运维人员。", megabytes(*length))
            }
            UploadError::Offset { offset, asked } => format!("已收到 {offset} 字节，不能从第 {asked} 字节续传。"),
            UploadError::Locked => "另一个连接正在上传这个文件。".to_owned(),
            UploadError::Unfinished { offset, length } => format!("共 {length} 字节，只收到 {offset} 字节。"),
            UploadError::Checksum => "数据校验不一致，请重试。".to_owned(),
            UploadError::Version => "本服务器只支持 tus 1.0.0。".to_owned(),
            UploadError::ContentType => "请求体的类型必须是 application/offset+octet-stream。".to_owned(),
            UploadError::Method(method) => format!("这个地址不支持 {method}。"),
            UploadError::Header(name) => format!("请求头 {name} 缺失或有误。"),
            UploadError::Disk { source, .. } if is_full(source) => "服务器空间不足，请联系运维人员。".to_owned(),
            UploadError::Disk { .. } | UploadError::Thread => "服务器内部错误，请稍后重试。".to_owned(),
        }
    }
}

/// Names what was done to which file when it fails.
pub trait Failed<T> {
    fn failed(self, operation: &'static str, path: &Path) -> Result<T, UploadError>;
}

impl<T> Failed<T> for io::Result<T> {
    fn failed(self, operation: &'static str, path: &Path) -> Result<T, UploadError> {
        self.map_err(|source| UploadError::Disk { operation, path: path.to_owned(), source })
    }
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// 460, a status of the protocol's own.
fn checksum_mismatch() -> StatusCode {
    StatusCode::from_u16(460).unwrap_or(StatusCode::BAD_REQUEST)
}

fn megabytes(bytes: u64) -> u64 {
    bytes.div_ceil(1_000_000)
}
