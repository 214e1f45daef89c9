//! A cloud as the core sees it: verified documents under versions. Signatures are the network crate's business; here a
//! region's root is its name, and metadata is a version number.

use std::collections::{BTreeMap, BTreeSet};
use yuexiang_core::RegionCode;
use yuexiang_core::catalog::{
    Audience, Board, Content, Item, ObjectRef, Picture, RegionInfo, Section, Sha256, Step, Video,
};
use yuexiang_core::event::{Document, NetError, NetErrorKind, NetEvent, NetRequest, Refreshed, RegionTrust, Target};
use yuexiang_core::sync::testing::samples::{approvals, fetched, review};
use yuexiang_core::uplink::MessageId;
use yuexiang_core::view_counts::{ViewBatch, ViewCount};

#[derive(Default)]
pub struct SimulatedCloud {
    regions: BTreeMap<RegionCode, Published>,
    objects: u64,
    /// What boxes have told of what they show.
    views: BTreeMap<MessageId, ViewBatch>,
}

#[derive(Default)]
struct Published {
    version: u64,
    documents: BTreeMap<String, (ObjectRef, Document)>,
}

impl SimulatedCloud {
    /// A village with nothing published, and the divisions above it.
    pub fn new(village: RegionCode) -> SimulatedCloud {
        let mut cloud = SimulatedCloud::default();
        let lineage = village.lineage();
        for (index, region) in lineage.iter().enumerate() {
            let section = Section {
                id: "study".into(),
                board: Board::Party,
                name: "学习".into(),
                name_en: "Study".into(),
                order: 1,
            };
            let info = RegionInfo { code: *region, name: format!("第{index}级"), sections: vec![section] };
            cloud.put(*region, "region.json", Document::Region(info));
            if let Some(child) = lineage.get(index + 1) {
                let root = Document::ChildRoot(SimulatedCloud::root(*child));
                cloud.put(*region, &format!("children/{child}.root.json"), root);
            }
        }
        cloud.restore_reviewers(lineage[0]);
        cloud
    }

    /// The province's three reviewers, who have approved everything that is published here.
    pub fn restore_reviewers(&mut self, province: RegionCode) {
        self.put(province, "review.json", Document::Review(review()));
    }

    /// Nobody may take this step for the province any more.
    pub fn dismiss_reviewers(&mut self, province: RegionCode, step: Step) {
        let mut review = review();
        review.reviewers.retain(|reviewer| !reviewer.steps.contains(&step));
        self.put(province, "review.json", Document::Review(review));
    }

    /// What stands for the first root of a region.
    pub fn root(region: RegionCode) -> Vec<u8> {
        format!("root of {region}").into_bytes()
    }

    fn put(&mut self, region: RegionCode, path: &str, document: Document) {
        let object = self.object(1_000);
        let published = self.regions.entry(region).or_default();
        published.version += 1;
        published.documents.insert(path.to_owned(), (object, document));
    }

    /// A new object of this length.
    fn object(&mut self, length: u64) -> ObjectRef {
        self.objects += 1;
        let mut bytes = [7; 32];
        bytes[..8].copy_from_slice(&self.objects.to_be_bytes());
        ObjectRef { sha256: Sha256(bytes), length }
    }

    fn page_path(month: u32) -> String {
        format!("pages/party/2026-{month:02}.json")
    }

    /// Publishes an item; every third has a video.
    pub fn publish(&mut self, region: RegionCode, name: &str, month: u32, published: i64) {
        self.publish_within(region, name, month, published, (None, None));
    }

    /// Publishes an item that is to be shown from and until then.
    pub fn publish_within(
        &mut self,
        region: RegionCode,
        name: &str,
        month: u32,
        published: i64,
        (not_before, not_after): (Option<i64>, Option<i64>),
    ) {
        let picture = Picture {
            object: self.object(60_000),
            width: 1_600,
            height: 900,
            caption: String::new(),
            thumbnail: self.object(8_000),
        };
        let content = if self.objects.is_multiple_of(3) {
            let poster = picture.clone();
            let video = Video { object: self.object(900_000), width: 1_280, height: 720, duration: 60_000, poster };
            Content::Video { video }
        } else {
            Content::Article
        };
        let item = Item {
            id: format!("{region}/{name}"),
            region,
            board: Board::Party,
            section: "study".into(),
            title: format!("消息 {name}"),
            summary: String::new(),
            publisher: "村委会".into(),
            published,
            not_before,
            not_after,
            pinned: false,
            priority: 0,
            audience: Audience::default(),
            author: "zuozhe".into(),
            approvals: approvals(),
            cover: Some(picture),
            body: Vec::new(),
            content,
        };
        let path = SimulatedCloud::page_path(month);
        let mut items = self.page(region, &path);
        items.retain(|known| known.id != item.id);
        items.push(item);
        self.put(region, &path, Document::Page(items));
    }

    pub fn withdraw(&mut self, region: RegionCode, name: &str, month: u32) {
        let path = SimulatedCloud::page_path(month);
        let mut items = self.page(region, &path);
        items.retain(|item| item.id != format!("{region}/{name}"));
        self.put(region, &path, Document::Page(items));
    }

    fn page(&self, region: RegionCode, path: &str) -> Vec<Item> {
        let documents = self.regions.get(&region).map(|published| &published.documents);
        match documents.and_then(|documents| documents.get(path)) {
            Some((_, Document::Page(items))) => items.clone(),
            _ => Vec::new(),
        }
    }

    /// Ids of everything that is published for these divisions.
    pub fn items(&self, lineage: &[RegionCode]) -> BTreeSet<String> {
        let published = lineage.iter().filter_map(|region| self.regions.get(region));
        let documents = published.flat_map(|published| published.documents.values());
        documents
            .filter_map(|(_, document)| match document {
                Document::Page(items) => Some(items),
                _ => None,
            })
            .flatten()
            .map(|item| item.id.clone())
            .collect()
    }

    /// A batch that is known already counts once.
    pub fn take_views(&mut self, id: MessageId, batch: ViewBatch) {
        if let Some(before) = self.views.insert(id, batch.clone()) {
            assert_eq!(before, batch, "a batch has changed after it was sent");
        }
    }

    /// All that was counted of an item.
    pub fn views(&self, item: &str) -> ViewCount {
        let counts = self.views.values().filter_map(|batch| batch.counts.get(item));
        counts.fold(ViewCount::default(), |sum, count| ViewCount {
            views: sum.views + count.views,
            plays: sum.plays + count.plays,
            seconds: sum.seconds + count.seconds,
        })
    }

    /// `truth` is the time, `server_time` what the answer says it is.
    pub fn answer(&self, request: NetRequest, truth: i64, server_time: i64) -> NetEvent {
        match request {
            // Signed anew all the time, for a week.
            NetRequest::Refresh { region, now, .. } if now > truth + 7 * 86_400 => {
                let result = Err(error(NetErrorKind::Expired, "timestamp.json"));
                NetEvent::Refreshed { region, result, server_time: Some(server_time) }
            }
            NetRequest::Refresh { region, trust, .. } => {
                NetEvent::Refreshed { region, result: self.refresh(region, trust), server_time: Some(server_time) }
            }
            NetRequest::FetchTarget { region, target } => {
                let known = self.regions.get(&region).and_then(|published| published.documents.get(&target.path));
                let result = match known {
                    Some((object, document)) if *object == target.object => Ok(fetched(document.clone())),
                    _ => Err(error(NetErrorKind::Missing, &target.path)),
                };
                NetEvent::Fetched { region, target, result }
            }
            NetRequest::Send { id, .. } => NetEvent::Sent { id, result: Ok(()) },
            NetRequest::SendReport { .. } => NetEvent::ReportSent { result: Ok(()) },
            other => SimulatedCloud::refused(other, NetErrorKind::Unreachable),
        }
    }

    fn refresh(&self, region: RegionCode, mut trust: RegionTrust) -> Result<Refreshed, NetError> {
        let Some(published) = self.regions.get(&region) else {
            return Err(error(NetErrorKind::Missing, "timestamp.json"));
        };
        if trust.files.get("root.json") != Some(&SimulatedCloud::root(region)) {
            return Err(error(NetErrorKind::Untrusted, "root.json"));
        }
        let targets: Vec<Target> = published
            .documents
            .iter()
            .map(|(path, (object, _))| Target { path: path.clone(), object: *object })
            .collect();
        let version = published.version.to_be_bytes().to_vec();
        if trust.files.get("timestamp.json") == Some(&version) {
            return Ok(Refreshed::Unchanged { targets });
        }
        trust.files.insert("timestamp.json".into(), version);
        Ok(Refreshed::Changed { trust, targets })
    }

    /// What becomes of a request that fails in this way.
    pub fn refused(request: NetRequest, kind: NetErrorKind) -> NetEvent {
        match request {
            NetRequest::Refresh { region, .. } => {
                NetEvent::Refreshed { region, result: Err(error(kind, "timestamp.json")), server_time: None }
            }
            NetRequest::FetchTarget { region, target } => {
                let result = Err(error(kind, &target.path));
                NetEvent::Fetched { region, target, result }
            }
            NetRequest::FetchObject { object } | NetRequest::BorrowObject { object, .. } => {
                NetEvent::ObjectFetched { object, result: Err(error(kind, "object")) }
            }
            NetRequest::CancelObject { sha256 } => {
                let object = ObjectRef { sha256, length: 0 };
                NetEvent::ObjectFetched { object, result: Err(error(kind, "object")) }
            }
            NetRequest::Send { id, .. } => NetEvent::Sent { id, result: Err(error(kind, "views")) },
            NetRequest::SendReport { .. } => NetEvent::ReportSent { result: Err(error(kind, "report")) },
            NetRequest::Listen { .. } => unreachable!("who listens is not answered"),
        }
    }
}

fn error(kind: NetErrorKind, what: &str) -> NetError {
    NetError { kind, detail: format!("{what}: {kind:?}") }
}
