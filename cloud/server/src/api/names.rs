//! The words of the desk as the description tells them: taken from the program itself, so that they cannot differ.

use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};
use yuexiang_wire::{Board, Step};

use crate::desk::rights::Role;
use crate::desk::state::State;
use crate::tuf::Role as KeyRole;

fn one_of(description: &str, words: impl IntoIterator<Item = &'static str>) -> RefOr<Schema> {
    let words: Vec<&str> = words.into_iter().collect();
    let object = ObjectBuilder::new().schema_type(SchemaType::Type(Type::String)).description(Some(description));
    RefOr::T(object.enum_values(Some(words)).into())
}

fn text(description: &str, pattern: &str, example: &str) -> RefOr<Schema> {
    let object = ObjectBuilder::new().schema_type(SchemaType::Type(Type::String)).description(Some(description));
    RefOr::T(object.pattern(Some(pattern)).examples([example]).into())
}

pub fn board() -> RefOr<Schema> {
    one_of("板块", Board::ALL.map(Board::slug))
}

pub fn state() -> RefOr<Schema> {
    one_of("`first`, `second` and `final` wait for that review", State::ALL.map(State::name))
}

pub fn step() -> RefOr<Schema> {
    one_of("One of the three reviews", Step::ALL.map(Step::slug))
}

pub fn notice() -> RefOr<Schema> {
    one_of("What is told", crate::notices::Kind::ALL.iter().map(|kind| kind.slug()))
}

pub fn role() -> RefOr<Schema> {
    one_of("角色", Role::ALL.map(Role::slug))
}

pub fn level() -> RefOr<Schema> {
    one_of("级别", ["province", "city", "county", "town", "village"])
}

pub fn region() -> RefOr<Schema> {
    text("Statistical division code, 12 digits", "^[0-9]{12}$", "440224103201")
}

pub fn hash() -> RefOr<Schema> {
    text("SHA-256 in lower-case hexadecimal digits", "^[0-9a-f]{64}$", &"0".repeat(64))
}

pub fn regions() -> RefOr<Schema> {
    RefOr::T(ArrayBuilder::new().items(region()).into())
}

pub fn steps() -> RefOr<Schema> {
    RefOr::T(ArrayBuilder::new().items(step()).into())
}

pub fn key_role() -> RefOr<Schema> {
    one_of("One of the four roles of TUF", KeyRole::ALL.map(KeyRole::name))
}
