//! The sections that every village has. The province's description of itself carries them to the boxes; every level may
//! add its own, or give one of these another name.

use std::collections::HashSet;

use yuexiang_wire::{Board, Section};

/// Id, name, name in English; in the order in which they are shown.
type Names = (&'static str, &'static str, &'static str);

const STANDARD: [(Board, &[Names]); 4] = [
    (
        Board::Party,
        &[
            ("study", "理论学习", "Study"),
            ("history", "学党史", "Party history"),
            ("branch", "支部动态", "Branch news"),
            ("party-affairs", "党务公开", "Party disclosure"),
        ],
    ),
    (
        Board::Governance,
        &[
            ("village-affairs", "村务公开", "Village disclosure"),
            ("finance", "财务公开", "Accounts"),
            ("notice", "便民通知", "Notices"),
            ("legal", "普法教育", "The law"),
            ("safety", "平安村居", "Safety"),
            ("emergency", "应急广播", "Emergency"),
            ("legal-aid", "法律援助", "Legal aid"),
        ],
    ),
    (
        Board::Culture,
        &[
            ("activity", "文化活动", "Activities"),
            ("video", "看视频", "Videos"),
            ("stories", "乡村故事", "Stories"),
            ("library", "农家书屋", "Library"),
            ("health", "健康生活", "Health"),
        ],
    ),
    (
        Board::Business,
        &[
            ("products", "土特产", "Products"),
            ("jobs", "招工信息", "Jobs"),
            ("tourism", "乡村旅游", "Tourism"),
            ("farming", "农技课堂", "Farming"),
            ("support", "消费帮扶", "Support"),
        ],
    ),
];

/// The standard sections as documents carry them, ten apart so that others fit between.
pub fn standard() -> Vec<Section> {
    let named = STANDARD.iter().flat_map(|(board, names)| names.iter().enumerate().map(move |entry| (*board, entry)));
    named
        .map(|(board, (index, (id, name, name_en)))| Section {
            id: (*id).to_owned(),
            board,
            name: (*name).to_owned(),
            name_en: (*name_en).to_owned(),
            order: (index as u16 + 1) * 10,
        })
        .collect()
}

/// Which sections the items of a pack may be in.
#[derive(Clone, Debug)]
pub struct Sections(HashSet<(Board, String)>);

impl Sections {
    /// The standard ones and those that the region and the regions above it add.
    pub fn with<'a>(added: impl IntoIterator<Item = &'a Section>) -> Sections {
        let standard = standard().into_iter().map(|section| (section.board, section.id));
        let added = added.into_iter().map(|section| (section.board, section.id.clone()));
        Sections(standard.chain(added).collect())
    }

    pub fn has(&self, board: Board, id: &str) -> bool {
        self.0.contains(&(board, id.to_owned()))
    }
}
