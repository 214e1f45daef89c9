//! Items and regions as the cloud has them before anything is published, for who shows editors what a village's
//! television would show. Every bound holds for them as for what is published; nothing vouches for them.

use crate::codec::from_wire_board;
use crate::convert;
use serde_json::Value;
use yuexiang_core::RegionCode;
use yuexiang_core::catalog::{Board, Item, RegionInfo};
use yuexiang_wire as wire;

/// An item as a page would have it. What approvals it carries is ignored. The error says what is wrong.
pub fn draft_item(mut item: Value, board: Board) -> Result<Item, String> {
    let fields = item.as_object_mut().ok_or_else(|| "it is no JSON object".to_owned())?;
    fields.remove("approvals");
    let id = fields.get("id").and_then(Value::as_str).unwrap_or_default();
    let code = id.split('/').next().unwrap_or_default();
    let region = code.parse::<RegionCode>().map_err(|error| format!("its id: {error}"))?;
    let item: wire::Item = serde_json::from_value(item).map_err(|error| error.to_string())?;
    convert::item(item, region, board, Vec::new())
}

/// A region that describes these sections, a list of [`wire::Section`]. One that breaks a bound is left out, as boxes do.
pub fn draft_region(code: RegionCode, name: String, sections: Value) -> Result<RegionInfo, String> {
    let sections = serde_json::from_value(sections).map_err(|error| error.to_string())?;
    convert::region(wire::Region { format: wire::FORMAT, code: code.to_string(), name, sections })
}

/// The board that documents call so.
pub fn board(name: &str) -> Result<Board, String> {
    let board: Result<wire::Board, _> = serde_json::from_value(Value::from(name));
    board.map(from_wire_board).map_err(|_| {
        let known: Vec<&str> = Board::ALL.iter().map(|board| board.slug()).collect();
        format!("`{}` is no board: there are {}", name.chars().take(32).collect::<String>(), known.join(", "))
    })
}
